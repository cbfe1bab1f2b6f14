/** Receivers, the disk and the process fail, and are well again. */
import type { Chance } from '../chance.js';
import { faultNames, lastingFaults } from '../faults.js';
import { crashPoints } from '../life.js';
import { type Action, anyPortal, HOUR, MINUTE, type Scene, SECOND } from '../scene.js';
import { record } from './logins.js';

/** The host that a portal's webhook points at; null: none. */
function hostOf({ world, portals }: Scene, portal: number): string | null {
  const { account } = world;
  const webhook = account.portals.get(portals[portal] ?? '')?.webhook;
  const endpoint = webhook && account.destinations.get(webhook.destinationId)?.endpoint;
  return endpoint ? new URL(endpoint).host : null;
}

/** How long a receiver fails, in ms. */
function outage(chance: Chance): number {
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
      const isTrait = lastingFaults.includes(fault);
      const share = isTrait ? 1 : chance.pick([1, 1, 0.7, 0.3]);
      const ms = isTrait ? chance.between(10 * MINUTE, 3 * HOUR) : outage(chance);
      world.note(() => `! ${host} fails for ${ms} ms (${share}): ${fault}`);
      tally.hit('outages', ms >= HOUR ? 'of hours' : ms >= MINUTE ? 'of minutes' : 'of seconds');
      tally.hit('outages', share === 1 ? 'throughout' : 'flapping');
      receivers.fail(host, { fault, share, until: clock.now() + ms });
      if (chance.happens(0.7)) record(scene, portal, Math.min(scene.budget, isTrait ? 30 : chance.pick([1, 3, 30])));
    },
  },
  'receivers are well': { weight: 1, act: ({ world }) => world.receivers.heal() },
  'the disk is full': {
    weight: 0.7,
    act({ world }) {
      world.note(() => '! the disk is full');
      world.state.disk = 'refuses';
    },
  },
  'the disk has room': {
    weight: 2,
    act({ world }) {
      world.state.disk = 'well';
    },
  },
  'a sync fails': {
    weight: 0.15,
    act({ world }) {
      world.note(() => '! the next sync fails');
      world.state.disk = 'fails';
    },
  },
  'the process dies': {
    weight: 2.5,
    async act({ world }) {
      const { chance } = world;
      const point = chance.pick(crashPoints);
      if (point === 'while nothing happens') await world.crash();
      else world.dieAt(point, chance.between(1, chance.pick([1, 3, 10])));
    },
  },
  'the process is stopped': {
    weight: 1,
    act: ({ world }) => world.stop(world.chance.pick([0, SECOND, 10 * SECOND, MINUTE])),
  },
} satisfies Record<string, Action>;
