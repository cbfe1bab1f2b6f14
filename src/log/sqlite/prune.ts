import { and, eq, lte, sql } from 'drizzle-orm';
import type { Db } from '../../../db/open.js';
import { prepareRun } from '../../../db/prepare.js';
import { events, streams } from '../../../db/tables.js';
import type { Recorded } from '../../domain/event.js';
import type { LogWriter } from '../event-log.js';
import type { SqliteReader } from './read.js';

/**
 * Prunes the log inside the transaction that the caller holds: the events go, what the read models made of them goes
 * (`unproject`), and the horizon of their stream moves, all at once, so that a rebuild gives the same rows at any time. The
 * last event of the log stays: from it the next position is counted.
 */
export function createPruner(db: Db, reader: SqliteReader, unproject: (event: Recorded) => void): LogWriter['prune'] {
  const of = (name: string) => sql.placeholder(name);
  const remove = prepareRun(
    db,
    ['streamId', 'version'],
    db.delete(events).where(and(eq(events.streamId, of('streamId')), lte(events.version, of('version')))),
  );
  const setHorizon = db
    .update(streams)
    .set({
      prunedVersion: sql`${of('version')}`,
      prunedPosition: sql`${of('position')}`,
      prunedRecordedAt: sql`${of('recordedAt')}`,
    })
    .where(eq(streams.id, of('streamId')))
    .prepare();

  return ({ stream, through, limit, keep = () => false }) => {
    const streamId = reader.idOf(stream);
    if (streamId === null || limit <= 0) return 0;
    const head = reader.head();
    const oldest = reader.range(stream, reader.horizon(stream).version + 1, through, limit);
    const kept = oldest.findIndex((event) => event.position === head || keep(event));
    const pruned = kept < 0 ? oldest : oldest.slice(0, kept);
    const last = pruned.at(-1);
    if (!last) return 0;
    for (const event of pruned) unproject(event);
    const { version, position, recordedAt } = last;
    remove(streamId, version);
    setHorizon.run({ streamId, version, position, recordedAt });
    return pruned.length;
  };
}
