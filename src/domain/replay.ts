/** A replay job: logins of a time are sent once more, to the destination that the webhook has when they are sent. */
import { z } from 'zod';
import { uuid } from './input.js';
import type { LoginRange } from './login-range.js';
import { invalidInput, notFound, pruned, Refusal, reasonAgainstPruned } from './refusal.js';

export const replayScopes = ['ALL', 'UNDELIVERED'] as const;
export type ReplayScope = (typeof replayScopes)[number];

/** `startAt` and `endAt` (ms, inclusive) are times of recording. */
interface ReplaySettings {
  jobId: string;
  startAt: number;
  endAt: number;
  scope: ReplayScope;
}

/** When it came to this, in ms. */
interface At {
  at: number;
}

export type ReplayEvent =
  | { type: 'ReplayRequested'; data: ReplaySettings & At }
  /** `total`: how many logins of the ranges it will send. */
  | { type: 'ReplayStarted'; data: At & { jobId: string; ranges: LoginRange[]; total: number } }
  | { type: 'ReplayCompleted'; data: At & { jobId: string } }
  | { type: 'ReplayFailed'; data: At & { jobId: string; message: string } }
  | { type: 'ReplayCancelled'; data: At & { jobId: string } };

/** Where a job stands, as the log has it. */
type ReplayStatus = 'REQUESTED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

export interface Replay extends ReplaySettings {
  status: ReplayStatus;
  requestedAt: number;
  updatedAt: number;
  /** What is left to look at, in order. */
  ranges: LoginRange[];
  total: number;
  sent: number;
  /** Lines that were passed over because the receiver finds each of them too large. */
  refused: number;
  message: string | null;
}

export function evolve(replay: Replay | null, event: ReplayEvent): Replay | null {
  if (event.type === 'ReplayRequested') {
    const { at, ...settings } = event.data;
    const counts = { ranges: [], total: 0, sent: 0, refused: 0 };
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

/** How far the clock of a caller may run ahead of ours. */
const MAX_AHEAD_MS = 5 * 60_000;

const time = z.date().transform((date) => date.getTime());

export const requestReplay = z.object({
  portalId: uuid,
  startAt: time,
  endAt: time,
  scope: z
    .enum(replayScopes)
    .nullish()
    .transform((value) => value ?? 'ALL'),
});
export const cancelReplay = z.object({ portalId: uuid });

export type ReplayCommand =
  | ({ type: 'RequestReplay' } & ReplaySettings)
  | { type: 'CancelReplay'; portalId: string }
  /** Of the engine: with what the job comes to, now that it can run. */
  | { type: 'StartReplay'; ranges: LoginRange[]; total: number }
  | { type: 'FinishReplay' };

/**
 * @param now ms
 * @param prunedThrough when the newest login was recorded that is not retained any more, in ms; null if all are
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
        throw new Refusal(
          'REPLAY_RUNNING',
          'A replay of this portal is under way; wait for its end, or end it with cancelReplay.',
        );
      }
      refuseTimes(settings, now, prunedThrough);
      return [{ type: 'ReplayRequested', data: { ...settings, at: now } }];
    }
    case 'CancelReplay':
      if (!isActive(replay)) throw notFound('replay under way of the portal', command.portalId);
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
  if (endAt < startAt) throw invalidInput([{ field: 'endAt', reason: 'must not be before startAt' }]);
  if (endAt > now + MAX_AHEAD_MS) {
    throw invalidInput([{ field: 'endAt', reason: 'must not be in the future: a replay sends what is recorded' }]);
  }
  if (prunedThrough !== null && startAt <= prunedThrough) {
    throw pruned(`startAt: ${reasonAgainstPruned(prunedThrough)}`, 'startAt');
  }
}
