import type { Row } from '../row.js';
import { closedLoop } from '../support/load.js';
import { makeLogins, noopLoginCalls, recordLoginCalls } from '../support/logins.js';
import { owning } from '../support/owning.js';
import { addPortal } from '../support/portals.js';
import { startProduct } from '../support/product.js';

const CONNECTIONS = 64;
const FOR_SECONDS = 3;

export const recordOne: Row = {
  name: 'record-one',
  work: `recordLogin, ${CONNECTIONS} connections, each answer durable`,
  comparedWith: 'a mutation with the same input that does nothing, on the same server',
  aims: [{ figure: 'perSecond', unit: 'logins/s', goal: { ratioAtLeast: 0.7 } }],
  prepare: (scale) =>
    owning(async (own) => {
      const logins = scale === 'smoke' ? 200 : 24_000;
      const product = own(await startProduct());
      const portalId = await addPortal(product);
      const measure = async (callsOf: typeof recordLoginCalls) => {
        const calls = callsOf(product, portalId, makeLogins(logins));
        const done = await closedLoop(product, calls, { connections: CONNECTIONS, forSeconds: FOR_SECONDS });
        return { perSecond: done.callsPerSecond };
      };
      await measure(recordLoginCalls);
      await measure(noopLoginCalls);
      return { ours: () => measure(recordLoginCalls), theirs: () => measure(noopLoginCalls) };
    }),
};
