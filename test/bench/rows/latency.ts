import { setTimeout } from 'node:timers/promises';
import { type Figures, percentile, type Row } from '../row.js';
import { startBarePost } from '../support/bare-post.js';
import { recordDelivered } from '../support/delivered-rate.js';
import { openLoop } from '../support/load.js';
import { makeLogins, recordLoginCalls } from '../support/logins.js';
import { latenciesOf, oneAtATime, PAUSE_MS } from '../support/one-at-a-time.js';
import { owning } from '../support/owning.js';
import { addDeliveringPortal } from '../support/portals.js';
import { type Product, startProduct } from '../support/product.js';
import { type Receiver, startReceiver } from '../support/receiver.js';

const SAMPLES = 200;

const CONNECTIONS = 64;
const FOR_SECONDS = 2;

interface Setting {
  product: Product;
  receiver: Receiver;
  /** A portal that delivers to the receiver. */
  portalId: string;
  smoke: boolean;
}

/** Measures the time from the answer to each login until the receiver has its line, in ms. */
type Run = () => Promise<number[]>;

const row = (name: string, work: string, prepareOurs: (setting: Setting) => Run | Promise<Run>): Row => ({
  name,
  work: `from the answer to recordLogin until the receiver has the line, ${work}`,
  comparedWith: 'two synced writes of 1 KiB and an HTTPS POST of such a line, one at a time',
  aims: [
    { figure: 'p50', unit: 'ms', goal: { ratioAtMost: 3 } },
    { figure: 'p99', unit: 'ms', goal: { ratioAtMost: 5 } },
  ],
  prepare: (scale) =>
    owning(async (own) => {
      const smoke = scale === 'smoke';
      const receiver = own(await startReceiver({ traced: true }));
      const product = own(await startProduct());
      const bare = own(startBarePost(receiver));
      const portalId = await addDeliveringPortal(product, receiver);
      const ours = await prepareOurs({ product, receiver, portalId, smoke });
      const theirs: Run = async () => {
        const ms: number[] = [];
        while (ms.length < samplesOf(smoke)) {
          ms.push(await bare.post());
          await setTimeout(PAUSE_MS);
        }
        return ms;
      };
      await ours();
      await theirs();
      return { ours: async () => figures(await ours()), theirs: async () => figures(await theirs()) };
    }),
});

export const latencyIdle = row(
  'latency-idle',
  'one at a time',
  ({ product, receiver, portalId, smoke }) =>
    () =>
      oneAtATime(product, receiver, portalId, samplesOf(smoke)),
);

export const latencyHalf = row('latency-half', 'at half of the greatest rate', async (setting) => {
  const { product, receiver, portalId, smoke } = setting;
  const seconds = smoke ? 0.3 : FOR_SECONDS;
  const greatest = async () => {
    const calls = recordLoginCalls(product, portalId, makeLogins(smoke ? 200 : 24_000));
    const options = { connections: CONNECTIONS, forSeconds: seconds };
    return (await recordDelivered(product, receiver, calls, options)).callsPerSecond;
  };
  // The first run warms up the compiler.
  await greatest();
  const perSecond = (await greatest()) / 2;
  await receiver.arrivals();

  return async () => {
    const logins = makeLogins(Math.ceil(perSecond * seconds));
    const { lines } = await receiver.counts();
    const calls = recordLoginCalls(product, portalId, logins);
    const timings = await openLoop(product, calls, { perSecond, connections: CONNECTIONS });
    await receiver.until(lines + logins.length);
    return latenciesOf(receiver, timings);
  };
});

function samplesOf(smoke: boolean): number {
  return smoke ? 20 : SAMPLES;
}

const figures = (ms: readonly number[]): Figures => ({ p50: percentile(ms, 0.5), p99: percentile(ms, 0.99) });
