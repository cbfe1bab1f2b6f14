import { describe, expect, it } from 'vitest';
import { parse } from '../../src/domain/input.js';
import { isSameLogin, type Login, recorded } from '../../src/domain/login.js';
import { loginInput } from '../../src/domain/login-input.js';

const now = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;
const requiredFields = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' };
const login = (more: object = {}) => parse(loginInput, { ...requiredFields, ...more });
const dataOf = (more: object = {}) => recorded(login(more), now, 'ours').data;

describe('a login', () => {
  it('is recorded with empty strings, and the time of the server, for fields that are left out', () => {
    const empty = { request: '', principalId: '', principalName: '', userAgent: '' };
    const data = { ...requiredFields, ...empty, traceId: 'ours', occurredAt: now };
    expect(recorded(login(), now, 'ours')).toEqual({ type: 'LoginRecorded', data });
    const nulls = {
      request: null,
      principalId: null,
      userAgent: null,
      traceId: null,
      occurredAt: null,
      idempotencyKey: null,
    };
    expect(recorded(login(nulls), now, 'ours')).toEqual({ type: 'LoginRecorded', data });
  });

  it('is recorded as it is given, with the trace id of the server beside that of the portal', () => {
    const texts = { request: '/a', principalId: 'p', principalName: 'Ada', userAgent: 'curl', idempotencyKey: 'k' };
    const given = { ...texts, traceId: 'theirs', occurredAt: new Date(5) };
    const data = { ...requiredFields, ...texts, traceId: 'ours', clientTraceId: 'theirs', occurredAt: 5 };
    expect(dataOf(given)).toEqual(data);
  });

  it('of up to 5 minutes ahead has the time that was given', () => {
    expect(dataOf({ occurredAt: new Date(now + 5 * MINUTE) }).occurredAt).toBe(now + 5 * MINUTE);
    expect(dataOf({ occurredAt: new Date(now + 5 * MINUTE) })).not.toHaveProperty('givenOccurredAt');
  });

  it.each([now + 5 * MINUTE + 1, Date.UTC(9999, 11, 31)])(
    'of more than 5 minutes ahead has the time of recording, and keeps the time that was given',
    (ahead) => {
      expect(dataOf({ occurredAt: new Date(ahead) })).toMatchObject({ occurredAt: now, givenOccurredAt: ahead });
    },
  );
});

describe('a login sent again with its key', () => {
  const texts = {
    request: '/a',
    principalId: 'p',
    principalName: 'Ada',
    userAgent: 'curl',
    traceId: 't',
    occurredAt: new Date(5),
  };
  const first: Login = dataOf({ ...texts, idempotencyKey: 'k' });

  it('is the same login if all fields are equal', () => {
    expect(isSameLogin(first, login({ ...texts, idempotencyKey: 'k' }))).toBe(true);
  });

  it('is the same login if it leaves out fields that the server may have filled in', () => {
    expect(isSameLogin(first, login({ ...texts, traceId: undefined, occurredAt: null }))).toBe(true);
  });

  it.each([
    ['authenticationType', 'SSO'],
    ['outcome', 'LOCKED'],
    ['sourceAddress', '192.0.2.8'],
    ['request', '/b'],
    ['principalId', 'q'],
    ['principalName', ''],
    ['userAgent', ''],
    ['traceId', 'u'],
    ['occurredAt', new Date(6)],
    ['sourceAddress', '::ffff:192.0.2.7'],
    ['sourceAddress', null],
  ])('is another login if %s differs', (field, value) => {
    expect(isSameLogin(first, login({ ...texts, idempotencyKey: 'k', [field]: value }))).toBe(false);
  });

  // What is given, and something else that is stored in the same way.
  it.each([
    ['userAgent', `${'x'.repeat(2_048)}a`, `${'x'.repeat(2_048)}b`],
    ['request', `${'x'.repeat(8_192)}a`, 'x'.repeat(8_192)],
    ['principalId', `${'x'.repeat(256)}a`, `${'x'.repeat(256)}aa`],
    ['principalName', '\ud800', '\ud801'],
    ['principalName', '\ud800', '\ufffd'],
    ['sourceAddress', 'unknown', 'Unknown'],
    ['sourceAddress', '', null],
    ['sourceAddress', `${'10.0.0.1, '.repeat(40)}a`, `${'10.0.0.1, '.repeat(40)}b`],
    ['sourceAddress', '::ffff:192.0.2.10', '192.0.2.10'],
    ['sourceAddress', '[2001:db8::7]:51744', '[2001:db8::7]:51745'],
    ['traceId', `${'x'.repeat(256)}a`, `${'x'.repeat(256)}b`],
  ])('is the same if %s is given as before, and another one if it is only stored as before', (field, given, like) => {
    const odd = dataOf({ ...texts, idempotencyKey: 'k', [field]: given });
    const alike = dataOf({ ...texts, idempotencyKey: 'k', [field]: like });
    const same = (data: Login) => isSameLogin(data, login({ ...texts, idempotencyKey: 'k', [field]: given }));
    expect(same(odd)).toBe(true);
    expect(same(JSON.parse(JSON.stringify(odd)))).toBe(true);
    expect(same(alike)).toBe(false);
  });

  it('is the same if its time was too far ahead and no longer is', () => {
    const occurredAt = new Date(now + 6 * MINUTE);
    const early = dataOf({ occurredAt, idempotencyKey: 'k' });
    expect(isSameLogin(early, login({ occurredAt, idempotencyKey: 'k' }))).toBe(true);
    expect(isSameLogin(early, login({ idempotencyKey: 'k' }))).toBe(true);
    expect(isSameLogin(early, login({ occurredAt: new Date(now), idempotencyKey: 'k' }))).toBe(false);
  });

  it('needs hashes only if it has a key and a text that is not stored as it was given', () => {
    expect(dataOf({ ...texts, idempotencyKey: 'k' })).not.toHaveProperty('givenHashes');
    expect(dataOf({ sourceAddress: 'unknown' })).not.toHaveProperty('givenHashes');
    expect(Object.keys(dataOf({ sourceAddress: 'unknown', idempotencyKey: 'k' }).givenHashes ?? {})).toEqual([
      'sourceAddress',
    ]);
  });
});
