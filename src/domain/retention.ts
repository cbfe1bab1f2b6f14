/**
 * Retention: what of a portal's history may go. Logins and delivery events are pruned from the starts of their streams; what
 * is still to be delivered stays, and all that stands behind it, until it is older than its own limit.
 */
import type { Recorded } from './event.js';
import type { DeliveryEvent } from './lane/events.js';
import { type Lane, type OpenDelivery, openDeliveries, openDelivery, waiting } from './lane/lane.js';
import { type LoginRange, without } from './login-range.js';

export interface RetentionSettings {
  /** How long logins and attempts are kept, in ms. */
  ageMs: number;
  /** How long logins are kept that are due and not delivered, in ms; not less than `ageMs`. */
  undeliveredAgeMs: number;
  /** The data above which the oldest logins and attempts go sooner; null: any size. */
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

/** What of a portal is listed as undelivered. */
export interface Listed {
  /** The first login (version) that is listed and not discarded; null if none is. */
  firstLogin: number | null;
  /** The position of the first event that what is listed is made from; null if nothing is. */
  firstPosition: number | null;
}

/**
 * The version of the oldest login that is needed, as due and not done with, or as a part of a delivery or a replay under
 * way; null if there is none.
 *
 * @param tooOld the last login (version) that a replay has to do without if it has not come to it
 */
export function firstNeeded(lane: Lane, { firstLogin }: Listed, lastLogin: number, tooOld: number): number | null {
  const { replay } = lane;
  const replayed = replay?.status === 'RUNNING' ? replay.ranges[0] : undefined;
  const needed = [
    ...openDeliveries(lane).map(({ firstVersion }) => firstVersion),
    waiting(lane, lastLogin)[0]?.firstVersion,
    firstLogin,
    replayed && Math.max(replayed.firstVersion, tooOld + 1),
  ].filter((version) => version != null);
  return needed.length ? Math.min(...needed) : null;
}

/**
 * Whether an event of the delivery stream, and so all behind it, is needed: a delivery that is under way was begun by it, or
 * the list of the undelivered is made from it.
 */
export function isNeeded(lane: Lane, { firstPosition }: Listed, event: Recorded): boolean {
  if (firstPosition !== null && event.position >= firstPosition) return true;
  return event.type === 'BatchStarted' && openDelivery(lane, event.data.deliveryId) !== null;
}

/**
 * What becomes of logins that are due and too old. A delivery under way ends by itself while the webhook is on, and where it
 * was removed; only while it is off nobody attempts.
 *
 * @param through the last login (version) that is too old
 * @param listed the first login that is listed as undelivered, if any, and how many of a range are
 */
export function expired(
  lane: Lane,
  { firstLogin, countIn }: Listed & { countIn: (range: LoginRange) => number },
  lastLogin: number,
  through: number,
): DeliveryEvent[] {
  const { webhook } = lane;
  const { open } = lane.first;
  const { open: redelivery } = lane.redelivery;
  const expire = (range: LoginRange, deliveryId: string | null, undelivered = 0): DeliveryEvent => {
    const { firstVersion, lastVersion } = range;
    return { type: 'LoginsExpired', data: { firstVersion, lastVersion, undelivered, deliveryId } };
  };
  const isOff = webhook !== null && !webhook.enabled;
  const isStuck = (delivery: OpenDelivery | null) => isOff && delivery !== null && delivery.lastVersion <= through;
  const events: DeliveryEvent[] = [];
  if (open && isStuck(open)) events.push(expire(open, open.deliveryId));
  if (redelivery && isStuck(redelivery)) {
    events.push(expire(redelivery, redelivery.deliveryId, countIn(redelivery)));
  }
  for (const { firstVersion, lastVersion } of waiting(lane, lastLogin)) {
    if (firstVersion > through) break;
    events.push(expire({ firstVersion, lastVersion: Math.min(lastVersion, through) }, null));
  }
  if (firstLogin === null) return events;
  for (const range of without({ firstVersion: firstLogin, lastVersion: through }, redelivery ? [redelivery] : [])) {
    const undelivered = countIn(range);
    if (undelivered) events.push(expire(range, null, undelivered));
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
  return withoutReplayed(withoutOff(lane, through), through);
}

function withoutOff(lane: Lane, through: number): Lane {
  const { backlog } = lane;
  if (through <= backlog.cursor) return lane;
  const skipped = backlog.skipped.flatMap((range) => without(range, [{ firstVersion: 1, lastVersion: through }]));
  const dueThrough = backlog.dueThrough === null ? null : Math.max(backlog.dueThrough, through);
  const [next] = skipped;
  // The cursor never stands right before a skipped range: it moves past it.
  if (next?.firstVersion === through + 1) {
    return withoutOff({ ...lane, backlog: { ...backlog, dueThrough, skipped } }, next.lastVersion);
  }
  return { ...lane, backlog: { cursor: through, dueThrough, skipped } };
}

function withoutReplayed(lane: Lane, through: number): Lane {
  const { replay } = lane;
  if (!replay?.ranges.some(({ firstVersion }) => firstVersion <= through)) return lane;
  const ranges = replay.ranges.flatMap((range) => without(range, [{ firstVersion: 1, lastVersion: through }]));
  return { ...lane, replay: { ...replay, ranges } };
}
