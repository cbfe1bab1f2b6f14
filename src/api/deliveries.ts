import { streamOf } from '../domain/stream.js';
import { attemptOf, type Delivery, deliveriesOf, isAttempt } from '../queries/deliveries.js';
import { selectEvents } from './live.js';
import { operation } from './operation.js';
import { assertRetained, encodeCursor, type PageRequest, parsePosition, rangeOf } from './page.js';
import { existingPortal } from './portals.js';

export const deliveryCursor = ({ version }: Delivery): string => encodeCursor(version);

/** The deliveries of a portal, newest first. */
export const deliveries = operation('deliveries', (input: PageRequest & { portalId: unknown }, context): Delivery[] => {
  const portalId = existingPortal(input.portalId, context);
  const range = rangeOf(input);
  const horizon = context.log.horizon(streamOf('delivery', portalId));
  assertRetained(range.after, horizon.version, 'after');
  assertRetained(range.before, horizon.version, 'before');
  return deliveriesOf(portalId, range, context.log);
});

/** Every attempt to deliver logins of a portal, when it ends. */
export const deliveryAttempts = operation(
  'deliveryAttempts',
  (input: { portalId: unknown; after?: string | null | undefined }, context) => {
    const id = existingPortal(input.portalId, context);
    return selectEvents(streamOf('delivery', id), parsePosition(input.after, context.tail.head()), context, (event) =>
      isAttempt(event) ? attemptOf(event) : null,
    );
  },
);
