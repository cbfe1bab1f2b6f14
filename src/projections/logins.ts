import { and, asc, desc, eq, gt, gte, lt, lte, or, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { idempotencyKeys, loginPortals, logins } from '../../db/tables.js';
import { type Recorded, streamId } from '../domain/event.js';
import type { AuthenticationType, LoginOutcome } from '../domain/login.js';
import type { ReadModel } from './read-model.js';

/** Which logins a page shows. Times are of occurrence, in ms, both inclusive. */
export interface LoginFilter {
  from?: number | undefined;
  to?: number | undefined;
  outcome?: LoginOutcome | undefined;
  authenticationType?: AuthenticationType | undefined;
}

/** Where a login stands in the order of a page: newest first, by time of occurrence and then by position. */
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

export function createLogins(db: Db) {
  const of = (name: string) => sql.placeholder(name);
  const portalByName = db
    .select()
    .from(loginPortals)
    .where(eq(loginPortals.portalId, of('portalId')))
    .prepare();
  const addPortal = db
    .insert(loginPortals)
    .values({ portalId: of('portalId') })
    .returning({ id: loginPortals.id })
    .prepare();
  const addLogin = db
    .insert(logins)
    .values({
      portal: of('portal'),
      occurredAt: of('occurredAt'),
      position: of('position'),
      outcome: of('outcome'),
      authenticationType: of('authenticationType'),
    })
    .prepare();
  const addKey = db
    .insert(idempotencyKeys)
    .values({ portal: of('portal'), key: of('key'), position: of('position') })
    .prepare();
  const byKey = db
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.portal, of('portal')), eq(idempotencyKeys.key, of('key'))))
    .prepare();

  const portalNumber = (portalId: string): number | undefined => portalByName.get({ portalId })?.id;

  return {
    tables: [logins, idempotencyKeys, loginPortals],
    apply(event: Recorded): void {
      if (event.type !== 'LoginRecorded') return;
      const portalId = streamId(event.stream);
      const portal = portalNumber(portalId) ?? addPortal.get({ portalId }).id;
      const { occurredAt, outcome, authenticationType, idempotencyKey: key } = event.data;
      addLogin.run({ portal, occurredAt, position: event.position, outcome, authenticationType });
      if (key !== undefined) addKey.run({ portal, key, position: event.position });
    },
    /** The position of the login that used an idempotency key of a portal. */
    positionOfKey(portalId: string, key: string): number | undefined {
      const portal = portalNumber(portalId);
      return portal === undefined ? undefined : byKey.get({ portal, key })?.position;
    },
    /** The cursors of a page of logins, newest first unless `inverted`. */
    page(portalId: string, filter: LoginFilter, { after, before, limit, inverted }: LoginPage): LoginCursor[] {
      const portal = portalNumber(portalId);
      if (portal === undefined) return [];
      const { from, to, outcome, authenticationType } = filter;
      const order = inverted ? asc : desc;
      return db
        .select({ occurredAt: logins.occurredAt, position: logins.position })
        .from(logins)
        .where(
          and(
            eq(logins.portal, portal),
            from === undefined ? undefined : gte(logins.occurredAt, from),
            to === undefined ? undefined : lte(logins.occurredAt, to),
            outcome && eq(logins.outcome, outcome),
            authenticationType && eq(logins.authenticationType, authenticationType),
            after && older(after),
            before && newer(before),
          ),
        )
        .orderBy(order(logins.occurredAt), order(logins.position))
        .limit(limit)
        .all();
    },
  } satisfies ReadModel & Record<string, unknown>;
}

// The plain bound on the time is implied, and lets SQLite seek in the index.
function older({ occurredAt, position }: LoginCursor) {
  const same = and(eq(logins.occurredAt, occurredAt), lt(logins.position, position));
  return and(lte(logins.occurredAt, occurredAt), or(lt(logins.occurredAt, occurredAt), same));
}

function newer({ occurredAt, position }: LoginCursor) {
  const same = and(eq(logins.occurredAt, occurredAt), gt(logins.position, position));
  return and(gte(logins.occurredAt, occurredAt), or(gt(logins.occurredAt, occurredAt), same));
}
