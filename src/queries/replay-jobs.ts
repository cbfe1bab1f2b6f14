/** The replay job of a portal as people see it, read from its lane. */
import type { Lane } from '../domain/lane/lane.js';
import type { Replay, ReplayScope } from '../domain/replay.js';

/** The original's statuses, and CANCELLED. */
export const replayJobStatuses = [
  'UNCONFIGURED',
  'ACCEPTED',
  'PENDING',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
] as const;
export type ReplayJobStatus = (typeof replayJobStatuses)[number];

/** Times in ms; null where there never was a job. */
export interface ReplayJob {
  id: string | null;
  status: ReplayJobStatus;
  startAt: number | null;
  endAt: number | null;
  scope: ReplayScope | null;
  requestedAt: number | null;
  updatedAt: number | null;
  total: number;
  sent: number;
  refused: number;
  message: string | null;
}

const none: ReplayJob = {
  id: null,
  status: 'UNCONFIGURED',
  startAt: null,
  endAt: null,
  scope: null,
  requestedAt: null,
  updatedAt: null,
  total: 0,
  sent: 0,
  refused: 0,
  message: null,
};

export function replayJobOf({ replay, webhook }: Lane): ReplayJob {
  if (!replay) return none;
  const { jobId: id, ranges: _, status, ...facts } = replay;
  return { ...facts, id, status: statusOf(status, webhook?.enabled ?? false) };
}

/** A job can do nothing while the webhook is off. */
function statusOf(status: Replay['status'], isEnabled: boolean): ReplayJobStatus {
  if (status === 'REQUESTED') return isEnabled ? 'ACCEPTED' : 'PENDING';
  if (status === 'RUNNING') return isEnabled ? 'RUNNING' : 'PENDING';
  return status;
}
