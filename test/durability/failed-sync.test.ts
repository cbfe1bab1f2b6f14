import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/client/client.js';
import { createLoad, loginsOf, registerPortals } from '../support/crash/load.js';
import { crashDirectory, type Exit, startCrashServer } from '../support/crash/server.js';
import { examine } from '../support/crash/tables.js';
import { answersIn, LACKS_STRACE, tracing } from '../support/crash/trace.js';
import { startReceiver } from '../support/receiver/receiver.js';

const CONNECTIONS = 16;
const TIMEOUT_MS = 60_000;

const failures = [
  { syncs: 'one sync', when: '12' },
  { syncs: 'every sync after the eleventh', when: '12+' },
];

describe.skipIf(LACKS_STRACE).each(failures)('a server for which $syncs fails', ({ when }) => {
  const directory = crashDirectory();
  const [dataDir, trace, eventsFile] = [join(directory, 'data'), join(directory, 'trace'), join(directory, 'events')];
  let load: ReturnType<typeof createLoad>;
  let exit: Exit;
  let answeredBefore: string[];
  let shownAfter: string[];
  let tables: ReturnType<typeof examine>;

  const answered = () => load.sent.flatMap(({ acknowledged }) => (acknowledged ? [acknowledged.traceId] : [])).sort();

  beforeAll(async () => {
    const receiver = await startReceiver();
    const first = await startCrashServer({ dataDir });
    const token = first.firstToken ?? '';
    const [portalId = ''] = await registerPortals(createClient(first.url, token), receiver, 1);
    load = createLoad([portalId], token);
    await first.stop();

    const failing = await startCrashServer(
      { dataDir, eventsFile },
      tracing(trace, '-e', `inject=fdatasync,fsync:error=EIO:when=${when}`),
    );
    await load.untilBroken(failing, CONNECTIONS, () => {});
    exit = await failing.exited;
    answeredBefore = answered();

    const restarted = await startCrashServer({ dataDir });
    shownAfter = (await loginsOf(createClient(restarted.url, token), portalId)).map(({ traceId }) => traceId);
    await load.settle(restarted);
    await restarted.stop();
    await receiver.down();
    tables = examine(dataDir);
  }, TIMEOUT_MS);

  it('exits with the code of an input/output error (74)', () => {
    expect(exit).toMatchObject({ code: 74, signal: null });
  });

  it('answers no call of the failed commit with success', () => {
    const seen = answersIn(readFileSync(trace, 'utf8'), eventsFile);
    const appended = readFileSync(eventsFile, 'utf8').match(/(?<="idempotencyKey":")mark-\d+/g) ?? [];

    expect(seen.answered.length).toBeGreaterThan(0);
    expect(seen.unsynced).toEqual([]);
    expect(appended.filter((mark) => !seen.answered.includes(mark))).not.toEqual([]);
  });

  it('has every acknowledged login after a restart', () => {
    expect(shownAfter).toEqual(expect.arrayContaining(answeredBefore));
  });

  it('records each unacknowledged login once after the restart', () => {
    const recorded = tables.events.flatMap((event) => (event.type === 'LoginRecorded' ? [event.data.traceId] : []));

    expect(answered()).toHaveLength(load.sent.length);
    expect(recorded.sort()).toEqual(answered());
    expect(tables.rebuilt).toEqual(tables.kept);
  });
});
