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

/** A server that cuts off nothing but by the deadline, and answers `/held` only when it is told to. */
async function serve() {
  const held: ServerResponse[] = [];
  const server = createServer({ ...NEVER_CHECK, keepAliveTimeout: 0 }, (request, response) => {
    if (request.url === '/held') request.resume().once('end', () => held.push(response));
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
  return { origin, held };
}

const request = (line: string, ...headers: string[]) =>
  `${[`${line} HTTP/1.1`, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;

const cut = ({ closed }: RawConnection): Promise<string> => closed;

/** Whoever was to be cut off by now is: a connection that is opened now and sends nothing has been. */
async function aDeadlineLater(origin: string): Promise<void> {
  await rawConnection(origin).closed;
  await new Promise((resolve) => setImmediate(resolve));
}

const isOpen = ({ socket }: RawConnection) => !socket.destroyed && !socket.readableEnded;

describe('a client is cut off that', () => {
  it.each([
    ['sends nothing', ''],
    ['does not end its headers', 'POST / HTTP/1.1\r\nHost: x\r\nX-More: '],
    ['does not end its body', request('POST /', 'Content-Length: 5').concat('1234')],
    ['does not end a chunk', request('POST /', 'Transfer-Encoding: chunked').concat('5\r\n1234')],
  ])('%s', async (_, text) => {
    const { origin } = await serve();
    const connection = rawConnection(origin);
    connection.write(text);
    expect(await cut(connection)).toBe('');
  });

  it('sends a byte now and then', async () => {
    const { origin } = await serve();
    const connection = rawConnection(origin);
    connection.write('GET / HTTP/1.1\r\nX-Slow: ');
    const drip = setInterval(() => connection.write('x'), MS / 10);
    onTestFinished(() => clearInterval(drip));
    expect(await cut(connection)).toBe('');
  });

  it('keeps its connection and sends no further request', async () => {
    const { origin } = await serve();
    const connection = rawConnection(origin);
    connection.write(request('GET /'));
    expect(await cut(connection)).toMatch(/^HTTP\/1.1 200 [^]*done/);
  });

  it('sends its second request slowly', async () => {
    const { origin } = await serve();
    const connection = rawConnection(origin);
    connection.write(request('POST /', 'Content-Length: 1').concat('x'));
    await connection.received(/done/);
    connection.write('GET / HTTP/1.1\r\nX-Slow: ');
    expect(await cut(connection)).toMatch(/done\r\n0\r\n\r\n$|done$/);
  });
});

describe('a connection is left open', () => {
  it.each([
    ['while its request is worked on', request('GET /held')],
    ['while a request with a body is worked on', request('POST /held', 'Content-Length: 1').concat('x')],
    ['with server-sent events', request('GET /stream')],
    ['that has become another protocol', request('GET /', 'Connection: Upgrade', 'Upgrade: x')],
  ])('%s', async (_, text) => {
    const { origin, held } = await serve();
    const connection = rawConnection(origin);
    connection.write(text);
    if (!text.includes('/held')) await connection.received(/\r\n\r\n/);
    else await vi.waitUntil(() => held.length === 1, { interval: 1 });
    await aDeadlineLater(origin);
    expect(isOpen(connection)).toBe(true);

    if (!held.length) return;
    held[0]?.end('done');
    await connection.received(/done/);
    // And from here on as any other.
    await cut(connection);
  });
});

const STATUS = 'subscription ($portalId: ID!) { webhookStatusChanged(portalId: $portalId) { position } }';

it('a server cuts off whoever does not send a request in a minute, and no subscription', async () => {
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
  // Its timer and those of the other two.
  while (vi.getTimerCount() < 2) await new Promise((resolve) => setImmediate(resolve));

  vi.advanceTimersByTime(59_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect([idle, slow].map(isOpen)).toEqual([true, true]);
  vi.advanceTimersByTime(60_000);
  await Promise.all([idle.closed, slow.closed]);
  expect(isOpen(live)).toBe(true);
  expect(await webSocket.next()).toMatchObject({ type: 'next' });
});

describe('a connection should be', () => {
  it('left open while a request is worked on that was sent before the answer to the last one', async () => {
    const { origin, held } = await serve();
    const connection = rawConnection(origin);
    connection.write(request('GET /held') + request('GET /stream'));
    while (!held.length) await new Promise((resolve) => setImmediate(resolve));
    held[0]?.end('done');
    await connection.received(/event-stream/);
    await aDeadlineLater(origin);
    expect(isOpen(connection)).toBe(true);
  });

  it('cut off when a body that was answered before it came is followed by a slow request', async () => {
    const { origin } = await serve();
    const connection = rawConnection(origin);
    connection.write(request('POST /early', 'Content-Length: 1'));
    await connection.received(/early/);
    connection.write('xGET / HTTP/1.1\r\nX-Slow: ');
    await aDeadlineLater(origin);
    await aDeadlineLater(origin);
    expect(isOpen(connection)).toBe(false);
  });
});
