import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { limitRequestTime, NEVER_CHECK } from '../../src/http/deadlines.js';
import { registerPortal } from '../support/graphql/calls.js';
import { type RawConnection, rawConnection } from '../support/graphql/raw.js';
import { openAuthorizedSocket } from '../support/graphql/socket.js';
import { startApp } from '../support/server/app.js';

const MS = 150;

/** A server that closes connections only at the deadline. It answers `/open` when the test ends a response in `unanswered`. */
async function serve() {
  const unanswered: ServerResponse[] = [];
  const server = createServer({ ...NEVER_CHECK, keepAliveTimeout: 0 }, (request, response) => {
    if (request.url === '/open') request.resume().once('end', () => unanswered.push(response));
    else if (request.url === '/early') response.end('early');
    else if (request.url === '/stream') response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
    else request.resume().once('end', () => response.end('done'));
  });
  server.on('upgrade', (_, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'));
  limitRequestTime(server, MS, MS);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, unanswered };
}

const request = (line: string, ...headers: string[]) =>
  `${[`${line} HTTP/1.1`, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;

const untilClosed = ({ closed }: RawConnection): Promise<string> => closed;

/** Waits for a deadline: opens a connection that sends nothing, and returns when the server has closed it. */
async function waitForADeadline(origin: string): Promise<void> {
  await rawConnection(origin).closed;
  await new Promise((resolve) => setImmediate(resolve));
}

const isOpen = ({ socket }: RawConnection) => !socket.destroyed && !socket.readableEnded;

describe('the server closes the connection of a client that', () => {
  it.each([
    ['sends nothing', ''],
    ['does not end its headers', 'POST / HTTP/1.1\r\nHost: x\r\nX-More: '],
    ['does not end its body', request('POST /', 'Content-Length: 5').concat('1234')],
    ['does not end a chunk', request('POST /', 'Transfer-Encoding: chunked').concat('5\r\n1234')],
  ])('%s', async (_, text) => {
    const { origin } = await serve();
    const connection = rawConnection(origin);
    connection.write(text);
    expect(await untilClosed(connection)).toBe('');
  });

  it('sends its headers byte by byte', async () => {
    const { origin } = await serve();
    const connection = rawConnection(origin);
    connection.write('GET / HTTP/1.1\r\nX-Slow: ');
    const drip = setInterval(() => connection.write('x'), MS / 10);
    onTestFinished(() => clearInterval(drip));
    expect(await untilClosed(connection)).toBe('');
  });

  it('sends no further request', async () => {
    const { origin } = await serve();
    const connection = rawConnection(origin);
    connection.write(request('GET /'));
    expect(await untilClosed(connection)).toMatch(/^HTTP\/1.1 200 [^]*done/);
  });

  it('sends its second request slowly', async () => {
    const { origin } = await serve();
    const connection = rawConnection(origin);
    connection.write(request('POST /', 'Content-Length: 1').concat('x'));
    await connection.received(/done/);
    connection.write('GET / HTTP/1.1\r\nX-Slow: ');
    expect(await untilClosed(connection)).toMatch(/done\r\n0\r\n\r\n$|done$/);
  });
});

describe('the server keeps a connection open', () => {
  it.each([
    ['while its request is processed', request('GET /open')],
    ['while a request with a body is processed', request('POST /open', 'Content-Length: 1').concat('x')],
    ['with server-sent events', request('GET /stream')],
    ['that has changed to another protocol', request('GET /', 'Connection: Upgrade', 'Upgrade: x')],
  ])('%s', async (_, text) => {
    const { origin, unanswered } = await serve();
    const connection = rawConnection(origin);
    connection.write(text);
    if (!text.includes('/open')) await connection.received(/\r\n\r\n/);
    else await vi.waitUntil(() => unanswered.length === 1, { interval: 1 });
    await waitForADeadline(origin);
    expect(isOpen(connection)).toBe(true);

    if (!unanswered.length) return;
    unanswered[0]?.end('done');
    await connection.received(/done/);
    // After the answer, the deadline applies again.
    await untilClosed(connection);
  });
});

const STATUS = 'subscription ($portalId: ID!) { webhookStatusChanged(portalId: $portalId) { position } }';

it('a server closes connections that send no request for a minute, but not subscriptions', async () => {
  const test = await startApp();
  const variables = { portalId: await registerPortal(test) };
  const webSocket = await openAuthorizedSocket(test);
  webSocket.subscribe('1', STATUS, variables);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const body = JSON.stringify({ query: STATUS, variables });
  const post = (accept: string) =>
    request(
      'POST /graphql',
      `Authorization: Bearer ${test.token}`,
      `Accept: ${accept}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    );
  const [live, idle, slow] = [rawConnection(test.origin), rawConnection(test.origin), rawConnection(test.origin)];
  live.write(post('text/event-stream').concat(body));
  await live.received(/event: next/);
  slow.write(post('application/json').concat('{'));
  // Wait for the timers of the slow and the idle connection.
  while (vi.getTimerCount() < 2) await new Promise((resolve) => setImmediate(resolve));

  vi.advanceTimersByTime(59_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect([idle, slow].map(isOpen)).toEqual([true, true]);
  vi.advanceTimersByTime(60_000);
  await Promise.all([idle.closed, slow.closed]);
  expect(isOpen(live)).toBe(true);
  expect(await webSocket.next()).toMatchObject({ type: 'next' });
});

describe('a connection is', () => {
  it('kept open while a request is processed that was sent before the previous answer', async () => {
    const { origin, unanswered } = await serve();
    const connection = rawConnection(origin);
    connection.write(request('GET /open') + request('GET /stream'));
    while (!unanswered.length) await new Promise((resolve) => setImmediate(resolve));
    unanswered[0]?.end('done');
    await connection.received(/event-stream/);
    await waitForADeadline(origin);
    expect(isOpen(connection)).toBe(true);
  });

  it('closed if a slow request follows a body that arrived after its answer', async () => {
    const { origin } = await serve();
    const connection = rawConnection(origin);
    connection.write(request('POST /early', 'Content-Length: 1'));
    await connection.received(/early/);
    connection.write('xGET / HTTP/1.1\r\nX-Slow: ');
    await waitForADeadline(origin);
    await waitForADeadline(origin);
    expect(isOpen(connection)).toBe(false);
  });
});
