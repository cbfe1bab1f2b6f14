/** A receiver with moods: it refuses, breaks off or holds what it is sent, and remembers what it took. */

import { randomInt } from 'node:crypto';
import type { Purpose } from '../../../src/domain/lane/attempt.js';
import { answer, type Received, type Receiver } from '../receiver/receiver.js';

/** How many of a hundred batches end in each way; the others are taken. */
export interface Mood {
  refused: number;
  unavailable: number;
  cut: number;
  /** Batches of more lines are too large (413). */
  maxLines: number;
}

export const polite: Mood = { refused: 0, unavailable: 0, cut: 0, maxLines: Number.POSITIVE_INFINITY };
export const moody: Mood = { ...polite, refused: 15, unavailable: 10, cut: 5 };

/** Logins with this user agent are always too large for it. */
export const INDIGESTIBLE = 'indigestible';

export const purposeOf = ({ path }: Received): Purpose => (/\?([A-Z]+)/.exec(path)?.[1] ?? 'FIRST') as Purpose;

/** @param onHeld told when a batch has arrived that is never answered */
export function giveMoods(receiver: Receiver, onHeld: () => void) {
  const accepted: Received[] = [];
  const ids = new Set<string>();
  const waiting = new Map<(received: Received) => boolean, () => void>();
  let moodOf: (received: Received) => Mood = () => polite;

  receiver.answers((response, received, request) => {
    for (const [isIt, resolve] of waiting) if (isIt(received)) resolve();
    if (received.path.endsWith('&hold')) return onHeld();
    const mood = moodOf(received);
    const chance = randomInt(100);
    const take = () => {
      response.once('finish', () => {
        accepted.push(received);
        ids.add(received.deliveryId);
      });
      answer(200)(response, received, request);
    };
    // What it has taken it takes again: a repeat of it is the sender's, and is counted.
    if (ids.has(received.deliveryId)) return take();
    if (received.text.includes(`${INDIGESTIBLE} of`) || received.lines.length > mood.maxLines)
      return answer(413)(response, received, request);
    if (chance < mood.refused) return answer(400)(response, received, request);
    if (chance < mood.refused + mood.unavailable) return answer(503)(response, received, request);
    if (chance < mood.refused + mood.unavailable + mood.cut) return void request.socket.destroy();
    take();
  });

  return {
    /** What it answered with 200, in the order of arrival. */
    accepted: accepted as readonly Received[],
    /** Resolves when a batch arrives, or once it is forgotten. */
    arrival(isIt: (received: Received) => boolean): Promise<void> {
      const arrived = new Promise<void>((resolve) => waiting.set(isIt, resolve));
      return arrived.then(() => void waiting.delete(isIt));
    },
    /** Nobody waits any more. */
    forgetArrivals(): void {
      for (const resolve of waiting.values()) resolve();
    },
    setMood(next: (received: Received) => Mood): void {
      moodOf = next;
    },
  };
}
