/**
 * Retention: which events of a portal and its webhooks may be pruned. Logins and delivery events are pruned from the starts of
 * their streams. A login that any webhook must still deliver stays, and so do all later logins, until it is older than
 * `undeliveredAgeMs`.
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
  /** Above this size, the oldest logins and attempts are pruned before `ageMs`; null: no limit. */
  sizeBytes: number | null;
}

/** Which events are old enough to be pruned. An event needs to meet only one of the first two conditions. */
export interface Cut {
  /** Recorded before this time (ms, exclusive). */
  recordedBefore: number;
  /** At or before this position. */
  throughPosition: number;
  /** Logins recorded before this time (ms, exclusive) expire even if they are due and not delivered. */
  expireBefore: number;
}

/** The cut at a time (ms), without the size limit. An event whose age equals the limit is pruned. */
export function cutAt(now: number, { ageMs, undeliveredAgeMs }: RetentionSettings): Cut {
  return { recordedBefore: now - ageMs + 1, throughPosition: 0, expireBefore: now - undeliveredAgeMs + 1 };
}

/** When a login expires unless it is delivered, in ms. */
export function expiresAt(recordedAt: number, { undeliveredAgeMs }: RetentionSettings): number {
  return recordedAt + undeliveredAgeMs;
}

/** The start of a webhook's list of undelivered ranges. */
export interface Listed {
  /** The first undelivered login (version) that is not discarded; null if there is none. */
  firstLogin: number | null;
  /** The position of the first event that the list is computed from; null if the list is empty. */
  firstPosition: number | null;
}

/**
 * The version of the oldest login that a lane needs; null if there is none. A login is needed if it is pending, undelivered, or part
 * of an open delivery or a running replay.
 *
 * @param tooOld a running replay does not keep logins through this version (inclusive)
 */
export function firstNeeded(
  lane: Lane,
  { firstLogin }: Pick<Listed, 'firstLogin'>,
  lastLogin: number,
  tooOld: number,
): number | null {
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
 * Whether an event of the delivery stream is needed, and so all later ones: it started a delivery that is still open, or the list
 * of undelivered ranges is computed from it.
 */
export function isNeeded(lane: Lane, { firstPosition }: Listed, event: Recorded): boolean {
  if (firstPosition !== null && event.position >= firstPosition) return true;
  return event.type === 'BatchStarted' && openDelivery(lane, event.data.deliveryId) !== null;
}

/**
 * The events that expire logins that are due and too old. An open delivery expires only while the webhook is off: otherwise its
 * attempts, or the removal of the webhook, end it.
 *
 * @param listed the list of undelivered ranges; `countIn` returns how many logins of a range are on it
 * @param through the last login (version) that is too old
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
 * The lane after logins were pruned. The cursor moves past pruned logins that were recorded while the webhook was off, so
 * that they never become due.
 *
 * @param through the last pruned login (version); before the first login that is needed
 */
export function withoutLogins(lane: Lane, through: number): Lane {
  return withoutReplayed(withCursorPast(lane, through), through);
}

function withCursorPast(lane: Lane, through: number): Lane {
  const { backlog } = lane;
  if (through <= backlog.cursor) return lane;
  const skipped = backlog.skipped.flatMap((range) => without(range, [{ firstVersion: 1, lastVersion: through }]));
  const dueThrough = backlog.dueThrough === null ? null : Math.max(backlog.dueThrough, through);
  const [next] = skipped;
  // The cursor is never directly before a skipped range: it moves past it.
  if (next?.firstVersion === through + 1) {
    return withCursorPast({ ...lane, backlog: { ...backlog, dueThrough, skipped } }, next.lastVersion);
  }
  return { ...lane, backlog: { cursor: through, dueThrough, skipped } };
}

function withoutReplayed(lane: Lane, through: number): Lane {
  const { replay } = lane;
  if (!replay?.ranges.some(({ firstVersion }) => firstVersion <= through)) return lane;
  const ranges = replay.ranges.flatMap((range) => without(range, [{ firstVersion: 1, lastVersion: through }]));
  return { ...lane, replay: { ...replay, ranges } };
}
