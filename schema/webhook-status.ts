import { type WebhookState, type WebhookStatus, webhookStates } from '../src/queries/status.js';
import { lastMessageDescription } from './answer.js';
import { builder, describedValues } from './builder.js';

const stateDescriptions: Record<WebhookState, string> = {
  ACTIVE: 'The last attempt succeeded, or there was no attempt to this destination yet.',
  INACTIVE: 'The last attempt failed. Delivery continues.',
  UNCONFIGURED: 'The webhook was never configured, or it was removed.',
};

const WebhookStateEnum = builder.enumType('WebhookState', {
  description: 'The state of the webhook.',
  values: describedValues(webhookStates, stateDescriptions),
});

export const WebhookStatusType = builder.objectRef<WebhookStatus>('WebhookStatus').implement({
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
        'The number of undelivered logins that need action: three recoveries failed, or the receiver rejected the line alone. Call `redeliver` or `discardUndelivered`.',
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
