/** Webhooks are turned on and off, get another destination and are removed. */
import type { CatchUp } from '../../../src/domain/webhook.js';
import { type Action, anyPortal, destinationIds, type Scene, someTimeAgo } from '../scene.js';
import { CAUSE } from '../world.js';

interface Configuration {
  destinationId?: string;
  enabled?: boolean;
  catchUp?: CatchUp;
  since?: number;
}

export function configure(scene: Scene, portal: number, given: Configuration): void {
  const { destinationId, enabled, ...catchUp } = given;
  const input = { portalId: scene.portals[portal] ?? '', destinationId, enabled, ...catchUp };
  scene.world.ask(`configure portal ${portal}: ${JSON.stringify(given)}`, (commands) =>
    commands.execute('configureWebhook', input, CAUSE),
  );
}

/** A portal whose webhook is off, if there is one. */
function portalToTurnOn(scene: Scene): number {
  const { world, portals } = scene;
  const off = [...portals.keys()].filter((portal) => {
    const webhook = world.account.portals.get(portals[portal] ?? '')?.webhook;
    return webhook && !webhook.enabled;
  });
  return off.length ? world.chance.pick(off) : anyPortal(scene);
}

export const webhookActions = {
  'turn a webhook off': { weight: 1.5, act: (scene) => configure(scene, anyPortal(scene), { enabled: false }) },
  'turn a webhook on': { weight: 3, act: (scene) => configure(scene, portalToTurnOn(scene), { enabled: true }) },
  'turn a webhook on and catch up': {
    weight: 1,
    act: (scene) => configure(scene, portalToTurnOn(scene), { enabled: true, catchUp: 'SINCE_LAST_ON' }),
  },
  'turn a webhook on and catch up since a time': {
    weight: 1,
    act: (scene) =>
      configure(scene, portalToTurnOn(scene), { enabled: true, catchUp: 'SINCE', since: someTimeAgo(scene.world) }),
  },
  'change the destination of a webhook': {
    weight: 1.5,
    act(scene) {
      const ids = destinationIds(scene);
      const { chance } = scene.world;
      if (ids.length)
        configure(scene, anyPortal(scene), { destinationId: chance.pick(ids), enabled: chance.happens(0.9) });
    },
  },
  'remove a webhook': {
    weight: 0.5,
    act(scene) {
      const portal = anyPortal(scene);
      scene.world.ask(`remove the webhook of portal ${portal}`, (commands) =>
        commands.execute('removeWebhook', { portalId: scene.portals[portal] ?? '' }, CAUSE),
      );
    },
  },
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
