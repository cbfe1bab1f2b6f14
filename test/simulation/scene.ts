/** The portals and receivers of a run, and a record of its calls. */
import type { LoginInput } from '../../src/domain/login.js';
import type { Chance } from './chance.js';
import type { World } from './world.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A call that records logins, as it was sent. */
export interface Call {
  portal: number;
  logins: LoginInput[];
}

export interface Scene {
  world: World;
  portals: readonly string[];
  hosts: readonly string[];
  /** The number of the last login of each portal. */
  numbers: number[];
  /** Calls with idempotency keys, which can be sent again. */
  calls: Call[];
  /** The acknowledged logins. */
  acknowledged: { portalId: string; version: number; request: string }[];
  /** How many logins the run may still record. This limits the time of the run. */
  budget: number;
}

/** Something that can happen in a run, with a probability in proportion to its weight. */
export interface Action {
  weight: number;
  act: (scene: Scene) => void | Promise<void>;
}

/** A webhook of a portal, by the index of the portal. */
export interface WebhookOfPortal {
  portal: number;
  webhookId: string;
}

/** The webhooks of a portal, with the removed ones. */
export function webhooksOf({ world, portals }: Scene, portal: number): WebhookOfPortal[] {
  const portalId = portals[portal] ?? '';
  const ids = new Set([portalId, ...world.account.lanesOf(portalId).map(({ webhookId }) => webhookId)]);
  return [...ids].map((webhookId) => ({ portal, webhookId }));
}

export const everyWebhook = (scene: Scene): WebhookOfPortal[] =>
  [...scene.portals.keys()].flatMap((portal) => webhooksOf(scene, portal));

export const anyWebhook = (scene: Scene): WebhookOfPortal =>
  scene.world.chance.pick(webhooksOf(scene, anyPortal(scene)));

export const anyPortal = ({ world, portals }: Scene): number => world.chance.between(0, portals.length - 1);
export const destinationIds = ({ world }: Scene): string[] => [...world.account.destinations.keys()];

/** A time between the start of the run and now, in ms. */
export function someTimeAgo({ clock, chance, start }: World): number {
  return chance.between(start, clock.now());
}

/** The time until the next action, in ms. */
export function someTime(chance: Chance): number {
  const most = chance.weighted([0, SECOND, 10 * SECOND, 2 * MINUTE, 3 * HOUR], (ms) => 1 / (ms + 4 * SECOND));
  return chance.between(0, most);
}
