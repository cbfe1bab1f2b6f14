import type { Cause, Recorded } from '../domain/event.js';
import { type DeliveryCommand, type DeliveryEvent, decide } from '../domain/lane/decide.js';
import { isPartOf, type Lane, openDelivery } from '../domain/lane/lane.js';
import type { ReplayEvent } from '../domain/replay.js';
import type { Deps } from './deps.js';

export function deliveryHandlers({ appender, models }: Deps) {
  return {
    /** A command of the delivery engine against the lane of a portal; one that comes too late changes nothing. */
    advanceDelivery(
      { portalId, command }: { portalId: string; command: DeliveryCommand },
      cause: Cause,
      now: number,
    ): Recorded[] {
      const { lane } = models.lanes.get(portalId);
      const destination = lane.webhook && models.destinations.get(lane.webhook.destinationId);
      const events = decide(command, lane, {
        logFormat: destination?.logFormat,
        undeliveredIn: (range) => models.lanes.undelivered.countIn(portalId, range),
      });
      return appender.append(
        [
          { stream: `delivery-${portalId}`, events },
          { stream: `replay-${portalId}`, events: events.flatMap((event) => failureOf(event, lane, now)) },
        ],
        cause,
        now,
      );
    },
  };
}

/** A part of a replay that is given up ends the job. */
function failureOf(event: DeliveryEvent, lane: Lane, at: number): ReplayEvent[] {
  if (event.type !== 'BatchAbandoned' || event.data.setAside || !lane.replay) return [];
  if (!isPartOf(lane.replay, openDelivery(lane, event.data.deliveryId))) return [];
  const { responseCode, message } = event.data;
  const words = responseCode === null ? message : `${responseCode} ${message}`;
  return [{ type: 'ReplayFailed', data: { jobId: lane.replay.jobId, message: words, at } }];
}
