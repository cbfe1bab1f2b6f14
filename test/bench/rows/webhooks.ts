import { type Figures, percentile, type Row } from '../row.js';
import { startDead } from '../support/dead.js';
import { recordDelivered } from '../support/delivered-rate.js';
import { makeLogins, recordLoginCalls } from '../support/logins.js';
import { oneAtATime } from '../support/one-at-a-time.js';
import { owning } from '../support/owning.js';
import { addDeliveringPortal } from '../support/portals.js';
import { startProduct } from '../support/product.js';
import { startReceiver } from '../support/receiver.js';
import { addDestination, addWebhook, moveWebhook } from '../support/webhooks.js';

const SAMPLES = 300;
const LOAD = { connections: 64, forSeconds: 2.5 };

export const severalWebhooks: Row = {
  name: 'several-webhooks',
  work: 'from the answer to recordLogin until the receiver has the line, for a webhook beside two others of its portal: the receiver of one is dead, one is moved in each run',
  comparedWith: 'a portal with only this webhook, on a server of its own',
  aims: [
    { figure: 'p50', unit: 'ms', goal: { ratioAtMost: 1.5 } },
    { figure: 'p99', unit: 'ms', goal: { ratioAtMost: 1.5 } },
  ],
  prepare: (scale) =>
    owning(async (own) => {
      const samples = scale === 'smoke' ? 20 : SAMPLES;
      const receiver = own(await startReceiver({ traced: true }));
      const other = own(await startReceiver());
      const dead = own(await startDead());
      const alone = own(await startProduct());
      const beside = own(await startProduct());
      const aloneId = await addDeliveringPortal(alone, receiver);
      const portalId = await addDeliveringPortal(beside, receiver);
      await addWebhook(
        beside,
        portalId,
        { url: `https://127.0.0.1:${dead.ready.unavailable}/`, ca: dead.ready.ca },
        'dead',
      );
      const moved = await addWebhook(beside, portalId, other, 'moved');
      const places = [
        await addDestination(beside, other, 'one place'),
        await addDestination(beside, other, 'another place'),
      ];
      const figuresOf = (ms: readonly number[]): Figures => ({ p50: percentile(ms, 0.5), p99: percentile(ms, 0.99) });
      const ours = async () => {
        places.reverse();
        const [ms] = await Promise.all([
          oneAtATime(beside, receiver, portalId, samples),
          moveWebhook(beside, portalId, moved, places[0] ?? ''),
        ]);
        return figuresOf(ms);
      };
      const theirs = async () => figuresOf(await oneAtATime(alone, receiver, aloneId, samples));
      await ours();
      await theirs();
      return { ours, theirs };
    }),
};

export const webhookCost: Row = {
  name: 'webhook-cost',
  work: `recordLogin, ${LOAD.connections} connections, at the rate that delivery can follow, for portals with two and three webhooks`,
  comparedWith: 'the same for a portal with one webhook, on the same server',
  aims: [
    { figure: 'two', unit: 'logins/s', goal: null },
    { figure: 'three', unit: 'logins/s', goal: null },
  ],
  prepare: (scale) =>
    owning(async (own) => {
      const logins = scale === 'smoke' ? 200 : 24_000;
      const receiver = own(await startReceiver());
      const others = [own(await startReceiver()), own(await startReceiver())];
      const product = own(await startProduct());
      const portals: string[] = [];
      for (let webhooks = 1; webhooks <= 3; webhooks += 1) {
        const portalId = await addDeliveringPortal(product, receiver);
        for (const [index, other] of others.slice(0, webhooks - 1).entries()) {
          await addWebhook(product, portalId, other, `webhook ${index + 2}`);
        }
        portals.push(portalId);
      }
      const rateOf = async (portalId = '') =>
        (await recordDelivered(product, receiver, recordLoginCalls(product, portalId, makeLogins(logins)), LOAD))
          .callsPerSecond;
      const [one, two, three] = portals;
      const ours = async () => ({ two: await rateOf(two), three: await rateOf(three) });
      const theirs = async () => {
        const perSecond = await rateOf(one);
        return { two: perSecond, three: perSecond };
      };
      await ours();
      await theirs();
      return { ours, theirs };
    }),
};
