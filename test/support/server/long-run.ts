/** A server whose hours pass in seconds, with portals that record all the time, and an account of their logins. */

import { randomInt } from 'node:crypto';
import { succeeded } from '../../../src/client/client.js';
import {
  RecordLoginsDocument,
  RedeliverDocument,
  UndeliveredDocument,
  WebhookStatusChangedDocument,
} from '../../../src/client/generated/graphql.js';
import type { Purpose } from '../../../src/domain/lane/attempt.js';
import type { Clock } from '../../../src/runtime/clock.js';
import { createHastyClock } from '../clock/hasty-clock.js';
import { field } from '../crash/repeats.js';
import { createRealTimeSender } from '../engine/real-time-sender.js';
import type { Received, Receiver } from '../receiver/receiver.js';
import { startApp, type TestApp } from './app.js';

interface Recording {
  portalId: string;
  traceId: string;
  position: number;
  /** By the clock of the server, in ms. */
  at: number;
}

export interface LongRun extends TestApp {
  clock: Clock;
  /** All acknowledged logins. */
  recorded: Recording[];
  record(portalId: string, count?: number): Promise<void>;
  /** Records logins of a portal at random intervals of at most `everyMs`, until `stop`. */
  keepRecording(portalId: string, everyMs: number): void;
  /** Resolves at a time of the clock, when no call and no request is in flight. */
  at(time: number): Promise<void>;
  stop(): void;
  statusOf(portalId: string): ReturnType<TestApp['app']['services']['statusOf']>;
  /** Resolves when a portal has delivered all its logins. Ranges that need action are redelivered by the mutation. */
  untilNothingIsLeft(portalId: string): Promise<void>;
}

export async function startLongRun(): Promise<LongRun> {
  const sender = createRealTimeSender();
  let calls = 0;
  const clock = createHastyClock(Date.now(), () => calls > 0 || sender.inFlight() > 0);
  const test = await startApp({ appOptions: { clock, createSender: sender.createSender } });
  const { client, app } = test;
  const recorded: Recording[] = [];
  const timers = new Map<string, () => void>();

  async function record(portalId: string, count = 1): Promise<void> {
    const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
    const at = clock.now();
    calls += 1;
    const logins = Array.from({ length: count }, () => login);
    const answer = await client.call(RecordLoginsDocument, { input: { portalId, logins } });
    calls -= 1;
    for (const { position, traceId } of succeeded(answer.recordLogins).logins) {
      recorded.push({ portalId, traceId, position: Number(position), at });
    }
  }

  function keepRecording(portalId: string, everyMs: number): void {
    const next = clock.now() + randomInt(1, everyMs);
    const cancel = clock.at(next, () => {
      keepRecording(portalId, everyMs);
      void record(portalId);
    });
    timers.set(portalId, cancel);
  }

  async function redeliverNeedsAction(portalId: string): Promise<boolean> {
    const { undelivered } = await client.call(UndeliveredDocument, { portalId, states: ['NEEDS_ACTION'], first: 100 });
    // A line that is too large would be refused again and again.
    const failed = undelivered.edges.filter(({ node }) => node.reason === 'RECOVERIES_FAILED');
    const ids = failed.map(({ node }) => node.id);
    if (ids.length) succeeded((await client.call(RedeliverDocument, { input: { ids } })).redeliver);
    return ids.length > 0;
  }

  return {
    ...test,
    clock,
    recorded,
    record,
    keepRecording,
    at: (time) => new Promise((resolve) => clock.at(time, resolve)),
    stop() {
      for (const cancel of timers.values()) cancel();
    },
    statusOf: (portalId) => app.services.statusOf(portalId),
    async untilNothingIsLeft(portalId) {
      for await (const { webhookStatusChanged } of client.subscribe(WebhookStatusChangedDocument, { portalId })) {
        const { pending, undeliveredTotal, needsActionTotal } = webhookStatusChanged.status;
        if (!pending && undeliveredTotal === needsActionTotal && !(await redeliverNeedsAction(portalId))) return;
      }
    },
  };
}

export interface LongAccount {
  logins: number;
  /** Acknowledged logins that are in no accepted batch. */
  lost: number;
  /** Lines that were accepted more than once: in the same delivery, and in several. */
  twiceInOne: number;
  inSeveral: number;
  /** Deliveries that were sent again with different bytes. */
  changed: number;
  /** Lines of first deliveries, and of recoveries, that arrived after a later login of their portal. */
  disorderedFirsts: number;
  disorderedRecoveries: number;
  /** Accepted batches by purpose. A batch that arrived twice is counted twice. */
  batches: Record<string, number>;
  /** Accepted deliveries, each counted once. */
  deliveries: number;
  abandoned: number;
}

/** @param accepted the batches that receivers answered with 2xx, or would have, in the order of arrival */
export function longAccountOf(
  run: LongRun,
  receivers: readonly Receiver[],
  accepted: readonly Received[],
): LongAccount {
  const purposes = new Map<string, Purpose>();
  let abandoned = 0;
  for (const portalId of new Set(run.recorded.map((login) => login.portalId))) {
    for (const event of run.app.services.log.range(`delivery-${portalId}`, 1, Number.MAX_SAFE_INTEGER)) {
      if (event.type === 'BatchStarted') purposes.set(event.data.deliveryId, event.data.purpose ?? 'FIRST');
      if (event.type === 'BatchAbandoned') abandoned += 1;
    }
  }
  const bodies = new Map<string, string>();
  let changed = 0;
  for (const { deliveryId, text } of receivers.flatMap(({ received }) => received)) {
    if ((bodies.get(deliveryId) ?? text) !== text) changed += 1;
    bodies.set(deliveryId, text);
  }
  const deliveries = new Map<string, string[]>();
  const batches: Record<string, number> = {};
  for (const { deliveryId, lines } of accepted) {
    const purpose = purposes.get(deliveryId) ?? 'unknown';
    batches[purpose] = (batches[purpose] ?? 0) + 1;
    for (const traceId of lines.map((line) => field(line, 'trace_id'))) {
      deliveries.set(traceId, [...(deliveries.get(traceId) ?? []), deliveryId]);
    }
  }
  const all = [...deliveries.values()];
  const positions = new Map(run.recorded.map(({ traceId, position }) => [traceId, position]));
  const disordered = (purpose: Purpose) =>
    countDisordered(
      accepted.filter(({ deliveryId }) => purposes.get(deliveryId) === purpose),
      positions,
    );
  return {
    logins: run.recorded.length,
    lost: run.recorded.filter(({ traceId }) => !deliveries.has(traceId)).length,
    twiceInOne: all.filter((ids) => new Set(ids).size < ids.length).length,
    inSeveral: all.filter((ids) => new Set(ids).size > 1).length,
    changed,
    disorderedFirsts: disordered('FIRST'),
    disorderedRecoveries: disordered('RECOVERY'),
    batches,
    deliveries: new Set(accepted.map(({ deliveryId }) => deliveryId)).size,
    abandoned,
  };
}

function countDisordered(batches: readonly Received[], positions: ReadonlyMap<string, number>): number {
  const furthest = new Map<string, number>();
  const seen = new Set<string>();
  let count = 0;
  for (const { deliveryId, text, lines } of batches) {
    if (seen.has(deliveryId)) continue;
    seen.add(deliveryId);
    const portalId = field(text, 'portal_id');
    for (const line of lines) {
      const position = positions.get(field(line, 'trace_id')) ?? 0;
      if (position <= (furthest.get(portalId) ?? 0)) count += 1;
      furthest.set(portalId, position);
    }
  }
  return count;
}
