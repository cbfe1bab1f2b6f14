import { describe, expect, it } from 'vitest';
import {
  aLogin,
  dataOf,
  expectInvalid,
  expectRefusal,
  headOf,
  mutate,
  post,
  registerPortal,
  UNKNOWN_ID,
} from '../support/graphql/calls.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp } from '../support/server/app.js';

const MINE = '3e551b39-227d-4297-b911-e68fd5d77c17';
const notFound = { __typename: 'NotFound', code: 'NOT_FOUND' };
const retired = { __typename: 'Conflict', code: 'PORTAL_RETIRED' };

describe('registerPortal', () => {
  it('registers a portal under an id that the server makes', async () => {
    const test = await startApp();

    const result = await mutate(test, 'registerPortal', { name: '  Developer portal ' });

    expect(result).toMatchObject({
      __typename: 'RegisterPortalSuccess',
      portal: { id: expect.stringMatching(/^[\da-f-]{36}$/), name: 'Developer portal', retiredAt: null },
    });
  });

  it('takes the id of the caller, in any case, and changes nothing when it is repeated', async () => {
    const test = await startApp();
    const first = await mutate(test, 'registerPortal', { id: MINE.toUpperCase(), name: 'Mine' });
    const head = await headOf(test);

    const again = await mutate(test, 'registerPortal', { id: MINE, name: 'Mine' });

    expect(first).toMatchObject({ portal: { id: MINE } });
    expect(again).toEqual(first);
    expect(await headOf(test)).toBe(head);
  });

  it('refuses an id that belongs to a portal with another name', async () => {
    const test = await startApp();
    await mutate(test, 'registerPortal', { id: MINE, name: 'Mine' });

    await expectRefusal(
      test,
      'registerPortal',
      { id: MINE, name: 'Yours' },
      { __typename: 'Conflict', code: 'ALREADY_EXISTS' },
    );
  });

  it.each([
    ['a blank name', { name: ' \u00a0 ' }, 'name', 'must not be blank'],
    ['a name of 257 characters', { name: 'x'.repeat(257) }, 'name', 'at most 256 characters'],
    ['a name with a line break', { name: 'Developer\nportal' }, 'name', 'control characters'],
    ['a name with a C1 control', { name: 'Developer\u0085portal' }, 'name', 'control characters'],
    ['a malformed id', { id: 'portal-1', name: 'Portal' }, 'id', 'must be a UUID'],
  ])('refuses %s', async (_, input, field, reason) => {
    const test = await startApp();

    await expectInvalid(test, 'registerPortal', input, field, reason);
  });

  it('counts characters, not UTF-16 units: 256 emojis are a name', async () => {
    const test = await startApp();

    expect(await mutate(test, 'registerPortal', { name: '🔐'.repeat(256) })).toMatchObject({
      portal: { name: '🔐'.repeat(256) },
    });
    await expectInvalid(test, 'registerPortal', { name: '🔐'.repeat(257) }, 'name', 'at most 256 characters');
  });

  it('names every field that is wrong', async () => {
    const test = await startApp();

    const result = await mutate(test, 'registerPortal', { id: '1', name: '' });

    expect(result.fields?.map(({ field }) => field).sort()).toEqual(['id', 'name']);
    expect(result.message).toContain('id: ');
    expect(result.message).toContain('name: ');
  });
});

describe('renamePortal', () => {
  it('renames, and two portals may share a name', async () => {
    const test = await startApp();
    const id = await registerPortal(test, 'One');
    await registerPortal(test, 'Two');

    expect(await mutate(test, 'renamePortal', { id, name: 'Two' })).toMatchObject({
      __typename: 'RenamePortalSuccess',
      portal: { id, name: 'Two' },
    });
  });

  it('refuses an unknown portal, a malformed id and a blank name', async () => {
    const test = await startApp();
    const id = await registerPortal(test);

    await expectRefusal(test, 'renamePortal', { id: UNKNOWN_ID, name: 'New' }, notFound);
    await expectInvalid(test, 'renamePortal', { id: 'x', name: 'New' }, 'id', 'must be a UUID');
    await expectInvalid(test, 'renamePortal', { id, name: '' }, 'name', 'must not be blank');
  });
});

describe('retirePortal', () => {
  it('retires a portal with its webhook, once', async () => {
    const receiver = await startReceiver();
    const test = await startApp();
    const { portalId: id } = await connectPortal(test, receiver);

    const first = await mutate(test, 'retirePortal', { id });
    const head = await headOf(test);

    expect(first).toMatchObject({
      __typename: 'RetirePortalSuccess',
      portal: { id, retiredAt: expect.any(String), webhook: { enabled: false, status: { state: 'UNCONFIGURED' } } },
    });
    expect(await mutate(test, 'retirePortal', { id })).toEqual(first);
    expect(await headOf(test)).toBe(head);
    await receiver.down();
  });

  it('refuses an unknown portal and a malformed id', async () => {
    const test = await startApp();

    await expectRefusal(test, 'retirePortal', { id: UNKNOWN_ID }, notFound);
    await expectInvalid(test, 'retirePortal', { id: '' }, 'id', 'must be a UUID');
  });

  it('leaves nothing that can be done to the portal', async () => {
    const test = await startApp();
    const id = await registerPortal(test);
    await mutate(test, 'retirePortal', { id });

    await expectRefusal(test, 'renamePortal', { id, name: 'New' }, retired);
    await expectRefusal(test, 'recordLogin', { portalId: id, ...aLogin() }, retired);
    await expectRefusal(test, 'recordLogins', { portalId: id, logins: [aLogin()] }, retired);
    await expectRefusal(test, 'configureWebhook', { portalId: id, enabled: true }, retired);
    await expectRefusal(test, 'removeWebhook', { portalId: id }, retired);
    await expectRefusal(
      test,
      'registerPortal',
      { id, name: 'Portal' },
      { __typename: 'Conflict', code: 'ALREADY_EXISTS' },
    );
  });
});

describe('portal', () => {
  it('gives a portal by its id, and null for an id that nobody has', async () => {
    const test = await startApp();
    const id = await registerPortal(test);
    const query =
      'query ($id: ID!) { portal(id: $id) { id webhook { enabled configuredAt status { state pending } } } }';

    expect(await dataOf(test, query, { id })).toEqual({
      portal: { id, webhook: { enabled: false, configuredAt: null, status: { state: 'UNCONFIGURED', pending: 0 } } },
    });
    expect(await dataOf(test, query, { id: UNKNOWN_ID })).toEqual({ portal: null });
  });

  it('says which argument is malformed', async () => {
    const test = await startApp();

    const { body } = await post(test, '{ portal(id: "x") { id } }');

    const fields = [{ field: 'id', reason: expect.stringContaining('must be a UUID') }];
    expect(body.errors).toMatchObject([{ path: ['portal'], extensions: { code: 'INVALID_INPUT', fields } }]);
  });
});
