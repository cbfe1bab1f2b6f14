import { streamOf } from '../domain/stream.js';
import { attemptOf, type Delivery, type DeliveryAttempt, deliveriesOf, isAttempt } from '../queries/deliveries.js';
import { RESPONSE_EXCERPT } from '../vault/secrets.js';
import { selectEvents } from './live.js';
import { operation } from './operation.js';
import { assertRetained, encodeCursor, type PageRequest, parsePosition, rangeOf } from './page.js';
import { chosenWebhooks, type WebhookChoice } from './webhooks.js';

export const deliveryCursor = ({ position }: Delivery): string => encodeCursor(position);

/** The deliveries of the chosen webhooks, newest first. */
export const deliveries = operation('deliveries', (input: PageRequest & WebhookChoice, context): Delivery[] => {
  const { log } = context;
  const { after, before, limit, inverted } = rangeOf(input);
  const pages = chosenWebhooks(input, context).map(({ id }) => {
    const stream = streamOf('delivery', id);
    const { position: horizon } = log.horizon(stream);
    if (!input.allWebhooks) {
      assertRetained(after, horizon, 'after');
      assertRetained(before, horizon, 'before');
    }
    return deliveriesOf(
      id,
      {
        // The first version at or after the position, and the last one at or before it, both exclusive.
        after: after === undefined ? undefined : log.versionAt(stream, after - 1) + 1,
        before: before === undefined ? undefined : log.versionAt(stream, before),
        limit,
        inverted,
      },
      log,
    );
  });
  if (pages.length === 1) return pages[0] ?? [];
  const order = (one: Delivery, other: Delivery) => (inverted ? 1 : -1) * (one.position - other.position);
  return pages.flat().sort(order).slice(0, limit);
});

/**
 * The excerpt of the answer to an attempt, for callers who may change the destination. null if there is none, or if the destination
 * was deleted: the excerpt went with its data key.
 */
export const responseExcerpt = operation(
  'responseExcerpt',
  ({ responseExcerpt: excerpt }: Pick<DeliveryAttempt, 'responseExcerpt'>, { secrets }): string | null =>
    excerpt
      ? secrets.openIfKept(streamOf('destination', excerpt.destinationId), RESPONSE_EXCERPT, excerpt.sealed)
      : null,
);

/** Every attempt of the chosen webhooks, when it ends; with `allWebhooks`, of later webhooks, too. */
export const deliveryAttempts = operation(
  'deliveryAttempts',
  (input: WebhookChoice & { after?: string | null | undefined }, context): AsyncIterableIterator<DeliveryAttempt> => {
    const webhooks = chosenWebhooks(input, context);
    const [first] = webhooks;
    const after = parsePosition(input.after, context.tail.head());
    const { log, models } = context;
    const streams = webhooks.map(({ id }) => streamOf('delivery', id));
    // A webhook that is gone may have had attempts since.
    const gone = input.allWebhooks && first && after !== undefined ? models.webhooks.goneOf(first.portalId) : [];
    const missed = gone
      .map((id) => streamOf('delivery', id))
      .filter((stream) => log.versionAt(stream, after ?? 0) < log.lastVersion(stream));
    return selectEvents(
      [...streams, ...missed],
      after,
      context,
      (event) => (isAttempt(event) ? attemptOf(event) : null),
      (subscription) =>
        input.allWebhooks && first
          ? context.webhookFeed.follow(first.portalId, (id) => subscription.add(streamOf('delivery', id)))
          : () => {},
    );
  },
);
