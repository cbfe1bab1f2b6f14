/** Narrowing over the real commands and read models, with a receiver that rejects certain logins. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/domain/lane/attempt.js';
import { type LoginRange, loginCount } from '../../../src/domain/login-range.js';
import { rejected, success, tooLarge, unauthorized, unavailable } from '../../support/domain/events.js';
import { benchPortal, openBench } from '../../support/lane/bench.js';

const MAX_LINES = 500;
/** The requests that find out that a receiver rejects every one of 500 lines. */
const MOST_IF_ALL_ARE_REJECTED = 11;

/** The requests for n lines of which k are rejected, at most. */
const most = (k: number, n: number): number => 2 * k * Math.ceil(Math.log2(n)) + 2;

/** A portal with one delivered login, so that its destination worked, and `count` more that wait. */
function withWaiting(count: number) {
  const portal = benchPortal(openBench());
  portal.configure(0, true);
  portal.perform({ do: 'record', logins: 1 });
  portal.drain();
  portal.perform({ do: 'record', logins: count });
  return portal;
}

/** Rejects each batch with one of these logins (versions) in it. */
const rejecting =
  (versions: readonly number[], answer = rejected) =>
  (batch: { firstVersion: number; lastVersion: number }) =>
    versions.some((version) => version >= batch.firstVersion && version <= batch.lastVersion) ? answer : success;

const listed = (portal: ReturnType<typeof withWaiting>) =>
  portal.rows().map(({ firstVersion, lastVersion, state, reason }) => [firstVersion, lastVersion, state, reason]);

describe('a first delivery with rejected lines', () => {
  it.each([
    ['REJECTED', rejected],
    ['TOO_LARGE', tooLarge],
  ] as const)('delivers all others at once and in order (%s)', (reason, answer) => {
    const portal = withWaiting(400);
    const before = portal.now();
    const sent = portal.drain(rejecting([200], answer));
    expect(listed(portal)).toEqual([[200, 200, 'NEEDS_ACTION', reason]]);
    expect(portal.count('delivered')).toBe(400);
    expect(sent.length).toBeLessThanOrEqual(most(1, 400));
    expect(portal.now(), 'no time passes').toBe(before);
    const starts = sent.map(({ firstVersion }) => firstVersion);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  it('needs few requests and delivers every other line, wherever they are', { timeout: 60_000 }, () => {
    const anywhere = fc.uniqueArray(fc.integer({ min: 2, max: MAX_LINES + 1 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(anywhere, (versions) => {
        // If the first two are rejected, the receiver is taken to reject everything.
        fc.pre(!(versions.includes(2) && versions.includes(3)));
        const portal = withWaiting(MAX_LINES);
        const sent = portal.drain(rejecting(versions));
        expect(portal.count('delivered')).toBe(1 + MAX_LINES - versions.length);
        expect(listed(portal)).toEqual(
          versions.toSorted((a, b) => a - b).map((version) => [version, version, 'NEEDS_ACTION', 'REJECTED']),
        );
        expect(sent.length).toBeLessThanOrEqual(most(versions.length, MAX_LINES));
      }),
      { numRuns: 15 },
    );
  });

  it('is not narrowed if the answer is about the request, or if the destination did not work before', () => {
    const portal = withWaiting(400);
    expect(portal.drain(unauthorized, portal.now())).toEqual([{ firstVersion: 2, lastVersion: 401 }]);
    const another = benchPortal(openBench());
    another.configure(0, true);
    another.perform({ do: 'record', logins: 400 });
    expect(another.drain(rejected, another.now())).toEqual([{ firstVersion: 1, lastVersion: 400 }]);
  });
});

describe('a receiver that rejects everything', () => {
  it.each([rejected, tooLarge])('is found out with 11 requests, and no line needs action ($responseCode)', (answer) => {
    const portal = withWaiting(MAX_LINES);
    const sent = portal.drain(answer, portal.now());
    expect(sent).toHaveLength(MOST_IF_ALL_ARE_REJECTED);
    expect(sent.slice(-2)).toEqual([2, 3].map((version) => ({ firstVersion: version, lastVersion: version })));
    expect(listed(portal)).toEqual([2, 3].map((version) => [version, version, 'WAITING', 'ABANDONED']));
    expect(portal.lane()).toMatchObject({ batch: { limit: 1 }, first: { nextBatchDueAt: portal.now() + 1_000 } });
    portal.drain(answer, portal.now() + 3_600_000);
    expect(portal.rows().filter(({ state }) => state === 'NEEDS_ACTION')).toEqual([]);
    portal.drain();
    expect(portal.rows()).toEqual([]);
  });
});

/** Answers with `first` until it was asked so many times, then with `then`. */
function changing(times: number, first: (batch: LoginRange) => Outcome, then: Outcome) {
  let asked = 0;
  return (batch: LoginRange): Outcome => {
    asked += 1;
    return asked > times ? then : first(batch);
  };
}

describe('a receiver that rejects everything from some moment on', () => {
  it('is found out after a part of the batch was taken, and no line needs action', () => {
    const portal = withWaiting(MAX_LINES);
    let taken = 0;
    const quota = (batch: LoginRange) => {
      if (taken + loginCount(batch) > 100) return rejected;
      taken += loginCount(batch);
      return success;
    };
    const sent = portal.drain(quota, portal.now());
    expect(taken).toBe(100);
    // The batch by halves down to its first part, at most two for each level to each line that is taken, and 17 lines alone.
    expect(sent.length).toBeLessThanOrEqual(most(1, MAX_LINES) + 2 * 17);
    expect(portal.rows().filter(({ state }) => state !== 'WAITING')).toEqual([]);
    portal.drain();
    expect(portal.rows()).toEqual([]);
  });

  it.each([
    ['401', unauthorized],
    ['503', unavailable()],
  ])('and answers %s then: the line that it had rejected alone needs no action', (_, answer) => {
    const portal = withWaiting(MAX_LINES);
    // The tenth request is the first line alone.
    portal.drain(
      changing(10, () => rejected, answer),
      portal.now() + 10 * 60_000,
    );
    expect(portal.rows().filter(({ state }) => state === 'NEEDS_ACTION')).toEqual([]);
    portal.drain();
    expect(portal.rows()).toEqual([]);
  });

  it('does not make innocent lines of a replay rejected ones', () => {
    const portal = withWaiting(MAX_LINES);
    portal.drain();
    portal.perform({ do: 'request replay', from: 1_000, through: 0, scope: 'ALL' });
    portal.drain(rejected, portal.now());
    expect(portal.lane().replay).toMatchObject({ status: 'FAILED', sent: 0, rejected: 0, rejectedVersions: [] });
  });
});

describe('single lines that are rejected in batches of their own', () => {
  it('need action, because the receiver takes others in between', () => {
    const portal = withWaiting(1);
    const poison = [3, 5, 7, 9, 11];
    portal.drain();
    for (let version = 3; version <= 12; version += 1) {
      portal.perform({ do: 'record', logins: 1 });
      portal.drain(rejecting(poison), portal.now() + 60_000);
    }
    expect(listed(portal)).toEqual(poison.map((version) => [version, version, 'NEEDS_ACTION', 'REJECTED']));
    portal.perform({ do: 'redeliver', ranges: [0, 1, 2] });
    portal.drain(rejecting(poison), portal.now() + 60_000);
    expect(listed(portal)).toEqual(poison.map((version) => [version, version, 'NEEDS_ACTION', 'REJECTED']));
    portal.perform({ do: 'request replay', from: 3_600_000, through: 0, scope: 'UNDELIVERED' });
    portal.drain(rejecting(poison), portal.now() + 60_000);
    expect(portal.lane().replay).toMatchObject({ status: 'COMPLETED', sent: 0, rejected: 5 });
    expect(listed(portal)).toEqual(poison.map((version) => [version, version, 'NEEDS_ACTION', 'REJECTED']));
  });
});

it('a receiver that rejects a recovery and then a new line gets one probe at a time', () => {
  const portal = withWaiting(1);
  for (let version = 2; version <= 5; version += 1) {
    portal.drain(unauthorized, portal.now() + 30_000);
    portal.perform({ do: 'record', logins: 1 });
  }
  // Only login 6 is taken, so the ranges before it are recovered; login 7 is rejected after the first of them.
  portal.perform({ do: 'record', logins: 1 });
  const sent = portal.drain(({ firstVersion }) => (firstVersion === 6 ? success : rejected), portal.now() + 60_000);
  expect(sent.map(({ firstVersion }) => firstVersion)).toEqual([6, 2, 7]);
  const probes = portal.drain(rejected, portal.now() + 6 * 60_000);
  expect(probes).toHaveLength(1);
  expect(portal.rows().filter(({ state }) => state !== 'WAITING')).toEqual([]);
  portal.drain();
  expect(portal.rows()).toEqual([]);
});

describe('a redelivery with rejected lines', () => {
  /** A portal with one undelivered range of 500 logins, which is recovered next. */
  function withRange() {
    const portal = withWaiting(MAX_LINES);
    portal.remove();
    portal.configure(0, true);
    expect(listed(portal)).toEqual([[2, 501, 'WAITING', 'WEBHOOK_REMOVED']]);
    return portal;
  }

  it('delivers all others, and counts as no recovery', () => {
    const portal = withRange();
    const sent = portal.drain(rejecting([2, 3, 300]));
    expect(listed(portal)).toEqual([2, 3, 300].map((version) => [version, version, 'NEEDS_ACTION', 'REJECTED']));
    expect(portal.rows().map(({ recoveries }) => recoveries)).toEqual([0, 0, 0]);
    expect(sent.length).toBeLessThanOrEqual(most(3, MAX_LINES));
  });

  it('tries its first and its last line before it takes the receiver to reject everything', () => {
    const portal = withRange();
    const sent = portal.drain(rejected, portal.now());
    expect(sent).toHaveLength(MOST_IF_ALL_ARE_REJECTED);
    expect(sent.slice(-2)).toEqual([2, 501].map((version) => ({ firstVersion: version, lastVersion: version })));
    expect(portal.rows().filter(({ state }) => state !== 'WAITING')).toEqual([]);
    const [probe] = portal.drain(rejected, portal.now() + 6 * 60_000);
    expect(probe, 'the next probe sends another line').toEqual({ firstVersion: 3, lastVersion: 3 });
  });
});

describe('a replay whose last line is sent before the others', () => {
  it('goes on with the others if a first delivery is abandoned meanwhile', () => {
    const portal = withWaiting(99);
    portal.drain();
    portal.perform({ do: 'request replay', from: 1_000, through: 0, scope: 'ALL' });
    // Login 1 is rejected. The last line is next, alone; the receiver does not answer for a time, and then refuses a new login.
    let isDown = true;
    portal.drain((batch) => {
      if (batch.firstVersion === 100 && isDown) return unavailable();
      return batch.firstVersion === 1 ? rejected : success;
    }, portal.now());
    portal.perform({ do: 'record', logins: 1 });
    portal.drain(unauthorized, portal.now());
    isDown = false;
    portal.drain(rejecting([1]));
    expect(portal.lane().replay).toMatchObject({ status: 'COMPLETED', total: 100, sent: 99, rejected: 1 });
  });
});

describe('a replay with rejected lines', () => {
  it('is completed, and counts and lists them', () => {
    const portal = withWaiting(MAX_LINES);
    portal.drain();
    portal.perform({ do: 'request replay', from: 1_000, through: 0, scope: 'ALL' });
    portal.drain(rejecting([100, 101, 400]));
    expect(portal.lane().replay).toMatchObject({
      status: 'COMPLETED',
      sent: MAX_LINES - 2,
      rejected: 3,
      rejectedVersions: [100, 101, 400],
    });
    expect(listed(portal), 'they had been delivered').toEqual([]);
  });
});
