/**
 * Retention: what of a portal's history may go. Logins and delivery events are pruned from the starts of their streams; what
 * is still to be delivered stays, and all that stands behind it, until it is older than its own limit.
 */
import type { Recorded } from './event.js';
import { type Lane, waiting } from './lane.js';
import type { LoginRange } from './range.js';

export type RetentionEvent =
  /**
   * Stands behind everything that its pruning takes (versions, inclusive; less where something turns out to be needed), and
   * carries the lane, which nobody could fold any more from what is left.
   */
  | { type: 'Checkpointed'; data: { loginsThrough: number; deliveriesThrough: number; lane: Lane } }
  /** Due and not delivered within the time for that. `deliveryId`: of the open delivery, where that ends with it. */
  | { type: 'LoginsExpired'; data: LoginRange & { deliveryId: string | null } };

export interface RetentionSettings {
  /** How long logins and tries are kept, in ms. */
  ageMs: number;
  /** How long logins are kept that are due and not delivered, in ms; not less than `ageMs`. */
  undeliveredAgeMs: number;
  /** The data above which the oldest logins and tries go sooner; null: any size. */
  sizeBytes: number | null;
}

/** What may go: what was recorded before a time (ms, exclusive), and what stands at or before a position. */
export interface Cut {
  recordedBefore: number;
  throughPosition: number;
  /** Logins recorded before this time (ms, exclusive) expire even if they are due and not delivered. */
  expireBefore: number;
}

/** What may go at a time (ms), whatever its size: what is just as old as it may be goes. */
export function cutAt(now: number, { ageMs, undeliveredAgeMs }: RetentionSettings): Cut {
  return { recordedBefore: now - ageMs + 1, throughPosition: 0, expireBefore: now - undeliveredAgeMs + 1 };
}

/** When a login expires if it is not delivered before, in ms. */
export function expiresAt(recordedAt: number, { undeliveredAgeMs }: RetentionSettings): number {
  return recordedAt + undeliveredAgeMs;
}

/** The version of the oldest login that is due and not done with; null if there is none. */
export function firstNeeded(lane: Lane, lastLogin: number): number | null {
  return lane.open?.firstVersion ?? waiting(lane, lastLogin)[0]?.firstVersion ?? null;
}

/**
 * Whether an event of the delivery stream, and so all behind it, is needed: a delivery that is under way was begun by it.
 */
export function isNeeded(lane: Lane, event: Recorded): boolean {
  return event.type === 'BatchStarted' && event.data.deliveryId === lane.open?.deliveryId;
}

/**
 * What becomes of logins that are due and too old. An open delivery ends by itself while the webhook is on, and where it was
 * removed; only while it is off nobody tries.
 *
 * @param through the last login (version) that is too old
 */
export function expired(lane: Lane, lastLogin: number, through: number): RetentionEvent[] {
  const { open, webhook } = lane;
  const events = waiting(lane, Math.min(lastLogin, through))
    .map(({ firstVersion, lastVersion }) => ({ firstVersion, lastVersion: Math.min(lastVersion, through) }))
    .filter(({ firstVersion, lastVersion }) => firstVersion <= lastVersion)
    .map((range): RetentionEvent => ({ type: 'LoginsExpired', data: { ...range, deliveryId: null } }));
  if (open && webhook && !webhook.enabled && open.lastVersion <= through) {
    const { firstVersion, lastVersion, deliveryId } = open;
    events.push({ type: 'LoginsExpired', data: { firstVersion, lastVersion, deliveryId } });
  }
  return events;
}

/**
 * The lane without logins that nobody waits for. Those that were recorded while the webhook was off, and are gone, count as
 * done with: they never come up as due.
 *
 * @param through the last login (version) that goes; before the first that is needed
 */
export function withoutLogins(lane: Lane, through: number): Lane {
  if (through <= lane.cursor) return lane;
  const passedOver = lane.passedOver
    .filter(({ lastVersion }) => lastVersion > through)
    .map(({ firstVersion, lastVersion }) => ({ firstVersion: Math.max(firstVersion, through + 1), lastVersion }));
  const dueThrough = lane.dueThrough === null ? null : Math.max(lane.dueThrough, through);
  const [next] = passedOver;
  // What is passed over next is done with, too: the cursor never stands in front of it.
  if (next?.firstVersion === through + 1) {
    return withoutLogins({ ...lane, dueThrough, passedOver }, next.lastVersion);
  }
  return { ...lane, cursor: through, dueThrough, passedOver };
}
