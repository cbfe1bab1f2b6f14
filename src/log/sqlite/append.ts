import { sql } from 'drizzle-orm';
import type { Db } from '../../../db/open.js';
import { prepareRun } from '../../../db/prepare.js';
import { actors, events, streams } from '../../../db/tables.js';
import { type DomainEvent, isEventType, type Recorded } from '../../domain/event.js';
import type { Cause, StreamName } from '../../domain/stream.js';
import type { Change } from '../event-log.js';
import type { SqliteReader } from './read.js';

/** Most stream ends, and most actor ids, kept in memory. If there are more, all are forgotten and read again. */
const MAX_KNOWN_ENDS = 10_000;

export type Appender = ReturnType<typeof createAppender>;

/** Appends to the log, and calls `project` for each event, in the caller's transaction. */
export function createAppender(db: Db, reader: SqliteReader, project: (event: Recorded) => void) {
  const param = (name: string) => sql.placeholder(name);
  const insertEvent = prepareRun(
    db,
    ['position', 'streamId', 'version', 'type', 'data', 'recordedAt', 'actorId', 'traceId'],
    db.insert(events).values({
      position: param('position'),
      streamId: param('streamId'),
      version: param('version'),
      type: param('type'),
      data: param('data'),
      recordedAt: param('recordedAt'),
      actorId: param('actorId'),
      traceId: param('traceId'),
    }),
  );
  const intern = (table: typeof streams | typeof actors) =>
    db
      .insert(table)
      .values({ name: param('name') })
      .onConflictDoUpdate({ target: table.name, set: { name: sql`excluded.name` } })
      .returning({ id: table.id })
      .prepare();
  const internStream = intern(streams);
  const internActor = intern(actors);
  let head = 0;
  let lastRecordedAt = 0;
  // Stream ends and actor ids can be cached because only this connection changes them.
  const ends = new Map<StreamName, { streamId: number; version: number }>();
  const actorIds = new Map<string, number>();
  let touched = new Set<StreamName>();

  /** Reads the end of the log again: at the start, and after a rollback of appended events. */
  function reset(): void {
    head = reader.head();
    lastRecordedAt = reader.at([head])[0]?.recordedAt ?? 0;
    ends.clear();
    actorIds.clear();
    reader.forget();
  }
  reset();

  return {
    reset,
    head: (): number => head,

    /** The streams appended to since the last call; after a rollback maybe others, too. */
    takeTouched(): StreamName[] {
      const streams = [...touched];
      touched = new Set();
      return streams;
    },

    /**
     * Appends events to the ends of their streams, in the order given.
     *
     * @param now ms since the epoch; if the previous event has a later time, that time is used
     */
    append(changes: readonly Change[], cause: Cause, now: number): Recorded[] {
      return changes.flatMap(({ stream, events: appended }) => appendTo(stream, appended, cause, now));
    },
  };

  function appendTo(stream: StreamName, appended: readonly DomainEvent[], cause: Cause, now: number): Recorded[] {
    if (!appended.length) return [];
    const unknown = appended.find(({ type }) => !isEventType(type));
    if (unknown) throw new Error(`${unknown.type} is not a known event type`);
    const end = endOf(stream);
    const { streamId } = end;
    const actorId = actorIdOf(cause.actor);
    lastRecordedAt = Math.max(lastRecordedAt, now);
    touched.add(stream);
    const { actor, traceId } = cause;
    const recorded = appended.map(({ type, data }) => {
      head += 1;
      end.version += 1;
      insertEvent(head, streamId, end.version, type, JSON.stringify(data), lastRecordedAt, actorId, traceId);
      const envelope = { position: head, stream, version: end.version, recordedAt: lastRecordedAt, actor, traceId };
      const stored = Object.assign(envelope, { type, data }) as Recorded;
      project(stored);
      return stored;
    });
    return recorded;
  }

  function endOf(stream: StreamName): { streamId: number; version: number } {
    const known = ends.get(stream);
    if (known) return known;
    const streamId = reader.idOf(stream) ?? internStream.get({ name: stream }).id;
    const end = { streamId, version: reader.lastVersion(stream) };
    if (ends.size >= MAX_KNOWN_ENDS) ends.clear();
    ends.set(stream, end);
    return end;
  }

  function actorIdOf(actor: string): number {
    const known = actorIds.get(actor);
    if (known !== undefined) return known;
    const { id } = internActor.get({ name: actor });
    if (actorIds.size >= MAX_KNOWN_ENDS) actorIds.clear();
    actorIds.set(actor, id);
    return id;
  }
}
