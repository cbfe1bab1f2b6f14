import { expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/domain/event.js';
import { WrongExpectation } from '../../../src/log/sqlite/append.js';
import {
  DESTINATION,
  destinationCreated,
  loginRecorded,
  OTHER_PORTAL,
  PORTAL,
  portalRegistered,
} from '../../support/log/events.js';
import { CAUSE, openLog, START } from '../../support/log/fixture.js';

const LOGINS = `login-${PORTAL}` as const;
const OTHER_LOGINS = `login-${OTHER_PORTAL}` as const;
const unknownEvent = (): DomainEvent => JSON.parse('{"type": "LoginForgotten", "data": {}}');

it('numbers events from 1 without gaps, and versions from 1 in each stream', () => {
  const { append, log } = openLog();
  append([{ stream: LOGINS, events: [loginRecorded(), loginRecorded()] }]);
  append([
    { stream: OTHER_LOGINS, events: [loginRecorded()] },
    { stream: LOGINS, events: [loginRecorded()] },
  ]);
  expect(log.after(0, 10).map(({ position, stream, version }) => [position, stream, version])).toEqual([
    [1, LOGINS, 1],
    [2, LOGINS, 2],
    [3, OTHER_LOGINS, 1],
    [4, LOGINS, 3],
  ]);
});

it('gives back what a reader then finds', () => {
  const { append, committed } = openLog();
  const appended = append([{ stream: LOGINS, events: [loginRecorded({ idempotencyKey: 'k' }), loginRecorded()] }], {
    cause: { actor: 'token-1', traceId: 'abc' },
    now: START,
  });
  expect(appended[0]).toEqual({
    position: 1,
    stream: LOGINS,
    version: 1,
    recordedAt: START,
    actor: 'token-1',
    traceId: 'abc',
    ...loginRecorded({ idempotencyKey: 'k' }),
  });
  expect(committed.after(0, 10)).toEqual(appended);
});

it('goes on behind the last event after it was opened again', () => {
  const first = openLog();
  first.append([{ stream: LOGINS, events: [loginRecorded()] }], { now: START + 9 });
  first.close();
  const { append } = openLog(first.directory);
  const [appended] = append([{ stream: LOGINS, events: [loginRecorded()] }], { now: START });
  expect(appended).toMatchObject({ position: 2, version: 2, recordedAt: START + 9 });
});

it('stores the name of a stream and of an actor once', () => {
  const { append, sqlite } = openLog();
  for (let count = 0; count < 3; count += 1) append([{ stream: LOGINS, events: [loginRecorded()] }]);
  append([{ stream: OTHER_LOGINS, events: [loginRecorded()] }], { cause: { ...CAUSE, actor: 'token-1' } });
  expect(sqlite.prepare('SELECT name FROM streams ORDER BY id').pluck().all()).toEqual([LOGINS, OTHER_LOGINS]);
  expect(sqlite.prepare('SELECT name FROM actors ORDER BY id').pluck().all()).toEqual(['system', 'token-1']);
});

it('never records an earlier time than before when the clock goes back', () => {
  const { append, log } = openLog();
  for (const now of [START + 5, START + 2, START + 7, START])
    append([{ stream: LOGINS, events: [loginRecorded()] }], { now });
  expect(log.after(0, 10).map((event) => event.recordedAt - START)).toEqual([5, 5, 7, 7]);
});

it('forgets the time of an event that was taken back', () => {
  const { append, appender, log, sqlite } = openLog();
  append([{ stream: LOGINS, events: [loginRecorded()] }], { now: START });
  sqlite.exec('BEGIN; SAVEPOINT command');
  appender.append([{ stream: LOGINS, events: [loginRecorded()] }], CAUSE, START + 60_000);
  sqlite.exec('ROLLBACK TO command; COMMIT');
  appender.reset();
  append([{ stream: LOGINS, events: [loginRecorded()] }], { now: START + 1 });
  expect(log.after(1, 10)).toMatchObject([{ position: 2, version: 2, recordedAt: START + 1 }]);
});

it('refuses to append an event of an unknown type', () => {
  const { append, log } = openLog();
  const events = [loginRecorded(), unknownEvent()];
  expect(() => append([{ stream: LOGINS, events }])).toThrow('LoginForgotten is no type of event');
  expect(log.head()).toBe(0);
});

it('fails loudly on reading an event of an unknown type', () => {
  const { append, log, sqlite } = openLog();
  append([{ stream: LOGINS, events: [loginRecorded(), loginRecorded()] }]);
  sqlite.exec("UPDATE events SET type = 'LoginForgotten' WHERE position = 2");
  const message = 'unknown type LoginForgotten at position 2';
  expect(log.after(0, 1)).toHaveLength(1);
  expect(() => log.after(0, 2)).toThrow(message);
  expect(() => log.range(LOGINS, 1, 2)).toThrow(message);
  expect(() => log.at([2])).toThrow(message);
});

it('refuses an expectation that another configuration event has overtaken', () => {
  const { append, log } = openLog();
  const position = log.categoryPosition('configuration');
  append([{ stream: `portal-${PORTAL}`, events: [portalRegistered()] }]);
  const change = { stream: `destination-${DESTINATION}`, events: [destinationCreated()] } as const;
  expect(() => append([change], { expected: { category: 'configuration', position } })).toThrow(WrongExpectation);
  expect(log.head()).toBe(1);
  append([change], { expected: { category: 'configuration', position: log.categoryPosition('configuration') } });
  expect(log.categoryPosition('configuration')).toBe(2);
});

it('keeps an expectation of the configuration through logins and deliveries', () => {
  const { append, log } = openLog();
  append([{ stream: `portal-${PORTAL}`, events: [portalRegistered()] }]);
  const expected = { category: 'configuration', position: log.categoryPosition('configuration') } as const;
  append([{ stream: LOGINS, events: [loginRecorded()] }]);
  append([
    { stream: `delivery-${PORTAL}`, events: [{ type: 'LoginsSkipped', data: { firstVersion: 1, lastVersion: 1 } }] },
  ]);
  expect(append([{ stream: `destination-${DESTINATION}`, events: [destinationCreated()] }], { expected })).toHaveLength(
    1,
  );
});

it('projects each event in the transaction that appends it, with everything that is recorded of it', () => {
  const seen: unknown[] = [];
  const { append, sqlite } = openLog(undefined, (event) => seen.push([sqlite.inTransaction, event]));
  const appended = append([{ stream: LOGINS, events: [loginRecorded(), loginRecorded()] }]);
  expect(seen).toEqual(appended.map((event) => [true, event]));
});
