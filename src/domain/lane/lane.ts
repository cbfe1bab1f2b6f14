/**
 * The lane of a portal: where its delivery stands. It is the fold (evolve.ts) of the portal's webhook, delivery, undelivered
 * and replay events, and all that the engine and the status need to know, but for the list of undelivered ranges, which is a table.
 * Logins are counted by their versions in the portal's login stream, which have no gaps, so that a backlog of any length is
 * two numbers.
 */

import type { LogFormat } from '../destination.js';
import { type LoginRange, loginCount, MAX_BATCH_LINES } from '../login-range.js';
import type { Replay } from '../replay.js';
import type { LineSettings, Purpose } from './decide.js';

/** A batch that was started and has not ended. */
export interface OpenDelivery extends LoginRange {
  deliveryId: string;
  destinationId: string;
  logFormat: LogFormat;
  signingKeyId: string;
  line: LineSettings;
  purpose: Purpose;
  replayJobId?: string;
  /** The position of the event that began it. */
  startedPosition: number;
  failedAttempts: number;
  /** When the next try is due; null: at once, for none was made. */
  retryDueAt: number | null;
}

/** Whose turn it was last: first deliveries, what was given up, and a replay take turns. */
export type Turn = 'FIRST' | 'RECOVERY' | 'REPLAY';

export interface Lane {
  webhook: { destinationId: string; enabled: boolean } | null;
  /** Everything up to this login is done with: delivered, abandoned or passed over. */
  cursor: number;
  /** The last login that is due; null while the webhook is enabled, for then every one is. */
  dueThrough: number | null;
  /** Ranges behind the cursor that are not due, in order. */
  passedOver: LoginRange[];
  /** The first delivery under way: these are made in order. */
  open: OpenDelivery | null;
  /** What is under way beside it: a recovery, a probe or a part of a replay. */
  side: OpenDelivery | null;
  lastTurn: Turn;
  /** Most lines of the next batch: fewer after a batch was too large or given up, growing as others are delivered. */
  batchLimit: number;
  /** Batches to be delivered before the limit grows. */
  batchesBeforeGrowth: number;
  abandonedInARow: number;
  nextBatchDueAt: number | null;
  /** The same of what is sent beside the first deliveries. */
  sideAbandonedInARow: number;
  sideDueAt: number | null;
  setAsideInARow: number;
  /** Whether undelivered ranges are to be recovered: nothing was given up since the last success. */
  recovering: boolean;
  /** Probes in a row that failed. */
  failedProbes: number;
  probeDueAt: number | null;
  /** The receiver of the last try asked to be left alone until then. */
  destinationPausedUntil: number | null;
  lastAttempt: { at: number; destinationId: string | null; responseCode: number | null; message: string } | null;
  /** Whether the last try to the present destination failed. */
  failing: boolean;
  consecutiveFailures: number;
  deliveredTotal: number;
  /** Logins that are undelivered now. */
  undeliveredTotal: number;
  /** Logins that a person gave up, or that were not delivered in the time they are kept. */
  discardedTotal: number;
  replay: Replay | null;
}

/** What a lane knows against its destination where it knows nothing. */
export const fresh = {
  failing: false,
  consecutiveFailures: 0,
  abandonedInARow: 0,
  nextBatchDueAt: null,
  sideAbandonedInARow: 0,
  sideDueAt: null,
  setAsideInARow: 0,
  recovering: true,
  failedProbes: 0,
  probeDueAt: null,
  destinationPausedUntil: null,
};

export const emptyLane: Lane = {
  ...fresh,
  webhook: null,
  cursor: 0,
  dueThrough: 0,
  passedOver: [],
  open: null,
  side: null,
  lastTurn: 'FIRST',
  batchLimit: MAX_BATCH_LINES,
  batchesBeforeGrowth: 0,
  lastAttempt: null,
  deliveredTotal: 0,
  undeliveredTotal: 0,
  discardedTotal: 0,
  replay: null,
};

/** The delivery of this id that is under way, if one is. */
export function openDelivery({ open, side }: Lane, deliveryId: string): OpenDelivery | null {
  return [open, side].find((delivery) => delivery?.deliveryId === deliveryId) ?? null;
}

/** Whether a delivery is a part of a replay that goes on. */
export function isPartOf(replay: Replay | null, delivery: OpenDelivery | null): delivery is OpenDelivery {
  return replay?.status === 'RUNNING' && delivery?.replayJobId === replay.jobId;
}

/** How many logins are due and neither delivered nor given up. `lastLogin` is the version of the portal's last login. */
export function pending(lane: Lane, lastLogin: number): number {
  const due = (lane.dueThrough ?? lastLogin) - lane.cursor;
  return lane.passedOver.reduce((count, range) => count - loginCount(range), due);
}

/** The ranges that are due and not in the open first delivery, in order. */
export function waiting(lane: Lane, lastLogin: number): LoginRange[] {
  const ranges: LoginRange[] = [];
  let firstVersion = (lane.open?.lastVersion ?? lane.cursor) + 1;
  for (const passed of lane.passedOver) {
    if (passed.firstVersion > firstVersion) ranges.push({ firstVersion, lastVersion: passed.firstVersion - 1 });
    firstVersion = passed.lastVersion + 1;
  }
  const through = lane.dueThrough ?? lastLogin;
  if (through >= firstVersion) ranges.push({ firstVersion, lastVersion: through });
  return ranges;
}

/** All that is due and neither delivered nor given up, in order. */
export function pendingRanges(lane: Lane, lastLogin: number): LoginRange[] {
  return [...(lane.open ? [lane.open] : []), ...waiting(lane, lastLogin)];
}
