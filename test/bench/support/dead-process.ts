/** Dead receivers in their own process: one accepts connections and never answers, one always answers 503. Started by dead.ts. */
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { makeCertificate } from '../../support/receiver/receiver.js';
import type { DeadPorts } from './dead.js';

const { ca, cert, key } = await makeCertificate();

const silent = createTcpServer((socket) => {
  socket.on('error', () => {});
  socket.resume();
});
const unavailable = createServer({ cert, key }, (request, response) => {
  request.on('error', () => {});
  request.resume().on('end', () => response.writeHead(503).end());
});
/** It is closed at once, so that its port refuses connections. */
const closed = createTcpServer();

const portOf = (server: typeof silent) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const ports = { closed: await portOf(closed), silent: await portOf(silent), unavailable: await portOf(unavailable) };
closed.close();
process.send?.({ ...ports, ca } satisfies DeadPorts);
process.on('disconnect', () => process.exit());
