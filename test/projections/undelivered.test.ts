import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../src/domain/event.js';
import type { LoginRange } from '../../src/domain/login-range.js';
import { loginCount } from '../../src/domain/login-range.js';
import { type UndeliveredState, undeliveredStates } from '../../src/domain/undelivered.js';
import {
  batchAbandoned,
  batchDelivered,
  batchStarted,
  lineTooLarge,
  PORTAL,
  webhookOn,
} from '../support/domain/events.js';
import { openLog, recordedAt } from '../support/log/fixture.js';

const range = (firstVersion: number, lastVersion: number): LoginRange => ({ firstVersion, lastVersion });

/** A lane whose batches were abandoned. `listed` returns the first login, the last login and the state of each range. */
function listOf(...ranges: LoginRange[]) {
  const { given, models } = openLog();
  const { undelivered } = models;
  let deliveries = 0;
  const append = (...events: DomainEvent[]) =>
    given(
      ...events.map(
        (event) => [`${event.type.startsWith('Webhook') ? 'webhook' : 'delivery'}-${PORTAL}` as const, event] as const,
      ),
    );

  /** Starts a batch and appends the event that ends it. */
  function batch(
    { firstVersion, lastVersion }: LoginRange,
    purpose: 'FIRST' | 'RECOVERY' | 'REPLAY',
    end: (id: string) => DomainEvent,
  ) {
    deliveries += 1;
    const id = `d-${deliveries}`;
    append(batchStarted(id, firstVersion, lastVersion, { purpose }), end(id));
  }

  append(webhookOn());
  for (const one of ranges) batch(one, 'FIRST', (id) => batchAbandoned(id, 5, 9));
  const rows = (...states: UndeliveredState[]) =>
    undelivered.page(PORTAL, states.length ? states : undeliveredStates, { limit: 99, inverted: false });

  return {
    models,
    given,
    batch,
    rows,
    undelivered,
    lane: () => models.lanes.get(PORTAL).lane,
    listed: () => rows().map(({ firstVersion, lastVersion, state }) => [firstVersion, lastVersion, state]),
    deliver: (first: number, last: number) => batch(range(first, last), 'REPLAY', (id) => batchDelivered(id)),
    tooLarge: (version: number) => batch(range(version, version), 'REPLAY', (id) => lineTooLarge(id)),
    fail: (first: number, last: number) => batch(range(first, last), 'RECOVERY', (id) => batchAbandoned(id, 5, null)),
  };
}

describe('the list of undelivered ranges', () => {
  it('contains every abandoned batch with the answer of the receiver', () => {
    const { rows } = listOf(range(1, 3), range(4, 4));
    const common = {
      webhookId: PORTAL,
      throughWebhookId: null,
      state: 'WAITING',
      reason: 'ABANDONED',
      attempts: 5,
      recoveries: 0,
      finalAnswers: 0,
    };
    const answer = {
      responseCode: 503,
      message: 'answer 503',
      discardedBy: null,
      discardedReason: null,
      discardedAt: null,
    };
    // The position is that of the first event of the delivery: its events are kept while the range is listed.
    expect(rows()).toEqual([
      { ...common, ...answer, ...range(1, 3), abandonedAt: recordedAt(3), position: 2, attemptPosition: 3 },
      { ...common, ...answer, ...range(4, 4), abandonedAt: recordedAt(5), position: 4, attemptPosition: 5 },
    ]);
  });

  it.each<[string, number, number, unknown[]]>([
    ['all of it', 4, 8, []],
    ['more than it, on both sides', 1, 12, []],
    ['its start', 4, 5, [[6, 8]]],
    ['its end', 7, 8, [[4, 6]]],
    [
      'its middle',
      5,
      6,
      [
        [4, 4],
        [7, 8],
      ],
    ],
    ['its first login', 4, 4, [[5, 8]]],
    ['its last login', 8, 8, [[4, 7]]],
    ['the logins before it and its start', 1, 4, [[5, 8]]],
    ['its end and the logins after it', 8, 12, [[4, 7]]],
    ['the logins before it', 1, 3, [[4, 8]]],
    ['the logins after it', 9, 12, [[4, 8]]],
  ])('removes the delivered part of a range: %s', (_, first, last, left) => {
    const { batch, deliver, listed } = listOf();
    batch(range(1, 3), 'FIRST', (id) => batchDelivered(id));
    batch(range(4, 8), 'FIRST', (id) => batchAbandoned(id, 5, 9));
    batch(range(9, 12), 'FIRST', (id) => batchDelivered(id));
    deliver(first, last);
    expect(listed().map(([one, other]) => [one, other])).toEqual(left);
  });

  it('removes several delivered ranges, and parts of the first and the last one', () => {
    const { deliver, listed } = listOf(range(1, 3), range(4, 4), range(5, 6), range(7, 9));
    deliver(2, 8);
    expect(listed()).toEqual([
      [1, 1, 'WAITING'],
      [9, 9, 'WAITING'],
    ]);
  });

  it.each<[string, number, unknown[]]>([
    [
      'first',
      4,
      [
        [4, 4, 'NEEDS_ACTION'],
        [5, 8, 'WAITING'],
      ],
    ],
    [
      'last',
      8,
      [
        [4, 7, 'WAITING'],
        [8, 8, 'NEEDS_ACTION'],
      ],
    ],
    [
      'middle',
      6,
      [
        [4, 5, 'WAITING'],
        [6, 6, 'NEEDS_ACTION'],
        [7, 8, 'WAITING'],
      ],
    ],
  ])('splits the %s login off a range if it is too large', (_, version, left) => {
    const { tooLarge, listed } = listOf(range(1, 3), range(4, 8));
    tooLarge(version);
    expect(listed().slice(1)).toEqual(left);
  });

  it('does not add a delivered login because it is too large in a replay', () => {
    const { batch, tooLarge, listed } = listOf();
    batch(range(1, 3), 'FIRST', (id) => batchDelivered(id));
    tooLarge(2);
    expect(listed()).toEqual([]);
  });

  it('keeps the attributes of a range in each of its parts, and its id in the last part', () => {
    const { fail, rows } = listOf(range(1, 9));
    const [whole] = rows();
    fail(4, 5);
    const [first, attempted, last] = rows();
    expect(first).toEqual({ ...whole, lastVersion: 3 });
    expect(attempted).toEqual({ ...whole, ...range(4, 5), attempts: 10, recoveries: 1, attemptPosition: 5 });
    expect(last).toEqual({ ...whole, firstVersion: 6 });
  });

  it('counts and finds only logins that are still undelivered', () => {
    const { undelivered, given } = listOf(range(1, 3), range(4, 6), range(7, 9));
    const ranges = [range(4, 6)];
    given([`undelivered-${PORTAL}`, { type: 'LoginsDiscarded', data: { ranges, reason: 'no' } }]);
    expect([1, 3, 4, 6, 7, 9, 10].map((first) => undelivered.countIn(PORTAL, range(first, 8)))).toEqual([
      5, 3, 2, 2, 2, 0, 0,
    ]);
    expect(undelivered.firstIn(PORTAL, range(2, 9))).toEqual(range(2, 3));
    expect(undelivered.firstIn(PORTAL, range(4, 8))).toEqual(range(7, 8));
    expect(undelivered.firstIn(PORTAL, range(4, 6))).toBeNull();
    expect(undelivered.oldest(PORTAL)).toMatchObject(range(1, 3));
  });

  it('contains the ranges of one portal only', () => {
    const { undelivered } = listOf(range(1, 3));
    expect([
      undelivered.oldest('other'),
      undelivered.countIn('other', range(1, 9)),
      undelivered.needsActionTotal('other'),
    ]).toEqual([undefined, 0, 0]);
  });
});

describe('the next recovery', () => {
  it('sends the oldest requested range, or else the oldest waiting range', () => {
    const { undelivered, given, lane, deliver } = listOf(range(1, 3), range(4, 6), range(7, 9));
    const next = () =>
      undelivered.recoverable(PORTAL, { ...lane(), redelivery: { ...lane().redelivery, recovering: true } })
        ?.firstVersion;
    expect(next()).toBe(1);
    const ranges = [range(7, 9), range(4, 6)];
    given([`undelivered-${PORTAL}`, { type: 'RedeliveryRequested', data: { ranges } }]);
    expect(next()).toBe(4);
    deliver(4, 5);
    expect(next()).toBe(6);
    deliver(6, 8);
    expect(next()).toBe(9);
    deliver(9, 9);
    expect(next()).toBe(1);
  });

  it('skips ranges that need action', () => {
    const { undelivered, lane, fail, tooLarge } = listOf(range(1, 1), range(2, 2));
    for (let failed = 1; failed <= 3; failed += 1) fail(1, 1);
    tooLarge(2);
    expect(
      undelivered.recoverable(PORTAL, { ...lane(), redelivery: { ...lane().redelivery, recovering: true } }),
    ).toBeNull();
    expect(undelivered.needsActionTotal(PORTAL)).toBe(2);
  });
});

it('the list contains each login that was abandoned and not delivered since, in ranges that do not overlap', () => {
  const size = 40;
  const part = fc.tuple(fc.integer({ min: 1, max: size }), fc.integer({ min: 0, max: 12 }));
  const action = fc.constantFrom('deliver' as const, 'fail' as const, 'too large' as const);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.tuple(part, action), { maxLength: 20 }),
      (sizes, steps) => {
        const ranges = sizes.map((lines, index) => {
          const before = sizes.slice(0, index).reduce((sum, one) => sum + one, 0);
          return range(before + 1, before + lines);
        });
        const { rows, deliver, fail, tooLarge, undelivered } = listOf(...ranges);
        const left = new Set(ranges.flatMap(({ firstVersion, lastVersion }) => versions(firstVersion, lastVersion)));
        for (const [[first, length], action] of steps) {
          const last = Math.min(first + length, ranges.at(-1)?.lastVersion ?? 1);
          if (last < first) continue;
          if (action === 'too large') tooLarge(first);
          const row = undelivered.firstIn(PORTAL, range(first, last));
          if (action === 'fail' && row) fail(row.firstVersion, row.lastVersion);
          if (action !== 'deliver') continue;
          const recovered = undelivered.countIn(PORTAL, range(first, last));
          expect(recovered).toBe(versions(first, last).filter((version) => left.has(version)).length);
          deliver(first, last);
          for (const version of versions(first, last)) left.delete(version);
        }
        expect(rows().flatMap((row) => versions(row.firstVersion, row.lastVersion))).toEqual(
          [...left].sort((a, b) => a - b),
        );
        expect(rows().reduce((sum, row) => sum + loginCount(row), 0)).toBe(left.size);
      },
    ),
    { numRuns: 30 },
  );
});

function versions(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
