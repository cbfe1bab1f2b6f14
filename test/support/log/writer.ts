import Database from 'better-sqlite3';
import type { Connection } from '../../../db/open.js';
import type { Cause } from '../../../src/domain/event.js';
import { Refusal } from '../../../src/domain/refusal.js';
import { loginRecorded } from './events.js';
import { CAUSE, openLog, START } from './fixture.js';
import { createWriter } from './queue.js';

/** An error of SQLite, as the driver throws it. */
export const sqliteError = (code: string) => new Database.SqliteError(`simulated ${code}`, code);

/** The connection, but for one statement, which does `run` in its place; `run` may run the statement itself. */
function withStatement(
  { db, sqlite }: Connection,
  source: string,
  run: (statement: () => unknown) => unknown,
): Connection {
  const bound = (target: object, key: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, key, target);
    return typeof value === 'function' ? value.bind(target) : value;
  };
  const prepare = (sql: string) => {
    const statement = sqlite.prepare(sql);
    if (sql !== source) return statement;
    return new Proxy(statement, {
      get: (target, key) => (key === 'run' ? () => run(() => target.run()) : bound(target, key)),
    });
  };
  return {
    db,
    sqlite: new Proxy(sqlite, { get: (target, key) => (key === 'prepare' ? prepare : bound(target, key)) }),
  };
}

/** A writer with commands to append logins to a stream, to refuse, to fail, and to see what the log ends with. */
export function openWriterFixture(
  options: { replace?: { statement: string; run: (statement: () => unknown) => unknown } } = {},
) {
  const fixture = openLog(undefined, () => {});
  const { appender, log, sqlite } = fixture;
  const commits: number[] = [];
  const fatal: unknown[] = [];
  const record = (count: number, cause: Cause) =>
    appender.append(
      [{ stream: 'login-1', events: Array.from({ length: count }, () => loginRecorded()) }],
      cause,
      START,
    );

  const { replace } = options;
  const writer = createWriter({
    connection: replace ? withStatement(fixture.connection, replace.statement, replace.run) : fixture.connection,
    appender,
    handlers: {
      /** @returns the positions of what it appended */
      record: (count: number, cause) => record(count, cause).map(({ position }) => position),
      /** Appends and is then refused. */
      refuse(count: number, cause): number[] {
        record(count, cause);
        throw new Refusal('NOT_FOUND', 'refused');
      },
      /** Appends and then throws. */
      fail(error: Error, cause): number[] {
        record(1, cause);
        throw error;
      },
      /** Appends more than the pages at hand hold. */
      fill: (bytes: number, cause) =>
        appender.append([{ stream: 'login-1', events: [loginRecorded({ request: 'x'.repeat(bytes) })] }], cause, START)
          .length,
      head: (_: null) => log.head(),
    },
    now: () => START,
    onCommit: (head) => commits.push(head),
    onFatal: (error) => fatal.push(error),
  });

  return {
    ...fixture,
    /** The head after each commit. */
    commits,
    /** What ended the process, had it been one. */
    fatal,
    writer,
    record: (count = 1) => writer.execute('record', count, CAUSE),
    refuse: (count = 1) => writer.execute('refuse', count, CAUSE),
    fail: (error: Error) => writer.execute('fail', error, CAUSE),
    fill: (bytes: number) => writer.execute('fill', bytes, CAUSE),
    head: () => writer.execute('head', null, CAUSE),
    /** No page more fits into the database until it is called again with more. */
    allowPages: (more: number): void => {
      const pages = Number(sqlite.pragma('page_count', { simple: true }));
      sqlite.pragma(`max_page_count = ${pages + more}`);
    },
  };
}
