/** Receivers, the disk and the process fail and are repaired. */
import type { Chance } from '../chance.js';
import { crashPoints } from '../process.js';
import { faultNames, lastingFaults } from '../receiver-faults.js';
import { type Action, anyPortal, HOUR, MINUTE, type Scene, SECOND, webhooksOf } from '../scene.js';
import { record } from './logins.js';

/** The host to which a webhook of a portal sends; null: there is no webhook. */
function hostOf(scene: Scene, portal: number): string | null {
  const { account, chance } = scene.world;
  const webhook = account.lanes.get(chance.pick(webhooksOf(scene, portal)).webhookId)?.webhook;
  const endpoint = webhook && account.destinations.get(webhook.destinationId)?.endpoint;
  return endpoint ? new URL(endpoint).host : null;
}

/** The length of an outage, in ms. */
function outageMs(chance: Chance): number {
  const [least, most] = chance.weighted(
    [
      [1, 10 * SECOND],
      [10 * SECOND, 2 * MINUTE],
      [2 * MINUTE, 20 * MINUTE],
      [HOUR, 3 * HOUR],
    ] as const,
    ([from]) => (from < HOUR ? 1 : 0.2),
  );
  return chance.between(least, most);
}

export const troubleActions = {
  'a receiver fails': {
    weight: 9,
    act(scene) {
      const { world, hosts } = scene;
      const { chance, clock, receivers, tally } = world;
      const portal = anyPortal(scene);
      const [host, fault] = [hostOf(scene, portal) ?? chance.pick(hosts), chance.pick(faultNames)];
      const isLasting = lastingFaults.includes(fault);
      const share = isLasting ? 1 : chance.pick([1, 1, 0.7, 0.3]);
      const ms = isLasting ? chance.between(10 * MINUTE, 3 * HOUR) : outageMs(chance);
      world.note(() => `! ${host} fails for ${ms} ms (${share}): ${fault}`);
      tally.hit('outages', ms >= HOUR ? 'of hours' : ms >= MINUTE ? 'of minutes' : 'of seconds');
      tally.hit('outages', share === 1 ? 'complete' : 'partial');
      receivers.fail(host, { fault, share, until: clock.now() + ms });
      if (chance.happens(0.7)) record(scene, portal, Math.min(scene.budget, isLasting ? 30 : chance.pick([1, 3, 30])));
    },
  },
  'receivers are repaired': { weight: 1, act: ({ world }) => world.receivers.repair() },
  'the disk is full': {
    weight: 0.7,
    act({ world }) {
      world.note(() => '! the disk is full');
      world.state.disk = 'full';
    },
  },
  'the disk has room': {
    weight: 2,
    act({ world }) {
      world.state.disk = 'working';
    },
  },
  'a sync fails': {
    weight: 0.15,
    act({ world }) {
      world.note(() => '! the next sync fails');
      world.state.disk = 'sync fails';
    },
  },
  'the process crashes': {
    weight: 2.5,
    async act({ world }) {
      const { chance } = world;
      const point = chance.pick(crashPoints);
      if (point === 'while nothing happens') await world.crash();
      else world.crashAt(point, chance.between(1, chance.pick([1, 3, 10])));
    },
  },
  'the process is stopped': {
    weight: 1,
    act: ({ world }) => world.stop(world.chance.pick([0, SECOND, 10 * SECOND, MINUTE])),
  },
} satisfies Record<string, Action>;
