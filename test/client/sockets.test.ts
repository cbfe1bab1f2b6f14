import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createClient } from '../../src/client/client.js';
import { WebhookStatusChangedDocument } from '../../src/client/generated/graphql.js';

/** A server of graphql-transport-ws that accepts every subscription and never answers a ping. */
async function startServer(onSubscribed: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'graphql-transport-ws' });
  server.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      const { type } = JSON.parse(data.toString()) as { type: string };
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
      if (type === 'subscribe') onSubscribed(socket);
    }),
  );
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

async function follow(url: string, keepAliveMs: number): Promise<string[]> {
  const told = new EventEmitter();
  const states: string[] = [];
  const client = createClient(url, 'aw_token', {
    keepAliveMs,
    onConnection: (state, reason) => {
      states.push(`${state} ${reason}`.trim());
      if (state === 'RESTORED') told.emit('restored');
    },
  });
  const restored = once(told, 'restored');
  const following = client.subscribe(WebhookStatusChangedDocument, { webhooks: { all: true } }).next();
  following.catch(() => {});
  await restored;
  client.close();
  return states;
}

it('a server that hangs counts as lost, although it closes nothing', async () => {
  const url = await startServer(() => {});
  expect(await follow(url, 200)).toEqual(['LOST it does not answer', 'RESTORED']);
});

it('the loss is told also if a server or proxy ends the WebSocket as normal, with its reason', async () => {
  let isFirst = true;
  const url = await startServer((socket) => {
    if (isFirst) socket.close(1000, 'maintenance');
    isFirst = false;
  });
  expect(await follow(url, 60_000)).toEqual(['LOST maintenance', 'RESTORED']);
});
