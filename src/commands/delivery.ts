import { type DeliveryCommand, decide } from '../domain/delivery.js';
import type { Cause, Recorded } from '../domain/event.js';
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
      const events = decide(command, lane, destination?.logFormat);
      return appender.append([{ stream: `delivery-${portalId}`, events }], cause, now);
    },
  };
}
