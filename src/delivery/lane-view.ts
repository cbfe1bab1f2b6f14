/** Reads what the engine needs of a lane: its next step, and everything that a batch is made from. */
import { MAX_BATCH_BYTES } from '../domain/destination.js';
import type { Lane, OpenDelivery } from '../domain/lane/lane.js';
import { batchAfterOpen, fullBatches, linesCap, type NextStep, nextStep } from '../domain/lane/next-step.js';
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

export function createLaneView({ log, models, clock, line }: LaneViewContext) {
  const portalIdOf = (webhookId: string): string => models.webhooks.portalIdOf(webhookId);
  const lastLogin = (webhookId: string): number => log.lastVersion(streamOf('login', portalIdOf(webhookId)));

  /** Whether a redelivery may be next. */
  const hasRedeliveries = (webhookId: string, lane: Lane): boolean =>
    lane.redelivery.open !== null || isActive(lane.replay) || recoverableOf(webhookId, lane, models) !== null;

  return {
    /** The next step of a lane, and the destination that it sends to, as it is now. */
    nextStep(webhookId: string): {
      step: NextStep;
      destination: DestinationRow | null;
      throughWebhookId?: string;
    } {
      return models.snapshot(() => {
        const { lane } = models.lanes.get(webhookId);
        const context = laneContext(webhookId, lane, { log, models, now: clock.now() });
        const { sender, destination } = context;
        const through = sender && sender.id !== webhookId ? { throughWebhookId: sender.id } : {};
        return { step: nextStep(lane, context), destination, ...through };
      });
    },

    /** The first delivery that follows the open one when it succeeds; null if there is none, or a redelivery may be next. */
    batchAfterOpen(webhookId: string): { range: LoginRange; destination: DestinationRow } | null {
      return models.snapshot(() => {
        const { lane } = models.lanes.get(webhookId);
        const range = lane.webhook?.enabled ? batchAfterOpen(lane, lastLogin(webhookId)) : null;
        const destination = range && lane.webhook && models.destinations.get(lane.webhook.destinationId);
        if (!range || !destination || hasRedeliveries(webhookId, lane)) return null;
        return { range: startOf(range, linesCap(destination)), destination };
      });
    },

    /** The full batches that follow the open one, at most `count`. */
    fullBatches(webhookId: string, destination: DestinationRow, count: number): LoginRange[] {
      return models.snapshot(() => {
        const { lane } = models.lanes.get(webhookId);
        const ranges = fullBatches(lane, lastLogin(webhookId), linesCap(destination), count);
        return ranges.length && hasRedeliveries(webhookId, lane) ? [] : ranges;
      });
    },

    planBatch(webhookId: string, range: LoginRange, { logFormat, maxBatchBytes }: DestinationRow): Plan {
      const { signingKeyId, organizationId } = models.issuer.current();
      const rendering = { logFormat, line: { ...line, organizationId }, maxBytes: maxBatchBytes ?? MAX_BATCH_BYTES };
      return { portalId: portalIdOf(webhookId), ...range, ...rendering, signingKeyId };
    },

    /** The plan of an open delivery: its `BatchStarted` event recorded everything that shapes its lines. */
    planOf(webhookId: string, delivery: OpenDelivery): Plan {
      const { firstVersion, lastVersion, logFormat, signingKeyId, line } = delivery;
      return {
        portalId: portalIdOf(webhookId),
        firstVersion,
        lastVersion,
        logFormat,
        signingKeyId,
        line,
        maxBytes: null,
      };
    },
  };
}
