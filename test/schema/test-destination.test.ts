import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createDestination,
  dataOf,
  expectInvalid,
  expectRefusal,
  mutate,
  UNKNOWN_ID,
} from '../support/graphql/calls.js';
import { issueCertificate } from '../support/receiver/certificates.js';
import { startRawReceiver } from '../support/receiver/raw-receiver.js';
import type { Receiver } from '../support/receiver/receiver.js';
import { answer, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, type TestApp } from '../support/server/app.js';

const SECRET = 'Splunk 8a6b2f0c-secret';

const destinationAt = (test: TestApp, { url, ca }: Pick<Receiver, 'url' | 'ca'>, settings = {}) =>
  createDestination(test, { endpoint: url, caCertificate: ca, authorization: SECRET, ...settings });

async function started() {
  const receiver = await startReceiver();
  const test = await startApp();
  return { receiver, test };
}

describe('testDestination', () => {
  it('sends one line that is marked as a test, in the same way as a delivery', async () => {
    const { receiver, test } = await started();
    const id = await destinationAt(test, receiver);

    const result = await mutate(test, 'testDestination', { id });

    expect(result).toEqual({
      __typename: 'TestDestinationSuccess',
      delivered: true,
      attemptedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      durationMs: expect.any(Number),
      phase: 'BODY',
      responseCode: 200,
      message: 'OK',
      responseExcerpt: null,
    });
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]?.headers).toMatchObject({
      authorization: SECRET,
      'x-auditwire-test': 'true',
      'x-auditwire-delivery': expect.stringMatching(/^[\da-f]{8}-[\da-f-]{27}$/),
      'content-encoding': 'gzip',
    });
    expect(receiver.received[0]?.lines).toEqual([
      expect.stringMatching(
        /^\S+Z auditwire CEF:0\|Auditwire\|Dev-Portal\|1\.0\|AUDITWIRE_TEST\|Test of a destination\|0\|rt=\d+ .* trace_id=[\da-f]{32} user_agent= sig=/,
      ),
    ]);
    await receiver.down();
  });

  it('signs the line with the published key', async () => {
    const { receiver, test } = await started();
    await mutate(test, 'testDestination', { id: await destinationAt(test, receiver) });

    const [, line = '', signature = ''] = /^(.*) sig=(\S+)$/.exec(receiver.received[0]?.lines[0] ?? '') ?? [];
    const published = await fetch(`${test.origin}/audit-log-webhook/jwks.json`);
    const { keys } = (await published.json()) as { keys: [{ kty: 'OKP'; crv: string; x: string }] };
    const key = createPublicKey({ key: keys[0], format: 'jwk' });
    expect(verify(null, Buffer.from(line), key, Buffer.from(signature, 'base64url'))).toBe(true);
    await receiver.down();
  });

  it.each([
    ['JSON', (line: string) => JSON.parse(line)],
    ['CPS', (line: string) => JSON.parse(line).event],
  ])('uses the log format of the destination, %s', async (logFormat, read) => {
    const { receiver, test } = await started();
    await mutate(test, 'testDestination', { id: await destinationAt(test, receiver, { logFormat }) });

    expect(read(receiver.received[0]?.text ?? '')).toMatchObject({
      event_class_id: 'AUDITWIRE_TEST',
      name: 'Test of a destination',
      severity: 0,
      trace_id: expect.stringMatching(/^[\da-f]{32}$/),
      sig: expect.any(String),
    });
    await receiver.down();
  });

  it('returns why the receiver refused the line, without the authorization value', async () => {
    const { receiver, test } = await started();
    receiver.answers(answer(403, {}, `not you:\n${SECRET}`));
    const id = await destinationAt(test, receiver);

    expect(await mutate(test, 'testDestination', { id })).toMatchObject({
      delivered: false,
      phase: 'BODY',
      responseCode: 403,
      message: 'Forbidden',
      responseExcerpt: '(withheld, because it repeats a part of a secret)',
    });
    receiver.answers(answer(403, {}, 'not you:\n{"text":"Invalid token"}'));
    expect(await mutate(test, 'testDestination', { id })).toMatchObject({
      message: 'Forbidden: invalid token',
      responseExcerpt: 'not you:\n{"text":"Invalid token"}',
    });
    await receiver.down();
    expect(await mutate(test, 'testDestination', { id })).toMatchObject({
      delivered: false,
      phase: 'CONNECT',
      responseCode: null,
      message: 'connection refused (ECONNREFUSED)',
    });
  });

  it('presents the client certificate of the destination', async () => {
    const test = await startApp();
    const authority = issueCertificate({ name: 'An authority', isAuthority: true });
    const served = issueCertificate({ issuer: authority, names: ['127.0.0.1'] });
    const client = issueCertificate({ name: 'A client', issuer: authority });
    const tlsOptions = { ...served, requestCert: true, rejectUnauthorized: true, ca: authority.cert };
    const raw = await startRawReceiver((it) => it.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), tlsOptions);
    const id = await destinationAt(test, { url: raw.url, ca: authority.cert });

    const without = await mutate(test, 'testDestination', { id });
    await mutate(test, 'updateDestination', { id, clientCertificate: client.cert, clientKey: client.key });
    const withIt = await mutate(test, 'testDestination', { id });

    expect(without).toMatchObject({
      delivered: false,
      phase: 'TLS',
      message: expect.stringMatching(/requires a client/),
    });
    expect(withIt).toMatchObject({ delivered: true });
  });

  it('obeys the address guard', async () => {
    const test = await startApp({ appOptions: { resolve: async () => [] } });
    const id = await createDestination(test, { endpoint: 'https://siem.example.com/' });
    expect(await mutate(test, 'testDestination', { id })).toMatchObject({ delivered: false, phase: 'RESOLVE' });
  });

  it('records its outcome, without the excerpt, and does not change the status of a webhook', async () => {
    const { receiver, test } = await started();
    const { portalId, destinationId } = await connectPortal(test, receiver);
    receiver.answers(answer(401, {}, 'an excerpt'));
    const { log, tail } = test.app.services;
    const head = tail.head();

    const result = await mutate<{ attemptedAt: string }>(test, 'testDestination', { id: destinationId });

    expect(log.after(head, 9)).toMatchObject([
      { stream: `test-${destinationId}`, type: 'DestinationTested', actor: expect.stringMatching(/^token-/) },
    ]);
    expect(log.after(head, 9)[0]?.data).toEqual({
      delivered: false,
      attemptedAt: Date.parse(result.attemptedAt),
      durationMs: expect.any(Number),
      responseCode: 401,
      message: 'Unauthorized',
      phase: 'BODY',
    });
    const lastTest = 'query ($id: ID!) { destination(id: $id) { lastTest { delivered attemptedAt responseCode } } }';
    expect(await dataOf(test, lastTest, { id: destinationId })).toEqual({
      destination: { lastTest: { delivered: false, attemptedAt: result.attemptedAt, responseCode: 401 } },
    });
    const query =
      'query ($id: ID!) { portal(id: $id) { webhook { status { state lastAttemptAt consecutiveFailures } } } }';
    expect(await dataOf(test, query, { id: portalId })).toEqual({
      portal: { webhook: { status: { state: 'ACTIVE', lastAttemptAt: null, consecutiveFailures: 0 } } },
    });
    await receiver.down();
  });

  it('runs at most four times at once, and is refused until one of them has ended', async () => {
    const { receiver, test } = await started();
    const id = await destinationAt(test, receiver);
    const answers: (() => void)[] = [];
    receiver.answers((response) => answers.push(() => response.writeHead(200).end()));
    const four = Array.from({ length: 4 }, () => mutate(test, 'testDestination', { id }));
    await receiver.until(({ received }) => received.length === 4);

    await expectRefusal(test, 'testDestination', { id }, { __typename: 'Unavailable', code: 'UNAVAILABLE' });
    answers[0]?.();
    await Promise.race(four);
    const fifth = mutate(test, 'testDestination', { id });
    await receiver.until(({ received }) => received.length === 5);
    for (const sendAnswer of answers.slice(1)) sendAnswer();

    for (const result of await Promise.all([...four, fifth])) expect(result).toMatchObject({ delivered: true });
    await receiver.down();
  });

  it('is refused for an unknown destination and for a malformed id', async () => {
    const test = await startApp();
    const unknown = { __typename: 'NotFound', code: 'NOT_FOUND' };
    await expectRefusal(test, 'testDestination', { id: UNKNOWN_ID }, unknown);
    await expectInvalid(test, 'testDestination', { id: 'x' }, 'id', 'must be a UUID');
  });

  it('is cut off when the server stops', async () => {
    const { receiver, test } = await started();
    const id = await destinationAt(test, receiver);
    receiver.answers(() => {});
    const result = mutate(test, 'testDestination', { id });
    await receiver.until(({ received }) => received.length === 1);
    await test.app.stop();
    expect(await result).toMatchObject({ delivered: false, phase: 'HEADERS', responseCode: null });
    await receiver.down();
  });
});
