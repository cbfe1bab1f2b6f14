import { expect, it } from 'vitest';
import { sqliteError } from '../../support/log/faults.js';
import { turn } from '../../support/log/fixture.js';
import { openSimpleCommands } from '../../support/log/simple-commands.js';

const LARGE = 100_000;

it('fails every command of a group with UNAVAILABLE when the disk is full, and changes nothing', async () => {
  const { record, fill, refuse, allowPages, commits, log, fatal, queue } = openSimpleCommands();
  await record();
  allowPages(0);
  const answers = await Promise.allSettled([record(), refuse(), fill(LARGE), record()]);
  for (const answer of answers) {
    const message = expect.stringContaining('disk of the server is full');
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE', message } });
  }
  expect(log.head()).toBe(1);
  expect(commits).toEqual([1]);
  expect(fatal).toEqual([]);
  expect(queue.writable()).toBe(false);
});

it('appends without a gap when there is room again', async () => {
  const { record, fill, allowPages, log, queue } = openSimpleCommands();
  await record();
  allowPages(0);
  await Promise.allSettled([record(5), fill(LARGE)]);
  allowPages(1_000);
  expect(await record()).toEqual([2]);
  expect(log.after(0, 10).map(({ position, version }) => [position, version])).toEqual([
    [1, 1],
    [2, 2],
  ]);
  expect(queue.writable()).toBe(true);
});

it('shows with a probe that the log can be written again', async () => {
  const { fill, allowPages, queue, log } = openSimpleCommands();
  allowPages(0);
  await expect(fill(LARGE)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(queue.writable()).toBe(false);
  allowPages(1_000);
  await queue.probe();
  expect(queue.writable()).toBe(true);
  expect(log.head()).toBe(0);
});

it('fails every command, also those that are refused, when the disk is full at the commit', async () => {
  let full = true;
  const run = (commit: () => unknown) => {
    if (full) throw sqliteError('SQLITE_FULL');
    return commit();
  };
  const { record, refuse, committed, commits } = openSimpleCommands({ replace: { statement: 'COMMIT', run } });
  const answers = await Promise.allSettled([record(), refuse(), record()]);
  expect(answers.map((answer) => answer.status === 'rejected' && answer.reason.code)).toEqual(
    Array(3).fill('UNAVAILABLE'),
  );
  expect([committed.head(), commits]).toEqual([0, []]);
  full = false;
  expect(await record()).toEqual([1]);
  expect(commits).toEqual([1]);
});

it('commits a command that arrives while a group fails in the next group', async () => {
  let failures = 1;
  const later: Promise<number[]>[] = [];
  const run = (commit: () => unknown) => {
    if (failures-- <= 0) return commit();
    later.push(fixture.record());
    throw sqliteError('SQLITE_FULL');
  };
  const fixture = openSimpleCommands({ replace: { statement: 'COMMIT', run } });
  await expect(fixture.record()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await Promise.all(later)).toEqual([[1]]);
});

it.each(['SQLITE_FULL', 'SQLITE_BUSY', 'SQLITE_READONLY', 'SQLITE_NOMEM'])(
  'fails the group and names the reason when a command meets %s',
  async (code) => {
    const { record, fail, log, fatal } = openSimpleCommands();
    const answers = await Promise.allSettled([record(), fail(sqliteError(code)), record()]);
    for (const answer of answers) {
      const message = expect.stringMatching(code === 'SQLITE_FULL' ? 'full: nothing' : `${code}.*nothing was recorded`);
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE', message } });
    }
    expect(log.head()).toBe(0);
    expect(fatal).toEqual([]);
  },
);

it.each(['BEGIN IMMEDIATE', 'SAVEPOINT command', 'COMMIT'])(
  'appends again after the database was busy at %s',
  async (statement) => {
    let failures = 1;
    const run = (real: () => unknown) => {
      if (failures-- > 0) throw sqliteError('SQLITE_BUSY');
      return real();
    };
    const { record } = openSimpleCommands({ replace: { statement, run } });
    await expect(record()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await record()).toEqual([1]);
  },
);

it.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_CORRUPT', 'SQLITE_NOTADB'])(
  'ends the process and settles no command when the commit fails with %s',
  async (code) => {
    const answered: unknown[] = [];
    const answer = (said: unknown) => answered.push(said);
    const error = sqliteError(code);
    const run = () => {
      throw error;
    };
    const { record, refuse, fatal, commits } = openSimpleCommands({ replace: { statement: 'COMMIT', run } });
    for (const answering of [record(), refuse(), record()]) answering.then(answer, answer);
    await turn(3);
    expect(fatal).toEqual([error]);
    expect([answered, commits]).toEqual([[], []]);
  },
);

it('ends the process and settles no command when a command meets an input/output error', async () => {
  const answered: unknown[] = [];
  const answer = (said: unknown) => answered.push(said);
  const { record, fail, fatal } = openSimpleCommands();
  const error = sqliteError('SQLITE_IOERR_READ');
  for (const answering of [record(), fail(error), record()]) answering.then(answer, answer);
  await turn(3);
  expect([fatal, answered]).toEqual([[error], []]);
});
