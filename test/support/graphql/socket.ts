/** A raw WebSocket with graphql-transport-ws, for messages that a correct client never sends. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { TestApp } from '../server/app.js';

interface Message {
  type: string;
  id?: string;
  payload?: unknown;
}

export interface Socket {
  send(message: Message | string): void;
  /** The next message of the server that is not a ping. */
  next(): Promise<Message>;
  subscribe(id: string, query: string, variables?: Record<string, unknown>): void;
  closed: Promise<{ code: number; reason: string }>;
  close(): void;
  terminate(): void;
}

export async function openSocket({ url }: TestApp, headers: Record<string, string> = {}): Promise<Socket> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
  onTestFinished(() => socket.terminate());
  const messages: Message[] = [];
  let wake = () => {};
  socket.on('message', (data) => {
    const message: Message = JSON.parse(String(data));
    if (message.type === 'ping') return;
    messages.push(message);
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  socket.on('error', () => {});
  await once(socket, 'open');
  const send = (message: Message | string) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  return {
    send,
    async next() {
      while (!messages.length) await new Promise<void>((resolve) => (wake = resolve));
      return messages.shift() as Message;
    },
    subscribe: (id, query, variables = {}) => send({ type: 'subscribe', id, payload: { query, variables } }),
    closed,
    close: () => socket.close(),
    terminate: () => socket.terminate(),
  };
}

/** A socket whose token was accepted. */
export async function openAuthorizedSocket(test: TestApp): Promise<Socket> {
  const socket = await openSocket(test);
  socket.send({ type: 'connection_init', payload: { Authorization: `Bearer ${test.token}` } });
  const { type } = await socket.next();
  if (type !== 'connection_ack') throw new Error(`The server answered ${type}`);
  return socket;
}

/** The HTTP status with which the server refuses to open a WebSocket. */
export async function refusedUpgrade(url: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
  socket.on('error', () => {});
  const status = await new Promise<number>((resolve, reject) => {
    socket.once('open', () => reject(new Error('The server opened the WebSocket')));
    socket.once('unexpected-response', (_, response: IncomingMessage) => resolve(response.statusCode ?? 0));
  });
  socket.terminate();
  return status;
}
