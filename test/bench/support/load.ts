import { setTimeout } from 'node:timers/promises';
import { now } from './clock.js';
import { type Connection, type Endpoint, withConnections } from './connection.js';

/** Calls of one kind, and a text that every answer must contain. */
export interface Calls {
  requests: readonly Buffer[];
  success: string;
}

interface ClosedLoop {
  connections: number;
  /** No call begins later than this after the first one, so that a slow machine measures fewer calls and not longer. */
  forSeconds: number;
  /** Called before each call. Returns undefined, or a promise to await before the next check. */
  mayGo?: () => Promise<void> | undefined;
}

/** The result of a closed loop. */
export interface Done {
  calls: number;
  seconds: number;
  callsPerSecond: number;
}

/**
 * Each connection makes its next call when the last one was answered, until no calls are left or the time is over.
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
  /** Calls of all connections together. */
  perSecond: number;
  /** Most calls at a time. A call waits for a free connection, and this wait is part of its time. */
  connections: number;
}

/** When a call was due and when it was answered (clock.ts, ms), and the answer. */
export interface Timing {
  sentAt: number;
  answeredAt: number;
  answer: Buffer;
}

/**
 * Calls at a steady rate, even if the last call is not answered yet. A stall so counts for every call that it delays.
 *
 * @returns the timing of each call, in the order of `calls`
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
      return { sentAt, answeredAt, answer };
    };
    const started = now();
    const timings: Promise<Timing>[] = [];
    for (const [index, request] of calls.requests.entries()) {
      const due = started + (index * 1000) / perSecond;
      // Timers have a resolution of 1 ms, so calls that are due within 0.5 ms start together.
      if (due > now() + 0.5) await setTimeout(due - now());
      timings.push(call(request));
      // Without this, a rejection before Promise.all would be unhandled.
      timings.at(-1)?.catch(() => {});
    }
    return Promise.all(timings);
  });
}

/** @throws if an answer does not contain the text of success */
export function assertSuccess(answer: Buffer, success: string): void {
  if (!answer.includes(success)) throw new Error(`Not answered with success: ${answer.toString('utf8', 0, 500)}`);
}
