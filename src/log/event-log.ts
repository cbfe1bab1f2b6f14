/**
 * The contract of the event log. `log/sqlite/` implements it; test/log/contract holds every implementation to it.
 *
 * Writing. Only commands append and prune. `commit` runs a group of commands one after the other under the log's lock, so a
 * command reads read models that include every event before it, and nothing is expected of versions. The events of a command,
 * and what the projections make of them, are visible to later commands of the group at once and to everybody else when
 * `commit` has answered.
 *
 * Durability. When `commit` answers with `writable: true`, every event of the group has been synced to disk. It survives a kill
 * of the process and a power cut.
 *
 * A command that throws undoes its own events and no others; its result carries the error.
 *
 * A commit that failed answers with `writable: false`: no event of the group is in the log, and no later read shows one. If it
 * is not known whether the events are on disk (a failed sync or read), `commit` throws: the process must end. The events of
 * such a group may be in the log when it is opened again, all of them or none; none of them was acknowledged.
 *
 * Order. Positions are counted from 1 over the whole log, versions from 1 in each stream, both without gaps; neither is given
 * twice, even after pruning. `recordedAt` never decreases.
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

/** Reads the log. It sees what is committed; inside a command, also what the group has appended so far. */
export interface LogReader {
  /** The position of the last event; 0 in an empty log. That event is never pruned. */
  head(): number;
  /** At most `limit` events after a position (exclusive), in order. A negative limit is none. */
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
  /** The last version of a stream at or before a position; its horizon if that is pruned. */
  versionAt(stream: StreamName, position: number): number;
  /** The last version of a stream that was recorded before a time (ms, exclusive); its horizon if none is left. */
  versionBefore(stream: StreamName, time: number): number;
}

/** Events for the end of one stream. */
export interface Change {
  stream: StreamName;
  events: readonly DomainEvent[];
}

/** How far to prune a stream. */
export interface Pruning {
  stream: StreamName;
  /** The last version that may go. */
  through: number;
  /** Most events to prune. */
  limit: number;
  /** Pruning ends before the first event that is kept. */
  keep?: (event: Recorded) => boolean;
}

/** What a command may do with the log. Works only inside `commit`. */
export interface LogWriter {
  /**
   * Appends events to the ends of their streams, in the order given, and projects each of them.
   *
   * @param now ms since the epoch; the event before has its time if that is later
   */
  append(changes: readonly Change[], cause: Cause, now: number): Recorded[];
  /**
   * Deletes events from the start of a stream, with the rows that projections made of them, and moves its horizon. The last
   * event of the log stays.
   *
   * @returns how many events were deleted
   */
  prune(pruning: Pruning): number;
}

/** A command by name. Without a name it only shows whether the log can be written. */
export interface Command {
  name: string | null;
  input: unknown;
  cause: Cause;
}

/** Loads, decides and appends. Input and result are plain data, because they may cross threads. */
export type Handler = (input: never, cause: Cause, now: number) => unknown;
export type Handlers = Record<string, Handler>;

export type CommandResult = { result: unknown } | { error: unknown };

/** What a commit answers. */
export interface Committed {
  /** One for each command, in their order. */
  results: CommandResult[];
  /** The position of the last event in the log. */
  head: number;
  /** The streams that the group appended to, and maybe streams of commands that were undone. Readers of others need not look. */
  touched: StreamName[];
  /** Whether the group is in the log. */
  writable: boolean;
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
