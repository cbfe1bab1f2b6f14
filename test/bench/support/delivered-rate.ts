import { setTimeout } from 'node:timers/promises';
import { type Calls, closedLoop, type Done } from './load.js';
import type { Product } from './product.js';
import type { Receiver } from './receiver.js';

/** Recording pauses while more lines than this wait for delivery: four full batches. */
const MAX_BACKLOG = 2_000;
const CHECK_EVERY_MS = 10;

/**
 * Records on many connections, as fast as the delivery follows: no call starts while the receiver lacks more than `MAX_BACKLOG`
 * lines, and the time ends when the last line has arrived. The result is a rate that the server can sustain: a server that delays
 * delivery while it records gains nothing.
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
  let checking: Promise<void> | undefined;

  async function check(): Promise<void> {
    await setTimeout(CHECK_EVERY_MS);
    arrived = (await receiver.counts()).lines - before;
    checking = undefined;
  }

  const mayGo = () => {
    if (called - arrived >= MAX_BACKLOG) {
      checking ??= check();
      return checking;
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
