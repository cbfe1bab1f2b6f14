/** Logins that were due and given up: where they stand, and what a person can do about them. */
import { z } from 'zod';
import { name } from './input.js';
import type { LoginRange } from './login-range.js';
import { invalidInput, notFound, Refusal } from './refusal.js';

export const undeliveredStates = ['WAITING', 'REQUESTED', 'NEEDS_ACTION', 'DISCARDED'] as const;
export type UndeliveredState = (typeof undeliveredStates)[number];

export const undeliveredReasons = ['ABANDONED', 'WEBHOOK_REMOVED', 'TOO_LARGE', 'RECOVERIES_FAILED'] as const;
export type UndeliveredReason = (typeof undeliveredReasons)[number];

/** After so many failed recoveries a range needs action. */
export const MAX_RECOVERIES = 3;
const MAX_IDS = 100;

/** What people decide about undelivered logins of a portal; each range as it stood then. */
export type UndeliveredEvent =
  | { type: 'RedeliveryRequested'; data: { ranges: LoginRange[] } }
  | { type: 'LoginsDiscarded'; data: { ranges: LoginRange[]; reason: string } };

const ids = z
  .array(z.string())
  .min(1, 'must name at least one undelivered range')
  .max(MAX_IDS, `must be at most ${MAX_IDS}; make several calls`);

export const redeliver = z.object({ ids });
export const discardUndelivered = z.object({ ids, reason: name });

export type UndeliveredCommand = { type: 'Redeliver' } | { type: 'DiscardUndelivered'; reason: string };

/** A range as a command finds it. */
export interface FoundRange extends LoginRange {
  id: string;
  state: UndeliveredState;
}

/**
 * @param ranges of one portal
 * @param hasWebhook whether there is anything that could send them
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
      const others = ranges.filter(({ state }) => state !== 'REQUESTED').map(rangeOf);
      return others.length ? [{ type: 'RedeliveryRequested', data: { ranges: others } }] : [];
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

/** A range as its id names it: the last of its logins, and the position of the first event that it is made from. */
export interface RangeId {
  portalId: string;
  lastVersion: number;
  position: number;
}

export function writeRangeId({ portalId, lastVersion, position }: RangeId): string {
  return Buffer.from(`${portalId}.${lastVersion}.${position}`).toString('base64url');
}

/** @throws Refusal naming the id by its place in the input */
export function readRangeId(id: string, index: number): RangeId {
  const [portalId = '', lastVersion, position, ...rest] = Buffer.from(id, 'base64url').toString().split('.');
  const read = { portalId, lastVersion: Number(lastVersion), position: Number(position) };
  // Compared with what it should be: one range has one id.
  if (rest.length || writeRangeId(read) !== id) {
    throw invalidInput([
      { field: `ids[${index}]`, reason: 'is no id of an undelivered range; take them from undelivered' },
    ]);
  }
  return read;
}

export function rangeNotFound(id: string): Refusal {
  const { message } = notFound('undelivered range', id);
  return new Refusal('NOT_FOUND', `${message} It may have been delivered or have changed meanwhile; list them again.`);
}
