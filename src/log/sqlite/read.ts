import { and, asc, eq, gt, gte, inArray, lte, max, sql } from 'drizzle-orm';
import type { Db } from '../../../db/open.js';
import { prepareValue, prepareValues } from '../../../db/prepare.js';
import { actors, events, streams } from '../../../db/tables.js';
import { type DomainEvent, isEventType, type Recorded } from '../../domain/event.js';
import type { StreamName } from '../../domain/stream.js';
import type { Horizon, LogReader } from '../event-log.js';

/** A reader on one connection, with the functions for interned names that only SQLite needs. */
export interface SqliteReader extends LogReader {
  /** The interned id of a stream, or null if nothing was ever appended to it. */
  idOf(stream: StreamName): number | null;
  /** Clears the cache of names: after a rollback, their numbers may be used again for other names. */
  forget(): void;
}

const NOTHING_PRUNED: Horizon = { version: 0, position: 0, recordedAt: null };

/** Most stream names, and most actor names, kept in memory. */
const MAX_KNOWN_NAMES = 10_000;

type Row = typeof events.$inferSelect;

export function createLogReader(db: Db): SqliteReader {
  const param = (name: string) => sql.placeholder(name);
  const headQuery = db
    .select({ position: max(events.position) })
    .from(events)
    .prepare();
  const afterQuery = db
    .select()
    .from(events)
    .where(gt(events.position, param('after')))
    .orderBy(asc(events.position))
    .limit(param('limit'))
    .prepare();
  const rangeQuery = db
    .select()
    .from(events)
    .where(
      and(
        eq(events.streamId, param('streamId')),
        gte(events.version, param('first')),
        lte(events.version, param('last')),
      ),
    )
    .orderBy(asc(events.version))
    .limit(param('limit'))
    .prepare();
  const dataQuery = prepareValues(
    db,
    ['streamId', 'first', 'last'],
    db
      .select({ data: events.data })
      .from(events)
      .where(
        and(
          eq(events.streamId, param('streamId')),
          gte(events.version, param('first')),
          lte(events.version, param('last')),
        ),
      )
      .orderBy(asc(events.version)),
  );
  const positionQuery = db
    .select({ position: events.position, recordedAt: events.recordedAt })
    .from(events)
    .where(and(eq(events.streamId, param('streamId')), eq(events.version, param('version'))))
    .prepare();
  const lastVersionQuery = prepareValue(
    db,
    ['streamId'],
    db
      .select({ version: max(events.version) })
      .from(events)
      .where(eq(events.streamId, param('streamId'))),
  );
  const streamByName = prepareValue(
    db,
    ['name'],
    db
      .select({ id: streams.id })
      .from(streams)
      .where(eq(streams.name, param('name'))),
  );
  const horizonQuery = db
    .select({
      version: streams.prunedVersion,
      position: streams.prunedPosition,
      recordedAt: streams.prunedRecordedAt,
    })
    .from(streams)
    .where(eq(streams.name, param('name')))
    .prepare();
  const streamById = db
    .select()
    .from(streams)
    .where(eq(streams.id, param('id')))
    .prepare();
  const actorById = db
    .select()
    .from(actors)
    .where(eq(actors.id, param('id')))
    .prepare();

  // Interned names. After a rollback, the writer must call `forget`.
  const names = { stream: new Map<number, string>(), actor: new Map<number, string>() };

  function nameOf(kind: 'stream' | 'actor', id: number): string {
    const known = names[kind].get(id);
    if (known !== undefined) return known;
    const row = (kind === 'stream' ? streamById : actorById).get({ id });
    if (!row) throw new Error(`The log refers to the ${kind} ${id}, which does not exist`);
    if (names[kind].size >= MAX_KNOWN_NAMES) names[kind].clear();
    names[kind].set(id, row.name);
    return row.name;
  }

  function decode(row: Row): Recorded {
    const { type } = row;
    if (!isEventType(type))
      throw new Error(`The log holds an event of unknown type ${type} at position ${row.position}`);
    const data: DomainEvent['data'] = JSON.parse(row.data);
    return {
      position: row.position,
      stream: nameOf('stream', row.streamId) as StreamName,
      version: row.version,
      type,
      data,
      recordedAt: row.recordedAt,
      actor: nameOf('actor', row.actorId),
      traceId: row.traceId,
    } as Recorded;
  }

  function idOf(stream: StreamName): number | null {
    return (streamByName(stream) as number | undefined) ?? null;
  }

  const horizon = (stream: StreamName): Horizon => horizonQuery.get({ name: stream }) ?? NOTHING_PRUNED;

  function lastVersion(stream: StreamName): number {
    const streamId = idOf(stream);
    if (streamId === null) return 0;
    // The horizon is read only if no event of the stream is left.
    return (lastVersionQuery(streamId) as number | null) ?? horizon(stream).version;
  }

  /** The last version of a stream for which `isBefore` is true. It must not be true again after it was false. */
  function bisect(stream: StreamName, isBefore: (event: { position: number; recordedAt: number }) => boolean): number {
    const streamId = idOf(stream);
    if (streamId === null) return 0;
    const isBeforeOrPruned = (version: number) => {
      const event = positionQuery.get({ streamId, version });
      return !event || isBefore(event);
    };
    let [low, high] = [horizon(stream).version, lastVersion(stream)];
    // Mostly no event is before: then one is read.
    if (low === high || !isBeforeOrPruned(low + 1)) return low;
    low += 1;
    while (low < high) {
      const version = Math.ceil((low + high) / 2);
      if (isBeforeOrPruned(version)) low = version;
      else high = version - 1;
    }
    return low;
  }

  return {
    idOf,
    forget() {
      names.stream.clear();
      names.actor.clear();
    },
    lastVersion,

    horizon,

    head: () => headQuery.get()?.position ?? 0,

    after: (after, limit) => afterQuery.all({ after, limit }).map(decode),

    range(stream, first, last, limit = -1): Recorded[] {
      const streamId = idOf(stream);
      return streamId === null ? [] : rangeQuery.all({ streamId, first, last, limit }).map(decode);
    },

    data(stream, first, last) {
      const streamId = idOf(stream);
      return streamId === null ? [] : dataQuery(streamId, first, last).map((data) => JSON.parse(String(data)));
    },

    at(positions) {
      return db
        .select()
        .from(events)
        .where(inArray(events.position, [...positions]))
        .orderBy(asc(events.position))
        .all()
        .map(decode);
    },

    versionAt: (stream, position) => bisect(stream, (event) => event.position <= position),

    versionBefore: (stream, time) => bisect(stream, (event) => event.recordedAt < time),
  };
}
