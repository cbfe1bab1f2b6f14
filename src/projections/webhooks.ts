import { and, eq, isNull, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { Db } from '../../db/open.js';
import { prepareEntity, prepareValues } from '../../db/prepare.js';
import { portals, webhooks } from '../../db/tables.js';
import { type Recorded } from '../domain/event.js';
import { streamId } from '../domain/stream.js';
import { DEFAULT_WEBHOOK, isDefault } from '../domain/webhook.js';
import type { ReadModel } from './read-model.js';

/** A webhook, configured or removed. A webhook `default` that was never configured has no row. */
export type WebhookRow = typeof webhooks.$inferSelect;

/** A webhook that points at a destination, and its portal. */
export interface WebhookOfPortal {
  id: string;
  name: string;
  portalId: string;
  portalName: string;
}

export function createWebhooks(db: Db) {
  const param = (name: string) => sql.placeholder(name);
  const byId = prepareEntity(
    db,
    ['id'],
    webhooks,
    db
      .select()
      .from(webhooks)
      .where(eq(webhooks.id, param('id'))),
  );
  const byPortal = db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.portalId, param('portalId')), sql`${webhooks.isGone} = 0`))
    .orderBy(webhooks.position)
    .prepare();
  const enabledOf = prepareValues(
    db,
    ['portalId'],
    db
      .select({ id: webhooks.id })
      .from(webhooks)
      .where(and(eq(webhooks.portalId, param('portalId')), sql`${webhooks.isGone} = 0`, sql`${webhooks.enabled} = 1`))
      .orderBy(webhooks.id),
  );
  const goneOf = prepareValues(
    db,
    ['portalId'],
    db
      .select({ id: webhooks.id })
      .from(webhooks)
      .where(and(eq(webhooks.portalId, param('portalId')), sql`${webhooks.isGone} = 1`)),
  );
  const byDestination = db
    .select({ id: webhooks.id, name: webhooks.name, portalId: portals.id, portalName: portals.name })
    .from(webhooks)
    .innerJoin(portals, eq(portals.id, webhooks.portalId))
    .where(eq(webhooks.destinationId, param('destinationId')))
    .orderBy(portals.position, webhooks.position)
    .prepare();
  const sibling = alias(webhooks, 'sibling');
  const removedBeside = prepareValues(
    db,
    ['destinationId'],
    db
      .select({ id: sibling.id })
      .from(webhooks)
      .innerJoin(sibling, eq(sibling.portalId, webhooks.portalId))
      .where(
        and(
          eq(webhooks.destinationId, param('destinationId')),
          isNull(sibling.destinationId),
          sql`${sibling.isGone} = 0`,
        ),
      ),
  );
  const portalIds = new Map<string, string>();
  const change = (id: string, set: Partial<WebhookRow>) =>
    void db.update(webhooks).set(set).where(eq(webhooks.id, id)).run();

  return {
    tables: [webhooks],
    apply(event: Recorded): void {
      const id = streamId(event.stream);
      const { position } = event;
      switch (event.type) {
        case 'WebhookCreated': {
          const { portalId, name } = event.data;
          const unconfigured = { destinationId: null, enabled: false, configuredAt: null, isGone: false };
          db.insert(webhooks)
            .values({ id, portalId, name, position, ...unconfigured })
            .run();
          break;
        }
        case 'WebhookRenamed':
          change(id, { name: event.data.name });
          break;
        case 'WebhookConfigured': {
          const { destinationId, enabled } = event.data;
          const settings = { destinationId, enabled, configuredAt: event.recordedAt, isGone: false };
          // Only the webhook `default` has no row yet.
          db.insert(webhooks)
            .values({ id, portalId: id, name: DEFAULT_WEBHOOK, position, ...settings })
            .onConflictDoUpdate({ target: webhooks.id, set: settings })
            .run();
          break;
        }
        case 'WebhookRemoved':
          change(id, { destinationId: null, enabled: false, configuredAt: null });
          break;
      }
    },
    get: (id: string): WebhookRow | undefined => byId(id),
    /** The portal of a webhook. It never changes, so it is read once. */
    portalIdOf(id: string): string {
      const known = portalIds.get(id) ?? byId(id)?.portalId;
      // Only the webhook `default`, which has the id of its portal, exists before its first event.
      if (known === undefined) return id;
      portalIds.set(id, known);
      return known;
    },
    /** The webhooks of a portal, without those that are gone: `default` first, the others in the order of their creation. */
    ofPortal(portalId: string): WebhookRow[] {
      const rows = byPortal.all({ portalId });
      return [...rows.filter(isDefault), ...rows.filter((row) => !isDefault(row))];
    },
    /** The ids of the webhooks of a portal that are gone. */
    goneOf: (portalId: string): string[] => goneOf(portalId) as string[],
    /** The ids of the webhooks of a portal that are on. */
    enabledOf: (portalId: string): string[] => enabledOf(portalId) as string[],
    /** The ids of removed webhooks whose portal has a webhook that points at a destination: that one may redeliver for them. */
    removedBeside: (destinationId: string): string[] => removedBeside(destinationId) as string[],
    /** The webhooks that point at a destination, on or off. */
    using: (destinationId: string): WebhookOfPortal[] => byDestination.all({ destinationId }),
  } satisfies ReadModel & Record<string, unknown>;
}
