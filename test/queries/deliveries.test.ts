import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeliveryEvent } from '../../src/domain/lane/events.js';
import { type DeliveryState, deliveriesOf } from '../../src/queries/deliveries.js';
import {
  batchAbandoned,
  batchDelivered,
  batchStarted,
  DESTINATION,
  deliverySuperseded,
  loginsSkipped,
  loginsUndelivered,
  PORTAL,
  retryScheduled,
} from '../support/domain/events.js';
import { openLog, recordedAt, START, withoutReadModels } from '../support/log/fixture.js';

const STREAM = `delivery-${PORTAL}` as const;
const range = { firstVersion: 1, lastVersion: 3 };
const skipped = loginsSkipped(4, 5);
const whole = { limit: 1_000, inverted: false };

describe('a delivery', () => {
  const only = (...events: DeliveryEvent[]) => {
    const { given, log } = openLog();
    given(...events.map((event) => [STREAM, event] as const));
    return deliveriesOf(PORTAL, whole, log);
  };

  it('is in progress from its start', () => {
    expect(only(skipped, batchStarted('d-1', 1, 3))).toEqual([
      {
        id: 'd-1',
        webhookId: PORTAL,
        version: 2,
        position: 2,
        ...range,
        destinationId: DESTINATION,
        logFormat: 'CEF',
        purpose: 'FIRST',
        state: 'IN_PROGRESS',
        startedAt: recordedAt(2),
        endedAt: null,
        attempts: [],
      },
    ]);
  });

  it('contains every attempt with its result', () => {
    const [delivery] = only(batchStarted('d-1', 1, 3), retryScheduled('d-1', 1, START + 7), batchDelivered('d-1', 2));
    expect(delivery?.attempts).toMatchObject([
      {
        attemptNumber: 1,
        delivered: false,
        responseCode: 503,
        message: 'answer 503',
        retryDueAt: START + 7,
        durationMs: 500,
        position: 2,
      },
      { attemptNumber: 2, delivered: true, responseCode: 202, retryDueAt: null, position: 3 },
    ]);
  });

  it.each<[DeliveryState, DeliveryEvent, number]>([
    ['DELIVERED', batchDelivered('d-1', 2), 2],
    ['ABANDONED', batchAbandoned('d-1', 2), 2],
    ['SUPERSEDED', deliverySuperseded('d-1'), 1],
    ['ABANDONED', loginsUndelivered(1, 3, 'd-1'), 1],
  ])('ends as %s', (state, event, attempts) => {
    const [delivery] = only(batchStarted('d-1', 1, 3), retryScheduled('d-1'), event, loginsUndelivered(4, 9));
    expect(delivery).toMatchObject({ state, endedAt: recordedAt(3) });
    expect(delivery?.attempts).toHaveLength(attempts);
  });

  it('is not listed for another portal', () => {
    const { given, log } = openLog();
    given(['delivery-other', batchStarted('d-1', 1, 3)]);
    expect(deliveriesOf(PORTAL, whole, log)).toEqual([]);
  });
});

/** A delivery to append: its failed attempts, its end, and the number of other events between them. */
interface Plan {
  failed: number;
  end: DeliveryState;
  between: number;
}

const plan = fc.record<Plan>({
  failed: fc.nat(4),
  end: fc.constantFrom<DeliveryState>('DELIVERED', 'ABANDONED', 'SUPERSEDED'),
  // Mostly 0, sometimes more events than one read returns.
  between: fc.oneof(
    { weight: 12, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.nat(3) },
    { weight: 1, arbitrary: fc.constant(300) },
  ),
});

function eventsOf({ failed, end, between }: Plan, id: string): DeliveryEvent[] {
  const noise = Array.from({ length: between }, () => skipped);
  const retries = Array.from({ length: failed }, (_, index) => retryScheduled(id, index + 1));
  const events = [batchStarted(id, 1, 3), ...retries.slice(0, 1), ...noise, ...retries.slice(1)];
  if (end === 'DELIVERED') events.push(batchDelivered(id, failed + 1));
  if (end === 'ABANDONED') events.push(batchAbandoned(id, failed + 1));
  if (end === 'SUPERSEDED') events.push(deliverySuperseded(id));
  return [...events, ...noise.slice(0, 2)];
}

it('a page in either direction, between any cursors, is a part of the whole list', () => {
  const request = fc.record({
    after: fc.option(fc.nat(1_000_000), { nil: undefined }),
    before: fc.option(fc.nat(1_000_000), { nil: undefined }),
    limit: fc.integer({ min: 1, max: 60 }),
  });
  const history = fc.array(plan, { minLength: 1, maxLength: 100, size: 'max' });
  fc.assert(
    fc.property(
      history,
      fc.boolean(),
      fc.array(request, { minLength: 10, maxLength: 30 }),
      (plans, lastIsOpen, requests) => {
        const { append, log, close } = openLog(undefined, withoutReadModels());
        const all = plans.map((one, index) => {
          const id = `d-${index}`;
          const isOpen = lastIsOpen && index === plans.length - 1;
          const planned: Plan = isOpen ? { ...one, end: 'IN_PROGRESS' } : one;
          const [started] = append([{ stream: STREAM, events: eventsOf(planned, id) }]);
          const attempts = planned.failed + (planned.end === 'DELIVERED' || planned.end === 'ABANDONED' ? 1 : 0);
          return { id, version: started?.version ?? 0, state: planned.end, attempts };
        });
        const newestFirst = all.toReversed();
        const summary = (page: Parameters<typeof deliveriesOf>[1]) =>
          deliveriesOf(PORTAL, page, log).map(({ id, version, state, attempts }) => ({
            id,
            version,
            state,
            attempts: attempts.length,
          }));

        expect(summary({ limit: plans.length + 1, inverted: false })).toEqual(newestFirst);
        for (const { limit, ...places } of requests) {
          // A cursor is always the version of a delivery.
          const at = (place: number | undefined) =>
            place === undefined ? undefined : all[place % all.length]?.version;
          const [after, before] = [at(places.after), at(places.before)];
          const between = newestFirst.filter(({ version }) => version < (after ?? Infinity) && version > (before ?? 0));
          expect(summary({ after, before, limit, inverted: false })).toEqual(between.slice(0, limit));
          expect(summary({ after, before, limit, inverted: true })).toEqual(between.toReversed().slice(0, limit));
        }
        close();
      },
    ),
    { numRuns: 15 },
  );
});
