/** What a lane does next: whose turn it is, and whether that is due. */

import type { LogFormat } from '../destination.js';
import { type LoginRange, loginCount, MAX_BATCH_LINES, startOf } from '../login-range.js';
import type { UndeliveredState } from '../undelivered.js';
import { MAX_LANE_WAIT_MS, MAX_PROBE_WAIT_MS, MAX_RETRY_WAIT_MS } from './backoff.js';
import type { Purpose } from './decide.js';
import { grown } from './evolve.js';
import { isPartOf, type Lane, type OpenDelivery, type Turn, waiting } from './lane.js';

/** What a lane does next. Times in ms. */
export type Step =
  | { do: 'rest' }
  | { do: 'wait'; until: number }
  | { do: 'start'; range: LoginRange; purpose: Purpose }
  | { do: 'try'; delivery: OpenDelivery }
  | { do: 'supersede'; delivery: OpenDelivery }
  | { do: 'give up'; delivery: OpenDelivery }
  | { do: 'start replay' }
  | { do: 'finish replay' };

/** How long a portal waits after its own last try before it attempts what worked for another one, in ms. */
const MENDED_WAIT_MS = 60_000;

/** What a lane knows of a destination. Times in ms. */
interface Destination {
  logFormat: LogFormat;
  updatedAt: number;
  linesPerSecond: number | null;
  /** When a try, of whatever portal, succeeded after one that failed; null if that is not known. */
  healthySince?: number | null;
}

/** What a step is chosen by, besides the lane. */
export interface LaneSurroundings {
  /** The version of the last login of the portal. */
  lastLogin: number;
  /** The webhook's destination as it is now; null without one. */
  destination: Destination | null;
  /** The undelivered range to recover before all others, if one is to be. */
  recoverable: (LoginRange & { state: UndeliveredState }) | null;
  /** What a replay that runs sends next, as far as it hangs together; null if nothing is left. */
  replayable: LoginRange | null;
  /** ms since the epoch */
  now: number;
}

interface Candidate {
  turn: Turn;
  dueAt: number;
  step: Step;
}

export function nextStep(lane: Lane, around: LaneSurroundings): Step {
  const { destination, now } = around;
  const { webhook } = lane;
  const underWay = [lane.open, lane.side].filter((delivery) => delivery !== null);
  if (!webhook) {
    const [delivery] = underWay;
    return delivery ? { do: 'give up', delivery } : { do: 'rest' };
  }
  if (!webhook.enabled || !destination) return { do: 'rest' };
  const stale = underWay.find(
    ({ destinationId, logFormat }) => destinationId !== webhook.destinationId || logFormat !== destination.logFormat,
  );
  if (stale) return { do: 'supersede', delivery: stale };
  if (lane.side?.purpose === 'REPLAY' && !isPartOf(lane.replay, lane.side))
    return { do: 'supersede', delivery: lane.side };
  if (lane.replay?.status === 'REQUESTED') return { do: 'start replay' };
  if (lane.replay?.status === 'RUNNING' && !lane.side && !around.replayable) return { do: 'finish replay' };

  // What was started is tried before anything else is.
  const untried = underWay.find(({ failedAttempts, retryDueAt }) => !failedAttempts && retryDueAt === null);
  if (untried) return { do: 'try', delivery: untried };
  const candidates = [firstDelivery(lane, around), ...besideIt(lane, around)].filter((one) => one !== null);
  const due = candidates.filter(({ dueAt }) => dueAt <= now);
  const next = inTurn(due, lane.lastTurn);
  if (next) return next.step;
  return candidates.length ? { do: 'wait', until: Math.min(...candidates.map(({ dueAt }) => dueAt)) } : { do: 'rest' };
}

function firstDelivery(lane: Lane, around: LaneSurroundings): Candidate | null {
  const { lastLogin, now } = around;
  if (lane.open) return retry(lane.open, 'FIRST', now);
  const [range] = waiting(lane, lastLogin);
  if (!range) return null;
  const dueAt = sane(lane.nextBatchDueAt, now, MAX_LANE_WAIT_MS);
  return { turn: 'FIRST', dueAt, step: start(range, 'FIRST', lane, around) };
}

/** While the first delivery is between two attempts, its receiver is spared everything else. */
function besideIt(lane: Lane, around: LaneSurroundings): (Candidate | null)[] {
  const { now, recoverable, replayable } = around;
  if (lane.open?.failedAttempts) return [];
  if (lane.side) return [retry(lane.side, lane.side.purpose === 'REPLAY' ? 'REPLAY' : 'RECOVERY', now)];
  const pausedUntil = Math.max(
    sane(lane.nextBatchDueAt, now, MAX_LANE_WAIT_MS),
    sane(lane.sideDueAt, now, MAX_LANE_WAIT_MS),
  );
  return [
    recoverable && recovery(recoverable, lane, around, pausedUntil),
    replayable && {
      turn: 'REPLAY',
      dueAt: pausedUntil,
      step: start(replayable, 'REPLAY', lane, around),
    },
  ];
}

function recovery(
  range: LoginRange & { state: UndeliveredState },
  lane: Lane,
  around: LaneSurroundings,
  pausedUntil: number,
): Candidate {
  if (lane.recovering || range.state === 'REQUESTED') {
    const dueAt = range.state === 'REQUESTED' ? sane(lane.sideDueAt, around.now, MAX_LANE_WAIT_MS) : pausedUntil;
    return { turn: 'RECOVERY', dueAt, step: start(range, 'RECOVERY', lane, around) };
  }
  return { turn: 'RECOVERY', dueAt: probeDueAt(lane, around, pausedUntil), step: start(range, 'PROBE', lane, around) };
}

function probeDueAt(lane: Lane, { now, destination }: LaneSurroundings, pausedUntil: number): number {
  const triedAt = lane.lastAttempt?.at ?? 0;
  const since = (time: number | null | undefined) => time != null && time <= now && time > triedAt;
  // Whoever changed the destination since the last try did so to mend it.
  if (since(destination?.updatedAt)) return now;
  const dueAt = Math.max(pausedUntil, sane(lane.probeDueAt, now, MAX_PROBE_WAIT_MS));
  // Another portal has found that it works again.
  return since(destination?.healthySince)
    ? Math.min(dueAt, sane(triedAt + MENDED_WAIT_MS, now, MENDED_WAIT_MS))
    : dueAt;
}

function retry(delivery: OpenDelivery, turn: Turn, now: number): Candidate {
  return { turn, dueAt: sane(delivery.retryDueAt, now, MAX_RETRY_WAIT_MS), step: { do: 'try', delivery } };
}

function start(range: LoginRange, purpose: Purpose, lane: Lane, around: LaneSurroundings): Step {
  return { do: 'start', range: startOf(range, batchLimit(lane, around.destination)), purpose };
}

/** Most lines of the next batch: what a destination takes in a second is also the most it is sent at once. */
export function batchLimit(lane: Lane, destination: { linesPerSecond: number | null } | null | undefined): number {
  return Math.min(lane.batchLimit, destination?.linesPerSecond ?? MAX_BATCH_LINES);
}

const turns: readonly Turn[] = ['FIRST', 'RECOVERY', 'REPLAY'];

/** The one whose turn comes first after the last one. */
function inTurn(candidates: readonly Candidate[], last: Turn): Candidate | undefined {
  const after = turns.indexOf(last) + 1;
  const order = [...turns.slice(after), ...turns.slice(0, after)];
  return order.map((turn) => candidates.find((one) => one.turn === turn)).find((one) => one !== undefined);
}

/** Much further ahead than anything waits, the clock was wrong when it was written down: it is due. */
function sane(time: number | null, now: number, maxWaitMs: number): number {
  return time !== null && time > now && time <= now + 2 * maxWaitMs ? time : now;
}

/** The first delivery behind the open one, once that is delivered; null if nothing waits there. */
export function behindOpen(lane: Lane, lastLogin: number): LoginRange | null {
  const [next] = waiting(lane, lastLogin);
  return next ? startOf(next, { ...lane, ...grown(lane, loginCount(lane.open)) }.batchLimit) : null;
}

/** The next batches after the open one, at most `count`, where they are sure to be full: more logins do not change them. */
export function fullBatches(lane: Lane, lastLogin: number, limit: number, count: number): LoginRange[] {
  const [next] = waiting(lane, lastLogin);
  if (!next || limit < MAX_BATCH_LINES) return [];
  const full = Math.min(count, Math.floor(loginCount(next) / limit));
  return Array.from({ length: full }, (_, index) =>
    startOf({ ...next, firstVersion: next.firstVersion + index * limit }, limit),
  );
}
