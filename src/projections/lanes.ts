import { asc, eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { lanes } from '../../db/tables.js';
import { type Recorded } from '../domain/event.js';
import { evolve, type LaneEvent } from '../domain/lane/evolve.js';
import { emptyLane, type Lane } from '../domain/lane/lane.js';
import { isLaneStream, streamId } from '../domain/stream.js';
import type { ReadModel } from './read-model.js';
import type { createUndelivered } from './undelivered.js';

/** The lanes, each computed from its portal's events. Also updates the undelivered ranges, which need the lane before an event. */
export function createLanes(db: Db, undelivered: ReturnType<typeof createUndelivered>) {
  const byPortal = db
    .select()
    .from(lanes)
    .where(eq(lanes.portalId, sql.placeholder('portalId')))
    .prepare();
  const put = db
    .insert(lanes)
    .values({
      portalId: sql.placeholder('portalId'),
      state: sql.placeholder('state'),
      position: sql.placeholder('position'),
    })
    .onConflictDoUpdate({
      target: lanes.portalId,
      set: { state: sql`excluded.state`, position: sql`excluded.position` },
    })
    .prepare();
  const portalIds = db.select({ portalId: lanes.portalId }).from(lanes).orderBy(asc(lanes.portalId)).prepare();

  const get = (portalId: string): { lane: Lane; position: number } => {
    const row = byPortal.get({ portalId });
    return row ? { lane: row.state, position: row.position } : { lane: emptyLane, position: 0 };
  };

  return {
    tables: [lanes, ...undelivered.tables],
    apply(event: Recorded): void {
      if (!isLaneEvent(event)) return;
      const portalId = streamId(event.stream);
      const { lane } = get(portalId);
      undelivered.apply(event, lane);
      put.run({ portalId, state: evolve(lane, event), position: event.position });
    },
    /** The lane of a portal and the position of the event that last changed it; an empty lane at 0 if there was none. */
    get,
    /** All portals that have or had a webhook, and maybe others. */
    portalIds: (): string[] => portalIds.all().map((row) => row.portalId),
  } satisfies ReadModel & Record<string, unknown>;
}

function isLaneEvent(event: Recorded): event is Recorded<LaneEvent> {
  return isLaneStream(event.stream);
}
