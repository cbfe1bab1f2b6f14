import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '../../../src/client/client.js';

export interface Product {
  process: ChildProcess;
  /** The URL of GraphQL. */
  url: string;
  token: string;
  client: Client;
  directory: string;
  stop(): Promise<void>;
}

interface Options {
  /** An existing data directory; by default a new one, which is deleted at the end. */
  directory?: string;
  /** The administrator's token, if the directory already has one. */
  token?: string;
  /** A command line that starts the server, such as strace with its options. */
  prefix?: readonly string[];
  env?: Record<string, string>;
}

/** Starts Auditwire in its own process, on a free port. */
export async function startProduct(options: Options = {}): Promise<Product> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'auditwire-bench-'));
  const command = [...(options.prefix ?? []), process.execPath, join(import.meta.dirname, 'server.js')];
  const child = spawn(command[0] ?? '', command.slice(1), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {
      ...process.env,
      AUDITWIRE_DATA_DIR: join(directory, 'data'),
      AUDITWIRE_PORT: '0',
      AUDITWIRE_ALLOWED_ADDRESSES: '127.0.0.0/8,::1',
      AUDITWIRE_SHUTDOWN_SECONDS: '5',
      ...options.env,
    },
  });
  const started = new Promise<{ port: number; token: string | null }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: number; token: string | null }));
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}`)));
  });
  const { port, token: firstToken } = await started;
  const url = `http://127.0.0.1:${port}/graphql`;
  const token = options.token ?? firstToken ?? '';
  const client = createClient(url, token);
  return {
    process: child,
    url,
    token,
    client,
    directory,
    async stop() {
      client.close();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.send('stop');
      await ended;
      if (!options.directory) rmSync(directory, { recursive: true, force: true });
    },
  };
}
