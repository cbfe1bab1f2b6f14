import { describe, expect, it } from 'vitest';
import {
  aLogin,
  expectInvalid,
  expectRefusal,
  headOf,
  mutate,
  mutationOf,
  post,
  type Result,
  registerPortal,
  UNKNOWN_ID,
} from '../support/graphql/calls.js';
import { startApp } from '../support/server/app.js';

const notFound = { __typename: 'NotFound', code: 'NOT_FOUND' };

interface RecordedLogins extends Result {
  logins: {
    position: string;
    clientTraceId: string;
    sourceAddress: string | null;
    userAgent: string;
    cutFields: string[];
  }[];
}

async function startWithPortal() {
  const test = await startApp();
  return { test, portalId: await registerPortal(test) };
}

describe('recordLogins', () => {
  it('records 1,000 logins in the order given', async () => {
    const { test, portalId } = await startWithPortal();
    const logins = Array.from({ length: 1_000 }, (_, index) => aLogin({ traceId: `trace-${index}` }));

    const result = await mutate<RecordedLogins>(test, 'recordLogins', { portalId, logins });

    expect(result.__typename).toBe('RecordLoginsSuccess');
    expect(result.logins.map(({ clientTraceId }) => clientTraceId)).toEqual(logins.map(({ traceId }) => traceId));
    const positions = result.logins.map(({ position }) => Number(position));
    expect(positions).toEqual(positions.map((_, index) => (positions[0] ?? 0) + index));
  });

  it('refuses 0 and 1,001 entries', async () => {
    const { test, portalId } = await startWithPortal();
    const many = Array.from({ length: 1_001 }, () => aLogin());

    await expectInvalid(test, 'recordLogins', { portalId, logins: [] }, 'logins', 'at least one');
    await expectInvalid(test, 'recordLogins', { portalId, logins: many }, 'logins', 'at most 1000');
  });

  it('names every refused login by its index and records none', async () => {
    const { test, portalId } = await startWithPortal();
    const logins = [
      aLogin(),
      aLogin({ occurredAt: '1969-12-31T00:00:00Z' }),
      aLogin(),
      aLogin({ idempotencyKey: '\t' }),
    ];

    await expectRefusal(
      test,
      'recordLogins',
      { portalId, logins },
      {
        __typename: 'InvalidInput',
        code: 'INVALID_INPUT',
        fields: [
          { field: 'logins[1].occurredAt', reason: expect.any(String) },
          { field: 'logins[3].idempotencyKey', reason: expect.any(String) },
        ],
      },
    );
  });

  it('records all logins if a visitor made some of them odd', async () => {
    const { test, portalId } = await startWithPortal();
    const odd = [
      { sourceAddress: 'unknown' },
      { sourceAddress: '' },
      { userAgent: '\t' },
      { userAgent: 'x'.repeat(100_000) },
      { principalName: '\ud800\0' },
      { traceId: '\n' },
    ].map((given) => aLogin(given));
    const logins = [aLogin(), ...odd, aLogin()];

    // The third call is compiled.
    for (let call = 0; call < 3; call += 1) {
      const result = await mutate<RecordedLogins>(test, 'recordLogins', { portalId, logins });
      expect(result.__typename).toBe('RecordLoginsSuccess');
      expect(result.logins).toHaveLength(8);
      expect(result.logins.map(({ cutFields }) => cutFields)).toEqual([[], [], [], [], ['userAgent'], [], [], []]);
    }
  });

  it('names an invalid login by its index in a GraphQL error', async () => {
    const { test, portalId } = await startWithPortal();
    const logins = [aLogin(), aLogin({ outcome: 'MAYBE' })];

    const { body } = await post(test, mutationOf('recordLogins'), { input: { portalId, logins } });

    expect(body.errors).toHaveLength(1);
    expect(body.errors?.[0]?.message).toContain('input.logins[1].outcome');
  });

  it('returns the first login for known keys and records the rest', async () => {
    const { test, portalId } = await startWithPortal();
    const [a, b, c] = ['a', 'b', 'c'].map((key) => aLogin({ idempotencyKey: key, traceId: key }));
    const first = await mutate<RecordedLogins>(test, 'recordLogins', { portalId, logins: [b] });

    const result = await mutate<RecordedLogins>(test, 'recordLogins', { portalId, logins: [a, b, c] });

    expect(result.logins.map(({ clientTraceId }) => clientTraceId)).toEqual(['a', 'b', 'c']);
    expect(result.logins[1]).toEqual(first.logins[0]);
    expect(Number(await headOf(test))).toBe(Number(first.logins[0]?.position) + 2);
  });

  it('refuses a key that is used twice in a call, and one that was used for other content', async () => {
    const { test, portalId } = await startWithPortal();
    const login = aLogin({ idempotencyKey: 'a' });
    await expectInvalid(
      test,
      'recordLogins',
      { portalId, logins: [login, login] },
      'logins[1].idempotencyKey',
      'twice',
    );
    await mutate(test, 'recordLogins', { portalId, logins: [login] });

    await expectRefusal(
      test,
      'recordLogins',
      { portalId, logins: [aLogin(), { ...login, request: '/other' }] },
      {
        __typename: 'Conflict',
        code: 'IDEMPOTENCY_KEY_REUSED',
        fields: [{ field: 'logins[1].idempotencyKey', reason: expect.stringContaining('other content') }],
      },
    );
  });

  it('refuses an unknown portal and a malformed portal id', async () => {
    const { test } = await startWithPortal();

    await expectRefusal(test, 'recordLogins', { portalId: UNKNOWN_ID, logins: [aLogin()] }, notFound);
    await expectInvalid(test, 'recordLogins', { portalId: 'x', logins: [aLogin()] }, 'portalId', 'must be a UUID');
  });
});
