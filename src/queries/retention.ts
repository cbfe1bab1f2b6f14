import type { Recorded } from '../domain/event.js';
import type { DeliveryEvent } from '../domain/lane/events.js';
import { toSnapshot } from '../domain/lane/snapshot.js';
import type { LoginRange } from '../domain/login-range.js';
import { type Cut, expired, firstNeeded, isNeeded, type Listed, withoutLogins } from '../domain/retention.js';
import type { StreamName } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { ReadModels } from '../projections/read-models.js';

/** What of a portal's history may go. */
export interface Prunable {
  /** Versions, inclusive. */
  loginsThrough: number;
  deliveriesThrough: number;
}

/** What of a portal is listed as undelivered, without what was discarded before a time (ms, exclusive). */
export function listedOf(models: ReadModels, portalId: string, discardedBefore: number): Listed {
  const { undelivered } = models;
  const firstPosition = undelivered.firstPosition(portalId, discardedBefore);
  const firstLogin = firstPosition === null ? null : (undelivered.oldest(portalId)?.firstVersion ?? null);
  return { firstLogin, firstPosition };
}

/** What of a portal's logins has waited too long. */
export function expiring(log: LogReader, models: ReadModels, portalId: string, cut: Cut): DeliveryEvent[] {
  const { lane } = models.lanes.get(portalId);
  const countIn = (range: LoginRange) => models.undelivered.countIn(portalId, range);
  const tooOld = log.versionBefore(streamOf('login', portalId), cut.expireBefore);
  const listed = listedOf(models, portalId, cut.recordedBefore);
  return expired(lane, { ...listed, countIn }, log.lastVersion(streamOf('login', portalId)), tooOld);
}

/**
 * Looks what of a portal's history may go; null if nothing may. Costs the same however much that is. `snapshot`: the event to append
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
  const takesLogins = loginsThrough > log.horizon(logins).version && !isHead(log, logins);
  const deliveries = oldDeliveries(log, streamOf('delivery', portalId), cut, (event) => isNeeded(lane, listed, event));
  const pruned = withoutLogins(lane, loginsThrough);
  // Without it the lane could not be folded again, or would not know of logins that were never due.
  const isSnapshotted = deliveries.worthIt || (takesLogins && pruned !== lane);
  if (!isSnapshotted) return takesLogins ? { loginsThrough, deliveriesThrough: 0, snapshot: [] } : null;
  const { through: deliveriesThrough } = deliveries;
  const discardedBefore = cut.recordedBefore;
  const data = { loginsThrough, deliveriesThrough, discardedBefore, snapshot: toSnapshot(pruned) };
  return { loginsThrough, deliveriesThrough, snapshot: [{ type: 'LaneSnapshotted', data }] };
}

function lastOf(log: LogReader, stream: StreamName, { recordedBefore, throughPosition }: Cut): number {
  return Math.max(log.versionBefore(stream, recordedBefore), log.versionAt(stream, throughPosition));
}

/** The first event that is left of a stream, but for the snapshot that may stand there for good. */
export function oldestOf(log: LogReader, stream: StreamName): Recorded | undefined {
  const first = log.horizon(stream).version + 1;
  return log.range(stream, first, first + 1).find(({ type }) => type !== 'LaneSnapshotted');
}

/** The last event of the log stays where it is, and may be all that is left of a stream. */
function isHead(log: LogReader, stream: StreamName): boolean {
  return oldestOf(log, stream)?.position === log.head();
}

/**
 * Up to which version delivery events may go behind a new snapshot, and whether that is worth one: an old snapshot that
 * stands in front of all else goes along, and is no reason for another.
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
