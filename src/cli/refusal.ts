import type { ArgsDef } from 'citty';
import type { Refused } from '../client/client.js';
import { visible } from './output.js';
import { CommandFailed, kebab, UsageError } from './run.js';

/** Fields of an input whose option or argument has another name than the field. */
const otherNames: Record<string, string[]> = {
  id: ['id', 'portal-id', 'destination-id'],
  destinationId: ['destination'],
  webhookId: ['webhook', 'through'],
  ids: ['range-id'],
  'ids[0]': ['range-id'],
  enabled: ['enable'],
  caCertificate: ['ca-certificate-file'],
  clientCertificate: ['client-certificate-file'],
  clientKey: ['client-key-file'],
  headers: ['headers-file'],
};

/**
 * Explains a refusal to a person: the message, the code, and each field by the name of its option. Invalid input is a usage error,
 * whether the server or the command finds it.
 */
export function explainRefusal({ message, code, fields }: Refused['refusal'], args: ArgsDef): Error {
  const reasons = fields.map(({ field, reason }) => `  ${optionOf(field, args)}: ${reason}`);
  // Often the message only repeats the fields by their names in the API; then it is left out.
  const isOnlyFields = message === fields.map(({ field, reason }) => `${field}: ${reason}`).join('; ');
  const lines = [`${isOnlyFields ? 'The server refused the call' : message} (${code})`, ...reasons].map(visible);
  return new (code === 'INVALID_INPUT' ? UsageError : CommandFailed)(lines.join('\n'));
}

function optionOf(field: string, args: ArgsDef): string {
  // GraphQL itself names a field from the argument of the mutation, a refusal from its input.
  const name = field.replace(/^input\./, '');
  const names = otherNames[name] ?? [kebab(name)];
  for (const option of names) {
    if (option in args) return args[option]?.type === 'positional' ? option.toUpperCase() : `--${option}`;
  }
  return field;
}
