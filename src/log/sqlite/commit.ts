import { sql } from 'drizzle-orm';
import { type Connection, errorCode } from '../../../db/open.js';
import { meta } from '../../../db/tables.js';
import { Refusal } from '../../domain/refusal.js';
import type { Command, CommandResult, Commit, Handler, Handlers } from '../event-log.js';
import type { Appender } from './append.js';
import type { createErasure } from './erasure.js';

/** When the write-ahead log has this many pages (4 KiB) that are not in the database file, they are copied into it. */
const CHECKPOINT_PAGES = 16_000;

const PROBE = { name: 'probe', value: '' };
const PROBED = { target: meta.name, set: { value: sql`hex(randomblob(8))` } };

/**
 * Keeps the promises of `../event-log.ts` about a commit.
 *
 * Group commit: the commands of a group share one transaction and one fsync. Each command has its own savepoint, so that a refused
 * command undoes only its own changes, and later commands see the changes of earlier ones.
 */
export function createCommit(options: {
  connection: Connection;
  appender: Appender;
  handlers: Handlers;
  erasure: ReturnType<typeof createErasure>;
  now: () => number;
}): Commit {
  const { connection, appender, handlers, erasure, now } = options;
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

  /** Writes a row without meaning. */
  function probe(): void {
    connection.db.insert(meta).values(PROBE).onConflictDoUpdate(PROBED).run();
  }

  function checkpoint(): void {
    try {
      erasure.run();
      if (pagesToCopy('NOOP') > CHECKPOINT_PAGES) pagesToCopy('PASSIVE');
    } catch (error) {
      if (isFatal(error)) throw error;
      // The disk is full: the events stay in the write-ahead log until there is room, and an erasure is tried again.
    }
  }

  function pagesToCopy(mode: 'NOOP' | 'PASSIVE'): number {
    const { log, checkpointed } = checkpoints[mode].get() as { log: number; checkpointed: number };
    return log - checkpointed;
  }

  return (group) => {
    let results: CommandResult[] = [];
    try {
      if (group.length) {
        begin.run();
        results = group.map(inSavepoint);
        commit.run();
      }
    } catch (error) {
      if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
      if (isFatal(error)) throw error;
      appender.reset();
      // No event of the group is in the log, so no reader needs to wake.
      appender.takeTouched();
      const refusal = unavailable(error);
      return { results: group.map(() => ({ error: refusal })), head: appender.head(), touched: [], writable: false };
    }
    const committed = { results, head: appender.head(), touched: appender.takeTouched(), writable: true };
    checkpoint();
    const eraseAt = erasure.dueAt();
    return eraseAt === null ? committed : { ...committed, eraseAt };
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

/** Errors of the file, not of the command. */
function isStorageError(error: unknown): boolean {
  return isFatal(error) || /^SQLITE_(FULL|BUSY|READONLY|CANTOPEN|NOMEM)/.test(errorCode(error) ?? '');
}

/** After a failed fsync it is not known what is on disk. Only a new process, which reads the file again, can find out. */
function isFatal(error: unknown): boolean {
  return /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(errorCode(error) ?? '');
}
