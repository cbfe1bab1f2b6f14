import { eq } from 'drizzle-orm';
import type { Connection, Db } from '../../db/open.js';
import { meta } from '../../db/tables.js';
import type { LogReader } from '../log/event-log.js';
import { projectInto, projectionsOf, type ReadModels } from './read-models.js';

/** The version of the read models. Increase it if the same events give other rows than before. */
const READ_MODELS_VERSION = '4';
const VERSION = 'read_models_version';

/** Most events applied in one transaction. It bounds the size of the write-ahead log. */
const CHUNK_EVENTS = 10_000;

/** Called after each chunk with the last applied position and the last position of the log. */
type Progress = (applied: number, total: number) => void;

/**
 * Whether the read models are as this program would compute them. They are not if another version wrote them, or if a rebuild was
 * interrupted.
 */
export function areUpToDate(db: Db): boolean {
  return db.select().from(meta).where(eq(meta.name, VERSION)).get()?.value === READ_MODELS_VERSION;
}

/**
 * Rebuilds the read models if they are not up to date. If the log is empty, only marks them as up to date.
 *
 * @param onStale called before a rebuild
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

/** Empties every read model and applies the whole log again. Until the end they are marked as not up to date. */
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
