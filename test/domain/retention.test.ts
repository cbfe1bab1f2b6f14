import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeliveryEvent } from '../../src/domain/lane/events.js';
import { evolve, type LaneEvent } from '../../src/domain/lane/evolve.js';
import { emptyLane, type Lane, pending, waiting } from '../../src/domain/lane/lane.js';
import { type LoginRange, loginCount, overlap } from '../../src/domain/login-range.js';
import type { Replay } from '../../src/domain/replay.js';
import { cutAt, expired, expiresAt, firstNeeded, withoutLogins } from '../../src/domain/retention.js';
import {
  batchAbandoned,
  batchDelivered,
  batchStarted,
  loginsSkipped,
  loginsUndelivered,
  retryScheduled,
  webhookOff,
  webhookOn,
  webhookRemoved,
} from '../support/domain/events.js';

const laneOf = (...events: LaneEvent[]): Lane => events.reduce(evolve, emptyLane);
const expiredRange = (
  firstVersion: number,
  lastVersion: number,
  deliveryId: string | null = null,
  undelivered = 0,
): DeliveryEvent => ({ type: 'LoginsExpired', data: { firstVersion, lastVersion, undelivered, deliveryId } });

/** A list of undelivered logins with these ranges. */
const listing = (...ranges: LoginRange[]) => ({
  firstLogin: ranges[0]?.firstVersion ?? null,
  firstPosition: null,
  countIn: (wanted: LoginRange) => ranges.reduce((count, range) => count + loginCount(overlap(range, wanted)), 0),
});
const nothing = listing();
const range = (firstVersion: number, lastVersion: number): LoginRange => ({ firstVersion, lastVersion });

describe('the first login that is needed', () => {
  it('is the first pending login', () => {
    expect(firstNeeded(laneOf(webhookOn()), nothing, 5, 0)).toBe(1);
    expect(firstNeeded(laneOf(webhookOn(), batchStarted('d', 1, 3), batchDelivered('d')), nothing, 5, 0)).toBe(4);
  });

  it('is the first login of the open delivery, even if it waits for a retry or the webhook is off', () => {
    expect(firstNeeded(laneOf(webhookOn(), batchStarted('d', 1, 3), retryScheduled('d', 1, 9)), nothing, 5, 0)).toBe(1);
    expect(firstNeeded(laneOf(webhookOn(), batchStarted('d', 1, 3), webhookOff(5)), nothing, 9, 0)).toBe(1);
  });

  it('does not exist if everything is delivered or nothing is due', () => {
    expect(firstNeeded(laneOf(webhookOn(), batchStarted('d', 1, 3), batchDelivered('d')), nothing, 3, 0)).toBe(null);
    expect(firstNeeded(emptyLane, nothing, 5, 0)).toBe(null);
    expect(firstNeeded(laneOf(webhookOn(), webhookOff(0)), nothing, 5, 0)).toBe(null);
  });

  it('is not a skipped login', () => {
    expect(firstNeeded(laneOf(webhookOff(0), webhookOn(4), loginsSkipped(1, 4)), nothing, 9, 0)).toBe(5);
  });
});

describe('an undelivered login', () => {
  it('is needed, however old its last attempt is', () => {
    expect(
      firstNeeded(laneOf(webhookOn(), batchStarted('d', 1, 3), batchAbandoned('d', 5, 99)), listing(range(2, 3)), 3, 0),
    ).toBe(2);
  });

  it('expires if it is too old, and is then no longer listed', () => {
    const lane = laneOf(webhookOn(), batchStarted('d', 1, 4), batchAbandoned('d', 5, 99));
    const events = expired(lane, listing(range(1, 1), range(3, 4)), 4, 3);
    expect(events).toEqual([expiredRange(1, 3, null, 2)]);
    expect(events.reduce<Lane>(evolve, lane)).toMatchObject({
      backlog: { cursor: 4 },
      totals: { undelivered: 2, discarded: 2 },
    });
  });

  it('does not expire while it is redelivered, unless the webhook is off', () => {
    const batch = batchStarted('r', 1, 2);
    const recovery = { ...batch, data: { ...batch.data, purpose: 'RECOVERY' as const } };
    const lane = laneOf(webhookOn(), batchStarted('d', 1, 4), batchAbandoned('d', 5, 99), recovery);
    expect(expired(lane, listing(range(1, 4)), 4, 4)).toEqual([expiredRange(3, 4, null, 2)]);
    const off = expired(evolve(lane, webhookOff(4)), listing(range(1, 4)), 4, 4);
    expect(off).toEqual([expiredRange(1, 2, 'r', 2), expiredRange(3, 4, null, 2)]);
    expect(off.reduce<Lane>(evolve, lane)).toMatchObject({
      redelivery: { open: null },
      totals: { undelivered: 0, discarded: 4 },
    });
  });
});

describe('a running replay', () => {
  const lane: Lane = {
    ...emptyLane,
    backlog: { ...emptyLane.backlog, cursor: 9 },
    replay: { ...replayOf(range(2, 5), range(7, 9)) },
  };

  it('needs the logins that it has not sent, until they are too old', () => {
    expect(firstNeeded(lane, nothing, 9, 0)).toBe(2);
    expect(firstNeeded(lane, nothing, 9, 3)).toBe(4);
  });

  it('continues with the logins that are left', () => {
    expect(withoutLogins(lane, 3).replay?.ranges).toEqual([range(4, 5), range(7, 9)]);
    expect(withoutLogins(lane, 1)).toBe(lane);
  });
});

function replayOf(...ranges: LoginRange[]): Replay {
  const times = { startAt: 0, endAt: 9, requestedAt: 9, updatedAt: 9 };
  return {
    ...times,
    jobId: 'j',
    scope: 'ALL',
    status: 'RUNNING',
    ranges,
    total: 7,
    sent: 0,
    rejected: 0,
    rejectedVersions: [],
    message: null,
  };
}

describe('a due login that is too old', () => {
  it('expires, in a range that ends with the last login that is too old', () => {
    const lane = laneOf(webhookOn(), webhookOff(3), webhookOn(6), loginsSkipped(4, 6));
    expect(expired(lane, nothing, 20, 2)).toEqual([expiredRange(1, 2)]);
    expect(expired(lane, nothing, 20, 5)).toEqual([expiredRange(1, 3)]);
    expect(expired(lane, nothing, 20, 9)).toEqual([expiredRange(1, 3), expiredRange(7, 9)]);
    expect(expired(lane, nothing, 20, 0)).toEqual([]);
  });

  it('does not expire while it is in a delivery that ends by itself', () => {
    const open = laneOf(webhookOn(), batchStarted('d', 1, 3), retryScheduled('d', 1, 9));
    expect(expired(open, nothing, 9, 5)).toEqual([expiredRange(4, 5)]);
    expect(expired(evolve(open, webhookRemoved(9)), nothing, 9, 5)).toEqual([expiredRange(4, 5)]);
  });

  it('expires with its delivery if the webhook is off, once all logins of the delivery are too old', () => {
    const off = laneOf(webhookOn(), batchStarted('d', 1, 3), webhookOff(3));
    expect(expired(off, nothing, 9, 2)).toEqual([]);
    expect(expired(off, nothing, 9, 5)).toEqual([expiredRange(1, 3, 'd')]);
  });

  it('is no longer due, and counts as discarded', () => {
    const off = laneOf(webhookOn(), batchStarted('d', 1, 3), webhookOff(6));
    const lane = expired(off, nothing, 9, 6).reduce<Lane>(evolve, off);
    expect(lane).toMatchObject({
      first: { open: null },
      backlog: { cursor: 6, skipped: [] },
      totals: { discarded: 6, undelivered: 0 },
    });
    expect([pending(lane, 9), waiting(lane, 9)]).toEqual([0, []]);
  });
});

describe('pruned logins that were never due', () => {
  it('are not due when the webhook is turned on', () => {
    const lane = withoutLogins(laneOf(webhookOn(), webhookOff(0)), 7);
    const on = [webhookOn(9), loginsSkipped((lane.backlog.dueThrough ?? 0) + 1, 9)].reduce(evolve, lane);
    expect(waiting(on, 12)).toEqual([{ firstVersion: 10, lastVersion: 12 }]);
    expect(pending(on, 12)).toBe(3);
  });

  it('are before the cursor: a catch-up begins after them', () => {
    expect(withoutLogins(emptyLane, 7)).toMatchObject({ backlog: { cursor: 7, dueThrough: 7, skipped: [] } });
    const caughtUp = evolve(withoutLogins(emptyLane, 7), webhookOn(9));
    expect(waiting(caughtUp, 9)).toEqual([{ firstVersion: 8, lastVersion: 9 }]);
  });

  it('do not change a lane whose cursor is past them', () => {
    const lane = laneOf(webhookOn(), batchStarted('d', 1, 5), batchAbandoned('d', 5, 99));
    expect(withoutLogins(lane, 5)).toBe(lane);
  });
});

const event = fc.oneof(
  fc.constantFrom('on', 'off', 'remove').map((what) => ({ what })),
  fc.record({ what: fc.constant('record'), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ what: fc.constant('deliver'), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ what: fc.constant('prune'), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

it('a pruned login is never due again, whatever happens later', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let lane = emptyLane;
      let [lastLogin, horizon, batches] = [0, 0, 0];
      for (const next of events) {
        const before = pending(lane, lastLogin);
        if (next.what === 'record' && 'count' in next) lastLogin += next.count;
        if (next.what === 'deliver' && 'count' in next) deliver(next.count);
        if (next.what === 'on') turnOn();
        if (next.what === 'off' && lane.webhook) lane = evolve(lane, webhookOff(lastLogin));
        if (next.what === 'remove' && lane.webhook) remove();
        if ('part' in next) {
          const through = Math.floor(((firstNeeded(lane, nothing, lastLogin, 0) ?? lastLogin + 1) - 1) * next.part);
          lane = withoutLogins(lane, through);
          horizon = Math.max(horizon, through);
          expect(pending(lane, lastLogin)).toBe(before);
        }
        expect(waiting(lane, lastLogin)[0]?.firstVersion ?? Infinity).toBeGreaterThan(horizon);
        expect(pending(lane, lastLogin)).toBeGreaterThanOrEqual(0);
      }

      function turnOn(): void {
        const { dueThrough } = lane.backlog;
        lane = evolve(lane, webhookOn(lastLogin));
        if (dueThrough !== null && dueThrough < lastLogin)
          lane = evolve(lane, loginsSkipped(dueThrough + 1, lastLogin));
      }

      function remove(): void {
        const ranges = waiting(lane, lastLogin);
        lane = evolve(lane, webhookRemoved(lastLogin));
        for (const { firstVersion, lastVersion } of ranges)
          lane = evolve(lane, loginsUndelivered(firstVersion, lastVersion));
      }

      function deliver(count: number): void {
        const [range] = waiting(lane, lastLogin);
        if (!range || !lane.webhook?.enabled) return;
        const id = `d-${(batches += 1)}`;
        const last = Math.min(range.lastVersion, range.firstVersion + count - 1);
        lane = [batchStarted(id, range.firstVersion, last), batchDelivered(id)].reduce(evolve, lane);
      }
    }),
  );
});

it('the cut is computed from the settings, and a login expires when it is as old as the limit for undelivered logins', () => {
  const settings = { ageMs: 700, undeliveredAgeMs: 3_000, sizeBytes: null };
  expect(cutAt(10_000, settings)).toEqual({ recordedBefore: 9_301, throughPosition: 0, expireBefore: 7_001 });
  expect(expiresAt(7_000, settings)).toBe(10_000);
});
