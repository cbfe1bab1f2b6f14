import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ArgsDef } from 'citty';
import { DataDirectoryError, errorCode } from '../../db/open.js';
import { CallFailed, Unreachable } from '../client/client.js';
import { type Config, ConfigError, loadConfig } from '../config.js';
import { MasterKeyError } from '../vault/master-key.js';
import { WrongMasterKey } from '../vault/secrets.js';
import { CommandFailed, run, UsageError } from './run.js';

/** The settings that every command over a data directory takes as options, too. */
export const directoryArgs = {
  'data-dir': {
    type: 'string',
    description: 'Where the event log is kept (AUDITWIRE_DATA_DIR; ./data)',
    valueHint: 'path',
  },
} as const satisfies ArgsDef;

export const listenArgs = {
  ...directoryArgs,
  host: { type: 'string', description: 'The address to listen on (AUDITWIRE_HOST; 127.0.0.1)', valueHint: 'address' },
  port: { type: 'string', description: 'The port to listen on, 0 for any (AUDITWIRE_PORT; 4000)', valueHint: 'port' },
} as const satisfies ArgsDef;

interface Options {
  'data-dir'?: string | undefined;
  host?: string | undefined;
  port?: string | undefined;
}

/** The settings of the environment under the options of the command line. */
export function configOf(options: Options, overrides: Record<string, string> = {}): Config {
  return loadConfig({
    ...process.env,
    ...overrides,
    ...(options['data-dir'] !== undefined && { AUDITWIRE_DATA_DIR: options['data-dir'] }),
    ...(options.host !== undefined && { AUDITWIRE_HOST: options.host }),
    ...(options.port !== undefined && { AUDITWIRE_PORT: options.port }),
  });
}

/** @throws DataDirectoryError where a server has never been: a typing error must not make a new directory */
export function assertExists({ dataDir }: Config): void {
  if (existsSync(join(dataDir, 'auditwire.db'))) return;
  throw new DataDirectoryError(`There is no event log in ${dataDir}; name its directory with --data-dir.`);
}

/** Runs a command over a data directory; whatever goes wrong is a line for a person, and an exit code. */
export function runOverDirectory(
  given: Record<string, unknown>,
  known: ArgsDef,
  command: () => Promise<void>,
): Promise<void> {
  return run(given, known, async () => {
    try {
      await command();
    } catch (error) {
      throw inWords(error);
    }
  });
}

const expected = [DataDirectoryError, MasterKeyError, WrongMasterKey, CallFailed, Unreachable];

/** The error in words for a person; as it is where it is a bug. */
function inWords(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof ConfigError) return new UsageError(error.message);
  if (expected.some((kind) => error instanceof kind)) return new CommandFailed(error.message);
  const address =
    'address' in error && 'port' in error ? `${String(error.address)}:${String(error.port)}` : 'the address';
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new CommandFailed(
        `${address} is in use by another program; choose another port with --port or AUDITWIRE_PORT.`,
      );
    case 'EACCES':
      return new CommandFailed(
        `${address} may not be listened on; choose a port above 1023 with --port or AUDITWIRE_PORT.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CommandFailed(
        `The host is no address of this machine; set --host or AUDITWIRE_HOST (${error.message}).`,
      );
    default:
      return error;
  }
}
