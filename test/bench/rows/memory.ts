import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Figures, Row } from '../row.js';
import { remove, temporaryDirectory, withCopy } from '../support/backlog.js';
import { fill } from '../support/fill.js';
import { type Product, startProduct } from '../support/product.js';

const LOGINS = { smoke: 2_000, default: 200_000, full: 1_000_000 };
const PORTALS = 100;
/** After this time, every lane has made at least one attempt and waits for the next. */
const RUNS_FOR_MS = { smoke: 500, default: 5_000, full: 20_000 };
/** No server listens on port 444. */
const dead = { url: 'https://127.0.0.1:444/collector', ca: null };

export const memory: Row = {
  name: 'memory',
  work: `resident memory with ${LOGINS.default.toLocaleString('en')} waiting logins (full: ${LOGINS.full.toLocaleString('en')}) of ${PORTALS} portals and a dead receiver`,
  comparedWith: 'an idle server with an empty directory',
  aims: [
    { figure: 'resident', unit: 'MiB', goal: { differenceAtMost: 64 } },
    { figure: 'peak', unit: 'MiB', goal: null },
  ],
  rounds: 3,
  async prepare(scale) {
    if (!existsSync('/proc/self/status')) return { skipped: 'there is no /proc' };
    const original = temporaryDirectory();
    const close = async () => remove(original);
    try {
      const { token } = await fill(original, { portals: PORTALS, logins: LOGINS[scale], receiver: dead });
      return {
        ours: () => withCopy(original, (directory) => sizeOf(startProduct({ directory, token }), RUNS_FOR_MS[scale])),
        theirs: () => sizeOf(startProduct(), RUNS_FOR_MS[scale]),
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
};

/** The resident memory of a server after some time: VmRSS (anonymous memory, files and shared memory), and its peak. */
async function sizeOf(starting: Promise<Product>, afterMs: number): Promise<Figures> {
  const product = await starting;
  try {
    await setTimeout(afterMs);
    const status = readFileSync(`/proc/${product.process.pid}/status`, 'utf8');
    const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
    return { resident: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
  } finally {
    await product.stop();
  }
}
