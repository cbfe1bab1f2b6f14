import { setTimeout } from 'node:timers/promises';
import { now } from './clock.js';
import { withConnections } from './connection.js';
import { assertSuccess } from './load.js';
import { makeLogins, recordLoginCalls, traceIdIn } from './logins.js';
import type { Product } from './product.js';
import type { Receiver } from './receiver.js';

/** After this pause, everything that a login caused has ended. */
export const PAUSE_MS = 5;

/** The answer to a recorded login, and when it came (clock.ts, ms). */
interface Answered {
  answer: Buffer;
  answeredAt: number;
}

/** Records logins one at a time. Returns the time from each answer until the receiver had the line, in ms. */
export function oneAtATime(product: Product, receiver: Receiver, portalId: string, count: number): Promise<number[]> {
  const logins = makeLogins(count);
  const { requests, success } = recordLoginCalls(product, portalId, logins);
  return withConnections(product, 1, async ([connection]) => {
    const answered: Answered[] = [];
    let { lines } = await receiver.counts();
    for (const request of requests) {
      const answer = await connection.call(request);
      answered.push({ answer, answeredAt: now() });
      assertSuccess(answer, success);
      lines += 1;
      await receiver.until(lines);
      await setTimeout(PAUSE_MS);
    }
    return latenciesOf(receiver, answered);
  });
}

/** The time from the answer to each login until the receiver had its line, in ms. */
export async function latenciesOf(receiver: Receiver, answered: readonly Answered[]): Promise<number[]> {
  const arrivals = await receiver.arrivals();
  return answered.map(({ answer, answeredAt }) => {
    const traceId = traceIdIn(answer);
    const latency = (arrivals.get(traceId) ?? Number.NaN) - answeredAt;
    if (Number.isNaN(latency)) throw new Error(`The login ${traceId} did not arrive`);
    return latency;
  });
}
