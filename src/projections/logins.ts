import { and, asc, desc, eq, gt, gte, lt, lte, min, or, sql } from 'drizzle-orm';
import { unionAll } from 'drizzle-orm/sqlite-core';
import type { Db } from '../../db/open.js';
import { prepareRun, prepareValue } from '../../db/prepare.js';
import { idempotencyKeys, loginPortals, logins } from '../../db/tables.js';
import { type Recorded } from '../domain/event.js';
import { type AuthenticationType, authenticationTypes, type LoginOutcome, loginOutcomes } from '../domain/login.js';
import { streamId } from '../domain/stream.js';
import type { ReadModel } from './read-model.js';

/** More than there will ever be types: what a kind is multiplied by. */
const TYPES_OF_AN_OUTCOME = 32;

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
  const portalNumber = prepareValue(
    db,
    ['portalId'],
    db
      .select({ id: loginPortals.id })
      .from(loginPortals)
      .where(eq(loginPortals.portalId, of('portalId'))),
  );
  const addPortal = prepareValue(
    db,
    ['portalId'],
    db
      .insert(loginPortals)
      .values({ portalId: of('portalId') })
      .returning({ id: loginPortals.id }),
  );
  const addLogin = prepareRun(
    db,
    ['portal', 'kind', 'occurredAt', 'position'],
    db.insert(logins).values({
      portal: of('portal'),
      kind: of('kind'),
      occurredAt: of('occurredAt'),
      position: of('position'),
    }),
  );
  const addKey = prepareRun(
    db,
    ['portal', 'key', 'position'],
    db.insert(idempotencyKeys).values({ portal: of('portal'), key: of('key'), position: of('position') }),
  );
  const removeLogin = prepareRun(
    db,
    ['portal', 'kind', 'occurredAt', 'position'],
    db
      .delete(logins)
      .where(
        and(
          eq(logins.portal, of('portal')),
          eq(logins.kind, of('kind')),
          eq(logins.occurredAt, of('occurredAt')),
          eq(logins.position, of('position')),
        ),
      ),
  );
  const removeKey = prepareRun(
    db,
    ['portal', 'key'],
    db.delete(idempotencyKeys).where(and(eq(idempotencyKeys.portal, of('portal')), eq(idempotencyKeys.key, of('key')))),
  );
  const positionOfKey = prepareValue(
    db,
    ['portal', 'key'],
    db
      .select({ position: idempotencyKeys.position })
      .from(idempotencyKeys)
      .where(and(eq(idempotencyKeys.portal, of('portal')), eq(idempotencyKeys.key, of('key')))),
  );
  const nextKind = prepareValue(
    db,
    ['portal', 'kind'],
    db
      .select({ kind: min(logins.kind) })
      .from(logins)
      .where(and(eq(logins.portal, of('portal')), gt(logins.kind, of('kind')))),
  );

  /** The kinds that a portal has logins of, each found with one look at the index. */
  function* kindsOf(portal: number): Iterable<number> {
    let kind: unknown = -1;
    while (typeof (kind = nextKind(portal, kind)) === 'number') yield kind;
  }

  const numberOf = (portalId: string) => portalNumber(portalId) ?? addPortal(portalId);

  return {
    tables: [logins, idempotencyKeys, loginPortals],
    apply(event: Recorded): void {
      // Numbered when it is registered: that event is never pruned, and a rebuild gives the same number.
      if (event.type === 'PortalRegistered') numberOf(streamId(event.stream));
      if (event.type !== 'LoginRecorded') return;
      const portal = numberOf(streamId(event.stream));
      const { position } = event;
      const { occurredAt, outcome, authenticationType, idempotencyKey: key } = event.data;
      addLogin(portal, kindOf(outcome, authenticationType), occurredAt, position);
      if (key !== undefined) addKey(portal, key, position);
    },
    prune(event: Recorded): void {
      if (event.type !== 'LoginRecorded') return;
      const portal = numberOf(streamId(event.stream));
      const { occurredAt, outcome, authenticationType, idempotencyKey: key } = event.data;
      removeLogin(portal, kindOf(outcome, authenticationType), occurredAt, event.position);
      if (key !== undefined) removeKey(portal, key);
    },
    /** For each idempotency key of a portal, the position of the login that used it; undefined where none has, or for no key. */
    positionsOfKeys(portalId: string, keys: readonly (string | null | undefined)[]): (number | undefined)[] {
      const portal = portalNumber(portalId);
      return keys.map((key) =>
        portal === undefined || key == null ? undefined : (positionOfKey(portal, key) as number | undefined),
      );
    },
    /**
     * The cursors of a page of logins, newest first unless `inverted`. Merges the kinds that are asked for, each of which
     * stands in order in the index: the cost depends on their number and on the page, not on how many logins there are.
     */
    page(portalId: string, filter: LoginFilter, { after, before, limit, inverted }: LoginPage): LoginCursor[] {
      const portal = portalNumber(portalId);
      if (typeof portal !== 'number') return [];
      const { from, to } = filter;
      const ofKind = (kind: number) =>
        db
          .select({ occurredAt: logins.occurredAt, position: logins.position })
          .from(logins)
          .where(
            and(
              eq(logins.portal, portal),
              eq(logins.kind, kind),
              from === undefined ? undefined : gte(logins.occurredAt, from),
              to === undefined ? undefined : lte(logins.occurredAt, to),
              after && older(after),
              before && newer(before),
            ),
          );
      const [first, second, ...rest] = [...kindsOf(portal)].filter((kind) => isOfKind(kind, filter)).map(ofKind);
      if (!first) return [];
      const order = inverted ? asc : desc;
      return (second ? unionAll(first, second, ...rest) : first)
        .orderBy(order(logins.occurredAt), order(logins.position))
        .limit(limit)
        .all();
    },
  } satisfies ReadModel & Record<string, unknown>;
}

/** Outcome and authentication type as one number. New values are added at the end of their lists. */
function kindOf(outcome: LoginOutcome, authenticationType: AuthenticationType): number {
  return loginOutcomes.indexOf(outcome) * TYPES_OF_AN_OUTCOME + authenticationTypes.indexOf(authenticationType);
}

function isOfKind(kind: number, { outcome, authenticationType }: LoginFilter): boolean {
  if (outcome && loginOutcomes[Math.floor(kind / TYPES_OF_AN_OUTCOME)] !== outcome) return false;
  return !authenticationType || authenticationTypes[kind % TYPES_OF_AN_OUTCOME] === authenticationType;
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
