import { expect, it } from 'vitest';
import type { DomainEvent } from '../../../src/domain/event.js';
import { loginRecorded, OTHER_PORTAL, PORTAL } from '../../support/domain/events.js';
import { CAUSE, openLog, withoutReadModels } from '../../support/log/fixture.js';

const LOGINS = `login-${PORTAL}` as const;
const OTHER_LOGINS = `login-${OTHER_PORTAL}` as const;
const unknownEvent = (): DomainEvent => JSON.parse('{"type": "LoginForgotten", "data": {}}');

it('stores the name of a stream and of an actor once', () => {
  const { append, sqlite } = openLog();
  for (let count = 0; count < 3; count += 1) append([{ stream: LOGINS, events: [loginRecorded()] }]);
  append([{ stream: OTHER_LOGINS, events: [loginRecorded()] }], { cause: { ...CAUSE, actor: 'token-1' } });
  expect(sqlite.prepare('SELECT name FROM streams ORDER BY id').pluck().all()).toEqual([LOGINS, OTHER_LOGINS]);
  expect(sqlite.prepare('SELECT name FROM actors ORDER BY id').pluck().all()).toEqual(['system', 'token-1']);
});

it('refuses to append an event of an unknown type', () => {
  const { append, log } = openLog();
  const events = [loginRecorded(), unknownEvent()];
  expect(() => append([{ stream: LOGINS, events }])).toThrow('LoginForgotten is not a known event type');
  expect(log.head()).toBe(0);
});

it('fails to read an event of an unknown type, and names its position', () => {
  const { append, log, sqlite } = openLog();
  append([{ stream: LOGINS, events: [loginRecorded(), loginRecorded()] }]);
  sqlite.exec("UPDATE events SET type = 'LoginForgotten' WHERE position = 2");
  const message = 'unknown type LoginForgotten at position 2';
  expect(log.after(0, 1)).toHaveLength(1);
  expect(() => log.after(0, 2)).toThrow(message);
  expect(() => log.range(LOGINS, 1, 2)).toThrow(message);
  expect(() => log.at([2])).toThrow(message);
});

it('projects each event in the transaction that appends it, with everything that is recorded of it', () => {
  const seen: unknown[] = [];
  const { append, sqlite } = openLog(
    undefined,
    withoutReadModels(undefined, (event) => seen.push([sqlite.inTransaction, event])),
  );
  const appended = append([{ stream: LOGINS, events: [loginRecorded(), loginRecorded()] }]);
  expect(seen).toEqual(appended.map((event) => [true, event]));
});
