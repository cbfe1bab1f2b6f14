import { type Lane, pending, waiting } from '../domain/lane/lane.js';
import { nextStep } from '../domain/lane/next-step.js';
import { expiresAt, firstNeeded, type RetentionSettings } from '../domain/retention.js';
import { streamOf } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { ReadModels } from '../projections/read-models.js';
import { laneContext } from './lane-context.js';

export const webhookStates = ['ACTIVE', 'INACTIVE', 'UNCONFIGURED'] as const;
export type WebhookState = (typeof webhookStates)[number];

/** The state of a webhook's delivery. All counts are of this webhook alone. Times in ms since the epoch. */
export interface WebhookStatus {
  enabled: boolean;
  state: WebhookState;
  lastAttemptAt: number | null;
  lastResponseCode: number | null;
  lastResponseMessage: string | null;
  /** Why the body of the last success contradicts its status; null if it does not. */
  warning: string | null;
  /** Logins that are due and neither delivered nor abandoned yet. */
  pending: number;
  oldestPendingAt: number | null;
  /**
   * When the next attempt is due; null if none is scheduled, or it was due when the log last changed. The limits of the destination
   * can make it later; a probe can be earlier if the destination works for another portal.
   */
  nextAttemptAt: number | null;
  /** Counts attempts, not batches. */
  consecutiveFailures: number;
  /** Counts each login once. */
  deliveredTotal: number;
  /** Logins that are undelivered now. */
  undeliveredTotal: number;
  oldestUndeliveredAt: number | null;
  /** When the oldest login that is pending or undelivered expires. */
  undeliveredExpiresAt: number | null;
  /** The undelivered logins in state NEEDS_ACTION. */
  needsActionTotal: number;
  discardedTotal: number;
  /**
   * When the oldest login was recorded that this webhook still needs: it is pending, undelivered or in a running replay. That login
   * and all later ones of the portal are not pruned. null if the webhook needs none.
   */
  holdsLoginsSince: number | null;
}

/** A status, and the position of the event that last changed it. */
export interface StatusAt {
  webhookId: string;
  portalId: string;
  status: WebhookStatus;
  position: number;
}

export interface StatusSources {
  models: ReadModels;
  log: LogReader;
  retention: RetentionSettings;
  /** ms since the epoch */
  now: () => number;
}

/**
 * The statuses after the last commit. Thousands of subscriptions may follow one webhook: its status is read once for all of them.
 *
 * @param head the position of the last commit that this process knows of
 */
export function createStatuses(sources: StatusSources, head: () => number): (webhookId: string) => StatusAt {
  const statuses = new Map<string, StatusAt>();
  let asOf = -1;
  return (webhookId) => {
    if (asOf !== head()) statuses.clear();
    asOf = head();
    const known = statuses.get(webhookId) ?? statusOf(webhookId, sources);
    statuses.set(webhookId, known);
    return known;
  };
}

/**
 * The status of a webhook, and the position of the event that last changed it (the portal's registration, if it was never
 * configured). The cost does not depend on how many logins are pending: a backlog is a range of versions.
 */
export function statusOf(webhookId: string, { models, log, retention, now }: StatusSources): StatusAt {
  const { lane, position } = models.lanes.get(webhookId);
  const portalId = models.webhooks.portalIdOf(webhookId);
  const { webhook, health, totals } = lane;
  const lastLogin = log.lastVersion(streamOf('login', portalId));
  const oldestPending = lane.first.open?.firstVersion ?? waiting(lane, lastLogin)[0]?.firstVersion;
  const oldestPendingAt = oldestPending === undefined ? null : recordedAt(portalId, oldestPending, log);
  const oldestUndelivered = totals.undelivered ? models.undelivered.oldest(webhookId) : undefined;
  const oldestUndeliveredAt = oldestUndelivered ? recordedAt(portalId, oldestUndelivered.firstVersion, log) : null;
  const oldestAt = Math.min(oldestPendingAt ?? Infinity, oldestUndeliveredAt ?? Infinity);
  const needed = firstNeeded(lane, { firstLogin: oldestUndelivered?.firstVersion ?? null }, lastLogin, 0);
  const next = nextStep(lane, laneContext(webhookId, lane, { log, models, now: now() }));
  const status: WebhookStatus = {
    enabled: webhook?.enabled ?? false,
    state: stateOf(lane),
    lastAttemptAt: health.lastAttempt?.at ?? null,
    lastResponseCode: health.lastAttempt?.responseCode ?? null,
    lastResponseMessage: health.lastAttempt?.message ?? null,
    warning: health.warning,
    pending: pending(lane, lastLogin),
    oldestPendingAt,
    nextAttemptAt: next.type === 'WAIT' ? next.until : null,
    consecutiveFailures: health.consecutiveFailures,
    deliveredTotal: totals.delivered,
    undeliveredTotal: totals.undelivered,
    oldestUndeliveredAt,
    undeliveredExpiresAt: oldestAt === Infinity ? null : expiresAt(oldestAt, retention),
    needsActionTotal: totals.undelivered ? models.undelivered.needsActionTotal(webhookId) : 0,
    discardedTotal: totals.discarded,
    holdsLoginsSince: needed === null ? null : recordedAt(portalId, needed, log),
  };
  return { webhookId, portalId, status, position: Math.max(position, models.portals.get(portalId)?.position ?? 0) };
}

function stateOf({ webhook, health }: Lane): WebhookState {
  if (!webhook) return 'UNCONFIGURED';
  return health.failing ? 'INACTIVE' : 'ACTIVE';
}

/** When a login was recorded (ms), by its version. */
const recordedAt = (portalId: string, version: number, log: LogReader): number | null =>
  log.range(streamOf('login', portalId), version, version)[0]?.recordedAt ?? null;
