import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { makePrivateFile, syncDirectory } from './private-file.js';

/** A connection: `db` for drizzle, `sqlite` for statements that drizzle does not support (pragmas, savepoints). */
export interface Connection {
  db: Db;
  sqlite: Database.Database;
}
export type Db = BetterSQLite3Database & { $client: Database.Database };

/** Why a data directory could not be opened. The message is for the operator. */
export class DataDirectoryError extends Error {}

const MIGRATIONS = join(import.meta.dirname, 'migrations');

/** The format of a data directory. The migrations store it as SQLite's `user_version`. */
export const FORMAT = 4;

/** How long a reader waits for a writer's checkpoint, in ms. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Makes the data directory (mode 0700) if it does not exist, and locks it. The lock is an exclusive transaction on a file of its
 * own, which the operating system releases however the process ends.
 *
 * @returns a function that releases the lock
 * @throws DataDirectoryError if the directory cannot be used or another process has locked it
 */
export function lockDataDirectory(directory: string): () => void {
  let lock: Database.Database | undefined;
  try {
    // Not recursive: the operator chooses the parent folder, which also holds the master key.
    if (!existsSync(directory)) {
      mkdirSync(directory, { mode: 0o700 });
      syncDirectory(dirname(directory));
    } else if (!statSync(directory).isDirectory()) {
      throw new Error('it is not a directory; choose another one');
    }
    const file = join(directory, 'lock');
    if (existsSync(file)) assertRegular(file);
    else makePrivateFile(file);
    lock = new Database(file, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    chmodSync(file, 0o600);
  } catch (error) {
    lock?.close();
    throw new DataDirectoryError(`The data directory ${directory} cannot be used: ${reasonOf(error)}`);
  }
  const locked = lock;
  return () => locked.close();
}

/**
 * Opens the only connection that writes, and runs the migrations.
 *
 * @throws DataDirectoryError if the file is not a database, has another format, or `synchronous=FULL` cannot be set
 */
export function openWriter(directory: string): Connection {
  try {
    const file = join(directory, 'auditwire.db');
    if (existsSync(file)) {
      assertRegular(file);
      assertFormat(file, directory);
    }
    // SQLite gives its write-ahead log and its other files the mode of the database.
    else makePrivateFile(file);
    const sqlite = new Database(file);
    chmodSync(file, 0o600);
    sqlite.pragma('journal_mode = WAL');
    // The driver's default in WAL mode is NORMAL, which does not sync a commit.
    sqlite.pragma('synchronous = FULL');
    // The writer runs its own checkpoints, because SQLite hides a failed sync of an automatic checkpoint.
    sqlite.pragma('wal_autocheckpoint = 0');
    sqlite.pragma('foreign_keys = ON');
    // Overwrites deleted rows, so that a destroyed data key is not left in a free part of a page.
    sqlite.pragma('secure_delete = FAST');
    const db = drizzle(sqlite);
    migrate(db, { migrationsFolder: MIGRATIONS });
    // SQLite's recovery also reads commits that a killed process wrote to the page cache but did not sync. This process may
    // acknowledge what it reads, so those commits must be on disk. They are copied into the database file, because a second
    // sync of the same pages can report success although the first one failed.
    sqlite.pragma('wal_checkpoint(TRUNCATE)');
    verify(sqlite, 'journal_mode', 'wal');
    verify(sqlite, 'synchronous', 2);
    return { db, sqlite };
  } catch (error) {
    if (error instanceof DataDirectoryError) throw error;
    throw new DataDirectoryError(`The data directory ${directory} cannot be used: ${reasonOf(error)}`);
  }
}

/** Reads the format without changing the file: no checkpoint runs on a read-only connection. */
function assertFormat(file: string, directory: string): void {
  const sqlite = new Database(file, { readonly: true });
  try {
    // If this table is missing, the first start was interrupted before the migrations.
    if (!sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = 'events'").get()) return;
    const format = Number(sqlite.pragma('user_version', { simple: true }));
    if (format === FORMAT) return;
    const [age, remedy] =
      format < FORMAT
        ? ['an earlier', 'Start with a new directory, or use the version that wrote this one']
        : ['a later', 'Use the version that wrote it, or a later one'];
    throw new DataDirectoryError(
      `The data directory ${directory} was written by ${age} version of Auditwire (format ${format}; this version reads ` +
        `format ${FORMAT}). ${remedy}. Nothing in the directory was changed.`,
    );
  } finally {
    sqlite.close();
  }
}

/** Opens a connection that only reads, and so reads only committed data. */
export function openReader(directory: string): Connection {
  const sqlite = new Database(join(directory, 'auditwire.db'), { readonly: true, timeout: BUSY_TIMEOUT_MS });
  return { db: drizzle(sqlite), sqlite };
}

/**
 * How many bytes of the database are in use. The file can be larger: it does not shrink after a deletion, and new data uses the
 * free pages first.
 */
export function usedBytes({ sqlite }: Connection): number {
  const read = (pragma: string) => Number(sqlite.pragma(pragma, { simple: true }));
  return (read('page_count') - read('freelist_count')) * read('page_size');
}

/** SQLite calls a directory under the name of a file a disk error. */
function assertRegular(file: string): void {
  if (!statSync(file).isFile())
    throw new Error(`${basename(file)} in it is not a file; remove it, or choose another directory`);
}

function reasonOf(error: unknown): string {
  switch (errorCode(error)) {
    case 'SQLITE_BUSY':
      return 'another process has locked it. Is Auditwire already running?';
    case 'SQLITE_NOTADB':
      return 'auditwire.db is not an SQLite database; restore it from a backup';
    case 'EEXIST':
      return 'another process has just created one of its files, or one of them is a link that leads nowhere';
    case 'ENOENT':
      return 'its parent folder does not exist; make it, or choose another directory';
    case 'ENOTDIR':
      return 'a part of its path is a file, not a directory; choose another one';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_READONLY_DIRECTORY':
      return 'this user has no permission to write to it';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function verify(sqlite: Database.Database, pragma: string, expected: string | number): void {
  const actual = sqlite.pragma(pragma, { simple: true });
  if (actual !== expected)
    throw new DataDirectoryError(`SQLite has ${pragma}=${String(actual)} instead of ${expected}`);
}

/** The `code` of an error from SQLite or the operating system, such as `SQLITE_FULL`; null if there is none. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
