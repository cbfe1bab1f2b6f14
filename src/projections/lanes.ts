import { asc, eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { lanes } from '../../db/tables.js';
import { type Recorded, streamId } from '../domain/event.js';
import { emptyLane, evolve, type Lane } from '../domain/lane.js';
import type { ReadModel } from './read-model.js';

/** The lanes, each the fold of its portal's webhook and delivery events, kept up to date event by event. */
export function createLanes(db: Db) {
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
    tables: [lanes],
    apply(event: Recorded): void {
      switch (event.type) {
        case 'WebhookConfigured':
        case 'WebhookRemoved':
        case 'BatchStarted':
        case 'BatchDelivered':
        case 'RetryScheduled':
        case 'BatchAbandoned':
        case 'DeliverySuperseded':
        case 'LoginsSkipped':
        case 'LoginsUndelivered': {
          const portalId = streamId(event.stream);
          put.run({ portalId, state: evolve(get(portalId).lane, event), position: event.position });
          break;
        }
      }
    },
    /** The lane of a portal and the position of the event that last changed it; an empty lane at 0 if there was none. */
    get,
    /** Every portal that ever had a webhook. */
    portalIds: (): string[] => portalIds.all().map((row) => row.portalId),
  } satisfies ReadModel & Record<string, unknown>;
}
