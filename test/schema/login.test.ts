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
        traceId: expect.stringMatching(/./),
        occurredAt: at(NOW),
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

    expect(await mutate(test, 'recordLogin', { portalId, ...login })).toMatchObject({ login });
  });

  it.each([
    ['a malformed portal id', { portalId: 'x' }, 'portalId', 'must be a UUID'],
    [
      'a host name as source address',
      { sourceAddress: 'localhost' },
      'sourceAddress',
      'must be an IPv4 or IPv6 address',
    ],
    ['an empty source address', { sourceAddress: '' }, 'sourceAddress', 'must be an IPv4 or IPv6 address'],
    [
      'a source address with a port',
      { sourceAddress: '192.0.2.7:80' },
      'sourceAddress',
      'must be an IPv4 or IPv6 address',
    ],
    ['an octet over 255', { sourceAddress: '192.0.2.256' }, 'sourceAddress', 'must be an IPv4 or IPv6 address'],
    ['a text that is no time', { occurredAt: 'yesterday' }, 'occurredAt', 'ISO 8601'],
    ['a time without a time zone', { occurredAt: '2026-01-01T00:00:00' }, 'occurredAt', 'time zone'],
    ['a time more than 5 minutes ahead', { occurredAt: at(NOW + 300_001) }, 'occurredAt', '5 minutes ahead'],
    ['a time before the epoch', { occurredAt: at(-1) }, 'occurredAt', '1970'],
    ['a request of more than 8 KiB', { request: `/${'x'.repeat(8_192)}` }, 'request', 'at most 8192 bytes'],
    ['a user agent of more than 2 KiB', { userAgent: 'ü'.repeat(1_025) }, 'userAgent', 'at most 2048 bytes'],
    ['a principal id that is too long', { principalId: 'x'.repeat(257) }, 'principalId', 'at most 256 characters'],
    [
      'a principal name that is too long',
      { principalName: 'x'.repeat(257) },
      'principalName',
      'at most 256 characters',
    ],
    ['a trace id that is too long', { traceId: 'x'.repeat(257) }, 'traceId', 'at most 256 characters'],
    ['an empty trace id', { traceId: '' }, 'traceId', 'must not be empty'],
    [
      'an idempotency key that is too long',
      { idempotencyKey: 'x'.repeat(257) },
      'idempotencyKey',
      'at most 256 characters',
    ],
    ['an empty idempotency key', { idempotencyKey: '' }, 'idempotencyKey', 'must not be empty'],
    ['a line break in the user agent', { userAgent: 'a\nb' }, 'userAgent', 'control characters'],
    ['a NUL in the request', { request: '/\u0000' }, 'request', 'control characters'],
    ['an escape in the principal name', { principalName: '\u001b[31m' }, 'principalName', 'control characters'],
    ['a DEL in the principal id', { principalId: '\u007f' }, 'principalId', 'control characters'],
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
