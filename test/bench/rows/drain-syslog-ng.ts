import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cef } from '../../../src/domain/formats/cef.js';
import { entryOf } from '../../../src/domain/formats/entry.js';
import type { Aim, Figures, Row } from '../row.js';
import { drain, makeBacklog, remove, temporaryDirectory, withCopy } from '../support/backlog.js';
import { lineSettings, loginsIn } from '../support/lines.js';
import { startProduct } from '../support/product.js';
import type { Receiver } from '../support/receiver.js';
import { fillSyslogNg, missingSyslogNg, startSyslogNg, streamThroughSyslogNg } from '../support/syslog-ng.js';

const LOGINS = { smoke: 2_000, default: 60_000, full: 300_000 };
const PORTALS = 16;
/** The fastest number of workers depends on the cores. It is measured first, and then used for the comparison. */
const WORKERS = [1, 2, 4];

/** Makes a run of syslog-ng with these lines; the run takes the number of workers. */
type Peer = (receiver: Receiver, lines: readonly string[], buffers: string) => (workers: number) => Promise<Figures>;

/** Auditwire has all lines on disk, does not sign, and posts 500 lines at a time over TLS to the same receiver. */
const againstSyslogNg = (name: string, comparedWith: string, goal: Aim['goal'], peer: Peer): Row => ({
  name,
  work: `${LOGINS.default.toLocaleString('en')} waiting logins (full: ${LOGINS.full.toLocaleString('en')}) of ${PORTALS} portals, unsigned`,
  comparedWith: `${comparedWith}, the fastest of ${WORKERS.join(', ')} workers`,
  aims: [{ figure: 'perSecond', unit: 'lines/s', goal }],
  async prepare(scale) {
    const skipped = missingSyslogNg();
    if (skipped) return { skipped };
    const backlog = await makeBacklog({ portals: PORTALS, logins: LOGINS[scale] });
    const { filled, receiver } = backlog;
    const buffers = temporaryDirectory();
    const close = async () => {
      remove(buffers);
      await backlog.close();
    };
    const settings = lineSettings(filled.organizationId);
    const lines = loginsIn(backlog.directory).map(({ portalId, login }) =>
      cef.write(entryOf(login, portalId, settings)),
    );
    try {
      const run = peer(receiver, lines, buffers);
      let fastest = { workers: 0, perSecond: 0 };
      for (const workers of WORKERS) {
        const { perSecond = 0 } = await run(workers);
        if (perSecond > fastest.perSecond) fastest = { workers, perSecond };
      }
      return {
        ours: () =>
          backlog.drain((directory) => startProduct({ directory, token: filled.token, env: { BENCH_UNSIGNED: '1' } })),
        theirs: () => run(fastest.workers),
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
});

/** The normal use: syslog-ng reads lines, writes them to its disk buffer, and sends them. */
const through: Peer = (receiver, lines, buffers) => async (workers) => {
  const directory = join(buffers, 'through');
  mkdirSync(directory);
  try {
    return await drain(receiver, lines.length, () => streamThroughSyslogNg(directory, workers, lines, receiver));
  } finally {
    remove(directory);
  }
};

/** The best case: all lines are in the disk buffer before syslog-ng starts. */
const fromBuffer: Peer = (receiver, lines, buffers) => {
  const work = join(buffers, 'work');
  const filled = new Map<number, string>();
  return async (workers) => {
    if (!filled.has(workers)) {
      mkdirSync(work);
      await fillSyslogNg(work, workers, lines, receiver.ca);
      filled.set(workers, join(buffers, `filled-${workers}`));
      renameSync(work, join(buffers, `filled-${workers}`));
    }
    const use = (directory: string) => drain(receiver, lines.length, () => startSyslogNg(directory, workers, receiver));
    return withCopy(filled.get(workers) ?? '', use, work);
  };
};

export const drainSyslogNg = againstSyslogNg(
  'drain-syslog-ng',
  "the same lines from a file through the reliable disk buffer of syslog-ng's http()",
  { ratioAtLeast: 1.3 },
  through,
);
export const drainSyslogNgBuffer = againstSyslogNg(
  'drain-syslog-ng-buffer',
  "the same lines, all in the reliable disk buffer of syslog-ng's http() before it starts",
  null,
  fromBuffer,
);
