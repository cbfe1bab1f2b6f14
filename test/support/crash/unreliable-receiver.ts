/** A receiver that fails at random, or never answers, and remembers the batches that it accepted. */

import { randomInt } from 'node:crypto';
import type { Purpose } from '../../../src/domain/lane/attempt.js';
import { answer, type Received, type Receiver } from '../receiver/receiver.js';

/** How many of a hundred batches fail in each way. The receiver accepts the others. */
export interface FailureRates {
  /** 400 */
  refused: number;
  /** 503 */
  unavailable: number;
  /** The connection is closed without an answer. */
  cut: number;
  /** Batches with more lines are too large (413). */
  maxLines: number;
}

export const reliable: FailureRates = { refused: 0, unavailable: 0, cut: 0, maxLines: Number.POSITIVE_INFINITY };
export const unreliable: FailureRates = { ...reliable, refused: 15, unavailable: 10, cut: 5 };

/** A line whose user agent begins with this word is always too large. */
export const TOO_LARGE_AGENT = 'too-large';

export const purposeOf = ({ path }: Received): Purpose => (/\?([A-Z]+)/.exec(path)?.[1] ?? 'FIRST') as Purpose;

/** @param onHeld called when a batch arrives that the receiver will not answer */
export function makeUnreliable(receiver: Receiver, onHeld: () => void) {
  const accepted: Received[] = [];
  const ids = new Set<string>();
  const waiting = new Map<(received: Received) => boolean, () => void>();
  let ratesOf: (received: Received) => FailureRates = () => reliable;

  receiver.answers((response, received, request) => {
    for (const [isIt, resolve] of waiting) if (isIt(received)) resolve();
    if (received.path.endsWith('&hold')) return onHeld();
    const rates = ratesOf(received);
    const percent = randomInt(100);
    const accept = () => {
      response.once('finish', () => {
        accepted.push(received);
        ids.add(received.deliveryId);
      });
      answer(200)(response, received, request);
    };
    // An accepted batch is accepted again, so that every repeat is counted.
    if (ids.has(received.deliveryId)) return accept();
    if (received.text.includes(`${TOO_LARGE_AGENT} of`) || received.lines.length > rates.maxLines)
      return answer(413)(response, received, request);
    if (percent < rates.refused) return answer(400)(response, received, request);
    if (percent < rates.refused + rates.unavailable) return answer(503)(response, received, request);
    if (percent < rates.refused + rates.unavailable + rates.cut) return void request.socket.destroy();
    accept();
  });

  return {
    /** The batches that it answered with 200, in the order of their answers. */
    accepted: accepted as readonly Received[],
    /** Resolves when a matching batch arrives, or when `forgetArrivals` is called. */
    arrival(isIt: (received: Received) => boolean): Promise<void> {
      const arrived = new Promise<void>((resolve) => waiting.set(isIt, resolve));
      return arrived.then(() => void waiting.delete(isIt));
    },
    /** Resolves every promise of `arrival`. */
    forgetArrivals(): void {
      for (const resolve of waiting.values()) resolve();
    },
    setRates(next: (received: Received) => FailureRates): void {
      ratesOf = next;
    },
  };
}
