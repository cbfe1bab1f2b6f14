/** What portals and people do with a server that has no API. Each action executes the command and is answered when it is durable. */

import type { Services } from '../../../src/api/context.js';
import { executeRecordLogins } from '../../../src/api/record-logins.js';
import { loginInput } from '../../../src/domain/login-input.js';
import { Refusal } from '../../../src/domain/refusal.js';
import type { Cause } from '../../../src/domain/stream.js';
import { writeRangeId } from '../../../src/domain/undelivered.js';

export type Action =
  | { do: 'record'; portalId: string; logins: { idempotencyKey: string; userAgent: string }[] }
  /** Requests a replay of the last `logins` logins of a portal by a webhook. */
  | { do: 'replay'; portalId: string; webhookId: string; logins: number }
  /** `ranges`: so many undelivered ranges of a webhook, oldest first. */
  | { do: 'redeliver' | 'discard'; portalId: string; webhookId: string; ranges: number };

export interface Result {
  logins?: { position: number; traceId: string }[];
  jobId?: string;
  ranges?: number;
}

const cause: Cause = { actor: 'test', traceId: '0af7651916cd43dd8448eb211c80319c' };
const facts = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' };

/** @returns the result; an empty object if there was nothing to do or the command was refused */
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
      const { webhookId } = action;
      const input = { portalId, webhookId, startAt, endAt, scope: 'ALL' } as const;
      if (!(await unlessRefused(commands.execute('requestReplay', input, cause)))) return {};
      return { jobId: models.lanes.get(webhookId).lane.replay?.jobId ?? '' };
    }
    case 'redeliver':
    case 'discard': {
      const page = { after: undefined, before: undefined, limit: action.ranges, inverted: false };
      const rows = models.undelivered.page(action.webhookId, ['WAITING', 'NEEDS_ACTION'], page);
      const ids = rows.map(writeRangeId);
      if (!ids.length) return {};
      const command =
        action.do === 'redeliver'
          ? commands.execute('redeliver', { ids }, cause)
          : commands.execute('discardUndelivered', { ids, reason: 'not needed' }, cause);
      return (await unlessRefused(command)) ? { ranges: ids.length } : {};
    }
    default:
      return action satisfies never;
  }
}

/** False: the command was refused, because a range was delivered meanwhile or another replay is running. */
async function unlessRefused(command: Promise<unknown>): Promise<boolean> {
  try {
    await command;
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
