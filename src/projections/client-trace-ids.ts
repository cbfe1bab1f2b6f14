/**
 * Which logins have a client trace id. Client trace ids are random, and an insert at a random place of one large index writes a page
 * for each login, the more the larger the index is. So the index is divided into segments by the logins' versions: inserts are random
 * only within the newest segment, which is a few pages, and a search seeks once in each segment.
 */
import { hash } from 'node:crypto';
import { and, asc, desc, eq, inArray, max, min, sql } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { prepareRun } from '../../db/prepare.js';
import { clientTraceIds } from '../../db/tables.js';
import { isInPage, type LoginCursor, type LoginFilter, type LoginPage } from './login-page.js';

/** Logins in a segment. Larger ones make a search quicker and recording slower. */
export const SEGMENT_LOGINS = 8_192;

const HASH_BYTES = 16;

/** A login in the index. */
interface IndexedLogin {
  /** The number of its portal in `login_portals`. */
  portal: number;
  version: number;
  clientTraceId: string;
  occurredAt: number;
  position: number;
}

export function createClientTraceIds(db: Db) {
  const param = (name: string) => sql.placeholder(name);
  const key = {
    portal: param('portal'),
    segment: param('segment'),
    hash: param('hash'),
    occurredAt: param('occurredAt'),
    position: param('position'),
  };
  const names = ['portal', 'segment', 'hash', 'occurredAt', 'position'];
  const insert = prepareRun(db, [...names, 'kind'], db.insert(clientTraceIds).values({ ...key, kind: param('kind') }));
  const remove = prepareRun(
    db,
    names,
    db
      .delete(clientTraceIds)
      .where(
        and(
          eq(clientTraceIds.portal, key.portal),
          eq(clientTraceIds.segment, key.segment),
          eq(clientTraceIds.hash, key.hash),
          eq(clientTraceIds.occurredAt, key.occurredAt),
          eq(clientTraceIds.position, key.position),
        ),
      ),
  );

  return {
    add({ portal, version, clientTraceId, occurredAt, position }: IndexedLogin, kind: number): void {
      insert(portal, segmentOf(version), hashOf(clientTraceId), occurredAt, position, kind);
    },
    remove({ portal, version, clientTraceId, occurredAt, position }: IndexedLogin): void {
      remove(portal, segmentOf(version), hashOf(clientTraceId), occurredAt, position);
    },
    /** A page of the logins with this client trace id that are of one of the kinds, in the order of `logins`. */
    page(
      portal: number,
      clientTraceId: string,
      kinds: readonly number[],
      filter: LoginFilter,
      page: LoginPage,
    ): LoginCursor[] {
      const order = page.inverted ? asc : desc;
      const ofPortal = eq(clientTraceIds.portal, portal);
      const pageOfSegment = db
        .select({ occurredAt: clientTraceIds.occurredAt, position: clientTraceIds.position })
        .from(clientTraceIds)
        .where(
          and(
            ofPortal,
            eq(clientTraceIds.segment, param('segment')),
            eq(clientTraceIds.hash, hashOf(clientTraceId)),
            inArray(clientTraceIds.kind, [...kinds]),
            isInPage(clientTraceIds, filter, page),
          ),
        )
        .orderBy(order(clientTraceIds.occurredAt), order(clientTraceIds.position))
        .limit(page.limit)
        .prepare();
      const ends = (end: typeof min | typeof max) =>
        db
          .select({ segment: end(clientTraceIds.segment) })
          .from(clientTraceIds)
          .where(ofPortal)
          .get()?.segment;
      const first = ends(min) ?? 0;
      const last = ends(max) ?? -1;
      let found: LoginCursor[] = [];
      for (let segment = first; segment <= last; segment += 1) {
        const more = pageOfSegment.all({ segment });
        if (more.length)
          found = [...found, ...more].sort(page.inverted ? oldestFirst : newestFirst).slice(0, page.limit);
      }
      return found;
    },
  };
}

const segmentOf = (version: number): number => Math.floor(version / SEGMENT_LOGINS);

/** In UTF-16, in which two different texts are always different bytes. */
const hashOf = (clientTraceId: string): Buffer =>
  hash('sha256', Buffer.from(clientTraceId, 'utf16le'), 'buffer').subarray(0, HASH_BYTES);

const oldestFirst = (one: LoginCursor, other: LoginCursor): number =>
  one.occurredAt - other.occurredAt || one.position - other.position;

const newestFirst = (one: LoginCursor, other: LoginCursor): number => oldestFirst(other, one);
