/** One run, from its seed: a random story, then everything is made well again, and then all of it is checked. */

import { settingsOf } from './actions/destinations.js';
import { actionNames, actions } from './actions/index.js';
import { configure } from './actions/webhooks.js';
import { checkEnd } from './checks.js';
import { type Action, type Scene, someTime } from './scene.js';
import { CAUSE, createWorld, Violation, type World, type WorldOptions } from './world.js';

/** What has not come to an end when all has been well for so long never will, in ms. */
const LONG_ENOUGH_MS = 3 * 60 * 60_000;

export interface Result {
  /** null: all held. */
  violation: Violation | null;
  /** The log as the run left it, row by row. */
  log: Record<string, unknown[]>;
}

/** @throws only what is no violation: a fault of the simulation */
export async function simulate(options: WorldOptions): Promise<Result> {
  const world = await createWorld(options);
  let log = {};
  try {
    const scene = await begin(world);
    await story(scene);
    await end(scene);
    log = checkEnd(scene, options.disks);
    return { violation: null, log };
  } catch (error) {
    if (error instanceof Violation) return { violation: error, log };
    throw error;
  } finally {
    world.discard();
  }
}

async function begin(world: World): Promise<Scene> {
  const { chance } = world;
  const portals = chance.weighted([1, 2, 4, 20], (count) => 1 / count);
  const hosts = Array.from({ length: chance.between(1, 3) }, (_, index) => `siem-${index}.example.com`);
  const scene: Scene = {
    world,
    portals: Array.from(
      { length: portals },
      (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    ),
    hosts,
    numbers: Array.from({ length: portals }, () => 0),
    calls: [],
    acknowledged: [],
    budget: chance.pick([50, 200, 200, 1_000, 4_000]),
  };
  await world.live();
  for (const [index, id] of scene.portals.entries()) {
    world.ask(`register portal ${index}`, (commands) =>
      commands.execute('registerPortal', { id, name: `Portal ${index}` }, CAUSE),
    );
  }
  for (let index = 0; index < chance.between(1, 3); index += 1) {
    const settings = settingsOf(scene, index);
    world.ask(`create ${settings.name}`, (commands) => commands.execute('createDestination', settings, CAUSE));
  }
  await world.settle();
  for (const portal of scene.portals.keys()) {
    const destinationId = chance.pick([...world.account.destinations.keys()]);
    if (chance.happens(0.9)) configure(scene, portal, { destinationId, enabled: true });
  }
  await world.settle();
  return scene;
}

async function story(scene: Scene): Promise<void> {
  const { world } = scene;
  const { chance } = world;
  // Some runs have more of one thing than of another.
  const liking = new Map(actionNames.map((name) => [name, chance.fraction() * 2]));
  for (let step = chance.between(5, 45); step > 0; step -= 1) {
    if (!world.isLiving()) {
      await world.pass(someTime(chance));
      // Nobody starts it again and again on a disk that is full.
      if (chance.happens(0.5)) world.state.disk = 'well';
      await world.live();
    }
    const name = chance.weighted(actionNames, (one) => actions[one].weight * (liking.get(one) ?? 1));
    world.tally.hit('actions', name);
    const { act }: Action = actions[name];
    await act(scene);
    // Mostly things happen one after the other; sometimes the next one comes while the last is under way.
    if (chance.happens(0.7)) await world.pass(someTime(chance));
    else await world.settle(chance.between(0, 3));
  }
}

/** All is well again: what is due has to go out now, by itself. */
async function end(scene: Scene): Promise<void> {
  const { world } = scene;
  world.note(() => '! all is well');
  world.receivers.heal();
  world.state.disk = 'well';
  world.spare();
  await world.settle();
  for (let attempts = 0; attempts < 10 && !world.isLiving(); attempts += 1) await world.live();
  for (const [portal, portalId] of scene.portals.entries()) {
    const webhook = world.account.portals.get(portalId)?.webhook;
    if (webhook && !webhook.enabled) configure(scene, portal, { enabled: true });
  }
  await world.settle();
  const until = world.clock.now() + LONG_ENOUGH_MS;
  while (world.clock.nextTimer !== null && world.clock.now() < until) {
    await world.pass(Math.min(until, world.clock.nextTimer) - world.clock.now());
  }
}
