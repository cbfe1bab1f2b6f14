import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Target } from '../../../src/delivery/transport/types.js';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { issueCertificate, type KeyKind, revoke } from '../../support/receiver/certificates.js';
import { LACKS_OPENSSL, startOpensslServer } from '../../support/receiver/openssl-server.js';
import { type Connection, startRawReceiver } from '../../support/receiver/raw-receiver.js';

const HOUR_MS = 3_600_000;
const ok = (connection: Connection) => connection.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');

const authority = issueCertificate({ name: 'An authority', isAuthority: true });
const names = ['127.0.0.1'];
const good = issueCertificate({ name: 'A receiver', issuer: authority, names });
const clients = issueCertificate({ name: 'Authority of clients', isAuthority: true });
const client = issueCertificate({ name: 'A client', issuer: clients });
const clientPair = (issued = client) => ({ clientCertificate: issued.cert, clientKey: issued.key });

/** Sends to a receiver with this certificate and these TLS options. */
async function sendTo(served: TlsOptions, given: Partial<Target> = {}) {
  const raw = await startRawReceiver(ok, served);
  const outcome = await startSender().send(aTarget(raw.url, authority.cert, given), aPost);
  return { ...outcome, requests: raw.requests.length };
}

describe('the certificate of a receiver', () => {
  it.each([
    ['has expired', { until: Date.now() - HOUR_MS }, 'the certificate has expired (CERT_HAS_EXPIRED)'],
    ['is not yet valid', { from: Date.now() + HOUR_MS }, 'the certificate is not yet valid (CERT_NOT_YET_VALID)'],
    [
      'is for another host',
      { names: ['siem.example.com'] },
      'the certificate is for another host name: not for 127.0.0.1, but for siem.example.com (ERR_TLS_CERT_ALTNAME_INVALID)',
    ],
    [
      'was issued by an unknown authority',
      { issuer: issueCertificate({ name: 'Another', isAuthority: true }) },
      'the certificate was issued by an authority that is not trusted (UNABLE_TO_GET_ISSUER_CERT_LOCALLY)',
    ],
    [
      'is self-signed',
      { issuer: undefined },
      'the certificate is self-signed and not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
    ],
  ])('is rejected if it %s, and the outcome gives the reason', async (_, given, message) => {
    const served = issueCertificate({ name: 'A receiver', issuer: authority, names, ...given });
    const refused = { verdict: 'RETRYABLE', responseCode: null, phase: 'TLS', message, requests: 0 };
    expect(await sendTo(served)).toMatchObject(refused);
    expect(await sendTo(served, { skipTlsVerification: true })).toMatchObject({ verdict: 'DELIVERED' });
  });

  it('for many hosts is rejected with the first names, cut short', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `host-${index}.${'x'.repeat(60)}.example.com`);
    const served = issueCertificate({ name: 'A receiver', issuer: authority, names: many });
    const { message } = await sendTo(served);
    expect(message).toMatch(
      /^the certificate is for another host name: not for 127\.0\.0\.1, but for host-0\.x+…, host-1\.x+…, host-2\.x+… and 37 more \(/,
    );
  });

  it('without alternative names is rejected with its common name', async () => {
    const served = issueCertificate({ name: 'siem.example.com', issuer: authority });
    expect(await sendTo(served)).toMatchObject({
      message:
        'the certificate is for another host name: not for 127.0.0.1, but for siem.example.com (ERR_TLS_CERT_ALTNAME_INVALID)',
    });
  });

  it.each(['an intermediate authority', 'the certificate itself'])(
    'is accepted if the destination trusts only %s',
    async (what) => {
      const intermediate = issueCertificate({ name: 'Intermediate', issuer: authority, isAuthority: true });
      const { cert, key } = issueCertificate({ issuer: intermediate, names });
      const caCertificate = what === 'the certificate itself' ? cert : intermediate.cert;
      expect(await sendTo({ key, cert: cert + intermediate.cert }, { caCertificate })).toMatchObject({
        verdict: 'DELIVERED',
      });
      const other = issueCertificate({ issuer: authority, names });
      expect(await sendTo(other, { caCertificate })).toMatchObject({ verdict: 'RETRYABLE', phase: 'TLS' });
    },
  );

  it('is rejected if its chain contains the unknown authority', async () => {
    const other = issueCertificate({ name: 'Another', isAuthority: true });
    const { cert, key } = issueCertificate({ issuer: other, names });
    expect(await sendTo({ key, cert: cert + other.cert })).toMatchObject({
      message: 'the certificate chain ends in an authority that is not trusted (SELF_SIGNED_CERT_IN_CHAIN)',
    });
  });

  it('is rejected if its issuer is not an authority', async () => {
    const { cert, key } = issueCertificate({ issuer: good, names });
    const message = 'a certificate in the chain does not permit this use (INVALID_PURPOSE)';
    expect(await sendTo({ key, cert: cert + good.cert })).toMatchObject({ phase: 'TLS', message });
  });

  it('is accepted if an authority of the destination issued its issuer', async () => {
    const intermediate = issueCertificate({ name: 'Intermediate', issuer: authority, isAuthority: true });
    const { cert, key } = issueCertificate({ issuer: intermediate, names });
    expect(await sendTo({ key, cert: cert + intermediate.cert })).toMatchObject({ verdict: 'DELIVERED' });
  });
});

describe('a receiver', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('with %s is accepted', async (version) => {
    const versions = { minVersion: version, maxVersion: version };
    expect(await sendTo({ ...good, ...versions })).toMatchObject({ verdict: 'DELIVERED' });
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)(
    'with at most %s is rejected, and the outcome gives the reason',
    async (version) => {
      const old: TlsOptions = { minVersion: 'TLSv1', maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
      expect(await sendTo({ ...good, ...old })).toMatchObject({
        phase: 'TLS',
        message: expect.stringMatching(
          /^the receiver supports only TLS versions that are too old; at least 1\.2 is required/,
        ),
      });
    },
  );

  it('without a common cipher is rejected, and the outcome gives the reason', async () => {
    const served: TlsOptions = { ...good, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' };
    const message = expect.stringMatching(/^the receiver refuses the handshake: no cipher in common/);
    expect(await sendTo(served)).toMatchObject({ phase: 'TLS', message });
  });

  it('without TLS gets an outcome of its own', async () => {
    const plain = createHttpServer();
    onTestFinished(() => void plain.close());
    await once(plain.listen(0, '127.0.0.1'), 'listening');
    const url = `https://127.0.0.1:${(plain.address() as AddressInfo).port}/`;
    expect(await startSender().send(aTarget(url, null), aPost)).toMatchObject({
      phase: 'TLS',
      message: expect.stringMatching(/^the receiver does not use TLS \(ERR_SSL_\w+\)$/),
    });
  });

  it.skipIf(LACKS_OPENSSL)('with TLS at a plain http endpoint gives no status', async () => {
    const { url } = await startOpensslServer([], { cert: good.cert, key: good.key });
    expect(await startSender().send(aTarget(url.replace('https:', 'http:'), null), aPost)).toMatchObject({
      phase: 'HEADERS',
      responseCode: null,
      message: expect.stringMatching(/^the answer is not HTTP|^connection (closed|reset)/),
    });
  });
});

describe('a client certificate', () => {
  const requiring = { ...good, requestCert: true, rejectUnauthorized: true, ca: clients.cert };

  it.each<KeyKind>(['rsa', 'ec', 'ed25519'])(
    'with a key of type %s is sent to a receiver that requires one',
    async (kind) => {
      const mine = issueCertificate({ name: 'Mine', issuer: clients, kind });
      expect(await sendTo(requiring, clientPair(mine))).toMatchObject({ verdict: 'DELIVERED', requests: 1 });
    },
  );

  it('is sent with its chain', async () => {
    const intermediate = issueCertificate({ name: 'Intermediate', issuer: clients, isAuthority: true });
    const mine = issueCertificate({ name: 'Mine', issuer: intermediate });
    const given = { clientCertificate: mine.cert + intermediate.cert, clientKey: mine.key };
    expect(await sendTo(requiring, given)).toMatchObject({ verdict: 'DELIVERED' });
    expect(await sendTo(requiring, clientPair(mine))).toMatchObject({ verdict: 'RETRYABLE' });
  });

  it('is replaced after a change of the destination', async () => {
    const raw = await startRawReceiver(ok, requiring);
    const sender = startSender();
    const target = (revision: number, issued: typeof client) =>
      aTarget(raw.url, authority.cert, { revision, ...clientPair(issued) });
    const unknown = issueCertificate({ name: 'A stranger' });
    expect(await sender.send(target(1, client), aPost)).toMatchObject({ verdict: 'DELIVERED' });
    expect(await sender.send(target(2, unknown), aPost)).toMatchObject({ verdict: 'RETRYABLE' });
  });

  it('that is missing is reported by TLS 1.3 after the handshake', async () => {
    expect(await sendTo(requiring)).toMatchObject({
      verdict: 'RETRYABLE',
      responseCode: null,
      phase: 'TLS',
      message: 'the receiver requires a client certificate (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)',
      requests: 0,
    });
  });

  it('that is missing is one possible reason of a TLS 1.2 handshake failure', async () => {
    expect(await sendTo({ ...requiring, maxVersion: 'TLSv1.2' })).toMatchObject({
      phase: 'TLS',
      message: expect.stringMatching(/or it requires a client certificate \(ERR_SSL_\w+_ALERT_HANDSHAKE_FAILURE\)$/),
    });
  });

  describe.skipIf(LACKS_OPENSSL).each(['-tls1_2', '-tls1_3'])('that a receiver with %s rejects', (version) => {
    const expired = issueCertificate({ issuer: clients, until: Date.now() - HOUR_MS });
    const early = issueCertificate({ issuer: clients, from: Date.now() + HOUR_MS });
    const crl = revoke(clients, client);
    it.each<[string, typeof client, string[], Record<string, string>, RegExp]>([
      ['of an unknown authority', issueCertificate(), [], {}, /the receiver does not trust its authority \(/],
      ['that has expired', expired, [], {}, /it has expired or is not yet valid \(/],
      ['that is not yet valid', early, [], {}, /the receiver rejects the client certificate/],
      ['that is revoked', client, ['-crl_check'], { CRL: crl }, /it is revoked \(/],
    ])('%s is reported with the reason', async (_, mine, options, files, message) => {
      const { url } = await startOpensslServer([version, '-Verify', '2', '-verify_return_error', ...options], {
        cert: good.cert,
        key: good.key,
        CAfile: clients.cert,
        ...files,
      });
      expect(await startSender().send(aTarget(url, authority.cert, clientPair(mine)), aPost)).toMatchObject({
        verdict: 'RETRYABLE',
        phase: 'TLS',
        message: expect.stringMatching(message),
      });
    });
  });

  it.each<[string, Partial<Target>]>([
    ['an invalid key', { ...clientPair(), clientKey: 'no key' }],
    ['a key of another certificate', { ...clientPair(), clientKey: issueCertificate().key }],
  ])('with %s gives an outcome that does not contain the key', async (_, given) => {
    const outcome = await sendTo(requiring, given);
    expect(outcome).toMatchObject({ responseCode: null, phase: 'TLS', requests: 0 });
    expect(JSON.stringify(outcome)).not.toContain(String(given.clientKey).slice(30, 60) || 'no key');
  });
});
