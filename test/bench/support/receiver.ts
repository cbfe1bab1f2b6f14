import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Counts {
  /** Lines of all bodies so far. A last line without a newline counts. */
  lines: number;
  requests: number;
  /** Bytes of all bodies, as sent (compressed). */
  bytes: number;
  /** When the last body had arrived, by clock.ts, in ms. */
  lastAt: number;
}

/** A message from the parent to the process. */
export type Ask =
  | { id: number; kind: 'counts' }
  | { id: number; kind: 'until'; lines: number }
  | { id: number; kind: 'arrivals' };

export interface Receiver {
  /** The receiver accepts any path. */
  url: string;
  port: number;
  /** The PEM of the authority that issued its certificate (127.0.0.1, localhost, ::1). */
  ca: string;
  counts(): Promise<Counts>;
  /** Resolves when `lines` lines have arrived since the start. Rejects after `timeoutMs` (default: 60 s). */
  until(lines: number, timeoutMs?: number): Promise<Counts>;
  /** The arrival times (clock.ts) of the lines since the last call, by trace id. Needs `traced`. */
  arrivals(): Promise<Map<string, number>>;
  stop(): Promise<void>;
}

/** Starts receiver-process.ts. `traced`: it also extracts the trace id of each line, which costs more than counting. */
export async function startReceiver({ traced = false } = {}): Promise<Receiver> {
  const child = fork(join(import.meta.dirname, 'receiver-process.js'), traced ? ['--traced'] : [], { execArgv: [] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const pending = new Map<number, (answer: never) => void>();
  let lastId = 0;

  const { port, ca } = await new Promise<{ port: number; ca: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: number; ca: string }));
    void ended.then((code) => reject(new Error(`The receiver ended with ${code}`)));
  });
  child.on('message', ({ id, answer }: { id: number; answer: never }) => {
    pending.get(id)?.(answer);
    pending.delete(id);
  });

  function ask<Answer>(question: (id: number) => Ask): Promise<Answer> {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve) => {
      pending.set(id, resolve);
      child.send(question(id));
    });
  }

  const counts = () => ask<Counts>((id) => ({ id, kind: 'counts' }));

  return {
    url: `https://127.0.0.1:${port}/collector`,
    port,
    ca,
    counts,
    async until(lines, timeoutMs = 60_000) {
      const abort = new AbortController();
      const late = setTimeout(timeoutMs, undefined, { signal: abort.signal });
      const enough = ask<Counts>((id) => ({ id, kind: 'until', lines }));
      const first = await Promise.race([enough, late]);
      abort.abort();
      await late.catch(() => {});
      if (!first) throw new Error(`${(await counts()).lines} of ${lines} lines after ${timeoutMs} ms`);
      return first;
    },
    async arrivals() {
      return new Map(await ask<[string, number][]>((id) => ({ id, kind: 'arrivals' })));
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
