import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';

/** A connection: `db` for drizzle, `sqlite` for what drizzle has no words for (pragmas, savepoints). */
export interface Connection {
  db: Db;
  sqlite: Database.Database;
}
export type Db = BetterSQLite3Database & { $client: Database.Database };

/** Why a data directory could not be opened, in words for the person who started the program. */
export class DataDirectoryError extends Error {}

const MIGRATIONS = join(import.meta.dirname, 'migrations');

/** The format of a data directory: SQLite's `user_version`, which the migrations set. */
export const FORMAT = 1;

/** How long a reader waits for a writer's checkpoint, in ms. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Makes the data directory (mode 0700) if it is not there and takes its lock, which the operating system gives back however
 * the process ends: an exclusive transaction on a file of its own.
 *
 * @returns a function that gives the lock back
 * @throws DataDirectoryError if the directory cannot be used or another process holds it
 */
export function lockDataDirectory(directory: string): () => void {
  let lock: Database.Database | undefined;
  try {
    // Not recursive: it is made beside its key, in a folder that someone chose.
    if (!existsSync(directory)) {
      mkdirSync(directory, { mode: 0o700 });
      syncDirectory(dirname(directory));
    }
    const file = join(directory, 'lock');
    lock = new Database(file, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    chmodSync(file, 0o600);
  } catch (error) {
    lock?.close();
    throw new DataDirectoryError(`The data directory ${directory} cannot be used: ${reasonOf(error)}`);
  }
  const held = lock;
  return () => held.close();
}

/**
 * Opens the one connection that writes, migrated to the newest tables.
 *
 * @throws DataDirectoryError if the file is no database, has another format, or `synchronous=FULL` does not hold
 */
export function openWriter(directory: string): Connection {
  try {
    const file = join(directory, 'auditwire.db');
    if (existsSync(file)) assertFormat(file, directory);
    const sqlite = new Database(file);
    chmodSync(file, 0o600);
    sqlite.pragma('journal_mode = WAL');
    // The driver's default in WAL mode is NORMAL, which does not sync a commit.
    sqlite.pragma('synchronous = FULL');
    // The writer checkpoints by itself, so that a sync that fails there is seen (SQLite hides it in an automatic one).
    sqlite.pragma('wal_autocheckpoint = 0');
    sqlite.pragma('foreign_keys = ON');
    const db = drizzle(sqlite);
    migrate(db, { migrationsFolder: MIGRATIONS });
    // Recovery takes commits from the page cache that a killed process had written and not synced: what this one reads, and
    // so acknowledges, must be on the disk. Copied rather than synced, for after a sync that failed another one may lie.
    sqlite.pragma('wal_checkpoint(TRUNCATE)');
    verify(sqlite, 'journal_mode', 'wal');
    verify(sqlite, 'synchronous', 2);
    return { db, sqlite };
  } catch (error) {
    if (error instanceof DataDirectoryError) throw error;
    throw new DataDirectoryError(`The data directory ${directory} cannot be used: ${reasonOf(error)}`);
  }
}

/** Reads the format without changing the file: not even its write-ahead log is copied into it. */
function assertFormat(file: string, directory: string): void {
  const sqlite = new Database(file, { readonly: true });
  try {
    // Without this table the first start was interrupted before it had made anything.
    if (!sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = 'events'").get()) return;
    const format = Number(sqlite.pragma('user_version', { simple: true }));
    if (format === FORMAT) return;
    const [age, remedy] =
      format < FORMAT
        ? ['an earlier', 'Start with a new directory, or go on with the version that wrote this one']
        : ['a later', 'Use the version that wrote it, or a later one'];
    throw new DataDirectoryError(
      `The data directory ${directory} was written by ${age} version of Auditwire (format ${format}; this version reads ` +
        `format ${FORMAT}). ${remedy}. Nothing in the directory was changed.`,
    );
  } finally {
    sqlite.close();
  }
}

/** Opens a connection that only reads, and so sees only what was committed. */
export function openReader(directory: string): Connection {
  const sqlite = new Database(join(directory, 'auditwire.db'), { readonly: true, timeout: BUSY_TIMEOUT_MS });
  return { db: drizzle(sqlite), sqlite };
}

/**
 * How many bytes of the database are in use. The file is larger where something was deleted: it does not shrink, and what is
 * free in it is filled first.
 */
export function usedBytes({ sqlite }: Connection): number {
  const read = (pragma: string) => Number(sqlite.pragma(pragma, { simple: true }));
  return (read('page_count') - read('freelist_count')) * read('page_size');
}

/** A new file is durable when its name is, too. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function reasonOf(error: unknown): string {
  switch (errorCode(error)) {
    case 'SQLITE_BUSY':
      return 'another process holds it. Is Auditwire running already?';
    case 'ENOENT':
      return 'the folder that it should be made in does not exist';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_READONLY_DIRECTORY':
      return 'this user may not write to it';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function verify(sqlite: Database.Database, pragma: string, expected: string | number): void {
  const actual = sqlite.pragma(pragma, { simple: true });
  if (actual !== expected) throw new DataDirectoryError(`SQLite keeps ${pragma} at ${String(actual)}, not ${expected}`);
}

/** The `code` of an error of SQLite or the system, such as `SQLITE_FULL`, or null. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
