import { describe, expect, it } from 'vitest';
import { parse } from '../../src/domain/input.js';
import {
  authenticationTypes,
  isSameLogin,
  type Login,
  loginInput,
  loginOutcomes,
  reasonAgainstTime,
  recorded,
  recordLoginsInput,
} from '../../src/domain/login.js';
import { refusalOf } from '../support/domain/given.js';

const now = Date.UTC(2026, 0, 1, 12);
const portalId = '3e551b39-227d-4297-b911-e68fd5d77c17';
const requiredFields = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' };
const login = (more: object = {}) => parse(loginInput, { ...requiredFields, ...more });
const refused = (more: object) => refusalOf(() => login(more)).fields.map(({ field, reason }) => `${field}: ${reason}`);

describe('a login', () => {
  it('needs an authentication type, an outcome and a source address', () => {
    const refusal = refusalOf(() => parse(loginInput, {}));
    expect(refusal.code).toBe('INVALID_INPUT');
    expect(refusal.fields.map(({ field }) => field)).toEqual(['authenticationType', 'outcome', 'sourceAddress']);
  });

  it('is recorded with empty strings, and the time and trace id of the server, for fields that are left out', () => {
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

  it('is recorded as it is given', () => {
    const texts = {
      request: '/a',
      principalId: 'p',
      principalName: 'Ada',
      userAgent: 'curl',
      traceId: 'theirs',
      idempotencyKey: 'k',
    };
    const { data } = recorded(login({ ...texts, occurredAt: new Date(5) }), now, 'ours');
    expect(data).toEqual({ ...requiredFields, ...texts, occurredAt: 5 });
  });

  it.each([...authenticationTypes])('may have the type %s', (authenticationType) => {
    expect(login({ authenticationType }).authenticationType).toBe(authenticationType);
  });

  it.each([...loginOutcomes])('may have the outcome %s', (outcome) => {
    expect(login({ outcome }).outcome).toBe(outcome);
  });

  it.each(['success', 'AUTHENTICATION_OUTCOME_SUCCESS', 'MAYBE', ''])('must not have the outcome %j', (outcome) => {
    expect(refused({ outcome })).toEqual([expect.stringMatching(/^outcome: .*SUCCESS.*INVALID_PASSWORD/)]);
  });

  it('must not have an unknown authentication type', () => {
    expect(refused({ authenticationType: 'LDAP' })).toEqual([expect.stringMatching(/^authenticationType: .*BASIC/)]);
  });
});

describe('a source address', () => {
  it.each(['0.0.0.0', '255.255.255.255', '::', '::1', '2001:db8::7', '2001:DB8:0:0:0:0:0:7', '::ffff:192.0.2.7'])(
    'may be %s',
    (sourceAddress) => {
      expect(login({ sourceAddress }).sourceAddress).toBe(sourceAddress);
    },
  );

  it.each([
    '',
    'localhost',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.7/24',
    '192.0.2.7:80',
    '192.0.2.7 request=x',
    '192.0.2.7\n',
    '0x7f000001',
    '3232235521',
    '1::2::3',
    '[::1]',
    '::1]@[::2',
    '::1\t',
    'fe80::1%eth0',
    '::g',
  ])('must not be %j', (sourceAddress) => {
    expect(refused({ sourceAddress })).toEqual([
      expect.stringMatching(/^sourceAddress: must be an IPv4 or IPv6 address/),
    ]);
  });
});

describe('the time of a login', () => {
  it.each([
    ['the epoch', 0],
    ['now', now],
    ['5 minutes ahead', now + 300_000],
  ])('may be %s', (_, at) => {
    expect(login({ occurredAt: new Date(at) }).occurredAt).toBe(at);
    expect(reasonAgainstTime(login({ occurredAt: new Date(at) }), now)).toBe(null);
  });

  it.each([
    ['before the epoch', -1, /^occurredAt: must not be before 1970/],
    ['an invalid time', Number.NaN, /^occurredAt: must be an ISO 8601 time/],
  ])('must not be %s', (_, at, reason) => {
    expect(refused({ occurredAt: new Date(at) })).toEqual([expect.stringMatching(reason)]);
  });
});

it('the time of a login must not be more than 5 minutes ahead', () => {
  const ahead = login({ occurredAt: new Date(now + 300_001) });
  expect(reasonAgainstTime(ahead, now)).toMatch(/^is more than 5 minutes ahead/);
});

describe('the strings of a login', () => {
  it.each([
    ['request', 8_192],
    ['userAgent', 2_048],
  ])('%s accepts up to %i bytes of UTF-8', (field, bytes) => {
    expect(login({ [field]: 'é'.repeat(bytes / 2) })).toMatchObject({ [field]: 'é'.repeat(bytes / 2) });
    expect(refused({ [field]: `${'é'.repeat(bytes / 2)}a` })).toEqual([
      `${field}: must be at most ${bytes} bytes in UTF-8; shorten it before you send it`,
    ]);
  });

  it.each(['principalId', 'principalName', 'traceId', 'idempotencyKey'])('%s accepts up to 256 characters', (field) => {
    expect(login({ [field]: '𝒳'.repeat(256) })).toMatchObject({ [field]: '𝒳'.repeat(256) });
    expect(refused({ [field]: '𝒳'.repeat(257) })).toEqual([`${field}: must be at most 256 characters`]);
  });

  it.each(['request', 'userAgent', 'principalId', 'principalName', 'traceId', 'idempotencyKey'])(
    '%s must not contain control characters',
    (field) => {
      expect(refused({ [field]: 'a\nCEF:0|' })).toEqual([
        expect.stringMatching(`^${field}: must not contain control characters`),
      ]);
    },
  );

  it.each(['traceId', 'idempotencyKey'])('%s must not be empty', (field) => {
    expect(refused({ [field]: '' })).toEqual([`${field}: must not be empty; leave it out instead`]);
  });
});

describe('the logins of a call', () => {
  const call = (logins: object[], id = portalId) => parse(recordLoginsInput, { portalId: id, logins });
  const fields = (logins: object[], id = portalId) =>
    refusalOf(() => call(logins, id)).fields.map(({ field }) => field);

  it('are 1 to 1,000', () => {
    expect(call([requiredFields]).logins).toHaveLength(1);
    expect(call(Array.from({ length: 1_000 }, () => requiredFields)).logins).toHaveLength(1_000);
    expect(fields([])).toEqual(['logins']);
    expect(fields(Array.from({ length: 1_001 }, () => requiredFields))).toEqual(['logins']);
  });

  it('are refused with the index of each wrong login', () => {
    const wrong = { ...requiredFields, sourceAddress: 'x' };
    expect(fields([wrong, requiredFields, { ...requiredFields, outcome: 'x' }])).toEqual([
      'logins[0].sourceAddress',
      'logins[2].outcome',
    ]);
  });

  it('belong to a portal with a well-formed id', () => {
    expect(fields([requiredFields], 'shop')).toEqual(['portalId']);
  });

  it('must not share an idempotency key: each repetition is named', () => {
    const [a, b] = [
      { ...requiredFields, idempotencyKey: 'a' },
      { ...requiredFields, idempotencyKey: 'b' },
    ];
    expect(fields([a, b, a, requiredFields, requiredFields, a])).toEqual([
      'logins[2].idempotencyKey',
      'logins[5].idempotencyKey',
    ]);
  });
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
  const first: Login = recorded(login({ ...texts, idempotencyKey: 'k' }), now, 'ours').data;

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
  ])('is another login if %s differs', (field, value) => {
    expect(isSameLogin(first, login({ ...texts, [field]: value }))).toBe(false);
  });
});
