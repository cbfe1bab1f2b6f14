import type { Recorded } from '../domain/event.js';
import { type DeliveryCommand, decide } from '../domain/lane/decide.js';
import type { DeliveryEvent } from '../domain/lane/events.js';
import { isPartOf, type Lane, openDelivery } from '../domain/lane/lane.js';
import type { ReplayEvent } from '../domain/replay.js';
import type { Cause } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import type { CommandContext } from './context.js';

export function deliveryHandlers({ writer, models }: CommandContext) {
  return {
    /** A command of the delivery engine for the lane of a portal. A late command changes nothing. */
    advanceDelivery(
      { portalId, command }: { portalId: string; command: DeliveryCommand },
      cause: Cause,
      now: number,
    ): Recorded[] {
      const { lane } = models.lanes.get(portalId);
      const destination = lane.webhook && models.destinations.get(lane.webhook.destinationId);
      const events = decide(command, lane, {
        logFormat: destination?.logFormat,
        undeliveredIn: (range) => models.undelivered.countIn(portalId, range),
      });
      return writer.append(
        [
          { stream: streamOf('delivery', portalId), events },
          { stream: streamOf('replay', portalId), events: events.flatMap((event) => failureOf(event, lane, now)) },
        ],
        cause,
        now,
      );
    },
  };
}

/** If a batch of a replay is abandoned, the job fails, except if the batch was one line that was too large. */
function failureOf(event: DeliveryEvent, lane: Lane, at: number): ReplayEvent[] {
  if (event.type !== 'BatchAbandoned' || event.data.reason === 'TOO_LARGE' || !lane.replay) return [];
  if (!isPartOf(lane.replay, openDelivery(lane, event.data.deliveryId))) return [];
  const { responseCode, message } = event.data;
  const failure = responseCode === null ? message : `${responseCode} ${message}`;
  return [{ type: 'ReplayFailed', data: { jobId: lane.replay.jobId, message: failure, at } }];
}
