import { setTimeout } from 'node:timers/promises';
import { type Figures, percentile, type Row } from '../row.js';
import { addDead, startDead } from '../support/dead.js';
import { oneAtATime } from '../support/one-at-a-time.js';
import { owning } from '../support/owning.js';
import { addDeliveringPortal } from '../support/portals.js';
import { startProduct } from '../support/product.js';
import { startReceiver } from '../support/receiver.js';

const DESTINATIONS = 1_000;
const LOGINS = 200;
const SAMPLES = 200;
/** The first batches are the largest. Within this time they have their five attempts and are abandoned. */
const FIRST_ATTEMPTS_MS = 60_000;
/** A server that was suspended first sends everything that became due meanwhile. */
const SETTLE_MS = 3_000;

export const deadDestinations: Row = {
  name: 'dead-destinations',
  work: `from the answer to recordLogin until the receiver has the line, while ${DESTINATIONS} dead receivers (refused, silent, 503) have waiting logins`,
  comparedWith: 'a server with only this receiver, while the other server is suspended',
  aims: [
    { figure: 'p50', unit: 'ms', goal: { ratioAtMost: 2 } },
    { figure: 'p99', unit: 'ms', goal: { ratioAtMost: 5 } },
    { figure: 'p50-first-attempts', unit: 'ms', goal: null },
  ],
  prepare: (scale) =>
    owning(async (own) => {
      const smoke = scale === 'smoke';
      const samples = smoke ? 20 : SAMPLES;
      const receiver = own(await startReceiver({ traced: true }));
      const dead = own(await startDead());
      const alone = own(await startProduct());
      const crowded = own(await startProduct());
      const aloneId = await addDeliveringPortal(alone, receiver);
      const crowdedId = await addDeliveringPortal(crowded, receiver);
      await oneAtATime(alone, receiver, aloneId, samples);
      await oneAtATime(crowded, receiver, crowdedId, samples);
      await addDead(crowded, dead.ready, smoke ? 30 : DESTINATIONS, smoke ? 10 : LOGINS);
      const first = percentile(await oneAtATime(crowded, receiver, crowdedId, samples), 0.5);
      await setTimeout(smoke ? 0 : FIRST_ATTEMPTS_MS);
      return {
        ours: async () => figures(await oneAtATime(crowded, receiver, crowdedId, samples), first),
        async theirs() {
          crowded.process.kill('SIGSTOP');
          try {
            return figures(await oneAtATime(alone, receiver, aloneId, samples));
          } finally {
            crowded.process.kill('SIGCONT');
            await setTimeout(smoke ? 100 : SETTLE_MS);
          }
        },
      };
    }),
};

/** @param first the median during the first attempts to the dead receivers; by default the median of `ms` */
function figures(ms: readonly number[], first = percentile(ms, 0.5)): Figures {
  return { p50: percentile(ms, 0.5), p99: percentile(ms, 0.99), 'p50-first-attempts': first };
}
