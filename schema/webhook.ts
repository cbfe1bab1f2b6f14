import { destination } from '../src/api/destinations.js';
import * as api from '../src/api/webhooks.js';
import { type CatchUp, catchUps } from '../src/domain/webhook.js';
import { type StatusAt, type WebhookState, type WebhookStatus, webhookStates } from '../src/queries/status.js';
import { builder, describedValues } from './builder.js';
import { DestinationType } from './destination.js';
import { orRefusal, resultUnion } from './error.js';

const stateDescriptions: Record<WebhookState, string> = {
  ACTIVE: 'Ready: no try yet since it was configured, or the last one succeeded.',
  INACTIVE: 'The last try failed. Delivery goes on trying.',
  UNCONFIGURED: 'Never configured, or removed.',
};

const WebhookStateEnum = builder.enumType('WebhookState', {
  description: 'How delivery stands.',
  values: describedValues(webhookStates, stateDescriptions),
});

const WebhookStatusType = builder.objectRef<WebhookStatus>('WebhookStatus').implement({
  description: 'How the delivery of a portal stands.',
  fields: (t) => ({
    enabled: t.exposeBoolean('enabled', { description: 'Whether logins are due for delivery as they are recorded.' }),
    state: t.expose('state', { type: WebhookStateEnum, description: 'How delivery stands.' }),
    lastAttemptAt: t.expose('lastAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the last try began; null before the first.',
    }),
    lastResponseCode: t.exposeInt('lastResponseCode', {
      nullable: true,
      description: 'The HTTP status code of the last try; null if none was received.',
    }),
    lastResponseMessage: t.exposeString('lastResponseMessage', {
      nullable: true,
      description: 'What the receiver said to the last try, or what kept it from speaking; cut short.',
    }),
    pending: t.exposeInt('pending', { description: 'Logins that are due and neither delivered nor given up.' }),
    oldestPendingAt: t.expose('oldestPendingAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the oldest pending login was recorded: how far behind delivery is.',
    }),
    nextAttemptAt: t.expose('nextAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the next try is due, while delivery waits for one.',
    }),
    consecutiveFailures: t.exposeInt('consecutiveFailures', {
      description: 'Tries that failed since the last success.',
    }),
    deliveredTotal: t.exposeInt('deliveredTotal', { description: 'Logins delivered, each counted once.' }),
    undeliveredTotal: t.exposeInt('undeliveredTotal', {
      description:
        'Logins that are undelivered now: given up, and neither delivered nor discarded since. `undelivered` lists them.',
    }),
    oldestUndeliveredAt: t.expose('oldestUndeliveredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the oldest undelivered login was recorded.',
    }),
    undeliveredExpiresAt: t.expose('undeliveredExpiresAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the oldest login that is pending or undelivered is given up for good, unless it is delivered before; null if there is none.',
    }),
    needsActionTotal: t.exposeInt('needsActionTotal', {
      description:
        'Those of the undelivered logins that wait for a person: three recoveries failed, or the receiver finds the line too large. `redeliver` or `discardUndelivered` them.',
    }),
    discardedTotal: t.exposeInt('discardedTotal', {
      description:
        'Logins that were due and never will be delivered: someone discarded them, or they were not delivered within the time that they are kept.',
    }),
  }),
});

export const WebhookType = builder.objectRef<api.Webhook>('Webhook').implement({
  description: 'What sends the logins of a portal to a destination.',
  fields: (t) => ({
    destination: t.field({
      type: DestinationType,
      nullable: true,
      description: 'Where it sends to; null while it is not configured.',
      resolve: ({ destinationId }, _, context) => (destinationId === null ? null : destination(destinationId, context)),
    }),
    enabled: t.exposeBoolean('enabled', { description: 'Whether it sends.' }),
    configuredAt: t.expose('configuredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last configured; null while it is not.',
    }),
    status: t.field({
      type: WebhookStatusType,
      description: 'How delivery stands now.',
      resolve: ({ portalId }, _, context) => api.webhookStatus(portalId, context),
    }),
  }),
});

const webhookSuccess = (name: string, description: string) =>
  builder.objectRef<{ webhook: api.Webhook }>(name).implement({
    description,
    fields: (t) => ({ webhook: t.expose('webhook', { type: WebhookType, description: 'The webhook as it is now.' }) }),
  });

const catchUpDescriptions: Record<CatchUp, string> = {
  FROM_NOW: 'With the next login. What was recorded while it was off is passed over; requestReplay can send it.',
  SINCE_LAST_ON:
    'With the first login that was recorded since it was last on, or ever, if it never was; as far as logins are retained.',
  SINCE: 'With the first login of the time `since`.',
};

const CatchUpEnum = builder.enumType('CatchUp', {
  description: 'Which of the logins that were recorded while a webhook was off are delivered when it is turned on.',
  values: describedValues(catchUps, catchUpDescriptions),
});

const ConfigureWebhookInput = builder.inputType('ConfigureWebhookInput', {
  description: 'What to change of the webhook of a portal. A field left out stays as it is.',
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    destinationId: t.id({ description: 'The UUID of the destination to send to; needed the first time.' }),
    enabled: t.boolean({ description: 'Whether to send; false until it is set.' }),
    catchUp: t.field({
      type: CatchUpEnum,
      description: 'Where to begin when it is turned on; FROM_NOW by default.',
    }),
    since: t.field({
      type: 'DateTime',
      description: 'With `catchUp: SINCE`: logins recorded at this time or later, as far as it was off.',
    }),
  }),
});

builder.mutationField('configureWebhook', (t) =>
  t.field({
    type: resultUnion('ConfigureWebhook', webhookSuccess('ConfigureWebhookSuccess', 'The webhook is configured.')),
    description:
      'Points the webhook of a portal at a destination, and turns it on or off. Logins recorded while it is off are passed over, unless `catchUp` says otherwise.',
    args: { input: t.arg({ type: ConfigureWebhookInput, required: true, description: 'The changes.' }) },
    resolve: (_, { input }, context) =>
      orRefusal(async () => ({ webhook: await api.configureWebhook(input, context) })),
  }),
);

const RemoveWebhookInput = builder.inputType('RemoveWebhookInput', {
  description: 'The webhook to remove.',
  fields: (t) => ({ portalId: t.id({ required: true, description: 'The UUID of its portal.' }) }),
});

builder.mutationField('removeWebhook', (t) =>
  t.field({
    type: resultUnion('RemoveWebhook', webhookSuccess('RemoveWebhookSuccess', 'The webhook is removed.')),
    description:
      'Removes the webhook of a portal. What was due and not delivered is listed as undelivered, and delivered once there is a webhook again.',
    args: { input: t.arg({ type: RemoveWebhookInput, required: true, description: 'The webhook.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ webhook: await api.removeWebhook(input, context) })),
  }),
);

const WebhookStatusChanged = builder.objectRef<StatusAt>('WebhookStatusChanged').implement({
  description: 'The status of a webhook at a moment.',
  fields: (t) => ({
    position: t.string({
      description: 'Pass it as `after` when you reconnect.',
      resolve: ({ position }) => String(position),
    }),
    portalId: t.exposeID('portalId', { description: 'The UUID of the portal.' }),
    status: t.expose('status', { type: WebhookStatusType, description: 'How delivery stands now.' }),
  }),
});

builder.subscriptionField('webhookStatusChanged', (t) =>
  t.field({
    type: WebhookStatusChanged,
    description:
      'State: the status now, then each change that configuration or delivery causes. A client that is slow gets the latest, not every one.',
    args: {
      portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
      after: t.arg.string({
        description: 'The last `position` you saw: the first payload is left out if nothing changed since.',
      }),
    },
    subscribe: (_, args, context) => api.webhookStatusChanges(args, context),
    resolve: (payload) => payload,
  }),
);
