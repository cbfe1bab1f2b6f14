import { and, asc, eq, ne, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { prepareEntity, prepareRun } from '../../db/prepare.js';
import { lanes, webhooks } from '../../db/tables.js';
import { type Recorded } from '../domain/event.js';
import { evolve, type LaneEvent } from '../domain/lane/evolve.js';
import { emptyLane, isDrained, type Lane } from '../domain/lane/lane.js';
import { isLaneStream, streamId } from '../domain/stream.js';
import type { ReadModel } from './read-model.js';
import type { createUndelivered } from './undelivered.js';

/**
 * The lanes, each computed from the events of its webhook. Also updates what is computed from a lane: the undelivered ranges, and
 * which removed webhooks are gone.
 */
export function createLanes(db: Db, undelivered: ReturnType<typeof createUndelivered>) {
  const byWebhook = prepareEntity(
    db,
    ['webhookId'],
    lanes,
    db
      .select()
      .from(lanes)
      .where(eq(lanes.webhookId, sql.placeholder('webhookId'))),
  );
  const put = prepareRun(
    db,
    ['webhookId', 'state', 'position'],
    db
      .insert(lanes)
      .values({
        webhookId: sql.placeholder('webhookId'),
        state: sql.placeholder('state'),
        position: sql.placeholder('position'),
      })
      .onConflictDoUpdate({
        target: lanes.webhookId,
        set: { state: sql`excluded.state`, position: sql`excluded.position` },
      }),
  );
  // The webhook `default`, which has the id of its portal, can always be configured again.
  const markGone = db
    .update(webhooks)
    .set({ isGone: sql`${sql.placeholder('isGone')}` })
    .where(and(eq(webhooks.id, sql.placeholder('webhookId')), ne(webhooks.portalId, webhooks.id)))
    .prepare();
  const webhookIds = db.select({ webhookId: lanes.webhookId }).from(lanes).orderBy(asc(lanes.webhookId)).prepare();

  const get = (webhookId: string): { lane: Lane; position: number } => {
    const row = byWebhook(webhookId);
    return row ? { lane: row.state, position: row.position } : { lane: emptyLane, position: 0 };
  };

  return {
    tables: [lanes, ...undelivered.tables],
    apply(event: Recorded): void {
      if (!isLaneEvent(event)) return;
      const webhookId = streamId(event.stream);
      const { lane } = get(webhookId);
      undelivered.apply(event, lane);
      const next = evolve(lane, event);
      put(webhookId, JSON.stringify(next), event.position);
      // A webhook that is being created is configured by the next event.
      if (!next.webhook && event.type !== 'WebhookCreated')
        markGone.run({ webhookId, isGone: isDrained(next) ? 1 : 0 });
    },
    /** The lane of a webhook and the position of the event that last changed it; an empty lane at 0 if there was none. */
    get,
    /** All webhooks that are or were configured, and maybe others. */
    webhookIds: (): string[] => webhookIds.all().map((row) => row.webhookId),
  } satisfies ReadModel & Record<string, unknown>;
}

function isLaneEvent(event: Recorded): event is Recorded<LaneEvent> {
  return isLaneStream(event.stream);
}
