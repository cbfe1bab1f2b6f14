import type { Commands } from '../commands/handlers.js';
import type { Recorded } from '../domain/event.js';
import type { Outcome } from '../domain/lane/attempt.js';
import type { DeliveryCommand } from '../domain/lane/decide.js';
import { Refusal } from '../domain/refusal.js';
import { type Cause, SYSTEM } from '../domain/stream.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Clock } from '../runtime/clock.js';
import { type Random, randomFraction, randomTraceId } from '../runtime/random.js';

/** If an outcome could not be recorded, how long to wait before it is recorded again, in ms. */
const RECORD_AGAIN_MS = 1_000;

export interface RecorderContext {
  commands: Commands;
  models: ReadModels;
  clock: Clock;
  random: Random;
  /** Called with each event of a delivery, once it is durable. */
  onRecorded: (event: Recorded, portalId: string) => void;
}

/**
 * Records what the delivery does, as commands of the system.
 *
 * @param stopping once aborted, an outcome is recorded once more at most
 */
export function createRecorder(
  { commands, models, clock, random, onRecorded }: RecorderContext,
  stopping: AbortSignal,
) {
  /** Repeats while the log cannot be written, so that no batch is sent again because its outcome is missing. */
  async function recordOutcome(
    webhookId: string,
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
        return await record(webhookId, command);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        await new Promise<void>((resolve) => clock.at(clock.now() + RECORD_AGAIN_MS, resolve));
      }
    }
    await record(webhookId, command);
  }

  const cause = (): Cause => ({ actor: SYSTEM, traceId: randomTraceId(random) });

  async function record(webhookId: string, command: DeliveryCommand): Promise<void> {
    const events = await commands.execute('advanceDelivery', { webhookId, command }, cause());
    for (const event of events) onRecorded(event, models.webhooks.portalIdOf(webhookId));
  }

  async function execute(command: 'startReplay' | 'finishReplay', webhookId: string): Promise<void> {
    await commands.execute(command, { webhookId }, cause());
  }

  return { record, recordOutcome, execute };
}
