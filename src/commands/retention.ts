import { type Cut, isNeeded, withoutLogins } from '../domain/retention.js';
import type { Cause, StreamName } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import {
  destinationPrunable,
  expiring,
  firstNeededOf,
  lanesOf,
  type Prunable,
  prunable,
} from '../queries/retention.js';
import type { CommandContext } from './context.js';

export function retentionHandlers({ log, writer, models }: CommandContext) {
  return {
    /**
     * Appends the events that must precede the pruning of a portal: in the lane of each of its webhooks, expired logins, then a
     * snapshot.
     *
     * @returns what may be pruned; null if nothing
     */
    snapshotLanes({ portalId, cut }: { portalId: string; cut: Cut }, cause: Cause, now: number): Prunable | null {
      const changeOf = ({ webhookId, events }: ReturnType<typeof expiring>[number]) => ({
        stream: streamOf('delivery', webhookId),
        events,
      });
      writer.append(expiring(log, models, portalId, cut).map(changeOf), cause, now);
      const next = prunable(log, models, portalId, cut);
      if (!next) return null;
      const { snapshots, ...prunableThrough } = next;
      writer.append(snapshots.map(changeOf), cause, now);
      return prunableThrough;
    },

    /** Deletes old health events and tests of a destination, at most `limit`. @returns how many */
    pruneDestination({ destinationId, cut, limit }: { destinationId: string; cut: Cut; limit: number }): number {
      return destinationPrunable(log, destinationId, cut).reduce(
        (count, { stream, through }) => count + writer.prune({ stream, through, limit: limit - count }),
        0,
      );
    },

    /** Deletes the oldest prunable events, at most `limit`, because other commands wait meanwhile. */
    pruneHistory({ portalId, loginsThrough, deliveries, limit }: PruneHistory): Pruned {
      // Read again: logins that have become due since then must stay.
      // The snapshots deleted the ranges that were discarded long ago: all remaining ranges are needed.
      const lanes = lanesOf(log, models, portalId, 0);
      const logins: StreamName = streamOf('login', portalId);
      const lastLogin = log.lastVersion(logins);
      const needed = firstNeededOf(lanes, lastLogin, 0) ?? lastLogin + 1;
      const through = Math.min(loginsThrough, needed - 1);
      // A webhook that was created since the snapshots has none: its logins stay until the next run.
      const haveSnapshots = lanes.every(({ isGone, lane }) => isGone || withoutLogins(lane, through) === lane);
      const prunedLogins = haveSnapshots ? writer.prune({ stream: logins, through, limit }) : 0;
      let deliveryEvents = 0;
      for (const { webhookId, through: deliveriesThrough } of deliveries) {
        const of = lanes.find((lane) => lane.webhookId === webhookId);
        deliveryEvents += writer.prune({
          stream: streamOf('delivery', webhookId),
          through: deliveriesThrough,
          limit: limit - prunedLogins - deliveryEvents,
          keep: (event) => of === undefined || isNeeded(of.lane, of.listed, event),
        });
      }
      return { logins: prunedLogins, deliveryEvents };
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
