import { setTimeout } from 'node:timers/promises';
import { now } from './clock.js';
import { type Connection, type Endpoint, withConnections } from './connection.js';

/** Calls of one kind, with what the answer to each must contain. */
export interface Calls {
  requests: readonly Buffer[];
  success: string;
}

interface ClosedLoop {
  connections: number;
  /** No call begins later than so many seconds after the first, so that a slow machine measures less and not longer. */
  forSeconds: number;
  /** Asked before each call: undefined, or what to wait for before asking again. */
  mayGo?: () => Promise<void> | undefined;
}

/** What a closed loop did, and in how many seconds. */
export interface Done {
  calls: number;
  seconds: number;
  callsPerSecond: number;
}

/**
 * Each connection makes its next call when the last one is answered, until there are no more or the time is over.
 *
 * @throws if a call is not answered with success
 */
export function closedLoop(endpoint: Endpoint, calls: Calls, options: ClosedLoop): Promise<Done> {
  const { connections, forSeconds, mayGo } = options;
  return withConnections(endpoint, connections, async (all) => {
    const started = now();
    let done = 0;
    await Promise.all(
      all.map(async (connection) => {
        while (done < calls.requests.length && now() - started < forSeconds * 1000) {
          const wait = mayGo?.();
          if (wait) {
            await wait;
            continue;
          }
          const request = calls.requests[done];
          if (!request) break;
          done += 1;
          assertSuccess(await connection.call(request), calls.success);
        }
      }),
    );
    const seconds = (now() - started) / 1000;
    return { calls: done, seconds, callsPerSecond: done / seconds };
  });
}

interface OpenLoop {
  /** Of all connections together. */
  perSecond: number;
  /** As many calls at a time; what finds none free waits, and that counts as its time. */
  connections: number;
}

/** When (clock.ts) a call was due and when it was answered. */
export interface Timing {
  sentAt: number;
  answeredAt: number;
}

/**
 * Calls at a steady rate, whether the last one is answered or not: what a stall delays is counted for each that it hits.
 *
 * @returns the timing of each call, in their order
 * @throws if a call is not answered with success
 */
export function openLoop(endpoint: Endpoint, calls: Calls, { perSecond, connections }: OpenLoop): Promise<Timing[]> {
  return withConnections(endpoint, connections, async (all) => {
    const free = [...all];
    const queue: ((connection: Connection) => void)[] = [];
    const call = async (request: Buffer): Promise<Timing> => {
      const sentAt = now();
      const connection = free.pop() ?? (await new Promise<Connection>((resolve) => queue.push(resolve)));
      const answer = await connection.call(request);
      const answeredAt = now();
      const next = queue.shift();
      if (next) next(connection);
      else free.push(connection);
      assertSuccess(answer, calls.success);
      return { sentAt, answeredAt };
    };
    const started = now();
    const timings: Promise<Timing>[] = [];
    for (const [index, request] of calls.requests.entries()) {
      const due = started + (index * 1000) / perSecond;
      // A timer has a resolution of 1 ms: those that are due by then go together.
      if (due > now() + 0.5) await setTimeout(due - now());
      timings.push(call(request));
      // Before the next turn, so that a failure is never unhandled.
      timings.at(-1)?.catch(() => {});
    }
    return Promise.all(timings);
  });
}

function assertSuccess(answer: Buffer, success: string): void {
  if (!answer.includes(success)) throw new Error(`Not answered with success: ${answer.toString('utf8', 0, 500)}`);
}
