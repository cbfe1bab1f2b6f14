/**
 * Computes the next step of a lane, and when it is due, for the engine and the status. After a success the lane runner may start
 * `batchAfterOpen` at once, if no redelivery may be next.
 */
import type { LogFormat } from '../formats/index.js';
import { type LoginRange, loginCount, MAX_BATCH_LINES, startOf } from '../login-range.js';
import type { UndeliveredState } from '../undelivered.js';
import { grown } from './after-attempt.js';
import type { Purpose } from './attempt.js';
import { MAX_LANE_WAIT_MS, MAX_PROBE_WAIT_MS, MAX_RETRY_WAIT_MS } from './backoff.js';
import {
  type DeliveryClass,
  deliveryClasses,
  isPartOf,
  type Lane,
  nextWaiting,
  type OpenDelivery,
  openDeliveries,
  type Sender,
  waiting,
} from './lane.js';

export type NextStep =
  /** There is no step until the lane, its destination or its logins change. */
  | { type: 'IDLE' }
  /** Nothing is due before this time (ms). */
  | { type: 'WAIT'; until: number }
  | { type: 'START'; range: LoginRange; purpose: Purpose }
  | { type: 'ATTEMPT'; delivery: OpenDelivery }
  | { type: 'SUPERSEDE'; delivery: OpenDelivery }
  | { type: 'END'; delivery: OpenDelivery }
  | { type: 'START_REPLAY' }
  | { type: 'FINISH_REPLAY' };

/** How long a lane waits after its own last attempt before it probes a destination that worked for another one, in ms. */
const HEALTHY_WAIT_MS = 60_000;

/** The fields of the destination that a lane uses. Times in ms. */
interface LaneDestination {
  logFormat: LogFormat;
  updatedAt: number;
  linesPerSecond: number | null;
  maxBatchLines: number | null;
  /** Since when all attempts of all webhooks have succeeded; null while the destination fails, or before the first attempt. */
  healthySince: number | null;
  /** The receiver asked for a pause until then; null if it did not. */
  pausedUntil: number | null;
}

/** The facts that the next step depends on, in addition to the lane. */
export interface LaneContext {
  /** The version of the portal's last login. */
  lastLogin: number;
  /** The webhook that sends: the lane's own, or, if that was removed, the one that redelivers for it; null if there is none. */
  sender: (Sender & { id: string }) | null;
  /** The sender's current destination; null if there is none. */
  destination: LaneDestination | null;
  /** What the narrowing of a redelivery sends next; null if nothing is narrowed. */
  narrowed: LoginRange | null;
  /** The undelivered range to recover or probe first; null if there is none. */
  recoverable: (LoginRange & { state: UndeliveredState }) | null;
  /** The next range that the running replay sends; null if nothing is left. */
  replayable: LoginRange | null;
  /** ms since the epoch */
  now: number;
}

/** A step that could be next, and when it is due (ms). */
interface Candidate {
  class: DeliveryClass;
  dueAt: number;
  step: NextStep;
}

export function nextStep(lane: Lane, context: LaneContext): NextStep {
  const { sender, destination, now } = context;
  const { webhook, redelivery, replay } = lane;
  const open = openDeliveries(lane);
  if (!webhook) {
    // The lane has nothing else to do: a redelivery does not wait until the other webhook is on again.
    const ended = open.find((delivery) => !sender?.enabled || delivery.throughWebhookId !== sender.id);
    if (ended) return { type: 'END', delivery: ended };
  }
  if (!sender?.enabled || !destination) return { type: 'IDLE' };
  const outdated = open.find(
    ({ destinationId, logFormat }) => destinationId !== sender.destinationId || logFormat !== destination.logFormat,
  );
  if (outdated) return { type: webhook ? 'SUPERSEDE' : 'END', delivery: outdated };
  if (redelivery.open?.purpose === 'REPLAY' && !isPartOf(replay, redelivery.open)) {
    return { type: 'SUPERSEDE', delivery: redelivery.open };
  }
  if (replay?.status === 'REQUESTED') return { type: 'START_REPLAY' };
  if (replay?.status === 'RUNNING' && !redelivery.open && !context.replayable) return { type: 'FINISH_REPLAY' };

  // No webhook sends to a destination while it is paused.
  const pausedUntil = plausible(destination.pausedUntil, now, MAX_RETRY_WAIT_MS);
  // A started batch gets its first attempt before any other batch.
  const unattempted = open.find(({ failedAttempts, retryDueAt }) => !failedAttempts && retryDueAt === null);
  if (unattempted)
    return pausedUntil > now ? { type: 'WAIT', until: pausedUntil } : { type: 'ATTEMPT', delivery: unattempted };
  const candidates = [firstDelivery(lane, context), ...redeliveries(lane, context)]
    .filter((candidate) => candidate !== null)
    .map((candidate) => ({ ...candidate, dueAt: Math.max(candidate.dueAt, pausedUntil) }));
  const due = candidates.filter(({ dueAt }) => dueAt <= now);
  const next = inRotation(due, lane.lastStarted);
  if (next) return next.step;
  if (!candidates.length) return { type: 'IDLE' };
  return { type: 'WAIT', until: Math.min(...candidates.map(({ dueAt }) => dueAt)) };
}

function firstDelivery(lane: Lane, context: LaneContext): Candidate | null {
  const { lastLogin, now } = context;
  if (lane.first.open) return retry(lane.first.open, 'FIRST', now);
  const range = nextWaiting(lane, lastLogin);
  if (!range) return null;
  const dueAt = plausible(lane.first.nextBatchDueAt, now, MAX_LANE_WAIT_MS);
  return { class: 'FIRST', dueAt, step: start(range, 'FIRST', lane, context) };
}

/** There are no candidates while the first delivery waits for its retry. */
function redeliveries(lane: Lane, context: LaneContext): (Candidate | null)[] {
  const { now, narrowed, recoverable, replayable } = context;
  const { first, redelivery } = lane;
  if (first.open?.failedAttempts) return [];
  if (redelivery.open) {
    return [retry(redelivery.open, classOf(redelivery.open.purpose), now)];
  }
  const dueAt = Math.max(
    plausible(first.nextBatchDueAt, now, MAX_LANE_WAIT_MS),
    plausible(redelivery.nextBatchDueAt, now, MAX_LANE_WAIT_MS),
  );
  // The rest of a narrowing comes before other redeliveries.
  if (narrowed && redelivery.narrowing) {
    const { purpose } = redelivery.narrowing;
    return [{ class: classOf(purpose), dueAt, step: start(narrowed, purpose, lane, context) }];
  }
  return [
    recoverable && recovery(recoverable, lane, context, dueAt),
    replayable && { class: 'REPLAY', dueAt, step: start(replayable, 'REPLAY', lane, context) },
  ];
}

function recovery(
  range: LoginRange & { state: UndeliveredState },
  lane: Lane,
  context: LaneContext,
  laneDueAt: number,
): Candidate {
  const { recovering, nextBatchDueAt } = lane.redelivery;
  if (recovering || range.state === 'REQUESTED') {
    const dueAt = range.state === 'REQUESTED' ? plausible(nextBatchDueAt, context.now, MAX_LANE_WAIT_MS) : laneDueAt;
    return { class: 'RECOVERY', dueAt, step: start(range, 'RECOVERY', lane, context) };
  }
  return { class: 'RECOVERY', dueAt: probeDueAt(lane, context, laneDueAt), step: start(range, 'PROBE', lane, context) };
}

function probeDueAt(lane: Lane, { now, sender, destination }: LaneContext, laneDueAt: number): number {
  const attemptedAt = lane.health.lastAttempt?.at ?? 0;
  // The webhook that redelivers for this one was moved, or is another one. If two of them fail, each is another one every time.
  if (!lane.webhook && sender?.destinationId !== lane.health.lastAttempt?.destinationId) return laneDueAt;
  const isSince = (time: number | null | undefined) => time != null && time <= now && time > attemptedAt;
  // A change of the destination since the last attempt was probably made to repair it.
  if (isSince(destination?.updatedAt)) return now;
  const dueAt = Math.max(laneDueAt, plausible(lane.redelivery.probeDueAt, now, MAX_PROBE_WAIT_MS));
  // The destination has worked for another webhook since.
  return isSince(destination?.healthySince)
    ? Math.min(dueAt, plausible(attemptedAt + HEALTHY_WAIT_MS, now, HEALTHY_WAIT_MS))
    : dueAt;
}

/** Whether a redelivery that a person requests would wait: for a retry, or after a batch that was abandoned. */
export const waitsToRedeliver = (lane: Lane): boolean =>
  lane.redelivery.nextBatchDueAt !== null || openDeliveries(lane).some(({ retryDueAt }) => retryDueAt !== null);

const classOf = (purpose: Purpose): DeliveryClass => (purpose === 'PROBE' ? 'RECOVERY' : purpose);

function retry(delivery: OpenDelivery, deliveryClass: DeliveryClass, now: number): Candidate {
  const dueAt = plausible(delivery.retryDueAt, now, MAX_RETRY_WAIT_MS);
  return { class: deliveryClass, dueAt, step: { type: 'ATTEMPT', delivery } };
}

function start(range: LoginRange, purpose: Purpose, lane: Lane, { destination }: LaneContext): NextStep {
  const cap = destination ? linesCap(destination) : MAX_BATCH_LINES;
  return { type: 'START', range: startOf(range, Math.min(lane.batch.limit, cap)), purpose };
}

/** Most lines of a batch for a destination: its own limit, and never more than its `linesPerSecond`. */
export function linesCap({ linesPerSecond, maxBatchLines }: Pick<LaneDestination, BatchCap>): number {
  return Math.min(MAX_BATCH_LINES, linesPerSecond ?? MAX_BATCH_LINES, maxBatchLines ?? MAX_BATCH_LINES);
}
type BatchCap = 'linesPerSecond' | 'maxBatchLines';

/** The candidate whose class comes first after the class that was started last. */
function inRotation(candidates: readonly Candidate[], last: DeliveryClass): Candidate | undefined {
  const after = deliveryClasses.indexOf(last) + 1;
  const order = [...deliveryClasses.slice(after), ...deliveryClasses.slice(0, after)];
  return order
    .map((deliveryClass) => candidates.find((candidate) => candidate.class === deliveryClass))
    .find((candidate) => candidate !== undefined);
}

/** A time that is further in the future than any wait comes from a wrong clock: it counts as now. */
function plausible(time: number | null, now: number, maxWaitMs: number): number {
  return time !== null && time > now && time <= now + 2 * maxWaitMs ? time : now;
}

/** The batch that follows when the open first delivery is delivered; null if no login waits. */
export function batchAfterOpen(lane: Lane, lastLogin: number): LoginRange | null {
  const next = nextWaiting(lane, lastLogin);
  return next ? startOf(next, grown(lane.batch, loginCount(lane.first.open)).limit) : null;
}

/**
 * The batches after the open one, at most `count`, that will be full: later logins do not change them.
 *
 * @param limit lines of a full batch
 */
export function fullBatches(lane: Lane, lastLogin: number, limit: number, count: number): LoginRange[] {
  const [next] = waiting(lane, lastLogin);
  // The limit of the lane grows with each delivered batch.
  if (!next || lane.batch.limit < limit || lane.first.narrowing) return [];
  const full = Math.min(count, Math.floor(loginCount(next) / limit));
  return Array.from({ length: full }, (_, index) =>
    startOf({ ...next, firstVersion: next.firstVersion + index * limit }, limit),
  );
}
