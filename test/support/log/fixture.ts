import { onTestFinished } from 'vitest';
import { openReader, openWriter } from '../../../db/open.js';
import type { Cause, DomainEvent, Recorded, StreamName } from '../../../src/domain/event.js';
import { type Change, createAppender, type Expectation } from '../../../src/log/sqlite/append.js';
import { createPruner, type Pruning } from '../../../src/log/sqlite/prune.js';
import { createLogReader } from '../../../src/log/sqlite/read.js';
import { createReadModels, projectInto, unprojectFrom } from '../../../src/projections/read-models.js';
import { temporaryDirectory } from '../server/app.js';

export const START = Date.UTC(2026, 0, 1);
export const CAUSE: Cause = { actor: 'system', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };

/** A log and its read models on real files, closed after the test. `reading` sees only what was committed. */
export function openLog(directory = temporaryDirectory(), project?: (event: Recorded) => void) {
  const connection = openWriter(directory);
  const reading = openReader(directory);
  const close = () => {
    reading.sqlite.close();
    connection.sqlite.close();
  };
  onTestFinished(close);
  const log = createLogReader(connection.db);
  const models = createReadModels(connection.db);
  const appender = createAppender(connection.db, log, project ?? projectInto(models));
  const pruner = createPruner(connection.db, log, unprojectFrom(models));
  let now = START;

  /** Appends in a transaction of its own; without a time, a second after the last one. */
  function append(changes: readonly Change[], options: { now?: number; cause?: Cause; expected?: Expectation } = {}) {
    now += 1_000;
    const { cause = CAUSE, expected } = options;
    return connection.sqlite.transaction(() => appender.append(changes, cause, options.now ?? now, expected))();
  }

  return {
    directory,
    connection,
    sqlite: connection.sqlite,
    log,
    models,
    appender,
    committed: createLogReader(reading.db),
    append,
    pruner,
    /** Prunes in a transaction of its own, however many events that are. */
    prune: (stream: StreamName, through: number, options: Partial<Pruning> = {}): number =>
      connection.sqlite.transaction(() => pruner({ stream, through, limit: Number.MAX_SAFE_INTEGER, ...options }))(),
    close,
    /** Appends events one by one, each with its own time of recording: `START` plus 1 s, 2 s, … */
    given: (...events: readonly (readonly [StreamName, DomainEvent])[]): Recorded[] =>
      events.flatMap(([stream, event]) => append([{ stream, events: [event] }])),
  };
}

/** When the nth event of a fixture was recorded, from 1. */
export const recordedAt = (nth: number): number => START + nth * 1_000;

/** Lets everything run that waits for this turn of the event loop, among it the group of commands. */
export async function turn(turns = 1): Promise<void> {
  for (let count = 0; count < turns; count += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
