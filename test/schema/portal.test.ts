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

const OWN_ID = '3e551b39-227d-4297-b911-e68fd5d77c17';
const notFound = { __typename: 'NotFound', code: 'NOT_FOUND' };
const retired = { __typename: 'Conflict', code: 'PORTAL_RETIRED' };

describe('registerPortal', () => {
  it('registers a portal with an id that the server makes', async () => {
    const test = await startApp();

    const result = await mutate(test, 'registerPortal', { name: '  Developer portal ' });

    expect(result).toMatchObject({
      __typename: 'RegisterPortalSuccess',
      portal: { id: expect.stringMatching(/^[\da-f-]{36}$/), name: 'Developer portal', retiredAt: null },
    });
  });

  it('accepts an id of the caller in upper or lower case, and changes nothing when it is repeated', async () => {
    const test = await startApp();
    const first = await mutate(test, 'registerPortal', { id: OWN_ID.toUpperCase(), name: 'Mine' });
    const head = await headOf(test);

    const again = await mutate(test, 'registerPortal', { id: OWN_ID, name: 'Mine' });

    expect(first).toMatchObject({ portal: { id: OWN_ID } });
    expect(again).toEqual(first);
    expect(await headOf(test)).toBe(head);
  });

  it('refuses the id of a portal with another name', async () => {
    const test = await startApp();
    await mutate(test, 'registerPortal', { id: OWN_ID, name: 'Mine' });

    await expectRefusal(
      test,
      'registerPortal',
      { id: OWN_ID, name: 'Yours' },
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

  it('counts characters of a name, not UTF-16 units', async () => {
    const test = await startApp();

    expect(await mutate(test, 'registerPortal', { name: '🔐'.repeat(256) })).toMatchObject({
      portal: { name: '🔐'.repeat(256) },
    });
    await expectInvalid(test, 'registerPortal', { name: '🔐'.repeat(257) }, 'name', 'at most 256 characters');
  });

  it('names every field that is not valid', async () => {
    const test = await startApp();

    const result = await mutate(test, 'registerPortal', { id: '1', name: '' });

    expect(result.fields?.map(({ field }) => field).sort()).toEqual(['id', 'name']);
    expect(result.message).toContain('id: ');
    expect(result.message).toContain('name: ');
  });
});

describe('renamePortal', () => {
  it('renames a portal, also to the name of another portal', async () => {
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
  it('retires a portal and removes its webhook; repeated, it changes nothing', async () => {
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

  it('is final: every other change of the portal is refused', async () => {
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
  it('returns a portal by its id, and null for an unknown id', async () => {
    const test = await startApp();
    const id = await registerPortal(test);
    const query =
      'query ($id: ID!) { portal(id: $id) { id webhook { enabled configuredAt status { state pending } } } }';

    expect(await dataOf(test, query, { id })).toEqual({
      portal: { id, webhook: { enabled: false, configuredAt: null, status: { state: 'UNCONFIGURED', pending: 0 } } },
    });
    expect(await dataOf(test, query, { id: UNKNOWN_ID })).toEqual({ portal: null });
  });

  it('names the argument that is malformed', async () => {
    const test = await startApp();

    const { body } = await post(test, '{ portal(id: "x") { id } }');

    const fields = [{ field: 'id', reason: expect.stringContaining('must be a UUID') }];
    expect(body.errors).toMatchObject([{ path: ['portal'], extensions: { code: 'INVALID_INPUT', fields } }]);
  });
});
