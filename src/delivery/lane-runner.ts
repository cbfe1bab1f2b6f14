/** Runs one lane: takes its next step, does that one thing, and records what happened as an event. */

import type { Commands } from '../commands/handlers.js';
import type { Recorded } from '../domain/event.js';
import type { Outcome, Purpose } from '../domain/lane/attempt.js';
import { type DeliveryCommand, pausedUntil } from '../domain/lane/decide.js';
import type { OpenDelivery } from '../domain/lane/lane.js';
import { type LoginRange, loginCount } from '../domain/login-range.js';
import { Refusal } from '../domain/refusal.js';
import { type Cause, SYSTEM } from '../domain/stream.js';
import type { DestinationRow } from '../projections/destinations.js';
import { type Random, randomFraction, randomTraceId, randomUuid } from '../runtime/random.js';
import type { Secrets } from '../vault/secrets.js';
import { createBodyCache } from './batch/body-cache.js';
import { createPrefetch } from './batch/prefetch.js';
import type { Render } from './batch/render.js';
import { targetOf } from './kinds/http/target.js';
import { createLaneView, type LaneViewContext, planOf } from './lane-view.js';
import { createLimiter } from './limiter.js';
import type { DeliveryRequest, Sender } from './transport/types.js';

/** How long to wait before recording an outcome again that could not be recorded, in ms. */
const RECORD_AGAIN_MS = 1_000;
/** Bodies of deliveries that wait for a retry, over all lanes. A full batch has 20 to 40 KB. */
const MAX_CACHED_BYTES = 16_777_216;

export interface LaneRunnerContext extends LaneViewContext {
  commands: Commands;
  secrets: Secrets;
  render: Render;
  /** How many batches are rendered at the same time: so many are prepared while one is on the wire. */
  renderers: number;
  sender: Sender;
  random: Random;
  /** Told of each event of a delivery, once it is durable. */
  onRecorded: (event: Recorded) => void;
}

/** After a step: take the next one at once, when the lane is woken, or at a time (ms). */
export type AfterStep = 'again' | 'idle' | { until: number };

/** A batch on its way to the sender. */
interface Batch extends DeliveryRequest {
  lines: number;
}

/**
 * @param stopping once aborted nothing new is begun; what is on the wire ends, and its outcome is recorded
 * @param onHealthy called when a destination has taken something after it had failed
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

  /** Waits until the destination may be sent to, and then asks for the next step again: it may have changed meanwhile. */
  async function send(portalId: string, limited: DestinationRow): Promise<void> {
    const release = await limiter.acquire(limited.id, portalId, limited);
    if (!release) return;
    try {
      const { step, destination } = view.nextStep(portalId);
      if (stopping.aborted || destination?.id !== limited.id) return;
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

  /** Decides what is in the batch, makes that durable, and only then sends it. */
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

  /** The same bytes again. */
  async function bodyOf(portalId: string, delivery: OpenDelivery): Promise<Buffer> {
    const before = bodies.take(delivery.deliveryId);
    if (before) return before;
    const rendered = await prefetch.take(planOf(portalId, delivery));
    if (rendered.lastVersion !== delivery.lastVersion) {
      throw new Error(`Delivery ${delivery.deliveryId} cannot be written as it was`);
    }
    return rendered.body;
  }

  /** Tries a delivery, and goes on with what waits behind it for as long as all goes well and nobody else's turn has come. */
  async function deliver(portalId: string, destinationId: string, first: Batch): Promise<void> {
    let batch: Batch | null = first;
    while (batch) batch = await attemptDelivery(portalId, destinationId, batch);
  }

  /** One try; gives back the next batch if it was started along with recording the outcome of this one. */
  async function attemptDelivery(portalId: string, destinationId: string, batch: Batch): Promise<Batch | null> {
    // No try without a log to record its outcome in.
    if (!commands.writable()) await commands.probe();
    // Nothing is awaited from here to the request: no setting that was acknowledged before it is ignored by it.
    const { step, destination } = view.nextStep(portalId);
    if (stopping.aborted || step.type !== 'ATTEMPT' || step.delivery.deliveryId !== batch.deliveryId) return null;
    if (destination?.id !== destinationId || limiter.isThrottled(destinationId)) return null;
    limiter.debit(destinationId, batch.lines, destination);
    const sending = sender.send(targetOf(destination, context.secrets), batch);
    try {
      prefetchNext(portalId, destination);
    } catch {
      // Only a guess: what is on the wire must not be forgotten for it.
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

  /** Records that a batch was delivered and, in the same group, starts the one behind it. */
  async function pipelineNext(
    portalId: string,
    destinationId: string,
    recordDelivered: () => Promise<void>,
  ): Promise<Batch | null> {
    // What cannot be rendered now is for the next look.
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
    const behind = view.batchAfterOpen(portalId);
    return behind?.destination.id === destinationId ? makeBatch(portalId, behind.range, behind.destination) : null;
  }

  /** While a batch is on the wire, the ones behind it are rendered. */
  function prefetchNext(portalId: string, destination: DestinationRow): void {
    for (const range of view.fullBatches(portalId, destination, context.renderers)) {
      prefetch.start(view.planBatch(portalId, range, destination));
    }
  }

  /** However long the log cannot be written: what was sent is not sent again because its outcome was not recorded. */
  async function recordOutcome(
    portalId: string,
    deliveryId: string,
    attemptNumber: number,
    outcome: Outcome,
  ): Promise<void> {
    const command: DeliveryCommand = {
      type: 'RecordOutcome',
      deliveryId,
      attemptNumber,
      outcome,
      random: randomFraction(random),
    };
    while (!stopping.aborted) {
      try {
        return await record(portalId, command);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        await new Promise<void>((resolve) => clock.at(clock.now() + RECORD_AGAIN_MS, resolve));
      }
    }
    await record(portalId, command);
  }

  const cause = (): Cause => ({ actor: SYSTEM, traceId: randomTraceId(random) });

  async function record(portalId: string, command: DeliveryCommand): Promise<void> {
    const events = await commands.execute('advanceDelivery', { portalId, command }, cause());
    for (const event of events) context.onRecorded(event);
  }

  return {
    /** Learns from the lanes how the last try to each destination ended: a new process is as kind as the last one was. */
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
        case 'ABANDON':
          await record(portalId, { type: 'AbandonDelivery', deliveryId: step.delivery.deliveryId });
          return 'again';
        case 'START_REPLAY':
          await commands.execute('startReplay', { portalId }, cause());
          return 'again';
        case 'FINISH_REPLAY':
          await commands.execute('finishReplay', { portalId }, cause());
          return 'again';
        case 'START':
        case 'ATTEMPT':
          if (destination) await send(portalId, destination);
          return 'again';
        default:
          return step satisfies never;
      }
    },

    /** Someone changed what the lane is to do: it waits for no slot that it may not need any more. */
    reconsider: (portalId: string): void => limiter.withdraw(portalId),

    /** The lane has nothing to do for now: what was prepared for it is let go. */
    idle: (portalId: string): void => prefetch.drop(portalId),
  };
}
