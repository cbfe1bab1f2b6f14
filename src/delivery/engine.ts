/**
 * The delivery engine: a reader of the log that runs one lane a portal. A lane looks at where it stands (`nextStep`), does
 * that one thing, and looks again; what it did is an event, so that a new process goes on where the last one stopped. In
 * memory there is only which lanes are running and one timer for each that waits.
 */
import type { Clock } from '../clock.js';
import type { Commands } from '../commands/handlers.js';
import type { DeliveryCommand, LineSettings, Outcome } from '../domain/delivery.js';
import { type Cause, type Recorded, streamId } from '../domain/event.js';
import { nextStep, type OpenDelivery, type Step, sizeOf } from '../domain/lane.js';
import type { Login } from '../domain/login.js';
import { Refusal } from '../domain/refusal.js';
import type { LogReader } from '../log/read.js';
import type { Tail, TailReader } from '../log/tail.js';
import type { DestinationRow } from '../projections/destinations.js';
import type { ReadModels } from '../projections/read-models.js';
import { type Random, randomFraction, randomTraceId, randomUuid } from '../random.js';
import { AUTHORIZATION, type Secrets } from '../secrets.js';
import { type Compress, encode, writeLines } from './batch.js';
import type { Sender, Target } from './send.js';
import type { Sign } from './sign.js';
import { createSlots } from './slots.js';

/** Requests under way to one destination at a time, whatever the number of portals that use it. */
const MAX_IN_FLIGHT_PER_DESTINATION = 16;
/** How long a lane waits after the log could not be written, or after a fault of our own. */
const PAUSE_MS = 1_000;

export interface EngineDeps {
  commands: Commands;
  tail: Tail;
  log: LogReader;
  models: ReadModels;
  secrets: Secrets;
  signerOf: (signingKeyId: string) => Sign;
  compress: Compress;
  sender: Sender;
  clock: Clock;
  random: Random;
  line: Omit<LineSettings, 'organizationId'>;
  onFault: (error: unknown, portalId: string) => void;
}

export interface Engine {
  start(): void;
  /** Lets what is under way end, and starts nothing more. */
  stop(): Promise<void>;
}

export function createEngine(deps: EngineDeps): Engine {
  const { commands, tail, log, models, secrets, signerOf, compress, sender, clock, random, line, onFault } = deps;
  const slots = createSlots(MAX_IN_FLIGHT_PER_DESTINATION);
  const running = new Map<string, Promise<void>>();
  const pokedAgain = new Set<string>();
  // After a fault: poked or not, they wait.
  const paused = new Set<string>();
  const timers = new Map<string, () => void>();
  let reader: TailReader | null = null;
  let stopping = false;

  async function follow(events: TailReader): Promise<void> {
    for await (const event of events) for (const portalId of lanesOf(event)) poke(portalId);
  }

  /** The lanes that have to look again because of an event. What a lane does itself, it follows up itself. */
  function lanesOf(event: Recorded): string[] {
    switch (event.type) {
      case 'LoginRecorded':
      case 'WebhookConfigured':
      case 'WebhookRemoved':
        return [streamId(event.stream)];
      case 'DestinationUpdated':
        return models.webhooks.portalsUsing(streamId(event.stream)).map(({ id }) => id);
      default:
        return [];
    }
  }

  function poke(portalId: string): void {
    if (stopping || paused.has(portalId)) return;
    if (running.has(portalId)) pokedAgain.add(portalId);
    else running.set(portalId, run(portalId));
  }

  async function run(portalId: string): Promise<void> {
    // So that `running` holds this lane before its first step ends it.
    await Promise.resolve();
    timers.get(portalId)?.();
    timers.delete(portalId);
    do {
      pokedAgain.delete(portalId);
      while (!stopping && (await advance(portalId)));
    } while (!stopping && !paused.has(portalId) && pokedAgain.has(portalId));
    running.delete(portalId);
  }

  /** One step of a lane. False: there is nothing to do until the lane is poked. */
  async function advance(portalId: string): Promise<boolean> {
    try {
      const { step, destination } = look(portalId);
      switch (step.do) {
        case 'rest':
          return false;
        case 'wait':
          wakeAt(portalId, step.until);
          return false;
        case 'supersede':
          await record(portalId, { type: 'SupersedeDelivery', deliveryId: step.delivery.deliveryId });
          return true;
        case 'give up':
          await record(portalId, { type: 'GiveUpDelivery', deliveryId: step.delivery.deliveryId });
          return true;
        case 'start':
        case 'try':
          await withSlot(portalId, destination?.id ?? '');
          return true;
        default:
          return step satisfies never;
      }
    } catch (error) {
      if (stopping) return false;
      if (!(error instanceof Refusal)) onFault(error, portalId);
      paused.add(portalId);
      wakeAt(portalId, clock.now() + PAUSE_MS);
      return false;
    }
  }

  function look(portalId: string): { step: Step; destination: DestinationRow | undefined } {
    const { lane } = models.lanes.get(portalId);
    const destination = lane.webhook ? models.destinations.get(lane.webhook.destinationId) : undefined;
    const lastLogin = log.lastVersion(`login-${portalId}`);
    return { step: nextStep(lane, lastLogin, destination?.logFormat ?? null, clock.now()), destination };
  }

  /** Waits for a slot of the destination and then looks again: while it waited, anything may have changed. */
  async function withSlot(portalId: string, destinationId: string): Promise<void> {
    const release = await slots.take(destinationId);
    try {
      const { step, destination } = look(portalId);
      if (stopping || destination?.id !== destinationId) return;
      if (step.do === 'start') await startBatch(portalId, step.range, destination);
      if (step.do === 'try') {
        const body = await bodyOf(portalId, step.delivery);
        await tryDelivery(portalId, step.delivery.deliveryId, destinationId, body);
      }
    } finally {
      release();
    }
  }

  /** Decides what is in the batch, makes that durable, and only then sends it. */
  async function startBatch(
    portalId: string,
    range: { firstVersion: number; lastVersion: number },
    destination: DestinationRow,
  ) {
    const [signingKey] = models.identity.signingKeys();
    const organizationId = models.identity.organizationId();
    if (!signingKey || !organizationId) throw new Error('There is no signing key or no organisation');
    const rendering = { portalId, logFormat: destination.logFormat, line: { ...line, organizationId } };
    const lines = writeLines(loginsOf(portalId, range), rendering);
    const delivery: OpenDelivery = {
      firstVersion: range.firstVersion,
      lastVersion: range.firstVersion + lines.length - 1,
      deliveryId: randomUuid(random),
      destinationId: destination.id,
      logFormat: destination.logFormat,
      signingKeyId: signingKey.id,
      line: rendering.line,
      failedAttempts: 0,
      retryDueAt: null,
    };
    const { failedAttempts: _, retryDueAt: __, ...batch } = delivery;
    const [body] = await Promise.all([
      encode(lines, delivery.logFormat, signerOf(delivery.signingKeyId), compress),
      record(portalId, { type: 'StartBatch', batch }),
    ]);
    await tryDelivery(portalId, delivery.deliveryId, destination.id, body);
  }

  /** The same bytes again: everything that shapes a line was recorded when the batch was started. */
  function bodyOf(portalId: string, delivery: OpenDelivery): Promise<Buffer> {
    const lines = writeLines(loginsOf(portalId, delivery), { portalId, ...delivery });
    if (lines.length !== sizeOf(delivery))
      throw new Error(`Delivery ${delivery.deliveryId} cannot be written as it was`);
    return encode(lines, delivery.logFormat, signerOf(delivery.signingKeyId), compress);
  }

  function loginsOf(
    portalId: string,
    { firstVersion, lastVersion }: { firstVersion: number; lastVersion: number },
  ): Login[] {
    return log
      .range(`login-${portalId}`, firstVersion, lastVersion)
      .flatMap((event) => (event.type === 'LoginRecorded' ? [event.data] : []));
  }

  async function tryDelivery(portalId: string, deliveryId: string, destinationId: string, body: Buffer): Promise<void> {
    // No try without a log to record its outcome in.
    if (!commands.writable()) await commands.probe();
    // Nothing is awaited from here to the request: no setting that was acknowledged before it is ignored by it.
    const { step, destination } = look(portalId);
    if (stopping || step.do !== 'try' || step.delivery.deliveryId !== deliveryId) return;
    if (destination?.id !== destinationId) return;
    const outcome = await sender.send(targetOf(destination), { deliveryId, body });
    await recordOutcome(portalId, deliveryId, step.delivery.failedAttempts + 1, outcome);
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
    while (!stopping) {
      try {
        return await record(portalId, command);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        await new Promise<void>((resolve) => clock.at(clock.now() + PAUSE_MS, resolve));
      }
    }
    await record(portalId, command);
  }

  function record(portalId: string, command: DeliveryCommand): Promise<void> {
    const cause: Cause = { actor: 'system', traceId: randomTraceId(random) };
    return commands.execute('advanceDelivery', { portalId, command }, cause);
  }

  function wakeAt(portalId: string, time: number): void {
    if (stopping) return;
    timers.get(portalId)?.();
    timers.set(
      portalId,
      clock.at(time, () => {
        timers.delete(portalId);
        paused.delete(portalId);
        poke(portalId);
      }),
    );
  }

  return {
    start() {
      // First the reader, then the lanes as they are: what is appended in between is seen twice, never missed.
      reader = tail.from('all', tail.head());
      void follow(reader);
      for (const portalId of models.lanes.portalIds()) poke(portalId);
    },
    async stop() {
      stopping = true;
      await reader?.return();
      for (const cancel of timers.values()) cancel();
      timers.clear();
      await Promise.allSettled(running.values());
    },
  };
}
