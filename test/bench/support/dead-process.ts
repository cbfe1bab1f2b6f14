/** Receivers that take nothing, in a process of their own: one accepts and never answers, one always answers 503. Started by dead.ts. */
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { makeCertificate } from '../../support/receiver/receiver.js';
import type { DeadPorts } from './dead.js';

const { ca, cert, key } = await makeCertificate();

const hole = createTcpServer((socket) => {
  socket.on('error', () => {});
  socket.resume();
});
const unavailable = createServer({ cert, key }, (request, response) => {
  request.on('error', () => {});
  request.resume().on('end', () => response.writeHead(503).end());
});
/** Nobody listens there any more. */
const closed = createTcpServer();

const portOf = (server: typeof hole) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const ports = { closed: await portOf(closed), hole: await portOf(hole), unavailable: await portOf(unavailable) };
closed.close();
process.send?.({ ...ports, ca } satisfies DeadPorts);
process.on('disconnect', () => process.exit());
