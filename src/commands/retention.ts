import type { Cause, Recorded, StreamName } from '../domain/event.js';
import type { LoginRange } from '../domain/login-range.js';
import {
  type Cut,
  expired,
  firstNeeded,
  isNeeded,
  type Listed,
  type RetentionEvent,
  withoutLogins,
} from '../domain/retention.js';
import type { LogReader } from '../log/sqlite/read.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Deps } from './deps.js';

/** What of a portal's history may go. */
export interface Prunable {
  /** Versions, inclusive. */
  loginsThrough: number;
  deliveriesThrough: number;
}

/** What of a portal is listed as undelivered, without what was discarded before a time (ms, exclusive). */
export function listedOf(models: ReadModels, portalId: string, discardedBefore: number): Listed {
  const { undelivered } = models.lanes;
  const firstPosition = undelivered.firstPosition(portalId, discardedBefore);
  const firstLogin = firstPosition === null ? null : (undelivered.oldest(portalId)?.firstVersion ?? null);
  return { firstLogin, firstPosition };
}

/** What of a portal's logins has waited too long. */
export function expiring(log: LogReader, models: ReadModels, portalId: string, cut: Cut): RetentionEvent[] {
  const { lane } = models.lanes.get(portalId);
  const countIn = (range: LoginRange) => models.lanes.undelivered.countIn(portalId, range);
  const tooOld = log.versionBefore(`login-${portalId}`, cut.expireBefore);
  const listed = listedOf(models, portalId, cut.recordedBefore);
  return expired(lane, { ...listed, countIn }, log.lastVersion(`login-${portalId}`), tooOld);
}

/**
 * Looks what of a portal's history may go; null if nothing may. Costs the same however much that is. `checkpoint`: what has
 * to be appended first, if anything.
 */
export function prunable(
  log: LogReader,
  models: ReadModels,
  portalId: string,
  cut: Cut,
): (Prunable & { checkpoint: RetentionEvent[] }) | null {
  const logins: StreamName = `login-${portalId}`;
  const lastLogin = log.lastVersion(logins);
  const { lane } = models.lanes.get(portalId);
  const listed = listedOf(models, portalId, cut.recordedBefore);
  const needed = firstNeeded(lane, listed, lastLogin, log.versionBefore(logins, cut.expireBefore)) ?? lastLogin + 1;
  const loginsThrough = Math.min(lastOf(log, logins, cut), needed - 1);
  const takesLogins = loginsThrough > log.horizon(logins).version && !isHead(log, logins);
  const deliveries = oldDeliveries(log, `delivery-${portalId}`, cut, (event) => isNeeded(lane, listed, event));
  const pruned = withoutLogins(lane, loginsThrough);
  // Without it the lane could not be folded again, or would not know of logins that were never due.
  const isCheckpointed = deliveries.worthIt || (takesLogins && pruned !== lane);
  if (!isCheckpointed) return takesLogins ? { loginsThrough, deliveriesThrough: 0, checkpoint: [] } : null;
  const { through: deliveriesThrough } = deliveries;
  const data = { loginsThrough, deliveriesThrough, discardedBefore: cut.recordedBefore, lane: pruned };
  return { loginsThrough, deliveriesThrough, checkpoint: [{ type: 'LaneSnapshotted', data }] };
}

function lastOf(log: LogReader, stream: StreamName, { recordedBefore, throughPosition }: Cut): number {
  return Math.max(log.versionBefore(stream, recordedBefore), log.versionAt(stream, throughPosition));
}

/** The first event that is left of a stream, but for the checkpoint that may stand there for good. */
export function oldestOf(log: LogReader, stream: StreamName): Recorded | undefined {
  const first = log.horizon(stream).version + 1;
  return log.range(stream, first, first + 1).find(({ type }) => type !== 'LaneSnapshotted');
}

/** The last event of the log stays where it is, and may be all that is left of a stream. */
function isHead(log: LogReader, stream: StreamName): boolean {
  return oldestOf(log, stream)?.position === log.head();
}

/**
 * Up to which version delivery events may go behind a new checkpoint, and whether that is worth one: an old checkpoint that
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
  const isCheckpoint = first.type === 'LaneSnapshotted';
  const next = isCheckpoint ? second : first;
  const worthIt = next !== undefined && next.version <= through && !isKept(next);
  return { through: Math.max(through, isCheckpoint ? first.version : horizon), worthIt };
}

export function retentionHandlers({ log, appender, models, prune }: Deps) {
  return {
    /**
     * Appends what has to stand in the log before anything of a portal's history goes: what expires, then a checkpoint.
     *
     * @returns what may go, or null if nothing may
     */
    snapshotLane({ portalId, cut }: { portalId: string; cut: Cut }, cause: Cause, now: number): Prunable | null {
      const stream: StreamName = `delivery-${portalId}`;
      const expired = expiring(log, models, portalId, cut);
      appender.append([{ stream, events: expired }], cause, now);
      const found = prunable(log, models, portalId, cut);
      appender.append([{ stream, events: found?.checkpoint ?? [] }], cause, now);
      if (!found) return null;
      const { loginsThrough, deliveriesThrough } = found;
      return { loginsThrough, deliveriesThrough };
    },

    /** Deletes the oldest events that may go, at most `limit`, which the commands behind it wait for. */
    pruneHistory({ portalId, loginsThrough, deliveriesThrough, limit }: PruneHistory): Pruned {
      // Looked at anew: what has become due in the meantime stays.
      const { lane } = models.lanes.get(portalId);
      // A checkpoint took off the list what was discarded long ago: all that it still holds is needed.
      const listed = listedOf(models, portalId, 0);
      const logins: StreamName = `login-${portalId}`;
      const needed = firstNeeded(lane, listed, log.lastVersion(logins), 0) ?? Number.MAX_SAFE_INTEGER;
      const through = Math.min(loginsThrough, needed - 1);
      const takenLogins = prune({ stream: logins, through, limit });
      const takenDeliveryEvents = prune({
        stream: `delivery-${portalId}`,
        through: deliveriesThrough,
        limit: limit - takenLogins,
        keep: (event) => isNeeded(lane, listed, event),
      });
      return { logins: takenLogins, deliveryEvents: takenDeliveryEvents };
    },
  };
}

export interface PruneHistory extends Prunable {
  portalId: string;
  limit: number;
}

/** How many events were deleted. */
interface Pruned {
  logins: number;
  deliveryEvents: number;
}
