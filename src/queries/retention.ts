import type { Recorded } from '../domain/event.js';
import type { DeliveryEvent } from '../domain/lane/events.js';
import type { Lane } from '../domain/lane/lane.js';
import { toSnapshot } from '../domain/lane/snapshot.js';
import type { LoginRange } from '../domain/login-range.js';
import { type Cut, expired, firstNeeded, isNeeded, type Listed, withoutLogins } from '../domain/retention.js';
import type { StreamName } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { defaultWebhookId } from '../domain/webhook.js';
import type { LogReader } from '../log/event-log.js';
import type { ReadModels } from '../projections/read-models.js';

/** Through which versions (inclusive) the events of a portal and its webhooks may be pruned. */
export interface Prunable {
  loginsThrough: number;
  deliveries: { webhookId: string; through: number }[];
}

/** A lane of a portal, and the start of its list of undelivered ranges. */
export interface LaneOfPortal {
  webhookId: string;
  isGone: boolean;
  lane: Lane;
  listed: Listed;
}

/**
 * The lanes of all webhooks of a portal: off and removed ones, too, because they can be turned on or configured again. A webhook that
 * is gone needs no login; its lane is here only while it has delivery events to prune.
 *
 * @param discardedBefore ranges that were discarded before this time (ms, exclusive) do not count
 */
export function lanesOf(log: LogReader, models: ReadModels, portalId: string, discardedBefore: number): LaneOfPortal[] {
  const gone = models.webhooks.goneOf(portalId).filter((id) => oldestOf(log, streamOf('delivery', id)));
  const ids = new Set([defaultWebhookId(portalId), ...models.webhooks.ofPortal(portalId).map(({ id }) => id), ...gone]);
  const areGone = new Set(gone);
  return [...ids].map((webhookId) => ({
    webhookId,
    isGone: areGone.has(webhookId),
    lane: models.lanes.get(webhookId).lane,
    listed: listedOf(models, webhookId, discardedBefore),
  }));
}

/** The start of a webhook's list of undelivered ranges, without ranges discarded before a time (ms, exclusive). */
function listedOf(models: ReadModels, webhookId: string, discardedBefore: number): Listed {
  const { undelivered } = models;
  const firstPosition = undelivered.firstPosition(webhookId, discardedBefore);
  const firstLogin = firstPosition === null ? null : (undelivered.oldest(webhookId)?.firstVersion ?? null);
  return { firstLogin, firstPosition };
}

/** The version of the oldest login that any webhook of a portal needs; null if there is none. */
export function firstNeededOf(lanes: readonly LaneOfPortal[], lastLogin: number, tooOld: number): number | null {
  const needed = lanes
    .map(({ lane, listed }) => firstNeeded(lane, listed, lastLogin, tooOld))
    .filter((version) => version !== null);
  return needed.length ? Math.min(...needed) : null;
}

/** The events that expire those logins of a portal that have waited too long, by webhook. */
export function expiring(
  log: LogReader,
  models: ReadModels,
  portalId: string,
  cut: Cut,
): { webhookId: string; events: DeliveryEvent[] }[] {
  const logins = streamOf('login', portalId);
  const tooOld = log.versionBefore(logins, cut.expireBefore);
  const lastLogin = log.lastVersion(logins);
  return lanesOf(log, models, portalId, cut.recordedBefore)
    .map(({ webhookId, lane, listed }) => {
      const countIn = (range: LoginRange) => models.undelivered.countIn(webhookId, range);
      return { webhookId, events: expired(lane, { ...listed, countIn }, lastLogin, tooOld) };
    })
    .filter(({ events }) => events.length > 0);
}

/**
 * Which events of a portal may be pruned; null if none. The cost does not depend on their number. `snapshots`: the events to append
 * first, by webhook.
 */
export function prunable(
  log: LogReader,
  models: ReadModels,
  portalId: string,
  cut: Cut,
): (Prunable & { snapshots: { webhookId: string; events: DeliveryEvent[] }[] }) | null {
  const logins: StreamName = streamOf('login', portalId);
  const lastLogin = log.lastVersion(logins);
  const lanes = lanesOf(log, models, portalId, cut.recordedBefore);
  const needed = firstNeededOf(lanes, lastLogin, log.versionBefore(logins, cut.expireBefore)) ?? lastLogin + 1;
  const loginsThrough = Math.min(lastOf(log, logins, cut), needed - 1);
  const old = lanes.map(({ webhookId, lane, listed }) =>
    oldDeliveries(log, streamOf('delivery', webhookId), cut, (event) => isNeeded(lane, listed, event)),
  );
  // The last event of the log is never pruned. After a snapshot, no login is the last event.
  const isPrunable = !isHead(log, logins) || old.some(({ worthIt }) => worthIt);
  const prunesLogins = loginsThrough > log.horizon(logins).version && isPrunable;
  const snapshots = lanes.flatMap(({ webhookId, isGone, lane }, index) => {
    const { through = 0, worthIt = false } = old[index] ?? {};
    const pruned = withoutLogins(lane, loginsThrough);
    // Without a snapshot, a rebuild could not compute the lane from the remaining events, or would count pruned logins as due.
    if (!worthIt && (isGone || !(prunesLogins && pruned !== lane))) return [];
    const data = {
      loginsThrough,
      deliveriesThrough: through,
      discardedBefore: cut.recordedBefore,
      snapshot: toSnapshot(pruned),
    };
    return [{ webhookId, through, events: [{ type: 'LaneSnapshotted' as const, data }] }];
  });
  if (!prunesLogins && !snapshots.length) return null;
  return { loginsThrough, deliveries: snapshots.map(({ webhookId, through }) => ({ webhookId, through })), snapshots };
}

/**
 * The streams of a destination that have old events, and through which version they may be pruned. The last health event stays: it
 * holds the whole state.
 */
export function destinationPrunable(
  log: LogReader,
  destinationId: string,
  cut: Cut,
): { stream: StreamName; through: number }[] {
  const [health, test] = [streamOf('health', destinationId), streamOf('test', destinationId)];
  return [
    { stream: health, through: Math.min(log.lastVersion(health) - 1, lastOf(log, health, cut)) },
    { stream: test, through: lastOf(log, test, cut) },
  ].filter(({ stream, through }) => through > log.horizon(stream).version);
}

function lastOf(log: LogReader, stream: StreamName, { recordedBefore, throughPosition }: Cut): number {
  return Math.max(log.versionBefore(stream, recordedBefore), log.versionAt(stream, throughPosition));
}

/** The first event that is left of a stream, not counting a snapshot at its start, which may stay for a long time. */
export function oldestOf(log: LogReader, stream: StreamName): Recorded | undefined {
  const first = log.horizon(stream).version + 1;
  return log.range(stream, first, first + 1).find(({ type }) => type !== 'LaneSnapshotted');
}

/** Whether the oldest event of a stream is the last event of the log, which is never pruned. */
function isHead(log: LogReader, stream: StreamName): boolean {
  return oldestOf(log, stream)?.position === log.head();
}

/**
 * The version through which delivery events may be pruned after a new snapshot, and whether this is worth a snapshot. An old
 * snapshot at the start of the stream is pruned, too, but is not worth a new one.
 */
function oldDeliveries(
  log: LogReader,
  stream: StreamName,
  cut: Cut,
  isKept: (event: Recorded) => boolean,
): { through: number; worthIt: boolean } {
  const { version: horizon } = log.horizon(stream);
  const [first, second] = log.range(stream, horizon + 1, horizon + 2);
  if (!first || isKept(first)) return { through: horizon, worthIt: false };
  const through = lastOf(log, stream, cut);
  const isSnapshot = first.type === 'LaneSnapshotted';
  const next = isSnapshot ? second : first;
  const worthIt = next !== undefined && next.version <= through && !isKept(next);
  return { through: Math.max(through, isSnapshot ? first.version : horizon), worthIt };
}
