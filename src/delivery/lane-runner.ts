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
import { createTargets } from './kinds/http/target.js';
import { createLaneView, type LaneViewContext } from './lane-view.js';
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
  const limiter = createLimiter(clock, stopping, (id) => models.destinationHealth.get(id));
  const view = createLaneView(context);
  const prefetch = createPrefetch(context.render, 2 * context.renderers);
  const targets = createTargets(context.secrets);
  const bodies = createBodyCache(MAX_CACHED_BYTES);
  const { record, recordOutcome, execute } = createRecorder(context, stopping);

  /** Waits until the limiter admits the webhook, then reads the next step again, because it may have changed. */
  async function send(webhookId: string, waitedFor: DestinationRow): Promise<void> {
    const release = await limiter.acquire(waitedFor.id, webhookId, waitedFor);
    if (!release) return;
    try {
      const { step, destination, throughWebhookId } = view.nextStep(webhookId);
      if (stopping.aborted || destination?.id !== waitedFor.id) return;
      if (step.type === 'START') {
        const through = throughWebhookId === undefined ? {} : { throughWebhookId };
        await startBatch(webhookId, step.range, { purpose: step.purpose, ...through }, destination);
      }
      if (step.type === 'ATTEMPT') {
        const { deliveryId } = step.delivery;
        const body = await bodyOf(webhookId, step.delivery);
        await deliver(webhookId, destination.id, { deliveryId, body, lines: loginCount(step.delivery) });
      }
    } finally {
      release();
    }
  }

  /** Decides which logins are in the batch, makes that durable, and only then sends the batch. */
  async function startBatch(
    webhookId: string,
    range: LoginRange,
    { purpose, ...through }: { purpose: Purpose; throughWebhookId?: string },
    destination: DestinationRow,
  ): Promise<void> {
    const { batch, body } = await makeBatch(webhookId, range, destination);
    const started = purpose === 'FIRST' ? batch : { ...batch, purpose, ...through };
    await record(webhookId, { type: 'StartBatch', batch: started });
    await deliver(webhookId, destination.id, { deliveryId: batch.deliveryId, body, lines: loginCount(batch) });
  }

  async function makeBatch(webhookId: string, range: LoginRange, destination: DestinationRow) {
    const plan = view.planBatch(webhookId, range, destination);
    const { lastVersion, body } = await prefetch.take(webhookId, plan);
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
  async function bodyOf(webhookId: string, delivery: OpenDelivery): Promise<Buffer> {
    const cached = bodies.take(delivery.deliveryId);
    if (cached) return cached;
    const rendered = await prefetch.take(webhookId, view.planOf(webhookId, delivery));
    if (rendered.lastVersion !== delivery.lastVersion) {
      throw new Error(`Delivery ${delivery.deliveryId} cannot be rendered again with the same logins`);
    }
    return rendered.body;
  }

  /** Attempts a delivery, then the first deliveries after it while they succeed and no other webhook or redelivery waits. */
  async function deliver(webhookId: string, destinationId: string, first: Batch): Promise<void> {
    let batch: Batch | null = first;
    while (batch) batch = await attemptDelivery(webhookId, destinationId, batch);
  }

  /** Makes one attempt. @returns the next batch, if it was started together with the record of this outcome; else null */
  async function attemptDelivery(webhookId: string, destinationId: string, batch: Batch): Promise<Batch | null> {
    // No attempt starts while the log cannot record its outcome.
    if (!commands.writable()) await commands.probe();
    // Nothing is awaited from here to the request, so every setting that was acknowledged before it applies to it.
    const { step, destination } = view.nextStep(webhookId);
    if (stopping.aborted || step.type !== 'ATTEMPT' || step.delivery.deliveryId !== batch.deliveryId) return null;
    if (destination?.id !== destinationId || limiter.isThrottled(destinationId)) return null;
    limiter.debit(destinationId, batch.lines, destination);
    const sending = targets.use(destination, (target) => sender.send(target, batch));
    try {
      prefetchNext(webhookId, destination);
    } catch {
      // A prefetch is only a guess. Its error must not end the attempt in flight.
    }
    const outcome = await sending;
    const isDelivered = outcome.verdict === 'DELIVERED';
    const isHealthyAgain = limiter.attempted(destinationId, !isDelivered, pausedUntil(outcome));
    const attemptNumber = step.delivery.failedAttempts + 1;
    const recordThis = async () => {
      await recordOutcome(webhookId, batch.deliveryId, attemptNumber, outcome);
      // Only now do the other lanes read that the destination works.
      if (isHealthyAgain) onHealthy(destinationId);
    };
    if (isDelivered && step.delivery.purpose === 'FIRST' && !stopping.aborted && !mustYield(destinationId)) {
      return pipelineNext(webhookId, destinationId, recordThis);
    }
    if (!isDelivered) prefetch.drop(webhookId);
    if (outcome.verdict === 'RETRYABLE') bodies.put(batch.deliveryId, batch.body);
    await recordThis();
    return null;
  }

  /** The limits may have changed while the attempt was in flight. */
  function mustYield(destinationId: string): boolean {
    const destination = models.destinations.get(destinationId);
    return !destination || limiter.mustYield(destinationId, destination);
  }

  /** Records that a batch was delivered and, in the same group, starts the next one. */
  async function pipelineNext(
    webhookId: string,
    destinationId: string,
    recordDelivered: () => Promise<void>,
  ): Promise<Batch | null> {
    // If the next batch cannot be rendered now, the next step deals with it.
    const next = await batchAfterOpen(webhookId, destinationId).catch(() => null);
    const [delivered, started] = await Promise.allSettled([
      recordDelivered(),
      next && record(webhookId, { type: 'StartBatch', batch: next.batch }),
    ]);
    if (delivered.status === 'rejected') throw delivered.reason;
    if (!next || started.status === 'rejected') return null;
    return { deliveryId: next.batch.deliveryId, body: next.body, lines: loginCount(next.batch) };
  }

  async function batchAfterOpen(webhookId: string, destinationId: string) {
    const next = view.batchAfterOpen(webhookId);
    return next?.destination.id === destinationId ? makeBatch(webhookId, next.range, next.destination) : null;
  }

  /** Starts to render the batches after the one in flight. */
  function prefetchNext(webhookId: string, destination: DestinationRow): void {
    for (const range of view.fullBatches(webhookId, destination, context.renderers)) {
      prefetch.start(webhookId, view.planBatch(webhookId, range, destination));
    }
  }

  return {
    /** @throws Refusal while the log cannot be written */
    async advance(webhookId: string): Promise<AfterStep> {
      const { step, destination } = view.nextStep(webhookId);
      switch (step.type) {
        case 'IDLE':
          return 'idle';
        case 'WAIT':
          return { until: step.until };
        case 'SUPERSEDE':
          await record(webhookId, { type: 'SupersedeDelivery', deliveryId: step.delivery.deliveryId });
          return 'again';
        case 'END':
          await record(webhookId, { type: 'EndDelivery', deliveryId: step.delivery.deliveryId });
          return 'again';
        case 'START_REPLAY':
          await execute('startReplay', webhookId);
          return 'again';
        case 'FINISH_REPLAY':
          await execute('finishReplay', webhookId);
          return 'again';
        case 'START':
        case 'ATTEMPT':
          if (destination) await send(webhookId, destination);
          return 'again';
        default:
          return step satisfies never;
      }
    },

    /** The next step of the lane may have changed: ends its wait for a destination. */
    reconsider: (webhookId: string): void => limiter.withdraw(webhookId),

    /** The lane has nothing to do now: its prefetched batches are dropped. */
    idle: (webhookId: string): void => prefetch.drop(webhookId),
  };
}
