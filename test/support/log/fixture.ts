import { onTestFinished } from 'vitest';
import { type Connection, openReader, openWriter } from '../../../db/open.js';
import type { DomainEvent, Recorded } from '../../../src/domain/event.js';
import type { RetentionSettings } from '../../../src/domain/retention.js';
import type { Cause, StreamName } from '../../../src/domain/stream.js';
import type {
  Change,
  Command,
  Commit,
  EventLog,
  Handlers,
  LogReader,
  LogWriter,
  Pruning,
} from '../../../src/log/event-log.js';
import { type Commands, commitHere, createQueue } from '../../../src/log/queue.js';
import { openSqliteLog } from '../../../src/log/sqlite/event-log.js';
import { createLogReader } from '../../../src/log/sqlite/read.js';
import { createReadModels, projectInto, type ReadModels, unprojectFrom } from '../../../src/projections/read-models.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { temporaryDirectory } from '../server/app.js';

export const START = Date.UTC(2026, 0, 1);
export const CAUSE: Cause = { actor: 'system', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };
/** The default settings of a server. */
export const RETENTION: RetentionSettings = {
  ageMs: 7 * 86_400_000,
  undeliveredAgeMs: 30 * 86_400_000,
  sizeBytes: null,
};

/** Opens the log of a fixture on the connection that writes. */
export type Open = (connection: Connection, models: ReadModels) => EventLog;

const withReadModels: Open = (connection, models) =>
  openSqliteLog({
    connection,
    project: projectInto(models),
    unproject: unprojectFrom(models),
    handlers: () => ({}),
    now: () => START,
  });

/** A log without read models. `now` is always `START`. */
export function withoutReadModels(
  handlers: (log: LogReader, writer: LogWriter) => Handlers = () => ({}),
  project: (event: Recorded) => void = () => {},
): Open {
  return (connection) => openSqliteLog({ connection, project, unproject: () => {}, handlers, now: () => START });
}

/**
 * A log and its read models on real files, closed after the test. `log` and `writer` belong to the connection that writes;
 * `committed` is a reader of another connection, which sees only what was committed.
 */
export function openLog(directory = temporaryDirectory(), open: Open = withReadModels) {
  const connection = openWriter(directory);
  const reading = openReader(directory);
  const { sqlite } = connection;
  const close = () => {
    reading.sqlite.close();
    sqlite.close();
  };
  onTestFinished(close);
  const models = createReadModels(connection.db);
  const { reader: log, writer, commit } = open(connection, models);
  let now = START;

  /** Appends in its own transaction. Without a time, the time is 1 s after that of the last call. */
  function append(changes: readonly Change[], options: { now?: number; cause?: Cause } = {}): Recorded[] {
    now += 1_000;
    const { cause = CAUSE } = options;
    return sqlite.transaction(() => writer.append(changes, cause, options.now ?? now))();
  }

  return {
    directory,
    connection,
    sqlite,
    log,
    models,
    writer,
    commit,
    committed: createLogReader(reading.db),
    append,
    /** Prunes in its own transaction, by default without a limit. */
    prune: (stream: StreamName, through: number, options: Partial<Pruning> = {}): number =>
      sqlite.transaction(() => writer.prune({ stream, through, limit: Number.MAX_SAFE_INTEGER, ...options }))(),
    close,
    /** Appends events one by one, each with its own time of recording: `START` plus 1 s, 2 s, … */
    given: (...events: readonly (readonly [StreamName, DomainEvent])[]): Recorded[] =>
      events.flatMap(([stream, event]) => append([{ stream, events: [event] }])),
  };
}

interface QueueOptions {
  /** How many events a command appends; one by default. */
  eventCount?: (command: Command) => number;
  onFatal?: (error: unknown) => void;
}

/** Commands that are committed in this thread, and the head of the log after each commit. */
export function openQueue<H extends Handlers>(commit: Commit, options: QueueOptions = {}) {
  const { eventCount = () => 1, onFatal = rethrow } = options;
  const commits: number[] = [];
  const queue: Commands<H> = createQueue({
    commit: commitHere(commit, onFatal),
    groupsInFlight: 1,
    eventCount,
    clock: systemClock,
    onCommit: (head) => commits.push(head),
  });
  return { queue, commits };
}

function rethrow(error: unknown): never {
  throw error;
}

/** When the nth event of a fixture was recorded, from 1. */
export const recordedAt = (nth: number): number => START + nth * 1_000;

/** Waits for turns of the event loop. In each of them, a waiting group of commands runs. */
export async function turn(turns = 1): Promise<void> {
  for (let count = 0; count < turns; count += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
