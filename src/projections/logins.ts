import { and, asc, desc, eq, gt, min, sql } from 'drizzle-orm';
import { unionAll } from 'drizzle-orm/sqlite-core';
import type { Db } from '../../db/open.js';
import { prepareRun, prepareValue } from '../../db/prepare.js';
import { clientTraceIds, idempotencyKeys, loginPortals, logins } from '../../db/tables.js';
import { type Recorded } from '../domain/event.js';
import { authenticationTypes, type Login, loginOutcomes } from '../domain/login.js';
import { streamId } from '../domain/stream.js';
import { createClientTraceIds } from './client-trace-ids.js';
import { isInPage, type LoginCursor, type LoginFilter, type LoginPage } from './login-page.js';
import type { ReadModel } from './read-model.js';

/** The factor of the outcome in a kind. There must never be more authentication types than this. */
const MAX_AUTHENTICATION_TYPES = 32;

export function createLogins(db: Db) {
  const param = (name: string) => sql.placeholder(name);
  const portalNumber = prepareValue(
    db,
    ['portalId'],
    db
      .select({ id: loginPortals.id })
      .from(loginPortals)
      .where(eq(loginPortals.portalId, param('portalId'))),
  );
  const addPortal = prepareValue(
    db,
    ['portalId'],
    db
      .insert(loginPortals)
      .values({ portalId: param('portalId') })
      .returning({ id: loginPortals.id }),
  );
  const addLogin = prepareRun(
    db,
    ['portal', 'kind', 'occurredAt', 'position'],
    db.insert(logins).values({
      portal: param('portal'),
      kind: param('kind'),
      occurredAt: param('occurredAt'),
      position: param('position'),
    }),
  );
  const addKey = prepareRun(
    db,
    ['portal', 'key', 'position'],
    db.insert(idempotencyKeys).values({ portal: param('portal'), key: param('key'), position: param('position') }),
  );
  const removeLogin = prepareRun(
    db,
    ['portal', 'kind', 'occurredAt', 'position'],
    db
      .delete(logins)
      .where(
        and(
          eq(logins.portal, param('portal')),
          eq(logins.kind, param('kind')),
          eq(logins.occurredAt, param('occurredAt')),
          eq(logins.position, param('position')),
        ),
      ),
  );
  const removeKey = prepareRun(
    db,
    ['portal', 'key'],
    db
      .delete(idempotencyKeys)
      .where(and(eq(idempotencyKeys.portal, param('portal')), eq(idempotencyKeys.key, param('key')))),
  );
  const positionOfKey = prepareValue(
    db,
    ['portal', 'key'],
    db
      .select({ position: idempotencyKeys.position })
      .from(idempotencyKeys)
      .where(and(eq(idempotencyKeys.portal, param('portal')), eq(idempotencyKeys.key, param('key')))),
  );
  const nextKind = prepareValue(
    db,
    ['portal', 'kind'],
    db
      .select({ kind: min(logins.kind) })
      .from(logins)
      .where(and(eq(logins.portal, param('portal')), gt(logins.kind, param('kind')))),
  );

  /** The kinds that a portal has logins of. Each costs one seek in the index. */
  function* kindsOf(portal: number): Iterable<number> {
    let kind: unknown = -1;
    while (typeof (kind = nextKind(portal, kind)) === 'number') yield kind;
  }

  const traceIds = createClientTraceIds(db);
  const numberOf = (portalId: string) => (portalNumber(portalId) ?? addPortal(portalId)) as number;

  return {
    tables: [logins, clientTraceIds, idempotencyKeys, loginPortals],
    apply(event: Recorded): void {
      // A portal gets its number from its registration: that event is never pruned, so a rebuild gives the same number.
      if (event.type === 'PortalRegistered') numberOf(streamId(event.stream));
      if (event.type !== 'LoginRecorded') return;
      const portal = numberOf(streamId(event.stream));
      const { position, version } = event;
      const { occurredAt, clientTraceId, idempotencyKey: key } = event.data;
      const kind = kindOf(event.data);
      addLogin(portal, kind, occurredAt, position);
      if (clientTraceId !== undefined) traceIds.add({ portal, version, clientTraceId, occurredAt, position }, kind);
      if (key !== undefined) addKey(portal, key, position);
    },
    prune(event: Recorded): void {
      if (event.type !== 'LoginRecorded') return;
      const portal = numberOf(streamId(event.stream));
      const { position, version } = event;
      const { occurredAt, clientTraceId, idempotencyKey: key } = event.data;
      removeLogin(portal, kindOf(event.data), occurredAt, position);
      if (clientTraceId !== undefined) traceIds.remove({ portal, version, clientTraceId, occurredAt, position });
      if (key !== undefined) removeKey(portal, key);
    },
    /** For each idempotency key, the position of the login that used it; undefined if none has, or if there is no key. */
    positionsOfKeys(portalId: string, keys: readonly (string | null | undefined)[]): (number | undefined)[] {
      const portal = portalNumber(portalId);
      return keys.map((key) =>
        portal === undefined || key == null ? undefined : (positionOfKey(portal, key) as number | undefined),
      );
    },
    /**
     * The cursors of a page of logins, newest first unless `inverted`. Merges the kinds of the filter, each of which is sorted in
     * the index: the cost depends on the number of kinds and the size of the page, not on the number of logins.
     */
    page(portalId: string, filter: LoginFilter, page: LoginPage): LoginCursor[] {
      const portal = portalNumber(portalId);
      if (typeof portal !== 'number') return [];
      const kinds = [...kindsOf(portal)].filter((kind) => isOfKind(kind, filter));
      const { clientTraceId } = filter;
      if (clientTraceId !== undefined) return traceIds.page(portal, clientTraceId, kinds, filter, page);
      const order = page.inverted ? asc : desc;
      const ofKind = (kind: number) =>
        db
          .select({ occurredAt: logins.occurredAt, position: logins.position })
          .from(logins)
          .where(and(eq(logins.portal, portal), eq(logins.kind, kind), isInPage(logins, filter, page)));
      const [first, second, ...rest] = kinds.map(ofKind);
      if (!first) return [];
      return (second ? unionAll(first, second, ...rest) : first)
        .orderBy(order(logins.occurredAt), order(logins.position))
        .limit(page.limit)
        .all();
    },
  } satisfies ReadModel & Record<string, unknown>;
}

/** Outcome and authentication type as one number. New values must be added at the ends of their lists. */
function kindOf({ outcome, authenticationType }: Login): number {
  return loginOutcomes.indexOf(outcome) * MAX_AUTHENTICATION_TYPES + authenticationTypes.indexOf(authenticationType);
}

function isOfKind(kind: number, { outcome, authenticationType }: LoginFilter): boolean {
  if (outcome && loginOutcomes[Math.floor(kind / MAX_AUTHENTICATION_TYPES)] !== outcome) return false;
  return !authenticationType || authenticationTypes[kind % MAX_AUTHENTICATION_TYPES] === authenticationType;
}
