import { and, asc, eq, gt, gte, inArray, lte, max, sql } from 'drizzle-orm';
import type { Db } from '../../../db/open.js';
import { prepareValue, prepareValues } from '../../../db/prepare.js';
import { actors, categories, events, streams } from '../../../db/tables.js';
import { type Category, type DomainEvent, isEventType, type Recorded, type StreamName } from '../../domain/event.js';

/** Reads the log over one connection: the reader's sees what was committed, the writer's also its own transaction. */
export type LogReader = ReturnType<typeof createLogReader>;

/** The last event that was pruned from the start of a stream; zeros and null where nothing was. */
export interface Horizon {
  version: number;
  position: number;
  /** ms since the epoch. */
  recordedAt: number | null;
}

const NOTHING_PRUNED: Horizon = { version: 0, position: 0, recordedAt: null };

/** Names of streams and actors kept in memory. */
const MAX_KNOWN_NAMES = 10_000;

type Row = typeof events.$inferSelect;

export function createLogReader(db: Db) {
  const of = (name: string) => sql.placeholder(name);
  const headQuery = db
    .select({ position: max(events.position) })
    .from(events)
    .prepare();
  const afterQuery = db
    .select()
    .from(events)
    .where(gt(events.position, of('after')))
    .orderBy(asc(events.position))
    .limit(of('limit'))
    .prepare();
  const rangeQuery = db
    .select()
    .from(events)
    .where(and(eq(events.streamId, of('streamId')), gte(events.version, of('first')), lte(events.version, of('last'))))
    .orderBy(asc(events.version))
    .limit(of('limit'))
    .prepare();
  const dataQuery = prepareValues(
    db,
    ['streamId', 'first', 'last'],
    db
      .select({ data: events.data })
      .from(events)
      .where(
        and(eq(events.streamId, of('streamId')), gte(events.version, of('first')), lte(events.version, of('last'))),
      )
      .orderBy(asc(events.version)),
  );
  const positionQuery = db
    .select({ position: events.position, recordedAt: events.recordedAt })
    .from(events)
    .where(and(eq(events.streamId, of('streamId')), eq(events.version, of('version'))))
    .prepare();
  const lastVersionQuery = prepareValue(
    db,
    ['streamId'],
    db
      .select({ version: max(events.version) })
      .from(events)
      .where(eq(events.streamId, of('streamId'))),
  );
  const categoryQuery = db
    .select()
    .from(categories)
    .where(eq(categories.name, of('name')))
    .prepare();
  const streamByName = prepareValue(
    db,
    ['name'],
    db
      .select({ id: streams.id })
      .from(streams)
      .where(eq(streams.name, of('name'))),
  );
  const horizonQuery = db
    .select({
      version: streams.prunedVersion,
      position: streams.prunedPosition,
      recordedAt: streams.prunedRecordedAt,
    })
    .from(streams)
    .where(eq(streams.name, of('name')))
    .prepare();
  const lastPrunedQuery = prepareValue(db, [], db.select({ position: max(streams.prunedPosition) }).from(streams));
  const streamById = db
    .select()
    .from(streams)
    .where(eq(streams.id, of('id')))
    .prepare();
  const actorById = db
    .select()
    .from(actors)
    .where(eq(actors.id, of('id')))
    .prepare();

  // Interned names: whoever takes rows back (the writer after a rollback) makes this reader forget them.
  const names = { stream: new Map<number, string>(), actor: new Map<number, string>() };

  function nameOf(kind: 'stream' | 'actor', id: number): string {
    const known = names[kind].get(id);
    if (known !== undefined) return known;
    const row = (kind === 'stream' ? streamById : actorById).get({ id });
    if (!row) throw new Error(`The log names a ${kind} ${id} that is not there`);
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

  /** The interned id of a stream, or null if nothing was ever appended to it. */
  function idOf(stream: StreamName): number | null {
    return (streamByName(stream) as number | undefined) ?? null;
  }

  const horizon = (stream: StreamName): Horizon => horizonQuery.get({ name: stream }) ?? NOTHING_PRUNED;

  function lastVersion(stream: StreamName): number {
    const streamId = idOf(stream);
    if (streamId === null) return 0;
    // Only where nothing of it is left: the horizon costs nothing otherwise.
    return (lastVersionQuery(streamId) as number | null) ?? horizon(stream).version;
  }

  /** The last version of a stream of which `isBefore` holds; it holds of no event behind one of which it does not. */
  function bisect(stream: StreamName, isBefore: (event: { position: number; recordedAt: number }) => boolean): number {
    const streamId = idOf(stream);
    if (streamId === null) return 0;
    let [low, high] = [horizon(stream).version, lastVersion(stream)];
    while (low < high) {
      const version = Math.ceil((low + high) / 2);
      const found = positionQuery.get({ streamId, version });
      if (!found || isBefore(found)) low = version;
      else high = version - 1;
    }
    return low;
  }

  return {
    idOf,
    /** Forgets the names it has seen: a rollback may have given their numbers back. */
    forget(): void {
      names.stream.clear();
      names.actor.clear();
    },
    /** The version of the stream's last event, be it pruned; 0 if it never had one. */
    lastVersion,

    /** Up to where a stream was pruned. What stands there or before is in no answer. */
    horizon,

    /** The last position up to which any stream was pruned. */
    lastPruned: (): number => (lastPrunedQuery() as number | null) ?? 0,

    /** The position of the last event, which is never pruned; 0 in an empty log. */
    head: (): number => headQuery.get()?.position ?? 0,

    /** At most `limit` events after a position (exclusive), in order. */
    after: (after: number, limit: number): Recorded[] => afterQuery.all({ after, limit }).map(decode),

    /** Events of a stream with versions from `first` to `last`, both inclusive, in order. */
    range(stream: StreamName, first: number, last: number, limit = -1): Recorded[] {
      const streamId = idOf(stream);
      return streamId === null ? [] : rangeQuery.all({ streamId, first, last, limit }).map(decode);
    },

    /** As `range`, but only the data of the events: for streams whose events are all of one type. */
    data(stream: StreamName, first: number, last: number): unknown[] {
      const streamId = idOf(stream);
      return streamId === null ? [] : dataQuery(streamId, first, last).map((data) => JSON.parse(String(data)));
    },

    /** The events at these positions, in order of position. */
    at(positions: readonly number[]): Recorded[] {
      return db
        .select()
        .from(events)
        .where(inArray(events.position, [...positions]))
        .orderBy(asc(events.position))
        .all()
        .map(decode);
    },

    /** The last version of the stream that stands at or before a position; its horizon if that is pruned. */
    versionAt: (stream: StreamName, position: number): number => bisect(stream, (event) => event.position <= position),

    /** The last version of the stream that was recorded before a time (ms, exclusive); its horizon if none is left. */
    versionBefore: (stream: StreamName, time: number): number => bisect(stream, (event) => event.recordedAt < time),

    /** The position of the last event of a category. */
    categoryPosition: (category: Category): number => categoryQuery.get({ name: category })?.position ?? 0,
  };
}
