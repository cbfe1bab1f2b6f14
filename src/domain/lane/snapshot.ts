/**
 * The lane as a `LaneSnapshotted` event stores it. This type is separate from `Lane`: the lane may change, a stored version must
 * not. If the lane needs other fields, add a version here and a case to `fromSnapshot`.
 */
import type { LogFormat } from '../formats/index.js';
import type { LineSettings } from '../log-line.js';
import type { Purpose } from './attempt.js';
import type { DeliveryClass, Lane } from './lane.js';

interface Range {
  firstVersion: number;
  lastVersion: number;
}

interface OpenDelivery1 extends Range {
  deliveryId: string;
  destinationId: string;
  logFormat: LogFormat;
  signingKeyId: string;
  line: LineSettings;
  purpose: Purpose;
  replayJobId?: string;
  throughWebhookId?: string;
  startedPosition: number;
  failedAttempts: number;
  retryDueAt: number | null;
}

interface Sending1 {
  open: OpenDelivery1 | null;
  abandonedInARow: number;
  nextBatchDueAt: number | null;
  narrowing: { purpose: Purpose; parts: Range[]; taken: boolean; rejected: boolean; batchLimit: number } | null;
}

interface Replay1 {
  jobId: string;
  startAt: number;
  endAt: number;
  scope: 'ALL' | 'UNDELIVERED';
  status: 'REQUESTED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  requestedAt: number;
  updatedAt: number;
  ranges: Range[];
  total: number;
  sent: number;
  rejected: number;
  rejectedVersions: number[];
  message: string | null;
}

export interface LaneSnapshot {
  version: 1;
  webhook: { destinationId: string; enabled: boolean } | null;
  backlog: { cursor: number; dueThrough: number | null; skipped: Range[] };
  first: Sending1;
  redelivery: Sending1 & { recovering: boolean; failedProbes: number; probeDueAt: number | null };
  lastStarted: DeliveryClass;
  health: {
    failing: boolean;
    consecutiveFailures: number;
    lastAttempt: { at: number; destinationId: string | null; responseCode: number | null; message: string } | null;
    warning: string | null;
  };
  batch: { limit: number; batchesBeforeGrowth: number };
  rejectedLines: (Range & { purpose: Purpose; replayJobId?: string | undefined })[];
  totals: { delivered: number; undelivered: number; discarded: number };
  replay: Replay1 | null;
}

export function toSnapshot(lane: Lane): LaneSnapshot {
  const { webhook, backlog, first, redelivery, lastStarted, health, batch, rejectedLines, totals, replay } = lane;
  return { version: 1, webhook, backlog, first, redelivery, lastStarted, health, batch, rejectedLines, totals, replay };
}

/** @throws Error for a version that this program does not know */
export function fromSnapshot(snapshot: LaneSnapshot): Lane {
  const { version, ...lane } = snapshot;
  if (version !== 1)
    throw new Error(`A lane snapshot has the unknown version ${String(version)}; use a newer version of Auditwire`);
  return lane;
}
