/** People decide about undelivered ranges, and request replays. */
import { replayScopes } from '../../../src/domain/replay.js';
import { writeRangeId } from '../../../src/domain/undelivered.js';
import { type Action, anyPortal, type Scene, someTimeAgo } from '../scene.js';
import { CAUSE } from '../world.js';

/** The ids of some undelivered ranges of one portal. */
function listedIn(scene: Scene): string[] {
  const { world, portals } = scene;
  const running = world.running();
  const candidates = portals.filter((portalId) => world.account.count(portalId, 'undelivered') > 0);
  if (!running || !candidates.length) return [];
  const { undelivered } = running.models;
  const rows = undelivered.page(world.chance.pick(candidates), ['WAITING', 'NEEDS_ACTION'], {
    limit: 50,
    inverted: false,
  });
  return rows.filter(() => world.chance.happens(0.6)).map(writeRangeId);
}

function requestReplay({ world, portals }: Scene, portal: number): void {
  const startAt = world.chance.happens(0.5) ? world.start : someTimeAgo(world);
  const endAt = world.chance.between(startAt, world.clock.now());
  const input = { portalId: portals[portal] ?? '', startAt, endAt, scope: world.chance.pick(replayScopes) };
  world.ask(`replay ${JSON.stringify(input)}`, (commands) => commands.execute('requestReplay', input, CAUSE));
}

export const undeliveredActions = {
  'redeliver undelivered ranges': {
    weight: 1.5,
    act(scene) {
      const ids = listedIn(scene);
      if (!ids.length) return;
      scene.world.ask(`redeliver ${ids.length}`, (commands) => commands.execute('redeliver', { ids }, CAUSE));
    },
  },
  'discard undelivered ranges': {
    weight: 1,
    act(scene) {
      const ids = listedIn(scene).slice(0, 2);
      if (!ids.length) return;
      scene.world.ask(`discard ${ids.length}`, (commands) =>
        commands.execute('discardUndelivered', { ids, reason: 'not needed' }, CAUSE),
      );
    },
  },
  'request a replay': { weight: 2, act: (scene) => requestReplay(scene, anyPortal(scene)) },
  'cancel a replay': {
    weight: 0.7,
    act(scene) {
      const { world, portals } = scene;
      const active = portals.findIndex((portalId) => world.account.replays.isActive(portalId));
      const portal = active < 0 ? anyPortal(scene) : active;
      if (active < 0) requestReplay(scene, portal);
      world.ask(`cancel the replay of portal ${portal}`, (commands) =>
        commands.execute('cancelReplay', { portalId: portals[portal] ?? '' }, CAUSE),
      );
    },
  },
} satisfies Record<string, Action>;
