/** Reads what the engine needs of a lane: its next step, and everything that a batch is made from. */
import type { Lane, OpenDelivery } from '../domain/lane/lane.js';
import { batchAfterOpen, batchLimit, fullBatches, type NextStep, nextStep } from '../domain/lane/next-step.js';
import type { LineSettings } from '../domain/log-line.js';
import { type LoginRange, startOf } from '../domain/login-range.js';
import { isActive } from '../domain/replay.js';
import { streamOf } from '../domain/stream.js';
import type { LogReader } from '../log/event-log.js';
import type { DestinationRow } from '../projections/destinations.js';
import type { ReadModels } from '../projections/read-models.js';
import { laneContext, recoverableOf } from '../queries/lane-context.js';
import type { Clock } from '../runtime/clock.js';
import type { Plan } from './batch/render.js';

export interface LaneViewContext {
  log: LogReader;
  models: ReadModels;
  clock: Clock;
  line: Omit<LineSettings, 'organizationId'>;
}

/** @param healthySince when a failing destination last succeeded, in ms; null if that is not known */
export function createLaneView(
  { log, models, clock, line }: LaneViewContext,
  healthySince?: (destinationId: string) => number | null,
) {
  const lastLogin = (portalId: string): number => log.lastVersion(streamOf('login', portalId));

  function destinationOf({ webhook }: Lane): DestinationRow | undefined {
    return webhook ? models.destinations.get(webhook.destinationId) : undefined;
  }

  /** Whether a redelivery may be next. */
  const hasRedeliveries = (portalId: string, lane: Lane): boolean =>
    lane.redelivery.open !== null || isActive(lane.replay) || recoverableOf(portalId, lane, models) !== null;

  return {
    /** The next step of a lane, and its destination as it is now. */
    nextStep(portalId: string): { step: NextStep; destination: DestinationRow | undefined } {
      const { lane } = models.lanes.get(portalId);
      const step = nextStep(lane, laneContext(portalId, lane, { log, models, now: clock.now(), healthySince }));
      return { step, destination: destinationOf(lane) };
    },

    /** The first delivery that follows the open one when it succeeds; null if there is none, or a redelivery may be next. */
    batchAfterOpen(portalId: string): { range: LoginRange; destination: DestinationRow } | null {
      const { lane } = models.lanes.get(portalId);
      const destination = lane.webhook?.enabled ? destinationOf(lane) : undefined;
      if (!destination || hasRedeliveries(portalId, lane)) return null;
      const range = batchAfterOpen(lane, lastLogin(portalId));
      return range && { range: startOf(range, destination.linesPerSecond ?? Infinity), destination };
    },

    /** The full batches that follow the open one, at most `count`. */
    fullBatches(portalId: string, destination: DestinationRow, count: number): LoginRange[] {
      const { lane } = models.lanes.get(portalId);
      if (hasRedeliveries(portalId, lane)) return [];
      return fullBatches(lane, lastLogin(portalId), batchLimit(lane, destination), count);
    },

    planBatch(portalId: string, range: LoginRange, { logFormat }: DestinationRow): Plan {
      const { signingKeyId, organizationId } = models.issuer.current();
      return { portalId, ...range, logFormat, signingKeyId, line: { ...line, organizationId } };
    },
  };
}

/** The plan of an open delivery: its `BatchStarted` event recorded everything that shapes its lines. */
export function planOf(portalId: string, delivery: OpenDelivery): Plan {
  const { firstVersion, lastVersion, logFormat, signingKeyId, line } = delivery;
  return { portalId, firstVersion, lastVersion, logFormat, signingKeyId, line };
}
