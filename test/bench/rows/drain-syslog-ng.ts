import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cef } from '../../../src/delivery/format/cef.js';
import { entryOf } from '../../../src/delivery/format/entry.js';
import type { Row } from '../row.js';
import { drain, makeBacklog, remove, temporaryDirectory, withCopy } from '../support/backlog.js';
import { lineSettings, loginsIn } from '../support/lines.js';
import { startProduct } from '../support/product.js';
import { fillSyslogNg, missingSyslogNg, startSyslogNg } from '../support/syslog-ng.js';

const LOGINS = { smoke: 2_000, default: 60_000, full: 300_000 };
const PORTALS = 16;
/** Which of them is the fastest depends on the cores: it is found out first, and is what we are compared with. */
const WORKERS = [1, 2, 4];

/** Both begin with everything on their disk, sign nothing, and post 500 lines at a time over TLS to the same receiver. */
export const drainSyslogNg: Row = {
  name: 'drain-syslog-ng',
  work: `${LOGINS.default.toLocaleString('en')} waiting logins (full: ${LOGINS.full.toLocaleString('en')}) of ${PORTALS} portals, unsigned`,
  comparedWith: `the same lines from the reliable disk buffer of syslog-ng's http(), the fastest of ${WORKERS.join(', ')} workers`,
  aims: [{ figure: 'perSecond', unit: 'lines/s', goal: { ratioAtLeast: 1.3 } }],
  async prepare(scale) {
    const skipped = missingSyslogNg();
    if (skipped) return { skipped };
    const logins = LOGINS[scale];
    const backlog = await makeBacklog({ portals: PORTALS, logins });
    const { receiver, filled } = backlog;
    const buffers = temporaryDirectory();
    const close = async () => {
      remove(buffers);
      await backlog.close();
    };
    const settings = lineSettings(filled.organizationId);
    const lines = loginsIn(backlog.directory).map(({ portalId, login }) =>
      cef.write(entryOf(login, portalId, settings)),
    );

    const drainSyslogNg = (workers: number) => {
      const original = join(buffers, `filled-${workers}`);
      const use = (directory: string) => drain(receiver, logins, () => startSyslogNg(directory, workers, receiver));
      return withCopy(original, use, join(buffers, 'work'));
    };

    try {
      let fastest = { workers: 0, perSecond: 0 };
      for (const workers of WORKERS) {
        const work = join(buffers, 'work');
        mkdirSync(work);
        await fillSyslogNg(work, workers, lines, receiver.ca);
        renameSync(work, join(buffers, `filled-${workers}`));
        const { perSecond } = await drainSyslogNg(workers);
        if (perSecond > fastest.perSecond) fastest = { workers, perSecond };
      }
      return {
        ours: () =>
          backlog.drain((directory) => startProduct({ directory, token: filled.token, env: { BENCH_UNSIGNED: '1' } })),
        theirs: () => drainSyslogNg(fastest.workers),
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
};
