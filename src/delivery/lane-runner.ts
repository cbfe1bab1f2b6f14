/** Runs lanes: reads the next step of a lane, does it, and records the result as an event. */

import type { Purpose } from '../domain/lane/attempt.js';
import { pausedUntil } from '../domain/lane/decide.js';
import type { OpenDelivery } from '../domain/lane/lane.js';
import { type LoginRange, loginCount } from '../domain/login-range.js';
import type { DestinationRow } from '../projections/destinations.js';
import { randomUuid } from '../runtime/random.js';
import type { Secrets } from '../vault/secrets.js';
import { createBodyCache } from './batch/body-cache.js';
import { createPrefetch } from './batch/prefetch.js';
import type { Render } from './batch/render.js';
import { targetOf } from './kinds/http/target.js';
import { createLaneView, type LaneViewContext, planOf } from './lane-view.js';
import { createLimiter } from './limiter.js';
import { createRecorder, type RecorderContext } from './recorder.js';
import type { DeliveryRequest, Sender } from './transport/types.js';

/** The size of the body cache, over all lanes. The body of a full batch has 20 to 40 KB. */
const MAX_CACHED_BYTES = 16_777_216;

export interface LaneRunnerContext extends LaneViewContext, RecorderContext {
  secrets: Secrets;
  render: Render;
  /** How many batches can be rendered at the same time. As many are prefetched while a batch is in flight. */
  renderers: number;
  sender: Sender;
}

/** When to do the next step: at once, when the lane is woken, or at a time (ms). */
export type AfterStep = 'again' | 'idle' | { until: number };

/** The request of a batch, and how many lines it has. */
interface Batch extends DeliveryRequest {
  lines: number;
}

/**
 * @param stopping once aborted, no attempt starts; attempts in flight end, and their outcomes are recorded
 * @param onHealthy called when an attempt to a destination succeeds and the one before failed
 */
export function createLaneRunner(
  context: LaneRunnerContext,
  stopping: AbortSignal,
  onHealthy: (destinationId: string) => void,
) {
  const { commands, models, sender, clock, random } = context;
  const limiter = createLimiter(clock, stopping);
  const view = createLaneView(context, limiter.healthySince);
  const prefetch = createPrefetch(context.render, 2 * context.renderers);
  const bodies = createBodyCache(MAX_CACHED_BYTES);
  const { record, recordOutcome, execute } = createRecorder(context, stopping);

  /** Waits until the limiter admits the portal, then reads the next step again, because it may have changed. */
  async function send(portalId: string, waitedFor: DestinationRow): Promise<void> {
    const release = await limiter.acquire(waitedFor.id, portalId, waitedFor);
    if (!release) return;
    try {
      const { step, destination } = view.nextStep(portalId);
      if (stopping.aborted || destination?.id !== waitedFor.id) return;
      if (step.type === 'START') await startBatch(portalId, step.range, step.purpose, destination);
      if (step.type === 'ATTEMPT') {
        const { deliveryId } = step.delivery;
        const body = await bodyOf(portalId, step.delivery);
        await deliver(portalId, destination.id, { deliveryId, body, lines: loginCount(step.delivery) });
      }
    } finally {
      release();
    }
  }

  /** Decides which logins are in the batch, makes that durable, and only then sends the batch. */
  async function startBatch(
    portalId: string,
    range: LoginRange,
    purpose: Purpose,
    destination: DestinationRow,
  ): Promise<void> {
    const { batch, body } = await makeBatch(portalId, range, destination);
    await record(portalId, { type: 'StartBatch', batch: purpose === 'FIRST' ? batch : { ...batch, purpose } });
    await deliver(portalId, destination.id, { deliveryId: batch.deliveryId, body, lines: loginCount(batch) });
  }

  async function makeBatch(portalId: string, range: LoginRange, destination: DestinationRow) {
    const plan = view.planBatch(portalId, range, destination);
    const { lastVersion, body } = await prefetch.take(plan);
    const { firstVersion, logFormat, signingKeyId, line } = plan;
    const deliveryId = randomUuid(random);
    const batch = {
      firstVersion,
      lastVersion,
      deliveryId,
      destinationId: destination.id,
      logFormat,
      signingKeyId,
      line,
    };
    return { batch, body };
  }

  /** The same bytes as in the earlier attempts: from the body cache, or rendered again. */
  async function bodyOf(portalId: string, delivery: OpenDelivery): Promise<Buffer> {
    const cached = bodies.take(delivery.deliveryId);
    if (cached) return cached;
    const rendered = await prefetch.take(planOf(portalId, delivery));
    if (rendered.lastVersion !== delivery.lastVersion) {
      throw new Error(`Delivery ${delivery.deliveryId} cannot be rendered again with the same logins`);
    }
    return rendered.body;
  }

  /** Attempts a delivery, then the first deliveries after it while they succeed and no other portal or redelivery waits. */
  async function deliver(portalId: string, destinationId: string, first: Batch): Promise<void> {
    let batch: Batch | null = first;
    while (batch) batch = await attemptDelivery(portalId, destinationId, batch);
  }

  /** Makes one attempt. @returns the next batch, if it was started together with the record of this outcome; else null */
  async function attemptDelivery(portalId: string, destinationId: string, batch: Batch): Promise<Batch | null> {
    // No attempt starts while the log cannot record its outcome.
    if (!commands.writable()) await commands.probe();
    // Nothing is awaited from here to the request, so every setting that was acknowledged before it applies to it.
    const { step, destination } = view.nextStep(portalId);
    if (stopping.aborted || step.type !== 'ATTEMPT' || step.delivery.deliveryId !== batch.deliveryId) return null;
    if (destination?.id !== destinationId || limiter.isThrottled(destinationId)) return null;
    limiter.debit(destinationId, batch.lines, destination);
    const sending = sender.send(targetOf(destination, context.secrets), batch);
    try {
      prefetchNext(portalId, destination);
    } catch {
      // A prefetch is only a guess. Its error must not end the attempt in flight.
    }
    const outcome = await sending;
    const isDelivered = outcome.verdict === 'DELIVERED';
    if (limiter.attempted(destinationId, !isDelivered, pausedUntil(outcome))) onHealthy(destinationId);
    const attemptNumber = step.delivery.failedAttempts + 1;
    if (
      isDelivered &&
      step.delivery.purpose === 'FIRST' &&
      !stopping.aborted &&
      !limiter.mustYield(destinationId, destination)
    ) {
      return pipelineNext(portalId, destinationId, () =>
        recordOutcome(portalId, batch.deliveryId, attemptNumber, outcome),
      );
    }
    if (!isDelivered) prefetch.drop(portalId);
    if (outcome.verdict === 'RETRYABLE') bodies.put(batch.deliveryId, batch.body);
    await recordOutcome(portalId, batch.deliveryId, attemptNumber, outcome);
    return null;
  }

  /** Records that a batch was delivered and, in the same group, starts the next one. */
  async function pipelineNext(
    portalId: string,
    destinationId: string,
    recordDelivered: () => Promise<void>,
  ): Promise<Batch | null> {
    // If the next batch cannot be rendered now, the next step deals with it.
    const next = await batchAfterOpen(portalId, destinationId).catch(() => null);
    const [delivered, started] = await Promise.allSettled([
      recordDelivered(),
      next && record(portalId, { type: 'StartBatch', batch: next.batch }),
    ]);
    if (delivered.status === 'rejected') throw delivered.reason;
    if (!next || started.status === 'rejected') return null;
    return { deliveryId: next.batch.deliveryId, body: next.body, lines: loginCount(next.batch) };
  }

  async function batchAfterOpen(portalId: string, destinationId: string) {
    const next = view.batchAfterOpen(portalId);
    return next?.destination.id === destinationId ? makeBatch(portalId, next.range, next.destination) : null;
  }

  /** Starts to render the batches after the one in flight. */
  function prefetchNext(portalId: string, destination: DestinationRow): void {
    for (const range of view.fullBatches(portalId, destination, context.renderers)) {
      prefetch.start(view.planBatch(portalId, range, destination));
    }
  }

  return {
    /** Gives the limiter the result of the last attempt to each destination, so that a new process keeps the same limits. */
    restore(portalIds: readonly string[]): void {
      const attempted = portalIds
        .map((portalId) => models.lanes.get(portalId).lane)
        .filter(({ webhook, health }) => webhook && health.lastAttempt?.destinationId === webhook.destinationId)
        .sort((one, other) => (one.health.lastAttempt?.at ?? 0) - (other.health.lastAttempt?.at ?? 0));
      for (const { webhook, health } of attempted) {
        limiter.attempted(webhook?.destinationId ?? '', health.failing, health.destinationPausedUntil);
      }
    },

    /** @throws Refusal while the log cannot be written */
    async advance(portalId: string): Promise<AfterStep> {
      const { step, destination } = view.nextStep(portalId);
      switch (step.type) {
        case 'IDLE':
          return 'idle';
        case 'WAIT':
          return { until: step.until };
        case 'SUPERSEDE':
          await record(portalId, { type: 'SupersedeDelivery', deliveryId: step.delivery.deliveryId });
          return 'again';
        case 'END':
          await record(portalId, { type: 'EndDelivery', deliveryId: step.delivery.deliveryId });
          return 'again';
        case 'START_REPLAY':
          await execute('startReplay', portalId);
          return 'again';
        case 'FINISH_REPLAY':
          await execute('finishReplay', portalId);
          return 'again';
        case 'START':
        case 'ATTEMPT':
          if (destination) await send(portalId, destination);
          return 'again';
        default:
          return step satisfies never;
      }
    },

    /** The next step of the lane may have changed: ends its wait for a destination. */
    reconsider: (portalId: string): void => limiter.withdraw(portalId),

    /** The lane has nothing to do now: its prefetched batches are dropped. */
    idle: (portalId: string): void => prefetch.drop(portalId),
  };
}
