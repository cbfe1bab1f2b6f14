/** The event log in SQLite, on the only connection that writes. */
import type { Connection } from '../../../db/open.js';
import type { Recorded } from '../../domain/event.js';
import type { EventLog, Handlers, LogReader, LogWriter } from '../event-log.js';
import { createAppender } from './append.js';
import { createCommit } from './commit.js';
import { createErasure } from './erasure.js';
import { createPruner } from './prune.js';
import { createLogReader } from './read.js';

interface Options {
  connection: Connection;
  /** Called for each event in the transaction that appends it. */
  project: (event: Recorded) => void;
  /** Called for each event in the transaction that prunes it. */
  unproject: (event: Recorded) => void;
  /** Makes the commands that `commit` runs, from the reader and the writer of this log. */
  handlers: (log: LogReader, writer: LogWriter) => Handlers;
  /** ms since the epoch */
  now: () => number;
}

export function openSqliteLog({ connection, project, unproject, handlers, now }: Options): EventLog {
  const reader = createLogReader(connection.db);
  const appender = createAppender(connection.db, reader, project);
  const prune = createPruner(connection.db, reader, unproject);
  const erasure = createErasure(connection, now);
  const writer: LogWriter = {
    append: (changes, cause, now) => appender.append(changes, cause, now),
    prune,
    erase: () => erasure.request(),
  };
  const commit = createCommit({ connection, appender, handlers: handlers(reader, writer), erasure, now });
  return { reader, writer, commit };
}
