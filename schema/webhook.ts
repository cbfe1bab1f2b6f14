import { destination } from '../src/api/destinations.js';
import { portal } from '../src/api/portals.js';
import * as api from '../src/api/webhooks.js';
import { webhookNodeId } from '../src/domain/webhook.js';
import { builder } from './builder.js';
import { DestinationType } from './destination.js';
import { NodeInterface } from './node.js';
import { WebhookStatusType } from './webhook-status.js';

export const WebhookType = builder.objectRef<api.Webhook>('Webhook').implement({
  interfaces: [NodeInterface],
  description:
    'The connection from a portal to a destination, on or off. A portal has up to 10, each with its own deliveries, status, undelivered ranges and replays. Every login is due in each that is on.',
  fields: (t) => ({
    id: t.id({
      description: 'The id of the webhook as a node. Every argument `webhookId` takes it, too.',
      resolve: ({ id }) => webhookNodeId(id),
    }),
    webhookId: t.exposeID('id', {
      description: 'The UUID of the webhook. The webhook `default` has the UUID of its portal.',
    }),
    portalId: t.exposeID('portalId', { description: 'The UUID of the portal.' }),
    // Not the portal itself: a cycle in the schema would let a small query ask for an answer of any size.
    portalName: t.string({
      description: 'The name of the portal.',
      resolve: ({ portalId }, _, context) => portal(portalId, context)?.name ?? '',
    }),
    portalRetiredAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the portal was retired; null if it is not retired.',
      resolve: ({ portalId }, _, context) => portal(portalId, context)?.retiredAt ?? null,
    }),
    name: t.exposeString('name', {
      description: 'The name. No two webhooks of a portal have the same name. `default` cannot be renamed.',
    }),
    destination: t.field({
      type: DestinationType,
      nullable: true,
      description: 'The destination that gets the logins; null if the webhook is not configured.',
      resolve: ({ destinationId }, _, context) => (destinationId === null ? null : destination(destinationId, context)),
    }),
    enabled: t.exposeBoolean('enabled', { description: 'Whether the webhook is on.' }),
    configuredAt: t.expose('configuredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the webhook was last configured; null if it is not configured.',
    }),
    status: t.field({
      type: WebhookStatusType,
      description: 'The status now.',
      resolve: ({ id }, _, context) => api.webhookStatus(id, context),
    }),
  }),
});

builder.queryField('webhook', (t) =>
  t.field({
    type: WebhookType,
    nullable: true,
    description:
      'A webhook by its id; null if it does not exist. A removed webhook can be read while it has undelivered logins.',
    args: { id: t.arg.id({ required: true, description: 'The `id` or the UUID of the webhook.' }) },
    resolve: (_, { id }, context) => api.webhook(id, context),
  }),
);
