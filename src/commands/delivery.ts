import { healthAfter } from '../domain/destination-health.js';
import type { Recorded } from '../domain/event.js';
import type { SealedExcerpt } from '../domain/lane/attempt.js';
import { type DeliveryCommand, decide, pausedUntil } from '../domain/lane/decide.js';
import type { DeliveryEvent } from '../domain/lane/events.js';
import { isPartOf, type Lane, openDelivery, type Sender } from '../domain/lane/lane.js';
import type { ReplayEvent } from '../domain/replay.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import type { Change } from '../log/event-log.js';
import { RESPONSE_EXCERPT } from '../vault/secrets.js';
import type { CommandContext } from './context.js';

export function deliveryHandlers({ writer, models, secrets }: CommandContext) {
  /** The webhook that sends: the lane's own, or the one that the batch or the open delivery goes through. */
  function senderFor(webhookId: string, lane: Lane, command: DeliveryCommand): Sender | null {
    if (lane.webhook) return lane.webhook;
    const id = command.type === 'StartBatch' ? command.batch.throughWebhookId : lane.redelivery.open?.throughWebhookId;
    const through = id === undefined || id === webhookId ? undefined : models.webhooks.get(id);
    return through?.destinationId ? { destinationId: through.destinationId, enabled: through.enabled } : null;
  }

  /** How an attempt changes the health of its destination. */
  function healthChanges(lane: Lane, command: DeliveryCommand, events: readonly DeliveryEvent[]): Change[] {
    const delivery = command.type === 'RecordOutcome' ? openDelivery(lane, command.deliveryId) : null;
    if (command.type !== 'RecordOutcome' || !delivery || !events.length) return [];
    const { destinationId } = delivery;
    if (!models.destinations.get(destinationId)) return [];
    const { outcome } = command;
    const isDelivered = outcome.verdict === 'DELIVERED';
    const changed = healthAfter(
      models.destinationHealth.get(destinationId),
      outcome,
      isDelivered,
      pausedUntil(outcome),
    );
    return [{ stream: streamOf('health', destinationId), events: changed }];
  }

  /** Seals the excerpt of an answer. It is dropped if the destination was deleted meanwhile: its data key must not be made anew. */
  function sealExcerpt(lane: Lane, command: DeliveryCommand): DeliveryCommand<SealedExcerpt> {
    if (command.type !== 'RecordOutcome') return command;
    const { responseExcerpt = null, ...outcome } = command.outcome;
    const destinationId = openDelivery(lane, command.deliveryId)?.destinationId;
    if (responseExcerpt === null || destinationId === undefined || !models.destinations.get(destinationId)) {
      return { ...command, outcome: { ...outcome, responseExcerpt: null } };
    }
    const sealed = secrets.seal(streamOf('destination', destinationId), RESPONSE_EXCERPT, responseExcerpt);
    return { ...command, outcome: { ...outcome, responseExcerpt: { destinationId, sealed } } };
  }

  return {
    /** A command of the delivery engine for the lane of a webhook. A late command changes nothing. */
    advanceDelivery(
      { webhookId, command }: { webhookId: string; command: DeliveryCommand },
      cause: Cause,
      now: number,
    ): Recorded[] {
      const { lane } = models.lanes.get(webhookId);
      const sender = senderFor(webhookId, lane, command);
      const destination = sender && models.destinations.get(sender.destinationId);
      const events = decide(sealExcerpt(lane, command), lane, {
        sender,
        logFormat: destination?.logFormat,
        workedBefore: () => !!destination && models.destinationHealth.get(destination.id).healthySince !== null,
        undeliveredIn: (range) => models.undelivered.countIn(webhookId, range),
      });
      return writer.append(
        [
          { stream: streamOf('delivery', webhookId), events },
          { stream: streamOf('replay', webhookId), events: events.flatMap((event) => failureOf(event, lane, now)) },
          ...healthChanges(lane, command, events),
        ],
        cause,
        now,
      );
    },
  };
}

/** If a batch of a replay is abandoned, the job fails, except if the batch was one line that the receiver rejected. */
function failureOf(event: DeliveryEvent, lane: Lane, at: number): ReplayEvent[] {
  if (event.type !== 'BatchAbandoned' || event.data.reason || !lane.replay) return [];
  if (!isPartOf(lane.replay, openDelivery(lane, event.data.deliveryId))) return [];
  const { responseCode, message } = event.data;
  const failure = responseCode === null ? message : `${responseCode} ${message}`;
  return [{ type: 'ReplayFailed', data: { jobId: lane.replay.jobId, message: failure, at } }];
}
