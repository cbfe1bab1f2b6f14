import { and, asc, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { portals } from '../../db/tables.js';
import { type Recorded } from '../domain/event.js';
import { streamId } from '../domain/stream.js';
import type { PageRange, ReadModel } from './read-model.js';

export type PortalRow = typeof portals.$inferSelect;

export function createPortals(db: Db) {
  const byId = db
    .select()
    .from(portals)
    .where(eq(portals.id, sql.placeholder('id')))
    .prepare();
  const change = (event: Recorded, set: Partial<PortalRow>) =>
    db
      .update(portals)
      .set(set)
      .where(eq(portals.id, streamId(event.stream)))
      .run();

  return {
    tables: [portals],
    apply(event: Recorded): void {
      const { position, recordedAt } = event;
      switch (event.type) {
        case 'PortalRegistered':
          db.insert(portals)
            .values({ id: streamId(event.stream), name: event.data.name, registeredAt: recordedAt, position })
            .run();
          break;
        case 'PortalRenamed':
          change(event, { name: event.data.name });
          break;
        case 'PortalRetired':
          change(event, { retiredAt: recordedAt });
          break;
      }
    },
    get: (id: string): PortalRow | undefined => byId.get({ id }),
    /** In the order of registration. */
    page({ after, before, limit, inverted }: PageRange, includeRetired: boolean): PortalRow[] {
      return db
        .select()
        .from(portals)
        .where(
          and(
            after === undefined ? undefined : gt(portals.position, after),
            before === undefined ? undefined : lt(portals.position, before),
            includeRetired ? undefined : isNull(portals.retiredAt),
          ),
        )
        .orderBy(inverted ? desc(portals.position) : asc(portals.position))
        .limit(limit)
        .all();
    },
  } satisfies ReadModel & Record<string, unknown>;
}
