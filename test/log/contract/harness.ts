/** What the contract suite needs from an implementation of the event log. Every method may answer later. */
import type { Recorded } from '../../../src/domain/event.js';
import type { Command, Committed, Handlers, LogReader, LogWriter } from '../../../src/log/event-log.js';
import type { Tail } from '../../../src/log/tail.js';

type Awaitable<T> = T | Promise<T>;

/** A reader whose answers may come later. */
export type AwaitableReader = {
  [Method in keyof LogReader]: (...input: Parameters<LogReader[Method]>) => Awaitable<ReturnType<LogReader[Method]>>;
};

/** Opens logs of one implementation, each of them new. */
export interface LogHarness {
  open(options: OpenOptions): Awaitable<OpenedLog>;
}

export interface OpenOptions {
  /** @param rows the positions of the events that are projected, as the running command sees them */
  handlers: (log: LogReader, writer: LogWriter, rows: () => number[]) => Handlers;
  /** Called for each event in the transaction that appends it, after its row is added. */
  project: (event: Recorded) => void;
  /** Called for each event in the transaction that prunes it, after its row is removed. */
  unproject: (event: Recorded) => void;
  /** ms since the epoch */
  now: () => number;
}

/**
 * How a commit fails. `REFUSED`: nothing is on disk, and the log knows it. `LOST`: the sync fails and nothing is on disk.
 * `PERSISTED`: the sync fails although everything is on disk.
 */
export type CommitFailure = 'REFUSED' | 'LOST' | 'PERSISTED';

/** `CLOSED`: the process closed the log. `KILLED`: the process was killed without a warning. */
export type ProcessEnd = 'CLOSED' | 'KILLED';

export interface OpenedLog {
  commit(group: readonly Command[]): Awaitable<Committed>;
  /** The reader of the log that is open for writing. */
  reader: AwaitableReader;
  /** A reader of another connection. */
  committed: AwaitableReader;
  /** Opens a tail over a reader of another connection. The suite tells it of commits. */
  openTail(): Awaitable<Tail>;
  /** The positions of the events that have a row in the table of the harness, in order. */
  rows(): Awaitable<number[]>;
  failNextCommit(failure: CommitFailure): Awaitable<void>;
  /** Ends this process, and opens the log in a new one with the same options. */
  reopen(end: ProcessEnd): Awaitable<OpenedLog>;
}
