import { eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { prepareEntity } from '../../db/prepare.js';
import { destinationHealth } from '../../db/tables.js';
import { type DestinationHealth, unknownHealth } from '../domain/destination-health.js';
import type { Recorded } from '../domain/event.js';
import { streamId } from '../domain/stream.js';
import type { ReadModel } from './read-model.js';

/** The health of every destination that was attempted and still exists. */
export function createDestinationHealth(db: Db) {
  const byId = prepareEntity(
    db,
    ['destinationId'],
    destinationHealth,
    db
      .select()
      .from(destinationHealth)
      .where(eq(destinationHealth.destinationId, sql.placeholder('destinationId'))),
  );

  return {
    tables: [destinationHealth],
    apply(event: Recorded): void {
      const destinationId = streamId(event.stream);
      switch (event.type) {
        case 'DestinationHealthChanged':
          db.insert(destinationHealth)
            .values({ destinationId, ...event.data })
            .onConflictDoUpdate({ target: destinationHealth.destinationId, set: event.data })
            .run();
          break;
        case 'DestinationDeleted':
          db.delete(destinationHealth).where(eq(destinationHealth.destinationId, destinationId)).run();
          break;
      }
    },
    get: (destinationId: string): DestinationHealth => byId(destinationId) ?? unknownHealth,
  } satisfies ReadModel & Record<string, unknown>;
}
