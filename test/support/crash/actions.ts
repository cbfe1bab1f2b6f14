/** What portals and people do to a server of the tests that has no API: the same commands, each answered when it is durable. */

import type { Services } from '../../../src/api/context.js';
import { executeRecordLogins } from '../../../src/api/record-logins.js';
import { loginInput } from '../../../src/domain/login.js';
import { Refusal } from '../../../src/domain/refusal.js';
import type { Cause } from '../../../src/domain/stream.js';
import { writeRangeId } from '../../../src/domain/undelivered.js';

export type Action =
  | { do: 'record'; portalId: string; logins: { idempotencyKey: string; userAgent: string }[] }
  /** The last so many logins of a portal, once more. */
  | { do: 'replay'; portalId: string; logins: number }
  /** So many of the undelivered ranges of a portal, the oldest first. */
  | { do: 'redeliver' | 'discard'; portalId: string; ranges: number };

export interface Result {
  logins?: { position: number; traceId: string }[];
  jobId?: string;
  ranges?: number;
}

const cause: Cause = { actor: 'test', traceId: '0af7651916cd43dd8448eb211c80319c' };
const facts = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' };

/** @returns what it came to; nothing where there was nothing to do, or it was refused */
export async function act({ commands, models, log, random }: Services, action: Action): Promise<Result> {
  const { portalId } = action;
  switch (action.do) {
    case 'record': {
      const logins = action.logins.map((login) => loginInput.parse({ ...facts, ...login }));
      const recorded = await executeRecordLogins(commands, random, { portalId, logins }, cause);
      return { logins: recorded.map(({ position, data }) => ({ position, traceId: data.traceId })) };
    }
    case 'replay': {
      const last = log.lastVersion(`login-${portalId}`);
      const logins = log.range(`login-${portalId}`, Math.max(1, last - action.logins), last);
      const [startAt, endAt] = [logins[0]?.recordedAt, logins.at(-1)?.recordedAt];
      if (startAt === undefined || endAt === undefined) return {};
      const wanted = { portalId, startAt, endAt, scope: 'ALL' } as const;
      if (!(await unlessRefused(commands.execute('requestReplay', wanted, cause)))) return {};
      return { jobId: models.lanes.get(portalId).lane.replay?.jobId ?? '' };
    }
    case 'redeliver':
    case 'discard': {
      const page = { after: undefined, before: undefined, limit: action.ranges, inverted: false };
      const rows = models.undelivered.page(portalId, ['WAITING', 'NEEDS_ACTION'], page);
      const ids = rows.map(writeRangeId);
      if (!ids.length) return {};
      const done =
        action.do === 'redeliver'
          ? commands.execute('redeliver', { ids }, cause)
          : commands.execute('discardUndelivered', { ids, reason: 'nobody needs it' }, cause);
      return (await unlessRefused(done)) ? { ranges: ids.length } : {};
    }
    default:
      return action satisfies never;
  }
}

/** What was listed may have been delivered meanwhile, and a replay may be under way. */
async function unlessRefused(done: Promise<unknown>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
