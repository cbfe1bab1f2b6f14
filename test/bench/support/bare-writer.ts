import { fork } from 'node:child_process';
import { join } from 'node:path';

/** A message from the parent to the process. */
export interface Order {
  /** Logins in a transaction. */
  size: number;
  transactions: number;
  /** No transaction begins after this time. */
  forSeconds: number;
}

export interface BareWriter {
  /** @returns logins per second */
  run(order: Order): Promise<number>;
  stop(): Promise<void>;
}

/** Starts bare-writer-process.ts. */
export function startBareWriter(): BareWriter {
  const child = fork(join(import.meta.dirname, 'bare-writer-process.js'), { execArgv: [] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    run: (order) =>
      new Promise((resolve, reject) => {
        child.once('message', (perSecond) => resolve(Number(perSecond)));
        void ended.then(() => reject(new Error('The bare writer ended')));
        child.send(order);
      }),
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
