import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeeded } from '../../src/client/client.js';
import { RecordLoginDocument } from '../../src/client/generated/graphql.js';
import { connectPortal, temporaryDirectory } from '../support/app.js';
import { LACKS_STRACE } from '../support/crash-trace.js';
import { startReceiver } from '../support/receiver.js';
import { startThreaded } from '../support/threaded.js';

/** By then connections that nobody uses are closed, and V8 has tidied up what the start left. */
const SETTLE_MS = 24_000;
/** Node's HTTP server would look around every 30 s. */
const IDLE_MS = 31_000;
const TIMEOUT_MS = 90_000;

const WAITS = 'trace=epoll_wait,epoll_pwait,futex,timerfd_settime,nanosleep,clock_nanosleep,poll,ppoll,select,pselect6';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The system calls of a process that wait, over a time, as strace shows them. */
async function waitsOf(pid: number, file: string, ms: number): Promise<string[]> {
  const tracer = spawn('strace', ['-f', '-qq', '-tt', '-e', WAITS, '-p', String(pid), '-o', file], {
    stdio: 'inherit',
  });
  const ended = new Promise<void>((resolve) => tracer.once('exit', () => resolve()));
  await pause(ms);
  tracer.kill('SIGINT');
  await ended;
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

/** Lines that show a thread awake, or asleep only until some time. `strace` itself restarts what it interrupts at the start. */
function timersIn(lines: readonly string[]): string[] {
  return lines.filter(
    (line) =>
      /ETIMEDOUT|timerfd_settime|nanosleep/.test(line) ||
      / = 0 \(Timeout\)/.test(line) ||
      /epoll_p?wait\(.*, \d+, [1-9]\d*/.test(line) ||
      /p?poll\(.*, [1-9]\d*\)/.test(line) ||
      /epoll_p?wait.* = 0$/.test(line) ||
      /FUTEX_WAIT\w*, \d+, \{tv_sec/.test(line),
  );
}

it.skipIf(LACKS_STRACE)(
  'a server with threads that has nothing to do sleeps, and no timer wakes it',
  async () => {
    const receiver = await startReceiver();
    const directory = temporaryDirectory();
    // V8 tidies up for half a minute after work, in 8 s steps: that is its own affair, and ends.
    const server = await startThreaded(directory, { under: [process.execPath, '--no-memory-reducer'] });
    const { portalId } = await connectPortal(server, receiver);
    const login = { portalId, authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;
    succeeded((await server.client.call(RecordLoginDocument, { input: login })).recordLogin);
    await receiver.until(({ accepted }) => accepted.length === 1);
    server.client.close();
    await receiver.down();

    await pause(SETTLE_MS);
    const lines = await waitsOf(server.child.pid ?? 0, join(directory, 'trace'), IDLE_MS);
    expect(timersIn(lines)).toEqual([]);
  },
  TIMEOUT_MS,
);
