import { setTimeout } from 'node:timers/promises';
import { now } from './clock.js';
import { withConnections } from './connection.js';
import { assertSuccess } from './load.js';
import { type Login, makeLogins, recordLoginCalls } from './logins.js';
import type { Product } from './product.js';
import type { Receiver } from './receiver.js';

/** After this pause, everything that a login caused has ended. */
export const PAUSE_MS = 5;

/** Records logins one at a time. Returns the time from each answer until the receiver had the line, in ms. */
export function oneAtATime(product: Product, receiver: Receiver, portalId: string, count: number): Promise<number[]> {
  const logins = makeLogins(count);
  const { requests, success } = recordLoginCalls(product, portalId, logins);
  return withConnections(product, 1, async ([connection]) => {
    const answeredAt: number[] = [];
    let { lines } = await receiver.counts();
    for (const request of requests) {
      assertSuccess(await connection.call(request), success);
      answeredAt.push(now());
      lines += 1;
      await receiver.until(lines);
      await setTimeout(PAUSE_MS);
    }
    return latenciesOf(receiver, logins, answeredAt);
  });
}

/** The time from the answer to each login until the receiver had its line, in ms. */
export async function latenciesOf(
  receiver: Receiver,
  logins: readonly Login[],
  answeredAt: readonly number[],
): Promise<number[]> {
  const arrivals = await receiver.arrivals();
  return logins.map(({ traceId }, index) => {
    const latency = (arrivals.get(traceId) ?? Number.NaN) - (answeredAt[index] ?? Number.NaN);
    if (Number.isNaN(latency)) throw new Error(`The login ${traceId} did not arrive`);
    return latency;
  });
}
