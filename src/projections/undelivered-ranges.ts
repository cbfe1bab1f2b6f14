/** Reads the undelivered ranges. They do not overlap. */
import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, ne, or, sql, sum } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { undelivered } from '../../db/tables.js';
import type { Lane } from '../domain/lane/lane.js';
import { type LoginRange, loginCount, overlap } from '../domain/login-range.js';
import { type UndeliveredState, undeliveredStates } from '../domain/undelivered.js';
import type { PageRange } from './read-model.js';

const notDiscarded = undeliveredStates.filter((state) => state !== 'DISCARDED');

export type UndeliveredRow = typeof undelivered.$inferSelect;

export function createUndeliveredRanges(db: Db) {
  const param = (name: string) => sql.placeholder(name);
  const ofWebhook = eq(undelivered.webhookId, param('webhookId'));
  const oldestInState = db
    .select()
    .from(undelivered)
    .where(and(ofWebhook, eq(undelivered.state, param('state'))))
    .orderBy(asc(undelivered.lastVersion))
    .limit(1)
    .prepare();
  const leastRefused = db
    .select()
    .from(undelivered)
    .where(and(ofWebhook, eq(undelivered.state, 'WAITING')))
    .orderBy(asc(undelivered.finalAnswers), asc(undelivered.lastVersion))
    .limit(1)
    .prepare();
  const oldestThrough = db
    .select()
    .from(undelivered)
    .where(
      and(
        ofWebhook,
        eq(undelivered.throughWebhookId, param('throughWebhookId')),
        eq(undelivered.state, param('state')),
      ),
    )
    .orderBy(asc(undelivered.attempts), asc(undelivered.lastVersion))
    .limit(1)
    .prepare();
  const fromVersion = db
    .select()
    .from(undelivered)
    .where(and(ofWebhook, gte(undelivered.lastVersion, param('version')), ne(undelivered.state, 'DISCARDED')))
    .orderBy(asc(undelivered.lastVersion))
    .limit(1)
    .prepare();
  const countNeedsAction = db
    .select({ count: sum(sql`${undelivered.lastVersion} - ${undelivered.firstVersion} + 1`) })
    .from(undelivered)
    .where(and(ofWebhook, eq(undelivered.state, 'NEEDS_ACTION')))
    .prepare();
  const firstEvent = db
    .select({ position: undelivered.position })
    .from(undelivered)
    .where(and(ofWebhook, or(isNull(undelivered.discardedAt), gte(undelivered.discardedAt, param('discardedBefore')))))
    .orderBy(asc(undelivered.position))
    .limit(1)
    .prepare();

  /** The ranges, except discarded ones, that share logins with a range, in order. */
  function overlapping(webhookId: string, { firstVersion, lastVersion }: LoginRange): UndeliveredRow[] {
    const rows: UndeliveredRow[] = [];
    let version = firstVersion;
    while (version <= lastVersion) {
      const row = fromVersion.get({ webhookId, version });
      if (!row || row.firstVersion > lastVersion) break;
      rows.push(row);
      version = row.lastVersion + 1;
    }
    return rows;
  }

  return {
    overlapping,

    /** The range to recover or probe first: one that a person requested, otherwise one that waits; null if there is none. */
    recoverable(webhookId: string, { redelivery }: Lane): UndeliveredRow | null {
      const requested = oldestInState.get({ webhookId, state: 'REQUESTED' });
      if (requested) return requested;
      const waiting = redelivery.recovering
        ? oldestInState.get({ webhookId, state: 'WAITING' })
        : leastRefused.get({ webhookId });
      return waiting ?? null;
    },

    /** The same for a removed webhook: the range with the fewest attempts that one of the webhooks `through` redelivers. */
    recoverableThrough(webhookId: string, through: readonly string[]): UndeliveredRow | null {
      for (const state of ['REQUESTED', 'WAITING']) {
        const [first] = through
          .map((throughWebhookId) => oldestThrough.get({ webhookId, throughWebhookId, state }))
          .filter((row) => row !== undefined)
          // A webhook whose receiver is dead must not delay the ranges of another one.
          .sort((one, other) => one.attempts - other.attempts || one.lastVersion - other.lastVersion);
        if (first) return first;
      }
      return null;
    },

    /** How many logins of a range are undelivered and not discarded. */
    countIn: (webhookId: string, range: LoginRange): number =>
      overlapping(webhookId, range).reduce((count, row) => count + loginCount(overlap(row, range)), 0),

    /** The first undelivered logins of a range, without a gap; null if there are none. */
    firstIn(webhookId: string, range: LoginRange): LoginRange | null {
      const row = fromVersion.get({ webhookId, version: range.firstVersion });
      return row ? overlap(row, range) : null;
    },

    /** The first logins of a range that are to be recovered, without a gap; null if there are none. */
    firstRecoverableIn(webhookId: string, range: LoginRange): (UndeliveredRow & LoginRange) | null {
      const row = overlapping(webhookId, range).find(({ state }) => state === 'WAITING' || state === 'REQUESTED');
      return row ? { ...row, ...overlap(row, range) } : null;
    },

    /** The oldest range that is not discarded. */
    oldest: (webhookId: string): UndeliveredRow | undefined =>
      notDiscarded
        .map((state) => oldestInState.get({ webhookId, state }))
        .filter((row) => row !== undefined)
        .sort((a, b) => a.lastVersion - b.lastVersion)[0],

    /** The position of the first event that the ranges are computed from, except ranges discarded before a time (ms). */
    firstPosition: (webhookId: string, discardedBefore: number): number | null =>
      firstEvent.get({ webhookId, discardedBefore })?.position ?? null,

    /** How many logins are in state NEEDS_ACTION. */
    needsActionTotal: (webhookId: string): number => Number(countNeedsAction.get({ webhookId })?.count ?? 0),

    /** The range whose last login has this version, in any state. */
    endingAt: (webhookId: string, lastVersion: number): UndeliveredRow | undefined =>
      db
        .select()
        .from(undelivered)
        .where(and(eq(undelivered.webhookId, webhookId), eq(undelivered.lastVersion, lastVersion)))
        .get(),

    /** The ranges of a webhook in these states, oldest first. The cursors of the page are last versions of ranges. */
    page(
      webhookId: string,
      states: readonly UndeliveredState[],
      { after, before, limit, inverted }: PageRange,
    ): UndeliveredRow[] {
      return db
        .select()
        .from(undelivered)
        .where(
          and(
            eq(undelivered.webhookId, webhookId),
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
