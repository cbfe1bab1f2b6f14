/** What tests of the delivery engine do with a portal, and what they read of its lane. */

import { randomUUID } from 'node:crypto';
import { executeRecordLogins } from '../../../src/api/record-logins.js';
import { createDestination as destinationInput } from '../../../src/delivery/kinds/input.js';
import type { Recorded } from '../../../src/domain/event.js';
import type { Lane } from '../../../src/domain/lane/lane.js';
import { loginInput } from '../../../src/domain/login-input.js';
import { laneStreams } from '../../../src/domain/stream.js';
import { undeliveredStates, writeRangeId } from '../../../src/domain/undelivered.js';
import { CAUSE } from '../log/fixture.js';
import type { TestApp } from '../server/app.js';

type Server = Pick<TestApp, 'app'>;
type ReceiverSettings = {
  url: string;
  ca?: string | null;
  logFormat?: 'CEF' | 'JSON';
  authorization?: string;
  maxInFlight?: number;
  linesPerSecond?: number;
};

export function createDestination(
  { app }: Server,
  { url, ca = null, logFormat = 'CEF', authorization, ...capacity }: ReceiverSettings,
): Promise<string> {
  const given = {
    name: `SIEM ${randomUUID()}`,
    endpoint: url,
    caCertificate: ca,
    logFormat,
    skipTlsVerification: false,
    ...capacity,
  };
  return app.services.commands.execute(
    'createDestination',
    destinationInput.parse({ ...given, authorization: authorization ?? 'Splunk 8a6b2f0c' }),
    CAUSE,
  );
}

function registerPortal({ app }: Server): Promise<string> {
  return app.services.commands.execute('registerPortal', { id: undefined, name: 'Portal' }, CAUSE);
}

/** A portal whose webhook is on. Its destination is new, unless the id of an existing one is given. */
export async function aPortal(server: Server, receiver: ReceiverSettings, existingId?: string) {
  const destinationId = existingId ?? (await createDestination(server, receiver));
  const portalId = await registerPortal(server);
  await configure(server, portalId, { destinationId, enabled: true });
  return { portalId, destinationId };
}

export function configure({ app }: Server, portalId: string, given: { destinationId?: string; enabled?: boolean }) {
  const { destinationId, enabled } = given;
  return app.services.commands.execute('configureWebhook', { portalId, destinationId, enabled }, CAUSE);
}

export function removeWebhook({ app }: Server, portalId: string): Promise<string> {
  return app.services.commands.execute('removeWebhook', { portalId }, CAUSE);
}

interface Update {
  endpoint?: string;
  authorization?: string;
  logFormat?: 'CEF' | 'JSON';
  caCertificate?: string;
}

export function updateDestination({ app }: Server, id: string, given: Update): Promise<string> {
  return app.services.commands.execute('updateDestination', { id, ...given }, CAUSE);
}

/** Records logins in one call, each with its own `request`, which identifies its line. */
export function logIn({ app }: Server, portalId: string, ...requests: string[]) {
  const given = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' };
  const logins = requests.map((request) => loginInput.parse({ ...given, request }));
  const { commands, random } = app.services;
  return executeRecordLogins(commands, random, { portalId, logins }, CAUSE);
}

/** `count` requests: `/1`, `/2` and so on. */
export function numbered(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, index) => `/${from + index}`);
}

/** The requests of the logins in these CEF or JSON lines. */
export function requestsIn(lines: readonly string[]): string[] {
  return lines.map((line) => /request"?[=:]"?(\/\w+)/.exec(line)?.[1] ?? line);
}

/** The delivery events of a portal so far. */
export function deliveryEvents({ app }: Server, portalId: string): Recorded[] {
  return app.services.log.range(`delivery-${portalId}`, 1, Number.MAX_SAFE_INTEGER);
}

export function typesOf(events: readonly Recorded[]): string[] {
  return events.map(({ type }) => type);
}

/** Resolves with the `nth` delivery event of a type as soon as it exists. */
export async function untilEvent<T extends Recorded['type']>(
  { app }: Server,
  portalId: string,
  type: T,
  nth = 1,
): Promise<Extract<Recorded, { type: T }>> {
  let seen = 0;
  for await (const event of app.services.tail.follow([`delivery-${portalId}`], 0)) {
    if (isOf(event, type)) seen += 1;
    if (isOf(event, type) && seen === nth) return event;
  }
  throw new Error(`The log was closed before ${type}`);
}

/** Resolves with the lane of a portal as soon as `ready` returns true for it. */
export async function untilLane({ app }: Server, portalId: string, ready: (lane: Lane) => boolean): Promise<Lane> {
  const { tail, models } = app.services;
  const reader = tail.follow(laneStreams(portalId), tail.head());
  try {
    for (;;) {
      const { lane } = models.lanes.get(portalId);
      if (ready(lane)) return lane;
      if ((await reader.latest()).done) throw new Error('The log was closed before the lane was ready');
    }
  } finally {
    await reader.return();
  }
}

const rowsOf = ({ app }: Server, portalId: string) =>
  app.services.models.undelivered.page(portalId, undeliveredStates, { limit: 1_000, inverted: false });

/** The undelivered ranges of a portal: first login, last login, state. */
export function listed(server: Server, portalId: string) {
  return rowsOf(server, portalId).map(({ firstVersion, lastVersion, state }) => [firstVersion, lastVersion, state]);
}

/** The ids of the undelivered ranges of a portal that were not discarded, oldest first. */
export function undeliveredIds(server: Server, portalId: string): string[] {
  return rowsOf(server, portalId)
    .filter(({ state }) => state !== 'DISCARDED')
    .map(writeRangeId);
}

export const redeliver = ({ app }: Server, ids: string[]) => app.services.commands.execute('redeliver', { ids }, CAUSE);

export const discard = ({ app }: Server, ids: string[]) =>
  app.services.commands.execute('discardUndelivered', { ids, reason: 'not needed' }, CAUSE);

/** Requests a replay of all recorded logins. */
export const requestReplay = ({ app }: Server, portalId: string) =>
  app.services.commands.execute(
    'requestReplay',
    { portalId, startAt: 0, endAt: app.services.clock.now(), scope: 'ALL' },
    CAUSE,
  );

export const cancelReplay = ({ app }: Server, portalId: string) =>
  app.services.commands.execute('cancelReplay', { portalId }, CAUSE);

function isOf<T extends Recorded['type']>(event: Recorded, type: T): event is Extract<Recorded, { type: T }> {
  return event.type === type;
}
