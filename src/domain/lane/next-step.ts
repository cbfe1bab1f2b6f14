/**
 * Computes the next step of a lane, and when it is due, for the engine and the status. After a success the lane runner may start
 * `batchAfterOpen` at once, if no redelivery may be next.
 */
import type { LogFormat } from '../log-line.js';
import { type LoginRange, loginCount, MAX_BATCH_LINES, startOf } from '../login-range.js';
import type { UndeliveredState } from '../undelivered.js';
import type { Purpose } from './attempt.js';
import { MAX_LANE_WAIT_MS, MAX_PROBE_WAIT_MS, MAX_RETRY_WAIT_MS } from './backoff.js';
import { grown } from './evolve.js';
import {
  type DeliveryClass,
  deliveryClasses,
  isPartOf,
  type Lane,
  type OpenDelivery,
  openDeliveries,
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

/** How long a portal waits after its own last attempt before it probes a destination that worked for another portal, in ms. */
const HEALTHY_WAIT_MS = 60_000;

/** The fields of the destination that a lane uses. Times in ms. */
interface LaneDestination {
  logFormat: LogFormat;
  updatedAt: number;
  linesPerSecond: number | null;
  /** When the destination last succeeded after a failure, for any portal; null if this is not known. */
  healthySince?: number | null;
}

/** The facts that the next step depends on, in addition to the lane. */
export interface LaneContext {
  /** The version of the portal's last login. */
  lastLogin: number;
  /** The webhook's current destination; null if there is none. */
  destination: LaneDestination | null;
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
  const { destination, now } = context;
  const { webhook, redelivery, replay } = lane;
  const open = openDeliveries(lane);
  if (!webhook) {
    const [delivery] = open;
    return delivery ? { type: 'END', delivery } : { type: 'IDLE' };
  }
  if (!webhook.enabled || !destination) return { type: 'IDLE' };
  const outdated = open.find(
    ({ destinationId, logFormat }) => destinationId !== webhook.destinationId || logFormat !== destination.logFormat,
  );
  if (outdated) return { type: 'SUPERSEDE', delivery: outdated };
  if (redelivery.open?.purpose === 'REPLAY' && !isPartOf(replay, redelivery.open)) {
    return { type: 'SUPERSEDE', delivery: redelivery.open };
  }
  if (replay?.status === 'REQUESTED') return { type: 'START_REPLAY' };
  if (replay?.status === 'RUNNING' && !redelivery.open && !context.replayable) return { type: 'FINISH_REPLAY' };

  // A started batch gets its first attempt before any other batch.
  const unattempted = open.find(({ failedAttempts, retryDueAt }) => !failedAttempts && retryDueAt === null);
  if (unattempted) return { type: 'ATTEMPT', delivery: unattempted };
  const candidates = [firstDelivery(lane, context), ...redeliveries(lane, context)].filter(
    (candidate) => candidate !== null,
  );
  const due = candidates.filter(({ dueAt }) => dueAt <= now);
  const next = inRotation(due, lane.lastStarted);
  if (next) return next.step;
  if (!candidates.length) return { type: 'IDLE' };
  return { type: 'WAIT', until: Math.min(...candidates.map(({ dueAt }) => dueAt)) };
}

function firstDelivery(lane: Lane, context: LaneContext): Candidate | null {
  const { lastLogin, now } = context;
  if (lane.first.open) return retry(lane.first.open, 'FIRST', now);
  const [range] = waiting(lane, lastLogin);
  if (!range) return null;
  const dueAt = plausible(lane.first.nextBatchDueAt, now, MAX_LANE_WAIT_MS);
  return { class: 'FIRST', dueAt, step: start(range, 'FIRST', lane, context) };
}

/** There are no candidates while the first delivery waits for its retry. */
function redeliveries(lane: Lane, context: LaneContext): (Candidate | null)[] {
  const { now, recoverable, replayable } = context;
  const { first, redelivery } = lane;
  if (first.open?.failedAttempts) return [];
  if (redelivery.open) {
    return [retry(redelivery.open, redelivery.open.purpose === 'REPLAY' ? 'REPLAY' : 'RECOVERY', now)];
  }
  const dueAt = Math.max(
    plausible(first.nextBatchDueAt, now, MAX_LANE_WAIT_MS),
    plausible(redelivery.nextBatchDueAt, now, MAX_LANE_WAIT_MS),
  );
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

function probeDueAt(lane: Lane, { now, destination }: LaneContext, laneDueAt: number): number {
  const attemptedAt = lane.health.lastAttempt?.at ?? 0;
  const isSince = (time: number | null | undefined) => time != null && time <= now && time > attemptedAt;
  // A change of the destination since the last attempt was probably made to repair it.
  if (isSince(destination?.updatedAt)) return now;
  const dueAt = Math.max(laneDueAt, plausible(lane.redelivery.probeDueAt, now, MAX_PROBE_WAIT_MS));
  // The destination has worked for another portal since.
  return isSince(destination?.healthySince)
    ? Math.min(dueAt, plausible(attemptedAt + HEALTHY_WAIT_MS, now, HEALTHY_WAIT_MS))
    : dueAt;
}

function retry(delivery: OpenDelivery, deliveryClass: DeliveryClass, now: number): Candidate {
  const dueAt = plausible(delivery.retryDueAt, now, MAX_RETRY_WAIT_MS);
  return { class: deliveryClass, dueAt, step: { type: 'ATTEMPT', delivery } };
}

function start(range: LoginRange, purpose: Purpose, lane: Lane, context: LaneContext): NextStep {
  return { type: 'START', range: startOf(range, batchLimit(lane, context.destination)), purpose };
}

/** Most lines of the next batch. A batch never has more lines than the destination's `linesPerSecond`. */
export function batchLimit(lane: Lane, destination: { linesPerSecond: number | null } | null | undefined): number {
  return Math.min(lane.batch.limit, destination?.linesPerSecond ?? MAX_BATCH_LINES);
}

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
  const [next] = waiting(lane, lastLogin);
  return next ? startOf(next, grown(lane.batch, loginCount(lane.first.open)).limit) : null;
}

/** The batches after the open one, at most `count`, that will be full: later logins do not change them. */
export function fullBatches(lane: Lane, lastLogin: number, limit: number, count: number): LoginRange[] {
  const [next] = waiting(lane, lastLogin);
  if (!next || limit < MAX_BATCH_LINES) return [];
  const full = Math.min(count, Math.floor(loginCount(next) / limit));
  return Array.from({ length: full }, (_, index) =>
    startOf({ ...next, firstVersion: next.firstVersion + index * limit }, limit),
  );
}
