import { expect, it } from 'vitest';
import { createAppender } from '../../../src/log/sqlite/append.js';
import { createLogReader } from '../../../src/log/sqlite/read.js';
import { batchStarted, loginRecorded, PORTAL, portalRegistered } from '../../support/log/events.js';
import { CAUSE, openLog, recordedAt, START } from '../../support/log/fixture.js';

const LOGINS = `login-${PORTAL}` as const;
const DELIVERIES = `delivery-${PORTAL}` as const;

/** Ten logins behind a registration (positions 2 to 11), and one event behind them. */
function withLogins() {
  const fixture = openLog();
  const logins = Array.from({ length: 10 }, () => [LOGINS, loginRecorded()] as const);
  fixture.given([`portal-${PORTAL}`, portalRegistered()], ...logins, [
    DELIVERIES,
    batchStarted('d', { firstVersion: 1, lastVersion: 1 }),
  ]);
  return fixture;
}

const versionsOf = (events: { version: number }[]) => events.map(({ version }) => version);

it('takes events from the start of a stream, and no others', () => {
  const { prune, log } = withLogins();
  expect(prune(LOGINS, 4)).toBe(4);
  expect(versionsOf(log.range(LOGINS, 1, 99))).toEqual([5, 6, 7, 8, 9, 10]);
  expect(log.data(LOGINS, 1, 6)).toHaveLength(2);
  expect(log.at([2, 5, 6]).map(({ position }) => position)).toEqual([6]);
  expect(log.after(0, 99).map(({ position }) => position)).toEqual([1, 6, 7, 8, 9, 10, 11, 12]);
  expect(log.horizon(DELIVERIES)).toEqual({ version: 0, position: 0, recordedAt: null });
});

it('knows the last event that it took', () => {
  const { prune, log, committed } = withLogins();
  prune(LOGINS, 4);
  for (const reader of [log, committed]) {
    expect(reader.horizon(LOGINS)).toMatchObject({ version: 4, position: 5, recordedAt: recordedAt(5) });
    expect(reader.lastPruned()).toBe(5);
  }
});

it('takes so many at a time, and goes on where it ended', () => {
  const { prune, log } = withLogins();
  const taken = [prune(LOGINS, 7, { limit: 3 }), prune(LOGINS, 7, { limit: 3 }), prune(LOGINS, 7, { limit: 3 })];
  expect(taken).toEqual([3, 3, 1]);
  expect(prune(LOGINS, 7)).toBe(0);
  expect(log.horizon(LOGINS)).toMatchObject({ version: 7 });
});

it('ends in front of what is to be kept, whatever stands behind it', () => {
  const { prune, log } = withLogins();
  expect(prune(LOGINS, 9, { keep: ({ version }) => version === 3 })).toBe(2);
  expect(prune(LOGINS, 9, { keep: ({ version }) => version === 3 })).toBe(0);
  expect(log.horizon(LOGINS)).toMatchObject({ version: 2 });
});

it('never takes the last event of the log, from which positions are counted', () => {
  const { prune, given, log } = withLogins();
  given([LOGINS, loginRecorded()]);
  expect([prune(LOGINS, 99), prune(DELIVERIES, 99), prune(LOGINS, 99)]).toEqual([10, 1, 0]);
  expect(log.head()).toBe(13);
  expect(given([DELIVERIES, batchStarted('e', { firstVersion: 2, lastVersion: 2 })])[0]).toMatchObject({
    position: 14,
    version: 2,
  });
});

it('gives no version and no position again, in this process or the next', () => {
  const { prune, append, given, log, connection } = withLogins();
  prune(LOGINS, 99);
  expect(log.lastVersion(LOGINS)).toBe(10);
  const [next] = append([{ stream: LOGINS, events: [loginRecorded()] }]);
  expect(next).toMatchObject({ version: 11, position: 13 });
  given([DELIVERIES, batchStarted('e', { firstVersion: 2, lastVersion: 2 })]);
  prune(LOGINS, 99);

  const reader = createLogReader(connection.db);
  expect(reader.lastVersion(LOGINS)).toBe(11);
  const appender = createAppender(connection.db, reader, () => {});
  expect(appender.append([{ stream: LOGINS, events: [loginRecorded()] }], CAUSE, START)[0]).toMatchObject({
    version: 12,
    position: 15,
  });
});

it('is as if nothing had been when its transaction is rolled back', () => {
  const { prune, log, sqlite, models } = withLogins();
  const before = { last: log.lastVersion(LOGINS), range: log.range(LOGINS, 1, 99) };
  sqlite.exec('BEGIN');
  prune(LOGINS, 6);
  expect(log.horizon(LOGINS)).toMatchObject({ version: 6 });
  sqlite.exec('ROLLBACK');
  expect(log.horizon(LOGINS)).toMatchObject({ version: 0, position: 0, recordedAt: null });
  expect({ last: log.lastVersion(LOGINS), range: log.range(LOGINS, 1, 99) }).toEqual(before);
  expect(models.logins.page(PORTAL, {}, { limit: 99, inverted: false })).toHaveLength(10);
});

it('finds versions by position and by time behind the horizon', () => {
  const { prune, log } = withLogins();
  prune(LOGINS, 4);
  expect([1, 5, 6, 8, 11, 99].map((position) => log.versionAt(LOGINS, position))).toEqual([4, 4, 5, 7, 10, 10]);
  const times = [START, recordedAt(5), recordedAt(6), recordedAt(7), recordedAt(11) + 1];
  expect(times.map((time) => log.versionBefore(LOGINS, time))).toEqual([4, 4, 4, 5, 10]);
});
