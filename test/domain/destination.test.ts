import { describe, expect, it } from 'vitest';
import { createDestination, updateDestination } from '../../src/delivery/kinds/input.js';
import {
  type Destination,
  type DestinationCommand,
  type DestinationContext,
  type DestinationEvent,
  decide,
  deleteDestination,
  evolve,
} from '../../src/domain/destination.js';
import { parse } from '../../src/domain/input.js';
import { decider, refusalOf } from '../support/domain/given.js';
import { type Issued, issueCertificate, type KeyKind } from '../support/receiver/certificates.js';

const id = 'a3d2699a-0ed3-4417-bb10-d8e74a1513a4';
const settings = {
  kind: 'HTTP',
  name: 'SIEM',
  endpoint: 'https://siem.example.com/collector',
  logFormat: 'CEF',
  skipTlsVerification: false,
  caCertificate: null,
  authorization: 'sealed',
  headers: [],
  clientCertificate: null,
  clientKey: null,
  maxInFlight: 16,
  linesPerSecond: null,
  maxBatchLines: null,
  maxBatchBytes: null,
} as const;
const created: DestinationEvent = { type: 'DestinationCreated', data: settings };
const deleted: DestinationEvent = { type: 'DestinationDeleted', data: {} };

const unused: DestinationContext = { nameTaken: false, usedBy: [] };
const given = (context = unused) =>
  decider<Destination, DestinationEvent, DestinationCommand>(null, evolve, (command, destination) =>
    decide(command, destination, context),
  );
const update = (change: object): DestinationCommand => ({ type: 'UpdateDestination', id, ...change });

describe('creating a destination', () => {
  it('records its settings', () => {
    given()()
      .when({ type: 'CreateDestination', id, ...settings })
      .then(created);
  });

  it('under a name in use is refused, and the refusal names the field', () => {
    const refusal = refusalOf(() =>
      decide({ type: 'CreateDestination', id, ...settings }, null, { ...unused, nameTaken: true }),
    );
    expect(refusal.code).toBe('NAME_TAKEN');
    expect(refusal.fields.map(({ field }) => field)).toEqual(['name']);
  });
});

describe('changing a destination', () => {
  it('records only the fields that change', () => {
    const change: DestinationEvent = { type: 'DestinationUpdated', data: { logFormat: 'JSON' } };
    given()(created)
      .when(update({ name: 'SIEM', logFormat: 'JSON', skipTlsVerification: false }))
      .then(change);
  });

  it('to its current settings changes nothing', () => {
    given()(created)
      .when(update({ ...settings }))
      .then();
    given()(created).when(update({})).then();
  });

  it('removes the authorization value with null', () => {
    given()(created)
      .when(update({ authorization: null }))
      .then({ type: 'DestinationUpdated', data: { authorization: null } });
  });

  it('is compared with the current settings', () => {
    const changed: DestinationEvent = { type: 'DestinationUpdated', data: { logFormat: 'JSON' } };
    given()(created, changed)
      .when(update({ logFormat: 'JSON' }))
      .then();
  });

  it('to a name in use is refused', () => {
    given({ ...unused, nameTaken: true })(created)
      .when(update({ name: 'Other' }))
      .refuses('NAME_TAKEN', 'Other');
  });

  it('that was never created, or is deleted, is refused', () => {
    given()()
      .when(update({ name: 'Other' }))
      .refuses('NOT_FOUND', id);
    given()(created, deleted)
      .when(update({ name: 'Other' }))
      .refuses('NOT_FOUND', id);
  });
});

describe('deleting a destination', () => {
  it('is recorded', () => {
    given()(created).when({ type: 'DeleteDestination', id }).then(deleted);
  });

  it('that a webhook uses is refused, and the refusal names the webhook and its portal', () => {
    const portalId = '3e551b39-227d-4297-b911-e68fd5d77c17';
    const usedBy = [{ name: 'archive', portalId, portalName: 'Shop' }];
    given({ ...unused, usedBy })(created)
      .when({ type: 'DeleteDestination', id })
      .refuses('DESTINATION_IN_USE', /"archive" of Shop \(3e551b39/);
  });

  it('that is already deleted is refused', () => {
    given()(created, deleted).when({ type: 'DeleteDestination', id }).refuses('NOT_FOUND', id);
  });
});

describe('the headers of a destination', () => {
  const base = { name: 'SIEM', endpoint: 'https://siem.example.com/' };
  const reasonOf = (headers: unknown) => refusalOf(() => parse(createDestination, { ...base, headers })).fields;
  const header = (name: string, value: unknown = 'x') => ({ name, value });

  it('have names of header fields and values of visible ASCII', () => {
    const headers = [
      header('X-Splunk-Request-Channel', 'FE0ECFAD-13D5-401B-847D-77833BD77131'),
      header('x_y.z', 'a b'),
    ];
    expect(parse(createDestination, { ...base, headers })).toMatchObject({ headers });
    for (const name of ['', 'a b', 'a:b', 'ü', 'a\r\nb', 'x'.repeat(129)]) {
      expect(reasonOf([header(name)])).toMatchObject([{ field: 'headers[0].name' }]);
    }
    for (const value of ['', 'a\nb', 'ü', 'x'.repeat(4_097), null]) {
      expect(reasonOf([header('X-A', value)])).toMatchObject([{ field: 'headers[0].value' }]);
    }
    expect(parse(createDestination, { ...base, headers: [header('X-A', ' a b\r\n')] }).headers).toEqual([
      header('X-A', 'a b'),
    ]);
  });

  it.each([
    'Host',
    'authorization',
    'Content-Type',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'User-Agent',
    'Proxy-Authorization',
    'Expect',
    'X-Auditwire-Delivery',
  ])('are not %s', (name) => {
    expect(reasonOf([header(name)])).toMatchObject([
      { field: 'headers[0].name', reason: expect.stringMatching(/set by/) },
    ]);
  });

  it('are at most 10, each once whatever its case', () => {
    const many = Array.from({ length: 11 }, (_, index) => header(`X-${index}`));
    expect(parse(createDestination, { ...base, headers: many.slice(1) }).headers).toHaveLength(10);
    expect(reasonOf(many)).toMatchObject([{ field: 'headers', reason: expect.stringContaining('at most 10') }]);
    expect(reasonOf([header('X-A'), header('x-a')])).toMatchObject([{ field: 'headers[1].name' }]);
  });
});

describe('the input of a destination', () => {
  const client = issueCertificate();
  const encrypted = ({ privateKey }: Issued, type: 'pkcs8' | 'sec1') =>
    privateKey.export({ format: 'pem', type, cipher: 'aes-128-cbc', passphrase: 'p' }).toString();
  const input = { name: 'SIEM', endpoint: 'https://siem.example.com/collector?key=1' };
  const refused = (change: object) =>
    refusalOf(() => parse(createDestination, { ...input, ...change })).fields.map(
      ({ field, reason }) => `${field}: ${reason}`,
    );

  it('needs a name and an endpoint; the default is CEF over verified TLS', () => {
    const defaults = {
      kind: 'HTTP',
      headers: [],
      maxBatchLines: null,
      maxBatchBytes: null,
      logFormat: 'CEF',
      skipTlsVerification: false,
      caCertificate: null,
      authorization: null,
      clientCertificate: null,
      clientKey: null,
      maxInFlight: 16,
      linesPerSecond: null,
    };
    expect(parse(createDestination, input)).toEqual({ ...input, ...defaults });
    const nothing = { logFormat: null, skipTlsVerification: null, maxInFlight: null };
    expect(parse(createDestination, { ...input, ...nothing })).toEqual({ ...input, ...defaults });
    expect(refusalOf(() => parse(createDestination, {})).fields.map(({ field }) => field)).toEqual([
      'name',
      'endpoint',
    ]);
  });

  it.each([
    ['', 'must not be blank'],
    ['  ', 'must not be blank'],
    ['/collector', 'must be an absolute URL'],
    ['siem.example.com', 'must be an absolute URL'],
    ['//siem.example.com', 'must be an absolute URL'],
    ['https://', 'must be an absolute URL'],
    ['https://siem.example.com:99999', 'must be an absolute URL'],
    ['ftp://siem.example.com', 'must be an https URL'],
    ['file:///etc/passwd', 'must be an https URL'],
    ['javascript:alert(1)', 'must be an https URL'],
    ['https://user@siem.example.com', 'must not contain credentials'],
    ['https://user:word@siem.example.com', 'must not contain credentials'],
    ['https://:word@siem.example.com', 'must not contain credentials'],
    ['https://@siem.example.com', 'must not contain credentials'],
    ['https://:@siem.example.com/x', 'must not contain credentials'],
    ['HTTP://@siem.example.com?x', 'must not contain credentials'],
    ['https://user@@siem.example.com', 'must not contain credentials'],
    ['https://siem.example.com/#part', 'must not have a fragment'],
    ['https://siem.example.com/collector#', 'must not have a fragment'],
    ['https://siem.example.com#', 'must not have a fragment'],
    ['https://siem.example.com/x?#', 'must not have a fragment'],
    ['https://siem.example.com/x?y#z@', 'must not have a fragment'],
    ['https://siem.example.com/\nlogs', 'must not contain control characters; remove them: character 26 is U+000A'],
    [
      'https://siem.example.com/a b',
      'must not contain blanks or invisible characters; remove or percent-encode them: character 27 is U+0020',
    ],
    [
      'https://siem.exam\u200bple.com/',
      'must not contain blanks or invisible characters; remove or percent-encode them: character 18 is U+200B',
    ],
    ['https:siem.example.com/', 'must be written in full'],
  ])('refuses the endpoint %j: %s', (endpoint, reason) => {
    expect(refused({ endpoint })).toEqual([expect.stringContaining(`endpoint: ${reason}`)]);
    expect(refusalOf(() => parse(updateDestination, { id, endpoint })).fields).toEqual([
      { field: 'endpoint', reason: expect.stringContaining(reason) },
    ]);
  });

  it.each([
    [' https://siem.example.com/collector\r\n', 'https://siem.example.com/collector'],
    ['\ufeffHTTPS://SIEM.example.com:443', 'https://siem.example.com/'],
    ['https://siem.example.com/%2e%2e/c', 'https://siem.example.com/c'],
    ['https://siem.example.com/a/../b\\c', 'https://siem.example.com/b/c'],
    ['https://siem.example.com/x?', 'https://siem.example.com/x?'],
    ['https://siem.example.com/x?a@b', 'https://siem.example.com/x?a@b'],
    ['https://siem.example.com/@x/%23', 'https://siem.example.com/@x/%23'],
    ['https://siem.example.com:/x', 'https://siem.example.com/x'],
    ['https://siem.example.com./é?q=%7e', 'https://siem.example.com./%C3%A9?q=%7e'],
  ])('stores the endpoint %j as it is requested: %s', (endpoint, stored) => {
    expect(parse(createDestination, { ...input, endpoint }).endpoint).toBe(stored);
    expect(parse(updateDestination, { id, endpoint }).endpoint).toBe(stored);
    expect(parse(createDestination, { ...input, endpoint: stored }).endpoint).toBe(stored);
  });

  it('refuses an endpoint that percent-encoding makes too long', () => {
    const endpoint = `https://siem.example.com/${'é'.repeat(400)}`;
    expect(refused({ endpoint })).toEqual(['endpoint: must be at most 2048 characters when it is percent-encoded']);
  });

  it('accepts an endpoint of 2,048 characters and refuses one more, with one reason', () => {
    const endpoint = input.endpoint.padEnd(2_048, 'x');
    expect(parse(createDestination, { ...input, endpoint }).endpoint).toBe(endpoint);
    expect(refused({ endpoint: `${endpoint}x` })).toEqual(['endpoint: must be at most 2048 characters']);
  });

  it.each([
    ['Splunk\nx', 'must be one line of visible ASCII: character 7 is U+000A'],
    ['Splunk\tx', 'must be one line of visible ASCII: character 7 is U+0009'],
    [' Splunk é', 'must be one line of visible ASCII: character 8 is U+00E9'],
    ['Splunk 𝒳', 'must be one line of visible ASCII: character 8 is U+1D4B3'],
    ['x'.repeat(4_097), 'must be at most 4096 characters'],
  ])('refuses the authorization value %j without repeating it', (authorization, reason) => {
    expect(refused({ authorization })).toEqual([`authorization: ${reason}`]);
  });

  it('keeps an authorization value as it is given, without blanks and line ends around it', () => {
    const authorization = `Splunk  ${'x'.repeat(4_088)}`;
    expect(parse(createDestination, { ...input, authorization }).authorization).toBe(authorization);
    expect(parse(createDestination, { ...input, authorization: ` ${authorization}\r\n` }).authorization).toBe(
      authorization,
    );
  });

  it.each(['authorization', 'caCertificate', 'clientCertificate', 'clientKey'])('takes a blank %s as none', (field) => {
    for (const blank of ['', ' \r\n']) {
      expect(parse(createDestination, { ...input, [field]: blank })).toMatchObject({ [field]: null });
      expect(parse(updateDestination, { id, [field]: blank })).toEqual({ id, [field]: null });
    }
  });

  it('names the field of a certificate that is refused', () => {
    for (const field of ['caCertificate', 'clientCertificate'])
      expect(refused({ [field]: 'none' })).toEqual([
        expect.stringMatching(`^${field}: must be one or more certificates in PEM`),
      ]);
  });

  it.each<KeyKind>(['rsa', 'ec', 'ed25519'])('accepts a client certificate with its %s key', (kind) => {
    const { cert: clientCertificate, key } = issueCertificate({ kind });
    expect(parse(createDestination, { ...input, clientCertificate, clientKey: key })).toMatchObject({
      clientCertificate,
      clientKey: key,
    });
  });

  it.each([
    ['a text that is not PEM', '8a6b2f0c-secret', 'one private key in PEM'],
    ['a certificate', client.cert, 'one private key in PEM'],
    ['an incomplete PEM', client.key.slice(0, 90), 'one private key in PEM'],
    ['a key with a passphrase', encrypted(client, 'pkcs8'), 'must not be encrypted'],
    ['a key with a passphrase in the SEC 1 format', encrypted(client, 'sec1'), 'must not be encrypted'],
    ['a key of another type', issueCertificate({ kind: 'ed448' }).key, 'must be an RSA, EC or Ed25519 key'],
    ['a key that is too long', client.key.padEnd(16_385, '\n'), 'must be at most 16384 bytes'],
  ])('refuses %s as a client key, without repeating it', (_, clientKey, reason) => {
    const reasons = refused({ clientCertificate: client.cert, clientKey });
    expect(reasons).toEqual([expect.stringMatching(/^clientKey: /)]);
    expect(reasons.join()).toContain(reason);
    for (const line of clientKey.split('\n').filter((text) => /^\w.{12}/.test(text)))
      expect(reasons.join()).not.toContain(line);
  });

  it.each<[string, (key: string) => string]>([
    ['indented', (key) => key.replaceAll(/^/gm, '   ')],
    ['in one line', (key) => key.replaceAll('\n', ' ')],
    ['with line ends as text', (key) => key.replaceAll('\n', '\\n')],
    ['with its certificate before and after it', (key) => client.cert.trim() + key.trim() + client.cert],
    ['with line ends of Windows, after a byte order mark', (key) => `\ufeff${key.replaceAll('\n', '\r\n')}`],
  ])('accepts a client key %s, and stores only the key', (_, write) => {
    expect(parse(createDestination, { ...input, clientKey: write(client.key) }).clientKey).toBe(client.key);
  });

  it('refuses two client keys and a broken one, without repeating them', () => {
    expect(refused({ clientKey: client.key + issueCertificate().key })).toEqual([
      expect.stringMatching(/^clientKey: must be one private key in PEM .*, not several$/),
    ]);
    expect(refused({ clientKey: client.key.replace(/^MI/m, 'M*I') })).toEqual([
      expect.stringMatching(/block 1 \(PRIVATE KEY\) contains U\+002A, which is no character of base64$/),
    ]);
  });

  it('refuses a client certificate that contains a key', () => {
    expect(refused({ clientCertificate: client.cert + client.key })).toEqual([
      expect.stringContaining('must contain only certificates, no private key'),
    ]);
  });

  it('refuses an unknown log format, a blank and an over-long name', () => {
    expect(refused({ logFormat: 'XML' })).toEqual([expect.stringMatching(/^logFormat: .*CEF.*JSON.*CPS/)]);
    expect(refused({ name: ' ' })).toEqual(['name: must not be blank']);
    expect(refused({ name: 'n'.repeat(257) })).toEqual(['name: must be at most 256 characters']);
  });

  it.each([
    ['maxInFlight', 64, '64'],
    ['linesPerSecond', 1_000_000, '1,000,000'],
  ])('accepts a %s from 1 to %i, but no fraction', (field, max, shown) => {
    for (const value of [1, max])
      expect(parse(createDestination, { ...input, [field]: value })).toHaveProperty(field, value);
    for (const value of [0, -1, max + 1, 1.5]) {
      expect(refused({ [field]: value })).toEqual([`${field}: must be a whole number from 1 to ${shown}`]);
    }
  });

  it('of a change contains only the given fields; null removes only optional ones', () => {
    expect(parse(updateDestination, { id })).toEqual({ id });
    const removed = {
      id,
      authorization: null,
      caCertificate: null,
      clientCertificate: null,
      clientKey: null,
      linesPerSecond: null,
      maxBatchLines: null,
      maxBatchBytes: null,
    };
    expect(parse(updateDestination, removed)).toEqual(removed);
    const nothing = { name: null, endpoint: null, logFormat: null, maxInFlight: null };
    const refusal = refusalOf(() => parse(updateDestination, { id: 'x', ...nothing }));
    expect(refusal.fields.map(({ field }) => field).sort()).toEqual(['id', ...Object.keys(nothing)].sort());
    expect(refusalOf(() => parse(deleteDestination, { id: 'x' })).fields.map(({ field }) => field)).toEqual(['id']);
  });
});
