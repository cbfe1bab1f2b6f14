import * as api from '../src/api/webhooks.js';
import type { StatusAt } from '../src/queries/status.js';
import { builder } from './builder.js';
import { WebhookType } from './webhook.js';
import { choiceOf, WebhookChoiceInput, webhooksDescription } from './webhook-choice.js';
import { WebhookStatusType } from './webhook-status.js';

const WebhookStatusChanged = builder.objectRef<StatusAt & { webhook: api.Webhook }>('WebhookStatusChanged').implement({
  description: 'The status of a webhook after a change.',
  fields: (t) => ({
    position: t.string({
      description: 'The position of this payload. Pass it as `after` when you reconnect.',
      resolve: ({ position }) => String(position),
    }),
    portalId: t.exposeID('portalId', { description: 'The UUID of the portal.' }),
    webhookId: t.exposeID('webhookId', { description: 'The UUID of the webhook.' }),
    webhook: t.expose('webhook', { type: WebhookType, description: 'The webhook now.' }),
    status: t.expose('status', { type: WebhookStatusType, description: 'The status now.' }),
  }),
});

builder.subscriptionField('webhookStatusChanged', (t) =>
  t.field({
    type: WebhookStatusChanged,
    description:
      'Sends the status of a webhook now, then after each change by a configuration or a delivery. A slow client gets the latest status, not every one.',
    args: {
      portalId: t.arg.id({
        description:
          'The UUID of the portal. With `webhooks: { all: true }`, leave it out for the webhooks of all portals.',
      }),
      webhooks: t.arg({ type: WebhookChoiceInput, description: webhooksDescription }),
      after: t.arg.string({
        description: 'The last `position` that you received. The first payload is left out if nothing changed since.',
      }),
    },
    subscribe: (_, args, context) => api.webhookStatusChanges({ ...choiceOf(args), after: args.after }, context),
    resolve: (payload) => payload,
  }),
);
