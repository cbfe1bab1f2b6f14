/** How a lane sees the world: what it does next, and all that a batch of it is made from. Reads only. */

import type { LineSettings } from '../domain/lane/decide.js';
import type { Lane, OpenDelivery } from '../domain/lane/lane.js';
import { batchLimit, behindOpen, fullBatches, nextStep, type Step } from '../domain/lane/next-step.js';
import { type LoginRange, startOf } from '../domain/login-range.js';
import { isActive } from '../domain/replay.js';
import type { LogReader } from '../log/sqlite/read.js';
import type { DestinationRow } from '../projections/destinations.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Clock } from '../runtime/clock.js';
import type { Plan } from './batch/render.js';

export interface ViewDeps {
  log: LogReader;
  models: ReadModels;
  clock: Clock;
  line: Omit<LineSettings, 'organizationId'>;
}

/** @param healthySince when a destination last succeeded after it had failed, in ms; null if that is not known */
export function createView(
  { log, models, clock, line }: ViewDeps,
  healthySince: (destinationId: string) => number | null = () => null,
) {
  const lastLogin = (portalId: string): number => log.lastVersion(`login-${portalId}`);

  function destinationOf({ webhook }: Lane): DestinationRow | undefined {
    return webhook ? models.destinations.get(webhook.destinationId) : undefined;
  }

  const recoverableOf = (portalId: string, lane: Lane) =>
    lane.undeliveredTotal ? models.lanes.undelivered.recoverable(portalId, lane) : null;

  /** What a replay that runs sends next, as far as it hangs together. */
  function replayableOf(portalId: string, { replay }: Lane): LoginRange | null {
    if (replay?.status !== 'RUNNING') return null;
    for (const range of replay.ranges) {
      const next = replay.scope === 'ALL' ? range : models.lanes.undelivered.firstIn(portalId, range);
      if (next) return next;
    }
    return null;
  }

  /** Whether anything beside the first deliveries may have its turn next. */
  const hasOthers = (portalId: string, lane: Lane): boolean =>
    lane.side !== null || isActive(lane.replay) || recoverableOf(portalId, lane) !== null;

  return {
    /** What the lane does next, and its destination as it is now. */
    look(portalId: string): { step: Step; destination: DestinationRow | undefined } {
      const { lane } = models.lanes.get(portalId);
      const destination = destinationOf(lane);
      const step = nextStep(lane, {
        lastLogin: lastLogin(portalId),
        destination: destination ? { ...destination, healthySince: healthySince(destination.id) } : null,
        recoverable: recoverableOf(portalId, lane),
        replayable: replayableOf(portalId, lane),
        now: clock.now(),
      });
      return { step, destination };
    },

    /** The first delivery behind the open one, once that is delivered, if nothing else has its turn before it. */
    behindOpen(portalId: string): { range: LoginRange; destination: DestinationRow } | null {
      const { lane } = models.lanes.get(portalId);
      const destination = lane.webhook?.enabled ? destinationOf(lane) : undefined;
      if (!destination || hasOthers(portalId, lane)) return null;
      const range = behindOpen(lane, lastLogin(portalId));
      return range && { range: startOf(range, destination.linesPerSecond ?? Infinity), destination };
    },

    /** The batches behind the open one that are sure to come as they are, at most `count`. */
    comingBatches(portalId: string, destination: DestinationRow, count: number): LoginRange[] {
      const { lane } = models.lanes.get(portalId);
      if (hasOthers(portalId, lane)) return [];
      return fullBatches(lane, lastLogin(portalId), batchLimit(lane, destination), count);
    },

    planOf(portalId: string, range: LoginRange, { logFormat }: DestinationRow): Plan {
      const { signingKeyId, organizationId } = models.issuer.current();
      return { portalId, ...range, logFormat, signingKeyId, line: { ...line, organizationId } };
    },
  };
}

/** Everything that shaped the lines of a delivery was recorded when it was started. */
export function planAgain(portalId: string, delivery: OpenDelivery): Plan {
  const { firstVersion, lastVersion, logFormat, signingKeyId, line } = delivery;
  return { portalId, firstVersion, lastVersion, logFormat, signingKeyId, line };
}
