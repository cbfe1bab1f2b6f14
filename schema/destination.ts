import * as api from '../src/api/destinations.js';
import { positionCursor } from '../src/api/page.js';
import { type DestinationKind, destinationKinds } from '../src/domain/destination.js';
import { formats, type LogFormat, logFormats } from '../src/domain/formats/index.js';
import { lastMessageDescription } from './answer.js';
import { builder, describedValues } from './builder.js';
import { NodeInterface } from './node.js';
import { pageOf } from './page.js';

const MAX_PAGE = 100;

const formatDescriptions = Object.fromEntries(
  logFormats.map((format) => [format, formats[format].description]),
) as Record<LogFormat, string>;

export const LogFormatEnum = builder.enumType('LogFormat', {
  description: 'The format of a log line.',
  values: describedValues(logFormats, formatDescriptions),
});

const kindDescriptions: Record<DestinationKind, string> = {
  HTTP: 'An HTTP collector: batches are sent with POST.',
};

export const DestinationKindEnum = builder.enumType('DestinationKind', {
  description: 'How a destination gets its logs.',
  values: describedValues(destinationKinds, kindDescriptions),
});

const healthDescriptions: Record<api.Health['state'], string> = {
  UNKNOWN: 'There was no attempt to the destination yet.',
  HEALTHY: 'The last attempt succeeded.',
  FAILING: 'The last attempt failed. The destination gets one request at a time until one succeeds.',
};

const DestinationHealthStateEnum = builder.enumType('DestinationHealthState', {
  description: 'Whether a destination works.',
  values: describedValues(api.destinationHealthStates, healthDescriptions),
});

const DestinationHealthType = builder.objectRef<api.Health>('DestinationHealth').implement({
  description: 'Whether a destination works, by the attempts of all webhooks that send to it.',
  fields: (t) => ({
    state: t.expose('state', { type: DestinationHealthStateEnum, description: 'Whether the destination works.' }),
    healthySince: t.expose('healthySince', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when all attempts have succeeded; null if the state is not HEALTHY.',
    }),
    failingSince: t.expose('failingSince', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when all attempts have failed; null if the state is not FAILING.',
    }),
    pausedUntil: t.expose('pausedUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when no webhook sends to the destination, because the receiver asked for it (Retry-After).',
    }),
    lastAttemptAt: t.expose('lastAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the last attempt started, with a precision of one minute; null before the first attempt.',
    }),
    lastResponseCode: t.exposeInt('lastResponseCode', {
      nullable: true,
      description: 'The HTTP status code of that attempt; null if none was received.',
    }),
    lastResponseMessage: t.exposeString('lastResponseMessage', {
      nullable: true,
      description: lastMessageDescription,
    }),
  }),
});

export const DestinationType = builder.objectRef<api.Destination>('Destination').implement({
  interfaces: [NodeInterface],
  description:
    'The address of a receiver (usually the HTTPS collector of a SIEM) with its credential and settings. Any number of webhooks can use it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The UUID of the destination.' }),
    kind: t.expose('kind', { type: DestinationKindEnum, description: 'How the destination gets its logs.' }),
    name: t.exposeString('name', { description: 'The name. No two destinations have the same name.' }),
    endpoint: t.exposeString('endpoint', {
      description:
        'The URL that receives the batches by POST, in short form: scheme, host, port and known words of the path. `…` stands for parts that may be a key.',
    }),
    fullEndpoint: t.string({
      nullable: true,
      description:
        'The whole URL, which may contain a key. Only for callers who may change the destination. null if the destination has just been deleted.',
      resolve: ({ id }, _, context) => api.fullEndpoint(id, context),
    }),
    hasAuthorization: t.exposeBoolean('hasAuthorization', {
      description: 'Whether an Authorization value is set. The value itself is never returned.',
    }),
    authorizationChangedAt: t.expose('authorizationChangedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the Authorization value was last set or removed; null if it was never set.',
    }),
    headerNames: t.exposeStringList('headerNames', {
      description:
        'The names of the headers that are sent in addition to those of Auditwire. Their values are never returned.',
    }),
    logFormat: t.expose('logFormat', { type: LogFormatEnum, description: 'The format of the log lines.' }),
    skipTlsVerification: t.exposeBoolean('skipTlsVerification', {
      description:
        'Whether any certificate is accepted. If so, anyone on the network path can read and change the logs.',
    }),
    caCertificate: t.exposeString('caCertificate', {
      nullable: true,
      description: 'The certificate authorities to trust instead of the public ones, in PEM; null for the public ones.',
    }),
    clientCertificate: t.exposeString('clientCertificate', {
      nullable: true,
      description: 'The certificate that is presented to the receiver (mutual TLS), in PEM; null if there is none.',
    }),
    hasClientKey: t.exposeBoolean('hasClientKey', {
      description: 'Whether the key of the client certificate is set. The key itself is never returned.',
    }),
    warnings: t.stringList({
      description:
        'The dangers of the current settings, such as a client certificate that has expired; empty if there are none.',
      resolve: (destination, _, context) => api.destinationWarnings(destination, context),
    }),
    maxInFlight: t.exposeInt('maxInFlight', {
      description: 'The limit of requests in flight at a time, for all portals that send to the destination together.',
    }),
    linesPerSecond: t.exposeInt('linesPerSecond', {
      nullable: true,
      description:
        'The limit of lines a second, for all portals that send to the destination together; null for no limit.',
    }),
    maxBatchLines: t.exposeInt('maxBatchLines', {
      nullable: true,
      description: 'The limit of lines in a batch; null for the limit of Auditwire, 500.',
    }),
    maxBatchBytes: t.exposeInt('maxBatchBytes', {
      nullable: true,
      description:
        'The limit of bytes of a batch before compression; null for the limit of Auditwire, 1,048,576. A single line can be longer.',
    }),
    health: t.field({
      type: DestinationHealthType,
      description: 'Whether the destination works.',
      resolve: ({ id }, _, context) => api.destinationHealth(id, context),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the destination was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the destination was last changed.' }),
  }),
});

builder.queryField('destination', (t) =>
  t.field({
    type: DestinationType,
    nullable: true,
    description: 'A destination by its id; null if it does not exist.',
    args: { id: t.arg.id({ required: true, description: 'The UUID of the destination.' }) },
    resolve: (_, { id }, context) => api.destination(id, context),
  }),
);

builder.queryField('destinations', (t) =>
  t.connection(
    {
      type: DestinationType,
      description: 'The destinations, in the order of their creation. A page has at most 100.',
      resolve: (_, args, context) => pageOf(args, MAX_PAGE, positionCursor, (page) => api.destinations(page, context)),
    },
    { name: 'DestinationConnection', description: 'A page of destinations.' },
    { name: 'DestinationEdge', description: 'A destination in a page.' },
  ),
);
