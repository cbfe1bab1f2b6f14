import type { Cause, Recorded, StreamName } from '../domain/event.js';
import { evolve, type Lane } from '../domain/lane.js';
import { type Cut, expired, firstNeeded, isNeeded, type RetentionEvent, withoutLogins } from '../domain/retention.js';
import type { LogReader } from '../log/read.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Deps } from './deps.js';

/** What of a portal's history may go. */
export interface Prunable {
  /** Versions, inclusive. */
  loginsThrough: number;
  deliveriesThrough: number;
}

/** `events`: what has to be appended before anything goes. */
export interface Review extends Prunable {
  events: RetentionEvent[];
  /** Whether there is anything to append or to delete. */
  hasWork: boolean;
}

/** Looks what of a portal's history may go. Costs the same however much that is. */
export function review(log: LogReader, models: ReadModels, portalId: string, cut: Cut): Review {
  const logins: StreamName = `login-${portalId}`;
  const lastLogin = log.lastVersion(logins);
  const now = models.lanes.get(portalId).lane;
  const events = expired(now, lastLogin, log.versionBefore(logins, cut.expireBefore));
  const lane = events.reduce<Lane>(evolve, now);

  const needed = firstNeeded(lane, lastLogin) ?? lastLogin + 1;
  const loginsThrough = Math.min(lastOf(log, logins, cut), needed - 1);
  const takesLogins = loginsThrough > log.horizon(logins).version && !isHead(log, logins);
  const deliveries = oldDeliveries(log, `delivery-${portalId}`, lane, cut);
  // Without it the lane could not be folded again, or would not know of logins that were never due.
  const isCheckpointed = deliveries.worthIt || (takesLogins && loginsThrough > lane.cursor);
  const deliveriesThrough = isCheckpointed ? deliveries.through : log.horizon(`delivery-${portalId}`).version;
  if (isCheckpointed) {
    const data = { loginsThrough, deliveriesThrough, lane: withoutLogins(lane, loginsThrough) };
    events.push({ type: 'Checkpointed', data });
  }
  return { loginsThrough, deliveriesThrough, events, hasWork: events.length > 0 || takesLogins };
}

function lastOf(log: LogReader, stream: StreamName, { recordedBefore, throughPosition }: Cut): number {
  return Math.max(log.versionBefore(stream, recordedBefore), log.versionAt(stream, throughPosition));
}

/** The first event that is left of a stream, but for the checkpoint that may stand there for good. */
export function oldestOf(log: LogReader, stream: StreamName): Recorded | undefined {
  const first = log.horizon(stream).version + 1;
  return log.range(stream, first, first + 1).find(({ type }) => type !== 'Checkpointed');
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
  lane: Lane,
  cut: Cut,
): { through: number; worthIt: boolean } {
  const { version: horizon } = log.horizon(stream);
  const [first, second] = log.range(stream, horizon + 1, horizon + 2);
  if (!first || isNeeded(lane, first)) return { through: horizon, worthIt: false };
  const through = lastOf(log, stream, cut);
  const isCheckpoint = first.type === 'Checkpointed';
  const next = isCheckpoint ? second : first;
  const worthIt = next !== undefined && next.version <= through && !isNeeded(lane, next);
  return { through: Math.max(through, isCheckpoint ? first.version : horizon), worthIt };
}

export function retentionHandlers({ log, appender, models, prune }: Deps) {
  return {
    /**
     * Appends what has to stand in the log before anything of a portal's history goes: what expires, and a checkpoint.
     *
     * @returns what may go, or null if nothing may
     */
    checkpointHistory({ portalId, cut }: { portalId: string; cut: Cut }, cause: Cause, now: number): Prunable | null {
      const { events, hasWork, loginsThrough, deliveriesThrough } = review(log, models, portalId, cut);
      if (!hasWork) return null;
      appender.append([{ stream: `delivery-${portalId}`, events }], cause, now);
      return { loginsThrough, deliveriesThrough };
    },

    /** Deletes the oldest events that may go, at most `limit`, which the commands behind it wait for. */
    pruneHistory({ portalId, loginsThrough, deliveriesThrough, limit }: PruneHistory): Pruned {
      // Looked at anew: what has become due in the meantime stays.
      const { lane } = models.lanes.get(portalId);
      const logins: StreamName = `login-${portalId}`;
      const needed = firstNeeded(lane, log.lastVersion(logins)) ?? Number.MAX_SAFE_INTEGER;
      const through = Math.min(loginsThrough, needed - 1);
      const takenLogins = prune({ stream: logins, through, limit });
      const takenDeliveryEvents = prune({
        stream: `delivery-${portalId}`,
        through: deliveriesThrough,
        limit: limit - takenLogins,
        keep: (event) => isNeeded(lane, event),
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
