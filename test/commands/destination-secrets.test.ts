import { describe, expect, it } from 'vitest';
import { AUTHORIZATION, ENDPOINT } from '../../src/vault/secrets.js';
import { openCommands } from '../support/log/commands.js';
import { CAUSE } from '../support/log/fixture.js';
import { issueCertificate } from '../support/receiver/certificates.js';

const mine = issueCertificate({ name: 'Mine' });
const authority = issueCertificate({ name: 'An authority', isAuthority: true });
const SIEM = {
  name: 'SIEM',
  endpoint: 'https://siem.example.com/in/key-of-the-endpoint?key=1',
  authorization: 'Splunk 8a6b2f0c-secret',
  headers: [
    { name: 'X-Key', value: 'one-secret' },
    { name: 'X-Tenant', value: 'acme' },
  ],
  clientCertificate: mine.cert,
  clientKey: mine.key,
};
const SECRETS = { authorization: SIEM.authorization, clientKey: mine.key, headers: SIEM.headers };
const ALL_FIELDS = ['authorization', 'clientKey', 'headers'];

async function withDestination(settings: object = {}) {
  const commands = openCommands();
  const id = await commands.createDestination({ ...SIEM, ...settings });
  const row = () => {
    const found = commands.models.destinations.get(id);
    if (!found) throw new Error('there is no destination');
    return found;
  };
  const update = (change: object) => commands.execute('updateDestination', { id, ...change }, CAUSE);
  const endpoint = () => commands.secrets.open(`destination-${id}`, ENDPOINT, row().endpoint);
  return { ...commands, id, row, update, endpoint };
}

describe('an endpoint', () => {
  it('is sealed in the events and in the read model', async () => {
    const { id, row, update, endpoint, stream } = await withDestination();
    await update({ endpoint: 'https://siem.example.com/in/another-key' });
    expect(JSON.stringify([row(), stream(`destination-${id}`)])).not.toMatch(/siem\.example|key-of-the|another-key/);
    expect(endpoint()).toBe('https://siem.example.com/in/another-key');
  });

  it('cannot be opened after its destination was deleted', async () => {
    const { id, row, deleteDestination, secrets, stream } = await withDestination();
    const sealed = row().endpoint;
    await deleteDestination(id);
    expect(stream(`destination-${id}`)[0]?.data).toMatchObject({ endpoint: sealed });
    expect(() => secrets.open(`destination-${id}`, ENDPOINT, sealed)).toThrow('was destroyed');
    expect(secrets.openIfKept(`destination-${id}`, ENDPOINT, sealed)).toBe(null);
  });
});

describe('a change that would send stored secrets to another place', () => {
  const changes: [string, object, object?][] = [
    ['another host', { endpoint: 'https://evil.example.com/in' }],
    ['another port', { endpoint: 'https://siem.example.com:8443/in' }],
    ['another scheme', { endpoint: 'http://siem.example.com/in' }],
    ['a subdomain', { endpoint: 'https://a.siem.example.com/in' }],
    ['another CA certificate', { caCertificate: authority.cert }],
    ['the public authorities', { caCertificate: null }, { caCertificate: authority.cert }],
    ['no verification', { skipTlsVerification: true }],
    ['verification again', { skipTlsVerification: false }, { skipTlsVerification: true }],
  ];

  it.each(changes)('is refused for %s, names each secret and appends nothing', async (_, change, settings = {}) => {
    const { update, log } = await withDestination(settings);
    const head = log.head();
    const [moved] = Object.keys(change);
    await expect(update(change)).rejects.toMatchObject({
      code: 'SECRET_NEEDED',
      message: expect.stringContaining(`The change of ${moved} would send`),
      fields: ALL_FIELDS.map((field) => ({ field, reason: expect.stringContaining('null to remove it') })),
    });
    expect(log.head()).toBe(head);
  });

  it.each(changes)(
    'is made for %s if the call has each secret again, or removes it',
    async (_, change, settings = {}) => {
      const given = await withDestination(settings);
      await expect(given.update({ ...change, ...SECRETS })).resolves.toBe(given.id);
      const removed = await withDestination(settings);
      await removed.update({ ...change, authorization: null, clientKey: null, headers: [] });
      expect(removed.row()).toMatchObject({
        authorization: null,
        clientKey: null,
        clientCertificate: null,
        headers: [],
      });
    },
  );

  it.each([
    ['an authorization', { authorization: undefined }, 'authorization'],
    ['a client key', { clientKey: undefined }, 'clientKey'],
    ['the headers', { headers: undefined }, 'headers'],
    ['the value of a header', { headers: [SECRETS.headers[0], { name: 'x-tenant', value: null }] }, 'headers[1].value'],
  ])('is refused if only %s is missing', async (_, missing, field) => {
    const { update } = await withDestination();
    const change = { endpoint: 'https://evil.example.com/', ...SECRETS, ...missing };
    await expect(update(change)).rejects.toMatchObject({ code: 'SECRET_NEEDED', fields: [{ field }] });
  });

  it('needs only the secrets that are stored', async () => {
    const { update, endpoint } = await withDestination({
      authorization: null,
      headers: [],
      clientCertificate: null,
      clientKey: null,
    });
    await update({ endpoint: 'https://other.example.com/', skipTlsVerification: true, caCertificate: authority.cert });
    expect(endpoint()).toBe('https://other.example.com/');
  });
});

it.each([
  ['another path and query', 'https://siem.example.com/other?key=2'],
  ['the default port in full', 'https://siem.example.com:443/other'],
  ['upper case in the host', 'HTTPS://SIEM.example.com/other'],
])('a change to %s of the same origin needs no secret', async (_, endpoint) => {
  const destination = await withDestination();
  await destination.update({ endpoint, caCertificate: null, skipTlsVerification: false });
  expect(destination.endpoint()).toBe(endpoint);
});

describe('a secret that equals the stored one', () => {
  it.each([
    ['authorization', { authorization: SIEM.authorization }],
    ['endpoint', { endpoint: SIEM.endpoint }],
    ['clientKey', { clientKey: mine.key }],
    ['headers', { headers: SIEM.headers }],
  ])('is no change of %s and appends nothing', async (_, change) => {
    const { update, log, row } = await withDestination();
    const [head, before] = [log.head(), row()];
    await update(change);
    expect([log.head(), row()]).toEqual([head, before]);
  });

  it('keeps its stored form beside other changes, and a different one is sealed', async () => {
    const { id, update, stream, row, secrets } = await withDestination();
    await update({ ...SECRETS, endpoint: SIEM.endpoint, name: 'Renamed', authorization: 'Splunk 8a6b2f0c-secreT' });
    expect(stream(`destination-${id}`).at(-1)?.data).toEqual({
      name: 'Renamed',
      authorization: row().authorization,
    });
    expect(secrets.open(`destination-${id}`, AUTHORIZATION, row().authorization ?? '')).toBe('Splunk 8a6b2f0c-secreT');
  });
});

it('a destroyed data key is not left in the database file', async () => {
  const { id, deleteDestination, sqlite } = await withDestination();
  const wrapped = sqlite.prepare('SELECT wrapped FROM keys').pluck().get();
  if (!Buffer.isBuffer(wrapped)) throw new Error('there is no data key');
  const bytes = (): Buffer => {
    sqlite.pragma('wal_checkpoint(TRUNCATE)');
    return sqlite.serialize();
  };
  expect(bytes().includes(wrapped)).toBe(true);
  await deleteDestination(id);
  expect(bytes().includes(wrapped)).toBe(false);
});
