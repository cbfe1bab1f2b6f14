import { destination } from '../src/api/destinations.js';
import { portal } from '../src/api/portals.js';
import * as api from '../src/api/webhooks.js';
import { type CatchUp, catchUps, webhookNodeId } from '../src/domain/webhook.js';
import { type StatusAt, type WebhookState, type WebhookStatus, webhookStates } from '../src/queries/status.js';
import { lastMessageDescription } from './answer.js';
import { builder, describedValues } from './builder.js';
import { DestinationType } from './destination.js';
import { orRefusal, resultUnion } from './error.js';
import { NodeInterface } from './node.js';
import { choiceOf, WebhookChoiceInput, webhookIdDescription, webhooksDescription } from './webhook-choice.js';

const stateDescriptions: Record<WebhookState, string> = {
  ACTIVE: 'The last attempt succeeded, or there was no attempt to this destination yet.',
  INACTIVE: 'The last attempt failed. Delivery continues.',
  UNCONFIGURED: 'The webhook was never configured, or it was removed.',
};

const WebhookStateEnum = builder.enumType('WebhookState', {
  description: 'The state of the webhook.',
  values: describedValues(webhookStates, stateDescriptions),
});

const WebhookStatusType = builder.objectRef<WebhookStatus>('WebhookStatus').implement({
  description: 'The status of the delivery by a webhook. All numbers are of this webhook alone.',
  fields: (t) => ({
    enabled: t.exposeBoolean('enabled', {
      description: 'Whether the webhook is on: logins that are recorded now are due.',
    }),
    state: t.expose('state', { type: WebhookStateEnum, description: 'The state of the webhook.' }),
    lastAttemptAt: t.expose('lastAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the last attempt started; null before the first attempt.',
    }),
    lastResponseCode: t.exposeInt('lastResponseCode', {
      nullable: true,
      description: 'The HTTP status code of the last attempt; null if none was received.',
    }),
    lastResponseMessage: t.exposeString('lastResponseMessage', {
      nullable: true,
      description: lastMessageDescription,
    }),
    warning: t.exposeString('warning', {
      nullable: true,
      description:
        'Set while the last success had a warning: the receiver answered with a status 2xx, but the body of its answer reports an error. null after a success without one, and after a change of the destination.',
    }),
    pending: t.exposeInt('pending', {
      description: 'The number of logins that are due and neither delivered nor abandoned.',
    }),
    oldestPendingAt: t.expose('oldestPendingAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the oldest pending login was recorded; null if no login is pending.',
    }),
    nextAttemptAt: t.expose('nextAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the next attempt is due; null if none is planned, or if one is due now.',
    }),
    consecutiveFailures: t.exposeInt('consecutiveFailures', {
      description: 'The number of failed attempts since the last success.',
    }),
    deliveredTotal: t.exposeInt('deliveredTotal', {
      description: 'The number of logins delivered. Each login counts once.',
    }),
    undeliveredTotal: t.exposeInt('undeliveredTotal', {
      description: 'The number of logins that are undelivered now. The query `undelivered` lists them.',
    }),
    oldestUndeliveredAt: t.expose('oldestUndeliveredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the oldest undelivered login was recorded; null if there is none.',
    }),
    undeliveredExpiresAt: t.expose('undeliveredExpiresAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the oldest pending or undelivered login expires, if it is not delivered before; null if there is none.',
    }),
    needsActionTotal: t.exposeInt('needsActionTotal', {
      description:
        'The number of undelivered logins that need action: three recoveries failed, or the receiver answered 413 (too large) to a single line. Call `redeliver` or `discardUndelivered`.',
    }),
    discardedTotal: t.exposeInt('discardedTotal', {
      description:
        'The number of logins that were due and will not be delivered: a person discarded them, or they expired.',
    }),
    holdsLoginsSince: t.expose('holdsLoginsSince', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the oldest login was recorded that this webhook still needs, because it is pending, undelivered or in a replay. That login and all later ones of the portal are not pruned. null if the webhook needs none.',
    }),
  }),
});

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

const webhookSuccess = (name: string, description: string) =>
  builder.objectRef<{ webhook: api.Webhook }>(name).implement({
    description,
    fields: (t) => ({ webhook: t.expose('webhook', { type: WebhookType, description: 'The webhook as it is now.' }) }),
  });

const catchUpDescriptions: Record<CatchUp, string> = {
  FROM_NOW: 'None: they are skipped. `requestReplay` can still send them.',
  SINCE_LAST_ON:
    'All logins that were recorded since the webhook was last on (if it was never on, all logins of the portal), as far as they are retained.',
  SINCE: 'The logins that were recorded at the time `since` or later.',
};

const CatchUpEnum = builder.enumType('CatchUp', {
  description: 'Which of the logins that were recorded while a webhook was off are delivered when it is turned on.',
  values: describedValues(catchUps, catchUpDescriptions),
});

const ConfigureWebhookInput = builder.inputType('ConfigureWebhookInput', {
  description: 'The changes of a webhook of a portal. A field that is left out stays as it is.',
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    webhookId: t.id({ description: webhookIdDescription }),
    destinationId: t.id({ description: 'The UUID of the destination to send to; required the first time.' }),
    enabled: t.boolean({ description: 'Turns the webhook on or off; off until this is set.' }),
    catchUp: t.field({
      type: CatchUpEnum,
      description:
        'When the call turns the webhook on: which of the logins that were recorded while it was off to deliver; FROM_NOW by default.',
    }),
    since: t.field({
      type: 'DateTime',
      description:
        'With `catchUp: SINCE`: deliver the logins that were recorded at this time or later while the webhook was off.',
    }),
  }),
});

builder.mutationField('configureWebhook', (t) =>
  t.field({
    type: resultUnion('ConfigureWebhook', webhookSuccess('ConfigureWebhookSuccess', 'The webhook is configured.')),
    description:
      'Sets the destination of a webhook of a portal, and turns the webhook on or off. Logins that are recorded while it is off are skipped, unless `catchUp` includes them.',
    args: { input: t.arg({ type: ConfigureWebhookInput, required: true, description: 'The changes.' }) },
    resolve: (_, { input }, context) =>
      orRefusal(async () => ({ webhook: await api.configureWebhook(input, context) })),
  }),
);

const CreateWebhookInput = builder.inputType('CreateWebhookInput', {
  description: 'A webhook to create beside the webhook `default`.',
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    name: t.string({
      required: true,
      description: 'The name; 1 to 256 characters. No other webhook of the portal may have it.',
    }),
    destinationId: t.id({ required: true, description: 'The UUID of the destination to send to.' }),
    enabled: t.boolean({ description: 'Turns the webhook on; off by default.' }),
    catchUp: t.field({
      type: CatchUpEnum,
      description:
        'When the call turns the webhook on: which of the logins that were recorded before to deliver; FROM_NOW by default. SINCE_LAST_ON: all that are retained.',
    }),
    since: t.field({
      type: 'DateTime',
      description: 'With `catchUp: SINCE`: deliver the logins that were recorded at this time or later.',
    }),
  }),
});

builder.mutationField('createWebhook', (t) =>
  t.field({
    type: resultUnion('CreateWebhook', webhookSuccess('CreateWebhookSuccess', 'The webhook exists and is configured.')),
    description:
      'Creates another webhook of a portal, such as the one for a second SIEM. If a removed webhook has this name and still has undelivered logins, that webhook continues.',
    args: { input: t.arg({ type: CreateWebhookInput, required: true, description: 'The webhook.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ webhook: await api.createWebhook(input, context) })),
  }),
);

const RenameWebhookInput = builder.inputType('RenameWebhookInput', {
  description: 'A new name for a webhook.',
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    webhookId: t.id({ required: true, description: 'The UUID of the webhook.' }),
    name: t.string({
      required: true,
      description: 'The new name; 1 to 256 characters. No other webhook of the portal may have it.',
    }),
  }),
});

builder.mutationField('renameWebhook', (t) =>
  t.field({
    type: resultUnion('RenameWebhook', webhookSuccess('RenameWebhookSuccess', 'The webhook is renamed.')),
    description: 'Renames a webhook. It keeps its id. The webhook `default` cannot be renamed.',
    args: { input: t.arg({ type: RenameWebhookInput, required: true, description: 'The webhook and its new name.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ webhook: await api.renameWebhook(input, context) })),
  }),
);

const RemoveWebhookInput = builder.inputType('RemoveWebhookInput', {
  description: 'The webhook to remove.',
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    webhookId: t.id({ description: webhookIdDescription }),
  }),
});

builder.mutationField('removeWebhook', (t) =>
  t.field({
    type: resultUnion('RemoveWebhook', webhookSuccess('RemoveWebhookSuccess', 'The webhook is removed.')),
    description:
      'Removes a webhook of a portal. Logins that were due and not delivered become undelivered. Auditwire delivers them when the webhook is configured or created again; `redeliver` can also send them through another webhook of the portal.',
    args: { input: t.arg({ type: RemoveWebhookInput, required: true, description: 'The webhook.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ webhook: await api.removeWebhook(input, context) })),
  }),
);

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
