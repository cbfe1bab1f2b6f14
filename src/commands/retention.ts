import { type Cut, firstNeeded, isNeeded } from '../domain/retention.js';
import type { Cause, StreamName } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { expiring, listedOf, type Prunable, prunable } from '../queries/retention.js';
import type { CommandContext } from './context.js';

export function retentionHandlers({ log, writer, models }: CommandContext) {
  return {
    /**
     * Appends the events that must precede the pruning of a portal: expired logins, then a lane snapshot.
     *
     * @returns what may be pruned; null if nothing
     */
    snapshotLane({ portalId, cut }: { portalId: string; cut: Cut }, cause: Cause, now: number): Prunable | null {
      const stream: StreamName = streamOf('delivery', portalId);
      const expired = expiring(log, models, portalId, cut);
      writer.append([{ stream, events: expired }], cause, now);
      const next = prunable(log, models, portalId, cut);
      writer.append([{ stream, events: next?.snapshot ?? [] }], cause, now);
      if (!next) return null;
      const { loginsThrough, deliveriesThrough } = next;
      return { loginsThrough, deliveriesThrough };
    },

    /** Deletes the oldest prunable events, at most `limit`, because other commands wait meanwhile. */
    pruneHistory({ portalId, loginsThrough, deliveriesThrough, limit }: PruneHistory): Pruned {
      // Read again: logins that have become due since then must stay.
      const { lane } = models.lanes.get(portalId);
      // The snapshot deleted the ranges that were discarded long ago: all remaining ranges are needed.
      const listed = listedOf(models, portalId, 0);
      const logins: StreamName = streamOf('login', portalId);
      const needed = firstNeeded(lane, listed, log.lastVersion(logins), 0) ?? Number.MAX_SAFE_INTEGER;
      const through = Math.min(loginsThrough, needed - 1);
      const prunedLogins = writer.prune({ stream: logins, through, limit });
      const prunedDeliveryEvents = writer.prune({
        stream: streamOf('delivery', portalId),
        through: deliveriesThrough,
        limit: limit - prunedLogins,
        keep: (event) => isNeeded(lane, listed, event),
      });
      return { logins: prunedLogins, deliveryEvents: prunedDeliveryEvents };
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
