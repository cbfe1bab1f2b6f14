import * as api from '../src/api/destinations.js';
import { positionCursor } from '../src/api/page.js';
import { type DestinationKind, destinationKinds } from '../src/domain/destination.js';
import { formats, type LogFormat, logFormats } from '../src/domain/formats/index.js';
import { lastMessageDescription } from './answer.js';
import { builder, describedValues } from './builder.js';
import { orRefusal, resultUnion } from './error.js';
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

const DestinationKindEnum = builder.enumType('DestinationKind', {
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

const destinationSuccess = (name: string, description: string) =>
  builder.objectRef<api.ChangedDestination>(name).implement({
    description,
    fields: (t) => ({
      destination: t.expose('destination', { type: DestinationType, description: 'The destination as it is now.' }),
      warnings: t.exposeStringList('warnings', {
        description:
          'Probable mistakes in the values of this call, such as an Authorization value in quotes or an expired authority, and the `warnings` of the destination; empty if there are none.',
      }),
    }),
  });

const authorizationDescription =
  'The value of the Authorization header, such as `Splunk 8a6b…` or `Bearer …`; at most 4,096 characters of visible ASCII. Blanks and line ends around it are removed. Write-only: it is stored encrypted and never returned.';

const clientCertificateDescription =
  'A certificate to present to the receiver (mutual TLS) and the certificates of its issuers, in PEM, in any order; at most 10.';
const clientKeyDescription =
  'The private key of the client certificate: RSA, EC or Ed25519, in PEM, without a passphrase. Write-only: it is stored encrypted and never returned.';

const headersDescription =
  'Headers to send with every request, such as `X-Splunk-Request-Channel`; at most 10, and none that Auditwire or the connection sets (Host, Authorization, User-Agent, Content-*, Transfer-Encoding and the like).';

const CreateHeaderInput = builder.inputType('CreateHeaderInput', {
  description: 'A header to send with every request.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name; at most 128 characters.' }),
    value: t.string({
      required: true,
      description:
        'The value; at most 4,096 characters of visible ASCII. Blanks around it are removed. Write-only: it is stored encrypted and never returned.',
    }),
  }),
});

const UpdateHeaderInput = builder.inputType('UpdateHeaderInput', {
  description: 'A header to send with every request.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name; at most 128 characters.' }),
    value: t.string({ description: 'A new value; without it, the stored value of this header stays.' }),
  }),
});

const maxBatchLinesDescription = 'The limit of lines in a batch: 1 to 500';
const maxBatchBytesDescription = 'The limit of bytes of a batch before compression: 1,000 to 1,048,576';

const CreateDestinationInput = builder.inputType('CreateDestinationInput', {
  description: 'A destination to create.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name; 1 to 256 characters. No other destination may have it.' }),
    endpoint: t.string({
      required: true,
      description:
        'An absolute https URL without credentials; at most 2,048 characters. It is stored in its canonical form, as it is requested, and encrypted, because it may contain a key.',
    }),
    authorization: t.string({ description: `${authorizationDescription} Without it, the header is not sent.` }),
    headers: t.field({ type: [CreateHeaderInput], description: headersDescription }),
    kind: t.field({ type: DestinationKindEnum, description: 'How the destination gets its logs; HTTP by default.' }),
    logFormat: t.field({ type: LogFormatEnum, description: 'The format of the log lines; CEF by default.' }),
    skipTlsVerification: t.boolean({
      description: 'Whether to accept any certificate; false by default. For tests only: use `caCertificate` instead.',
    }),
    caCertificate: t.string({
      description:
        'The certificate authorities to trust instead of the public ones, in PEM; at most 512 KiB, and all of them must be readable. An intermediate authority or the certificate of the receiver itself is trusted too.',
    }),
    clientCertificate: t.string({ description: `${clientCertificateDescription} Needed with \`clientKey\`.` }),
    clientKey: t.string({ description: `${clientKeyDescription} Needed with \`clientCertificate\`.` }),
    maxInFlight: t.int({
      description:
        'The limit of requests in flight at a time, for all portals that send to the destination together: 1 to 64, 16 by default.',
    }),
    linesPerSecond: t.int({
      description:
        'The limit of lines a second, for all portals that send to the destination together: 1 to 1,000,000; no limit by default.',
    }),
    maxBatchLines: t.int({ description: `${maxBatchLinesDescription}, 500 by default.` }),
    maxBatchBytes: t.int({ description: `${maxBatchBytesDescription}, which is the default.` }),
  }),
});

builder.mutationField('createDestination', (t) =>
  t.field({
    type: resultUnion(
      'CreateDestination',
      destinationSuccess('CreateDestinationSuccess', 'The destination is created.'),
    ),
    description:
      'Creates a destination. The address of its endpoint must be public or allowed by `AUDITWIRE_ALLOWED_ADDRESSES`.',
    args: { input: t.arg({ type: CreateDestinationInput, required: true, description: 'The destination.' }) },
    resolve: (_, { input }, context) => orRefusal(() => api.createDestination(input, context)),
  }),
);

const UpdateDestinationInput = builder.inputType('UpdateDestinationInput', {
  description: 'The changes of a destination. A field that is left out stays as it is.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The UUID of the destination.' }),
    name: t.string({ description: 'A new name; 1 to 256 characters. No other destination may have it.' }),
    endpoint: t.string({
      description:
        'A new endpoint: an absolute https URL without credentials, not in short form; at most 2,048 characters.',
    }),
    authorization: t.string({ description: `${authorizationDescription} null removes it.` }),
    headers: t.field({
      type: [UpdateHeaderInput],
      description: `${headersDescription} The list replaces the present one; null removes all.`,
    }),
    logFormat: t.field({ type: LogFormatEnum, description: 'The format of the log lines from now on.' }),
    skipTlsVerification: t.boolean({ description: 'Whether to accept any certificate.' }),
    caCertificate: t.string({
      description:
        'The certificate authorities to trust instead of the public ones, in PEM; at most 512 KiB. null restores the public ones.',
    }),
    clientCertificate: t.string({
      description: `${clientCertificateDescription} Without \`clientKey\`, it must match the stored key. null removes the certificate and its key.`,
    }),
    clientKey: t.string({
      description: `${clientKeyDescription} Without \`clientCertificate\`, it must match the stored certificate. null removes both.`,
    }),
    maxInFlight: t.int({ description: 'The limit of requests in flight at a time: 1 to 64.' }),
    linesPerSecond: t.int({ description: 'The limit of lines a second: 1 to 1,000,000; null removes the limit.' }),
    maxBatchLines: t.int({ description: `${maxBatchLinesDescription}; null restores the default.` }),
    maxBatchBytes: t.int({ description: `${maxBatchBytesDescription}; null restores the default.` }),
  }),
});

builder.mutationField('updateDestination', (t) =>
  t.field({
    type: resultUnion(
      'UpdateDestination',
      destinationSuccess('UpdateDestinationSuccess', 'The destination is changed.'),
    ),
    description:
      'Changes a destination. Deliveries that wait for a retry use the new endpoint and Authorization value. If the log format changes, their logins start in new deliveries. A change of the scheme, host or port of the endpoint, of `caCertificate` or of `skipTlsVerification` needs each stored secret (`authorization`, `clientKey`, the values of `headers`) in the same call, or null to remove it; otherwise it is refused with `SECRET_NEEDED`.',
    args: { input: t.arg({ type: UpdateDestinationInput, required: true, description: 'The changes.' }) },
    resolve: (_, { input }, context) => orRefusal(() => api.updateDestination(input, context)),
  }),
);

const DeleteDestinationInput = builder.inputType('DeleteDestinationInput', {
  description: 'A destination to delete.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The UUID of the destination.' }) }),
});

const DeleteDestinationSuccess = builder.objectRef<{ id: string }>('DeleteDestinationSuccess').implement({
  description:
    'The destination is deleted. Its endpoint, Authorization value, headers, client key and response excerpts are destroyed.',
  fields: (t) => ({ id: t.exposeID('id', { description: 'The UUID of the deleted destination.' }) }),
});

builder.mutationField('deleteDestination', (t) =>
  t.field({
    type: resultUnion('DeleteDestination', DeleteDestinationSuccess),
    description: 'Deletes a destination that no webhook uses.',
    args: { input: t.arg({ type: DeleteDestinationInput, required: true, description: 'The destination.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ id: await api.deleteDestination(input, context) })),
  }),
);
