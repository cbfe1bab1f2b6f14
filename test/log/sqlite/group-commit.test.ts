import { expect, it } from 'vitest';
import { CAUSE, openLog, turn } from '../../support/log/fixture.js';
import { openSimpleCommands } from '../../support/log/simple-commands.js';

it('commits the commands of one turn of the event loop together', async () => {
  const { record, commits, log } = openSimpleCommands();
  const answers = await Promise.all([record(), record(2), record()]);
  expect(answers).toEqual([[1], [2, 3], [4]]);
  expect(commits).toEqual([4]);
  expect(log.head()).toBe(4);
});

it('commits the commands of a later turn on their own', async () => {
  const { record, commits } = openSimpleCommands();
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
  const { record, refuse } = openSimpleCommands({ replace: { statement: 'BEGIN IMMEDIATE', run } });
  await Promise.allSettled([record(), refuse(), record()]);
  expect(begun).toEqual(['BEGIN']);
});

it('commits at most 1,000 commands together, and the rest in the next group', async () => {
  const { record, commits } = openSimpleCommands();
  await Promise.all(Array.from({ length: 1_001 }, () => record()));
  expect(commits).toEqual([1_000, 1_001]);
});

it('undoes only the command that is refused, and leaves no gap', async () => {
  const { record, refuse, commits, log } = openSimpleCommands();
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

it('undoes a command that throws, and gives the error only to its caller', async () => {
  const { record, fail, log, fatal } = openSimpleCommands();
  const bug = new TypeError('a bug');
  const [first, second] = await Promise.allSettled([fail(bug), record()]);
  expect(first).toEqual({ status: 'rejected', reason: bug });
  expect(second).toEqual({ status: 'fulfilled', value: [1] });
  expect(log.head()).toBe(1);
  expect(fatal).toEqual([]);
});

it('stores no name of a stream for a command that is refused', async () => {
  const { refuse, sqlite } = openSimpleCommands();
  await expect(refuse()).rejects.toThrow('refused');
  expect(sqlite.prepare('SELECT count(*) FROM streams').pluck().get()).toBe(0);
});

it('answers when another connection can read what was appended', async () => {
  const { record, refuse, committed } = openSimpleCommands();
  const heads: number[] = [];
  const see = () => heads.push(committed.head());
  await Promise.all([record().then(see), refuse().catch(see), record().then(see)]);
  expect(heads).toEqual([2, 2, 2]);
});

it('runs no command before the turn ends', async () => {
  const { record, committed } = openSimpleCommands();
  const answer = record();
  await Promise.resolve();
  expect(committed.head()).toBe(0);
  await answer;
  expect(committed.head()).toBe(1);
});

it('refuses a command while 50,000 events wait, and accepts it when they are written', async () => {
  const { head } = openSimpleCommands();
  const waiting = Array.from({ length: 50_000 }, () => head());
  const refusal = { code: 'UNAVAILABLE', message: expect.stringContaining('Too many events wait') };
  await expect(head()).rejects.toMatchObject(refusal);
  await Promise.all(waiting);
  await expect(head()).resolves.toBe(0);
});

it('commits what waits before it closes, and then refuses commands', async () => {
  const { record, queue, committed } = openSimpleCommands();
  const waiting = Array.from({ length: 1_500 }, () => record());
  await queue.stop();
  expect(committed.head()).toBe(1_500);
  await expect(record()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('stopping') });
  expect(await Promise.all(waiting)).toHaveLength(1_500);
});

it('copies the write-ahead log into the database once it is long', async () => {
  const { fill, sqlite } = openSimpleCommands();
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

it.each(['missing', 'toString'])('answers a command that does not exist (%s) with an error', (name) => {
  const { commit } = openLog();
  const { results } = commit([{ name, input: null, cause: CAUSE }]);
  expect(results).toEqual([{ error: new Error(`There is no command ${name}`) }]);
});
