import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { succeeded } from '../../src/client/client.js';
import { RecordLoginDocument } from '../../src/client/generated/graphql.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, temporaryDirectory } from '../support/server/app.js';
import { startThreaded } from '../support/server/threaded.js';

/** The system calls, by number, in which a thread of Node sleeps. Their fourth argument is the timeout. */
const SLEEPS: Record<string, Record<string, 'epoll' | 'futex'>> = {
  x64: { 232: 'epoll', 281: 'epoll', 202: 'futex' },
  arm64: { 22: 'epoll', 98: 'futex' },
};
const sleeps = SLEEPS[process.arch];

/** Node's HTTP server would wake every 30 s. A longer timeout is a timer that means never, or one of V8. */
const LONG_MS = 35_000;

/** V8 and unused connections clean up in steps of up to 10 s. */
const TIMEOUT_MS = 60_000;

/** The threads of a process that do not sleep, or sleep for less than `LONG_MS`, with their system calls. */
function awake(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const call = readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'utf8').trim();
    const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
    const [number = '', , , , timeout = ''] = call.split(' ');
    const kind = sleeps?.[number];
    // No timeout is -1 as a 32-bit integer for epoll, and a null pointer for futex.
    const ms = Number(timeout) & 0xffff_ffff;
    const isAsleep = kind === 'epoll' ? ms < 0 || ms > LONG_MS : kind === 'futex' && timeout === '0x0';
    return isAsleep ? [] : [`${name} ${thread}: ${call}`];
  });
}

it.skipIf(process.platform !== 'linux' || !sleeps)(
  'an idle server has no timer that would wake a thread within 35 s',
  async () => {
    const receiver = await startReceiver();
    // Without this option, V8 cleans up for half a minute after work.
    const server = await startThreaded(temporaryDirectory(), { under: [process.execPath, '--no-memory-reducer'] });
    const { portalId } = await connectPortal(server, receiver);
    const login = { portalId, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
    succeeded((await server.client.call(RecordLoginDocument, { input: login })).recordLogin);
    await receiver.until(({ accepted }) => accepted.length === 1);
    server.client.close();
    await receiver.down();

    const pid = server.child.pid ?? 0;
    // A repeated timer of Auditwire would never disappear.
    await expect.poll(() => awake(pid), { timeout: TIMEOUT_MS - 15_000, interval: 200 }).toEqual([]);
    expect(readdirSync(`/proc/${pid}/task`).length).toBeGreaterThan(4);
  },
  TIMEOUT_MS,
);
