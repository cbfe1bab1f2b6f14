import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/clock/fake-clock.js';
import {
  createDestination,
  dataOf,
  expectInvalid,
  expectRefusal,
  headOf,
  mutate,
  UNKNOWN_ID,
} from '../support/graphql/calls.js';
import { issueCertificate } from '../support/receiver/certificates.js';
import { makeCertificate, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp } from '../support/server/app.js';

const ENDPOINT = 'https://127.0.0.1:444/collector';
const notFound = { __typename: 'NotFound', code: 'NOT_FOUND' };
const nameTaken = {
  __typename: 'Conflict',
  code: 'NAME_TAKEN',
  fields: [{ field: 'name', reason: expect.any(String) }],
};

describe('createDestination', () => {
  it('creates a destination with defaults', async () => {
    const test = await startApp();

    expect(await mutate(test, 'createDestination', { name: 'SIEM', endpoint: ENDPOINT })).toMatchObject({
      __typename: 'CreateDestinationSuccess',
      destination: {
        id: expect.stringMatching(/^[\da-f-]{36}$/),
        name: 'SIEM',
        endpoint: ENDPOINT,
        hasAuthorization: false,
        authorizationChangedAt: null,
        logFormat: 'CEF',
        skipTlsVerification: false,
        caCertificate: null,
        clientCertificate: null,
        hasClientKey: false,
        warnings: [],
        maxInFlight: 16,
        linesPerSecond: null,
      },
    });
  });

  it('accepts every setting', async () => {
    const test = await startApp();
    const { ca } = await makeCertificate();
    const settings = {
      name: 'SIEM',
      endpoint: ENDPOINT,
      logFormat: 'CPS',
      skipTlsVerification: true,
      caCertificate: ca,
      maxInFlight: 1,
      linesPerSecond: 200,
    };

    const result = await mutate(test, 'createDestination', { ...settings, authorization: 'Splunk 8a6b' });

    expect(result).toMatchObject({
      destination: {
        ...settings,
        caCertificate: new X509Certificate(ca).toString(),
        hasAuthorization: true,
        authorizationChangedAt: expect.any(String),
      },
    });
  });

  it('refuses the name of another destination', async () => {
    const test = await startApp();
    await createDestination(test, { name: 'SIEM' });

    await expectRefusal(test, 'createDestination', { name: ' SIEM ', endpoint: ENDPOINT }, nameTaken);
  });

  it.each([
    ['a blank name', { name: '' }, 'name', 'must not be blank'],
    ['a name that is too long', { name: 'x'.repeat(257) }, 'name', 'at most 256 characters'],
    ['a blank endpoint', { endpoint: ' ' }, 'endpoint', 'must not be blank'],
    ['a relative endpoint', { endpoint: '/collector' }, 'endpoint', 'must be an absolute URL'],
    ['another scheme', { endpoint: 'ftp://127.0.0.1/collector' }, 'endpoint', 'https'],
    [
      'credentials in the endpoint',
      { endpoint: 'https://me:pw@127.0.0.1/' },
      'endpoint',
      'must not contain credentials',
    ],
    ['a fragment in the endpoint', { endpoint: 'https://127.0.0.1/#top' }, 'endpoint', 'fragment'],
    ['a control character in the endpoint', { endpoint: 'https://127.0.0.1/\u0000' }, 'endpoint', 'control characters'],
    [
      'an endpoint that is too long',
      { endpoint: `https://127.0.0.1/${'x'.repeat(2_048)}` },
      'endpoint',
      'at most 2048',
    ],
    ['an authorization of two lines', { authorization: 'Splunk a\r\nX-Other: b' }, 'authorization', 'one line'],
    ['an authorization that is not ASCII', { authorization: 'Splunk ü' }, 'authorization', 'ASCII'],
    ['an authorization that is too long', { authorization: 'x'.repeat(4_097) }, 'authorization', 'at most 4096'],
    ['a PEM that cannot be parsed', { caCertificate: pem('bm8gY2VydGlmaWNhdGU=') }, 'caCertificate', 'block 1'],
    ['a limit of no request in flight', { maxInFlight: 0 }, 'maxInFlight', 'a whole number from 1 to 64'],
    ['a limit of too many requests in flight', { maxInFlight: 65 }, 'maxInFlight', 'a whole number from 1 to 64'],
    ['a limit of no line a second', { linesPerSecond: 0 }, 'linesPerSecond', 'from 1 to 1,000,000'],
    ['a certificate that is not PEM', { caCertificate: 'no PEM' }, 'caCertificate', 'PEM'],
  ])('refuses %s', async (_, input, field, reason) => {
    const test = await startApp();

    await expectInvalid(test, 'createDestination', { name: 'SIEM', endpoint: ENDPOINT, ...input }, field, reason);
  });

  it('refuses a PEM of more than 512 KiB', async () => {
    const test = await startApp();
    const { ca } = await makeCertificate();
    const caCertificate = `${ca}\n`.repeat(Math.ceil(524_289 / ca.length));

    await expectInvalid(
      test,
      'createDestination',
      { name: 'SIEM', endpoint: ENDPOINT, caCertificate },
      'caCertificate',
      '524288',
    );
  });

  it.each([
    ['a private address', 'https://10.1.2.3/collector'],
    ['a loopback address in another notation', 'https://0x7f.1/collector'],
    ['an IPv4-mapped address', 'https://[::ffff:192.168.0.1]/collector'],
    ['plain http to a public address', 'http://93.184.216.34/collector'],
  ])('refuses %s if the operator did not allow it', async (_, endpoint) => {
    const test = await startApp({ env: { AUDITWIRE_ALLOWED_ADDRESSES: '192.0.2.0/24' } });

    await expectInvalid(
      test,
      'createDestination',
      { name: 'SIEM', endpoint },
      'endpoint',
      'AUDITWIRE_ALLOWED_ADDRESSES',
    );
  });

  it.each([
    ['the metadata service', 'https://169.254.169.254/latest'],
    ['a port that browsers block', 'https://192.0.2.1:25/collector'],
  ])('refuses %s even if the operator allowed the address', async (_, endpoint) => {
    const test = await startApp({ env: { AUDITWIRE_ALLOWED_ADDRESSES: '0.0.0.0/0' } });

    await expectInvalid(test, 'createDestination', { name: 'SIEM', endpoint }, 'endpoint', 'no setting permits it');
  });

  it('refuses a name that resolves to an address that the operator did not allow', async () => {
    const test = await startApp({
      appOptions: {
        resolve: async () => [
          { address: '93.184.216.34', family: 4 },
          { address: '10.0.0.1', family: 4 },
        ],
      },
    });

    const input = { name: 'SIEM', endpoint: 'https://siem.example.com/' };
    await expectInvalid(test, 'createDestination', input, 'endpoint', '10.0.0.1 is not a public address');
  });

  it('allows plain http to an address in the allow-list', async () => {
    const test = await startApp();

    expect(await createDestination(test, { endpoint: 'http://127.0.0.1:444/collector' })).toBeTruthy();
  });
});

describe('a destination behind an egress proxy', () => {
  const resolve = async (name: string): Promise<never> => {
    throw new Error(`${name} was looked up here`);
  };
  const start = () => startApp({ env: { AUDITWIRE_EGRESS_PROXY: 'http://127.0.0.1:444' }, appOptions: { resolve } });

  it('may have any host name, which is not looked up', async () => {
    const lookups: string[] = [];
    const test = await startApp({
      env: { AUDITWIRE_EGRESS_PROXY: 'http://127.0.0.1:444' },
      appOptions: {
        resolve: async (name) => {
          lookups.push(name);
          return [{ address: '10.0.0.1', family: 4 }];
        },
      },
    });
    expect(await createDestination(test, { endpoint: 'https://siem.internal/' })).toBeTruthy();
    expect(lookups).toEqual([]);
  });

  it.each([
    ['an address that the operator did not allow', 'https://10.0.0.1/', 'not a public address'],
    ['a blocked port', 'https://siem.example.com:22/', 'port 22 is blocked'],
    ['plain http to a name', 'http://siem.example.com/', 'may only be reached by https'],
  ])('is refused for %s', async (_, endpoint, reason) => {
    await expectInvalid(await start(), 'createDestination', { name: 'SIEM', endpoint }, 'endpoint', reason);
  });
});

describe('the client certificate of a destination', () => {
  const { cert: clientCertificate, key: clientKey } = issueCertificate();

  it('is returned without its key, and null removes both', async () => {
    const test = await startApp();
    const created = await mutate<{ destination: { id: string } }>(test, 'createDestination', {
      name: 'SIEM',
      endpoint: ENDPOINT,
      clientCertificate,
      clientKey,
    });
    const { id } = created.destination;
    const removed = await mutate(test, 'updateDestination', { id, clientCertificate: null });

    expect(created).toMatchObject({ destination: { clientCertificate, hasClientKey: true } });
    expect(removed).toMatchObject({ destination: { clientCertificate: null, hasClientKey: false } });
  });

  it('is refused without its key', async () => {
    const test = await startApp();
    const input = { name: 'SIEM', endpoint: ENDPOINT, clientCertificate };
    await expectInvalid(test, 'createDestination', input, 'clientKey', 'is needed with clientCertificate');
  });
});

describe('the warnings of a destination', () => {
  it('are there as long as its settings are dangerous', async () => {
    const test = await startApp();
    const id = await createDestination(test, { endpoint: 'http://127.0.0.1:444/', skipTlsVerification: true });

    const { destination } = await dataOf<{ destination: { warnings: string[] } }>(
      test,
      'query ($id: ID!) { destination(id: $id) { warnings } }',
      { id },
    );
    expect(destination.warnings).toEqual([
      expect.stringContaining('plain http'),
      expect.stringContaining('TLS verification is off'),
    ]);
    const https = await mutate(test, 'updateDestination', { id, endpoint: ENDPOINT });
    expect(https).toMatchObject({ destination: { warnings: [expect.stringContaining('verification is off')] } });
    const verified = await mutate(test, 'updateDestination', { id, skipTlsVerification: false });
    expect(verified).toMatchObject({ destination: { warnings: [] } });
  });
});

describe('the warnings of a call', () => {
  const callOf = (name: 'createDestination' | 'updateDestination') => {
    const type = name.replace(/^./, (letter) => letter.toUpperCase());
    return `mutation ($input: ${type}Input!) {
      result: ${name}(input: $input) { ... on ${type}Success { warnings destination { id warnings } } }
    }`;
  };
  interface Answer {
    result: { warnings: string[]; destination: { id: string; warnings: string[] } };
  }

  it('name mistakes in values that are not readable later, and do not repeat them', async () => {
    const test = await startApp();
    const input = {
      name: 'SIEM',
      endpoint: ENDPOINT,
      authorization: 'Authorization: Bearer 8a6b2f0c',
      headers: [
        { name: 'X-Key', value: '"8a6b2f0c"' },
        { name: 'X-Id', value: 'x-id: 8a6b2f0c' },
      ],
      skipTlsVerification: true,
    };
    const { result } = await dataOf<Answer>(test, callOf('createDestination'), { input });
    const { id, warnings } = result.destination;
    expect(warnings).toEqual([expect.stringContaining('verification is off')]);
    expect(result.warnings).toEqual([
      'authorization: begins with the name of the header ("Authorization:"); give only the value after it.',
      'headers[0].value: is in quotes, which are sent too; give the value without them.',
      'headers[1].value: begins with the name of the header ("X-Id:"); give only the value after it.',
      ...warnings,
    ]);
    for (const authorization of ["'Splunk 8a6b2f0c'", 'Bearer "8a6b2f0c"', '`8a6b2f0c`']) {
      const updated = await dataOf<Answer>(test, callOf('updateDestination'), { input: { id, authorization } });
      expect(updated.result.warnings[0]).toMatch(/^authorization: is in quotes/);
    }
    for (const authorization of ['Token token="8a6b2f0c"', 'Splunk 8a6b2f0c', 'Digest username="a", realm="b"', '']) {
      const updated = await dataOf<Answer>(test, callOf('updateDestination'), { input: { id, authorization } });
      expect(updated.result.warnings).toEqual(warnings);
    }
  });

  it('follow the clock', async () => {
    const DAY_MS = 86_400_000;
    const clock = new FakeClock();
    const test = await startApp({ appOptions: { clock } });
    const now = clock.now();
    const { cert, key } = issueCertificate({ name: 'Client', from: now - DAY_MS, until: now + DAY_MS });
    const id = await createDestination(test, { clientCertificate: cert, clientKey: key, caCertificate: cert });
    const read = () =>
      dataOf<{ destination: { warnings: string[] } }>(test, 'query ($id: ID!) { destination(id: $id) { warnings } }', {
        id,
      });
    expect(await read()).toEqual({ destination: { warnings: [] } });
    clock.advance(2 * DAY_MS);
    expect(await read()).toEqual({ destination: { warnings: [expect.stringMatching(/"Client" .* is expired\.$/)] } });
  });
});

describe('updateDestination', () => {
  it('keeps fields that are left out and removes fields that are null', async () => {
    const test = await startApp();
    const { ca } = await makeCertificate();
    const id = await createDestination(test, { authorization: 'Splunk 8a6b', caCertificate: ca });

    const renamed = await mutate(test, 'updateDestination', { id, name: 'Other' });
    const emptied = await mutate(test, 'updateDestination', { id, authorization: null, caCertificate: null });

    expect(renamed).toMatchObject({
      destination: { id, name: 'Other', hasAuthorization: true, caCertificate: new X509Certificate(ca).toString() },
    });
    expect(emptied).toMatchObject({ destination: { name: 'Other', hasAuthorization: false, caCertificate: null } });
  });

  it('changes every setting', async () => {
    const test = await startApp();
    const id = await createDestination(test);
    const changes = { endpoint: 'https://127.0.0.2/', logFormat: 'JSON', skipTlsVerification: true };

    expect(await mutate(test, 'updateDestination', { id, ...changes, authorization: 'Bearer x' })).toMatchObject({
      __typename: 'UpdateDestinationSuccess',
      destination: { id, ...changes, hasAuthorization: true },
    });
  });

  it('sets the limits of requests in flight and lines a second, and removes the limit of lines with null', async () => {
    const test = await startApp();
    const id = await createDestination(test);

    const limited = await mutate(test, 'updateDestination', { id, maxInFlight: 2, linesPerSecond: 10 });
    const unlimited = await mutate(test, 'updateDestination', { id, linesPerSecond: null });

    expect(limited).toMatchObject({ destination: { maxInFlight: 2, linesPerSecond: 10 } });
    expect(unlimited).toMatchObject({ destination: { maxInFlight: 2, linesPerSecond: null } });
  });

  it('records nothing if nothing changes', async () => {
    const test = await startApp();
    const id = await createDestination(test);
    const head = await headOf(test);

    await mutate(test, 'updateDestination', { id, name: 'SIEM' });

    expect(await headOf(test)).toBe(head);
  });

  it.each(['name', 'endpoint', 'logFormat', 'skipTlsVerification', 'maxInFlight'])(
    'refuses null for %s, which cannot be removed, with a refusal about that field',
    async (field) => {
      const test = await startApp();
      const id = await createDestination(test);

      await expectInvalid(test, 'updateDestination', { id, [field]: null }, field, 'must not be null');
    },
  );

  it('refuses an unknown destination, the name of another destination, a relative endpoint and a private address', async () => {
    const test = await startApp();
    const id = await createDestination(test);
    await createDestination(test, { name: 'Other' });

    await expectRefusal(test, 'updateDestination', { id: UNKNOWN_ID, name: 'New' }, notFound);
    await expectRefusal(test, 'updateDestination', { id, name: 'Other' }, nameTaken);
    await expectInvalid(test, 'updateDestination', { id: 'x' }, 'id', 'must be a UUID');
    await expectInvalid(test, 'updateDestination', { id, endpoint: 'collector' }, 'endpoint', 'absolute URL');
    await expectInvalid(
      test,
      'updateDestination',
      { id, endpoint: 'https://10.0.0.1/' },
      'endpoint',
      'not a public address',
    );
  });
});

describe('deleteDestination', () => {
  it('deletes a destination, and its name can be used again', async () => {
    const test = await startApp();
    const id = await createDestination(test);

    expect(await mutate(test, 'deleteDestination', { id })).toEqual({ __typename: 'DeleteDestinationSuccess', id });
    expect(await dataOf(test, 'query ($id: ID!) { destination(id: $id) { id } }', { id })).toEqual({
      destination: null,
    });
    expect(await createDestination(test)).not.toBe(id);
    await expectRefusal(test, 'deleteDestination', { id }, notFound);
  });

  it('refuses while a webhook uses the destination, and names the portal', async () => {
    const receiver = await startReceiver();
    const test = await startApp();
    const { portalId, destinationId: id } = await connectPortal(test, receiver);

    const message = expect.stringContaining(portalId);
    await expectRefusal(
      test,
      'deleteDestination',
      { id },
      { __typename: 'Conflict', code: 'DESTINATION_IN_USE', message },
    );
    await receiver.down();
  });

  it('refuses a malformed id', async () => {
    const test = await startApp();

    await expectInvalid(test, 'deleteDestination', { id: '7' }, 'id', 'must be a UUID');
  });
});

function pem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----`;
}
