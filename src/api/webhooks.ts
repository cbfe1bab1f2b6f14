import { parse } from '../domain/input.js';
import { streamOf } from '../domain/stream.js';
import { configureWebhook as configureInput, removeWebhook as removeInput } from '../domain/webhook.js';
import type { StatusAt, WebhookStatus } from '../queries/status.js';
import type { Context } from './context.js';
import { stateChanges } from './live.js';
import { operation } from './operation.js';
import { parsePosition } from './page.js';
import { existingPortal } from './portals.js';

/** The webhook of a portal. Without a configuration it has no destination. */
export interface Webhook {
  portalId: string;
  destinationId: string | null;
  enabled: boolean;
  configuredAt: number | null;
}

/** @returns the webhook as it is now */
export const configureWebhook = operation('configureWebhook', async (input: unknown, context) =>
  view(await context.commands.execute('configureWebhook', parse(configureInput, input), context.cause), context),
);

/** @returns the webhook as it is now */
export const removeWebhook = operation('removeWebhook', async (input: unknown, context) =>
  view(await context.commands.execute('removeWebhook', parse(removeInput, input), context.cause), context),
);

export const webhook = operation('webhook', view);

export const webhookStatus = operation(
  'webhookStatus',
  (portalId: string, { statusOf }): WebhookStatus => statusOf(portalId).status,
);

/** The status now, and again after every change. */
export const webhookStatusChanges = operation(
  'webhookStatusChanges',
  (input: { portalId: unknown; after?: string | null | undefined }, context): AsyncIterableIterator<StatusAt> => {
    const id = existingPortal(input.portalId, context);
    return stateChanges(
      [streamOf('webhook', id), streamOf('delivery', id), streamOf('undelivered', id)],
      parsePosition(input.after, context.tail.head()),
      context,
      () => context.statusOf(id),
      ({ status }) => status,
    );
  },
);

function view(portalId: string, { models }: Context): Webhook {
  return models.webhooks.get(portalId) ?? { portalId, destinationId: null, enabled: false, configuredAt: null };
}
