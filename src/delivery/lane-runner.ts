/** One step of a lane: it looks where the lane stands (`nextStep`) and does that one thing. What it did is an event. */
import type { Commands } from '../commands/handlers.js';
import type { Cause, Recorded } from '../domain/event.js';
import { type DeliveryCommand, type Outcome, type Purpose, pausedUntil } from '../domain/lane/decide.js';
import type { OpenDelivery } from '../domain/lane/lane.js';
import { type LoginRange, loginCount } from '../domain/login-range.js';
import { Refusal } from '../domain/refusal.js';
import type { DestinationRow } from '../projections/destinations.js';
import { type Random, randomFraction, randomTraceId, randomUuid } from '../runtime/random.js';
import type { Secrets } from '../vault/secrets.js';
import { createKept } from './batch/body-cache.js';
import { createPreparer } from './batch/prefetch.js';
import type { Render } from './batch/render.js';
import { targetOf } from './kinds/http/target.js';
import { createView, planAgain, type ViewDeps } from './lane-view.js';
import { createSlots } from './limiter.js';
import type { Post, Sender } from './transport/sender.js';

/** How long to wait before an outcome that could not be recorded is tried to be recorded again. */
const RECORD_AGAIN_MS = 1_000;
/** Bodies of deliveries between two attempts, over all lanes: 20 to 40 KB each where a batch is full. */
const MAX_KEPT_BYTES = 16_777_216;

export interface StepDeps extends ViewDeps {
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

/** What to do with the lane after a step: look again at once, when it is poked, or at a time (ms). */
export type Next = 'again' | 'rest' | { until: number };

/** A batch on its way to the sender. */
interface Batch extends Post {
  lines: number;
}

/**
 * @param stopping once aborted nothing new is begun; what is on the wire ends, and its outcome is recorded
 * @param onHealthy called when a destination has taken something after it had failed
 */
export function createSteps(deps: StepDeps, stopping: AbortSignal, onHealthy: (destinationId: string) => void) {
  const { commands, models, sender, clock, random } = deps;
  const slots = createSlots(clock, stopping);
  const view = createView(deps, slots.healthySince);
  const preparer = createPreparer(deps.render, 2 * deps.renderers);
  const kept = createKept(MAX_KEPT_BYTES);

  /** Waits for a slot of the destination and then looks again: while it waited, anything may have changed. */
  async function withSlot(portalId: string, capacityOf: DestinationRow): Promise<void> {
    const release = await slots.take(capacityOf.id, portalId, capacityOf);
    if (!release) return;
    try {
      const { step, destination } = view.look(portalId);
      if (stopping.aborted || destination?.id !== capacityOf.id) return;
      if (step.do === 'start') await startBatch(portalId, step.range, step.purpose, destination);
      if (step.do === 'try') {
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
    const plan = view.planOf(portalId, range, destination);
    const { lastVersion, body } = await preparer.take(plan);
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
    const before = kept.take(delivery.deliveryId);
    if (before) return before;
    const rendered = await preparer.take(planAgain(portalId, delivery));
    if (rendered.lastVersion !== delivery.lastVersion) {
      throw new Error(`Delivery ${delivery.deliveryId} cannot be written as it was`);
    }
    return rendered.body;
  }

  /** Tries a delivery, and goes on with what waits behind it for as long as all goes well and nobody else's turn has come. */
  async function deliver(portalId: string, destinationId: string, first: Batch): Promise<void> {
    let batch: Batch | null = first;
    while (batch) batch = await tryDelivery(portalId, destinationId, batch);
  }

  /** One try; gives back the next batch if it was started along with recording the outcome of this one. */
  async function tryDelivery(portalId: string, destinationId: string, batch: Batch): Promise<Batch | null> {
    // No try without a log to record its outcome in.
    if (!commands.writable()) await commands.probe();
    // Nothing is awaited from here to the request: no setting that was acknowledged before it is ignored by it.
    const { step, destination } = view.look(portalId);
    if (stopping.aborted || step.do !== 'try' || step.delivery.deliveryId !== batch.deliveryId) return null;
    if (destination?.id !== destinationId || slots.isShut(destinationId)) return null;
    slots.spend(destinationId, batch.lines, destination);
    const sending = sender.send(targetOf(destination, deps.secrets), batch);
    try {
      prepareNext(portalId, destination);
    } catch {
      // Only a guess: what is on the wire must not be forgotten for it.
    }
    const outcome = await sending;
    const isDelivered = outcome.verdict === 'DELIVERED';
    if (slots.ended(destinationId, !isDelivered, pausedUntil(outcome))) onHealthy(destinationId);
    const attemptNumber = step.delivery.failedAttempts + 1;
    if (
      isDelivered &&
      step.delivery.purpose === 'FIRST' &&
      !stopping.aborted &&
      !slots.isOver(destinationId, destination)
    ) {
      return goOn(portalId, destinationId, () => recordOutcome(portalId, batch.deliveryId, attemptNumber, outcome));
    }
    if (!isDelivered) preparer.drop(portalId);
    if (outcome.verdict === 'RETRYABLE') kept.keep(batch.deliveryId, batch.body);
    await recordOutcome(portalId, batch.deliveryId, attemptNumber, outcome);
    return null;
  }

  /** Records that a batch was delivered and, in the same group, starts the one behind it. */
  async function goOn(
    portalId: string,
    destinationId: string,
    recordDelivered: () => Promise<void>,
  ): Promise<Batch | null> {
    // What cannot be rendered now is for the next look.
    const next = await batchBehind(portalId, destinationId).catch(() => null);
    const [delivered, started] = await Promise.allSettled([
      recordDelivered(),
      next && record(portalId, { type: 'StartBatch', batch: next.batch }),
    ]);
    if (delivered.status === 'rejected') throw delivered.reason;
    if (!next || started.status === 'rejected') return null;
    return { deliveryId: next.batch.deliveryId, body: next.body, lines: loginCount(next.batch) };
  }

  async function batchBehind(portalId: string, destinationId: string) {
    const behind = view.behindOpen(portalId);
    return behind?.destination.id === destinationId ? makeBatch(portalId, behind.range, behind.destination) : null;
  }

  /** While a batch is on the wire, the ones behind it are rendered. */
  function prepareNext(portalId: string, destination: DestinationRow): void {
    for (const range of view.comingBatches(portalId, destination, deps.renderers)) {
      preparer.ahead(view.planOf(portalId, range, destination));
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

  const cause = (): Cause => ({ actor: 'system', traceId: randomTraceId(random) });

  async function record(portalId: string, command: DeliveryCommand): Promise<void> {
    const events = await commands.execute('advanceDelivery', { portalId, command }, cause());
    for (const event of events) deps.onRecorded(event);
  }

  return {
    /** Learns from the lanes how the last try to each destination ended: a new process is as kind as the last one was. */
    restore(portalIds: readonly string[]): void {
      const tried = portalIds
        .map((portalId) => models.lanes.get(portalId).lane)
        .filter(({ webhook, lastAttempt }) => webhook && lastAttempt?.destinationId === webhook.destinationId)
        .sort((one, other) => (one.lastAttempt?.at ?? 0) - (other.lastAttempt?.at ?? 0));
      for (const { webhook, failing, destinationPausedUntil } of tried) {
        slots.ended(webhook?.destinationId ?? '', failing, destinationPausedUntil);
      }
    },

    /** @throws Refusal while the log cannot be written */
    async advance(portalId: string): Promise<Next> {
      const { step, destination } = view.look(portalId);
      switch (step.do) {
        case 'rest':
          return 'rest';
        case 'wait':
          return { until: step.until };
        case 'supersede':
          await record(portalId, { type: 'SupersedeDelivery', deliveryId: step.delivery.deliveryId });
          return 'again';
        case 'give up':
          await record(portalId, { type: 'GiveUpDelivery', deliveryId: step.delivery.deliveryId });
          return 'again';
        case 'start replay':
          await commands.execute('startReplay', { portalId }, cause());
          return 'again';
        case 'finish replay':
          await commands.execute('finishReplay', { portalId }, cause());
          return 'again';
        case 'start':
        case 'try':
          if (destination) await withSlot(portalId, destination);
          return 'again';
        default:
          return step satisfies never;
      }
    },

    /** Someone changed what the lane is to do: it waits for no slot that it may not need any more. */
    reconsider: (portalId: string): void => slots.leave(portalId),

    /** The lane has nothing to do for now: what was prepared for it is let go. */
    rested: (portalId: string): void => preparer.drop(portalId),
  };
}
