import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createClient, succeeded } from '../../src/client/client.js';
import {
  CreateDestinationDocument,
  RecordLoginDocument,
  RecordLoginsDocument,
  RegisterPortalDocument,
} from '../../src/client/generated/graphql.js';
import type { ChildOptions } from '../support/crash/child.js';
import { crashDirectory, startCrashServer } from '../support/crash/server.js';
import { answersIn, killedInSync, LACKS_STRACE, syncedBeforeAnswer, tracing } from '../support/crash/trace.js';

const AT_ONCE = 32;
const TIMEOUT_MS = 60_000;
const aLogin = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' } as const;

/** Each mutation contains a mark, which is also in its answer. */
async function mutate(url: string, token: string): Promise<string[]> {
  const client = createClient(url, token);
  const marks: string[] = [];
  const mark = () => {
    marks.push(`mark-${marks.length}`);
    return marks.at(-1) ?? '';
  };
  const registered = await client.call(RegisterPortalDocument, { input: { name: mark() } });
  const portalId = succeeded(registered.registerPortal).portal.id;
  const destination = { name: mark(), endpoint: 'https://127.0.0.1:444/collector' };
  succeeded((await client.call(CreateDestinationDocument, { input: destination })).createDestination);
  const record = async () => {
    const input = { ...aLogin, portalId, traceId: mark() };
    succeeded((await client.call(RecordLoginDocument, { input })).recordLogin);
  };
  for (let count = 0; count < 4; count += 1) await record();
  const logins = [mark(), mark(), mark()].map((traceId) => ({ ...aLogin, traceId }));
  succeeded((await client.call(RecordLoginsDocument, { input: { portalId, logins } })).recordLogins);
  await Promise.all(Array.from({ length: AT_ONCE }, record));
  return marks;
}

/** Mutates a server under strace, and returns which answers the trace shows. */
async function traced(options: Partial<ChildOptions> = {}) {
  const directory = crashDirectory();
  const [trace, eventsFile] = [join(directory, 'trace'), join(directory, 'events')];
  const serverOptions = { dataDir: join(directory, 'data'), deliver: false, eventsFile, ...options };
  const server = await startCrashServer(serverOptions, tracing(trace));
  const marks = await mutate(server.url, server.firstToken ?? '');
  await server.stop();
  return { marks, ...answersIn(readFileSync(trace, 'utf8'), eventsFile) };
}

describe.skipIf(LACKS_STRACE)('the system calls of a server', () => {
  it(
    'sync the log after the last write of a commit and before each answer, one by one and 32 at once',
    async () => {
      const { marks, answered, unsynced } = await traced();

      expect(answered.sort()).toEqual(marks.sort());
      expect(unsynced).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it.each(['OFF', 'NORMAL'] as const)(
    'do not sync it if synchronous is %s, and this check detects that',
    async (synchronous) => {
      const { marks, answered, unsynced } = await traced({ synchronous });

      expect(answered.sort()).toEqual(marks.sort());
      expect(unsynced.sort()).toEqual(marks.sort());
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(LACKS_STRACE)('a login that a killed server had written, but not synced', () => {
  const directory = crashDirectory();
  const dataDir = join(directory, 'data');
  const trace = join(directory, 'trace');
  let sent: { traceId: string; idempotencyKey: string } = { traceId: '', idempotencyKey: '' };
  let token: string;
  let portalId: string;
  let position: number;
  let headAfterCrash: number;

  const record = async (url: string) => {
    const { recordLogin } = await createClient(url, token).call(RecordLoginDocument, {
      input: { ...aLogin, ...sent, portalId },
    });
    return Number(succeeded(recordLogin).login.position);
  };

  beforeAll(async () => {
    const first = await startCrashServer({ dataDir, deliver: false });
    token = first.firstToken ?? '';
    const registered = await createClient(first.url, token).call(RegisterPortalDocument, {
      input: { name: 'Portal' },
    });
    portalId = succeeded(registered.registerPortal).portal.id;
    await first.kill();

    const second = await startCrashServer(
      { dataDir, deliver: false },
      killedInSync(join(dataDir, 'auditwire.db-wal'), 5),
    );
    for (let count = 0, isRunning = true; isRunning; count += 1) {
      sent = { traceId: `mark-${count}`, idempotencyKey: `key-${count}` };
      isRunning = await record(second.url).then(
        () => true,
        () => false,
      );
    }
    await second.exited;

    const third = await startCrashServer({ dataDir, deliver: false }, tracing(trace));
    headAfterCrash = third.head;
    position = await record(third.url);
    await third.stop();
  }, TIMEOUT_MS);

  it('is in the log of the next server, which recognizes its idempotency key', () => {
    expect(position).toBe(headAfterCrash);
  });

  it('is synced by the next server before it acknowledges the login', () => {
    expect(syncedBeforeAnswer(readFileSync(trace, 'utf8'), sent.traceId)).toBe(true);
  });
});
