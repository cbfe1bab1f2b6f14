import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Running } from './backlog.js';

/** What bare-drain-process.ts is told, as JSON in its one argument. */
export interface BareDrain {
  /** The database of the product. */
  file: string;
  url: string;
  ca: string;
  portalIds: readonly string[];
  /** Requests under way at a time, each with another portal's lines. */
  inFlight: number;
}

/** Starts bare-drain-process.ts. */
export async function startBareDrain(work: BareDrain): Promise<Running> {
  const child = fork(join(import.meta.dirname, 'bare-drain-process.js'), [JSON.stringify(work)], { execArgv: [] });
  const ended = once(child, 'exit');
  return {
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
