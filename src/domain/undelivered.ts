/** Undelivered ranges: their states, and what a person can do with them. */
import { z } from 'zod';
import { name } from './input.js';
import type { LoginRange } from './login-range.js';
import { invalidInput, notFound, Refusal } from './refusal.js';

export const undeliveredStates = ['WAITING', 'REQUESTED', 'NEEDS_ACTION', 'DISCARDED'] as const;
export type UndeliveredState = (typeof undeliveredStates)[number];

export const undeliveredReasons = ['ABANDONED', 'WEBHOOK_REMOVED', 'TOO_LARGE', 'RECOVERIES_FAILED'] as const;
export type UndeliveredReason = (typeof undeliveredReasons)[number];

/** A range that failed this many recoveries gets the state NEEDS_ACTION. */
export const MAX_RECOVERIES = 3;
const MAX_IDS = 100;

/** A person's decisions about undelivered logins of a portal. Each range is as it was at that time. */
export type UndeliveredEvent =
  | { type: 'RedeliveryRequested'; data: { ranges: LoginRange[] } }
  | { type: 'LoginsDiscarded'; data: { ranges: LoginRange[]; reason: string } };

const ids = z
  .array(z.string())
  .min(1, 'must hold at least one id')
  .max(MAX_IDS, `must hold at most ${MAX_IDS} ids; split the call`);

export const redeliver = z.object({ ids });
export const discardUndelivered = z.object({ ids, reason: name });

export type UndeliveredCommand = { type: 'Redeliver' } | { type: 'DiscardUndelivered'; reason: string };

export interface FoundRange extends LoginRange {
  id: string;
  state: UndeliveredState;
}

/**
 * @param ranges of one portal
 * @param hasWebhook whether the portal has a webhook, which can send them
 */
export function decide(
  command: UndeliveredCommand,
  ranges: readonly FoundRange[],
  hasWebhook: boolean,
): UndeliveredEvent[] {
  const discarded = ranges.find(({ state }) => state === 'DISCARDED');
  if (discarded) {
    const reason = `${discarded.id} was discarded; requestReplay can still send its logins`;
    throw new Refusal('DISCARDED', `ids: ${reason}`, [{ field: 'ids', reason }]);
  }
  switch (command.type) {
    case 'Redeliver': {
      if (!hasWebhook) throw webhookUnconfigured();
      const requested = ranges.filter(({ state }) => state !== 'REQUESTED').map(rangeOf);
      return requested.length ? [{ type: 'RedeliveryRequested', data: { ranges: requested } }] : [];
    }
    case 'DiscardUndelivered':
      return [{ type: 'LoginsDiscarded', data: { ranges: ranges.map(rangeOf), reason: command.reason } }];
    default:
      return command satisfies never;
  }
}

export function webhookUnconfigured(): Refusal {
  return new Refusal('WEBHOOK_UNCONFIGURED', 'The portal has no webhook to send with; configure it first.');
}

const rangeOf = ({ firstVersion, lastVersion }: LoginRange): LoginRange => ({ firstVersion, lastVersion });

/** The content of a range's id. */
export interface RangeId {
  portalId: string;
  /** The last login (version) of the range. */
  lastVersion: number;
  /** The position of the first event that the range is computed from. */
  position: number;
}

export function writeRangeId({ portalId, lastVersion, position }: RangeId): string {
  return Buffer.from(`${portalId}.${lastVersion}.${position}`).toString('base64url');
}

/** @param index the index of the id in the input, for the message @throws Refusal if it is not a valid id */
export function readRangeId(id: string, index: number): RangeId {
  const [portalId = '', lastVersion, position, ...rest] = Buffer.from(id, 'base64url').toString().split('.');
  const read = { portalId, lastVersion: Number(lastVersion), position: Number(position) };
  // base64url and numbers can be written in several ways, but a range has only one id.
  if (rest.length || writeRangeId(read) !== id) {
    throw invalidInput([
      { field: `ids[${index}]`, reason: 'is not the id of an undelivered range; use an id from the list undelivered' },
    ]);
  }
  return read;
}

export function rangeNotFound(id: string): Refusal {
  const { message } = notFound('undelivered range', id);
  return new Refusal('NOT_FOUND', `${message} It may have been delivered or changed since; read the list again.`);
}
