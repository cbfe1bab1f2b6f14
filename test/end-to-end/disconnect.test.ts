import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { aLogin, mutate, registerPortal } from '../support/graphql/calls.js';
import { eventStream } from '../support/graphql/live.js';
import { rawConnection } from '../support/graphql/raw.js';
import { openAuthorizedSocket, type Socket } from '../support/graphql/socket.js';
import { startApp, type TestApp } from '../support/server/app.js';

const subscriptions = ['webhookStatusChanged', 'loginRecorded', 'deliveryAttempted'].map(
  (field) => `subscription ($portalId: ID!) { ${field}(portalId: $portalId) { position } }`,
);
const LOGINS = 'subscription ($portalId: ID!) { loginRecorded(portalId: $portalId) { position } }';

interface Started {
  test: TestApp;
  portalId: string;
  /** Resolves when the event log has `count` readers besides those of the server itself. */
  readers(count: number): Promise<unknown>;
}

async function start(): Promise<Started> {
  const test = await startApp();
  const portalId = await registerPortal(test);
  const { tail } = test.app.services;
  const own = tail.subscriptions();
  return {
    test,
    portalId,
    readers: (count) => vi.waitUntil(() => tail.subscriptions() === own + count, { timeout: 5_000 }),
  };
}

async function subscribeToAll({ test, portalId, readers }: Started): Promise<Socket> {
  const socket = await openAuthorizedSocket(test);
  for (const [index, query] of subscriptions.entries()) socket.subscribe(String(index), query, { portalId });
  await readers(subscriptions.length);
  return socket;
}

describe('the server ends every subscription', () => {
  it('after a WebSocket is closed while its subscriptions wait', async () => {
    const started = await start();
    const socket = await subscribeToAll(started);

    socket.close();

    await started.readers(0);
  });

  it('after a WebSocket is cut off while its subscriptions wait', async () => {
    const started = await start();
    const socket = await subscribeToAll(started);

    socket.terminate();

    await started.readers(0);
  });

  it('after the client completes each subscription, and keeps the WebSocket open', async () => {
    const started = await start();
    const socket = await subscribeToAll(started);

    for (const index of subscriptions.keys()) socket.send({ type: 'complete', id: String(index) });

    await started.readers(0);
    socket.subscribe('again', '{ viewer { tokenName } }');
    await vi.waitUntil(async () => (await socket.next()).id === 'again');
  });

  it('after the client completes a subscription immediately after its start', async () => {
    const { test, portalId, readers } = await start();
    const socket = await openAuthorizedSocket(test);

    for (let index = 0; index < 50; index += 1) {
      socket.subscribe(String(index), LOGINS, { portalId });
      socket.send({ type: 'complete', id: String(index) });
    }
    socket.subscribe('last', '{ viewer { tokenName } }');
    expect(await socket.next()).toMatchObject({ id: 'last', type: 'next' });

    await readers(0);
  });

  it('after a WebSocket is closed or cut off immediately after it subscribes', async () => {
    const { test, portalId, readers } = await start();
    for (let index = 0; index < 20; index += 1) {
      const socket = await openAuthorizedSocket(test);
      for (let id = 0; id < 5; id += 1) socket.subscribe(String(id), LOGINS, { portalId });
      if (index % 2) socket.close();
      else socket.terminate();
      await socket.closed;
    }
    expect(await mutate(test, 'recordLogin', { portalId, ...aLogin() })).toHaveProperty('login');

    await readers(0);
  });

  it.each(subscriptions)('after the client aborts a waiting stream of server-sent events: %s', async (query) => {
    const { test, portalId, readers } = await start();
    const controller = new AbortController();
    await eventStream(test, query, { portalId }, controller.signal);
    await readers(1);

    controller.abort();

    await readers(0);
  });

  it('after a client of server-sent events resets its connection', async () => {
    const { test, portalId, readers } = await start();
    const connection = rawConnection(test.origin);
    const body = JSON.stringify({ query: LOGINS, variables: { portalId } });
    connection.write(
      [
        'POST /graphql HTTP/1.1',
        'Host: localhost',
        `Authorization: Bearer ${test.token}`,
        'Accept: text/event-stream',
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
    );
    await connection.received(/^HTTP\/1.1 200 /);
    await readers(1);

    connection.socket.resetAndDestroy();

    await readers(0);
  });

  it('after a subscription is refused', async () => {
    const { test, portalId, readers } = await start();
    const socket = await openAuthorizedSocket(test);

    socket.subscribe('1', 'subscription ($id: ID!) { loginRecorded(portalId: $id, after: "x") { position } }', {
      id: portalId,
    });

    await socket.next();
    await readers(0);
  });
});

describe('a server that stops', () => {
  it('ends its subscriptions and does not wait for them', async () => {
    // Much longer than the timeout of this test.
    const test = await startApp({ env: { AUDITWIRE_SHUTDOWN_SECONDS: '60' } });
    const portalId = await registerPortal(test);
    const own = test.app.services.tail.subscriptions();
    const socket = await openAuthorizedSocket(test);
    socket.subscribe('1', LOGINS, { portalId });
    const controller = new AbortController();
    onTestFinished(() => controller.abort());
    const { response } = await eventStream(test, LOGINS, { portalId }, controller.signal);
    await vi.waitUntil(() => test.app.services.tail.subscriptions() === own + 2);

    // The server cuts the streams off and does not complete them, so that clients connect again.
    await Promise.all([test.app.stop(), expect(response.text()).rejects.toThrow(), socket.closed]);

    expect((await socket.closed).code).toBe(1001);
  }, 10_000);
});
