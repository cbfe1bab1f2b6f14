import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ArgsDef } from 'citty';
import { DataDirectoryError, errorCode } from '../../db/open.js';
import { CallFailed, Unreachable } from '../client/client.js';
import { type Config, ConfigError, loadConfig } from '../config.js';
import { MasterKeyError } from '../vault/master-key.js';
import { WrongMasterKey } from '../vault/secrets.js';
import { CommandFailed, run, UsageError } from './run.js';

/** The settings that each command for a data directory also accepts as options. */
export const directoryArgs = {
  'data-dir': {
    type: 'string',
    description: 'The directory of the event log (AUDITWIRE_DATA_DIR; default: ./data)',
    valueHint: 'path',
  },
} as const satisfies ArgsDef;

export const listenArgs = {
  ...directoryArgs,
  host: {
    type: 'string',
    description: 'The address to listen on (AUDITWIRE_HOST; default: 127.0.0.1)',
    valueHint: 'address',
  },
  port: {
    type: 'string',
    description: 'The port to listen on, 0 for any free port (AUDITWIRE_PORT; default: 4000)',
    valueHint: 'port',
  },
} as const satisfies ArgsDef;

type Option = keyof typeof listenArgs;

const variables: Record<Option, string> = {
  'data-dir': 'AUDITWIRE_DATA_DIR',
  host: 'AUDITWIRE_HOST',
  port: 'AUDITWIRE_PORT',
};

/** Reads the settings from the environment. `overrides` have precedence over it, and the options have precedence over both. */
export function configOf(
  options: { [Name in Option]?: string | undefined },
  overrides: Record<string, string> = {},
): Config {
  const env = { ...process.env, ...overrides };
  const optionOf: Record<string, string> = {};
  for (const [option, variable] of Object.entries(variables) as [Option, string][]) {
    const value = options[option];
    if (value === undefined) continue;
    env[variable] = value;
    optionOf[variable] = `--${option}`;
  }
  return loadConfig(env, optionOf);
}

/** @throws DataDirectoryError if the directory has no event log: a typing error must not create a new directory */
export function assertExists({ dataDir }: Config): void {
  if (existsSync(join(dataDir, 'auditwire.db'))) return;
  const isFile = statSync(dataDir, { throwIfNoEntry: false })?.isFile() ?? false;
  const problem = isFile ? `${dataDir} is a file, not a directory` : `There is no event log in ${dataDir}`;
  throw new DataDirectoryError(`${problem}; choose another directory with --data-dir or AUDITWIRE_DATA_DIR.`);
}

/** Runs a command for a data directory. An error ends the program with a message for a person and an exit code. */
export function runOverDirectory(
  given: Record<string, unknown>,
  known: ArgsDef,
  command: () => Promise<void>,
): Promise<void> {
  return run(given, known, async () => {
    // Before the first file: whatever this program makes is for its user only.
    process.umask(0o077);
    try {
      await command();
    } catch (error) {
      throw explained(error);
    }
  });
}

const expected = [DataDirectoryError, MasterKeyError, WrongMasterKey, CallFailed, Unreachable];

/** Turns an expected error into a message for a person. Any other error is a bug and stays as it is. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof ConfigError) return new UsageError(error.message);
  if (expected.some((kind) => error instanceof kind)) return new CommandFailed(error.message);
  const isAboutListening = 'syscall' in error && (error.syscall === 'listen' || error.syscall === 'getaddrinfo');
  if (!isAboutListening) return error;
  const address =
    'address' in error && 'port' in error ? `${String(error.address)}:${String(error.port)}` : 'the address';
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new CommandFailed(
        `${address} is in use by another program; choose another port with --port or AUDITWIRE_PORT.`,
      );
    case 'EACCES':
      return new CommandFailed(
        `There is no permission to listen on ${address}; choose a port above 1023 with --port or AUDITWIRE_PORT.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CommandFailed(
        `The host is not an address of this machine; choose another with --host or AUDITWIRE_HOST (${error.message}).`,
      );
    default:
      return error;
  }
}
