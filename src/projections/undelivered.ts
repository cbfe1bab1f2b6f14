import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, ne, or, sql, sum } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { undelivered } from '../../db/tables.js';
import { type Recorded, streamId } from '../domain/event.js';
import { MAX_RETRIES } from '../domain/lane/backoff.js';
import type { Purpose } from '../domain/lane/decide.js';
import { type Lane, openDelivery } from '../domain/lane/lane.js';
import { type LoginRange, loginCount, overlap } from '../domain/login-range.js';
import { MAX_RECOVERIES, type UndeliveredState, undeliveredStates } from '../domain/undelivered.js';
import type { PageRange } from './read-model.js';

/** The states of what may still be delivered. */
const LISTED = undeliveredStates.filter((state) => state !== 'DISCARDED');

export type UndeliveredRow = typeof undelivered.$inferSelect;

/**
 * The ranges of logins that were due and given up. They never overlap, but for those that were discarded. Kept by the lanes,
 * whose deliveries say which logins an event is about.
 */
export function createUndelivered(db: Db) {
  const of = (name: string) => sql.placeholder(name);
  const ofPortal = eq(undelivered.portalId, of('portalId'));
  const listed = ne(undelivered.state, 'DISCARDED');
  const oldestIn = db
    .select()
    .from(undelivered)
    .where(and(ofPortal, eq(undelivered.state, of('state'))))
    .orderBy(asc(undelivered.lastVersion))
    .limit(1)
    .prepare();
  const leastRefused = db
    .select()
    .from(undelivered)
    .where(and(ofPortal, eq(undelivered.state, 'WAITING')))
    .orderBy(asc(undelivered.refusedProbes), asc(undelivered.lastVersion))
    .limit(1)
    .prepare();
  const from = db
    .select()
    .from(undelivered)
    .where(and(ofPortal, gte(undelivered.lastVersion, of('version')), listed))
    .orderBy(asc(undelivered.lastVersion))
    .limit(of('limit'))
    .prepare();

  const countNeedsAction = db
    .select({ count: sum(sql`${undelivered.lastVersion} - ${undelivered.firstVersion} + 1`) })
    .from(undelivered)
    .where(and(ofPortal, inArray(undelivered.state, ['HELD', 'SET_ASIDE'])))
    .prepare();

  const forget = db
    .delete(undelivered)
    .where(and(ofPortal, lt(undelivered.discardedAt, of('discardedBefore'))))
    .prepare();
  const first = db
    .select({ position: undelivered.position })
    .from(undelivered)
    .where(and(ofPortal, or(isNull(undelivered.discardedAt), gte(undelivered.discardedAt, of('discardedBefore')))))
    .orderBy(asc(undelivered.position))
    .limit(1)
    .prepare();

  /** The ranges with logins of this one, in order. */
  function overlapping(portalId: string, { firstVersion, lastVersion }: LoginRange): UndeliveredRow[] {
    const found: UndeliveredRow[] = [];
    let version = firstVersion;
    while (version <= lastVersion) {
      const [row] = from.all({ portalId, version, limit: 1 });
      if (!row || row.firstVersion > lastVersion) break;
      found.push(row);
      version = row.lastVersion + 1;
    }
    return found;
  }

  const theRow = ({ portalId, lastVersion }: Pick<UndeliveredRow, 'portalId' | 'lastVersion'>) =>
    and(eq(undelivered.portalId, portalId), eq(undelivered.lastVersion, lastVersion));
  const change = (row: Pick<UndeliveredRow, 'portalId' | 'lastVersion'>, set: Partial<UndeliveredRow>) =>
    void db.update(undelivered).set(set).where(theRow(row)).run();
  const insert = (row: UndeliveredRow) => void db.insert(undelivered).values(row).run();

  /** Takes logins off the list: what is left of a range on both sides stays. */
  function subtract(portalId: string, range: LoginRange): UndeliveredRow[] {
    const rows = overlapping(portalId, range);
    for (const row of rows) {
      if (row.lastVersion > range.lastVersion) change(row, { firstVersion: range.lastVersion + 1 });
      else db.delete(undelivered).where(theRow(row)).run();
      if (row.firstVersion < range.firstVersion) insert({ ...row, lastVersion: range.firstVersion - 1 });
    }
    return rows;
  }

  function add(event: Recorded, range: LoginRange, facts: Pick<UndeliveredRow, 'reason'> & Partial<UndeliveredRow>) {
    const { firstVersion, lastVersion } = range;
    insert({
      portalId: streamId(event.stream),
      firstVersion,
      lastVersion,
      state: 'WAITING',
      responseCode: null,
      message: null,
      attempts: 0,
      recoveries: 0,
      refusedProbes: 0,
      abandonedAt: event.recordedAt,
      position: event.position,
      discardedBy: null,
      discardedReason: null,
      discardedAt: null,
      ...facts,
    });
  }

  function abandoned(event: Extract<Recorded, { type: 'BatchAbandoned' }>, lane: Lane): void {
    const portalId = streamId(event.stream);
    const { attemptNumber, responseCode, message, setAside } = event.data;
    const delivery = openDelivery(lane, event.data.deliveryId);
    if (!delivery) return;
    const state: UndeliveredState = setAside ? 'SET_ASIDE' : 'WAITING';
    if (delivery.purpose === 'FIRST') {
      const position = delivery.startedPosition;
      add(event, delivery, { reason: 'ABANDONED', state, responseCode, message, attempts: attemptNumber, position });
      return;
    }
    // Of a replay that failed nothing follows for the ranges it came by.
    if (delivery.purpose === 'REPLAY' && !setAside) return;
    // What was tried is a range of its own from now on: it does not keep what stands behind it from being tried.
    for (const row of subtract(portalId, delivery)) {
      const { firstVersion, lastVersion } = delivery;
      const tried = {
        ...row,
        firstVersion,
        lastVersion,
        responseCode,
        message,
        attempts: row.attempts + attemptNumber,
      };
      insert(setAside ? { ...tried, state } : { ...tried, ...afterFailure(row, delivery.purpose, attemptNumber) });
      // The rest of what someone asked for waits, like all else, for a receiver that takes something.
      const isRestRequested = !setAside && row.state === 'REQUESTED' && row.lastVersion > lastVersion;
      if (isRestRequested) change(row, { state: 'WAITING' });
    }
  }

  return {
    tables: [undelivered],
    /** @param lane as it was before the event */
    apply(event: Recorded, lane: Lane): void {
      const portalId = streamId(event.stream);
      switch (event.type) {
        case 'BatchAbandoned':
          abandoned(event, lane);
          break;
        case 'BatchSplit': {
          const { attemptNumber, responseCode, message, deliveryId } = event.data;
          const delivery = openDelivery(lane, deliveryId);
          if (!delivery || delivery.purpose === 'FIRST' || delivery.purpose === 'REPLAY') break;
          for (const row of overlapping(portalId, delivery)) {
            change(row, { attempts: row.attempts + attemptNumber, responseCode, message });
          }
          break;
        }
        case 'BatchDelivered': {
          const delivery = openDelivery(lane, event.data.deliveryId);
          if (delivery && delivery.purpose !== 'FIRST') subtract(portalId, delivery);
          break;
        }
        case 'LoginsUndelivered':
          add(event, event.data, { reason: event.data.reason, ...triedBefore(lane, event.data.deliveryId) });
          break;
        case 'LoginsExpired':
          if (event.data.undelivered) subtract(portalId, event.data);
          break;
        case 'LaneSnapshotted':
          forget.run({ portalId, discardedBefore: event.data.discardedBefore });
          break;
        case 'RedeliveryRequested':
          for (const range of event.data.ranges) change({ portalId, ...range }, { state: 'REQUESTED', recoveries: 0 });
          break;
        case 'LoginsDiscarded': {
          const { ranges, reason: discardedReason } = event.data;
          const discarded = { discardedReason, discardedBy: event.actor, discardedAt: event.recordedAt };
          for (const range of ranges) change({ portalId, ...range }, { state: 'DISCARDED', ...discarded });
          break;
        }
      }
    },

    /** Which range is recovered before all others: one that a person asked for, else the oldest; null if none waits. */
    recoverable(portalId: string, { recovering }: Lane): UndeliveredRow | null {
      const requested = oldestIn.get({ portalId, state: 'REQUESTED' });
      if (requested) return requested;
      return (recovering ? oldestIn.get({ portalId, state: 'WAITING' }) : leastRefused.get({ portalId })) ?? null;
    },

    /** How many logins of a range are undelivered and not discarded. */
    countIn: (portalId: string, range: LoginRange): number =>
      overlapping(portalId, range).reduce((count, row) => count + loginCount(overlap(row, range)), 0),

    /** The first undelivered logins of a range that hang together; null if there are none. */
    firstIn(portalId: string, range: LoginRange): LoginRange | null {
      const [row] = from.all({ portalId, version: range.firstVersion, limit: 1 });
      return row ? overlap(row, range) : null;
    },

    /** The oldest range that is not discarded. */
    oldest: (portalId: string): UndeliveredRow | undefined =>
      LISTED.map((state) => oldestIn.get({ portalId, state }))
        .filter((row) => row !== undefined)
        .sort((one, other) => one.lastVersion - other.lastVersion)[0],

    /** The position of the first event that a range is made from, but for ranges that were discarded before a time (ms, exclusive). */
    firstPosition: (portalId: string, discardedBefore: number): number | null =>
      first.get({ portalId, discardedBefore })?.position ?? null,

    /** How many logins wait for a person. */
    needsActionTotal: (portalId: string): number => Number(countNeedsAction.get({ portalId })?.count ?? 0),

    /** The range that ends with this login, whatever its state. */
    endingAt: (portalId: string, lastVersion: number): UndeliveredRow | undefined =>
      db.select().from(undelivered).where(theRow({ portalId, lastVersion })).get(),

    /** The ranges of a portal in these states, oldest first; a place in the page is the last version of a range. */
    page(
      portalId: string,
      states: readonly UndeliveredState[],
      { after, before, limit, inverted }: PageRange,
    ): UndeliveredRow[] {
      return db
        .select()
        .from(undelivered)
        .where(
          and(
            eq(undelivered.portalId, portalId),
            inArray(undelivered.state, [...states]),
            after === undefined ? undefined : gt(undelivered.lastVersion, after),
            before === undefined ? undefined : lt(undelivered.lastVersion, before),
          ),
        )
        .orderBy(inverted ? desc(undelivered.lastVersion) : asc(undelivered.lastVersion))
        .limit(limit)
        .all();
    },
  };
}

/** What becomes of a range of which a recovery or a probe failed. */
function afterFailure(row: UndeliveredRow, purpose: Purpose, attempts: number): Partial<UndeliveredRow> {
  // One that the receiver refuses for good does not keep the others from being probed.
  if (purpose === 'PROBE') return { refusedProbes: row.refusedProbes + (attempts <= MAX_RETRIES ? 1 : 0) };
  const recoveries = row.recoveries + 1;
  return { recoveries, state: recoveries >= MAX_RECOVERIES ? 'HELD' : 'WAITING' };
}

/** What the list says of a delivery that was under way when it was given up. */
function triedBefore(lane: Lane, deliveryId: string | null): Partial<UndeliveredRow> {
  const delivery = deliveryId === null ? null : openDelivery(lane, deliveryId);
  if (!delivery) return {};
  const { failedAttempts: attempts, startedPosition: position } = delivery;
  if (!attempts || !lane.lastAttempt) return { position };
  const { responseCode, message } = lane.lastAttempt;
  return { position, attempts, responseCode, message };
}
