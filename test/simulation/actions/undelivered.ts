/** People decide about undelivered ranges, and request replays. */
import { replayScopes } from '../../../src/domain/replay.js';
import { writeRangeId } from '../../../src/domain/undelivered.js';
import {
  type Action,
  anyWebhook,
  everyWebhook,
  type Scene,
  someTimeAgo,
  type WebhookOfPortal,
  webhooksOf,
} from '../scene.js';
import { CAUSE } from '../world.js';

/** The ids of some undelivered ranges of one webhook. */
function listedIn(scene: Scene): { ids: string[]; of: WebhookOfPortal } | null {
  const { world } = scene;
  const running = world.running();
  const candidates = everyWebhook(scene).filter(({ webhookId }) => world.account.count(webhookId, 'undelivered') > 0);
  if (!running || !candidates.length) return null;
  const of = world.chance.pick(candidates);
  const rows = running.models.undelivered.page(of.webhookId, ['WAITING', 'NEEDS_ACTION'], {
    limit: 50,
    inverted: false,
  });
  const ids = rows.filter(() => world.chance.happens(0.6)).map(writeRangeId);
  return ids.length ? { ids, of } : null;
}

/** If the webhook was removed, another one of the portal redelivers for it. */
function redeliver(scene: Scene): void {
  const { world } = scene;
  const listed = listedIn(scene);
  if (!listed) return;
  const { ids, of } = listed;
  const { account, chance } = world;
  const others = webhooksOf(scene, of.portal).filter(({ webhookId }) => account.lanes.get(webhookId)?.webhook);
  const isRemoved = !account.lanes.get(of.webhookId)?.webhook;
  const through = isRemoved && others.length ? chance.pick(others).webhookId : undefined;
  if (through) world.tally.hit('recoveries', 'a redelivery through another webhook');
  world.ask(`redeliver ${ids.length}${through ? ` through ${through}` : ''}`, (commands) =>
    commands.execute('redeliver', { ids, webhookId: through }, CAUSE),
  );
}

function requestReplay({ world, portals }: Scene, { portal, webhookId }: WebhookOfPortal): void {
  const startAt = world.chance.happens(0.5) ? world.start : someTimeAgo(world);
  const endAt = world.chance.between(startAt, world.clock.now());
  const input = { portalId: portals[portal] ?? '', webhookId, startAt, endAt, scope: world.chance.pick(replayScopes) };
  world.ask(`replay ${JSON.stringify(input)}`, (commands) => commands.execute('requestReplay', input, CAUSE));
}

export const undeliveredActions = {
  'redeliver undelivered ranges': { weight: 1.5, act: redeliver },
  'discard undelivered ranges': {
    weight: 1,
    act(scene) {
      const ids = listedIn(scene)?.ids.slice(0, 2);
      if (!ids) return;
      scene.world.ask(`discard ${ids.length}`, (commands) =>
        commands.execute('discardUndelivered', { ids, reason: 'not needed' }, CAUSE),
      );
    },
  },
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
