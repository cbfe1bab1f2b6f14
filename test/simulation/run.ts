/** One run: random actions, then everything is repaired, then the checks. The seed decides all of it. */
import { settingsOf } from './actions/destinations.js';
import { actionNames, actions } from './actions/index.js';
import { configure, create } from './actions/webhooks.js';
import { checkEnd } from './checks.js';
import { type Action, everyWebhook, type Scene, someTime, webhooksOf } from './scene.js';
import { CAUSE, createWorld, Violation, type World, type WorldOptions } from './world.js';

/** After the repair, everything must end within this time, in ms. */
const LONG_ENOUGH_MS = 3 * 60 * 60_000;

export interface Result {
  /** null: no invariant was violated. */
  violation: Violation | null;
  /** The rows of the log at the end. */
  log: Record<string, unknown[]>;
}

/** @throws an error of the simulation itself; violations are in the result */
export async function simulate(options: WorldOptions): Promise<Result> {
  const world = await createWorld(options);
  let log = {};
  try {
    const scene = await begin(world);
    await act(scene);
    await repair(scene);
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
  await world.startNext();
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
    const webhookId = scene.portals[portal] ?? '';
    if (chance.happens(0.9)) configure(scene, { portal, webhookId }, { destinationId, enabled: true });
    while (chance.happens(0.3)) create(scene, portal);
  }
  await world.settle();
  return scene;
}

async function act(scene: Scene): Promise<void> {
  const { world } = scene;
  const { chance } = world;
  // Each run prefers other actions.
  const preference = new Map(actionNames.map((name) => [name, chance.fraction() * 2]));
  for (let step = chance.between(5, 45); step > 0; step -= 1) {
    if (!world.isRunning()) {
      await world.pass(someTime(chance));
      // On a full disk every start would fail.
      if (chance.happens(0.5)) world.state.disk = 'working';
      await world.startNext();
    }
    const name = chance.weighted(actionNames, (action) => actions[action].weight * (preference.get(action) ?? 1));
    world.tally.hit('actions', name);
    const action: Action = actions[name];
    await action.act(scene);
    // Most actions end before the next one begins. Sometimes they overlap.
    if (chance.happens(0.7)) await world.pass(someTime(chance));
    else await world.settle(chance.between(0, 3));
  }
}

/** Turns every webhook on. One whose destination another webhook of the portal uses gets a destination of its own. */
async function turnOn(scene: Scene): Promise<void> {
  const { account, ask, settle } = scene.world;
  for (const [index, of] of everyWebhook(scene).entries()) {
    const webhook = account.lanes.get(of.webhookId)?.webhook;
    if (!webhook || webhook.enabled) continue;
    const isUsed = webhooksOf(scene, of.portal).some(({ webhookId }) => {
      const other = account.lanes.get(webhookId)?.webhook;
      return other?.enabled && other.destinationId === webhook.destinationId;
    });
    if (isUsed) {
      const known = new Set(account.destinations.keys());
      const settings = settingsOf(scene, 1_000 + index);
      ask(`create ${settings.name}`, (commands) => commands.execute('createDestination', settings, CAUSE));
      await settle();
      const destinationId = [...account.destinations.keys()].find((id) => !known.has(id));
      if (destinationId) configure(scene, of, { destinationId, enabled: true });
    } else configure(scene, of, { enabled: true });
    await settle();
  }
}

/** Repairs everything. Auditwire must now deliver by itself what is due. */
async function repair(scene: Scene): Promise<void> {
  const { world } = scene;
  world.note(() => '! everything is repaired');
  world.receivers.repair();
  world.state.disk = 'working';
  world.cancelCrash();
  await world.settle();
  for (let attempts = 0; attempts < 10 && !world.isRunning(); attempts += 1) await world.startNext();
  await turnOn(scene);
  await world.settle();
  const until = world.clock.now() + LONG_ENOUGH_MS;
  while (world.clock.nextTimer !== null && world.clock.now() < until) {
    await world.pass(Math.min(until, world.clock.nextTimer) - world.clock.now());
  }
}
