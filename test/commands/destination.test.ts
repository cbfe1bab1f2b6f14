import { describe, expect, it } from 'vitest';
import { AUTHORIZATION, CLIENT_KEY } from '../../src/vault/secrets.js';
import { OTHER_DESTINATION } from '../support/domain/events.js';
import { openCommands } from '../support/log/commands.js';
import { CAUSE } from '../support/log/fixture.js';
import { issueCertificate } from '../support/receiver/certificates.js';

const SIEM = { name: 'SIEM', endpoint: 'https://siem.example.com', authorization: 'Splunk 8a6b2f0c-secret' };

async function withDestination() {
  const commands = openCommands();
  const id = await commands.createDestination(SIEM);
  const sealed = () => commands.models.destinations.get(id)?.authorization ?? '';
  const opened = (value = sealed()) => commands.secrets.open(`destination-${id}`, AUTHORIZATION, value);
  return { ...commands, id, sealed, opened };
}

it('seals the authorization value with the data key of the destination', async () => {
  const { id, sealed, opened, stream } = await withDestination();
  expect(sealed()).not.toContain('secret');
  expect(stream(`destination-${id}`)[0]?.data).toMatchObject({ authorization: sealed() });
  expect(opened()).toBe(SIEM.authorization);
});

it('seals a new value on update, and removes it with null', async () => {
  const { id, execute, sealed, opened, models } = await withDestination();
  const before = sealed();
  await execute('updateDestination', { id, authorization: 'Bearer other-secret' }, CAUSE);
  expect([sealed() === before, opened()]).toEqual([false, 'Bearer other-secret']);
  await execute('updateDestination', { id, authorization: null }, CAUSE);
  expect(models.destinations.get(id)?.authorization).toBe(null);
});

it('keeps the sealed value if an update leaves it out', async () => {
  const { id, execute, sealed } = await withDestination();
  const before = sealed();
  await execute('updateDestination', { id, name: 'Renamed' }, CAUSE);
  expect(sealed()).toBe(before);
});

it('keeps no data key of a refused destination', async () => {
  const { createDestination, execute, sqlite } = await withDestination();
  const owners = () => sqlite.prepare('SELECT owner FROM keys').pluck().all();
  const before = owners();
  await expect(createDestination(SIEM)).rejects.toMatchObject({ code: 'NAME_TAKEN', fields: [{ field: 'name' }] });
  const unknown = execute('updateDestination', { id: OTHER_DESTINATION, authorization: 'Bearer 12345678' }, CAUSE);
  await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(owners()).toEqual(before);
});

it('gives a name to only one of two commands in a group', async () => {
  const { createDestination, execute, id } = await withDestination();
  const calls = [createDestination({ ...SIEM, name: 'New' }), execute('updateDestination', { id, name: 'New' }, CAUSE)];
  expect(await Promise.allSettled(calls)).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'NAME_TAKEN' } }]);
});

it('refuses to delete a destination in use and names every webhook that uses it', async () => {
  const { id, registerPortal, configureWebhook, deleteDestination, log, opened } = await withDestination();
  const on = await registerPortal('Acme');
  const off = await registerPortal('Umbrella');
  await configureWebhook(on, { destinationId: id, enabled: true });
  await configureWebhook(off, { destinationId: id, enabled: false });
  const head = log.head();
  await expect(deleteDestination(id)).rejects.toMatchObject({
    code: 'DESTINATION_IN_USE',
    message: expect.stringContaining(`"default" of Acme (${on}), "default" of Umbrella (${off})`),
  });
  expect(log.head()).toBe(head);
  expect(opened()).toBe(SIEM.authorization);
});

it('destroys the data key of a deleted destination, so that the value in the log cannot be opened', async () => {
  const { id, registerPortal, configureWebhook, removeWebhook, deleteDestination, sealed, opened, stream, sqlite } =
    await withDestination();
  const portalId = await registerPortal();
  await configureWebhook(portalId, { destinationId: id, enabled: true });
  await removeWebhook(portalId);
  const value = sealed();
  await deleteDestination(id);
  expect(stream(`destination-${id}`)).toMatchObject([
    { data: { authorization: value } },
    { type: 'DestinationDeleted' },
  ]);
  expect(() => opened(value)).toThrow('was destroyed');
  expect(sqlite.prepare('SELECT count(*) FROM keys').pluck().get()).toBe(0);
});

it('deletes a destination whose portals are retired or use another destination', async () => {
  const { id, createDestination, registerPortal, configureWebhook, retirePortal, deleteDestination } =
    await withDestination();
  const [retired, moved] = [await registerPortal(), await registerPortal()];
  for (const portalId of [retired, moved]) await configureWebhook(portalId, { destinationId: id });
  await retirePortal(retired);
  await configureWebhook(moved, { destinationId: await createDestination({ ...SIEM, name: 'Other' }) });
  await expect(deleteDestination(id)).resolves.toBe(id);
});

it('refuses to change a destination that is deleted or never existed', async () => {
  const { id, deleteDestination, execute } = await withDestination();
  await deleteDestination(id);
  for (const gone of [id, OTHER_DESTINATION]) {
    await expect(deleteDestination(gone)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(execute('updateDestination', { id: gone, name: 'x' }, CAUSE)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  }
});

describe('a client certificate', () => {
  const mine = issueCertificate({ name: 'Mine' });
  const other = issueCertificate({ name: 'Other' });
  const pair = { clientCertificate: mine.cert, clientKey: mine.key };

  async function withPair(given: { clientCertificate?: string; clientKey?: string } = pair) {
    const commands = openCommands();
    const id = await commands.createDestination({ ...SIEM, ...given });
    const row = () => commands.models.destinations.get(id);
    const update = (change: object) => commands.execute('updateDestination', { id, ...change }, CAUSE);
    const key = () => commands.secrets.open(`destination-${id}`, CLIENT_KEY, row()?.clientKey ?? '');
    return { ...commands, id, row, update, key };
  }

  it('is stored with its key, which is sealed under a separate name', async () => {
    const { id, row, key, stream, secrets } = await withPair();
    expect(row()?.clientCertificate).toBe(mine.cert);
    expect(key()).toBe(mine.key);
    expect(JSON.stringify(stream(`destination-${id}`))).not.toContain(mine.key.split('\n')[1]);
    expect(() => secrets.open(`destination-${id}`, AUTHORIZATION, row()?.clientKey ?? '')).toThrow();
  });

  it.each([
    ['without its key', { clientCertificate: mine.cert }, 'clientKey: is needed with clientCertificate'],
    [
      'that is missing although its key is given',
      { clientKey: mine.key },
      'clientCertificate: is needed with clientKey',
    ],
    [
      'with the key of another certificate',
      { ...pair, clientKey: other.key },
      'clientKey: is not the key of the first certificate',
    ],
  ])('%s is refused, at creation and later', async (_, given, message) => {
    const refused = { code: 'INVALID_INPUT', message: expect.stringContaining(message) };
    await expect(withPair(given)).rejects.toMatchObject(refused);
    const { update, log } = await withPair({});
    const head = log.head();
    await expect(update(given)).rejects.toMatchObject(refused);
    expect(log.head()).toBe(head);
  });

  it('is replaced with its key', async () => {
    const { update, row, key } = await withPair();
    await update({ clientCertificate: other.cert, clientKey: other.key });
    expect([row()?.clientCertificate, key()]).toEqual([other.cert, other.key]);
  });

  it('can be renewed for the same key, but not combined with the key of another certificate', async () => {
    const { update, row, key } = await withPair();
    const renewed = mine.cert + other.cert;
    await update({ clientCertificate: renewed });
    await update({ clientKey: mine.key });
    expect([row()?.clientCertificate, key()]).toEqual([renewed, mine.key]);
    for (const given of [{ clientCertificate: other.cert }, { clientKey: other.key }]) {
      await expect(update(given)).rejects.toMatchObject({ fields: [{ field: 'clientKey' }] });
    }
    expect([row()?.clientCertificate, key()]).toEqual([renewed, mine.key]);
  });

  it.each([[{ clientCertificate: null }], [{ clientKey: null }], [{ clientCertificate: null, clientKey: null }]])(
    'is removed with its key by %j',
    async (removal) => {
      const { id, update, row, stream } = await withPair();
      await update(removal);
      expect(row()).toMatchObject({ clientCertificate: null, clientKey: null });
      expect(stream(`destination-${id}`).at(-1)?.data).toEqual({ clientCertificate: null, clientKey: null });
    },
  );

  it.each([
    [{ clientCertificate: null, clientKey: mine.key }, 'clientKey'],
    [{ clientCertificate: mine.cert, clientKey: null }, 'clientCertificate'],
  ])('cannot be removed in part by %j', async (given, field) => {
    const { update } = await withPair();
    await expect(update(given)).rejects.toMatchObject({ code: 'INVALID_INPUT', fields: [{ field }] });
  });

  it('of a destination that does not exist is refused with NOT_FOUND', async () => {
    const { execute } = openCommands();
    const unknown = execute('updateDestination', { id: OTHER_DESTINATION, ...pair }, CAUSE);
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
