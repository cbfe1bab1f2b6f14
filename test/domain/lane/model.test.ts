import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { rejected, success, tooLarge, unauthorized, unavailable } from '../../support/domain/events.js';
import { type Action, benchPortal, openBench } from '../../support/lane/bench.js';

const logins = fc.oneof(
  { weight: 15, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constant(501) },
);
const outcome = fc.constantFrom(success, success, unavailable(), unavailable(5_000), unauthorized, tooLarge, rejected);
const laneStep = fc.record({
  do: fc.constantFrom('read' as const, 'step' as const, 'step' as const),
  outcome,
  cut: fc.nat({ max: 2 }),
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('record' as const), logins }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('configure' as const),
      destination: fc.constantFrom(0 as const, 1 as const, undefined),
      enabled: fc.constantFrom(true, true, false, undefined),
      catchUp: fc.constantFrom(undefined, 'FROM_NOW' as const, 'SINCE_LAST_ON' as const, 'SINCE' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Action>({ do: 'remove' }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('change format' as const), destination: fc.constantFrom(0, 1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('redeliver' as const, 'discard' as const),
      ranges: fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('request replay' as const),
      from: fc.nat(20),
      through: fc.nat(20),
      scope: fc.constantFrom('ALL' as const, 'UNDELIVERED' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Action>({ do: 'cancel replay' }) },
  { weight: 20, arbitrary: laneStep },
  { weight: 6, arbitrary: fc.constant<Action>({ do: 'execute' }) },
  { weight: 1, arbitrary: fc.constant<Action>({ do: 'crash' }) },
);
const runs = fc.array(action, { minLength: 1, maxLength: 80, size: 'max' });

it('a lane accounts for every login exactly once, for every sequence of actions', { timeout: 120_000 }, () => {
  const bench = openBench();
  fc.assert(
    fc.property(runs, fc.boolean(), (actions, isOn) => {
      const portal = benchPortal(bench);
      if (isOn) portal.configure(0, true);
      for (const next of actions) {
        portal.perform(next);
        portal.check();
      }
    }),
    { numRuns: 150 },
  );
  // The random runs reached these cases.
  const reached = [
    'FIRST',
    'RECOVERY',
    'REPLAY',
    'BatchSplit',
    'LoginsUndelivered',
    'LoginsSkipped',
    'LoginsDiscarded',
  ];
  expect([...bench.seen]).toEqual(expect.arrayContaining(reached));
});

it('a lane delivers every due login or marks it as NEEDS_ACTION, once the receiver accepts requests', {
  timeout: 120_000,
}, () => {
  const bench = openBench();
  fc.assert(
    fc.property(runs, (actions) => {
      const portal = benchPortal(bench);
      for (const next of actions) portal.perform(next);
      portal.configure(0, true);
      portal.drain();
      expect(portal.count('pending', 'off')).toBe(0);
      const { backlog, first, redelivery, replay } = portal.lane();
      const { cursor, skipped } = backlog;
      expect({ cursor, open: first.open, redelivery: redelivery.open, skipped }).toEqual({
        cursor: portal.lastLogin(),
        open: null,
        redelivery: null,
        skipped: [],
      });
      expect(['REQUESTED', 'RUNNING']).not.toContain(replay?.status);
      expect(portal.rows().filter(({ state }) => state === 'WAITING' || state === 'REQUESTED')).toEqual([]);
    }),
    { numRuns: 75 },
  );
});

it.each([
  [401, unauthorized],
  [503, unavailable()],
  [413, tooLarge],
])(
  'a lane loses no login and does not spin while the receiver answers %i for two hours',
  { timeout: 120_000 },
  (_, answer) => {
    const bench = openBench();
    fc.assert(
      fc.property(runs, (actions) => {
        const portal = benchPortal(bench);
        for (const next of actions) portal.perform(next);
        portal.configure(0, true);
        portal.drain(answer, portal.now() + 2 * 3_600_000);
        portal.drain();
        expect(portal.count('pending', 'off')).toBe(0);
      }),
      { numRuns: 20 },
    );
    if (answer === unauthorized) expect([...bench.seen]).toContain('PROBE');
  },
);

it('a lane has nothing pending after its webhook was removed, whatever was in flight', { timeout: 120_000 }, () => {
  const bench = openBench();
  fc.assert(
    fc.property(runs, outcome, (actions, ending) => {
      const portal = benchPortal(bench);
      for (const next of actions) portal.perform(next);
      portal.perform({ do: 'read', outcome: ending, cut: 0 });
      portal.remove();
      portal.drain();
      expect(portal.count('pending')).toBe(0);
      expect([portal.lane().first.open, portal.lane().redelivery.open]).toEqual([null, null]);
    }),
    { numRuns: 200 },
  );
});
