/** Undelivered ranges: their states, and what a person can do with them. */
import { z } from 'zod';
import { name } from './input.js';
import type { LoginRange } from './login-range.js';
import { invalidInput, refusedField } from './refusal.js';
import { optionalWebhookUuid, webhookUnconfigured } from './webhook.js';

export const undeliveredStates = ['WAITING', 'REQUESTED', 'NEEDS_ACTION', 'DISCARDED'] as const;
export type UndeliveredState = (typeof undeliveredStates)[number];

export const undeliveredReasons = [
  'ABANDONED',
  'WEBHOOK_REMOVED',
  'REJECTED',
  'TOO_LARGE',
  'RECOVERIES_FAILED',
] as const;
export type UndeliveredReason = (typeof undeliveredReasons)[number];

/** A range that failed this many recoveries gets the state NEEDS_ACTION. */
export const MAX_RECOVERIES = 3;
const MAX_IDS = 100;

/** A person's decisions about undelivered logins of a webhook. Each range is as it was at that time. */
export type UndeliveredEvent =
  /** `throughWebhookId`: the webhook that sends the logins, because the webhook of the ranges was removed. */
  | { type: 'RedeliveryRequested'; data: { ranges: LoginRange[]; throughWebhookId?: string } }
  | { type: 'LoginsDiscarded'; data: { ranges: LoginRange[]; reason: string } };

const ids = z
  .array(z.string())
  .min(1, 'must hold at least one id')
  .max(MAX_IDS, `must hold at most ${MAX_IDS} ids; split the call`);

export const redeliver = z.object({
  ids,
  webhookId: optionalWebhookUuid.optional(),
});
export const discardUndelivered = z.object({ ids, reason: name });

/** `throughWebhookId`: another webhook of the portal, which is configured. */
export type UndeliveredCommand =
  | { type: 'Redeliver'; throughWebhookId?: string | undefined }
  | { type: 'DiscardUndelivered'; reason: string };

export interface FoundRange extends LoginRange {
  id: string;
  state: UndeliveredState;
  /** The webhook that sends the range because its own was removed; null if there is none. */
  throughWebhookId: string | null;
}

/** The facts about a webhook that a decision needs. */
interface SenderFacts {
  /** The webhook is configured, so that it can send its ranges. */
  isConfigured: boolean;
  /** The webhook waits because of earlier failures. */
  isWaiting: boolean;
}

/** @param ranges of one webhook */
export function decide(
  command: UndeliveredCommand,
  ranges: readonly FoundRange[],
  { isConfigured, isWaiting }: SenderFacts,
): UndeliveredEvent[] {
  const discarded = ranges.find(({ state }) => state === 'DISCARDED');
  if (discarded) {
    const reason = `${discarded.id} was discarded; requestReplay can still send its logins`;
    throw refusedField('DISCARDED', 'ids', reason);
  }
  switch (command.type) {
    case 'Redeliver': {
      const { throughWebhookId } = command;
      if (!isConfigured && throughWebhookId === undefined) {
        throw webhookUnconfigured('ids', ', or name another webhook of the portal in webhookId');
      }
      if (isConfigured && throughWebhookId !== undefined) {
        const reason =
          'is only for ranges of a removed webhook; leave it out: the webhook of these ranges can send them';
        throw invalidInput([{ field: 'webhookId', reason }]);
      }
      const isNew = (range: FoundRange) =>
        range.state !== 'REQUESTED' || range.throughWebhookId !== (throughWebhookId ?? null);
      // A person who asks again wants an attempt now.
      const requested = ranges.filter((range) => isWaiting || isNew(range)).map(rangeOf);
      if (!requested.length) return [];
      const through = throughWebhookId === undefined ? {} : { throughWebhookId };
      return [{ type: 'RedeliveryRequested', data: { ranges: requested, ...through } }];
    }
    case 'DiscardUndelivered':
      return [{ type: 'LoginsDiscarded', data: { ranges: ranges.map(rangeOf), reason: command.reason } }];
    default:
      return command satisfies never;
  }
}

const rangeOf = ({ firstVersion, lastVersion }: LoginRange): LoginRange => ({ firstVersion, lastVersion });

/** The content of a range's id. */
export interface RangeId {
  webhookId: string;
  /** The last login (version) of the range. */
  lastVersion: number;
  /** The position of the first event that the range is computed from. */
  position: number;
}

export function writeRangeId({ webhookId, lastVersion, position }: RangeId): string {
  return Buffer.from(`${webhookId}.${lastVersion}.${position}`).toString('base64url');
}

/** @param index the index of the id in the input, for the message @throws Refusal if it is not a valid id */
export function readRangeId(id: string, index: number): RangeId {
  const [webhookId = '', lastVersion, position, ...rest] = Buffer.from(id, 'base64url').toString().split('.');
  const read = { webhookId, lastVersion: Number(lastVersion), position: Number(position) };
  // base64url and numbers can be written in several ways, but a range has only one id.
  if (rest.length || writeRangeId(read) !== id) {
    throw invalidInput([
      { field: `ids[${index}]`, reason: 'is not the id of an undelivered range; use an id from the list undelivered' },
    ]);
  }
  return read;
}
