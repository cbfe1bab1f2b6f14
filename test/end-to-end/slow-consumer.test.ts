import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type ServerProcess, startServerProcess } from '../support/graphql/server-process.js';

const LOGINS = 100_000;
const BATCHES = LOGINS / 1_000;
/** Far less than 100,000 payloads for two clients need, and far more than a garbage collection leaves. */
const MAX_GROWTH_BYTES = 50 * 1024 * 1024;

const QUERY = `subscription ($portalId: ID!, $after: String) {
  loginRecorded(portalId: $portalId, after: $after) { position login { clientTraceId userAgent } }
}`;

/** What a client has received. The order is checked at once, so that the payloads need not be kept. */
interface Seen {
  count: number;
  position: string;
  disorder: string[];
}

const nothingSeen = (position: string): Seen => ({ count: 0, position, disorder: [] });

function see(
  seen: Seen,
  payload: { data: { loginRecorded: { position: string; login: { clientTraceId: string } } } },
): void {
  const { position, login } = payload.data.loginRecorded;
  if (login.clientTraceId !== String(seen.count)) seen.disorder.push(`${login.clientTraceId} instead of ${seen.count}`);
  seen.count += 1;
  seen.position = position;
}

interface Client {
  seen: Seen;
  /** Resolves when the client has received every login, or the server has closed the connection. */
  ended: Promise<void>;
  resume(): void;
}

async function overWebSocket(server: ServerProcess, seen: Seen, paused: boolean): Promise<Client> {
  const socket = new WebSocket(server.url.replace('http', 'ws'), 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  const send = (message: object) => socket.send(JSON.stringify(message));
  send({ type: 'connection_init', payload: { Authorization: `Bearer ${server.token}` } });
  await once(socket, 'message');
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'next') see(seen, message.payload);
      if (message.type === 'error') seen.disorder.push(String(data));
      if (seen.count >= LOGINS) resolve();
    });
  });
  socket.on('error', () => {});
  const { portalId } = server;
  send({ type: 'subscribe', id: '1', payload: { query: QUERY, variables: { portalId, after: seen.position } } });
  if (paused) socket.pause();
  return { seen, ended, resume: () => socket.resume() };
}

async function overEvents(server: ServerProcess, seen: Seen): Promise<Client> {
  const { portalId, token } = server;
  const body = JSON.stringify({ query: QUERY, variables: { portalId, after: seen.position } });
  const call = request(server.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  });
  onTestFinished(() => void call.destroy());
  call.on('error', () => {});
  call.end(body);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  response.pause();
  const ended = new Promise<void>((resolve) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('close', () => resolve());
    response.on('error', () => resolve());
    response.on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^event: next\ndata: (.*)$/m.exec(block)?.[1];
        if (data) see(seen, JSON.parse(data));
      }
      if (seen.count >= LOGINS) resolve();
    });
    response.pause();
  });
  return { seen, ended, resume: () => void response.resume() };
}

/** Connects again after the server closed a slow client, from its last position, until it has received every login. */
async function seeTheRest(server: ServerProcess, slow: Client, open: typeof overWebSocket): Promise<void> {
  slow.resume();
  await slow.ended;
  for (let reconnects = 0; slow.seen.count < LOGINS && reconnects < 5; reconnects += 1) {
    const again = await open(server, slow.seen, false);
    again.resume();
    await again.ended;
  }
}

it('clients that stop reading cost little memory, do not delay another client, and miss no login', async () => {
  const server = await startServerProcess();
  const head = '0';
  const slow = await overWebSocket(server, nothingSeen(head), true);
  const slowEvents = await overEvents(server, nothingSeen(head));
  const other = await overWebSocket(server, nothingSeen(head), false);
  await server.record(0);
  const before = await server.memory();

  await server.record(BATCHES);
  await other.ended;
  const after = await server.memory();

  expect(other.seen).toMatchObject({ count: LOGINS, disorder: [] });
  expect(slow.seen.count).toBeLessThan(LOGINS);
  expect(slowEvents.seen.count).toBe(0);
  const growth = after.held - before.held;
  const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  console.info(`held: ${megabytes(growth)} more, rss: ${megabytes(after.rss - before.rss)} more`);
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);

  await seeTheRest(server, slow, overWebSocket);
  await seeTheRest(server, slowEvents, overEvents);
  expect(slow.seen).toMatchObject({ count: LOGINS, disorder: [] });
  expect(slowEvents.seen).toMatchObject({ count: LOGINS, disorder: [] });
}, 180_000);
