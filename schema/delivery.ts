import * as api from '../src/api/deliveries.js';
import { destination } from '../src/api/destinations.js';
import { type Phase, type Purpose, phases, purposes } from '../src/domain/lane/attempt.js';
import { loginCount } from '../src/domain/login-range.js';
import { type Delivery, type DeliveryAttempt, type DeliveryState, deliveryStates } from '../src/queries/deliveries.js';
import { builder, describedValues } from './builder.js';
import { DestinationType, LogFormatEnum } from './destination.js';
import { pageOf } from './page.js';

const MAX_PAGE = 100;

const stateDescriptions: Record<DeliveryState, string> = {
  IN_PROGRESS: 'It is being tried, or waits for a retry.',
  DELIVERED: 'The receiver took it.',
  SPLIT: 'The receiver found it too large (413); its logins go on in smaller deliveries.',
  ABANDONED:
    'It was given up: after the last retry, a final answer, or the removal of the webhook. Its logins are undelivered.',
  SUPERSEDED: 'The destination or the log format changed; the same logins went into a new delivery.',
};

const DeliveryStateEnum = builder.enumType('DeliveryState', {
  description: 'Where a delivery stands.',
  values: describedValues(deliveryStates, stateDescriptions),
});

const purposeDescriptions: Record<Purpose, string> = {
  FIRST: 'For the first time, in order.',
  RECOVERY: 'Once more: its logins are undelivered.',
  PROBE: 'To see whether the receiver is back: the oldest undelivered logins, where nothing else is sent.',
  REPLAY: 'Someone asked for a replay.',
};

const DeliveryPurposeEnum = builder.enumType('DeliveryPurpose', {
  description: 'Why a batch is sent.',
  values: describedValues(purposes, purposeDescriptions),
});

const phaseDescriptions: Record<Phase, string> = {
  RESOLVE: 'Finding the address: the name was looked up, or the address was refused.',
  CONNECT: 'Reaching the address, through the egress proxy where one is set.',
  TLS: 'Agreeing on TLS, with the certificates of both sides.',
  HEADERS: 'The request was sent; no status with its headers came back.',
  BODY: 'A status was read. Every success ends here.',
};

export const DeliveryPhase = builder.enumType('DeliveryPhase', {
  description: 'How far a try came.',
  values: describedValues(phases, phaseDescriptions),
});

const DeliveryAttemptType = builder.objectRef<DeliveryAttempt>('DeliveryAttempt').implement({
  description: 'One try to deliver a batch.',
  fields: (t) => ({
    deliveryId: t.exposeID('deliveryId', {
      description: 'The UUID of the delivery: the header `X-Auditwire-Delivery`.',
    }),
    attemptNumber: t.exposeInt('attemptNumber', { description: 'The number of the attempt, from 1; at most 5.' }),
    attemptedAt: t.expose('attemptedAt', { type: 'DateTime', description: 'When it began.' }),
    durationMs: t.exposeInt('durationMs', { description: 'How long it took, in milliseconds.' }),
    delivered: t.exposeBoolean('delivered', { description: 'Whether the receiver took the batch.' }),
    responseCode: t.exposeInt('responseCode', {
      nullable: true,
      description: 'The HTTP status code; null if none was received.',
    }),
    message: t.exposeString('message', {
      description: 'What the receiver said, or what kept it from speaking; cut short.',
    }),
    phase: t.expose('phase', {
      type: DeliveryPhase,
      nullable: true,
      description: 'The phase it ended in; null of attempts before phases were recorded.',
    }),
    responseExcerpt: t.exposeString('responseExcerpt', {
      nullable: true,
      description:
        'The start of what the receiver said to a try that failed, at most 1,024 characters on their lines, without the Authorization value; null if it said nothing.',
    }),
    retryDueAt: t.expose('retryDueAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the next try is due; null if there is none.',
    }),
  }),
});

const DeliveryType = builder.objectRef<Delivery>('Delivery').implement({
  description: 'A batch of logins of a portal on its way to a destination.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its UUID: the header `X-Auditwire-Delivery` of every try.' }),
    state: t.expose('state', { type: DeliveryStateEnum, description: 'Where it stands.' }),
    purpose: t.expose('purpose', { type: DeliveryPurposeEnum, description: 'Why it is sent.' }),
    loginCount: t.int({ description: 'How many logins it carries.', resolve: loginCount }),
    destinationId: t.exposeID('destinationId', { description: 'The UUID of the destination it goes to.' }),
    destination: t.field({
      type: DestinationType,
      nullable: true,
      description: 'The destination it goes to; null if that is deleted.',
      resolve: ({ destinationId }, _, context) => destination(destinationId, context),
    }),
    logFormat: t.expose('logFormat', { type: LogFormatEnum, description: 'How its lines are written.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it was put together.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null while it is in progress.',
    }),
    attempts: t.expose('attempts', { type: [DeliveryAttemptType], description: 'Its attempts, in order.' }),
  }),
});

builder.queryField('deliveries', (t) =>
  t.connection(
    {
      type: DeliveryType,
      description: 'The deliveries of a portal with their attempts, newest first. At most 100 a page.',
      args: { portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }) },
      resolve: (_, args, context) =>
        pageOf(args, MAX_PAGE, api.deliveryCursor, (page) =>
          api.deliveries({ ...page, portalId: args.portalId }, context),
        ),
    },
    { name: 'DeliveryConnection', description: 'A page of deliveries.' },
    { name: 'DeliveryEdge', description: 'A delivery in a page.' },
  ),
);

const DeliveryAttempted = builder.objectRef<DeliveryAttempt>('DeliveryAttempted').implement({
  description: 'A try that ended.',
  fields: (t) => ({
    position: t.string({
      description: 'Pass it as `after` when you reconnect.',
      resolve: ({ position }) => String(position),
    }),
    attempt: t.field({ type: DeliveryAttemptType, description: 'The try.', resolve: (attempt) => attempt }),
  }),
});

builder.subscriptionField('deliveryAttempted', (t) =>
  t.field({
    type: DeliveryAttempted,
    description:
      'A stream: every try to deliver logins of a portal, from now on or from a position, each exactly once.',
    args: {
      portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
      after: t.arg.string({ description: 'The last `position` you saw: every try after it follows.' }),
    },
    subscribe: (_, args, context) => api.deliveryAttempts(args, context),
    resolve: (attempt) => attempt,
  }),
);
