/** Failures of SQLite and of its process, simulated in this process. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Connection } from '../../../db/open.js';

/** An error of SQLite, as the driver throws it. */
export const sqliteError = (code: string) => new Database.SqliteError(`simulated ${code}`, code);

export interface Replacement {
  /** The source of the statement. */
  statement: string;
  /** Runs instead of the statement; `real` runs the statement itself. */
  run: (real: () => unknown) => unknown;
}

/** The connection, except that one statement is replaced. */
export function withStatement({ db, sqlite }: Connection, { statement: source, run }: Replacement): Connection {
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

/** Copies the database and its write-ahead log as they are on disk now, as a process leaves them that is killed now. */
export function copyDatabase(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of ['auditwire.db', 'auditwire.db-wal']) copyFileSync(join(from, name), join(to, name));
}
