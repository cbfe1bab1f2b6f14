import { setTimeout } from 'node:timers/promises';
import { type Calls, closedLoop, type Done } from './load.js';
import type { Product } from './product.js';
import type { Receiver } from './receiver.js';

/** Whoever records waits while more lines than this wait for delivery: four full batches. */
const MAX_BACKLOG = 2_000;
const ASK_EVERY_MS = 10;

/**
 * Records, on many connections, as fast as delivery follows: no call is made while the receiver lacks more than `MAX_BACKLOG`
 * lines, and the time ends when it has the last. So this is the rate that can go on for ever: a server that starves
 * delivery while it records gains nothing by it.
 */
export async function recordDelivered(
  product: Product,
  receiver: Receiver,
  calls: Calls,
  options: { connections: number; forSeconds: number },
): Promise<Done> {
  const before = (await receiver.counts()).lines;
  let called = 0;
  let arrived = 0;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    await setTimeout(ASK_EVERY_MS);
    arrived = (await receiver.counts()).lines - before;
    asking = undefined;
  }

  const mayGo = () => {
    if (called - arrived >= MAX_BACKLOG) {
      asking ??= ask();
      return asking;
    }
    called += 1;
    return undefined;
  };
  const done = await closedLoop(product, calls, { ...options, mayGo });
  const ended = performance.now();
  await receiver.until(before + done.calls);
  const seconds = done.seconds + (performance.now() - ended) / 1000;
  return { calls: done.calls, seconds, callsPerSecond: done.calls / seconds };
}
