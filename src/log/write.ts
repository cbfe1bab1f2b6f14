import { sql } from 'drizzle-orm';
import { type Connection, errorCode } from '../../db/open.js';
import { meta } from '../../db/tables.js';
import type { Cause } from '../domain/event.js';
import { Refusal } from '../domain/refusal.js';
import type { Appender } from './append.js';

/** At most so many commands share a transaction, so that the first of them is not kept waiting. */
const MAX_GROUP_COMMANDS = 1_000;
/** And no further command once they have appended so many events, so that nobody else waits for long. */
const MAX_GROUP_EVENTS = 2_000;
/** At most so many commands wait; the next one is refused. */
const MAX_WAITING_COMMANDS = 20_000;
/** The write-ahead log is copied into the database when it has grown by so many pages (4 KiB). */
const CHECKPOINT_PAGES = 16_000;

/** Loads, decides and appends. Runs inside the group's transaction; its result must be plain data. */
type Handler = (input: never, cause: Cause, now: number) => unknown;
export type Handlers = Record<string, Handler>;

type InputOf<H extends Handler> = Parameters<H>[0];

/** The one way to change anything: a command by name, answered when it is durable. */
export interface Writer<H extends Handlers> {
  /** @throws Refusal, or UNAVAILABLE while the log cannot be written */
  execute<K extends keyof H>(command: K, input: InputOf<H[K]>, cause: Cause): Promise<ReturnType<H[K]>>;
  /** Whether the last group could be written. */
  writable(): boolean;
  /** Writes a row that means nothing: resolves if the log can be written now. */
  probe(): Promise<void>;
  /** Commits what is waiting and takes nothing more. */
  close(): Promise<void>;
}

const PROBE = { name: 'probe', value: '' };
const PROBED = { target: meta.name, set: { value: sql`hex(randomblob(8))` } };

interface Waiting {
  run: () => unknown;
  resolve: (value: never) => void;
  reject: (reason: unknown) => void;
}

interface WriterOptions<H extends Handlers> {
  connection: Connection;
  appender: Appender;
  handlers: H;
  now: () => number;
  /** Called after each commit with the position of the last event. */
  onCommit: (head: number) => void;
  /** Called when what is on disk is no longer known: a sync, a write or a read failed. Must end the process. */
  onFatal: (error: unknown) => void;
}

/**
 * Group commit: the commands of one turn of the event loop share one transaction and one fsync, each in a savepoint of its
 * own, and each caller is answered after it.
 */
export function createWriter<H extends Handlers>(options: WriterOptions<H>): Writer<H> {
  const { connection, appender, handlers, now, onCommit, onFatal } = options;
  const { sqlite } = connection;
  const begin = sqlite.prepare('BEGIN IMMEDIATE');
  const commit = sqlite.prepare('COMMIT');
  const savepoint = sqlite.prepare('SAVEPOINT command');
  const release = sqlite.prepare('RELEASE command');
  const rollbackTo = sqlite.prepare('ROLLBACK TO command');

  const queue: Waiting[] = [];
  let scheduled: Promise<void> | null = null;
  let writable = true;
  let closed = false;

  function schedule(): void {
    // A microtask would make groups of one: setImmediate lets all requests of this turn in.
    scheduled ??= new Promise((done) => {
      setImmediate(() => {
        scheduled = null;
        commitGroup();
        if (queue.length) schedule();
        done();
      });
    });
  }

  function commitGroup(): void {
    const group: Waiting[] = [];
    const waiting = Math.min(queue.length, MAX_GROUP_COMMANDS);
    const answers: (() => void)[] = [];
    try {
      begin.run();
      const start = appender.head();
      while (group.length < waiting && appender.head() - start < MAX_GROUP_EVENTS) {
        const next = queue.shift();
        if (!next) break;
        group.push(next);
        answers.push(runInSavepoint(next));
      }
      commit.run();
    } catch (error) {
      if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
      if (isFatal(error)) return fail(error);
      appender.reset();
      writable = false;
      // Those that would have been next cannot be written either, and are told so.
      group.push(...queue.splice(0, waiting - group.length));
      const refusal = unavailable(error);
      for (const { reject } of group) reject(refusal);
      return;
    }
    writable = true;
    for (const answer of answers) answer();
    onCommit(appender.head());
    checkpoint();
  }

  /** Runs one command; gives back how to answer it once the group is durable. Throws what fails the whole group. */
  function runInSavepoint({ run, resolve, reject }: Waiting): () => void {
    const before = appender.head();
    savepoint.run();
    try {
      const result = run() as never;
      release.run();
      return () => resolve(result);
    } catch (error) {
      if (isStorageError(error) || !sqlite.inTransaction) throw error;
      rollbackTo.run();
      release.run();
      if (appender.head() !== before) appender.reset();
      return () => reject(error);
    }
  }

  function fail(error: unknown): void {
    closed = true;
    queue.length = 0;
    onFatal(error);
  }

  function checkpoint(): void {
    try {
      if (pagesToCopy('NOOP') > CHECKPOINT_PAGES) pagesToCopy('PASSIVE');
    } catch (error) {
      if (isFatal(error)) fail(error);
      // A full disk: the write-ahead log keeps everything until there is room.
    }
  }

  function pagesToCopy(mode: 'NOOP' | 'PASSIVE'): number {
    const [row] = sqlite.pragma(`wal_checkpoint(${mode})`) as { log: number; checkpointed: number }[];
    return row ? row.log - row.checkpointed : 0;
  }

  function enqueue<T>(run: () => unknown): Promise<T> {
    if (closed) return Promise.reject(new Refusal('UNAVAILABLE', 'The server is stopping; try again when it is back.'));
    if (queue.length >= MAX_WAITING_COMMANDS) {
      return Promise.reject(new Refusal('UNAVAILABLE', 'Too many commands are waiting for the disk; try again later.'));
    }
    return new Promise((resolve, reject) => {
      queue.push({ run, resolve, reject });
      schedule();
    });
  }

  return {
    execute: (command, input, cause) => enqueue(() => handlers[command]?.(input as never, cause, now())),
    writable: () => writable,
    probe: () => enqueue(() => void connection.db.insert(meta).values(PROBE).onConflictDoUpdate(PROBED).run()),
    async close() {
      closed = true;
      while (scheduled) await scheduled;
    },
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
