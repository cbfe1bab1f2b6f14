import { beforeEach, describe, expect, it } from 'vitest';
import type { Target } from '../../../src/delivery/transport/types.js';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { type ConnectProxy, egressProxy, startConnectProxy } from '../../support/network/connect-proxy.js';
import { issueCertificate } from '../../support/receiver/certificates.js';
import { freePort, startRawReceiver } from '../../support/receiver/raw-receiver.js';

const authority = issueCertificate({ name: 'An authority', isAuthority: true });
const names = ['siem.example.com', '127.0.0.1'];
const served = issueCertificate({ name: 'A receiver', issuer: authority, names });
const client = issueCertificate({ name: 'A client', issuer: authority });

const PASSWORD = 'p@ss:word-8a6b2f0c';
const CREDENTIALS = Buffer.from(`auditwire:${PASSWORD}`).toString('base64');

let proxy: ConnectProxy;
beforeEach(async () => {
  proxy = await startConnectProxy();
});

/** A sender that uses the proxy, and fails if it looks up a name itself. */
function startBehind(url = proxy.url, allowed: string[] = []) {
  const resolve = async (name: string): Promise<never> => {
    throw new Error(`${name} was looked up here`);
  };
  return startSender({ egressProxy: egressProxy(url), allowed, resolve });
}

const receive = (tls = {}) =>
  startRawReceiver((it) => it.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), { ...served, ...tls });
const targetAt = (host: string, port: number, given: Partial<Target> = {}) =>
  aTarget(`https://${host}:${port}/collector`, authority.cert, given);

describe('through the egress proxy', () => {
  it('a name is sent as it is, and the proxy looks it up', async () => {
    const raw = await receive();
    const outcome = await startBehind().send(targetAt('siem.example.com', raw.port), aPost);
    expect(outcome).toMatchObject({ verdict: 'DELIVERED', responseCode: 200, phase: 'BODY' });
    expect(proxy.asked).toEqual([{ authority: `siem.example.com:${raw.port}`, authorization: undefined }]);
    expect(raw.requests[0]).toContain(`POST /collector HTTP/1.1\r\nhost: siem.example.com:${raw.port}\r\n`);
  });

  it('the tunnel is reused for the next request', async () => {
    const raw = await receive();
    const sender = startBehind();
    for (let sent = 0; sent < 3; sent += 1) await sender.send(targetAt('siem.example.com', raw.port), aPost);
    expect([raw.requests.length, proxy.asked.length]).toEqual([3, 1]);
  });

  it('the default port of the scheme is sent as a number', async () => {
    proxy.answers(403);
    await startBehind().send(aTarget('https://siem.example.com/', null), aPost);
    await startBehind().send(aTarget('https://[2606:4700::1111]/', null), aPost);
    expect(proxy.asked.map((it) => it.authority)).toEqual(['siem.example.com:443', '[2606:4700::1111]:443']);
  });

  it('the certificate of the receiver is verified inside the tunnel', async () => {
    const raw = await receive();
    const sender = startBehind();
    expect(await sender.send(targetAt('siem.example.com', raw.port, { caCertificate: null }), aPost)).toMatchObject({
      phase: 'TLS',
      message: expect.stringMatching(/authority that is not trusted/),
    });
    const other = targetAt('other.example.com', raw.port, { revision: 2 });
    expect(await sender.send(other, aPost)).toMatchObject({ message: expect.stringMatching(/another host name/) });
    expect(raw.requests).toEqual([]);
  });

  it('a client certificate is sent to the receiver', async () => {
    const raw = await receive({ requestCert: true, rejectUnauthorized: true, ca: authority.cert });
    const pair = { clientCertificate: client.cert, clientKey: client.key };
    const sender = startBehind();
    expect(await sender.send(targetAt('siem.example.com', raw.port, pair), aPost)).toMatchObject({
      responseCode: 200,
    });
    expect(await sender.send(targetAt('siem.example.com', raw.port, { revision: 2 }), aPost)).toMatchObject({
      phase: 'TLS',
      message: expect.stringMatching(/requires a client certificate/),
    });
  });

  it('the user and password of the proxy are sent only to the proxy', async () => {
    const raw = await receive();
    const url = `http://auditwire:${encodeURIComponent(PASSWORD)}@127.0.0.1:${proxy.port}`;
    await startBehind(url).send(targetAt('siem.example.com', raw.port), aPost);
    expect(proxy.asked[0]?.authorization).toBe(`Basic ${CREDENTIALS}`);
    expect(raw.requests[0]?.toLowerCase()).not.toContain('proxy-authorization');
    proxy.answers(407);
    const refused = await startBehind(url).send(targetAt('siem.example.com', raw.port), aPost);
    for (const secret of [PASSWORD, CREDENTIALS]) expect(JSON.stringify(refused)).not.toContain(secret);
  });
});

describe('a failure of the egress proxy is not an answer of the receiver', () => {
  const failure = { verdict: 'RETRYABLE', responseCode: null, phase: 'CONNECT', responseExcerpt: null };

  it.each([
    [301, 'the egress proxy answered 301 Moved Permanently'],
    [403, 'the egress proxy answered 403 Forbidden'],
    [407, 'the egress proxy answered 407 Proxy Authentication Required'],
    [502, 'the egress proxy answered 502 Bad Gateway'],
    [599, 'the egress proxy answered 599'],
  ])('if the proxy answers %i', async (status, message) => {
    proxy.answers(status);
    expect(await startBehind().send(targetAt('siem.example.com', 8443), aPost)).toMatchObject({ ...failure, message });
  });

  it('with its own reason phrase, but not if it repeats the password, and with its own Retry-After', async () => {
    proxy.answers(503, `Quota of ${PASSWORD} is used up\r\nRetry-After: 17`);
    const url = `http://auditwire:${encodeURIComponent(PASSWORD)}@127.0.0.1:${proxy.port}`;
    const message = expect.stringMatching(/^the egress proxy answered 503 \(withheld/);
    expect(await startBehind(url).send(targetAt('siem.example.com', 8443), aPost)).toMatchObject({
      ...failure,
      message,
      retryAfterMs: 17_000,
    });
  });

  it('if the proxy does not reach the receiver', async () => {
    const message = 'the egress proxy answered 502 Bad Gateway';
    const target = targetAt('siem.example.com', await freePort());
    expect(await startBehind().send(target, aPost)).toMatchObject({ ...failure, message });
  });

  it('if the proxy closes the connection or does not listen', async () => {
    proxy.answers(0);
    const target = targetAt('siem.example.com', 8443);
    const ended = 'the egress proxy: connection reset (ECONNRESET)';
    expect(await startBehind().send(target, aPost)).toMatchObject({ ...failure, message: ended });
    const refused = 'the egress proxy: connection refused (ECONNREFUSED)';
    const closedPort = `http://127.0.0.1:${await freePort()}`;
    expect(await startBehind(closedPort).send(target, aPost)).toMatchObject({ ...failure, message: refused });
  });

  it('if the proxy does not answer for 30 seconds', { timeout: 5_000 }, async () => {
    proxy.answers(1);
    const sender = startBehind();
    const outcome = sender.send(targetAt('siem.example.com', 8443), aPost);
    await proxy.heard;
    sender.clock.advance(30_000);
    expect(await outcome).toMatchObject({ ...failure, message: 'no response within 30 s' });
  });
});

describe('before the proxy is used, the guard', () => {
  const refused = { verdict: 'FINAL', phase: 'RESOLVE', responseCode: null };

  it.each([
    ['an address that is not public', 'https://10.0.0.1/', /not a public address/],
    ['the metadata service', 'https://169.254.169.254/', /metadata/],
    ['a blocked port', 'https://siem.example.com:22/', /port 22 is blocked/],
    ['plain http to an address', 'http://93.184.216.34/', /may only be reached by https/],
    ['plain http to a name', 'http://siem.example.com/', /may only be reached by https/],
  ])('refuses %s', async (_, endpoint, message) => {
    const outcome = await startBehind().send(aTarget(endpoint, null), aPost);
    expect(outcome).toMatchObject({ ...refused, message: expect.stringMatching(message) });
    expect(proxy.asked).toEqual([]);
  });

  it('allows plain http to an address that the operator allowed, also through a tunnel', async () => {
    const raw = await startRawReceiver((it) => it.end('HTTP/1.1 202 Accepted\r\n\r\n'));
    const outcome = await startBehind(proxy.url, ['127.0.0.0/8']).send(aTarget(raw.url, null), aPost);
    expect(outcome).toMatchObject({ verdict: 'DELIVERED', responseCode: 202 });
    expect(proxy.asked).toMatchObject([{ authority: `127.0.0.1:${raw.port}` }]);
  });
});
