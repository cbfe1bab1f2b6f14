import type { Recorded } from '../domain/event.js';
import type { DeliveryEvent } from '../domain/lane/events.js';
import { toSnapshot } from '../domain/lane/snapshot.js';
import type { LoginRange } from '../domain/login-range.js';
import { type Cut, expired, firstNeeded, isNeeded, type Listed, withoutLogins } from '../domain/retention.js';
import type { StreamName } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { ReadModels } from '../projections/read-models.js';

/** Which events of a portal may be pruned. */
export interface Prunable {
  /** Versions, inclusive. */
  loginsThrough: number;
  deliveriesThrough: number;
}

/** The start of a portal's list of undelivered ranges, without ranges discarded before a time (ms, exclusive). */
export function listedOf(models: ReadModels, portalId: string, discardedBefore: number): Listed {
  const { undelivered } = models;
  const firstPosition = undelivered.firstPosition(portalId, discardedBefore);
  const firstLogin = firstPosition === null ? null : (undelivered.oldest(portalId)?.firstVersion ?? null);
  return { firstLogin, firstPosition };
}

/** The events that expire those logins of a portal that have waited too long. */
export function expiring(log: LogReader, models: ReadModels, portalId: string, cut: Cut): DeliveryEvent[] {
  const { lane } = models.lanes.get(portalId);
  const countIn = (range: LoginRange) => models.undelivered.countIn(portalId, range);
  const tooOld = log.versionBefore(streamOf('login', portalId), cut.expireBefore);
  const listed = listedOf(models, portalId, cut.recordedBefore);
  return expired(lane, { ...listed, countIn }, log.lastVersion(streamOf('login', portalId)), tooOld);
}

/**
 * Which events of a portal may be pruned; null if none. The cost does not depend on their number. `snapshot`: the event to append
 * first, if one is needed.
 */
export function prunable(
  log: LogReader,
  models: ReadModels,
  portalId: string,
  cut: Cut,
): (Prunable & { snapshot: DeliveryEvent[] }) | null {
  const logins: StreamName = streamOf('login', portalId);
  const lastLogin = log.lastVersion(logins);
  const { lane } = models.lanes.get(portalId);
  const listed = listedOf(models, portalId, cut.recordedBefore);
  const needed = firstNeeded(lane, listed, lastLogin, log.versionBefore(logins, cut.expireBefore)) ?? lastLogin + 1;
  const loginsThrough = Math.min(lastOf(log, logins, cut), needed - 1);
  const prunesLogins = loginsThrough > log.horizon(logins).version && !isHead(log, logins);
  const deliveries = oldDeliveries(log, streamOf('delivery', portalId), cut, (event) => isNeeded(lane, listed, event));
  const pruned = withoutLogins(lane, loginsThrough);
  // Without a snapshot, a rebuild could not compute the lane from the remaining events, or would count pruned logins as due.
  const needsSnapshot = deliveries.worthIt || (prunesLogins && pruned !== lane);
  if (!needsSnapshot) return prunesLogins ? { loginsThrough, deliveriesThrough: 0, snapshot: [] } : null;
  const { through: deliveriesThrough } = deliveries;
  const discardedBefore = cut.recordedBefore;
  const data = { loginsThrough, deliveriesThrough, discardedBefore, snapshot: toSnapshot(pruned) };
  return { loginsThrough, deliveriesThrough, snapshot: [{ type: 'LaneSnapshotted', data }] };
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
