import type { ArgsDef, ParsedArgs } from 'citty';
import { logFormats } from '../domain/formats/index.js';
import { UsageError } from './run.js';
import { askSecret, readText, STANDARD_INPUT } from './secret.js';
import { contradiction, oneOf, wholeNumber } from './values.js';

/** The argument of each command for one destination. */
export const destinationArgs = {
  'destination-id': { type: 'positional', description: 'The UUID of the destination', required: true },
} as const satisfies ArgsDef;

/** The options that `create` and `update` share. No option has a secret as its value: every user of the machine can see options. */
export const settingArgs = {
  'log-format': {
    type: 'string',
    description: `The format of the log lines: ${logFormats.join(', ')}`,
    valueHint: 'format',
  },
  'authorization-file': {
    type: 'string',
    description: 'The file with the value of the Authorization header, such as "Splunk 8a6b…"; - for standard input',
    valueHint: 'file',
  },
  'authorization-prompt': {
    type: 'boolean',
    description: 'Ask for the Authorization value at the terminal, without showing it',
  },
  'headers-file': {
    type: 'string',
    description:
      'The file with headers to send with every request, each in a line such as "X-Splunk-Request-Channel: 8a6b…"; - for standard input',
    valueHint: 'file',
  },
  'ca-certificate-file': {
    type: 'string',
    description:
      'Trust the certificate authorities in this file (PEM) instead of the public ones; - for standard input',
    valueHint: 'file',
  },
  'client-certificate-file': {
    type: 'string',
    description: 'Present the certificate in this file (PEM) to the receiver (mutual TLS); - for standard input',
    valueHint: 'file',
  },
  'client-key-file': {
    type: 'string',
    description:
      'The file with the private key of the client certificate (PEM, without a passphrase); - for standard input',
    valueHint: 'file',
  },
  'skip-tls-verification': {
    type: 'boolean',
    description: 'Accept any certificate; for tests only',
    negativeDescription: 'Verify the certificate',
  },
  'max-in-flight': {
    type: 'string',
    description: 'The limit of requests in flight at a time, for all portals together',
    valueHint: 'number',
  },
  'lines-per-second': {
    type: 'string',
    description: 'The limit of lines a second, for all portals together',
    valueHint: 'number',
  },
  'max-batch-lines': { type: 'string', description: 'The limit of lines in a batch', valueHint: 'number' },
  'max-batch-bytes': {
    type: 'string',
    description: 'The limit of bytes of a batch before compression',
    valueHint: 'number',
  },
} as const satisfies ArgsDef;

type SettingArgs = ParsedArgs<typeof settingArgs>;

const fileOptions = [
  'authorization-file',
  'headers-file',
  'ca-certificate-file',
  'client-certificate-file',
  'client-key-file',
] as const;

/** The Authorization value from the environment; undefined if the variable is not set or empty. */
export function authorizationOfEnvironment(): string | undefined {
  return process.env['AUDITWIRE_AUTHORIZATION'] || undefined;
}

/**
 * Returns the options as fields of the input of the mutations; a field without an option is undefined.
 *
 * @throws UsageError if options cannot be used together, or a file cannot be read
 */
export async function settingsOf(args: SettingArgs) {
  if (fileOptions.filter((option) => args[option] === STANDARD_INPUT).length > 1) {
    throw new UsageError('Only one of the files can be standard input.');
  }
  return {
    logFormat: oneOf('--log-format', logFormats, args['log-format']),
    skipTlsVerification: args['skip-tls-verification'],
    maxInFlight: wholeNumber('--max-in-flight', args['max-in-flight']),
    linesPerSecond: wholeNumber('--lines-per-second', args['lines-per-second']),
    maxBatchLines: wholeNumber('--max-batch-lines', args['max-batch-lines']),
    maxBatchBytes: wholeNumber('--max-batch-bytes', args['max-batch-bytes']),
    headers: headersIn(await fileOf('headers-file', args)),
    caCertificate: await fileOf('ca-certificate-file', args),
    clientCertificate: await fileOf('client-certificate-file', args),
    clientKey: await fileOf('client-key-file', args),
    authorization: await givenAuthorization(args),
  };
}

async function fileOf(option: (typeof fileOptions)[number], args: SettingArgs): Promise<string | undefined> {
  const file = args[option];
  return file === undefined ? undefined : readText(`--${option}`, file);
}

/** @throws UsageError if a line is not a name, a colon and a value. It does not print the line, which may be a secret. */
function headersIn(text: string | undefined): { name: string; value: string }[] | undefined {
  const lines = text?.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines?.length === 0)
    throw new UsageError('--headers-file: the file has no header; --remove-headers removes all.');
  return lines?.map((line, index) => {
    const colon = line.indexOf(':');
    if (colon < 1) throw new UsageError(`--headers-file: line ${index + 1} must be a header such as "X-Name: value".`);
    return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
}

async function givenAuthorization(args: SettingArgs): Promise<string | undefined> {
  const { 'authorization-file': file, 'authorization-prompt': usePrompt } = args;
  if (usePrompt && file !== undefined) throw contradiction('--authorization-file', '--authorization-prompt');
  if (usePrompt) return askSecret('--authorization-prompt', 'Authorization value: ');
  return file === undefined ? undefined : readText('--authorization-file', file);
}
