import type { Row } from '../row.js';
import { makeBacklog } from '../support/backlog.js';
import { loginsIn } from '../support/lines.js';
import { startProduct } from '../support/product.js';
import { drainQueue } from '../support/queue.js';
import { missingRedis } from '../support/redis.js';

const LOGINS = { smoke: 2_000, default: 30_000, full: 300_000 };
const PORTALS = 16;
/** A queue with one line a job gets this share of the lines, and needs about as much time. */
const SHARE_OF_SINGLE_LINES = 0.1;

const queueOf = (size: number, ratioAtLeast: number): Row => ({
  name: `queue-${size}`,
  work: `${LOGINS.default.toLocaleString('en')} waiting logins (full: ${LOGINS.full.toLocaleString('en')}) of ${PORTALS} portals`,
  comparedWith: `the same logins from BullMQ on a Redis that syncs each write, ${size === 1 ? 'a line' : `${size} lines`} a job`,
  aims: [{ figure: 'perSecond', unit: 'lines/s', goal: { ratioAtLeast } }],
  async prepare(scale) {
    const skipped = missingRedis();
    if (skipped) return { skipped };
    const { directory, receiver, filled, drain, close } = await makeBacklog({
      portals: PORTALS,
      logins: LOGINS[scale],
    });
    const { token, organizationId } = filled;
    const logins = loginsIn(directory).slice(0, LOGINS[scale] * (size === 1 ? SHARE_OF_SINGLE_LINES : 1));
    return {
      ours: () => drain((copy) => startProduct({ directory: copy, token })),
      theirs: () => drainQueue(logins, size, receiver, organizationId),
      close,
    };
  },
});

export const queue1 = queueOf(1, 5);
export const queue500 = queueOf(500, 1);
