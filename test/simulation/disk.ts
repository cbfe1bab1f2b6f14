/** The data directories of runs. They are in memory if the system has a directory for that, because a sync is free there. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Connection, openWriter } from '../../db/open.js';
import { createLogReader } from '../../src/log/sqlite/read.js';
import { createReadModels } from '../../src/projections/read-models.js';
import { bringUpToDate } from '../../src/projections/rebuild.js';

const SHARED_MEMORY = '/dev/shm';
const DATABASE = 'auditwire.db';

/** What the disk does with a commit. `full`: refuses it. `sync fails`: writes it, but reports an error. */
export type DiskState = 'working' | 'full' | 'sync fails';

export interface Disks {
  /** A directory with an empty, migrated database. */
  fresh(): string;
  /** A new directory with the database as it is on disk now, possibly in the middle of a transaction. */
  copyOf(directory: string): string;
  discard(directory: string): void;
  close(): void;
}

/** `close` deletes all directories. */
export function createDisks(): Disks {
  const root = mkdtempSync(join(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), 'auditwire-simulation-'));
  const template = join(root, 'template');
  mkdirSync(template);
  const connection = openWriter(template);
  bringUpToDate(connection, createLogReader(connection.db), createReadModels(connection.db), {
    onStale: () => {},
    onProgress: () => {},
  });
  connection.sqlite.close();
  let count = 0;

  function copy(from: string): string {
    count += 1;
    const directory = join(root, String(count));
    mkdirSync(directory);
    for (const name of [DATABASE, `${DATABASE}-wal`]) {
      if (existsSync(join(from, name))) copyFileSync(join(from, name), join(directory, name));
    }
    return directory;
  }

  return {
    fresh: () => copy(template),
    copyOf: copy,
    discard: (directory) => rmSync(directory, { recursive: true }),
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Called around each commit of a connection, and able to make it fail. */
export interface CommitHooks {
  /** A group begins. */
  onBegin(): void;
  state(): DiskState;
  before(): void;
  after(): void;
}

/** The connection with hooks around its commits. */
export function withHooks({ db, sqlite }: Connection, hooks: CommitHooks): Connection {
  const begin = (run: () => void) => {
    hooks.onBegin();
    run();
  };
  const commit = (run: () => void) => {
    hooks.before();
    const state = hooks.state();
    if (state === 'full') throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
    run();
    if (state === 'sync fails') throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
    hooks.after();
  };
  const replaced: Record<string, (run: () => void) => void> = { 'BEGIN IMMEDIATE': begin, COMMIT: commit };
  const prepare = (source: string) => {
    const statement = sqlite.prepare(source);
    const replace = replaced[source];
    return replace ? { run: () => replace(() => void statement.run()) } : statement;
  };
  const get = (target: Database.Database, key: string | symbol): unknown => {
    if (key === 'prepare') return prepare;
    const value: unknown = Reflect.get(target, key, target);
    return typeof value === 'function' ? value.bind(target) : value;
  };
  return { db, sqlite: new Proxy(sqlite, { get }) };
}
