import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Counts {
  /** Of all bodies so far; a last one without a newline counts. */
  lines: number;
  requests: number;
  /** Of the bodies as on the wire. */
  bytes: number;
  /** When the last body had arrived, by the clock of clock.ts. */
  lastAt: number;
}

/** What the parent asks of the process. */
export type Ask =
  | { id: number; kind: 'counts' }
  | { id: number; kind: 'until'; lines: number }
  | { id: number; kind: 'arrivals' };

export interface Receiver {
  /** Any path is taken. */
  url: string;
  port: number;
  /** The PEM of the authority that issued its certificate (127.0.0.1, localhost, ::1). */
  ca: string;
  counts(): Promise<Counts>;
  /** Resolves once it has had so many lines since it was started; rejects after `timeoutMs` (60 s unless told). */
  until(lines: number, timeoutMs?: number): Promise<Counts>;
  /** By trace id, when (clock.ts) each line arrived since the last call. Needs `traced`. */
  arrivals(): Promise<Map<string, number>>;
  stop(): Promise<void>;
}

/** Starts receiver-process.ts. `traced`: it looks for the trace id of each line, which costs it more than counting. */
export async function startReceiver({ traced = false } = {}): Promise<Receiver> {
  const child = fork(join(import.meta.dirname, 'receiver-process.js'), traced ? ['--traced'] : [], { execArgv: [] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const asked = new Map<number, (answer: never) => void>();
  let lastId = 0;

  const { port, ca } = await new Promise<{ port: number; ca: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: number; ca: string }));
    void ended.then((code) => reject(new Error(`The receiver ended with ${code}`)));
  });
  child.on('message', ({ id, answer }: { id: number; answer: never }) => {
    asked.get(id)?.(answer);
    asked.delete(id);
  });

  function ask<Answer>(question: (id: number) => Ask): Promise<Answer> {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve) => {
      asked.set(id, resolve);
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
