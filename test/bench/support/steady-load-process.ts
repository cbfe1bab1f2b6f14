/** Records logins at a steady rate, in a process of its own, so that nobody waits for the client. Started by steady-load.ts. */
import { openLoop } from './load.js';
import { makeLogins, recordLoginCalls } from './logins.js';
import type { SteadyLoad } from './steady-load.js';

process.once('message', async ({ endpoint, portalId, perSecond, forSeconds, connections }: SteadyLoad) => {
  const logins = makeLogins(Math.ceil(perSecond * forSeconds));
  const calls = recordLoginCalls(endpoint, portalId, logins);
  process.send?.('starts');
  const timings = await openLoop(endpoint, calls, { perSecond, connections });
  const seconds = (Math.max(...timings.map(({ answeredAt }) => answeredAt)) - (timings[0]?.sentAt ?? 0)) / 1000;
  process.send?.(logins.length / seconds, () => process.disconnect());
});
