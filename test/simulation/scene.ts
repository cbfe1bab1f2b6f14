/** What a run is about: its portals and receivers, and what it remembers of what it asked for. */
import type { LoginInput } from '../../src/domain/login.js';
import type { Chance } from './chance.js';
import type { World } from './world.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A call that recorded logins, as it was sent. */
export interface Call {
  portal: number;
  logins: LoginInput[];
}

/** What a run has, and what it remembers of what it asked for. */
export interface Scene {
  world: World;
  portals: readonly string[];
  hosts: readonly string[];
  /** The number of the last login of each portal. */
  numbers: number[];
  /** Calls with keys, which can be sent again. */
  calls: Call[];
  /** Logins that were acknowledged. */
  acknowledged: { portalId: string; version: number; request: string }[];
  /** How many logins may still be recorded: what bounds the time that a run takes. */
  budget: number;
}

/** Something that happens, more often than others by its weight. */
export interface Action {
  weight: number;
  act: (scene: Scene) => void | Promise<void>;
}

export const anyPortal = ({ world, portals }: Scene): number => world.chance.between(0, portals.length - 1);
export const destinationIds = ({ world }: Scene): string[] => [...world.account.destinations.keys()];

/** Between the start of the run and now, in ms. */
export function someTimeAgo({ clock, chance, start }: World): number {
  return chance.between(start, clock.now());
}

/** How long nothing else happens, in ms. */
export function someTime(chance: Chance): number {
  const most = chance.weighted([0, SECOND, 10 * SECOND, 2 * MINUTE, 3 * HOUR], (ms) => 1 / (ms + 4 * SECOND));
  return chance.between(0, most);
}
