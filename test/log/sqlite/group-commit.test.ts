import { expect, it } from 'vitest';
import { turn } from '../../support/log/fixture.js';
import { openWriterFixture } from '../../support/log/writer.js';

it('commits the commands of one turn of the event loop together', async () => {
  const { record, commits, log } = openWriterFixture();
  const answers = await Promise.all([record(), record(2), record()]);
  expect(answers).toEqual([[1], [2, 3], [4]]);
  expect(commits).toEqual([4]);
  expect(log.head()).toBe(4);
});

it('commits the commands of a later turn on their own', async () => {
  const { record, commits } = openWriterFixture();
  await record();
  await record();
  expect(commits).toEqual([1, 2]);
});

it('opens one transaction for a group', async () => {
  const begun: string[] = [];
  const run = (begin: () => unknown) => {
    begun.push('BEGIN');
    return begin();
  };
  const { record, refuse } = openWriterFixture({ replace: { statement: 'BEGIN IMMEDIATE', run } });
  await Promise.allSettled([record(), refuse(), record()]);
  expect(begun).toEqual(['BEGIN']);
});

it('takes at most 1,000 commands into a group and goes on with the rest in the next', async () => {
  const { record, commits } = openWriterFixture();
  await Promise.all(Array.from({ length: 1_001 }, () => record()));
  expect(commits).toEqual([1_000, 1_001]);
});

it('undoes only the command that is refused, and leaves no gap behind it', async () => {
  const { record, refuse, commits, log } = openWriterFixture();
  const answers = await Promise.allSettled([record(), refuse(3), record(2), refuse()]);
  expect(answers).toMatchObject([
    { status: 'fulfilled', value: [1] },
    { status: 'rejected', reason: { code: 'NOT_FOUND' } },
    { status: 'fulfilled', value: [2, 3] },
    { status: 'rejected', reason: { code: 'NOT_FOUND' } },
  ]);
  expect(log.after(0, 10).map(({ position, version }) => [position, version])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  expect(commits).toEqual([3]);
});

it('undoes a command that fails for a reason of its own, and hands the reason to its caller alone', async () => {
  const { record, fail, log, fatal } = openWriterFixture();
  const bug = new TypeError('a bug');
  const [first, second] = await Promise.allSettled([fail(bug), record()]);
  expect(first).toEqual({ status: 'rejected', reason: bug });
  expect(second).toEqual({ status: 'fulfilled', value: [1] });
  expect(log.head()).toBe(1);
  expect(fatal).toEqual([]);
});

it('forgets the stream of a refused command', async () => {
  const { refuse, sqlite } = openWriterFixture();
  await expect(refuse()).rejects.toThrow('refused');
  expect(sqlite.prepare('SELECT count(*) FROM streams').pluck().get()).toBe(0);
});

it('shows a command what earlier ones of its group appended', async () => {
  const { record, refuse, head } = openWriterFixture();
  const heads = await Promise.allSettled([head(), record(2), head(), refuse(), head()]);
  expect(heads.map((head) => (head.status === 'fulfilled' ? head.value : 'refused'))).toEqual([
    0,
    [1, 2],
    2,
    'refused',
    2,
  ]);
});

it('answers when another connection can read what was appended', async () => {
  const { record, refuse, committed } = openWriterFixture();
  const heads: number[] = [];
  const see = () => heads.push(committed.head());
  await Promise.all([record().then(see), refuse().catch(see), record().then(see)]);
  expect(heads).toEqual([2, 2, 2]);
});

it('runs nothing before the turn ends', async () => {
  const { record, committed } = openWriterFixture();
  const answer = record();
  await Promise.resolve();
  expect(committed.head()).toBe(0);
  await answer;
  expect(committed.head()).toBe(1);
});

it('refuses a command while 50,000 events wait, and takes it when they have been written', async () => {
  const { head } = openWriterFixture();
  const waiting = Array.from({ length: 50_000 }, () => head());
  const refusal = { code: 'UNAVAILABLE', message: expect.stringContaining('Too much is waiting') };
  await expect(head()).rejects.toMatchObject(refusal);
  await Promise.all(waiting);
  await expect(head()).resolves.toBe(0);
});

it('commits what waits before it closes, and then takes nothing more', async () => {
  const { record, writer, committed } = openWriterFixture();
  const waiting = Array.from({ length: 1_500 }, () => record());
  await writer.close();
  expect(committed.head()).toBe(1_500);
  await expect(record()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('stopping') });
  expect(await Promise.all(waiting)).toHaveLength(1_500);
});

it('copies the write-ahead log into the database once it is long, without being asked', async () => {
  const { fill, sqlite } = openWriterFixture();
  const backlog = () => {
    const [row] = sqlite.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[];
    return row ? row.log - row.checkpointed : Number.NaN;
  };
  await fill(1_000_000);
  expect(backlog()).toBeGreaterThan(200);
  for (let megabytes = 0; megabytes < 70; megabytes += 1) void fill(1_000_000);
  await turn(2);
  expect(backlog()).toBe(0);
});
