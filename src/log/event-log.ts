/**
 * The contract of the event log. `log/sqlite/` implements it; test/log/contract tests every implementation against it.
 *
 * Writing. Only commands append and prune. `commit` runs a group of commands one after the other under the log's lock. A command
 * sees all earlier events and the read models made from them, so it need not check whether a stream has changed since it read.
 * Later commands of the group see its events at once; other readers see them when `commit` has returned.
 *
 * A commit is synchronous: its commands read and append without waiting. Callers always wait for it (`queue.ts`), so a log that
 * is reached over a network can run its commits in a thread that blocks.
 *
 * Durability. When `commit` returns `writable: true`, every event of the group has been synced to disk. It survives a killed
 * process and a power failure.
 *
 * A command that throws undoes its own events and no others; its result has the error.
 *
 * A refused commit returns `writable: false`: no event of the group is in the log, and no later read returns one. After an
 * unknown commit (a sync or a read failed, so the events may be on disk) `commit` throws, and the process must end. When the log
 * is opened again, the group is there completely or not at all. No caller got an answer.
 *
 * Order. Positions are counted from 1 over the whole log, versions from 1 in each stream, both without gaps. No number is
 * used twice, even after pruning. `recordedAt` never decreases.
 */
import type { DomainEvent, Recorded } from '../domain/event.js';
import type { Cause, StreamName } from '../domain/stream.js';

/** The last event that was pruned from the start of a stream; zeros and null if none was. */
export interface Horizon {
  version: number;
  position: number;
  /** ms since the epoch */
  recordedAt: number | null;
}

/** Reads committed events; inside a command, also the events that the group has appended so far. */
export interface LogReader {
  /** The position of the last event; 0 in an empty log. That event is never pruned. */
  head(): number;
  /** At most `limit` events after a position (exclusive), in order. A negative limit means no limit. */
  after(position: number, limit: number): Recorded[];
  /** Events of a stream with versions from `first` to `last` (inclusive), in order, at most `limit`. */
  range(stream: StreamName, first: number, last: number, limit?: number): Recorded[];
  /** Like `range`, but only the data, for streams whose events all have one type. */
  data(stream: StreamName, first: number, last: number): unknown[];
  /** The events at these positions, at most 30,000, in order of position. Pruned ones are left out. */
  at(positions: readonly number[]): Recorded[];
  /** The version of a stream's last event, even if it is pruned; 0 if the stream never had one. */
  lastVersion(stream: StreamName): number;
  /** How far a stream is pruned. No read returns an event at or before its horizon. */
  horizon(stream: StreamName): Horizon;
  /** The version of a stream's last event at or before a position; its horizon if that event is pruned. */
  versionAt(stream: StreamName, position: number): number;
  /** The version of a stream's last event that was recorded before a time (ms, exclusive); its horizon if none is left. */
  versionBefore(stream: StreamName, time: number): number;
}

/** Events to append to one stream. */
export interface Change {
  stream: StreamName;
  events: readonly DomainEvent[];
}

/** How far to prune a stream. */
export interface Pruning {
  stream: StreamName;
  /** The last version that may be pruned (inclusive). */
  through: number;
  /** Most events to prune. */
  limit: number;
  /** Pruning ends before the first event for which this is true. */
  keep?: (event: Recorded) => boolean;
}

/** Changes the log. Works only inside `commit`. */
export interface LogWriter {
  /**
   * Appends events to the ends of their streams, in the order given, and projects each of them.
   *
   * @param now ms since the epoch; if the previous event has a later time, that time is used
   */
  append(changes: readonly Change[], cause: Cause, now: number): Recorded[];
  /**
   * Deletes events from the start of a stream and the rows that projections made of them, and moves the stream's horizon. The
   * last event of the log is never deleted.
   *
   * @returns how many events were deleted
   */
  prune(pruning: Pruning): number;
  /**
   * After the group is committed, what it deleted is also removed from the files in which the log keeps earlier versions of rows. If
   * a reader still needs them, that is tried again later: see `Committed`.
   */
  erase(): void;
}

/** A command and its input. With the name null it only tests whether the log can be written. */
export interface Command {
  name: string | null;
  input: unknown;
  cause: Cause;
}

/** Runs one command: loads, decides and appends. Input and result are plain data, because they may cross threads. */
export type Handler = (input: never, cause: Cause, now: number) => unknown;
export type Handlers = Record<string, Handler>;

export type CommandResult = { result: unknown } | { error: unknown };

/** The result of a commit. */
export interface Committed {
  /** One for each command, in the same order. */
  results: CommandResult[];
  /** The position of the last event in the log. */
  head: number;
  /** The streams that the group appended to, and maybe streams of commands that were undone. */
  touched: StreamName[];
  /** Whether the group is in the log. */
  writable: boolean;
  /** What was deleted is still in a file: when to commit a group, which may be empty, to try again (ms since the epoch). */
  eraseAt?: number;
}

/** Runs commands as one group: one transaction, one sync. */
export type Commit = (group: readonly Command[]) => Committed;

/** A log that is open for writing. */
export interface EventLog {
  readonly reader: LogReader;
  readonly writer: LogWriter;
  /** @throws Error if it is not known what is on disk; the process must end */
  commit: Commit;
}
