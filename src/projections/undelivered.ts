/** The undelivered ranges: logins whose delivery was abandoned or whose webhook was removed. */
import { and, eq, isNotNull, lt } from 'drizzle-orm';
import type { Db } from '../../db/open.js';
import { undelivered } from '../../db/tables.js';
import type { Recorded } from '../domain/event.js';
import type { Purpose } from '../domain/lane/attempt.js';
import { MAX_RETRIES } from '../domain/lane/backoff.js';
import { type Lane, openDelivery, type RejectedLine } from '../domain/lane/lane.js';
import type { Narrowing } from '../domain/lane/narrowing.js';
import type { LoginRange } from '../domain/login-range.js';
import { streamId } from '../domain/stream.js';
import { MAX_RECOVERIES } from '../domain/undelivered.js';
import { createUndeliveredRanges, type UndeliveredRow } from './undelivered-ranges.js';

type RowKey = Pick<UndeliveredRow, 'webhookId' | 'lastVersion'>;

/** `createLanes` calls `apply`, because an event has only the id of its delivery, and the lane has the logins. */
export function createUndelivered(db: Db) {
  const ranges = createUndeliveredRanges(db);
  const keyIs = ({ webhookId, lastVersion }: RowKey) =>
    and(eq(undelivered.webhookId, webhookId), eq(undelivered.lastVersion, lastVersion));
  const change = (row: RowKey, set: Partial<UndeliveredRow>) =>
    void db.update(undelivered).set(set).where(keyIs(row)).run();
  const isRedirected = (webhookId: string) =>
    and(eq(undelivered.webhookId, webhookId), isNotNull(undelivered.throughWebhookId));
  const insert = (row: UndeliveredRow) => void db.insert(undelivered).values(row).run();

  /** Removes the logins of a range from all rows; the other logins of a row stay. @returns the rows before the change */
  function subtract(webhookId: string, range: LoginRange): UndeliveredRow[] {
    const rows = ranges.overlapping(webhookId, range);
    for (const row of rows) {
      if (row.lastVersion > range.lastVersion) change(row, { firstVersion: range.lastVersion + 1 });
      else db.delete(undelivered).where(keyIs(row)).run();
      if (row.firstVersion < range.firstVersion) insert({ ...row, lastVersion: range.firstVersion - 1 });
    }
    return rows;
  }

  function add(event: Recorded, range: LoginRange, facts: Pick<UndeliveredRow, 'reason'> & Partial<UndeliveredRow>) {
    const { firstVersion, lastVersion } = range;
    insert({
      webhookId: streamId(event.stream),
      firstVersion,
      lastVersion,
      state: 'WAITING',
      responseCode: null,
      message: null,
      attempts: 0,
      recoveries: 0,
      finalAnswers: 0,
      attemptPosition: null,
      abandonedAt: event.recordedAt,
      throughWebhookId: null,
      position: event.position,
      discardedBy: null,
      discardedReason: null,
      discardedAt: null,
      ...facts,
    });
  }

  function abandoned(event: Extract<Recorded, { type: 'BatchAbandoned' }>, lane: Lane): void {
    const webhookId = streamId(event.stream);
    const { attemptNumber, responseCode, message, reason = 'ABANDONED' } = event.data;
    const delivery = openDelivery(lane, event.data.deliveryId);
    if (!delivery) return;
    const isRejected = reason !== 'ABANDONED';
    const outcome = { state: isRejected ? 'NEEDS_ACTION' : 'WAITING', reason } as const;
    const isFinal = attemptNumber <= MAX_RETRIES;
    for (const line of event.data.released ?? []) release(webhookId, line);
    if (delivery.purpose === 'FIRST') {
      const attempt = { responseCode, message, attemptPosition: event.position };
      const facts = { ...attempt, attempts: attemptNumber, finalAnswers: isFinal ? 1 : 0 };
      return add(event, delivery, { ...outcome, ...facts, position: delivery.startedPosition });
    }
    // The failure of a replay changes nothing for the ranges that it sent.
    if (delivery.purpose === 'REPLAY' && !isRejected) return;
    // The attempted logins become a range of their own, so that they do not delay the rest.
    for (const row of subtract(webhookId, delivery)) {
      const { firstVersion, lastVersion } = delivery;
      const attempts = row.attempts + attemptNumber;
      const attempt = { responseCode, message, attemptPosition: event.position };
      const attempted = { ...row, firstVersion, lastVersion, ...attempt, attempts };
      insert({ ...attempted, ...(isRejected ? outcome : afterFailure(row, delivery.purpose, isFinal)) });
      // The rest of a requested range then waits for a success, like other ranges.
      const isRestRequested = !isRejected && row.state === 'REQUESTED' && row.lastVersion > lastVersion;
      if (isRestRequested) change(row, { state: 'WAITING' });
    }
    if (!isRejected) endRequests(webhookId, lane.redelivery.narrowing);
  }

  /** The receiver rejects every line: one that was rejected before does not need a person. Probes send other lines first. */
  function release(webhookId: string, line: RejectedLine): void {
    for (const row of ranges.overlapping(webhookId, line)) {
      // A person may have requested it since.
      const isRequested = row.state === 'REQUESTED';
      const failed = isRequested ? {} : { state: 'WAITING' as const, ...afterFailure(row, line.purpose, true) };
      change(row, { reason: 'ABANDONED', ...failed });
    }
  }

  /** The narrowing of a redelivery ended early: its requested ranges wait for a success, like other ranges. */
  function endRequests(webhookId: string, narrowing: Narrowing | null): void {
    for (const row of narrowing?.parts.flatMap((part) => ranges.overlapping(webhookId, part)) ?? []) {
      if (row.state === 'REQUESTED') change(row, { state: 'WAITING' });
    }
  }

  return {
    ranges,
    tables: [undelivered],
    /** @param lane as it was before the event */
    apply(event: Recorded, lane: Lane): void {
      const webhookId = streamId(event.stream);
      switch (event.type) {
        case 'BatchAbandoned':
          abandoned(event, lane);
          break;
        case 'BatchSplit': {
          const { attemptNumber, responseCode, message, deliveryId } = event.data;
          const delivery = openDelivery(lane, deliveryId);
          if (!delivery || delivery.purpose === 'FIRST' || delivery.purpose === 'REPLAY') break;
          for (const row of ranges.overlapping(webhookId, delivery)) {
            const attempt = { responseCode, message, attemptPosition: event.position };
            change(row, { ...attempt, attempts: row.attempts + attemptNumber });
          }
          break;
        }
        case 'BatchDelivered': {
          const delivery = openDelivery(lane, event.data.deliveryId);
          if (delivery && delivery.purpose !== 'FIRST') subtract(webhookId, delivery);
          break;
        }
        case 'LoginsUndelivered':
          add(event, event.data, { reason: event.data.reason, ...attemptedBefore(lane, event.data.deliveryId) });
          break;
        case 'LoginsExpired':
          if (event.data.undelivered) subtract(webhookId, event.data);
          break;
        case 'LaneSnapshotted':
          db.delete(undelivered)
            .where(and(eq(undelivered.webhookId, webhookId), lt(undelivered.discardedAt, event.data.discardedBefore)))
            .run();
          break;
        case 'RedeliveryRequested':
          for (const range of event.data.ranges) {
            const throughWebhookId = event.data.throughWebhookId ?? null;
            change({ webhookId, ...range }, { state: 'REQUESTED', recoveries: 0, throughWebhookId });
          }
          break;
        case 'WebhookConfigured':
          // The webhook can send its ranges by itself again.
          if (!lane.webhook) {
            db.update(undelivered).set({ throughWebhookId: null }).where(isRedirected(webhookId)).run();
          }
          break;
        case 'LoginsDiscarded': {
          const { ranges: discardedRanges, reason: discardedReason } = event.data;
          const discarded = { discardedReason, discardedBy: event.actor, discardedAt: event.recordedAt };
          for (const range of discardedRanges) change({ webhookId, ...range }, { state: 'DISCARDED', ...discarded });
          break;
        }
      }
    },
  };
}

/** How a range changes after a redelivery of it failed. Probes prefer the range that got the fewest final answers. */
function afterFailure(row: UndeliveredRow, purpose: Purpose, isFinal: boolean): Partial<UndeliveredRow> {
  const finalAnswers = row.finalAnswers + (isFinal ? 1 : 0);
  if (purpose !== 'RECOVERY') return { finalAnswers };
  const recoveries = row.recoveries + 1;
  if (recoveries >= MAX_RECOVERIES) {
    return { finalAnswers, recoveries, state: 'NEEDS_ACTION', reason: 'RECOVERIES_FAILED' };
  }
  // A range that needed action and was then requested loses its reason.
  const reason = row.reason === 'WEBHOOK_REMOVED' ? row.reason : 'ABANDONED';
  return { finalAnswers, recoveries, state: 'WAITING', reason };
}

/** The attempts of the delivery that the removal of the webhook ended. */
function attemptedBefore(lane: Lane, deliveryId: string | null): Partial<UndeliveredRow> {
  const delivery = deliveryId === null ? null : openDelivery(lane, deliveryId);
  if (!delivery) return {};
  const { failedAttempts: attempts, startedPosition: position } = delivery;
  const { lastAttempt } = lane.health;
  if (!attempts || !lastAttempt) return { position };
  const { responseCode, message } = lastAttempt;
  return { position, attempts, responseCode, message };
}
