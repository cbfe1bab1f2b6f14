import * as fc from 'fast-check';
import { createCA } from 'mkcert';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Target } from '../../../src/delivery/transport/types.js';
import type { Outcome } from '../../../src/domain/lane/attempt.js';
import { AUTHORIZATION, aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { type Connection, freePort, startMute, startRawReceiver } from '../../support/receiver/raw-receiver.js';
import { answer, makeCertificate, type Receiver, startReceiver } from '../../support/receiver/receiver.js';

type Certificate = Awaited<ReturnType<typeof makeCertificate>>;

let receiver: Receiver;
let certificate: Certificate;
let expired: Certificate;
let misnamed: Certificate;

beforeAll(async () => {
  receiver = await startReceiver();
  certificate = await makeCertificate();
  expired = await makeCertificate(['127.0.0.1'], -1);
  misnamed = await makeCertificate(['siem.example.com']);
  return () => receiver.down();
});

beforeEach(() => {
  receiver.received.length = 0;
  receiver.answers(answer(200));
});

const send = (sender = startSender()) => sender.send(aTarget(receiver.url, receiver.ca), aPost);

/** Sends to a receiver that answers with these bytes, or calls `respond` with the connection. */
async function sendRaw(respond: string | ((connection: Connection) => void), sender = startSender()) {
  const raw = await startRawReceiver(typeof respond === 'string' ? (it) => it.end(respond) : respond, certificate);
  return sender.send(aTarget(raw.url, certificate.ca), aPost);
}

describe('a request', () => {
  it('is a POST with a gzip body, the authorization exactly as stored and the delivery id', async () => {
    await startSender().send(aTarget(`${receiver.url}?key=a%20b`, receiver.ca), aPost);
    expect(receiver.received[0]?.path).toBe('/collector?key=a%20b');
    expect(receiver.received[0]?.body).toEqual(aPost.body);
    expect(receiver.received[0]?.headers).toMatchObject({
      authorization: AUTHORIZATION,
      'content-type': 'text/plain',
      'content-encoding': 'gzip',
      'x-auditwire-delivery': aPost.deliveryId,
      'user-agent': 'Auditwire/test',
    });
  });

  it('has no authorization header if none is stored', async () => {
    await startSender().send(aTarget(receiver.url, receiver.ca, { authorization: null }), aPost);
    expect(receiver.received[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('a status', () => {
  it.each([
    [200, 'DELIVERED'],
    [202, 'DELIVERED'],
    [204, 'DELIVERED'],
    [304, 'FINAL'],
    [400, 'REJECTED'],
    [401, 'FINAL'],
    [403, 'REJECTED'],
    [404, 'FINAL'],
    [405, 'FINAL'],
    [407, 'FINAL'],
    [408, 'REJECTED'],
    [410, 'FINAL'],
    [413, 'TOO_LARGE'],
    [429, 'RETRYABLE'],
    [500, 'RETRYABLE'],
    [503, 'RETRYABLE'],
    [599, 'RETRYABLE'],
  ] as const)('%i makes an attempt %s', async (status, verdict) => {
    receiver.answers(answer(status));
    expect(await send()).toMatchObject({ verdict, responseCode: status, retryAfterMs: null });
  });

  it.each([301, 302, 307, 308])('%i is final, and its location is never followed', async (status) => {
    receiver.answers(answer(status, { location: `${receiver.url}/elsewhere` }));
    expect(await send()).toMatchObject({ verdict: 'FINAL', responseCode: status });
    expect(receiver.received).toHaveLength(1);
  });

  it('is explained by its standard phrase and by known phrases of the body', async () => {
    receiver.answers(answer(400, {}, '{"text":\n\t"Invalid token", "user": "mallory"}\n'));
    expect((await send()).message).toBe('Bad Request: invalid token');
    receiver.answers(answer(403));
    expect((await send()).message).toBe('Forbidden');
    receiver.answers(answer(403, {}, '\u0000\u0001 \u2028'));
    expect((await send()).message).toBe('Forbidden');
  });

  it('is shown without the authorization value, even if the receiver echoes it up to the last byte that is read', async () => {
    receiver.answers(answer(401, {}, `unknown token ${AUTHORIZATION}`));
    expect((await send()).message).toBe('Unauthorized');
    for (let cut = 1; cut < AUTHORIZATION.length; cut += 1) {
      receiver.answers(answer(401, {}, `${' '.repeat(16_384 - cut)}${AUTHORIZATION}`));
      expect((await send()).message).not.toContain(AUTHORIZATION.slice(0, 8));
    }
  });

  it.each([
    ['seconds', '17', 17_000],
    ['a date', new Date(Date.UTC(2026, 0, 1) + 9_000).toUTCString(), 9_000],
    ['a date that has passed', new Date(Date.UTC(2025, 0, 1)).toUTCString(), 0],
    ['seconds beyond every bound', '86400', 86_400_000],
    ['words', 'soon', null],
    ['a negative number', '-5', null],
    ['a fraction', '1.5', null],
  ])('is returned with its Retry-After, parsed from %s', async (_, value, retryAfterMs) => {
    receiver.answers(answer(429, { 'retry-after': value }));
    expect(await send()).toMatchObject({ verdict: 'RETRYABLE', retryAfterMs });
  });

  it.each([102, 103])('%i is ignored: the final status after it decides', async (early) => {
    const outcome = await sendRaw(`HTTP/1.1 ${early} Early\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n`);
    expect(outcome).toMatchObject({ verdict: 'DELIVERED', responseCode: 202 });
  });

  it('can arrive before the receiver has read the body of the request', async () => {
    const respond = (connection: Connection) => connection.write('HTTP/1.1 413 Any\r\nContent-Length: 0\r\n\r\n');
    const raw = await startRawReceiver(respond, certificate, 'head');
    const body = Buffer.alloc(32 * 1024 * 1024);
    const outcome = await startSender().send(aTarget(raw.url, certificate.ca), { ...aPost, body });
    expect(outcome).toMatchObject({ verdict: 'TOO_LARGE', responseCode: 413 });
  });
});

describe('the status decides', () => {
  const head = (status: number) => `HTTP/1.1 ${status} Any\r\nContent-Length: 1000000\r\n\r\n`;

  it('even if the connection ends within the body', async () => {
    const outcome = await sendRaw(`${head(400)}half a`);
    expect(outcome).toMatchObject({
      verdict: 'REJECTED',
      responseCode: 400,
      message: 'Bad Request',
      responseExcerpt: 'half a',
    });
  });

  it.each([
    [202, 'DELIVERED'],
    [400, 'REJECTED'],
    [503, 'RETRYABLE'],
  ] as const)('even if the body of a %i never ends: the sender waits one second for it', async (status, verdict) => {
    const sender = startSender();
    const outcome = sendRaw((connection) => connection.write(`${head(status)}endless`), sender);
    await sender.clock.untilTimerIn(1_000);
    sender.clock.advance(1_000);
    expect(await outcome).toMatchObject({ verdict, responseCode: status, durationMs: 1_000 });
  });

  it('without reading more of a body of 64 MB than the message needs', async () => {
    const chunk = Buffer.alloc(65_536, 'x');
    const raw = await startRawReceiver((connection) => {
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n');
      let left = 1_024;
      const pour = () => {
        while (left > 0) {
          left -= 1;
          if (!connection.write(chunk)) {
            connection.once('drain', pour);
            return;
          }
        }
      };
      pour();
    }, certificate);
    const outcome = await startSender().send(aTarget(raw.url, certificate.ca), aPost);
    await raw.until(({ bytesTaken }) => bytesTaken > 0);
    expect(outcome).toMatchObject({ verdict: 'DELIVERED', message: 'OK' });
    // The buffers of the operating system are filled anyway.
    expect(raw.bytesTaken).toBeLessThan(16 * 1024 * 1024);
  });
});

describe('without a status', () => {
  const connectionError = { verdict: 'RETRYABLE', responseCode: null, retryAfterMs: null };

  it('a receiver that does not answer has 30 seconds in all', async () => {
    const sender = startSender();
    receiver.answers(() => {});
    const outcome = send(sender);
    await receiver.until(({ received }) => received.length === 1);
    sender.clock.advance(29_999);
    sender.clock.advance(1);
    expect(await outcome).toMatchObject({ ...connectionError, message: 'no response within 30 s', durationMs: 30_000 });
  });

  it('a receiver that never finishes the TLS handshake has 30 seconds in all', { timeout: 5_000 }, async () => {
    const sender = startSender();
    const mute = await startRawReceiver(() => {});
    const outcome = sender.send(aTarget(mute.url.replace('http:', 'https:'), null), aPost);
    await mute.until(({ connections }) => connections === 1);
    sender.clock.advance(30_000);
    expect(await outcome).toMatchObject({ ...connectionError, message: 'no response within 30 s' });
  });

  it('a name server that never answers has 30 seconds in all', { timeout: 5_000 }, async () => {
    let outcome: Promise<Outcome> | undefined;
    const sender = await new Promise<ReturnType<typeof startSender>>((lookedUp) => {
      const silent = startSender({ resolve: () => new Promise(() => lookedUp(silent)) });
      outcome = silent.send(aTarget('https://siem.example.com/', null), aPost);
    });
    sender.clock.advance(30_000);
    expect(await outcome).toMatchObject({ ...connectionError, message: 'no response within 30 s' });
  });

  it.each<[string, string | ((connection: Connection) => void), RegExp]>([
    ['a reset', (connection) => connection.reset(), /connection (reset|closed)/],
    ['the end of the connection', '', /connection closed before a response/],
    ['half a status line', 'HTTP/1.1 2', /connection closed before a response/],
    ['half the headers', 'HTTP/1.1 200 OK\r\nContent-Le', /connection closed before a response/],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', /./],
    ['headers of 64 KB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`, /header/i],
  ])('%s is a connection error', async (_, respond, message) => {
    expect(await sendRaw(respond)).toMatchObject({ ...connectionError, message: expect.stringMatching(message) });
  });

  it('a port without a listener is a connection error', async () => {
    const outcome = await startSender().send(aTarget(`https://127.0.0.1:${await freePort()}/`, null), aPost);
    expect(outcome).toMatchObject({ ...connectionError, message: 'connection refused (ECONNREFUSED)' });
  });
});

describe('the last phase of an attempt', () => {
  const ok = (connection: Connection) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  const unresolved = async (): Promise<never> => {
    throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
  };

  it('is RESOLVE if a name does not resolve or has no address', async () => {
    const target = aTarget('https://siem.example.com/', null);
    expect(await startSender({ resolve: unresolved }).send(target, aPost)).toMatchObject({
      phase: 'RESOLVE',
      message: 'the host name does not resolve (ENOTFOUND)',
    });
    expect(await startSender({ resolve: async () => [] }).send(target, aPost)).toMatchObject({ phase: 'RESOLVE' });
  });

  it('is RESOLVE if the guard refuses an address, literal or behind a name', async () => {
    const refused = { verdict: 'FINAL', phase: 'RESOLVE' };
    const sender = startSender({ resolve: async () => [{ address: '10.0.0.1', family: 4 }] });
    for (const host of ['10.0.0.1', 'siem.example.com']) {
      expect(await sender.send(aTarget(`https://${host}/`, null), aPost)).toMatchObject(refused);
    }
  });

  it('is CONNECT if nothing listens, at an address or a name', async () => {
    const sender = startSender({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
    const port = await freePort();
    for (const host of ['127.0.0.1', 'siem.example.com']) {
      const outcome = await sender.send(aTarget(`https://${host}:${port}/`, null), aPost);
      expect(outcome).toMatchObject({ phase: 'CONNECT', message: 'connection refused (ECONNREFUSED)' });
    }
  });

  it('is TLS if the certificate is not trusted, or the receiver does not finish the handshake', async () => {
    const untrusting = aTarget(receiver.url, null);
    expect(await startSender().send(untrusting, aPost)).toMatchObject({ phase: 'TLS' });
    const sender = startSender();
    const mute = await startMute();
    const outcome = sender.send(aTarget(mute.url, null), aPost);
    await mute.heard;
    sender.clock.advance(30_000);
    expect(await outcome).toMatchObject({ phase: 'TLS', message: 'no response within 30 s' });
  });

  it('is HEADERS if no status line is read', async () => {
    expect(await sendRaw('HTTP/1.1 2')).toMatchObject({ phase: 'HEADERS', responseExcerpt: null });
  });

  it('is BODY if there is a status', async () => {
    expect(await send()).toMatchObject({ phase: 'BODY' });
    expect(await sendRaw('HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\nhalf')).toMatchObject({ phase: 'BODY' });
  });

  it('is HEADERS at first on a reused connection, and starts from the beginning on a new one', async () => {
    const half = 'HTTP/1.1 2';
    const raw = await startRawReceiver((it) => (raw.requests.length < 2 ? ok(it) : it.end(half)), certificate);
    const sender = startSender();
    const target = aTarget(raw.url, certificate.ca);
    await sender.send(target, aPost);
    expect(await sender.send(target, aPost)).toMatchObject({ phase: 'HEADERS', responseCode: null });
    expect(raw.connections).toBe(1);
    const changed = aTarget(`https://127.0.0.1:${await freePort()}/`, null, { revision: 2 });
    expect(await sender.send(changed, aPost)).toMatchObject({ phase: 'CONNECT' });
  });
});

describe('the response excerpt of an attempt', () => {
  it('is the start of the body, with its line breaks, and is withheld if it repeats the authorization value', async () => {
    receiver.answers(answer(400, {}, '{\r\n\t"text": "no"\n}\n'));
    expect((await send()).responseExcerpt).toBe('{\n "text": "no"\n}');
    receiver.answers(answer(400, {}, `{"text": "no ${AUTHORIZATION}"}`));
    expect((await send()).responseExcerpt).toBe('(withheld, because it repeats a part of a secret)');
    receiver.answers(answer(503, {}, 'x'.repeat(5_000)));
    expect((await send()).responseExcerpt).toBe(`${'x'.repeat(1_023)}…`);
  });

  it.each([
    ['the batch is delivered', answer(200, {}, 'taken')],
    ['the body is empty', answer(500)],
    ['the body contains nothing that can be shown', answer(500, {}, '\u0000 \n')],
  ])('is null if %s', async (_, respond) => {
    receiver.answers(respond);
    expect((await send()).responseExcerpt).toBe(null);
  });
});

describe('a certificate', () => {
  async function sendTo(served: Certificate, given: Partial<Target>, host = '127.0.0.1') {
    const raw = await startRawReceiver((it) => it.end('HTTP/1.1 200 OK\r\n\r\n'), served);
    const outcome = await startSender().send({ ...aTarget(`https://${host}:${raw.port}/`, null), ...given }, aPost);
    return { ...outcome, requests: raw.requests.length };
  }
  const untrusted = { verdict: 'RETRYABLE', responseCode: null, requests: 0 };
  const trusted = { verdict: 'DELIVERED', responseCode: 200, requests: 1 };

  it('of an unknown authority is not trusted', async () => {
    const message = expect.stringMatching(/not trusted/);
    expect(await sendTo(certificate, {})).toMatchObject({ ...untrusted, message });
  });

  it('of the authority of the destination is trusted, and of no other', async () => {
    expect(await sendTo(certificate, { caCertificate: certificate.ca })).toMatchObject(trusted);
    expect(await sendTo(certificate, { caCertificate: receiver.ca })).toMatchObject(untrusted);
  });

  it('of each of several authorities is trusted', async () => {
    const other = await createCA({
      organization: 'Other',
      countryCode: 'CH',
      state: 'ZH',
      locality: 'ZH',
      validity: 1,
    });
    expect(await sendTo(certificate, { caCertificate: `${other.cert}\n${certificate.ca}` })).toMatchObject(trusted);
  });

  it('that has expired is not trusted', async () => {
    const message = 'the certificate has expired (CERT_HAS_EXPIRED)';
    expect(await sendTo(expired, { caCertificate: expired.ca })).toMatchObject({ ...untrusted, message });
  });

  it('for another host is not trusted', async () => {
    const message =
      'the certificate is for another host name: not for 127.0.0.1, but for siem.example.com (ERR_TLS_CERT_ALTNAME_INVALID)';
    expect(await sendTo(misnamed, { caCertificate: misnamed.ca })).toMatchObject({ ...untrusted, message });
  });

  it('of any kind is trusted if TLS verification is skipped', async () => {
    for (const served of [certificate, expired, misnamed]) {
      expect(await sendTo(served, { skipTlsVerification: true })).toMatchObject(trusted);
    }
  });

  it('is not needed at an address that the operator allowed; at every other, plain http is refused', async () => {
    const raw = await startRawReceiver((it) => it.end('HTTP/1.1 200 OK\r\n\r\n'));
    expect(await startSender().send(aTarget(raw.url, null), aPost)).toMatchObject({ verdict: 'DELIVERED' });
    expect(await startSender({ allowed: [] }).send(aTarget(raw.url, null), aPost)).toMatchObject({ verdict: 'FINAL' });
    const resolve = async () => [{ address: '93.184.216.34', family: 4 }];
    const outcome = await startSender({ resolve }).send(aTarget('http://siem.example.com/', null), aPost);
    expect(outcome).toMatchObject({ verdict: 'FINAL', message: expect.stringMatching(/may only be reached by https/) });
    expect(raw.connections).toBe(1);
  });
});

describe('connections', () => {
  const ok = (connection: Connection) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');

  it('are reused, and replaced when the destination changes', async () => {
    const raw = await startRawReceiver(ok, certificate);
    const sender = startSender();
    for (let sent = 0; sent < 12; sent += 1) await sender.send(aTarget(raw.url, certificate.ca), aPost);
    // The first connection may not be free yet when the second request starts.
    expect(raw.connections).toBeLessThanOrEqual(2);
    const before = raw.connections;
    await sender.send(aTarget(raw.url, certificate.ca, { revision: 2 }), aPost);
    expect([raw.connections, raw.requests.length]).toEqual([before + 1, 13]);
    await raw.until((it) => it.open() === 1);
  });

  it('do not trust what the changed destination does not trust', async () => {
    const raw = await startRawReceiver(ok, certificate);
    const sender = startSender();
    await sender.send(aTarget(raw.url, certificate.ca), aPost);
    const outcome = await sender.send(aTarget(raw.url, receiver.ca, { revision: 2 }), aPost);
    expect(outcome).toMatchObject({ verdict: 'RETRYABLE', responseCode: null });
  });

  it('are closed by `stop`, and an attempt in flight ends with them', async () => {
    const sender = startSender();
    receiver.answers(() => {});
    const outcome = send(sender);
    await receiver.until(({ received }) => received.length === 1);
    await sender.stop();
    expect(await outcome).toMatchObject({ verdict: 'RETRYABLE', responseCode: null });
  });
});

describe('the sender returns an outcome for', () => {
  it.each<[string, Partial<Target>]>([
    ['an invalid URL', { endpoint: 'siem' }],
    ['an invalid CA certificate', { caCertificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }],
    ['an authorization of two lines', { authorization: 'one\r\nX-Two: 2' }],
  ])('%s', async (_, given) => {
    expect(await startSender().send({ ...aTarget(receiver.url, receiver.ca), ...given }, aPost)).toMatchObject({
      responseCode: null,
      message: expect.stringMatching(/./),
    });
    expect(receiver.received).toHaveLength(0);
  });

  it('a name without an address', { timeout: 5_000 }, async () => {
    const sender = startSender({ resolve: async () => [] });
    expect(await sender.send(aTarget('https://siem.example.com/', null), aPost)).toMatchObject({ responseCode: null });
  });

  it('any bytes', async () => {
    const sender = startSender();
    let bytes = new Uint8Array();
    const raw = await startRawReceiver((it) => it.end(Buffer.from(bytes)), certificate);
    const status = fc.constantFrom('', 'HTTP/1.1 ', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 500 No\r\n\r\n');
    await fc.assert(
      fc.asyncProperty(status, fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        bytes = Buffer.concat([Buffer.from(start), rest]);
        const { message } = await sender.send(aTarget(raw.url, certificate.ca), aPost);
        expect(message).toMatch(/^[^\p{Cc}\u2028\u2029]{0,256}$/u);
      }),
      { numRuns: 60 },
    );
  });
});
