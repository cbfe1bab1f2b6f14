/** Starts `child.ts` and exchanges messages with it. */
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../server/app.js';
import type { FromChild, ToChild } from './child.js';

type Answer<T extends FromChild['type']> = Extract<FromChild, { type: T }>;

export interface ServerProcess {
  url: string;
  token: string;
  portalId: string;
  record(batches: number): Promise<void>;
  memory(): Promise<Answer<'memory'>>;
}

export async function startServerProcess(): Promise<ServerProcess> {
  const directory = temporaryDirectory();
  const script = fileURLToPath(new URL('child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      AUDITWIRE_DATA_DIR: join(directory, 'data'),
      AUDITWIRE_PORT: '0',
      AUDITWIRE_SHUTDOWN_SECONDS: '1',
    },
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    if (child.connected) child.send({ type: 'stop' } satisfies ToChild);
    await exited;
  });

  async function answer<T extends FromChild['type']>(type: T): Promise<Answer<T>> {
    for await (const [message] of on(child, 'message', { close: ['exit'] })) {
      const from = message as FromChild;
      if (from.type === type) return from as Answer<T>;
    }
    throw new Error(`The server ended before it was ${type}`);
  }
  const request = <T extends FromChild['type']>(message: ToChild, type: T) => {
    const answered = answer(type);
    child.send(message);
    return answered;
  };

  const { origin, token, portalId } = await answer('ready');
  return {
    url: `${origin}/graphql`,
    token,
    portalId,
    record: async (batches) => void (await request({ type: 'record', batches }, 'recorded')),
    memory: () => request({ type: 'memory' }, 'memory'),
  };
}
