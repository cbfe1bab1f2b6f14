/** Decides the commands of the delivery engine: which events each of them causes in a lane. */

import type { LogFormat } from '../formats/index.js';
import { isWithin, type LoginRange, loginCount, overlap } from '../login-range.js';
import type { Attempt, Outcome, Rejection, SealedExcerpt, Verdict } from './attempt.js';
import { boundedRetryMs, laneBackoffMs, MAX_RETRIES, probeBackoffMs, retryBackoffMs } from './backoff.js';
import type { BatchStarted } from './batch.js';
import type { DeliveryEvent } from './events.js';
import { type Lane, MAX_REJECTED_LINES, type OpenDelivery, openDelivery, type Sender } from './lane.js';

/** The engine gives the excerpt of an answer in clear; a decision gets it sealed. */
export type DeliveryCommand<Excerpt = string> =
  | { type: 'StartBatch'; batch: BatchStarted }
  | { type: 'RecordOutcome'; deliveryId: string; attemptNumber: number; outcome: Outcome<Excerpt>; random: number }
  | { type: 'SupersedeDelivery'; deliveryId: string }
  /** The webhook was removed. */
  | { type: 'EndDelivery'; deliveryId: string };

/** The facts that a decision needs in addition to the lane. */
export interface DeliveryContext {
  /** The webhook that sends: the lane's own, or the one that redelivers for it; null if there is none. */
  sender: Sender | null;
  /** The current log format of the sender's destination. */
  logFormat: LogFormat | undefined;
  /** The answer of the sender's destination before this one was a success. */
  workedBefore: () => boolean;
  /** How many logins of a range are undelivered and not discarded. */
  undeliveredIn: (range: LoginRange) => number;
}

/** A late command (its delivery is not open, or its attempt number is not the next one) causes no event. */
export function decide(command: DeliveryCommand<SealedExcerpt>, lane: Lane, context: DeliveryContext): DeliveryEvent[] {
  if (command.type === 'StartBatch') {
    if (!mayStart(command.batch, lane, context)) return [];
    const job = command.batch.purpose === 'REPLAY' && lane.replay ? { replayJobId: lane.replay.jobId } : {};
    return [{ type: 'BatchStarted', data: { ...command.batch, ...job } }];
  }
  const open = openDelivery(lane, command.deliveryId);
  if (!open) return [];
  switch (command.type) {
    case 'RecordOutcome':
      return open.failedAttempts + 1 === command.attemptNumber
        ? afterAttempt(command.outcome, command.random, open, lane, context)
        : [];
    case 'SupersedeDelivery':
      return lane.webhook ? [superseded(open)] : [];
    case 'EndDelivery': {
      if (lane.webhook) return [];
      // The logins of a redelivery are listed as undelivered already.
      if (open.purpose !== 'FIRST') return [superseded(open)];
      const { deliveryId, firstVersion, lastVersion } = open;
      return [
        { type: 'LoginsUndelivered', data: { deliveryId, firstVersion, lastVersion, reason: 'WEBHOOK_REMOVED' } },
      ];
    }
    default:
      return command satisfies never;
  }
}

function mayStart(batch: BatchStarted, lane: Lane, { sender, undeliveredIn }: DeliveryContext): boolean {
  const { webhook, backlog, first, redelivery, replay } = lane;
  if (!sender?.enabled || sender.destinationId !== batch.destinationId) return false;
  const purpose = batch.purpose ?? 'FIRST';
  switch (purpose) {
    case 'FIRST':
      return webhook !== null && !first.open && batch.firstVersion === backlog.cursor + 1;
    case 'RECOVERY':
    case 'PROBE':
      return !redelivery.open && undeliveredIn(batch) === loginCount(batch);
    case 'REPLAY': {
      const isPartOfReplay = replay?.status === 'RUNNING' && replay.ranges.some((range) => isWithin(batch, range));
      return !redelivery.open && isPartOfReplay;
    }
    default:
      return purpose satisfies never;
  }
}

/** Until when (ms) the receiver asked for a pause with Retry-After; null if it did not. */
export function pausedUntil({ verdict, retryAfterMs, attemptedAt, durationMs }: Outcome<unknown>): number | null {
  if (verdict === 'DELIVERED' || retryAfterMs === null) return null;
  return attemptedAt + durationMs + boundedRetryMs(retryAfterMs);
}

function superseded({ deliveryId }: OpenDelivery): DeliveryEvent {
  return { type: 'DeliverySuperseded', data: { deliveryId } };
}

function afterAttempt(
  outcome: Outcome<SealedExcerpt>,
  random: number,
  open: OpenDelivery,
  lane: Lane,
  context: DeliveryContext,
): DeliveryEvent[] {
  const { sender, logFormat = open.logFormat, undeliveredIn } = context;
  const { verdict, retryAfterMs, ...facts } = outcome;
  const failed = open.failedAttempts + 1;
  const attempt: Attempt = { deliveryId: open.deliveryId, attemptNumber: failed, ...facts };
  const endedAt = outcome.attemptedAt + outcome.durationMs;
  if (verdict === 'DELIVERED') {
    const recovered = open.purpose === 'FIRST' ? 0 : undeliveredIn(open);
    // A portal with few logins has one such event for each login: fields that are equal in all of them are left out.
    const { phase: _, responseExcerpt: __, ...data } = attempt;
    return [{ type: 'BatchDelivered', data: recovered ? { ...data, recovered } : data }];
  }
  const destinationPausedUntil = pausedUntil(outcome);
  const pause = destinationPausedUntil === null ? {} : { destinationPausedUntil };
  if (sender && (sender.destinationId !== open.destinationId || logFormat !== open.logFormat)) {
    // The destination or log format has changed: the failure does not abandon the logins; they start in a new delivery.
    return [{ type: 'RetryScheduled', data: { ...attempt, ...pause, retryDueAt: endedAt } }, superseded(open)];
  }
  if (verdict === 'RETRYABLE' && failed <= MAX_RETRIES) {
    const retryDueAt = endedAt + retryBackoffMs(failed, random, retryAfterMs);
    return [{ type: 'RetryScheduled', data: { ...attempt, ...pause, retryDueAt } }];
  }
  if (isRejection(verdict) && mayNarrow(verdict, open, lane, context)) {
    return loginCount(open) > 1
      ? [{ type: 'BatchSplit', data: { ...attempt, reason: verdict } }]
      : [{ type: 'BatchAbandoned', data: { ...attempt, nextBatchDueAt: null, reason: verdict } }];
  }
  const probes = lane.redelivery.failedProbes + (open.purpose === 'PROBE' ? 1 : 0);
  const probeDueAt = endedAt + probeBackoffMs(probes, random);
  const { abandonedInARow } = open.purpose === 'FIRST' ? lane.first : lane.redelivery;
  const nextBatchDueAt = endedAt + laneBackoffMs(abandonedInARow + 1, random);
  const released =
    lane.rejectedLines.length && !isLoneRejection(verdict, open, lane) ? { released: lane.rejectedLines } : {};
  return [{ type: 'BatchAbandoned', data: { ...attempt, ...pause, nextBatchDueAt, probeDueAt, ...released } }];
}

/**
 * Whether a new line was rejected that is alone in its batch, the first since the last success. That says no more about the
 * receiver than the rejection of a line that is delivered again.
 */
function isLoneRejection(verdict: Verdict, open: OpenDelivery, { first, redelivery, rejectedLines }: Lane): boolean {
  const isLone = open.purpose === 'FIRST' && loginCount(open) === 1 && first.narrowing === null;
  const isFirst = redelivery.recovering && rejectedLines.every(({ purpose }) => purpose !== 'FIRST');
  return isRejection(verdict) && isLone && isFirst;
}

const isRejection = (verdict: Verdict): verdict is Rejection => verdict === 'REJECTED' || verdict === 'TOO_LARGE';

/**
 * Whether a rejected batch is narrowed: divided, or, if it is a single line, left to a person while the lane goes on. Otherwise it
 * is abandoned like any batch that a dead receiver did not take.
 */
function mayNarrow(
  verdict: Rejection,
  { purpose, ...range }: OpenDelivery,
  { first, redelivery, rejectedLines }: Lane,
  { sender, workedBefore }: DeliveryContext,
): boolean {
  // Without a sender, no other batch can follow.
  if (!sender) return false;
  const { narrowing } = purpose === 'FIRST' ? first : redelivery;
  // Since the last success, the receiver may have rejected single lines, but no batch was abandoned.
  const hasWorked = () => (rejectedLines.length > 0 && redelivery.recovering) || workedBefore();
  if (loginCount(range) > 1) return narrowing !== null || purpose !== 'FIRST' || verdict === 'TOO_LARGE' || hasWorked();
  if (rejectedLines.some((line) => overlap(line, range))) return true;
  // Either way, the receiver is taken to reject everything.
  if (rejectedLines.length >= MAX_REJECTED_LINES) return false;
  if (narrowing) return narrowing.taken || !narrowing.rejected;
  // A new line that is rejected on its own is sent again after the next success: then it is known that others are taken.
  return purpose === 'FIRST' ? verdict === 'TOO_LARGE' && workedBefore() : hasWorked();
}
