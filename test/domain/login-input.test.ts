import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from '../../src/domain/input.js';
import { authenticationTypes, loginOutcomes } from '../../src/domain/login.js';
import { loginInput, recordLoginsInput, storedTraceId } from '../../src/domain/login-input.js';
import { refusalOf } from '../support/domain/given.js';
import { hostileText } from '../support/receiver/hostile.js';

const now = Date.UTC(2026, 0, 1, 12);
const portalId = '3e551b39-227d-4297-b911-e68fd5d77c17';
const requiredFields = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '192.0.2.7' };
const login = (more: object = {}) => parse(loginInput, { ...requiredFields, ...more });
const refused = (more: object) => refusalOf(() => login(more)).fields.map(({ field, reason }) => `${field}: ${reason}`);

describe('a login', () => {
  it('needs an authentication type and an outcome', () => {
    const refusal = refusalOf(() => parse(loginInput, {}));
    expect(refusal.code).toBe('INVALID_INPUT');
    expect(refusal.fields.map(({ field }) => field)).toEqual(['authenticationType', 'outcome']);
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

  it.each(['sourceAddress', 'request', 'userAgent', 'principalId', 'principalName', 'traceId', 'idempotencyKey'])(
    'must not have a %s that is no string',
    (field) => {
      expect(refused({ [field]: 7 })).toEqual([`${field}: must be a string`]);
    },
  );
});

describe('a source address', () => {
  it('is stored in canonical form', () => {
    expect(login({ sourceAddress: ' [2001:DB8:0::7]:443' })).toMatchObject({ sourceAddress: '2001:db8::7' });
    expect(login({ sourceAddress: '::ffff:192.0.2.10' })).not.toHaveProperty('givenSourceAddress');
  });

  it.each(['unknown', '', '203.0.113.9, 10.0.0.1', '192.0.2.7\u0000'])(
    'is kept as text if it is %j',
    (sourceAddress) => {
      expect(login({ sourceAddress })).toMatchObject({ sourceAddress: null, givenSourceAddress: sourceAddress });
    },
  );

  it('of 200 hops is kept as its first 256 characters', () => {
    const hops = Array.from({ length: 200 }, (_, hop) => `10.0.0.${hop}`).join(', ');
    expect(login({ sourceAddress: hops })).toMatchObject({
      sourceAddress: null,
      givenSourceAddress: hops.slice(0, 256),
      cutFields: ['givenSourceAddress'],
    });
  });

  // In Node, `socket.remoteAddress` is undefined once the visitor has closed the connection.
  it.each(['fe80::1%eth0, 203.0.113.5', '2001:db8::1%, 8.8.8.8, 9.9.9.9', 'fe80::1%eth0 unknown'])(
    'is kept as text if it is a list: %s',
    (sourceAddress) => {
      expect(login({ sourceAddress })).toMatchObject({ sourceAddress: null, givenSourceAddress: sourceAddress });
    },
  );

  it.each([null, undefined])('may be left out, because a visitor can make it %s', (sourceAddress) => {
    expect(login({ sourceAddress }).sourceAddress).toBe(null);
    expect(login({ sourceAddress })).not.toHaveProperty('givenSourceAddress');
  });
});

describe('the time of a login', () => {
  it.each([0, now, Date.UTC(9999, 11, 31), Date.UTC(10_000, 0) - 1])('may be %d', (at) => {
    expect(login({ occurredAt: new Date(at) }).occurredAt).toBe(at);
  });

  it.each([
    ['before the epoch', -1, /^occurredAt: must not be before 1970/],
    ['after the year 9999 in UTC', Date.UTC(10_000, 0), /^occurredAt: must be in the years 0000 to 9999 in UTC$/],
    ['an invalid time', Number.NaN, /^occurredAt: must be an ISO 8601 time/],
  ])('must not be %s', (_, at, reason) => {
    expect(refused({ occurredAt: new Date(at) })).toEqual([expect.stringMatching(reason)]);
  });
});

const TEXTS = ['request', 'userAgent', 'principalId', 'principalName', 'traceId'];
const storedAs = (field: string) => (field === 'traceId' ? 'clientTraceId' : field);

describe('the texts that a visitor controls', () => {
  it.each([
    ['request', 8_192],
    ['userAgent', 2_048],
  ])('%s is cut to %i bytes of UTF-8, between two characters', (field, bytes) => {
    const longest = 'é'.repeat(bytes / 2);
    expect(login({ [field]: longest })).toMatchObject({ [field]: longest });
    expect(login({ [field]: longest })).not.toHaveProperty('cutFields');
    expect(login({ [field]: `a${longest}` })).toMatchObject({ [field]: `a${longest.slice(1)}`, cutFields: [field] });
  });

  it.each(['principalId', 'principalName', 'traceId'])('%s is cut to 256 characters', (field) => {
    const stored = storedAs(field);
    expect(login({ [field]: '𝒳'.repeat(256) })).toMatchObject({ [stored]: '𝒳'.repeat(256) });
    expect(login({ [field]: '𝒳'.repeat(256) })).not.toHaveProperty('cutFields');
    expect(login({ [field]: '𝒳'.repeat(300) })).toMatchObject({ [stored]: '𝒳'.repeat(256), cutFields: [stored] });
  });

  it('are cut one by one, and the login names each', () => {
    const long = 'x'.repeat(1_000_000);
    const { cutFields } = login({ request: long, userAgent: long, principalName: 'Ada', traceId: long });
    expect(cutFields).toEqual(['request', 'userAgent', 'clientTraceId']);
  });

  it.each(TEXTS)('%s is stored with its control characters, and with U+FFFD for lone surrogates', (field) => {
    const given = '\t\0\u007f\u0085\u2028\u001b[31m\r\nCEF:0|';
    expect(login({ [field]: given })).toMatchObject({ [storedAs(field)]: given });
    expect(login({ [field]: 'a\ud800b\udc00' })).toMatchObject({ [storedAs(field)]: 'a\ufffdb\ufffd' });
  });

  it('never refuse a login, whatever they are', () => {
    const text = fc.oneof(hostileText, fc.constant('x'.repeat(100_000)));
    const texts = fc.record(Object.fromEntries([...TEXTS, 'sourceAddress'].map((field) => [field, text])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(texts, fc.boolean(), (given, hasKey) => {
        const read = login({ ...given, ...(hasKey && { idempotencyKey: 'k' }) });
        for (const stored of Object.values(read))
          expect(typeof stored !== 'string' || stored.isWellFormed()).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('an empty trace id is none', () => {
    expect(login({ traceId: '' })).not.toHaveProperty('clientTraceId');
  });

  it('a trace id is searched as it is stored', () => {
    const given = `\ud800${'𝒳'.repeat(300)}`;
    expect(login({ traceId: given }).clientTraceId).toBe(storedTraceId(given));
  });
});

describe('an idempotency key', () => {
  it.each([
    ['', 'must not be empty; leave it out instead'],
    ['𝒳'.repeat(257), 'must be at most 256 characters'],
    ['a\nCEF:0|', 'must not contain control characters; remove them: character 2 is U+000A'],
    // Two keys with different halves would become one.
    ['a\ud800', 'must not contain half of a surrogate pair'],
  ])('is made by the caller, so it is refused if it is %j', (idempotencyKey, reason) => {
    expect(refused({ idempotencyKey })).toEqual([`idempotencyKey: ${reason}`]);
  });

  it('has up to 256 characters', () => {
    expect(login({ idempotencyKey: '𝒳'.repeat(256) }).idempotencyKey).toBe('𝒳'.repeat(256));
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
    const wrong = { ...requiredFields, sourceAddress: 7 };
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
