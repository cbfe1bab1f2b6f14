import * as api from '../src/api/destinations.js';
import { positionCursor } from '../src/api/page.js';
import { type LogFormat, logFormats } from '../src/domain/log-line.js';
import { builder, describedValues } from './builder.js';
import { orRefusal, resultUnion } from './error.js';
import { pageOf } from './page.js';

const MAX_PAGE = 100;

const formatDescriptions: Record<LogFormat, string> = {
  CEF: 'Common Event Format 0: one line of `key=value` pairs after a header.',
  JSON: 'One JSON object a line.',
  CPS: 'CrowdStrike Parsing Standard: the JSON object as `event` of another.',
};

export const LogFormatEnum = builder.enumType('LogFormat', {
  description: 'How a log line is written.',
  values: describedValues(logFormats, formatDescriptions),
});

export const DestinationType = builder.objectRef<api.Destination>('Destination').implement({
  description: 'Where logins are sent: the HTTPS collector of a SIEM. Any number of webhooks may point at it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its UUID.' }),
    name: t.exposeString('name', { description: 'What people call it; no two destinations share a name.' }),
    endpoint: t.exposeString('endpoint', { description: 'The URL that receives the batches by POST.' }),
    hasAuthorization: t.exposeBoolean('hasAuthorization', {
      description: 'Whether an Authorization value is set. The value itself is never shown.',
    }),
    authorizationChangedAt: t.expose('authorizationChangedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the Authorization value was last set or removed; null if it never was.',
    }),
    logFormat: t.expose('logFormat', { type: LogFormatEnum, description: 'How its lines are written.' }),
    skipTlsVerification: t.exposeBoolean('skipTlsVerification', {
      description: 'Whether any certificate is accepted. Then anyone on the way can read and alter the logs.',
    }),
    caCertificate: t.exposeString('caCertificate', {
      nullable: true,
      description: 'The certificate authorities to trust instead of the public ones, in PEM.',
    }),
    clientCertificate: t.exposeString('clientCertificate', {
      nullable: true,
      description: 'The certificate that is shown to the receiver (mutual TLS), in PEM; null if none is.',
    }),
    hasClientKey: t.exposeBoolean('hasClientKey', {
      description: 'Whether the key of the client certificate is set. The key itself is never shown.',
    }),
    warnings: t.exposeStringList('warnings', {
      description: 'What is dangerous about its settings, for as long as they stay; empty if nothing is.',
    }),
    maxInFlight: t.exposeInt('maxInFlight', {
      description: 'How many requests may be under way to it at a time, over all portals that send there.',
    }),
    linesPerSecond: t.exposeInt('linesPerSecond', {
      nullable: true,
      description:
        'How many lines a second it gets at most, over all portals that send there; null: as many as it takes.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

builder.queryField('destination', (t) =>
  t.field({
    type: DestinationType,
    nullable: true,
    description: 'A destination by its id; null if there is none.',
    args: { id: t.arg.id({ required: true, description: 'The UUID of the destination.' }) },
    resolve: (_, { id }, context) => api.destination(id, context),
  }),
);

builder.queryField('destinations', (t) =>
  t.connection(
    {
      type: DestinationType,
      description: 'The destinations, in the order of their creation.',
      resolve: (_, args, context) => pageOf(args, MAX_PAGE, positionCursor, (page) => api.destinations(page, context)),
    },
    { name: 'DestinationConnection', description: 'A page of destinations.' },
    { name: 'DestinationEdge', description: 'A destination in a page.' },
  ),
);

const destinationSuccess = (name: string, description: string) =>
  builder.objectRef<{ destination: api.Destination }>(name).implement({
    description,
    fields: (t) => ({
      destination: t.expose('destination', { type: DestinationType, description: 'The destination as it is now.' }),
    }),
  });

const authorizationDescription =
  'Sent in the Authorization header exactly as given, such as `Splunk 8a6b…` or `Bearer …`; at most 4,096 characters of visible ASCII. Write-only: it is sealed and never shown.';

const clientCertificateDescription =
  'A certificate to show to the receiver (mutual TLS), in PEM, followed by those it was issued by; at most 64 KiB.';
const clientKeyDescription =
  'The private key of the client certificate: RSA, EC or Ed25519, in PEM, without a passphrase. Write-only: it is sealed and never shown.';

const CreateDestinationInput = builder.inputType('CreateDestinationInput', {
  description: 'A destination to create.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'What people call it; 1 to 256 characters, not in use.' }),
    endpoint: t.string({
      required: true,
      description: 'An absolute https URL without credentials; at most 2,048 characters.',
    }),
    authorization: t.string({ description: `${authorizationDescription} Without it, no such header is sent.` }),
    logFormat: t.field({ type: LogFormatEnum, description: 'How lines are written; CEF by default.' }),
    skipTlsVerification: t.boolean({
      description: 'Accept any certificate; false by default. For tests only: prefer `caCertificate`.',
    }),
    caCertificate: t.string({
      description:
        'Certificate authorities to trust instead of the public ones, in PEM; at most 64 KiB. A self-signed certificate is its own authority.',
    }),
    clientCertificate: t.string({ description: `${clientCertificateDescription} Needed with \`clientKey\`.` }),
    clientKey: t.string({ description: `${clientKeyDescription} Needed with \`clientCertificate\`.` }),
    maxInFlight: t.int({
      description: 'Most requests under way at a time, over all portals that send there: 1 to 64, 16 by default.',
    }),
    linesPerSecond: t.int({
      description: 'Most lines a second, over all portals that send there: 1 to 1,000,000; no limit by default.',
    }),
  }),
});

builder.mutationField('createDestination', (t) =>
  t.field({
    type: resultUnion(
      'CreateDestination',
      destinationSuccess('CreateDestinationSuccess', 'The destination is created.'),
    ),
    description: 'Creates a destination. Its endpoint must be public, or in the allow-list of the operator.',
    args: { input: t.arg({ type: CreateDestinationInput, required: true, description: 'The destination.' }) },
    resolve: (_, { input }, context) =>
      orRefusal(async () => ({ destination: await api.createDestination(input, context) })),
  }),
);

const UpdateDestinationInput = builder.inputType('UpdateDestinationInput', {
  description: 'What to change of a destination. A field left out stays as it is.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The UUID of the destination.' }),
    name: t.string({ description: 'A new name; 1 to 256 characters, not in use.' }),
    endpoint: t.string({ description: 'A new endpoint: an absolute https URL without credentials.' }),
    authorization: t.string({ description: `${authorizationDescription} null removes it.` }),
    logFormat: t.field({ type: LogFormatEnum, description: 'How lines are written from now on.' }),
    skipTlsVerification: t.boolean({ description: 'Whether any certificate is accepted.' }),
    caCertificate: t.string({
      description: 'Other certificate authorities, in PEM; null goes back to the public ones.',
    }),
    clientCertificate: t.string({
      description: `${clientCertificateDescription} Alone, it must be for the key that is set. null removes it with its key.`,
    }),
    clientKey: t.string({
      description: `${clientKeyDescription} Alone, it must be of the certificate that is set. null removes both.`,
    }),
    maxInFlight: t.int({ description: 'Most requests under way at a time: 1 to 64.' }),
    linesPerSecond: t.int({ description: 'Most lines a second: 1 to 1,000,000; null removes the limit.' }),
  }),
});

builder.mutationField('updateDestination', (t) =>
  t.field({
    type: resultUnion(
      'UpdateDestination',
      destinationSuccess('UpdateDestinationSuccess', 'The destination is changed.'),
    ),
    description:
      'Changes a destination. Batches that wait for a retry are sent to the new endpoint, with the new Authorization value; a new log format starts them anew.',
    args: { input: t.arg({ type: UpdateDestinationInput, required: true, description: 'The changes.' }) },
    resolve: (_, { input }, context) =>
      orRefusal(async () => ({ destination: await api.updateDestination(input, context) })),
  }),
);

const DeleteDestinationInput = builder.inputType('DeleteDestinationInput', {
  description: 'A destination to delete.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The UUID of the destination.' }) }),
});

const DeleteDestinationSuccess = builder.objectRef<{ id: string }>('DeleteDestinationSuccess').implement({
  description: 'The destination is deleted, and its Authorization value and client key destroyed.',
  fields: (t) => ({ id: t.exposeID('id', { description: 'The UUID it had.' }) }),
});

builder.mutationField('deleteDestination', (t) =>
  t.field({
    type: resultUnion('DeleteDestination', DeleteDestinationSuccess),
    description: 'Deletes a destination that no webhook uses.',
    args: { input: t.arg({ type: DeleteDestinationInput, required: true, description: 'The destination.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ id: await api.deleteDestination(input, context) })),
  }),
);
