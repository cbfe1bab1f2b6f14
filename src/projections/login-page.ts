/** What a page of logins is, for the indexes of logins. */
import { and, eq, gt, gte, lt, lte, or } from 'drizzle-orm';
import type { clientTraceIds, logins } from '../../db/tables.js';
import type { AuthenticationType, LoginOutcome } from '../domain/login.js';

/** Which logins are on a page. `from` and `to` limit `occurredAt` (ms, inclusive). */
export interface LoginFilter {
  from?: number | undefined;
  to?: number | undefined;
  outcome?: LoginOutcome | undefined;
  authenticationType?: AuthenticationType | undefined;
  clientTraceId?: string | undefined;
}

/** The sort key of a login: newest first, by `occurredAt` (ms) and then by position. */
export interface LoginCursor {
  occurredAt: number;
  position: number;
}

export interface LoginPage {
  after?: LoginCursor | undefined;
  before?: LoginCursor | undefined;
  limit: number;
  inverted: boolean;
}

type SortKey = Pick<typeof logins | typeof clientTraceIds, 'occurredAt' | 'position'>;

/** The condition that a login of the index is on the page. */
export function isInPage(key: SortKey, { from, to }: LoginFilter, { after, before }: LoginPage) {
  return and(
    from === undefined ? undefined : gte(key.occurredAt, from),
    to === undefined ? undefined : lte(key.occurredAt, to),
    after && older(key, after),
    before && newer(key, before),
  );
}

// The first condition is redundant, but lets SQLite seek in the index.
function older(key: SortKey, { occurredAt, position }: LoginCursor) {
  const same = and(eq(key.occurredAt, occurredAt), lt(key.position, position));
  return and(lte(key.occurredAt, occurredAt), or(lt(key.occurredAt, occurredAt), same));
}

function newer(key: SortKey, { occurredAt, position }: LoginCursor) {
  const same = and(eq(key.occurredAt, occurredAt), gt(key.position, position));
  return and(gte(key.occurredAt, occurredAt), or(gt(key.occurredAt, occurredAt), same));
}
