import { succeeded } from '../client/client.js';
import { UpdateDestinationDocument } from '../client/generated/graphql.js';
import { clientCommand } from './client-command.js';
import { authorizationOfEnvironment, destinationArgs, settingArgs, settingsOf } from './destination-args.js';
import { describeDestination } from './destination-text.js';
import { UsageError } from './run.js';
import { contradiction } from './values.js';

export const update = clientCommand(
  { name: 'update', description: 'Change a destination. Settings without an option stay the same.' },
  {
    ...destinationArgs,
    name: { type: 'string', description: 'A new name', valueHint: 'name' },
    endpoint: { type: 'string', description: 'A new https URL', valueHint: 'url' },
    ...settingArgs,
    'authorization-env': {
      type: 'boolean',
      description: 'Use the Authorization value of the variable AUDITWIRE_AUTHORIZATION',
    },
    'remove-authorization': { type: 'boolean', description: 'Send no Authorization header' },
    'remove-ca-certificate': { type: 'boolean', description: 'Trust the public certificate authorities again' },
    'remove-client-certificate': { type: 'boolean', description: 'Present no client certificate, and delete its key' },
    'remove-headers': { type: 'boolean', description: 'Send no headers of your own' },
    'remove-lines-per-second': { type: 'boolean', description: 'Remove the limit of lines a second' },
    'remove-max-batch-lines': { type: 'boolean', description: 'Restore the default limit of lines in a batch' },
    'remove-max-batch-bytes': { type: 'boolean', description: 'Restore the default limit of bytes of a batch' },
  },
  async (client, args) => {
    const { 'destination-id': id, name, endpoint, 'authorization-env': useEnvironment } = args;
    if (useEnvironment && args['remove-authorization'])
      throw contradiction('--authorization-env', '--remove-authorization');
    const given = await settingsOf(args);
    const authorization = useEnvironment ? fromEnvironment(given.authorization) : given.authorization;
    const changes = {
      name,
      endpoint,
      ...given,
      authorization: orRemoved('authorization', authorization, args['remove-authorization']),
      caCertificate: orRemoved('ca-certificate', given.caCertificate, args['remove-ca-certificate']),
      clientCertificate: orRemoved('client-certificate', given.clientCertificate, args['remove-client-certificate']),
      headers: orRemoved('headers', given.headers, args['remove-headers']),
      maxBatchLines: orRemoved('max-batch-lines', given.maxBatchLines, args['remove-max-batch-lines']),
      maxBatchBytes: orRemoved('max-batch-bytes', given.maxBatchBytes, args['remove-max-batch-bytes']),
      linesPerSecond: orRemoved('lines-per-second', given.linesPerSecond, args['remove-lines-per-second']),
    };
    if (Object.values(changes).every((value) => value === undefined)) {
      throw new UsageError('Nothing to change: give an option; --help lists them.');
    }
    const answer = await client.call(UpdateDestinationDocument, { input: { id, ...changes } });
    const { destination, warnings } = succeeded(answer.updateDestination);
    const title = `Destination ${destination.id} "${destination.name}" is now:`;
    return { json: { ...destination, warnings }, lines: [title, ...describeDestination(destination, warnings)] };
  },
);

/** Unlike `create`, `update` needs an option to use the variable: a variable that is still set must not replace a stored value. */
function fromEnvironment(given: string | undefined): string {
  const value = authorizationOfEnvironment();
  if (value === undefined) throw new UsageError('--authorization-env: AUDITWIRE_AUTHORIZATION is not set.');
  if (given !== undefined) throw contradiction('--authorization-env', 'another source of the value');
  return value;
}

/** Returns null, which removes the setting, if the option `--remove-…` is given; otherwise the value. */
function orRemoved<T>(name: string, value: T | undefined, isRemoved: boolean | undefined): T | null | undefined {
  if (!isRemoved) return value;
  if (value !== undefined) throw contradiction(`--remove-${name}`, 'a new value');
  return null;
}
