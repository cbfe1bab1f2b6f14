import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Running } from './backlog.js';
import type { Signer } from './deliver.js';

/** The argument of bare-drain-process.ts, as JSON. */
export interface BareDrain {
  /** The database of Auditwire. */
  file: string;
  organizationId: string;
  portalIds: readonly string[];
  url: string;
  ca: string;
  signer: Signer;
}

export function startBareDrain(work: BareDrain): Running {
  return startProcess('bare-drain-process.js', work);
}

/** Starts a module of this folder with one argument, which becomes JSON. The module must end when it is disconnected. */
export function startProcess(module: string, argument: unknown): Running {
  const child = fork(join(import.meta.dirname, module), [JSON.stringify(argument)], { execArgv: [] });
  const ended = once(child, 'exit');
  return {
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
