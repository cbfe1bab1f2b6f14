import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DeliveryCommand, DeliveryEvent, Outcome } from '../../src/domain/delivery.js';
import { createDestination, type LogFormat } from '../../src/domain/destination.js';
import type { Recorded } from '../../src/domain/event.js';
import { emptyLane, evolve, type Lane, pending, waiting } from '../../src/domain/lane.js';
import { type LoginRange, sizeOf } from '../../src/domain/range.js';
import { nextStep } from '../../src/domain/turn.js';
import { cause, openHandlers } from '../support/handlers.js';
import { naiveAccount, type Standing } from '../support/lane-account.js';
import { started, success, unauthorized, unavailable } from '../support/lane-events.js';

/** What may happen to a lane, in any order. An engine looks, and later does what it saw fit if it is not killed before. */
type Action =
  | { do: 'record'; logins: number }
  | { do: 'configure'; destination: 0 | 1 | undefined; enabled: boolean | undefined }
  | { do: 'remove' }
  | { do: 'change format' }
  | { do: 'look'; outcome: Outcome; cut: number }
  | { do: 'act' }
  | { do: 'crash' };

const logins = fc.oneof(
  { weight: 15, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constant(501) },
);
const look = fc.record({
  do: fc.constant('look' as const),
  outcome: fc.constantFrom(success, unavailable(), unavailable(5_000), unauthorized),
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
    }),
  },
  { weight: 1, arbitrary: fc.constant<Action>({ do: 'remove' }) },
  { weight: 1, arbitrary: fc.constant<Action>({ do: 'change format' }) },
  { weight: 8, arbitrary: look },
  { weight: 8, arbitrary: fc.constant<Action>({ do: 'act' }) },
  { weight: 1, arbitrary: fc.constant<Action>({ do: 'crash' }) },
);

const versionsOf = ({ firstVersion, lastVersion }: LoginRange) =>
  Array.from({ length: lastVersion - firstVersion + 1 }, (_, index) => firstVersion + index);

type Bench = ReturnType<typeof openHandlers>;

/** A portal with its commands, an engine that takes one step when told to, and the naive account of it. */
function makePortal({ handlers, models, log }: Bench, destinations: readonly string[]) {
  const account = naiveAccount();
  const portalId = handlers.registerPortal({ name: 'Portal' }, cause, 0);
  let webhook: { enabled: boolean } | null = null;
  let format: LogFormat = 'CEF';
  let now = 0;
  let deliveries = 0;
  let intended: DeliveryCommand | null = null;
  let seen = log.head();
  let folded = emptyLane;

  const lane = (): Lane => models.lanes.get(portalId).lane;

  function record(count: number): void {
    const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '::1' } as const;
    const texts = { request: '', principalId: '', principalName: '', userAgent: '' };
    handlers.recordLogins(
      { portalId, logins: Array.from({ length: count }, () => ({ ...login, ...texts, traceId: 't' })), traceIds: [] },
      cause,
      now,
    );
    account.standings.push(...Array.from({ length: count }, (): Standing => (webhook?.enabled ? 'pending' : 'off')));
  }

  function configure(destinationId: string | undefined, enabled: boolean | undefined): void {
    if (!webhook && !destinationId) return;
    handlers.configureWebhook({ portalId, destinationId, enabled }, cause, now);
    webhook = { enabled: enabled ?? webhook?.enabled ?? false };
  }

  function remove(): void {
    if (!webhook) return;
    handlers.removeWebhook({ portalId }, cause, now);
    webhook = null;
  }

  /** What an engine would do now; a batch may hold fewer logins than wait, for its size in bytes is limited. */
  function intention(outcome: Outcome, cut: number): DeliveryCommand | null {
    const step = nextStep(lane(), {
      lastLogin: log.lastVersion(`login-${portalId}`),
      destination: lane().webhook && { logFormat: format, updatedAt: 0, linesPerSecond: null },
      recoverable: null,
      replayable: null,
      now,
    });
    switch (step.do) {
      case 'rest':
        return null;
      case 'wait':
        now = step.until;
        return null;
      case 'start': {
        const { firstVersion, lastVersion } = step.range;
        const destinationId = lane().webhook?.destinationId ?? '';
        deliveries += 1;
        const last = Math.max(firstVersion, lastVersion - cut);
        const batch = started(`${portalId}/${deliveries}`, firstVersion, last, { destinationId, logFormat: format });
        return { type: 'StartBatch', batch: batch.data };
      }
      case 'try': {
        const { deliveryId, failedAttempts } = step.delivery;
        expect(failedAttempts, 'five tries at most').toBeLessThan(5);
        return {
          type: 'RecordOutcome',
          deliveryId,
          attempt: failedAttempts + 1,
          outcome: { ...outcome, attemptedAt: now },
          random: 0,
        };
      }
      case 'start replay':
      case 'finish replay':
        throw new Error('nobody asked for a replay');
      case 'supersede':
        return { type: 'SupersedeDelivery', deliveryId: step.delivery.deliveryId };
      case 'give up':
        return { type: 'GiveUpDelivery', deliveryId: step.delivery.deliveryId };
      default:
        return step satisfies never;
    }
  }

  function act(): void {
    if (intended) handlers.advanceDelivery({ portalId, command: intended }, cause, now);
    intended = null;
  }

  function perform(next: Action): void {
    if (next.do === 'record') record(next.logins);
    if (next.do === 'configure')
      configure(next.destination === undefined ? undefined : destinations[next.destination], next.enabled);
    if (next.do === 'remove') remove();
    if (next.do === 'change format') format = format === 'CEF' ? 'JSON' : 'CEF';
    if (next.do === 'look') intended ??= intention(next.outcome, next.cut);
    if (next.do === 'act') act();
    if (next.do === 'crash') intended = null;
  }

  /** Applies what was recorded since to the naive account, and compares the lane with it. */
  function check(): void {
    for (const event of log.after(seen, Number.MAX_SAFE_INTEGER)) {
      seen = event.position;
      if (isOfLane(event)) {
        const { cursor } = folded;
        folded = evolve(folded, event);
        expect(folded.cursor, 'the cursor never goes back').toBeGreaterThanOrEqual(cursor);
        if (isOfDelivery(event)) account.apply(event);
      }
    }
    const lastLogin = account.standings.length;
    expect(lane()).toEqual(folded);
    expect(pending(folded, lastLogin)).toBe(account.count('pending'));
    expect(waiting(folded, lastLogin).flatMap(versionsOf)).toEqual(account.pendingOutside());
    expect(account.standings.slice(0, folded.cursor), 'all up to the cursor is done with').not.toContain('pending');
    expect(folded.deliveredTotal).toBe(account.count('delivered'));
    expect(folded.undeliveredTotal).toBe(account.count('abandoned', 'undelivered'));
    if (webhook?.enabled) expect(account.count('off')).toBe(0);
  }

  /** Lets the engine go on, with a receiver that takes everything, until nothing is left to do. */
  function drain(): void {
    for (;;) {
      const time = now;
      act();
      check();
      intended = intention(success, 0);
      if (!intended && time === now) return;
    }
  }

  return { perform, check, drain, configure, remove, lane, account };
}

function isOfLane(event: Recorded): event is Recorded<Parameters<typeof evolve>[1]> {
  return /^(webhook|delivery)-/.test(event.stream);
}

function isOfDelivery(event: Recorded): event is Recorded<DeliveryEvent> {
  return event.stream.startsWith('delivery-');
}

function openBench(): { bench: Bench; destinations: string[] } {
  const bench = openHandlers();
  const endpoint = 'https://siem.example.com/';
  const destinations = ['A', 'B'].map((name) =>
    bench.handlers.createDestination(createDestination.parse({ name, endpoint }), cause, 0),
  );
  return { bench, destinations };
}

const runs = fc.array(action, { minLength: 1, maxLength: 60, size: 'max' });

it('accounts for every login exactly once, whatever happens in whatever order', () => {
  const { bench, destinations } = openBench();
  fc.assert(
    fc.property(runs, (actions) => {
      const portal = makePortal(bench, destinations);
      for (const next of actions) {
        portal.perform(next);
        portal.check();
      }
    }),
    { numRuns: 100 },
  );
});

it('delivers everything that is due once the webhook is on and the receiver takes it', () => {
  const { bench, destinations } = openBench();
  fc.assert(
    fc.property(runs, (actions) => {
      const portal = makePortal(bench, destinations);
      for (const next of actions) portal.perform(next);
      portal.configure(destinations[0], true);
      portal.drain();
      expect(portal.account.count('pending', 'off')).toBe(0);
      expect(portal.lane()).toMatchObject({ open: null, passedOver: [], cursor: portal.account.standings.length });
    }),
    { numRuns: 50 },
  );
});

it('leaves nothing pending once the webhook is removed', () => {
  const { bench, destinations } = openBench();
  fc.assert(
    fc.property(runs, (actions) => {
      const portal = makePortal(bench, destinations);
      for (const next of actions) portal.perform(next);
      portal.remove();
      portal.drain();
      expect(portal.account.count('pending')).toBe(0);
      expect(sizeOf(portal.lane().open)).toBe(0);
    }),
    { numRuns: 50 },
  );
});
