/** A replay job of a webhook sends the logins of a time range again, to the destination that it has at the time of sending. */
import { z } from 'zod';
import { time, uuid } from './input.js';
import type { LoginRange } from './login-range.js';
import { invalidInput, pruned, reasonAgainstPruned, refusedField } from './refusal.js';
import { optionalWebhookUuid } from './webhook.js';

export const replayScopes = ['ALL', 'UNDELIVERED'] as const;
export type ReplayScope = (typeof replayScopes)[number];

/** `startAt` and `endAt` (ms, inclusive) limit the times at which the logins were recorded. */
interface ReplaySettings {
  jobId: string;
  startAt: number;
  endAt: number;
  scope: ReplayScope;
}

/** A replay lists so many of the logins that the receiver rejected. The lane, which holds the list, stays small. */
export const MAX_REJECTED_LISTED = 100;

/** When the event happened, in ms. */
interface At {
  at: number;
}

export type ReplayEvent =
  | { type: 'ReplayRequested'; data: ReplaySettings & At }
  /** `total`: how many logins of the ranges the job sends. */
  | { type: 'ReplayStarted'; data: At & { jobId: string; ranges: LoginRange[]; total: number } }
  | { type: 'ReplayCompleted'; data: At & { jobId: string } }
  | { type: 'ReplayFailed'; data: At & { jobId: string; message: string } }
  | { type: 'ReplayCancelled'; data: At & { jobId: string } };

type ReplayStatus = 'REQUESTED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

export interface Replay extends ReplaySettings {
  status: ReplayStatus;
  requestedAt: number;
  updatedAt: number;
  /** The ranges that are left to send, in order. With the scope UNDELIVERED, only their undelivered logins are sent. */
  ranges: LoginRange[];
  total: number;
  sent: number;
  /** Lines that were not delivered because the receiver rejected each of them alone. */
  rejected: number;
  /** The first of these logins, at most `MAX_REJECTED_LISTED`. */
  rejectedVersions: number[];
  message: string | null;
}

export function evolve(replay: Replay | null, event: ReplayEvent): Replay | null {
  if (event.type === 'ReplayRequested') {
    const { at, ...settings } = event.data;
    const counts = { ranges: [], total: 0, sent: 0, rejected: 0, rejectedVersions: [] };
    return { ...settings, ...counts, status: 'REQUESTED', requestedAt: at, updatedAt: at, message: null };
  }
  if (replay?.jobId !== event.data.jobId) return replay;
  const changed = { ...replay, updatedAt: event.data.at };
  switch (event.type) {
    case 'ReplayStarted': {
      const { ranges, total } = event.data;
      return { ...changed, status: 'RUNNING', ranges, total };
    }
    case 'ReplayCompleted':
      return { ...changed, status: 'COMPLETED' };
    case 'ReplayFailed':
      return { ...changed, status: 'FAILED', message: event.data.message };
    case 'ReplayCancelled':
      return { ...changed, status: 'CANCELLED' };
    default:
      return event satisfies never;
  }
}

export const isActive = (replay: Replay | null): replay is Replay =>
  replay?.status === 'REQUESTED' || replay?.status === 'RUNNING';

/** How far the clock of a caller may be ahead of the server's clock. */
const MAX_AHEAD_MS = 5 * 60_000;

export const requestReplay = z.object({
  portalId: uuid,
  webhookId: optionalWebhookUuid.optional(),
  startAt: time,
  endAt: time,
  scope: z
    .enum(replayScopes)
    .nullish()
    .transform((value) => value ?? 'ALL'),
});
export const cancelReplay = z.object({ portalId: uuid, webhookId: optionalWebhookUuid.optional() });

export type ReplayCommand =
  | ({ type: 'RequestReplay' } & ReplaySettings)
  | { type: 'CancelReplay' }
  /** From the engine, when the job can run: the ranges and the number of logins to send. */
  | { type: 'StartReplay'; ranges: LoginRange[]; total: number }
  | { type: 'FinishReplay' };

/**
 * @param now ms
 * @param prunedThrough when the newest pruned login was recorded, in ms; null if none was pruned
 */
export function decide(
  command: ReplayCommand,
  replay: Replay | null,
  now: number,
  prunedThrough: number | null = null,
): ReplayEvent[] {
  switch (command.type) {
    case 'RequestReplay': {
      const { type: _, ...settings } = command;
      if (isActive(replay)) {
        const reason = 'a replay of this webhook is in progress; wait until it ends, or cancel it with cancelReplay';
        throw refusedField('REPLAY_RUNNING', 'webhookId', reason);
      }
      refuseTimes(settings, now, prunedThrough);
      return [{ type: 'ReplayRequested', data: { ...settings, at: now } }];
    }
    case 'CancelReplay':
      if (!isActive(replay)) {
        throw refusedField('NOT_FOUND', 'webhookId', 'the webhook has no active replay, so there is nothing to cancel');
      }
      return [{ type: 'ReplayCancelled', data: { jobId: replay.jobId, at: now } }];
    case 'StartReplay': {
      if (replay?.status !== 'REQUESTED') return [];
      const { ranges, total } = command;
      return [{ type: 'ReplayStarted', data: { jobId: replay.jobId, ranges, total, at: now } }];
    }
    case 'FinishReplay':
      return replay?.status === 'RUNNING' ? [{ type: 'ReplayCompleted', data: { jobId: replay.jobId, at: now } }] : [];
    default:
      return command satisfies never;
  }
}

function refuseTimes({ startAt, endAt }: ReplaySettings, now: number, prunedThrough: number | null): void {
  if (endAt < startAt)
    throw invalidInput([{ field: 'endAt', reason: 'must not be before the start of the range; exchange the times' }]);
  if (endAt > now + MAX_AHEAD_MS) {
    throw invalidInput([{ field: 'endAt', reason: 'must not be in the future: a replay sends recorded logins' }]);
  }
  if (prunedThrough !== null && startAt <= prunedThrough) {
    throw pruned(`startAt: ${reasonAgainstPruned(prunedThrough)}`, 'startAt');
  }
}
