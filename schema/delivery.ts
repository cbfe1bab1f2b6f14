import * as api from '../src/api/deliveries.js';
import { destination } from '../src/api/destinations.js';
import { type Phase, type Purpose, phases, purposes } from '../src/domain/lane/attempt.js';
import { loginCount } from '../src/domain/login-range.js';
import { type Delivery, type DeliveryAttempt, type DeliveryState, deliveryStates } from '../src/queries/deliveries.js';
import { excerptDescription, messageDescription } from './answer.js';
import { builder, describedValues } from './builder.js';
import { DestinationType, LogFormatEnum } from './destination.js';
import { pageOf } from './page.js';
import { choiceOf, WebhookChoiceInput, webhooksDescription } from './webhook-choice.js';

const MAX_PAGE = 100;

const stateDescriptions: Record<DeliveryState, string> = {
  IN_PROGRESS: 'An attempt is in progress, or the delivery waits for a retry.',
  DELIVERED: 'The receiver accepted the batch.',
  SPLIT:
    'The receiver rejected the batch because of its size (413) or its content. Its logins are sent in smaller deliveries.',
  ABANDONED:
    'The last retry failed, the receiver gave a final answer, or the webhook was removed. The logins are undelivered.',
  SUPERSEDED: 'The destination or the log format changed. The same logins start in a new delivery.',
};

const DeliveryStateEnum = builder.enumType('DeliveryState', {
  description: 'The state of a delivery.',
  values: describedValues(deliveryStates, stateDescriptions),
});

const purposeDescriptions: Record<Purpose, string> = {
  FIRST: 'The first delivery of the logins, in order.',
  RECOVERY: 'A redelivery of undelivered logins.',
  PROBE: 'A redelivery of the oldest undelivered logins, to find out if the receiver works again.',
  REPLAY: 'A part of a replay.',
};

const DeliveryPurposeEnum = builder.enumType('DeliveryPurpose', {
  description: 'Why a batch is sent.',
  values: describedValues(purposes, purposeDescriptions),
});

const phaseDescriptions: Record<Phase, string> = {
  RESOLVE: 'The host name is resolved, and the address guard checks the addresses.',
  CONNECT: 'The connection is opened, through the egress proxy if one is set.',
  TLS: 'The TLS handshake, with the certificates of both sides.',
  HEADERS: 'The request is sent, and Auditwire waits for the status and the headers.',
  BODY: 'The status was received, and Auditwire reads the body. Every success ends in this phase.',
};

export const DeliveryPhase = builder.enumType('DeliveryPhase', {
  description: 'The steps of an attempt, in order.',
  values: describedValues(phases, phaseDescriptions),
});

export const warningDescription =
  'If the receiver accepted the batch with a status 2xx, but the body of its answer reports an error: what it is. The batch counts as delivered, because the status decides; look at the receiver. null otherwise.';

const DeliveryAttemptType = builder.objectRef<DeliveryAttempt>('DeliveryAttempt').implement({
  description: 'One HTTP request that sends a batch, with its result.',
  fields: (t) => ({
    webhookId: t.exposeID('webhookId', { description: 'The UUID of the webhook.' }),
    deliveryId: t.exposeID('deliveryId', {
      description: 'The UUID of the delivery, which is sent in the header `X-Auditwire-Delivery`.',
    }),
    attemptNumber: t.exposeInt('attemptNumber', {
      description: 'The number of the attempt within its delivery, from 1 to 5.',
    }),
    attemptedAt: t.expose('attemptedAt', { type: 'DateTime', description: 'When the attempt started.' }),
    durationMs: t.exposeInt('durationMs', { description: 'How long the attempt took, in milliseconds.' }),
    delivered: t.exposeBoolean('delivered', { description: 'Whether the receiver accepted the batch.' }),
    responseCode: t.exposeInt('responseCode', {
      nullable: true,
      description: 'The HTTP status code; null if none was received.',
    }),
    message: t.exposeString('message', { description: messageDescription }),
    phase: t.expose('phase', {
      type: DeliveryPhase,
      nullable: true,
      description: 'The phase in which the attempt ended; null if an older version of Auditwire recorded it.',
    }),
    responseExcerpt: t.string({
      nullable: true,
      description: `${excerptDescription} Only for callers who may change the destination. null if there is none, or if the destination was deleted.`,
      resolve: (attempt, _, context) => api.responseExcerpt(attempt, context),
    }),
    warning: t.exposeString('warning', {
      nullable: true,
      description: warningDescription,
    }),
    retryDueAt: t.expose('retryDueAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the next attempt is due; null if there is none.',
    }),
  }),
});

const DeliveryType = builder.objectRef<Delivery>('Delivery').implement({
  description: 'The work to bring one batch of logins of a portal to a destination.',
  fields: (t) => ({
    webhookId: t.exposeID('webhookId', { description: 'The UUID of the webhook.' }),
    id: t.exposeID('id', { description: 'The UUID, which every attempt sends in the header `X-Auditwire-Delivery`.' }),
    state: t.expose('state', { type: DeliveryStateEnum, description: 'The state of the delivery.' }),
    purpose: t.expose('purpose', { type: DeliveryPurposeEnum, description: 'Why the batch is sent.' }),
    loginCount: t.int({ description: 'The number of logins in the batch.', resolve: loginCount }),
    throughWebhookId: t.id({
      nullable: true,
      description:
        'The UUID of the webhook that sent the batch, if the webhook of the logins was removed; null otherwise.',
      resolve: ({ throughWebhookId }) => throughWebhookId ?? null,
    }),
    destinationId: t.exposeID('destinationId', { description: 'The UUID of the destination.' }),
    destination: t.field({
      type: DestinationType,
      nullable: true,
      description: 'The destination; null if it was deleted.',
      resolve: ({ destinationId }, _, context) => destination(destinationId, context),
    }),
    logFormat: t.expose('logFormat', { type: LogFormatEnum, description: 'The log format of its lines.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When the delivery started.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the delivery ended; null while it is in progress.',
    }),
    attempts: t.expose('attempts', {
      type: [DeliveryAttemptType],
      description: 'The attempts of the delivery, in order.',
    }),
  }),
});

builder.queryField('deliveries', (t) =>
  t.connection(
    {
      type: DeliveryType,
      description:
        'The deliveries of a webhook (or of all webhooks of a portal) with their attempts, newest first. A page has at most 100.',
      args: {
        portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
        webhooks: t.arg({ type: WebhookChoiceInput, description: webhooksDescription }),
      },
      resolve: (_, args, context) =>
        pageOf(args, MAX_PAGE, api.deliveryCursor, (page) => api.deliveries({ ...choiceOf(args), ...page }, context)),
    },
    { name: 'DeliveryConnection', description: 'A page of deliveries.' },
    { name: 'DeliveryEdge', description: 'A delivery in a page.' },
  ),
);

const DeliveryAttempted = builder.objectRef<DeliveryAttempt>('DeliveryAttempted').implement({
  description: 'An attempt that ended.',
  fields: (t) => ({
    position: t.string({
      description: 'The position of this payload. Pass it as `after` when you reconnect.',
      resolve: ({ position }) => String(position),
    }),
    attempt: t.field({ type: DeliveryAttemptType, description: 'The attempt.', resolve: (attempt) => attempt }),
  }),
});

builder.subscriptionField('deliveryAttempted', (t) =>
  t.field({
    type: DeliveryAttempted,
    description:
      'Sends every attempt to deliver logins of a portal when it ends, each exactly once: from now on, or after a position.',
    args: {
      portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
      webhooks: t.arg({ type: WebhookChoiceInput, description: webhooksDescription }),
      after: t.arg.string({ description: 'The last `position` that you received. Every attempt after it follows.' }),
    },
    subscribe: (_, args, context) => api.deliveryAttempts({ ...choiceOf(args), after: args.after }, context),
    resolve: (attempt) => attempt,
  }),
);
