import * as api from '../src/api/webhooks.js';
import { type CatchUp, catchUps } from '../src/domain/webhook.js';
import { builder, describedValues } from './builder.js';
import { orRefusal, resultUnion } from './error.js';
import { WebhookType } from './webhook.js';
import { webhookIdDescription } from './webhook-choice.js';

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
