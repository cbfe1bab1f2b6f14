import { type Cut, firstNeeded, isNeeded } from '../domain/retention.js';
import type { Cause, StreamName } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { expiring, listedOf, type Prunable, prunable } from '../queries/retention.js';
import type { CommandContext } from './context.js';

export function retentionHandlers({ log, writer, models }: CommandContext) {
  return {
    /**
     * Appends what the log must hold before a portal's history is pruned: the logins that expire, then a lane snapshot.
     *
     * @returns what may be pruned, or null if nothing may
     */
    snapshotLane({ portalId, cut }: { portalId: string; cut: Cut }, cause: Cause, now: number): Prunable | null {
      const stream: StreamName = streamOf('delivery', portalId);
      const expired = expiring(log, models, portalId, cut);
      writer.append([{ stream, events: expired }], cause, now);
      const found = prunable(log, models, portalId, cut);
      writer.append([{ stream, events: found?.snapshot ?? [] }], cause, now);
      if (!found) return null;
      const { loginsThrough, deliveriesThrough } = found;
      return { loginsThrough, deliveriesThrough };
    },

    /** Deletes the oldest events that may go, at most `limit`: the next command waits that long. */
    pruneHistory({ portalId, loginsThrough, deliveriesThrough, limit }: PruneHistory): Pruned {
      // Read again: logins that have become due meanwhile stay.
      const { lane } = models.lanes.get(portalId);
      // The snapshot removed the ranges that were discarded long ago: all that are still listed are needed.
      const listed = listedOf(models, portalId, 0);
      const logins: StreamName = streamOf('login', portalId);
      const needed = firstNeeded(lane, listed, log.lastVersion(logins), 0) ?? Number.MAX_SAFE_INTEGER;
      const through = Math.min(loginsThrough, needed - 1);
      const takenLogins = writer.prune({ stream: logins, through, limit });
      const takenDeliveryEvents = writer.prune({
        stream: streamOf('delivery', portalId),
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
