import { eq } from 'drizzle-orm';
import type { Connection, Db } from '../../db/open.js';
import { meta } from '../../db/tables.js';
import type { LogReader } from '../log/read.js';
import type { ReadModel } from './read-model.js';
import { projectInto, type ReadModels } from './read-models.js';

/** Events applied in one transaction: bounds the write-ahead log. */
const CHUNK_EVENTS = 10_000;
const UNFINISHED = 'rebuild_unfinished';

/** Whether a rebuild was interrupted: the read models are then not to be used. */
export function isRebuildUnfinished(db: Db): boolean {
  return db.select().from(meta).where(eq(meta.name, UNFINISHED)).get() !== undefined;
}

/**
 * Empties every read model and applies the whole log again. An interrupted rebuild is noted in the database, which does not
 * open until it is repeated.
 *
 * @param onProgress called after each chunk with the events applied and the events there are
 */
export function rebuild(
  { db, sqlite }: Connection,
  log: LogReader,
  models: ReadModels,
  onProgress: (applied: number, total: number) => void,
): void {
  const total = log.head();
  const project = projectInto(models);
  sqlite.transaction(() => {
    db.insert(meta).values({ name: UNFINISHED, value: 'true' }).onConflictDoNothing().run();
    for (const model of Object.values<ReadModel>(models)) for (const table of model.tables) db.delete(table).run();
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
  db.delete(meta).where(eq(meta.name, UNFINISHED)).run();
}
