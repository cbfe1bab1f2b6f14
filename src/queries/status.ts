import { type Lane, pending, waiting } from '../domain/lane/lane.js';
import { expiresAt, type RetentionSettings } from '../domain/retention.js';
import type { LogReader } from '../log/sqlite/read.js';
import type { ReadModels } from '../projections/read-models.js';

export const webhookStates = ['ACTIVE', 'INACTIVE', 'UNCONFIGURED'] as const;
export type WebhookState = (typeof webhookStates)[number];

/** How the delivery of a portal stands. Times in ms since the epoch. */
export interface WebhookStatus {
  enabled: boolean;
  state: WebhookState;
  lastAttemptAt: number | null;
  lastResponseCode: number | null;
  lastResponseMessage: string | null;
  /** Logins that are due and neither delivered nor given up. */
  pending: number;
  oldestPendingAt: number | null;
  nextAttemptAt: number | null;
  /** Tries, not batches. */
  consecutiveFailures: number;
  /** Logins, each counted once. */
  deliveredTotal: number;
  /** Logins that are undelivered now: given up, and neither delivered nor discarded since. */
  undeliveredTotal: number;
  oldestUndeliveredAt: number | null;
  /** When the oldest login that is pending or undelivered is given up for good. */
  undeliveredExpiresAt: number | null;
  /** Those of the undelivered that wait for a person. */
  needsActionTotal: number;
  discardedTotal: number;
}

/** A status, and the position of the event that last changed it. */
export interface StatusAt {
  portalId: string;
  status: WebhookStatus;
  position: number;
}

/**
 * The statuses as of the last commit. Thousands may watch one portal: it is looked at once for all of them.
 *
 * @param retention how long what is undelivered is kept
 * @param head the position of the last commit that this process knows of
 */
export function createStatuses(
  models: ReadModels,
  log: LogReader,
  retention: RetentionSettings,
  head: () => number,
): (portalId: string) => StatusAt {
  const statuses = new Map<string, StatusAt>();
  let asOf = -1;
  return (portalId) => {
    if (asOf !== head()) statuses.clear();
    asOf = head();
    const known = statuses.get(portalId) ?? { portalId, ...statusOf(portalId, models, log, retention) };
    statuses.set(portalId, known);
    return known;
  };
}

/**
 * The status of a portal's webhook, and the position of the event that last changed it (the portal's registration, if it was
 * never configured). Costs the same whatever waits: a backlog is a range of versions.
 */
export function statusOf(
  portalId: string,
  models: ReadModels,
  log: LogReader,
  retention: RetentionSettings,
): { status: WebhookStatus; position: number } {
  const { lane, position } = models.lanes.get(portalId);
  const lastLogin = log.lastVersion(`login-${portalId}`);
  const count = pending(lane, lastLogin);
  const oldest = lane.open?.firstVersion ?? waiting(lane, lastLogin)[0]?.firstVersion;
  const oldestPendingAt = oldest === undefined ? null : recordedAt(portalId, oldest, log);
  const oldestListedAt = lane.undeliveredTotal ? oldestUndeliveredAt(portalId, models, log) : null;
  const oldestDueAt = Math.min(oldestPendingAt ?? Infinity, oldestListedAt ?? Infinity);
  const status: WebhookStatus = {
    enabled: lane.webhook?.enabled ?? false,
    state: stateOf(lane),
    lastAttemptAt: lane.lastAttempt?.at ?? null,
    lastResponseCode: lane.lastAttempt?.responseCode ?? null,
    lastResponseMessage: lane.lastAttempt?.message ?? null,
    pending: count,
    oldestPendingAt,
    nextAttemptAt: nextAttemptAt(lane, count, recoverableOf(portalId, lane, models)),
    consecutiveFailures: lane.consecutiveFailures,
    deliveredTotal: lane.deliveredTotal,
    undeliveredTotal: lane.undeliveredTotal,
    oldestUndeliveredAt: oldestListedAt,
    undeliveredExpiresAt: oldestDueAt === Infinity ? null : expiresAt(oldestDueAt, retention),
    needsActionTotal: lane.undeliveredTotal ? models.lanes.undelivered.needsActionTotal(portalId) : 0,
    discardedTotal: lane.discardedTotal,
  };
  return { status, position: Math.max(position, models.portals.get(portalId)?.position ?? 0) };
}

function stateOf(lane: Lane): WebhookState {
  if (!lane.webhook) return 'UNCONFIGURED';
  return lane.failing ? 'INACTIVE' : 'ACTIVE';
}

const recoverableOf = (portalId: string, lane: Lane, models: ReadModels) =>
  lane.undeliveredTotal > 0 && models.lanes.undelivered.recoverable(portalId, lane) !== null;

function nextAttemptAt(lane: Lane, count: number, isRecoverable: boolean): number | null {
  if (!lane.webhook?.enabled) return null;
  if (lane.open) return lane.open.retryDueAt;
  if (count) return lane.nextBatchDueAt;
  if (lane.side) return lane.side.retryDueAt;
  return isRecoverable && !lane.recovering ? lane.probeDueAt : null;
}

function oldestUndeliveredAt(portalId: string, models: ReadModels, log: LogReader): number | null {
  const oldest = models.lanes.undelivered.oldest(portalId);
  return oldest ? recordedAt(portalId, oldest.firstVersion, log) : null;
}

/** When a login was recorded, by its version. */
const recordedAt = (portalId: string, version: number, log: LogReader): number | null =>
  log.range(`login-${portalId}`, version, version)[0]?.recordedAt ?? null;
