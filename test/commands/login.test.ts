import { expect, it } from 'vitest';
import { openCommands } from '../support/log/commands.js';
import { START } from '../support/log/fixture.js';

const positions = (logins: readonly { position: number }[]) => logins.map(({ position }) => position);

async function withPortal() {
  const commands = openCommands();
  return { ...commands, portalId: await commands.registerPortal() };
}

it('records logins in the given order, and fills in the fields that are left out', async () => {
  const { portalId, record, log } = await withPortal();
  const logins = await record(
    portalId,
    { principalId: 'a' },
    { principalId: 'b', occurredAt: new Date(START - 5), traceId: 't' },
  );
  expect(logins).toEqual(log.range(`login-${portalId}`, 1, 10));
  expect(logins.map(({ data }) => data)).toMatchObject([
    { principalId: 'a', request: '', occurredAt: START, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    { principalId: 'b', occurredAt: START - 5, traceId: expect.stringMatching(/^[0-9a-f]{32}$/), clientTraceId: 't' },
  ]);
});

it('gives each login its own trace id, also those for which the portal passes one', async () => {
  const { portalId, record } = await withPortal();
  const logins = await record(portalId, {}, { traceId: 't' }, { traceId: 't' });
  expect(new Set(logins.map(({ data }) => data.traceId)).size).toBe(3);
});

it('returns the first login for the same key and content', async () => {
  const { portalId, record, log } = await withPortal();
  const first = await record(portalId, { idempotencyKey: 'k', principalId: 'a' });
  const head = log.head();
  expect(await record(portalId, { idempotencyKey: 'k', principalId: 'a' })).toEqual(first);
  expect(log.head()).toBe(head);
});

it('compares only the fields of the second call: a trace id or time that the server made is not a difference', async () => {
  const { portalId, record } = await withPortal();
  const given = { idempotencyKey: 'k', traceId: 't', occurredAt: new Date(START - 7) };
  const first = await record(portalId, given);
  expect(await record(portalId, { idempotencyKey: 'k' })).toEqual(first);
  expect(await record(portalId, given)).toEqual(first);
});

it.each([
  ['authenticationType', 'SSO'],
  ['outcome', 'LOCKED'],
  ['sourceAddress', '192.0.2.8'],
  ['request', '/other'],
  ['principalId', 'other'],
  ['principalName', 'Other'],
  ['userAgent', 'other'],
  ['traceId', 'other'],
  ['occurredAt', new Date(START - 1)],
])('refuses a key that was used with another %s', async (field, value) => {
  const { portalId, record, log } = await withPortal();
  await record(portalId, {
    idempotencyKey: 'k',
    request: '/a',
    principalId: 'a',
    principalName: 'A',
    userAgent: 'a',
    traceId: 't',
  });
  const head = log.head();
  const same = {
    idempotencyKey: 'k',
    request: '/a',
    principalId: 'a',
    principalName: 'A',
    userAgent: 'a',
    traceId: 't',
  };
  await expect(record(portalId, { ...same, [field]: value })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  expect(log.head()).toBe(head);
});

it('names each entry whose key was used with other content, and records nothing', async () => {
  const { portalId, record, log } = await withPortal();
  await record(portalId, { idempotencyKey: 'a' }, { idempotencyKey: 'b' });
  const head = log.head();
  const again = record(
    portalId,
    {},
    { idempotencyKey: 'a', request: '/x' },
    { idempotencyKey: 'c' },
    { idempotencyKey: 'b', request: '/x' },
  );
  const reason = 'was used for a login with other content; use a new key';
  await expect(again).rejects.toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
    fields: [
      { field: 'logins[1].idempotencyKey', reason },
      { field: 'logins[3].idempotencyKey', reason },
    ],
  });
  expect(log.head()).toBe(head);
});

it('returns the first login for each known key of a call, in order, and records the others', async () => {
  const { portalId, record, log } = await withPortal();
  const [b, d] = await record(portalId, { idempotencyKey: 'b' }, { idempotencyKey: 'd' });
  const head = log.head();
  const mixed = await record(
    portalId,
    { principalId: 'a' },
    { idempotencyKey: 'd' },
    { idempotencyKey: 'c' },
    { idempotencyKey: 'b' },
  );
  expect(positions(mixed)).toEqual([head + 1, d?.position, head + 2, b?.position]);
  expect(mixed.map(({ data }) => data.idempotencyKey ?? data.principalId)).toEqual(['a', 'd', 'c', 'b']);
  expect(log.head()).toBe(head + 2);
});

it('records a login whose time is too far ahead, and knows it again when the time has come', async () => {
  const { portalId, record } = await withPortal();
  const ahead = { idempotencyKey: 'k', occurredAt: new Date(START + 10 * 60_000) };
  const first = await record(portalId, ahead);
  expect(first).toMatchObject([{ data: { occurredAt: START, givenOccurredAt: START + 10 * 60_000 } }]);
  expect(await record(portalId, ahead)).toEqual(first);
});

it('knows a login again by the texts that were given, not by those that are stored', async () => {
  const { portalId, record, log } = await withPortal();
  const given = { idempotencyKey: 'k', sourceAddress: '::ffff:192.0.2.7', userAgent: `${'x'.repeat(5_000)}a` };
  const first = await record(portalId, given);
  const head = log.head();
  expect(await record(portalId, given)).toEqual(first);
  for (const other of [{ sourceAddress: '192.0.2.7' }, { userAgent: `${'x'.repeat(5_000)}b` }]) {
    await expect(record(portalId, { ...given, ...other })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  }
  expect(log.head()).toBe(head);
});

it('accepts the same key in another portal', async () => {
  const { portalId, record, registerPortal } = await withPortal();
  const other = await registerPortal('Other');
  const [first] = await record(portalId, { idempotencyKey: 'k', request: '/a' });
  const [second] = await record(other, { idempotencyKey: 'k', request: '/b' });
  expect(second?.position).toBe((first?.position ?? 0) + 1);
});

it('records one login for two calls with the same key in a group, and returns it to both', async () => {
  const { portalId, record, log, commits } = await withPortal();
  const head = log.head();
  commits.length = 0;
  const [one, two] = await Promise.all([
    record(portalId, { idempotencyKey: 'k' }),
    record(portalId, { idempotencyKey: 'k' }),
  ]);
  expect(commits).toEqual([head + 1]);
  expect(one).toEqual(two);
  expect(log.head()).toBe(head + 1);
});

it('refuses the second of two calls in a group that use a key with other content', async () => {
  const { portalId, record } = await withPortal();
  const calls = [record(portalId, { idempotencyKey: 'k' }), record(portalId, { idempotencyKey: 'k', request: '/x' })];
  expect(await Promise.allSettled(calls)).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'IDEMPOTENCY_KEY_REUSED' } },
  ]);
});

it('accepts the key of a refused login again', async () => {
  const { portalId, record } = await withPortal();
  await record(portalId, { idempotencyKey: 'taken' });
  await expect(record(portalId, { idempotencyKey: 'k' }, { idempotencyKey: 'taken', request: '/x' })).rejects.toThrow();
  await expect(record(portalId, { idempotencyKey: 'k', request: '/y' })).resolves.toHaveLength(1);
});

it('refuses logins of a portal that does not exist or is retired', async () => {
  const { portalId, record, retirePortal } = await withPortal();
  await expect(record('a3d2699a-0ed3-4417-bb10-d8e74a1513a4', {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await record(portalId, { idempotencyKey: 'k' });
  await retirePortal(portalId);
  await expect(record(portalId, {})).rejects.toMatchObject({ code: 'PORTAL_RETIRED' });
});
