import { sql } from 'drizzle-orm';
import type { Db } from '../../../db/open.js';
import { prepareRun } from '../../../db/prepare.js';
import { actors, events, streams } from '../../../db/tables.js';
import { type DomainEvent, isEventType, type Recorded } from '../../domain/event.js';
import type { Cause, StreamName } from '../../domain/stream.js';
import type { Change } from '../event-log.js';
import type { SqliteReader } from './read.js';

/** Ends of streams kept in memory; then they are looked up anew. */
const MAX_KNOWN_ENDS = 10_000;

export type Appender = ReturnType<typeof createAppender>;

/**
 * Appends to the log inside the transaction that the caller holds, and hands every event to `project` in that transaction.
 */
export function createAppender(db: Db, reader: SqliteReader, project: (event: Recorded) => void) {
  const of = (name: string) => sql.placeholder(name);
  const insertEvent = prepareRun(
    db,
    ['position', 'streamId', 'version', 'type', 'data', 'recordedAt', 'actorId', 'traceId'],
    db.insert(events).values({
      position: of('position'),
      streamId: of('streamId'),
      version: of('version'),
      type: of('type'),
      data: of('data'),
      recordedAt: of('recordedAt'),
      actorId: of('actorId'),
      traceId: of('traceId'),
    }),
  );
  const intern = (table: typeof streams | typeof actors) =>
    db
      .insert(table)
      .values({ name: of('name') })
      .onConflictDoUpdate({ target: table.name, set: { name: sql`excluded.name` } })
      .returning({ id: table.id })
      .prepare();
  const internStream = intern(streams);
  const internActor = intern(actors);
  let head = 0;
  let lastRecordedAt = 0;
  // Where streams end and which number an actor has: only this connection changes them.
  const ends = new Map<StreamName, { streamId: number; version: number }>();
  const actorIds = new Map<string, number>();
  let touched = new Set<StreamName>();

  /** Reads again where the log ends: at the start, and after a rollback took appended events back. */
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

    /** The streams appended to since this was last asked; after a rollback maybe more. */
    takeTouched(): StreamName[] {
      const streams = [...touched];
      touched = new Set();
      return streams;
    },

    /**
     * Appends events to the ends of their streams, in the order given.
     *
     * @param now ms since the epoch; the event before has its time if that is later
     */
    append(changes: readonly Change[], cause: Cause, now: number): Recorded[] {
      return changes.flatMap(({ stream, events: appended }) => appendTo(stream, appended, cause, now));
    },
  };

  function appendTo(stream: StreamName, appended: readonly DomainEvent[], cause: Cause, now: number): Recorded[] {
    if (!appended.length) return [];
    const unknown = appended.find(({ type }) => !isEventType(type));
    if (unknown) throw new Error(`${unknown.type} is no type of event`);
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
