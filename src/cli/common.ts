import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ArgsDef } from 'citty';
import { DataDirectoryError, errorCode } from '../../db/open.js';
import { CallFailed, Unreachable } from '../client/client.js';
import { type Config, ConfigError, loadConfig } from '../config.js';
import { MasterKeyError } from '../vault/master-key.js';
import { WrongMasterKey } from '../vault/secrets.js';

/** Exit codes: what the person can mend (settings, a directory, a port), and what they cannot. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

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

/** Runs a command; whatever goes wrong is a line for a person, and an exit code. */
export async function run(given: Record<string, unknown>, known: ArgsDef, command: () => Promise<void>): Promise<void> {
  const unknown = Object.keys(given).filter((name) => name !== '_' && !(name in known) && !(kebab(name) in known));
  const extra = Array.isArray(given['_']) ? given['_'].map(String) : [];
  const odd = [...unknown.map((name) => `--${name}`), ...extra];
  try {
    if (odd.length) throw new UsageError(`${odd.join(', ')}: not understood; --help lists the options.`);
    await command();
  } catch (error) {
    process.stderr.write(`auditwire: ${explain(error)}\n`);
    process.exit(error instanceof UsageError || error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILED);
  }
}

export class UsageError extends Error {}

const expected = [UsageError, ConfigError, DataDirectoryError, MasterKeyError, WrongMasterKey, CallFailed, Unreachable];

function explain(error: unknown): string {
  if (!(error instanceof Error))
    return typeof error === 'string' ? error : 'the connection to the server was refused or lost';
  if (expected.some((kind) => error instanceof kind)) return error.message;
  const address =
    'address' in error && 'port' in error ? `${String(error.address)}:${String(error.port)}` : 'the address';
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return `${address} is in use by another program; choose another port with --port or AUDITWIRE_PORT.`;
    case 'EACCES':
      return `${address} may not be listened on; choose a port above 1023 with --port or AUDITWIRE_PORT.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `The host is no address of this machine; set --host or AUDITWIRE_HOST (${error.message}).`;
    default:
      return error.stack ?? error.message;
  }
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
