import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { type Figures, percentile, type Row } from '../row.js';
import { requestOf } from '../support/connection.js';
import { openLoop } from '../support/load.js';
import { owning } from '../support/owning.js';
import { addPortal } from '../support/portals.js';
import { type Product, startProduct } from '../support/product.js';
import { underSteadyLoad } from '../support/steady-load.js';

const SLOWER_BY_MS = 10;
const SYNCS = 'fsync,fdatasync';
// --seccomp-bpf filters in the kernel, so that other system calls are not slower.
const STRACE = ['strace', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', '-e', `trace=${SYNCS}`] as const;
const SLOW_SYNCS = [...STRACE, '-e', `inject=${SYNCS}:delay_exit=${SLOWER_BY_MS * 1000}`] as const;

/**
 * At this rate such a disk syncs all the time, and the logins use little else of the server. It is a rate and not a number of
 * connections: connections that wait for the same sync would all continue at once, and the query would wait for them.
 */
const LOGINS_PER_SECOND = 300;
const QUERIES_PER_SECOND = 200;
const CONNECTIONS = 32;
/** The load starts this long before the queries and ends this long after them. */
const MARGIN_SECONDS = 0.3;

export const querySlowSync: Row = {
  name: 'query-slow-sync',
  work: `a small query while ${LOGINS_PER_SECOND} logins/s are recorded and each sync takes ${SLOWER_BY_MS} ms more`,
  comparedWith: 'the same query while the same server has nothing else to do',
  aims: [
    { figure: 'p99', unit: 'ms', goal: { ratioAtMost: 3 } },
    { figure: 'p50', unit: 'ms', goal: null },
  ],
  async prepare(scale) {
    const [strace, ...options] = SLOW_SYNCS;
    if (spawnSync(strace, [...options, 'true']).status !== 0) return { skipped: 'strace is missing or may not trace' };
    return owning(async (own) => {
      const forSeconds = scale === 'smoke' ? 0.5 : 2.5;
      const product = own(await startProduct({ prefix: SLOW_SYNCS }));
      const portalId = await addPortal(product);
      const load = { endpoint: product, portalId, perSecond: LOGINS_PER_SECOND, connections: CONNECTIONS };
      const idle = () => query(product, forSeconds);
      const loaded = () =>
        underSteadyLoad({ ...load, forSeconds: forSeconds + 2 * MARGIN_SECONDS }, async () => {
          await setTimeout(MARGIN_SECONDS * 1000);
          return query(product, forSeconds);
        });
      await loaded();
      await idle();
      return { ours: loaded, theirs: idle };
    });
  },
};

async function query(product: Product, forSeconds: number): Promise<Figures> {
  const request = requestOf(product, 'query { viewer { position } }');
  const requests = Array.from({ length: QUERIES_PER_SECOND * forSeconds }, () => request);
  const load = { perSecond: QUERIES_PER_SECOND, connections: CONNECTIONS };
  const timings = await openLoop(product, { requests, success: '{"data":{"viewer":{"position":' }, load);
  const ms = timings.map(({ sentAt, answeredAt }) => answeredAt - sentAt);
  return { p50: percentile(ms, 0.5), p99: percentile(ms, 0.99) };
}
