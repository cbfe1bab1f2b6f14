import { and, asc, desc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { prepareEntity } from '../../db/prepare.js';
import { destinations } from '../../db/tables.js';
import { type Recorded } from '../domain/event.js';
import { streamId } from '../domain/stream.js';
import type { PageRange, ReadModel } from './read-model.js';

export type DestinationRow = typeof destinations.$inferSelect;

export function createDestinations(db: Db) {
  const byId = prepareEntity(
    db,
    ['id'],
    destinations,
    db
      .select()
      .from(destinations)
      .where(eq(destinations.id, sql.placeholder('id'))),
  );
  const byName = db
    .select()
    .from(destinations)
    .where(eq(destinations.name, sql.placeholder('name')))
    .prepare();

  return {
    tables: [destinations],
    apply(event: Recorded): void {
      const { position, recordedAt } = event;
      const id = streamId(event.stream);
      switch (event.type) {
        case 'DestinationCreated':
          db.insert(destinations)
            .values({
              ...event.data,
              id,
              authorizationChangedAt: event.data.authorization === null ? null : recordedAt,
              createdAt: recordedAt,
              updatedAt: recordedAt,
              position,
              changedPosition: position,
            })
            .run();
          break;
        case 'DestinationUpdated':
          db.update(destinations)
            .set({
              ...event.data,
              ...('authorization' in event.data && { authorizationChangedAt: recordedAt }),
              updatedAt: recordedAt,
              changedPosition: position,
            })
            .where(eq(destinations.id, id))
            .run();
          break;
        case 'DestinationDeleted':
          db.delete(destinations).where(eq(destinations.id, id)).run();
          break;
      }
    },
    get: (id: string): DestinationRow | undefined => byId(id),
    named: (name: string): DestinationRow | undefined => byName.get({ name }),
    /** In the order of creation. */
    page({ after, before, limit, inverted }: PageRange): DestinationRow[] {
      return db
        .select()
        .from(destinations)
        .where(
          and(
            after === undefined ? undefined : gt(destinations.position, after),
            before === undefined ? undefined : lt(destinations.position, before),
          ),
        )
        .orderBy(inverted ? desc(destinations.position) : asc(destinations.position))
        .limit(limit)
        .all();
    },
  } satisfies ReadModel & Record<string, unknown>;
}
