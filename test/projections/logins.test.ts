import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { authenticationTypes, loginOutcomes } from '../../src/domain/login.js';
import { SEGMENT_LOGINS } from '../../src/projections/client-trace-ids.js';
import type { LoginCursor, LoginFilter } from '../../src/projections/login-page.js';
import { loginRecorded, OTHER_PORTAL, PORTAL } from '../support/domain/events.js';
import { openLog, START } from '../support/log/fixture.js';

it('the position of the first login with a key is stored, separately for each portal', () => {
  const { given, models } = openLog();
  given(
    [`login-${PORTAL}`, loginRecorded()],
    [`login-${PORTAL}`, loginRecorded({ idempotencyKey: 'k' })],
    [`login-${OTHER_PORTAL}`, loginRecorded({ idempotencyKey: 'k' })],
  );
  expect(models.logins.positionsOfKeys(PORTAL, ['k'])).toEqual([2]);
  expect(models.logins.positionsOfKeys(OTHER_PORTAL, ['k'])).toEqual([3]);
  expect(models.logins.positionsOfKeys(PORTAL, ['other'])).toEqual([undefined]);
  expect(models.logins.positionsOfKeys('unknown', ['k'])).toEqual([undefined]);
});

it('the page of a portal without logins is empty', () => {
  expect(openLog().models.logins.page(PORTAL, {}, { limit: 10, inverted: false })).toEqual([]);
});

it('logins are ordered by the time they happened, the newest first, and then by position', () => {
  const { given, models } = openLog();
  for (const ms of [2, 3, 2, 1, 3]) given([`login-${PORTAL}`, loginRecorded({ occurredAt: START + ms })]);
  const positions = (inverted: boolean) =>
    models.logins.page(PORTAL, {}, { limit: 10, inverted }).map(({ position }) => position);
  expect(positions(false)).toEqual([5, 2, 3, 1, 4]);
  expect(positions(true)).toEqual([4, 1, 3, 2, 5]);
});

it('logins with one client trace id are found in every segment of the index', () => {
  const { given, append, models } = openLog();
  const count = 2 * SEGMENT_LOGINS + 2;
  const wanted = [1, SEGMENT_LOGINS - 1, SEGMENT_LOGINS, 2 * SEGMENT_LOGINS, count];
  const traceOf = (version: number) => (wanted.includes(version) ? 'wanted' : `other-${version}`);
  // The later a login was recorded, the earlier it happened: the newest are in the oldest segment.
  const logins = Array.from({ length: count }, (_, index) =>
    loginRecorded({ clientTraceId: traceOf(index + 1), occurredAt: START - index }),
  );
  append([{ stream: `login-${PORTAL}`, events: logins }]);
  given([`login-${OTHER_PORTAL}`, loginRecorded({ clientTraceId: 'wanted' })]);
  const positions = (limit: number, inverted: boolean, after?: LoginCursor) =>
    models.logins.page(PORTAL, { clientTraceId: 'wanted' }, { limit, inverted, after }).map(({ position }) => position);
  expect(positions(10, false)).toEqual(wanted);
  expect(positions(10, true)).toEqual(wanted.toReversed());
  expect(positions(2, false)).toEqual(wanted.slice(0, 2));
  expect(positions(2, true)).toEqual(wanted.slice(-2).toReversed());
  const second = { position: SEGMENT_LOGINS - 1, occurredAt: START - SEGMENT_LOGINS + 2 };
  expect(positions(2, false, second)).toEqual(wanted.slice(2, 4));
});

const newestFirst = (a: LoginCursor, b: LoginCursor) => b.occurredAt - a.occurredAt || b.position - a.position;

const login = fc.record({
  portal: fc.constantFrom(PORTAL, OTHER_PORTAL),
  occurredAt: fc.integer({ min: START, max: START + 6 }),
  outcome: fc.constantFrom(...loginOutcomes),
  authenticationType: fc.constantFrom(...authenticationTypes),
  clientTraceId: fc.constantFrom(undefined, 'a', 'a\0', 'b'),
});
const filters: fc.Arbitrary<LoginFilter> = fc.record(
  {
    from: fc.integer({ min: START, max: START + 6 }),
    to: fc.integer({ min: START, max: START + 6 }),
    outcome: fc.constantFrom(...loginOutcomes),
    authenticationType: fc.constantFrom(...authenticationTypes),
    clientTraceId: fc.constantFrom('a', 'a\0', 'c'),
  },
  { requiredKeys: [] },
);
const cursor: fc.Arbitrary<LoginCursor> = fc.record({
  occurredAt: fc.integer({ min: START - 1, max: START + 7 }),
  position: fc.nat(50),
});

/** The expected list: all logins of the portal that match the filter, the newest first. */
function expectedPage(
  all: readonly (LoginCursor & {
    portal: string;
    outcome: string;
    authenticationType: string;
    clientTraceId: string | undefined;
  })[],
  portal: string,
  filter: LoginFilter,
) {
  return all
    .filter((one) => one.portal === portal)
    .filter((one) => filter.from === undefined || one.occurredAt >= filter.from)
    .filter((one) => filter.to === undefined || one.occurredAt <= filter.to)
    .filter((one) => filter.outcome === undefined || one.outcome === filter.outcome)
    .filter((one) => filter.authenticationType === undefined || one.authenticationType === filter.authenticationType)
    .filter((one) => filter.clientTraceId === undefined || one.clientTraceId === filter.clientTraceId)
    .map(({ occurredAt, position }) => ({ occurredAt, position }))
    .sort(newestFirst);
}

it('a page in either direction, between any cursors and with any filter, is a part of the whole list', () => {
  const options = fc.record({
    filter: filters,
    limit: fc.integer({ min: 1, max: 12 }),
    after: fc.option(cursor, { nil: undefined }),
    before: fc.option(cursor, { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.array(login, { minLength: 10, maxLength: 45 }),
      fc.array(options, { minLength: 5, maxLength: 15 }),
      (logins, requests) => {
        const { append, models, close } = openLog();
        const all = logins.map(({ portal, ...data }) => {
          const [event] = append([{ stream: `login-${portal}`, events: [loginRecorded(data)] }]);
          return { ...data, portal, position: event?.position ?? 0 };
        });
        for (const { filter, limit, after, before } of requests) {
          const whole = expectedPage(all, PORTAL, filter);
          const between = whole.filter(
            (one) => (!after || newestFirst(after, one) < 0) && (!before || newestFirst(one, before) < 0),
          );
          const page = (inverted: boolean) => models.logins.page(PORTAL, filter, { after, before, limit, inverted });
          expect(page(false)).toEqual(between.slice(0, limit));
          expect(page(true)).toEqual(between.toReversed().slice(0, limit));

          // A client that reads page after page gets each login once, in either direction.
          for (const inverted of [false, true]) {
            const walked: LoginCursor[] = [];
            for (let place: LoginCursor | undefined, pages = 0; pages <= whole.length; pages += 1) {
              const next = models.logins.page(PORTAL, filter, {
                [inverted ? 'before' : 'after']: place,
                limit,
                inverted,
              });
              walked.push(...next);
              place = next.at(-1);
              if (!place) break;
            }
            expect(walked).toEqual(inverted ? whole.toReversed() : whole);
          }
        }
        close();
      },
    ),
    { numRuns: 25 },
  );
});
