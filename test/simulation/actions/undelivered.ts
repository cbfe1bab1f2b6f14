/** People decide about undelivered ranges, and request replays. */
import { replayScopes } from '../../../src/domain/replay.js';
import { writeRangeId } from '../../../src/domain/undelivered.js';
import {
  type Action,
  anyWebhook,
  everyWebhook,
  HOUR,
  type Scene,
  someTimeAgo,
  type WebhookOfPortal,
  webhooksOf,
} from '../scene.js';
import { CAUSE } from '../world.js';
import { record } from './logins.js';
import { create, remove } from './webhooks.js';

const isConfigured = ({ world }: Scene, { webhookId }: WebhookOfPortal): boolean =>
  Boolean(world.account.lanes.get(webhookId)?.webhook);

const withUndelivered = (scene: Scene): WebhookOfPortal[] =>
  everyWebhook(scene).filter(({ webhookId }) => scene.world.account.count(webhookId, 'undelivered') > 0);

/** The other webhooks of the portal that are configured. */
const siblingsOf = (scene: Scene, { portal, webhookId }: WebhookOfPortal): WebhookOfPortal[] =>
  webhooksOf(scene, portal).filter((other) => other.webhookId !== webhookId && isConfigured(scene, other));

/** The ids of the undelivered ranges of a webhook, at most 50. */
function idsOf({ world }: Scene, { webhookId }: WebhookOfPortal): string[] {
  const page = { limit: 50, inverted: false };
  const rows = world.running()?.models.undelivered.page(webhookId, ['WAITING', 'NEEDS_ACTION'], page) ?? [];
  return rows.map(writeRangeId);
}

/** The ids of some undelivered ranges of one of these webhooks. */
function listedIn(scene: Scene, candidates: WebhookOfPortal[]): { ids: string[]; of: WebhookOfPortal } | null {
  const { world } = scene;
  if (!candidates.length) return null;
  const of = world.chance.pick(candidates);
  const ids = idsOf(scene, of).filter(() => world.chance.happens(0.6));
  return ids.length ? { ids, of } : null;
}

/** If the webhook was removed, another one of the portal redelivers for it. */
function redeliver(scene: Scene, candidates: WebhookOfPortal[]): void {
  const { world } = scene;
  const listed = listedIn(scene, candidates);
  if (!listed) return;
  const { ids, of } = listed;
  const siblings = isConfigured(scene, of) ? [] : siblingsOf(scene, of);
  const through = siblings.length ? world.chance.pick(siblings).webhookId : undefined;
  if (through) world.tally.hit('recoveries', 'a redelivery through another webhook');
  world.ask(`redeliver ${ids.length}${through ? ` through ${through}` : ''}`, (commands) =>
    commands.execute('redeliver', { ids, webhookId: through }, CAUSE),
  );
}

/** Removes one of these webhooks: if one has undelivered ranges, that one; else its pending logins become undelivered by that. */
function removeOneOf(scene: Scene, candidates: WebhookOfPortal[]): WebhookOfPortal {
  const { account, chance } = scene.world;
  const failing = candidates.filter(({ webhookId }) => account.count(webhookId, 'undelivered') > 0);
  const of = chance.pick(failing.length ? failing : candidates);
  if (!failing.length) record(scene, of.portal, Math.min(scene.budget, chance.between(1, 5)));
  remove(scene, of);
  return of;
}

async function redeliverThroughAnother(scene: Scene): Promise<void> {
  const { world } = scene;
  const configured = everyWebhook(scene).filter((of) => isConfigured(scene, of));
  const hasSibling = (of: WebhookOfPortal) => siblingsOf(scene, of).length > 0;
  if (configured.length && !configured.some(hasSibling)) {
    create(scene, world.chance.pick(configured).portal);
    await world.settle();
  }
  const candidates = configured.filter(hasSibling);
  if (!candidates.length) return;
  const of = removeOneOf(scene, candidates);
  await world.settle();
  redeliver(scene, [of]);
}

/** Discards what the removal of a webhook leaves, some time later. */
async function removeAndDiscard(scene: Scene): Promise<void> {
  const { world } = scene;
  const configured = everyWebhook(scene).filter((of) => isConfigured(scene, of));
  if (!configured.length) return;
  const of = removeOneOf(scene, configured);
  await world.pass(world.chance.between(0, 2 * HOUR));
  discard(scene, idsOf(scene, of));
}

function discard({ world }: Scene, ids: string[]): void {
  if (!ids.length) return;
  world.ask(`discard ${ids.length}`, (commands) =>
    commands.execute('discardUndelivered', { ids, reason: 'not needed' }, CAUSE),
  );
}

function requestReplay({ world, portals }: Scene, { portal, webhookId }: WebhookOfPortal): void {
  const startAt = world.chance.happens(0.5) ? world.start : someTimeAgo(world);
  const endAt = world.chance.between(startAt, world.clock.now());
  const input = { portalId: portals[portal] ?? '', webhookId, startAt, endAt, scope: world.chance.pick(replayScopes) };
  world.ask(`replay ${JSON.stringify(input)}`, (commands) => commands.execute('requestReplay', input, CAUSE));
}

export const undeliveredActions = {
  'redeliver undelivered ranges': { weight: 1.5, act: (scene) => redeliver(scene, withUndelivered(scene)) },
  'remove a webhook and redeliver through another': { weight: 0.5, act: redeliverThroughAnother },
  'discard undelivered ranges': {
    weight: 1,
    act: (scene) => discard(scene, listedIn(scene, withUndelivered(scene))?.ids.slice(0, 2) ?? []),
  },
  'remove a webhook and discard what it leaves': { weight: 0.3, act: removeAndDiscard },
  'request a replay': { weight: 2, act: (scene) => requestReplay(scene, anyWebhook(scene)) },
  'cancel a replay': {
    weight: 0.7,
    act(scene) {
      const { world, portals } = scene;
      const active = everyWebhook(scene).find(({ webhookId }) => world.account.replays.isActive(webhookId));
      const { portal, webhookId } = active ?? anyWebhook(scene);
      if (!active) requestReplay(scene, { portal, webhookId });
      world.ask(`cancel the replay of ${webhookId}`, (commands) =>
        commands.execute('cancelReplay', { portalId: portals[portal] ?? '', webhookId }, CAUSE),
      );
    },
  },
} satisfies Record<string, Action>;
