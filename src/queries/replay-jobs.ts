/** The replay job of a portal, read from its lane. */
import type { Lane } from '../domain/lane/lane.js';
import type { Replay, ReplayScope } from '../domain/replay.js';

/** The statuses of Kong Konnect, and CANCELLED. */
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

/** The last job. Times in ms; the id and times are null if there never was a job. */
export interface ReplayJob {
  webhookId: string;
  id: string | null;
  status: ReplayJobStatus;
  startAt: number | null;
  endAt: number | null;
  scope: ReplayScope | null;
  requestedAt: number | null;
  updatedAt: number | null;
  total: number;
  sent: number;
  /** How many logins the receiver rejected, and the versions of the first of them. */
  rejected: number;
  rejectedVersions: number[];
  message: string | null;
}

const noJob: Omit<ReplayJob, 'webhookId'> = {
  id: null,
  status: 'UNCONFIGURED',
  startAt: null,
  endAt: null,
  scope: null,
  requestedAt: null,
  updatedAt: null,
  total: 0,
  sent: 0,
  rejected: 0,
  rejectedVersions: [],
  message: null,
};

export function replayJobOf(webhookId: string, { replay, webhook }: Lane): ReplayJob {
  if (!replay) return { webhookId, ...noJob };
  const { jobId: id, ranges: _, status, ...facts } = replay;
  return { ...facts, webhookId, id, status: statusOf(status, webhook?.enabled ?? false) };
}

/** While the webhook is off, an active job is PENDING. */
function statusOf(status: Replay['status'], isEnabled: boolean): ReplayJobStatus {
  if (status === 'REQUESTED') return isEnabled ? 'ACCEPTED' : 'PENDING';
  if (status === 'RUNNING') return isEnabled ? 'RUNNING' : 'PENDING';
  return status;
}
