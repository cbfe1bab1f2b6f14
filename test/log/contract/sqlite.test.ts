import { expect, it, onTestFinished } from 'vitest';
import { openReader, openWriter } from '../../../db/open.js';
import { openSqliteLog } from '../../../src/log/sqlite/event-log.js';
import { createLogReader } from '../../../src/log/sqlite/read.js';
import { createTail } from '../../../src/log/tail.js';
import { copyDatabase, sqliteError, withStatement } from '../../support/log/faults.js';
import { temporaryDirectory } from '../../support/server/app.js';
import { expectComplete, testContract } from './event-log-contract.js';
import type { CommitFailure, OpenedLog, OpenOptions } from './harness.js';

/** The log in SQLite over the files of a directory. Each event has a row in a table beside the log. */
function open(directory: string, { handlers, project, unproject, now }: OpenOptions): OpenedLog {
  const connection = openWriter(directory);
  const { sqlite } = connection;
  const reading = openReader(directory);
  const close = () => {
    reading.sqlite.close();
    sqlite.close();
  };
  onTestFinished(close);

  sqlite.exec('CREATE TABLE IF NOT EXISTS contract_rows (position INTEGER PRIMARY KEY)');
  const add = sqlite.prepare('INSERT INTO contract_rows VALUES (?)');
  const remove = sqlite.prepare('DELETE FROM contract_rows WHERE position = ?');
  const list = sqlite.prepare<[], number>('SELECT position FROM contract_rows ORDER BY position').pluck();
  const rows = () => list.all();

  let failure: CommitFailure | null = null;
  const commitOrFail = (real: () => unknown): void => {
    const failing = failure;
    failure = null;
    if (failing === 'REFUSED') throw sqliteError('SQLITE_FULL');
    if (failing !== 'LOST') real();
    if (failing) throw sqliteError('SQLITE_IOERR_FSYNC');
  };

  const { reader, commit } = openSqliteLog({
    connection: withStatement(connection, { statement: 'COMMIT', run: commitOrFail }),
    project(event) {
      add.run(event.position);
      project(event);
    },
    unproject(event) {
      expect(remove.run(event.position).changes).toBe(1);
      unproject(event);
    },
    handlers: (log, writer) => handlers(log, writer, rows),
    now,
  });
  const committed = createLogReader(reading.db);

  return {
    commit,
    reader,
    committed,
    openTail: () => createTail(committed),
    rows,
    failNextCommit: (next) => void (failure = next),
    reopen(end) {
      let next = directory;
      // A killed process leaves its files as they are: the copy is made before they are closed.
      if (end === 'KILLED') copyDatabase(directory, (next = temporaryDirectory()));
      close();
      return open(next, { handlers, project, unproject, now });
    },
  };
}

testContract({ open: (options) => open(temporaryDirectory(), options) });

it.each([
  ['there is no scenario', [], []],
  ['a scenario was not run', ['a', 'b'], ['a']],
  ['two scenarios have one name', ['a', 'a'], ['a', 'a']],
])('a run of the contract fails if %s', (_, names, ran) => {
  const scenarios = names.map((name) => ({ name }));
  expect(() => expectComplete(scenarios, ran)).toThrow();
});
