/** One step of a lane: it looks where the lane stands (`nextStep`) and does that one thing. What it did is an event. */
import type { Clock } from '../clock.js';
import type { Commands } from '../commands/handlers.js';
import type { DeliveryCommand, LineSettings, LoginRange, Outcome } from '../domain/delivery.js';
import type { Cause, Recorded } from '../domain/event.js';
import { behindOpen, fullBatches, nextStep, type OpenDelivery, type Step } from '../domain/lane.js';
import { Refusal } from '../domain/refusal.js';
import type { LogReader } from '../log/read.js';
import type { DestinationRow } from '../projections/destinations.js';
import type { ReadModels } from '../projections/read-models.js';
import { type Random, randomFraction, randomTraceId, randomUuid } from '../random.js';
import { AUTHORIZATION, type Secrets } from '../secrets.js';
import { createPreparer } from './prepare.js';
import type { Plan, Render } from './render.js';
import type { Post, Sender, Target } from './send.js';
import { createSlots } from './slots.js';

/** Requests under way to one destination at a time, whatever the number of portals that use it. */
const MAX_IN_FLIGHT_PER_DESTINATION = 16;
/** How long to wait before an outcome that could not be recorded is tried to be recorded again. */
const RECORD_AGAIN_MS = 1_000;

export interface StepDeps {
  commands: Commands;
  log: LogReader;
  models: ReadModels;
  secrets: Secrets;
  render: Render;
  /** How many batches are rendered at the same time: so many are prepared while one is on the wire. */
  renderers: number;
  sender: Sender;
  clock: Clock;
  random: Random;
  line: Omit<LineSettings, 'organizationId'>;
  /** Told of each event of a delivery, once it is durable. */
  onRecorded: (event: Recorded) => void;
}

/** What to do with the lane after a step: look again at once, when it is poked, or at a time (ms). */
export type Next = 'again' | 'rest' | { until: number };

/** @param stopping once aborted nothing new is begun; what is on the wire ends, and its outcome is recorded */
export function createSteps(deps: StepDeps, stopping: AbortSignal) {
  const { commands, log, models, secrets, sender, clock, random } = deps;
  const slots = createSlots(MAX_IN_FLIGHT_PER_DESTINATION);
  const preparer = createPreparer(deps.render, 2 * deps.renderers);

  function look(portalId: string): { step: Step; destination: DestinationRow | undefined } {
    const { lane } = models.lanes.get(portalId);
    const destination = lane.webhook ? models.destinations.get(lane.webhook.destinationId) : undefined;
    return { step: nextStep(lane, lastLogin(portalId), destination?.logFormat ?? null, clock.now()), destination };
  }

  const lastLogin = (portalId: string): number => log.lastVersion(`login-${portalId}`);

  /** Waits for a slot of the destination and then looks again: while it waited, anything may have changed. */
  async function withSlot(portalId: string, destinationId: string): Promise<void> {
    const release = await slots.take(destinationId);
    try {
      const { step, destination } = look(portalId);
      if (stopping.aborted || destination?.id !== destinationId) return;
      if (step.do === 'start') await startBatch(portalId, step.range, destination);
      if (step.do === 'try') {
        const { deliveryId } = step.delivery;
        await deliver(portalId, destinationId, { deliveryId, body: await bodyOf(portalId, step.delivery) });
      }
    } finally {
      release();
    }
  }

  /** Decides what is in the batch, makes that durable, and only then sends it. */
  async function startBatch(portalId: string, range: LoginRange, destination: DestinationRow): Promise<void> {
    const { batch, body } = await makeBatch(portalId, range, destination);
    await record(portalId, { type: 'StartBatch', batch });
    await deliver(portalId, destination.id, { deliveryId: batch.deliveryId, body });
  }

  async function makeBatch(portalId: string, range: LoginRange, destination: DestinationRow) {
    const plan = planOf(portalId, range, destination);
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

  function planOf(portalId: string, range: LoginRange, { logFormat }: DestinationRow): Plan {
    const [signingKey] = models.identity.signingKeys();
    const organizationId = models.identity.organizationId();
    if (!signingKey || !organizationId) throw new Error('There is no signing key or no organisation');
    return { portalId, ...range, logFormat, signingKeyId: signingKey.id, line: { ...deps.line, organizationId } };
  }

  /** The same bytes again: everything that shapes a line was recorded when the batch was started. */
  async function bodyOf(portalId: string, delivery: OpenDelivery): Promise<Buffer> {
    const { firstVersion, lastVersion, logFormat, signingKeyId, line } = delivery;
    const rendered = await preparer.take({ portalId, firstVersion, lastVersion, logFormat, signingKeyId, line });
    if (rendered.lastVersion !== lastVersion) {
      throw new Error(`Delivery ${delivery.deliveryId} cannot be written as it was`);
    }
    return rendered.body;
  }

  /** Tries a delivery, and goes on with what waits behind it for as long as all goes well and no other lane waits for the slot. */
  async function deliver(portalId: string, destinationId: string, first: Post): Promise<void> {
    let post: Post | null = first;
    while (post) post = await tryDelivery(portalId, destinationId, post);
  }

  /** One try; gives back the next batch if it was started along with recording the outcome of this one. */
  async function tryDelivery(portalId: string, destinationId: string, post: Post): Promise<Post | null> {
    // No try without a log to record its outcome in.
    if (!commands.writable()) await commands.probe();
    // Nothing is awaited from here to the request: no setting that was acknowledged before it is ignored by it.
    const { step, destination } = look(portalId);
    if (stopping.aborted || step.do !== 'try' || step.delivery.deliveryId !== post.deliveryId) return null;
    if (destination?.id !== destinationId) return null;
    const sending = sender.send(targetOf(destination), post);
    try {
      prepareNext(portalId, destination);
    } catch {
      // Only a guess: what is on the wire must not be forgotten for it.
    }
    const outcome = await sending;
    const attempt = step.delivery.failedAttempts + 1;
    if (outcome.verdict === 'DELIVERED' && !stopping.aborted && !slots.isAwaited(destinationId)) {
      return goOn(portalId, destinationId, () => recordOutcome(portalId, post.deliveryId, attempt, outcome));
    }
    if (outcome.verdict !== 'DELIVERED') preparer.drop(portalId);
    await recordOutcome(portalId, post.deliveryId, attempt, outcome);
    return null;
  }

  /** Records that a batch was delivered and, in the same group, starts the one behind it. */
  async function goOn(
    portalId: string,
    destinationId: string,
    recordDelivered: () => Promise<void>,
  ): Promise<Post | null> {
    // What cannot be rendered now is for the next look.
    const next = await batchBehind(portalId, destinationId).catch(() => null);
    const [delivered, started] = await Promise.allSettled([
      recordDelivered(),
      next && record(portalId, { type: 'StartBatch', batch: next.batch }),
    ]);
    if (delivered.status === 'rejected') throw delivered.reason;
    return next && started.status === 'fulfilled' ? { deliveryId: next.batch.deliveryId, body: next.body } : null;
  }

  async function batchBehind(portalId: string, destinationId: string) {
    const { lane } = models.lanes.get(portalId);
    const range = behindOpen(lane, lastLogin(portalId));
    const destination = lane.webhook?.enabled ? models.destinations.get(lane.webhook.destinationId) : undefined;
    return range && destination?.id === destinationId ? makeBatch(portalId, range, destination) : null;
  }

  /** While a batch is on the wire, the ones behind it are rendered. */
  function prepareNext(portalId: string, destination: DestinationRow): void {
    const { lane } = models.lanes.get(portalId);
    for (const range of fullBatches(lane, lastLogin(portalId), deps.renderers)) {
      preparer.ahead(planOf(portalId, range, destination));
    }
  }

  function targetOf(destination: DestinationRow): Target {
    const { id, authorization } = destination;
    return {
      ...destination,
      destinationId: id,
      revision: destination.changedPosition,
      authorization: authorization === null ? null : secrets.open(`destination-${id}`, AUTHORIZATION, authorization),
    };
  }

  /** However long the log cannot be written: what was sent is not sent again because its outcome was not recorded. */
  async function recordOutcome(portalId: string, deliveryId: string, attempt: number, outcome: Outcome): Promise<void> {
    const command: DeliveryCommand = {
      type: 'RecordOutcome',
      deliveryId,
      attempt,
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

  async function record(portalId: string, command: DeliveryCommand): Promise<void> {
    const cause: Cause = { actor: 'system', traceId: randomTraceId(random) };
    const events = await commands.execute('advanceDelivery', { portalId, command }, cause);
    for (const event of events) deps.onRecorded(event);
  }

  return {
    /** @throws Refusal while the log cannot be written */
    async advance(portalId: string): Promise<Next> {
      const { step, destination } = look(portalId);
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
        case 'start':
        case 'try':
          await withSlot(portalId, destination?.id ?? '');
          return 'again';
        default:
          return step satisfies never;
      }
    },

    /** The lane has nothing to do for now: what was prepared for it is let go. */
    rested: (portalId: string): void => preparer.drop(portalId),
  };
}
