import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { succeeded } from '../../src/client/client.js';
import { DeliveryAttemptedDocument } from '../../src/client/generated/graphql.js';
import { requestsIn } from '../support/engine/portal.js';
import { aLogin, createDestination, dataOf, mutate, registerPortal } from '../support/graphql/calls.js';
import { issueCertificate } from '../support/receiver/certificates.js';
import { type Connection, freePort, startRawReceiver } from '../support/receiver/raw-receiver.js';
import { startReceiver } from '../support/receiver/receiver.js';
import { temporaryDirectory } from '../support/server/app.js';
import { startThreaded } from '../support/server/threaded.js';

const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 120_000;
/** Logins of the healthy portal, one after the other, while the first attempts to the silent receivers are in flight. */
const HEALTHY_LOGINS = 20;

const authority = issueCertificate({ name: 'An authority', isAuthority: true });
const names = ['127.0.0.1'];
const good = issueCertificate({ issuer: authority, names });
const other = issueCertificate({ name: 'Another', isAuthority: true });
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

const raw = async (respond: (connection: Connection) => void, served: TlsOptions = good) =>
  (await startRawReceiver(respond, served)).url;
const answering = (text: string) => () => raw((connection) => void connection.write(text));
const showing = (served: TlsOptions) => () => raw((connection) => connection.end(ok), served);

/** Sends one byte each second. */
const dripping = (text: string) => () =>
  raw((connection) => {
    let sent = 0;
    const timer = setInterval(() => connection.write(text.charAt(sent++) || ' '), 1_000);
    onTestFinished(() => clearInterval(timer));
  });

/** Sends the head and then a body that never ends. */
const endless = (head: string) => () =>
  raw((connection) => {
    const more = () => {
      while (connection.write('x'.repeat(16_384)));
      connection.once('drain', more);
    };
    connection.write(head);
    more();
  });

/** @param onConnection handles an accepted connection before the TLS handshake */
async function accepting(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

interface Hostile {
  start: () => Promise<string>;
  phase: 'RESOLVE' | 'CONNECT' | 'TLS' | 'HEADERS' | 'BODY';
  code: number | null;
  message: RegExp;
  delivered?: true;
  /** The first attempt lasts until its time limit. */
  isSilent?: true;
}

const within30 = /^no response within 30 s$/;
const silent = { code: null, message: within30, isSilent: true } as const;

const receivers: Record<string, Hostile> = {
  'refuses connections': {
    start: async () => `https://127.0.0.1:${await freePort()}/`,
    phase: 'CONNECT',
    code: null,
    message: /^connection refused \(ECONNREFUSED\)$/,
  },
  'accepts and never starts TLS': { start: () => accepting(() => {}), phase: 'TLS', ...silent },
  'accepts and never answers': { start: answering(''), phase: 'HEADERS', ...silent },
  'answers with one byte a second': {
    start: dripping(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(60)}`),
    phase: 'HEADERS',
    ...silent,
  },
  'closes at once': {
    start: () => accepting((socket) => void socket.destroy()),
    phase: 'TLS',
    code: null,
    message: /^connection reset \(ECONNRESET\)$/,
  },
  'closes without an answer': {
    start: () => raw((connection) => connection.end()),
    phase: 'HEADERS',
    code: null,
    message: /^connection closed before a response/,
  },
  'resets without an answer': {
    start: () => raw((connection) => connection.reset()),
    phase: 'HEADERS',
    code: null,
    message: /^connection (reset|closed)/,
  },
  // The request did not ask for it.
  'sends 100 Continue first': {
    start: () => raw((connection) => void connection.write(`HTTP/1.1 100 Continue\r\n\r\n${ok}`)),
    phase: 'BODY',
    code: 200,
    message: /^OK$/,
    delivered: true,
  },
  'sends garbage': {
    start: () => raw((connection) => connection.end('\u0000\u0001 what you want \r\n\r\n')),
    phase: 'HEADERS',
    code: null,
    message: /HTTP/,
  },
  'has huge headers': {
    start: answering(`HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(100_000)}\r\n\r\n`),
    phase: 'HEADERS',
    code: null,
    message: /header/i,
  },
  'accepts, with a body of one byte a second': {
    start: () =>
      raw((connection) => {
        connection.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
        const timer = setInterval(() => connection.write('x'), 1_000);
        onTestFinished(() => clearInterval(timer));
      }),
    phase: 'BODY',
    code: 200,
    message: /./,
    delivered: true,
  },
  'accepts, with a body without end': {
    start: endless('HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n'),
    phase: 'BODY',
    code: 200,
    message: /^OK$/,
    delivered: true,
  },
  'answers 503, with a body without end': {
    start: endless('HTTP/1.1 503 Service Unavailable\r\n\r\n'),
    phase: 'BODY',
    code: 503,
    message: /^Service Unavailable$/,
  },
  'has an expired certificate': {
    start: showing(issueCertificate({ issuer: authority, names, until: Date.now() - HOUR_MS })),
    phase: 'TLS',
    code: null,
    message: /^the certificate has expired/,
  },
  'has a certificate that is not yet valid': {
    start: showing(issueCertificate({ issuer: authority, names, from: Date.now() + HOUR_MS })),
    phase: 'TLS',
    code: null,
    message: /^the certificate is not yet valid/,
  },
  'has a certificate for another host': {
    start: showing(issueCertificate({ issuer: authority, names: ['siem.example.com'] })),
    phase: 'TLS',
    code: null,
    message: /^the certificate is for another host name/,
  },
  'has a certificate of an unknown authority': {
    start: showing(issueCertificate({ issuer: other, names })),
    phase: 'TLS',
    code: null,
    message: /^the certificate was issued by an authority that is not trusted/,
  },
  'has a self-signed certificate': {
    start: showing(issueCertificate({ names })),
    phase: 'TLS',
    code: null,
    message: /^the certificate is self-signed and not trusted/,
  },
  'supports TLS 1.1 at most': {
    start: showing({ ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
    phase: 'TLS',
    code: null,
    message: /too old; at least 1\.2 is required/,
  },
  'uses HTTP without TLS': {
    start: () => accepting((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
    phase: 'TLS',
    code: null,
    message: /^the receiver does not use TLS/,
  },
  'requires a client certificate': {
    start: showing({ ...good, requestCert: true, rejectUnauthorized: true, ca: other.cert }),
    phase: 'TLS',
    code: null,
    message: /requires a client certificate/,
  },
};

it(
  'an attempt to a failing receiver names the fault, other receivers are not delayed, and the logins arrive after the destination is corrected',
  async () => {
    const healthy = await startReceiver();
    const server = await startThreaded(temporaryDirectory());
    const connect = async (endpoint: string, caCertificate: string) => {
      const destinationId = await createDestination(server, { name: `SIEM at ${endpoint}`, endpoint, caCertificate });
      const portalId = await registerPortal(server);
      await mutate(server, 'configureWebhook', { portalId, destinationId, enabled: true });
      return { portalId, destinationId };
    };
    const record = (portalId: string, request: string) =>
      mutate(server, 'recordLogins', { portalId, logins: [aLogin({ request })] });
    const firstAttempt = async (portalId: string) => {
      const variables = { portalId, after: '0' };
      for await (const { deliveryAttempted } of server.client.subscribe(DeliveryAttemptedDocument, variables)) {
        return deliveryAttempted.attempt;
      }
      throw new Error('The subscription ended');
    };

    const kinds = [];
    for (const [kind, hostile] of Object.entries(receivers)) {
      kinds.push({ kind, hostile, ...(await connect(await hostile.start(), authority.cert)) });
    }
    const { portalId: healthyPortalId } = await connect(healthy.url, healthy.ca);
    for (const [index, { portalId }] of kinds.entries()) await record(portalId, `/bad${index}`);

    for (let count = 1; count <= HEALTHY_LOGINS; count += 1) {
      await record(healthyPortalId, `/good${count}`);
      await healthy.until(({ accepted }) => accepted.length === count);
    }
    const silentIds = kinds.flatMap(({ hostile, portalId }) => (hostile.isSilent ? [portalId] : []));
    const silentAttempts = await Promise.all(silentIds.map((portalId) => attemptsOf(portalId)));
    expect(silentAttempts).toEqual(silentIds.map(() => []));

    const attempts = await Promise.all(kinds.map(({ portalId }) => firstAttempt(portalId)));
    const seen = kinds.map(({ kind }, index) => {
      const { delivered, phase, responseCode, message } = attempts[index] ?? {};
      return { kind, delivered, phase, responseCode, message };
    });
    expect(seen).toEqual(
      kinds.map(({ kind, hostile: { delivered = false, phase, code: responseCode, message } }) => ({
        kind,
        delivered,
        phase,
        responseCode,
        message: expect.stringMatching(message),
      })),
    );

    const corrected = { endpoint: healthy.url, caCertificate: healthy.ca };
    for (const { destinationId } of kinds) {
      succeeded(await mutate(server, 'updateDestination', { id: destinationId, ...corrected }));
    }
    const redelivered = kinds.flatMap(({ hostile }, index) => (hostile.delivered ? [] : [`/bad${index}`]));
    await healthy.until(({ accepted }) => redelivered.every((request) => requestsIn(accepted).includes(request)));
    expect(
      requestsIn(healthy.accepted)
        .filter((request) => request.startsWith('/bad'))
        .sort(),
    ).toEqual(redelivered.sort());
    server.client.close();
    await healthy.down();

    async function attemptsOf(portalId: string): Promise<object[]> {
      const { deliveries } = await dataOf<{ deliveries: { edges: { node: { attempts: object[] } }[] } }>(
        server,
        'query ($id: ID!) { deliveries(portalId: $id, first: 10) { edges { node { attempts { attemptNumber } } } } }',
        { id: portalId },
      );
      return deliveries.edges.flatMap(({ node }) => node.attempts);
    }
  },
  TIMEOUT_MS,
);
