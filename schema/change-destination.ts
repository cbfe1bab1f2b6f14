import * as api from '../src/api/destinations.js';
import { reasonsAgainstLimits } from '../src/domain/destination.js';
import { builder } from './builder.js';
import { DestinationKindEnum, DestinationType, LogFormatEnum } from './destination.js';
import { orRefusal, resultUnion } from './error.js';

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
      extensions: { reason: reasonsAgainstLimits.maxInFlight },
      description:
        'The limit of requests in flight at a time, for all portals that send to the destination together: 1 to 64, 16 by default.',
    }),
    linesPerSecond: t.int({
      extensions: { reason: reasonsAgainstLimits.linesPerSecond },
      description:
        'The limit of lines a second, for all portals that send to the destination together: 1 to 1,000,000; no limit by default.',
    }),
    maxBatchLines: t.int({
      extensions: { reason: reasonsAgainstLimits.maxBatchLines },
      description: `${maxBatchLinesDescription}, 500 by default.`,
    }),
    maxBatchBytes: t.int({
      extensions: { reason: reasonsAgainstLimits.maxBatchBytes },
      description: `${maxBatchBytesDescription}, which is the default.`,
    }),
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
    maxInFlight: t.int({
      extensions: { reason: reasonsAgainstLimits.maxInFlight },
      description: 'The limit of requests in flight at a time: 1 to 64.',
    }),
    linesPerSecond: t.int({
      extensions: { reason: reasonsAgainstLimits.linesPerSecond },
      description: 'The limit of lines a second: 1 to 1,000,000; null removes the limit.',
    }),
    maxBatchLines: t.int({
      extensions: { reason: reasonsAgainstLimits.maxBatchLines },
      description: `${maxBatchLinesDescription}; null restores the default.`,
    }),
    maxBatchBytes: t.int({
      extensions: { reason: reasonsAgainstLimits.maxBatchBytes },
      description: `${maxBatchBytesDescription}; null restores the default.`,
    }),
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
