import { eq } from 'drizzle-orm';
import type { Connection, Db } from '../../db/open.js';
import { meta } from '../../db/tables.js';
import type { LogReader } from '../log/event-log.js';
import { projectInto, projectionsOf, type ReadModels } from './read-models.js';

/** Counts the shapes of the read models: one more whenever the same events would give other rows than before. */
const READ_MODELS_VERSION = '1';
const VERSION = 'read_models_version';

/** Events applied in one transaction: bounds the write-ahead log. */
const CHUNK_EVENTS = 10_000;

/** Called after each chunk with the position reached and the last one there is. */
type Progress = (applied: number, total: number) => void;

/**
 * Whether the read models are what this program would make of the log. They are not where another version wrote them, or
 * where a rebuild was interrupted.
 */
export function areUpToDate(db: Db): boolean {
  return db.select().from(meta).where(eq(meta.name, VERSION)).get()?.value === READ_MODELS_VERSION;
}

/**
 * Makes the read models what this program would make of the log; in a log without events there is nothing to make.
 *
 * @param onStale called first if they have to be rebuilt
 */
export function bringUpToDate(
  connection: Connection,
  log: LogReader,
  models: ReadModels,
  { onStale, onProgress }: { onStale: () => void; onProgress: Progress },
): void {
  if (areUpToDate(connection.db)) return;
  if (log.head() === 0) return markUpToDate(connection.db);
  onStale();
  rebuild(connection, log, models, onProgress);
}

/** Empties every read model and applies the whole log again. Until that has ended they are not up to date. */
export function rebuild({ db, sqlite }: Connection, log: LogReader, models: ReadModels, onProgress: Progress): void {
  const total = log.head();
  const project = projectInto(models);
  sqlite.transaction(() => {
    db.delete(meta).where(eq(meta.name, VERSION)).run();
    for (const model of projectionsOf(models)) for (const table of model.tables) db.delete(table).run();
  })();
  let position = 0;
  while (position < total) {
    sqlite.transaction(() => {
      for (const event of log.after(position, CHUNK_EVENTS)) {
        project(event);
        position = event.position;
      }
    })();
    sqlite.pragma('wal_checkpoint(PASSIVE)');
    onProgress(position, total);
  }
  markUpToDate(db);
}

function markUpToDate(db: Db): void {
  const row = { name: VERSION, value: READ_MODELS_VERSION };
  db.insert(meta).values(row).onConflictDoUpdate({ target: meta.name, set: row }).run();
}
