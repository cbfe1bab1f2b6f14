import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { succeeded } from '../../src/client/client.js';
import { RecordLoginDocument } from '../../src/client/generated/graphql.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, temporaryDirectory } from '../support/server/app.js';
import { startThreaded } from '../support/server/threaded.js';

/** The system calls in which a thread of Node sleeps, by their numbers: what they wait for at most is the fourth argument. */
const SLEEPS: Record<string, Record<string, 'epoll' | 'futex'>> = {
  x64: { 232: 'epoll', 281: 'epoll', 202: 'futex' },
  arm64: { 22: 'epoll', 98: 'futex' },
};
const sleeps = SLEEPS[process.arch];

/** Node's HTTP server would look around every 30 s. What waits for longer is the timer that stands for never, or V8's own. */
const LONG_MS = 35_000;

/** V8 and connections that nobody uses tidy up in steps of up to 10 s. */
const TIMEOUT_MS = 60_000;

/** What each thread of a process does that is not asleep, or sleeps only until some time soon. */
function awake(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const call = readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'utf8').trim();
    const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
    const [number = '', , , , most = ''] = call.split(' ');
    const kind = sleeps?.[number];
    // Without a time it is -1 as an int for epoll, and no pointer for a futex.
    const ms = Number(most) & 0xffff_ffff;
    const isAsleep = kind === 'epoll' ? ms < 0 || ms > LONG_MS : kind === 'futex' && most === '0x0';
    return isAsleep ? [] : [`${name} ${thread}: ${call}`];
  });
}

it.skipIf(process.platform !== 'linux' || !sleeps)(
  'a server with threads that has nothing to do has no timer that would wake one of them within 35 s',
  async () => {
    const receiver = await startReceiver();
    // V8 goes on tidying for half a minute after work: that is its own affair, and ends.
    const server = await startThreaded(temporaryDirectory(), { under: [process.execPath, '--no-memory-reducer'] });
    const { portalId } = await connectPortal(server, receiver);
    const login = { portalId, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
    succeeded((await server.client.call(RecordLoginDocument, { input: login })).recordLogin);
    await receiver.until(({ accepted }) => accepted.length === 1);
    server.client.close();
    await receiver.down();

    const pid = server.child.pid ?? 0;
    // A timer of ours that comes again and again is always there, however long this waits.
    await expect.poll(() => awake(pid), { timeout: TIMEOUT_MS - 15_000, interval: 200 }).toEqual([]);
    expect(readdirSync(`/proc/${pid}/task`).length).toBeGreaterThan(4);
  },
  TIMEOUT_MS,
);
