import type { Row } from '../row.js';
import { recordDelivered } from '../support/delivered-rate.js';
import { closedLoop } from '../support/load.js';
import { makeLogins, recordLoginCalls } from '../support/logins.js';
import { owning } from '../support/owning.js';
import { addDeliveringPortal, addPortal } from '../support/portals.js';
import { startProduct } from '../support/product.js';
import { startReceiver } from '../support/receiver.js';

const LOAD = { connections: 64, forSeconds: 2.5 };

export const recordDelivering: Row = {
  name: 'record-delivering',
  work: `recordLogin, ${LOAD.connections} connections, at the rate that delivery to a TLS receiver can follow`,
  comparedWith: 'recordLogin for a portal without a webhook, on the same server',
  aims: [{ figure: 'perSecond', unit: 'logins/s', goal: { ratioAtLeast: 0.6 } }],
  prepare: (scale) =>
    owning(async (own) => {
      const logins = scale === 'smoke' ? 200 : 24_000;
      const receiver = own(await startReceiver());
      const product = own(await startProduct());
      const delivering = await addDeliveringPortal(product, receiver);
      const silent = await addPortal(product);
      const callsOf = (portalId: string) => recordLoginCalls(product, portalId, makeLogins(logins));
      const ours = async () => ({
        perSecond: (await recordDelivered(product, receiver, callsOf(delivering), LOAD)).callsPerSecond,
      });
      const theirs = async () => ({ perSecond: (await closedLoop(product, callsOf(silent), LOAD)).callsPerSecond });
      await ours();
      await theirs();
      return { ours, theirs };
    }),
};
