import type { Aim, Figures, Row } from '../row.js';
import { startBareWriter } from '../support/bare-writer.js';
import type { Endpoint } from '../support/connection.js';
import { type Calls, closedLoop } from '../support/load.js';
import { noopLoginsCalls, recordLoginsCalls } from '../support/logins.js';
import { owning } from '../support/owning.js';
import { addPortal } from '../support/portals.js';
import { startProduct } from '../support/product.js';

/** Enough connections that the server never waits for the client. */
const CONNECTIONS = 8;
const LOGINS = 60_000;
const FOR_SECONDS = 2.5;

const row = (name: string, size: number, comparedWith: string, goal: Aim['goal']): Omit<Row, 'prepare'> => ({
  name,
  work: `recordLogins of ${size}, ${CONNECTIONS} connections, each answer durable`,
  comparedWith,
  aims: [{ figure: 'perSecond', unit: 'logins/s', goal }],
});

const againstBareWriter = (name: string, size: number, goal: Aim['goal']): Row => ({
  ...row(name, size, `a bare loop of prepared inserts over better-sqlite3, the same rows, ${size} a transaction`, goal),
  prepare: (scale) =>
    owning(async (own) => {
      const calls = callsOf(size, scale === 'smoke');
      const product = own(await startProduct());
      const writer = own(startBareWriter());
      const portalId = await addPortal(product);
      const ours = () => measure(product, recordLoginsCalls(product, portalId, calls, size), size);
      const order = { size, transactions: calls, forSeconds: FOR_SECONDS };
      const theirs = async () => ({ perSecond: await writer.run(order) });
      await ours();
      await theirs();
      return { ours, theirs };
    }),
});

const againstNoop = (name: string, size: number): Row => ({
  ...row(name, size, 'a mutation with the same input that does nothing, on the same server', null),
  rounds: 3,
  prepare: (scale) =>
    owning(async (own) => {
      const calls = callsOf(size, scale === 'smoke');
      const product = own(await startProduct());
      const portalId = await addPortal(product);
      const ours = () => measure(product, recordLoginsCalls(product, portalId, calls, size), size);
      const theirs = () => measure(product, noopLoginsCalls(product, portalId, calls, size), size);
      await ours();
      await theirs();
      return { ours, theirs };
    }),
});

const callsOf = (size: number, smoke: boolean) => (smoke ? 3 : LOGINS / size);

async function measure(endpoint: Endpoint, calls: Calls, size: number): Promise<Figures> {
  const { callsPerSecond } = await closedLoop(endpoint, calls, { connections: CONNECTIONS, forSeconds: FOR_SECONDS });
  return { perSecond: callsPerSecond * size };
}

export const record100 = againstBareWriter('record-100', 100, { ratioAtLeast: 0.6 });
export const record1000 = againstBareWriter('record-1000', 1_000, { ratioAtLeast: 0.75 });
export const record1000Noop = againstNoop('record-1000-noop', 1_000);
