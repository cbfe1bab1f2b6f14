import { and, eq, lte, sql } from 'drizzle-orm';
import type { Db } from '../../../db/open.js';
import { prepareRun } from '../../../db/prepare.js';
import { events, streams } from '../../../db/tables.js';
import type { Recorded } from '../../domain/event.js';
import type { LogWriter } from '../event-log.js';
import type { SqliteReader } from './read.js';

/**
 * Prunes the log in the caller's transaction: deletes events and the rows that read models made of them (`unproject`), and moves
 * the horizon of the stream. So a rebuild gives the same rows at any time. The last event of the log is never deleted, because
 * the next position is counted from it.
 */
export function createPruner(db: Db, reader: SqliteReader, unproject: (event: Recorded) => void): LogWriter['prune'] {
  const param = (name: string) => sql.placeholder(name);
  const remove = prepareRun(
    db,
    ['streamId', 'version'],
    db.delete(events).where(and(eq(events.streamId, param('streamId')), lte(events.version, param('version')))),
  );
  const setHorizon = db
    .update(streams)
    .set({
      prunedVersion: sql`${param('version')}`,
      prunedPosition: sql`${param('position')}`,
      prunedRecordedAt: sql`${param('recordedAt')}`,
    })
    .where(eq(streams.id, param('streamId')))
    .prepare();

  return ({ stream, through, limit, keep = () => false }) => {
    const streamId = reader.idOf(stream);
    if (streamId === null || limit <= 0) return 0;
    const head = reader.head();
    const oldest = reader.range(stream, reader.horizon(stream).version + 1, through, limit);
    const firstKept = oldest.findIndex((event) => event.position === head || keep(event));
    const pruned = firstKept < 0 ? oldest : oldest.slice(0, firstKept);
    const last = pruned.at(-1);
    if (!last) return 0;
    for (const event of pruned) unproject(event);
    const { version, position, recordedAt } = last;
    remove(streamId, version);
    setHorizon.run({ streamId, version, position, recordedAt });
    return pruned.length;
  };
}
