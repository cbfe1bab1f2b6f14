/**
 * The lane of a webhook: the state of its delivery. It is computed (evolve.ts) from the webhook's own events and its delivery,
 * undelivered and replay events. The engine and the status use only the lane and the table of undelivered ranges. A login is
 * identified by its version in the portal's login stream. Versions have no gaps, so a backlog of any length is two numbers.
 */

import type { LoginRange } from '../login-range.js';
import { loginCount, MAX_BATCH_LINES, overlap } from '../login-range.js';
import type { Replay } from '../replay.js';
import type { Purpose } from './attempt.js';
import type { BatchStarted } from './batch.js';
import type { Narrowing } from './narrowing.js';

/** A batch that was started and has not ended. */
export interface OpenDelivery extends BatchStarted {
  purpose: Purpose;
  /** The position of its `BatchStarted`. */
  startedPosition: number;
  failedAttempts: number;
  /** When the next attempt is due (ms); null: at once, because there was no attempt yet. */
  retryDueAt: number | null;
}

/** First deliveries, recoveries (with probes) and replays are sent in rotation. */
export const deliveryClasses = ['FIRST', 'RECOVERY', 'REPLAY'] as const;
export type DeliveryClass = (typeof deliveryClasses)[number];

/** The first deliveries or the redeliveries of a lane: at most one is open, and after an abandoned batch the lane waits. */
interface Sending {
  open: OpenDelivery | null;
  abandonedInARow: number;
  /** No batch starts before this time (ms). */
  nextBatchDueAt: number | null;
  narrowing: Narrowing | null;
}

interface Backlog {
  /** Every login through this version is delivered, abandoned or skipped. */
  cursor: number;
  /** The last login that is due; null while the webhook is on, because then every login is due. */
  dueThrough: number | null;
  /** Ranges after the cursor that are not due, in order. */
  skipped: LoginRange[];
}

/** Recoveries, probes and replays. */
interface Redelivery extends Sending {
  /** Waiting ranges are recovered, not probed: no batch was abandoned since the last success. */
  recovering: boolean;
  failedProbes: number;
  probeDueAt: number | null;
}

export interface Health {
  /** The last attempt to the webhook's current destination failed. */
  failing: boolean;
  consecutiveFailures: number;
  lastAttempt: { at: number; destinationId: string | null; responseCode: number | null; message: string } | null;
  /** The warning of the last success at the webhook's current destination; null if it had none. */
  warning: string | null;
}

export interface BatchSize {
  /** Most lines of the next batch. It shrinks after a batch was too large or abandoned, and doubles as batches are delivered. */
  limit: number;
  /** Batches to deliver before the limit grows again. */
  batchesBeforeGrowth: number;
}

/** A single line that was rejected. */
export interface RejectedLine extends LoginRange {
  purpose: Purpose;
  /** The replay that sent it. */
  replayJobId?: string | undefined;
}

/** If one more line is rejected after so many, and nothing was delivered in between, the receiver is taken to reject everything. */
export const MAX_REJECTED_LINES = 16;

/** Numbers of logins. */
interface Totals {
  delivered: number;
  /** Undelivered now. */
  undelivered: number;
  /** Discarded by a person, or expired. */
  discarded: number;
}

/** A webhook as a lane uses it: where it sends, and whether it may. */
export interface Sender {
  destinationId: string;
  enabled: boolean;
}

export interface Lane {
  /** null: never configured, or removed. */
  webhook: Sender | null;
  backlog: Backlog;
  first: Sending;
  redelivery: Redelivery;
  /** The class of the batch that was started last. */
  lastStarted: DeliveryClass;
  health: Health;
  batch: BatchSize;
  /** The lines that were rejected alone since the last success, oldest first. Maybe the receiver rejects everything since then. */
  rejectedLines: RejectedLine[];
  totals: Totals;
  replay: Replay | null;
}

const nothingSent: Sending = { open: null, abandonedInARow: 0, nextBatchDueAt: null, narrowing: null };

export const emptyLane: Lane = {
  webhook: null,
  backlog: { cursor: 0, dueThrough: 0, skipped: [] },
  first: nothingSent,
  redelivery: { ...nothingSent, recovering: true, failedProbes: 0, probeDueAt: null },
  lastStarted: 'FIRST',
  health: { failing: false, consecutiveFailures: 0, lastAttempt: null, warning: null },
  batch: { limit: MAX_BATCH_LINES, batchesBeforeGrowth: 0 },
  rejectedLines: [],
  totals: { delivered: 0, undelivered: 0, discarded: 0 },
  replay: null,
};

/** The lane of a new webhook: no login through this version is due. */
export function laneFrom(version: number): Lane {
  return { ...emptyLane, backlog: { cursor: version, dueThrough: version, skipped: [] } };
}

/** The open deliveries, the first delivery before the redelivery. */
export function openDeliveries({ first, redelivery }: Lane): OpenDelivery[] {
  return [first.open, redelivery.open].filter((delivery) => delivery !== null);
}

/** Whether a lane has nothing undelivered, and no open delivery, which the removal of its webhook would make undelivered. */
export function isDrained(lane: Lane): boolean {
  return lane.totals.undelivered === 0 && openDeliveries(lane).length === 0;
}

/** The open delivery with this id, or null. */
export function openDelivery(lane: Lane, deliveryId: string): OpenDelivery | null {
  return openDeliveries(lane).find((delivery) => delivery.deliveryId === deliveryId) ?? null;
}

/** Whether a delivery belongs to the replay that is running. */
export function isPartOf(replay: Replay | null, delivery: OpenDelivery | null): delivery is OpenDelivery {
  return replay?.status === 'RUNNING' && delivery?.replayJobId === replay.jobId;
}

/** How many logins are pending: due, and neither delivered nor abandoned. @param lastLogin the portal's last login (version) */
export function pending({ backlog }: Lane, lastLogin: number): number {
  const due = (backlog.dueThrough ?? lastLogin) - backlog.cursor;
  return backlog.skipped.reduce((count, range) => count - loginCount(range), due);
}

/** The pending logins that are in no open delivery, as ranges in order. */
export function waiting({ backlog, first }: Lane, lastLogin: number): LoginRange[] {
  const ranges: LoginRange[] = [];
  let firstVersion = (first.open?.lastVersion ?? backlog.cursor) + 1;
  for (const skipped of backlog.skipped) {
    if (skipped.firstVersion > firstVersion) ranges.push({ firstVersion, lastVersion: skipped.firstVersion - 1 });
    firstVersion = skipped.lastVersion + 1;
  }
  const through = backlog.dueThrough ?? lastLogin;
  if (through >= firstVersion) ranges.push({ firstVersion, lastVersion: through });
  return ranges;
}

/** The next first delivery could send these logins: the first that wait, and while a batch is narrowed, only its next part. */
export function nextWaiting(lane: Lane, lastLogin: number): LoginRange | null {
  const [range] = waiting(lane, lastLogin);
  if (!range) return null;
  const part = lane.first.narrowing?.parts.find(({ lastVersion }) => lastVersion >= range.firstVersion);
  return part ? overlap(range, { ...part, firstVersion: range.firstVersion }) : range;
}

/** All pending logins, as ranges in order. */
export function pendingRanges(lane: Lane, lastLogin: number): LoginRange[] {
  return [...(lane.first.open ? [lane.first.open] : []), ...waiting(lane, lastLogin)];
}
