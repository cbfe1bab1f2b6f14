/** The events of a webhook's delivery stream. */
import type { LoginRange } from '../login-range.js';
import type { Attempt, Rejection } from './attempt.js';
import type { BatchStarted } from './batch.js';
import type { RejectedLine } from './lane.js';
import type { LaneSnapshot } from './snapshot.js';

/** The receiver asked for a pause (Retry-After): no webhook sends a request to this destination before that time (ms). */
interface DestinationPause {
  destinationPausedUntil?: number;
}

interface Abandonment {
  /** After an abandoned first delivery, no batch starts before that time (ms); after a redelivery, no redelivery does. */
  nextBatchDueAt: number | null;
  /** The oldest undelivered range is probed at that time (ms), unless a delivery succeeds before. */
  probeDueAt?: number;
  /** The batch was one line, and the receiver rejected it although it takes others. The range needs action. */
  reason?: Rejection;
  /** These lines were rejected since the last success. Probably not because of their content: they need no action, they wait. */
  released?: RejectedLine[];
}

export type DeliveryEvent =
  | { type: 'BatchStarted'; data: BatchStarted }
  /** `recovered`: how many of its logins were undelivered before. */
  | { type: 'BatchDelivered'; data: Attempt & { recovered?: number } }
  | { type: 'RetryScheduled'; data: Attempt & DestinationPause & { retryDueAt: number } }
  /** The receiver rejected a batch of several lines. Its two halves are sent instead. */
  | { type: 'BatchSplit'; data: Attempt & { reason: Rejection } }
  /**
   * The batch was given up: after its last retry, after an answer that no retry changes, or because its single line was rejected.
   * The logins of a first delivery become undelivered; those of a recovery or probe stay so. A replay changes nothing
   * for them.
   */
  | { type: 'BatchAbandoned'; data: Attempt & DestinationPause & Abandonment }
  /** The webhook's destination or its log format changed. The same logins go into a new delivery. */
  | { type: 'DeliverySuperseded'; data: { deliveryId: string } }
  /** These logins were recorded while the webhook was off and are not due. */
  | { type: 'LoginsSkipped'; data: LoginRange }
  /** The webhook was removed before these logins, which were due, were delivered. `deliveryId`: the delivery that this ends. */
  | { type: 'LoginsUndelivered'; data: LoginRange & { deliveryId: string | null; reason: 'WEBHOOK_REMOVED' } }
  /**
   * The lane at this moment, so that events before it may be pruned: logins and delivery events through these versions
   * (inclusive). Undelivered ranges that were discarded before `discardedBefore` (ms, exclusive) are deleted.
   */
  | {
      type: 'LaneSnapshotted';
      data: { loginsThrough: number; deliveriesThrough: number; discardedBefore: number; snapshot: LaneSnapshot };
    }
  /**
   * These logins were due and were not delivered within the time for which they are kept. `undelivered`: how many of them were
   * listed as undelivered; 0 if they were pending. `deliveryId`: the delivery that this ends.
   */
  | { type: 'LoginsExpired'; data: LoginRange & { undelivered: number; deliveryId: string | null } };
