import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/clock/fake-clock.js';
import {
  aLogin,
  expectInvalid,
  expectRefusal,
  headOf,
  mutate,
  mutationOf,
  post,
  registerPortal,
  UNKNOWN_ID,
} from '../support/graphql/calls.js';
import { startApp } from '../support/server/app.js';

const notFound = { __typename: 'NotFound', code: 'NOT_FOUND' };
const NOW = Date.UTC(2026, 0, 1);
const at = (ms: number) => new Date(ms).toISOString();

async function startWithPortal() {
  const test = await startApp({ appOptions: { clock: new FakeClock(NOW) } });
  return { test, portalId: await registerPortal(test) };
}

describe('recordLogin', () => {
  it('records the given fields and sets defaults for the others', async () => {
    const { test, portalId } = await startWithPortal();

    expect(await mutate(test, 'recordLogin', { portalId, ...aLogin() })).toMatchObject({
      __typename: 'RecordLoginSuccess',
      login: {
        ...aLogin(),
        portalId,
        position: await headOf(test),
        request: '',
        principalId: '',
        principalName: '',
        userAgent: '',
        idempotencyKey: null,
        traceId: expect.stringMatching(/^[\da-f]{32}$/),
        clientTraceId: null,
        givenSourceAddress: null,
        occurredAt: at(NOW),
        givenOccurredAt: null,
        cutFields: [],
        recordedAt: at(NOW),
      },
    });
  });

  it('records every field as it is given', async () => {
    const { test, portalId } = await startWithPortal();
    const login = aLogin({
      authenticationType: 'SSO',
      outcome: 'LOCKED',
      sourceAddress: '2001:db8::7',
      request: '/api/v2/developer/authenticate?a=1|2',
      principalId: 'a3d2699a',
      principalName: 'Zoë 🔐',
      userAgent: 'Mozilla/5.0 (X11)\u2028',
      traceId: '3360194145499877252',
      occurredAt: at(NOW - 1),
      idempotencyKey: 'key-1',
    });

    const { traceId: clientTraceId, ...rest } = login;
    expect(await mutate(test, 'recordLogin', { portalId, ...login })).toMatchObject({
      login: { ...rest, clientTraceId, traceId: expect.stringMatching(/^[\da-f]{32}$/) },
    });
  });

  it('records the texts of visitors and proxies whatever they are, and says what it changed', async () => {
    const { test, portalId } = await startWithPortal();
    const odd = '\t\0\u007f\u0085\u001b[31m\r\n\ud800';
    const login = aLogin({
      sourceAddress: '203.0.113.9, 10.0.0.1',
      request: `/${'x'.repeat(8_192)}`,
      principalId: odd,
      principalName: '𝒳'.repeat(257),
      userAgent: 'ü'.repeat(1_000_000),
      traceId: `${'t'.repeat(256)}t`,
      occurredAt: at(NOW + 300_001),
      idempotencyKey: 'key-1',
    });

    const first = await mutate(test, 'recordLogin', { portalId, ...login });
    expect(first).toMatchObject({
      login: {
        sourceAddress: null,
        givenSourceAddress: '203.0.113.9, 10.0.0.1',
        request: `/${'x'.repeat(8_191)}`,
        principalId: odd.toWellFormed(),
        principalName: '𝒳'.repeat(256),
        userAgent: 'ü'.repeat(1_024),
        clientTraceId: 't'.repeat(256),
        occurredAt: at(NOW),
        givenOccurredAt: at(NOW + 300_001),
        cutFields: ['request', 'principalName', 'userAgent', 'clientTraceId'],
      },
    });
    expect(await mutate(test, 'recordLogin', { portalId, ...login })).toEqual(first);
    await expectRefusal(
      test,
      'recordLogin',
      { portalId, ...login, userAgent: 'ü'.repeat(1_000_001) },
      { __typename: 'Conflict', code: 'IDEMPOTENCY_KEY_REUSED', fields: [expect.anything()] },
    );
  });

  it.each([
    ['a form with brackets and a port', '[2001:DB8::7]:51744', '2001:db8::7'],
    ['an IPv4-mapped form', '::ffff:192.0.2.10', '192.0.2.10'],
    ['no address', 'unknown', null],
    ['an empty text', '', null],
    ['null', null, null],
  ])('records a source address given as %s', async (_, given, sourceAddress) => {
    const { test, portalId } = await startWithPortal();
    const givenSourceAddress = sourceAddress === null ? given : null;

    const result = await mutate(test, 'recordLogin', { portalId, ...aLogin({ sourceAddress: given }) });
    expect(result).toMatchObject({ login: { sourceAddress, givenSourceAddress } });
  });

  it.each([
    ['a malformed portal id', { portalId: 'x' }, 'portalId', 'must be a UUID'],
    ['a text that is no time', { occurredAt: 'yesterday' }, 'occurredAt', 'ISO 8601'],
    ['a time without a time zone', { occurredAt: '2026-01-01T00:00:00' }, 'occurredAt', 'time zone'],
    ['a day that does not exist', { occurredAt: '2025-02-30T00:00:00Z' }, 'occurredAt', 'ISO 8601'],
    ['a time after the year 9999 in UTC', { occurredAt: '9999-12-31T23:59:59-23:59' }, 'occurredAt', '0000 to 9999'],
    ['a time before the epoch', { occurredAt: at(-1) }, 'occurredAt', '1970'],
    [
      'an idempotency key that is too long',
      { idempotencyKey: 'x'.repeat(257) },
      'idempotencyKey',
      'at most 256 characters',
    ],
    ['an empty idempotency key', { idempotencyKey: '' }, 'idempotencyKey', 'must not be empty'],
    ['a NUL in the idempotency key', { idempotencyKey: 'a\u0000' }, 'idempotencyKey', 'control characters'],
  ])('refuses %s', async (_, input, field, reason) => {
    const { test, portalId } = await startWithPortal();

    await expectInvalid(test, 'recordLogin', { portalId, ...aLogin(), ...input }, field, reason);
  });

  it('accepts a time of 5 minutes ahead and one at the epoch', async () => {
    const { test, portalId } = await startWithPortal();

    for (const occurredAt of [at(NOW + 300_000), at(0)]) {
      const result = await mutate(test, 'recordLogin', { portalId, ...aLogin({ occurredAt }) });
      expect(result).toMatchObject({ login: { occurredAt } });
    }
  });

  it('reads an offset without a colon', async () => {
    const { test, portalId } = await startWithPortal();

    const result = await mutate(test, 'recordLogin', {
      portalId,
      ...aLogin({ occurredAt: '2025-12-31T23:00:00+0100' }),
    });
    expect(result).toMatchObject({ login: { occurredAt: '2025-12-31T22:00:00.000Z' } });
  });

  it('makes a trace id for each login, whatever trace id the portal passes', async () => {
    const { test, portalId } = await startWithPortal();
    const logins = [aLogin({ traceId: 'same' }), aLogin({ traceId: 'same' }), aLogin({ traceId: '' })];

    const result = await mutate<{ logins: { traceId: string; clientTraceId: string | null }[] }>(test, 'recordLogins', {
      portalId,
      logins,
    });
    expect(new Set(result.logins.map(({ traceId }) => traceId)).size).toBe(3);
    expect(result.logins.map(({ clientTraceId }) => clientTraceId)).toEqual(['same', 'same', null]);
  });

  it('refuses an unknown portal', async () => {
    const { test } = await startWithPortal();

    await expectRefusal(test, 'recordLogin', { portalId: UNKNOWN_ID, ...aLogin() }, notFound);
  });

  it.each([
    ['outcome', 'MAYBE', /must be one of .*SUCCESS/],
    ['authenticationType', 'MAGIC', /must be one of .*BASIC/],
    ['sourceAddress', 7, /String/],
  ])('answers an invalid %s with a GraphQL error that names its path', async (field, value, reason) => {
    const { test, portalId } = await startWithPortal();
    const head = await headOf(test);

    const input = { portalId, ...aLogin(), [field]: value };
    const { body } = await post(test, mutationOf('recordLogin'), { input });

    expect(body.data).toBeUndefined();
    expect(body.errors).toHaveLength(1);
    expect(body.errors?.[0]?.message).toMatch(reason);
    expect(body.errors?.[0]?.message).toContain(`input.${field}`);
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await headOf(test)).toBe(head);
  });

  it('returns the first login for the same key with the same content', async () => {
    const { test, portalId } = await startWithPortal();
    const input = { portalId, ...aLogin({ idempotencyKey: 'key-1' }) };
    const first = await mutate(test, 'recordLogin', input);
    const head = await headOf(test);

    expect(await mutate(test, 'recordLogin', input)).toEqual(first);
    expect(await headOf(test)).toBe(head);
  });

  it('says whether the call recorded the login', async () => {
    const { test, portalId } = await startWithPortal();
    const query = `mutation ($input: RecordLoginInput!) {
      recordLogin(input: $input) { ... on RecordLoginSuccess { isNew } } }`;
    const isNew = async (key: string | undefined) => {
      const variables = { input: { portalId, ...aLogin({ idempotencyKey: key }) } };
      return (await post(test, query, variables)).body.data?.['recordLogin'];
    };
    for (const key of ['a', 'b', undefined, undefined]) expect(await isNew(key)).toEqual({ isNew: true });
    for (const key of ['a', 'b']) expect(await isNew(key)).toEqual({ isNew: false });
  });

  it('refuses a key that was used for other content', async () => {
    const { test, portalId } = await startWithPortal();
    await mutate(test, 'recordLogin', { portalId, ...aLogin({ idempotencyKey: 'key-1' }) });

    const other = { portalId, ...aLogin({ idempotencyKey: 'key-1', outcome: 'LOCKED' }) };
    await expectRefusal(test, 'recordLogin', other, {
      __typename: 'Conflict',
      code: 'IDEMPOTENCY_KEY_REUSED',
      message: expect.not.stringContaining('logins['),
      fields: [{ field: 'idempotencyKey', reason: expect.stringContaining('other content') }],
    });
  });

  it('accepts the same key for two portals', async () => {
    const { test, portalId } = await startWithPortal();
    const otherId = await registerPortal(test, 'Other');
    await mutate(test, 'recordLogin', { portalId, ...aLogin({ idempotencyKey: 'key-1' }) });

    const result = await mutate(test, 'recordLogin', {
      portalId: otherId,
      ...aLogin({ idempotencyKey: 'key-1', outcome: 'LOCKED' }),
    });
    expect(result.__typename).toBe('RecordLoginSuccess');
  });
});
