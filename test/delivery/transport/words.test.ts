import { constants as os } from 'node:os';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describe as describeError } from '../../../src/delivery/transport/error-words.js';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { issueCertificate } from '../../support/receiver/certificates.js';
import { startRawReceiver } from '../../support/receiver/raw-receiver.js';

/** Text of parsers and system calls: an operator cannot do anything with it. */
const JARGON = /HPE_|tlsv1|sslv3|SSL routines|Parse Error|undefined|socket hang up|\b(connect|read|write) E|_|::/;

const failure = (code: string, message = `connect ${code} 192.0.2.1:443 - Local (undefined:undefined)`) =>
  Object.assign(new Error(message), { code });

const ALERTS = [
  'SSLV3_ALERT_UNEXPECTED_MESSAGE',
  'SSLV3_ALERT_BAD_RECORD_MAC',
  'TLSV1_ALERT_RECORD_OVERFLOW',
  'SSLV3_ALERT_HANDSHAKE_FAILURE',
  'SSLV3_ALERT_ILLEGAL_PARAMETER',
  'TLSV1_ALERT_UNKNOWN_CA',
  'TLSV1_ALERT_ACCESS_DENIED',
  'TLSV1_ALERT_DECODE_ERROR',
  'TLSV1_ALERT_DECRYPT_ERROR',
  'TLSV1_ALERT_PROTOCOL_VERSION',
  'TLSV1_ALERT_INSUFFICIENT_SECURITY',
  'TLSV1_ALERT_INTERNAL_ERROR',
  'TLSV1_ALERT_INAPPROPRIATE_FALLBACK',
  'TLSV1_ALERT_USER_CANCELLED',
  'TLSV13_ALERT_MISSING_EXTENSION',
  'TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'TLSV1_UNSUPPORTED_EXTENSION',
  'TLSV1_UNRECOGNIZED_NAME',
  'TLSV1_ALERT_UNKNOWN_PSK_IDENTITY',
  'TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  'TLSV1_ALERT_NEVER_HEARD_OF',
  'NEVER_HEARD_OF',
].map((reason) => `ERR_SSL_${reason}`);
const PARSER = ['HPE_HEADER_OVERFLOW', 'HPE_INVALID_CONSTANT', 'HPE_INVALID_VERSION', 'HPE_NEVER_HEARD_OF'];
const OTHERS = [
  ...Object.keys(os.errno),
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NONAME',
  'ERR_OSSL_PEM_NO_START_LINE',
  'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
  'ERR_INVALID_CHAR',
  'CERT_UNTRUSTED',
  'PATH_LENGTH_EXCEEDED',
];

it.each([...ALERTS, ...PARSER, ...OTHERS])('%s is shown in words, with its code', (code) => {
  const shown = describeError(failure(code));
  expect(shown.endsWith(` (${code})`)).toBe(true);
  expect(shown.slice(0, -code.length - 3)).toMatch(/^[a-z].{8,}/);
  expect(shown.slice(0, -code.length - 3)).not.toMatch(JARGON);
});

it.each([
  ['EMFILE', /raise its limit of open files/],
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', /allow HTTP\/1\.1 there/],
  ['HPE_HEADER_OVERFLOW', /larger than 16 KiB; make the receiver/],
  ['EADDRNOTAVAIL', /maxInFlight/],
])('%s is shown with what to do', (code, remedy) => expect(describeError(failure(code))).toMatch(remedy));

describe('an attempt', () => {
  it('to a receiver with too large headers says so', async () => {
    const { url } = await startRawReceiver((it) => it.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`));
    expect((await startSender().send(aTarget(url, null), aPost)).message).toMatch(
      /^the headers of the answer are larger than 16 KiB/,
    );
  });

  it('to a receiver that speaks HTTP/2 only says so', async () => {
    const authority = issueCertificate({ name: 'An authority', isAuthority: true });
    const served = issueCertificate({ issuer: authority, names: ['127.0.0.1'] });
    const { url } = await startRawReceiver(() => {}, { ...served, ALPNProtocols: ['h2'] });
    expect(await startSender().send(aTarget(url, authority.cert), aPost)).toMatchObject({
      phase: 'TLS',
      message: expect.stringMatching(/^the receiver does not speak HTTP\/1\.1/),
    });
  });

  it('that is redirected shows where to', async () => {
    const head = 'HTTP/1.1 307 Temporary Redirect\r\nLocation: https://login.example.com/start?token=abc\r\n';
    const { url } = await startRawReceiver((it) => it.end(`${head}Content-Length: 0\r\n\r\n`));
    expect(await startSender().send(aTarget(url, null), aPost)).toMatchObject({
      verdict: 'FINAL',
      message: expect.stringMatching(/^redirects to https:\/\/login\.example\.com\/start\?…;/),
    });
  });
});

describe('a compressed answer', () => {
  const TEXT = '{"error":"no such index"}';

  async function answerWith(encoding: string, body: Buffer) {
    const head = `HTTP/1.1 400 No\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const { url } = await startRawReceiver((it) => it.end(Buffer.concat([Buffer.from(head), body])));
    return startSender().send(aTarget(url, null), aPost);
  }

  it.each([
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['GZIP', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['identity', Buffer.from(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
    ['gzip, gzip', gzipSync(gzipSync(TEXT))],
    ['gzip, identity', gzipSync(TEXT)],
    ['gzip', Buffer.from(TEXT)],
  ])('with %s is shown decoded', async (encoding, body) => {
    expect(await answerWith(encoding, body)).toMatchObject({ responseExcerpt: TEXT });
  });

  it.each([
    ['zstd', gzipSync(TEXT)],
    ['zstd, gzip', gzipSync(TEXT)],
    ['gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3])],
    ['gzip', brotliCompressSync(TEXT)],
    ['br', Buffer.from(TEXT)],
    ['deflate', Buffer.from(TEXT)],
    ['gzip, gzip, gzip, gzip, gzip', gzipSync(TEXT)],
  ])('with %s that cannot be decoded is not shown', async (encoding, body) => {
    expect(await answerWith(encoding, body)).toMatchObject({ responseExcerpt: null, message: 'Bad Request' });
  });

  it('that is cut off is shown as far as it goes', async () => {
    const lines = Array.from({ length: 9_000 }, (_, index) => `line ${Math.sin(index)}`).join('\n');
    const outcome = await answerWith('gzip', gzipSync(lines));
    expect(outcome.responseExcerpt).toMatch(/^line 0\nline 0\.84/);
  });

  it('that decodes to a gigabyte costs no more than what is shown', async () => {
    // The start of a body that decodes to 1,000 times its size.
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a'));
    const before = process.memoryUsage().arrayBuffers;
    expect((await answerWith('gzip', bomb)).responseExcerpt).toMatch(/^a{1023}…$/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('that decodes to a gigabyte twice costs no more either', async () => {
    const bomb = brotliCompressSync(gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a')));
    const before = process.memoryUsage().arrayBuffers;
    expect((await answerWith('gzip, br', bomb)).responseExcerpt).toMatch(/^a{1023}…$/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });
});
