/** A server in its own process, controlled over IPC, so that its memory is measured without that of its clients. */

import { executeRecordLogins } from '../../../src/api/record-logins.js';
import { createApp } from '../../../src/app.js';
import { loadConfig } from '../../../src/config.js';
import { createLogger } from '../../../src/runtime/logger.js';

export type ToChild = { type: 'record'; batches: number } | { type: 'memory' } | { type: 'stop' };

export type FromChild =
  | { type: 'ready'; origin: string; token: string; portalId: string }
  | { type: 'recorded' }
  /** Bytes, after a garbage collection. */
  | { type: 'memory'; held: number; rss: number; readers: number };

export const LOGINS_IN_A_BATCH = 1_000;

if (process.send) await serve();

async function serve(): Promise<void> {
  const app = await createApp(loadConfig(process.env), createLogger('error'));
  await app.start();
  const cause = { actor: 'test', traceId: '0' };
  const portalId = await app.services.commands.execute('registerPortal', { name: 'Portal' }, cause);
  let next = 0;

  process.on('message', (message: ToChild) => {
    void handle(message);
  });
  tell({ type: 'ready', origin: `http://127.0.0.1:${app.port()}`, token: app.firstToken ?? '', portalId });

  async function handle(message: ToChild): Promise<void> {
    switch (message.type) {
      case 'record':
        for (let batch = 0; batch < message.batches; batch += 1) await record();
        return tell({ type: 'recorded' });
      case 'memory': {
        globalThis.gc?.();
        const { heapUsed, external, rss } = process.memoryUsage();
        // `external` includes the memory of array buffers.
        return tell({ type: 'memory', held: heapUsed + external, rss, readers: app.services.tail.subscriptions() });
      }
      case 'stop':
        await app.stop();
        return process.disconnect();
      default:
        return message satisfies never;
    }
  }

  async function record(): Promise<void> {
    const logins = Array.from({ length: LOGINS_IN_A_BATCH }, () => ({
      authenticationType: 'BASIC' as const,
      outcome: 'SUCCESS' as const,
      sourceAddress: '192.0.2.7',
      request: '/api/v2/developer/authenticate',
      principalId: 'a3d2699a-0ed3-4417-bb10-d8e74a1513a4',
      principalName: 'someone@example.com',
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      clientTraceId: String(next++),
    }));
    const { commands, random } = app.services;
    await executeRecordLogins(commands, random, { portalId, logins }, cause);
  }
}

function tell(message: FromChild): void {
  process.send?.(message);
}
