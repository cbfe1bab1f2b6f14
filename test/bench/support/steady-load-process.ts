/** Records logins at a steady rate, in its own process, so that the measuring client is not delayed. Started by steady-load.ts. */
import { openLoop } from './load.js';
import { makeLogins, recordLoginCalls } from './logins.js';
import type { SteadyLoad } from './steady-load.js';

async function record({ endpoint, portalId, perSecond, forSeconds, connections }: SteadyLoad): Promise<void> {
  const calls = recordLoginCalls(endpoint, portalId, makeLogins(Math.ceil(perSecond * forSeconds)));
  process.send?.('starts');
  await openLoop(endpoint, calls, { perSecond, connections });
  process.disconnect();
}

// An error ends the process, and then the row fails.
process.once('message', (load: SteadyLoad) => void record(load));
