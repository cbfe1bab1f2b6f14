/** What receivers do with their connections beside answering. None of it may cost an attempt or a login. */
import type { Chance } from '../chance.js';

export const mannerNames = [
  'a second answer in one piece with the first',
  'a second answer behind the first',
  'an answer on an idle connection',
  'an answer on an idle connection just before the next request',
  'a 408 on an idle connection',
  'an informational answer on an idle connection',
  'closes an idle connection',
  'resets an idle connection',
  'closes a kept connection at the next request',
  'resets a kept connection at the next request',
  'answers the next request on a kept connection with 408',
  'informational answers before the answer',
  'closes the connection after the answer',
  'offers a keep-alive time',
] as const;
export type Manner = (typeof mannerNames)[number];

/** Decides whether a receiver shows a manner now. */
export type Manners = (manner: Manner) => boolean;

/** A third of the receivers have no manners. The others have some, and show each now and then, or always. */
export function createManners(chance: Chance, onShown: (manner: Manner) => void): (host: string) => Manners {
  const hosts = new Map<string, Map<Manner, number>>();

  function draw(): Map<Manner, number> {
    if (chance.happens(1 / 3)) return new Map();
    const count = chance.between(1, 6);
    return new Map(Array.from({ length: count }, () => [chance.pick(mannerNames), chance.pick([0.1, 0.5, 1])]));
  }

  return (host) => {
    const manners = hosts.get(host) ?? draw();
    hosts.set(host, manners);
    return (manner) => {
      const isShown = chance.happens(manners.get(manner) ?? 0);
      if (isShown) onShown(manner);
      return isShown;
    };
  };
}
