/** Webhooks are created, turned on and off, moved, renamed and removed. */
import type { CatchUp } from '../../../src/domain/webhook.js';
import {
  type Action,
  anyPortal,
  anyWebhook,
  destinationIds,
  everyWebhook,
  type Scene,
  someTimeAgo,
  type WebhookOfPortal,
} from '../scene.js';
import { CAUSE } from '../world.js';

interface Configuration {
  destinationId?: string;
  enabled?: boolean;
  catchUp?: CatchUp;
  since?: number;
}

/** Few names, so that names are used again. */
const NAMES = ['archive', 'next SIEM', 'default', 'third'];

export function configure(scene: Scene, { portal, webhookId }: WebhookOfPortal, given: Configuration): void {
  const { destinationId, enabled, ...catchUp } = given;
  const portalId = scene.portals[portal] ?? '';
  const input = { portalId, ...(webhookId !== portalId && { webhookId }), destinationId, enabled, ...catchUp };
  scene.world.ask(`configure webhook ${webhookId} of portal ${portal}: ${JSON.stringify(given)}`, (commands) =>
    commands.execute('configureWebhook', input, CAUSE),
  );
}

/** Creates a webhook, or continues the removed one of the name. */
export function create(scene: Scene, portal: number): void {
  const { world, portals } = scene;
  const { chance } = world;
  const ids = destinationIds(scene);
  if (!ids.length) return;
  const enabled = chance.happens(0.8);
  const catchUp = enabled ? chance.pick([undefined, 'FROM_NOW', 'SINCE_LAST_ON', 'SINCE'] as const) : undefined;
  const input = {
    portalId: portals[portal] ?? '',
    name: chance.pick(NAMES),
    destinationId: chance.pick(ids),
    enabled,
    catchUp,
    since: catchUp === 'SINCE' ? someTimeAgo(world) : undefined,
  };
  world.ask(`create a webhook: ${JSON.stringify(input)}`, (commands) =>
    commands.execute('createWebhook', input, CAUSE),
  );
}

export function remove(scene: Scene, { portal, webhookId }: WebhookOfPortal): void {
  const input = { portalId: scene.portals[portal] ?? '', webhookId };
  scene.world.ask(`remove webhook ${webhookId} of portal ${portal}`, (commands) =>
    commands.execute('removeWebhook', input, CAUSE),
  );
}

/** A webhook that is off, if there is one. */
function webhookToTurnOn(scene: Scene): WebhookOfPortal {
  const { account, chance } = scene.world;
  const off = everyWebhook(scene).filter(({ webhookId }) => account.lanes.get(webhookId)?.webhook?.enabled === false);
  return off.length ? chance.pick(off) : anyWebhook(scene);
}

export const webhookActions = {
  'turn a webhook off': { weight: 1.5, act: (scene) => configure(scene, anyWebhook(scene), { enabled: false }) },
  'turn a webhook on': { weight: 3, act: (scene) => configure(scene, webhookToTurnOn(scene), { enabled: true }) },
  'turn a webhook on and catch up': {
    weight: 1,
    act: (scene) => configure(scene, webhookToTurnOn(scene), { enabled: true, catchUp: 'SINCE_LAST_ON' }),
  },
  'turn a webhook on and catch up since a time': {
    weight: 1,
    act: (scene) =>
      configure(scene, webhookToTurnOn(scene), { enabled: true, catchUp: 'SINCE', since: someTimeAgo(scene.world) }),
  },
  'create a webhook': { weight: 1.5, act: (scene) => create(scene, anyPortal(scene)) },
  'rename a webhook': {
    weight: 0.4,
    act(scene) {
      const { portal, webhookId } = anyWebhook(scene);
      const input = { portalId: scene.portals[portal] ?? '', webhookId, name: scene.world.chance.pick(NAMES) };
      scene.world.ask(`rename webhook ${webhookId} to ${input.name}`, (commands) =>
        commands.execute('renameWebhook', input, CAUSE),
      );
    },
  },
  'change the destination of a webhook': {
    weight: 1.5,
    act(scene) {
      const ids = destinationIds(scene);
      const { chance } = scene.world;
      if (ids.length)
        configure(scene, anyWebhook(scene), { destinationId: chance.pick(ids), enabled: chance.happens(0.9) });
    },
  },
  'remove a webhook': { weight: 0.8, act: (scene) => remove(scene, anyWebhook(scene)) },
  'retire a portal': {
    weight: 0.1,
    act(scene) {
      const portal = anyPortal(scene);
      scene.world.ask(`retire portal ${portal}`, (commands) =>
        commands.execute('retirePortal', { id: scene.portals[portal] ?? '' }, CAUSE),
      );
    },
  },
} satisfies Record<string, Action>;
