import { sql } from 'drizzle-orm';
import { type Connection, errorCode } from '../../../db/open.js';
import { meta } from '../../../db/tables.js';
import { Refusal } from '../../domain/refusal.js';
import type { Command, CommandResult, Commit, Handler, Handlers } from '../event-log.js';
import type { Appender } from './append.js';

/** The write-ahead log is copied into the database when it has grown by so many pages (4 KiB). */
const CHECKPOINT_PAGES = 16_000;

const PROBE = { name: 'probe', value: '' };
const PROBED = { target: meta.name, set: { value: sql`hex(randomblob(8))` } };

/**
 * Group commit: the commands of a group share one transaction and one fsync, each in a savepoint of its own, so that a
 * refusal undoes only itself and a later command sees what an earlier one did.
 */
export function createCommit(options: {
  connection: Connection;
  appender: Appender;
  handlers: Handlers;
  now: () => number;
}): Commit {
  const { connection, appender, handlers, now } = options;
  const { sqlite } = connection;
  const begin = sqlite.prepare('BEGIN IMMEDIATE');
  const commit = sqlite.prepare('COMMIT');
  const savepoint = sqlite.prepare('SAVEPOINT command');
  const release = sqlite.prepare('RELEASE command');
  const rollbackTo = sqlite.prepare('ROLLBACK TO command');

  const checkpoints = {
    NOOP: sqlite.prepare('PRAGMA wal_checkpoint(NOOP)'),
    PASSIVE: sqlite.prepare('PRAGMA wal_checkpoint(PASSIVE)'),
  };

  function inSavepoint({ name, input, cause }: Command): CommandResult {
    const before = appender.head();
    savepoint.run();
    try {
      const result = name === null ? probe() : handlerOf(name)(input as never, cause, now());
      release.run();
      return { result };
    } catch (error) {
      if (isStorageError(error) || !sqlite.inTransaction) throw error;
      rollbackTo.run();
      release.run();
      if (appender.head() !== before) appender.reset();
      return { error };
    }
  }

  function handlerOf(name: string): Handler {
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (!handler) throw new Error(`There is no command ${name}`);
    return handler;
  }

  /** Writes a row that means nothing. */
  function probe(): void {
    connection.db.insert(meta).values(PROBE).onConflictDoUpdate(PROBED).run();
  }

  function checkpoint(): void {
    try {
      if (pagesToCopy('NOOP') > CHECKPOINT_PAGES) pagesToCopy('PASSIVE');
    } catch (error) {
      if (isFatal(error)) throw error;
      // A full disk: the write-ahead log keeps everything until there is room.
    }
  }

  function pagesToCopy(mode: 'NOOP' | 'PASSIVE'): number {
    const { log, checkpointed } = checkpoints[mode].get() as { log: number; checkpointed: number };
    return log - checkpointed;
  }

  return (group) => {
    let results: CommandResult[];
    try {
      begin.run();
      results = group.map(inSavepoint);
      commit.run();
    } catch (error) {
      if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
      if (isFatal(error)) throw error;
      appender.reset();
      // Nothing of the group is in the log: no reader has to look.
      appender.takeTouched();
      const refusal = unavailable(error);
      return { results: group.map(() => ({ error: refusal })), head: appender.head(), touched: [], writable: false };
    }
    const committed = { results, head: appender.head(), touched: appender.takeTouched(), writable: true };
    checkpoint();
    return committed;
  };
}

function unavailable(error: unknown): Refusal {
  if (errorCode(error) === 'SQLITE_FULL') {
    return new Refusal(
      'UNAVAILABLE',
      'The disk of the server is full: nothing was recorded. Try again when there is room.',
    );
  }
  return new Refusal(
    'UNAVAILABLE',
    `The log could not be written (${errorCode(error) ?? 'unknown reason'}); nothing was recorded.`,
  );
}

/** Errors that concern the file, not the command. */
function isStorageError(error: unknown): boolean {
  return isFatal(error) || /^SQLITE_(FULL|BUSY|READONLY|CANTOPEN|NOMEM)/.test(errorCode(error) ?? '');
}

/** After a failed fsync nobody knows what is on the disk: only a new process that reads it again does. */
function isFatal(error: unknown): boolean {
  return /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(errorCode(error) ?? '');
}
