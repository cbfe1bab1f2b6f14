import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  aLogin,
  createDestination,
  expectInvalid,
  expectRefusal,
  mutate,
  mutationOf,
  post,
} from '../support/graphql/calls.js';
import { eventStream } from '../support/graphql/live.js';
import { openAuthorizedSocket } from '../support/graphql/socket.js';
import { issueCertificate } from '../support/receiver/certificates.js';
import { answer, startReceiver } from '../support/receiver/receiver.js';
import { connectPortal, startApp, type TestApp } from '../support/server/app.js';

const SECRET = 'c2VjcmV0-8a6b2f0c';
const ENDPOINT = 'https://127.0.0.1:444/collector';

const STATUS = 'state lastResponseMessage lastResponseCode pending';
const DESTINATION = `id name endpoint hasAuthorization authorizationChangedAt logFormat skipTlsVerification
  caCertificate clientCertificate hasClientKey warnings maxInFlight linesPerSecond createdAt updatedAt`;
const DELIVERIES = `deliveries(portalId: $portalId) { edges { cursor node {
  id state loginCount destination { ${DESTINATION} } logFormat attempts { deliveryId message responseCode phase responseExcerpt } } } }`;
const LOGINS =
  'logins(portalId: $portalId) { edges { cursor node { position request principalName userAgent traceId } } }';

const queries = [
  `{ destinations { edges { cursor node { ${DESTINATION} } } } }`,
  `{ portals { edges { node { id webhook { destination { ${DESTINATION} } status { ${STATUS} } } } } } }`,
  '{ viewer { tokenId tokenName organizationId serverVersion position } }',
  getIntrospectionQuery(),
];
const ofPortal = [DELIVERIES, LOGINS].map((field) => `query ($portalId: ID!) { ${field} }`);
const subscriptions = [
  `webhookStatusChanged(portalId: $portalId, after: "0") { position status { ${STATUS} } }`,
  'deliveryAttempted(portalId: $portalId, after: "0") { position attempt { message responseCode deliveryId phase responseExcerpt } }',
  'loginRecorded(portalId: $portalId, after: "0") { position login { request userAgent } }',
].map((field) => `subscription ($portalId: ID!) { ${field} }`);

/** The text contains the secret neither in clear nor in base64 or hex. */
function expectNoSecret(text: string): void {
  for (const form of [
    SECRET,
    Buffer.from(SECRET).toString('base64').slice(0, -4),
    Buffer.from(SECRET).toString('hex'),
  ]) {
    expect(text.includes(form), `${form} is in ${text}`).toBe(false);
  }
}

/** A portal with an abandoned login; its receiver repeats the Authorization value in the answer. */
async function startWithEcho(): Promise<{ test: TestApp; portalId: string; destinationId: string }> {
  const receiver = await startReceiver();
  receiver.answers((response, received, request) => {
    answer(400, { 'x-echo': SECRET }, `bad value: ${request.headers.authorization}`)(response, received, request);
  });
  const test = await startApp();
  const { portalId, destinationId } = await connectPortal(test, receiver);
  const authorization = `Splunk ${SECRET}`;
  const updated = await post(test, mutationOf('updateDestination'), { input: { id: destinationId, authorization } });
  expectNoSecret(updated.text);
  await mutate(test, 'recordLogin', { portalId, ...aLogin() });
  await receiver.until(({ received }) => received.some(({ headers }) => headers.authorization === authorization));
  return { test, portalId, destinationId };
}

describe('an authorization value', () => {
  it('is not in the answer to a query or subscription, even if the receiver repeats it', async () => {
    const { test, portalId } = await startWithEcho();
    const controller = new AbortController();

    for (const query of subscriptions) {
      const { events } = await eventStream(test, query, { portalId }, controller.signal);
      const { value } = await events.next();
      expect(value?.event).toBe('next');
      expectNoSecret(value?.data ?? '');
    }
    for (const query of [...queries, ...ofPortal]) {
      const { text, body } = await post(test, query, { portalId });
      expect(body.errors).toBeUndefined();
      expectNoSecret(text);
    }
    controller.abort();
    const { text } = await post(test, `query ($portalId: ID!) { ${DELIVERIES} }`, { portalId });
    expect(text).toContain('"phase":"BODY","responseExcerpt":"(withheld, because it repeats a part of a secret)"');
  });

  it('is not in the answer to createDestination, success or refusal', async () => {
    const test = await startApp();
    const authorization = `Splunk ${SECRET}`;
    await createDestination(test, { name: 'Taken', authorization });

    for (const input of [
      { name: 'SIEM', endpoint: ENDPOINT, authorization },
      { name: 'Taken', endpoint: ENDPOINT, authorization },
      { name: '', endpoint: 'x', authorization },
      { name: 'Other', endpoint: 'https://10.0.0.1/', authorization },
      { name: 'Other', endpoint: ENDPOINT, authorization: `${SECRET}\n` },
      { name: 'Other', endpoint: ENDPOINT, authorization: SECRET.repeat(300) },
    ]) {
      const { text, body } = await post(test, mutationOf('createDestination'), { input });
      expect(body.data).toBeTruthy();
      expectNoSecret(text);
    }
  });

  it.each([
    ['an unknown field next to it', { name: 'SIEM', endpoint: ENDPOINT, authorization: SECRET, logFormt: 'CEF' }],
    ['a required field left out', { name: 'SIEM', authorization: SECRET }],
    ['a value of another type', { name: 'SIEM', endpoint: ENDPOINT, authorization: [SECRET] }],
    ['an input that is not an object', SECRET],
  ])('is not in a GraphQL error about %s', async (_, input) => {
    const test = await startApp();

    const { text, body } = await post(test, mutationOf('createDestination'), { input });

    expect(body.errors).toHaveLength(1);
    expectNoSecret(text);
  });

  it.each([
    ['of syntax', `mutation { createDestination(input: { authorization "${SECRET}" }) { __typename } }`],
    [
      'of validation',
      `mutation { createDestination(input: { name: "SIEM", authorization: ["${SECRET}"] }) { __typename } }`,
    ],
    ['about the value of another field', `mutation { createDestination(input: "${SECRET}") { __typename } }`],
  ])('is not in an error %s', async (_, query) => {
    const test = await startApp();

    const { text, body } = await post(test, query);

    expect(body.errors?.length).toBeGreaterThan(0);
    expectNoSecret(text);
  });

  it('is not in an error over WebSocket', async () => {
    const test = await startApp();
    const socket = await openAuthorizedSocket(test);

    socket.subscribe('1', mutationOf('createDestination'), { input: { name: 'SIEM', authorization: SECRET } });

    const message = await socket.next();
    expect(JSON.stringify(message)).toContain('errors');
    expectNoSecret(JSON.stringify(message));
  });
});

describe('a client key', () => {
  const client = issueCertificate();
  const { cert: clientCertificate, key: clientKey } = client;
  const pair = { clientCertificate, clientKey };
  const good = { name: 'SIEM', endpoint: ENDPOINT, ...pair };

  /** The text contains neither the first lines of the PEM nor the private number. (The last line of the PEM is the public half.) */
  function expectNoKey(text: string): void {
    const lines = clientKey.split('\n').slice(1, 3);
    const number = Buffer.from(client.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
    for (const form of [...lines, ...(['hex', 'base64', 'base64url'] as const).map((it) => number.toString(it))]) {
      expect(text.includes(form), `${form} is in ${text}`).toBe(false);
    }
  }

  it('is not in an answer about its destination', async () => {
    const receiver = await startReceiver();
    const test = await startApp();
    const { portalId, destinationId: id } = await connectPortal(test, receiver);
    const updated = await post(test, mutationOf('updateDestination'), { input: { id, ...pair } });
    expect(updated.text).toContain('"hasClientKey":true');
    expectNoKey(updated.text);
    for (const query of [...queries, ...ofPortal]) expectNoKey((await post(test, query, { portalId })).text);
    await receiver.down();
  });

  it.each([
    ['without its certificate', { ...good, clientCertificate: null }],
    ['of another certificate', { ...good, clientCertificate: issueCertificate().cert }],
    ['that is cut off', { ...good, clientKey: clientKey.slice(0, -40) }],
    ['with a blank name', { ...good, name: '' }],
    ['as the certificate', { ...good, clientCertificate: clientKey }],
    ['as the certificate of an authority', { ...good, caCertificate: clientKey }],
    ['as the authorization', { ...good, authorization: clientKey }],
  ])('%s is not in the refusal', async (_, input) => {
    const test = await startApp();

    const { text, body } = await post(test, mutationOf('createDestination'), { input });

    expect(body.data).toMatchObject({ createDestination: { __typename: 'InvalidInput' } });
    expectNoKey(text);
  });

  it.each([
    ['an unknown field next to it', { ...good, logFormt: 'CEF' }],
    ['a value of another type', { ...good, clientKey: [clientKey] }],
    ['it as an enum', { ...good, logFormat: clientKey }],
    ['an input that is not an object', clientKey],
  ])('is not in a GraphQL error about %s', async (_, input) => {
    const test = await startApp();

    const { text, body } = await post(test, mutationOf('createDestination'), { input });

    expect(body.errors).toHaveLength(1);
    expectNoKey(text);
  });

  const literal = JSON.stringify(clientKey);
  const block = `"""\n${clientKey}"""`;
  it.each([
    ['of syntax', `mutation { createDestination(input: { clientKey ${literal} }) { __typename } }`],
    ['of syntax about a block', `mutation { createDestination(input: { clientKey ${block} }) { __typename } }`],
    ['of validation', `mutation { createDestination(input: { clientKey: [${literal}] }) { __typename } }`],
    ['of validation about a block', `mutation { createDestination(input: { clientKey: [${block}] }) { __typename } }`],
    ['about another field', `mutation { createDestination(input: { maxInFlight: ${literal} }) { __typename } }`],
    [
      'about another field with a block',
      `mutation { createDestination(input: { logFormat: ${block} }) { __typename } }`,
    ],
  ])('is not in an error %s', async (_, query) => {
    const test = await startApp();

    const { text, body } = await post(test, query);

    expect(body.errors?.length).toBeGreaterThan(0);
    expectNoKey(text);
  });
});

describe('an endpoint that contains a key', () => {
  const KEY = 'ZaVnC4dhaV2Bx-8a6b2f0c';
  const SHORT = 'https://127.0.0.1:444/receiver/v1/http/…?…';
  const endpoint = `https://127.0.0.1:444/receiver/v1/http/${KEY}?key=${KEY}`;

  it('is whole in one field, and in short form everywhere else', async () => {
    const receiver = await startReceiver();
    receiver.answers((response, received, request) => {
      answer(404, {}, `nothing at ${request.url}`)(response, received, request);
    });
    const test = await startApp();
    const { portalId, destinationId: id } = await connectPortal(test, receiver);
    const whole = `${receiver.url.replace(/\/$/, '')}/${KEY}`;
    const updated = await post(test, mutationOf('updateDestination'), { input: { id, endpoint: whole } });
    await mutate(test, 'recordLogin', { portalId, ...aLogin() });
    await receiver.until(({ received }) => received.length === 1);
    const tested = await post(test, mutationOf('testDestination'), { input: { id } });

    for (const { text } of [updated, tested]) expect(text).not.toContain(KEY.slice(0, 8));
    for (const query of [...queries, ...ofPortal]) {
      const { text, body } = await post(test, query, { portalId });
      expect(body.errors).toBeUndefined();
      expect(text).not.toContain(KEY.slice(0, 8));
    }
    const { body } = await post(test, 'query ($id: ID!) { destination(id: $id) { endpoint fullEndpoint } }', { id });
    expect(body.data).toEqual({ destination: { endpoint: expect.stringMatching(/…$/), fullEndpoint: whole } });
    await receiver.down();
  });

  it.each([
    ['success', { name: 'SIEM', endpoint }],
    ['a refusal of the name', { name: '', endpoint }],
    ['a refusal of the endpoint', { name: 'SIEM', endpoint: endpoint.replace('127.0.0.1', '10.0.0.1') }],
    ['an unknown field', { name: 'SIEM', endpoint, logFormt: 'CEF' }],
    ['another type', { name: 'SIEM', endpoint: [endpoint] }],
    ['characters that no URL has', { name: 'SIEM', endpoint: `${endpoint} x` }],
  ])('is not in the answer to createDestination: %s', async (_, input) => {
    const test = await startApp();
    const { text } = await post(test, mutationOf('createDestination'), { input });
    expect(text).not.toContain(KEY.slice(0, 8));
  });

  it('is refused in its short form, which is what the API shows', async () => {
    const test = await startApp();
    const id = await createDestination(test, { endpoint });
    expect(await mutate(test, 'updateDestination', { id, name: 'Renamed' })).toMatchObject({
      destination: { endpoint: SHORT },
    });
    await expectInvalid(test, 'updateDestination', { id, endpoint: SHORT }, 'endpoint', 'must be the whole URL');
  });
});

it('a stored secret does not reach another host by updateDestination and testDestination', async () => {
  const [mine, other] = await Promise.all([startReceiver(), startReceiver()]);
  const test = await startApp();
  const { destinationId: id } = await connectPortal(test, mine);

  const moved = { id, endpoint: other.url, caCertificate: other.ca };
  await expectRefusal(test, 'updateDestination', moved, {
    __typename: 'Conflict',
    code: 'SECRET_NEEDED',
    fields: [{ field: 'authorization', reason: expect.stringContaining('null to remove it') }],
  });
  await mutate(test, 'testDestination', { id });
  expect([mine.received.length, other.received.length]).toEqual([1, 0]);

  await mutate(test, 'updateDestination', { ...moved, authorization: null });
  await mutate(test, 'testDestination', { id });
  expect(other.received[0]?.headers).not.toHaveProperty('authorization');
  await Promise.all([mine.down(), other.down()]);
});
