import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How long a client may take to send a request, from its connection or the end of the request before it. */
const REQUEST_MS = 60_000;

/**
 * Cuts off clients that send slowly or nothing. Node looks for them every 30 seconds, for as long as it listens; here there is
 * a timer only while a request is awaited. (`connectionsCheckingInterval` below switches Node's own off.)
 */
export function limitRequestTime(server: Server, ms = REQUEST_MS): void {
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  const disarm = (socket: Socket) => clearTimeout(timers.get(socket));
  const arm = (socket: Socket) => {
    disarm(socket);
    timers.set(
      socket,
      setTimeout(() => socket.destroy(), ms),
    );
  };
  server.on('connection', (socket: Socket) => {
    arm(socket);
    socket.once('close', () => disarm(socket));
  });
  server.on('request', (request, response) => {
    const { socket, headers } = request;
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (hasBody) request.once('end', () => disarm(socket));
    else disarm(socket);
    response.once('finish', () => {
      if (!socket.destroyed) arm(socket);
    });
  });
  server.on('upgrade', (request) => disarm(request.socket));
}

/** As rarely as a timer can be: never. */
export const NEVER_CHECK = { connectionsCheckingInterval: 2 ** 31 - 1 };
