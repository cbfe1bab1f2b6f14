import { eq, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { portals, webhooks } from '../../db/tables.js';
import { type Recorded } from '../domain/event.js';
import { streamId } from '../domain/stream.js';
import type { ReadModel } from './read-model.js';

export type WebhookRow = typeof webhooks.$inferSelect;

export function createWebhooks(db: Db) {
  const byPortal = db
    .select()
    .from(webhooks)
    .where(eq(webhooks.portalId, sql.placeholder('portalId')))
    .prepare();
  const byDestination = db
    .select({ id: portals.id, name: portals.name })
    .from(webhooks)
    .innerJoin(portals, eq(portals.id, webhooks.portalId))
    .where(eq(webhooks.destinationId, sql.placeholder('destinationId')))
    .orderBy(portals.position)
    .prepare();

  return {
    tables: [webhooks],
    apply(event: Recorded): void {
      const portalId = streamId(event.stream);
      switch (event.type) {
        case 'WebhookConfigured': {
          const { destinationId, enabled } = event.data;
          const settings = { destinationId, enabled, configuredAt: event.recordedAt };
          db.insert(webhooks)
            .values({ portalId, ...settings })
            .onConflictDoUpdate({ target: webhooks.portalId, set: settings })
            .run();
          break;
        }
        case 'WebhookRemoved':
          db.delete(webhooks).where(eq(webhooks.portalId, portalId)).run();
          break;
      }
    },
    get: (portalId: string): WebhookRow | undefined => byPortal.get({ portalId }),
    /** The portals whose webhooks use a destination. */
    portalsUsing: (destinationId: string): { id: string; name: string }[] => byDestination.all({ destinationId }),
  } satisfies ReadModel & Record<string, unknown>;
}
