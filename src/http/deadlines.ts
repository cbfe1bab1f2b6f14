import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How long a client may take to send headers, from its connection or the end of the request before, and then a body: Node's. */
const HEADERS_MS = 60_000;
const BODY_MS = 300_000;

/**
 * Cuts off clients that send slowly or nothing. Node looks for them every 30 seconds, for as long as it listens; here there is
 * a timer only while a request is awaited. (`connectionsCheckingInterval` below switches Node's own off.)
 */
export function limitRequestTime(server: Server, headersMs = HEADERS_MS, bodyMs = BODY_MS): void {
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  const atWork = new WeakMap<Socket, number>();
  const disarm = (socket: Socket) => clearTimeout(timers.get(socket));
  const arm = (socket: Socket, ms: number) => {
    disarm(socket);
    timers.set(
      socket,
      setTimeout(() => socket.destroy(), ms),
    );
  };
  server.on('connection', (socket: Socket) => {
    arm(socket, headersMs);
    socket.once('close', () => disarm(socket));
  });
  server.on('request', (request, response) => {
    const { socket, headers } = request;
    atWork.set(socket, (atWork.get(socket) ?? 0) + 1);
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (hasBody) arm(socket, bodyMs);
    else disarm(socket);
    request.once('end', () => {
      if (!response.writableFinished) disarm(socket);
    });
    response.once('close', () => {
      const left = (atWork.get(socket) ?? 1) - 1;
      atWork.set(socket, left);
      // A client may have sent the next request already.
      if (!left && !socket.destroyed) arm(socket, headersMs);
    });
  });
  server.on('upgrade', (request) => disarm(request.socket));
}

/** As rarely as a timer can be: never. */
export const NEVER_CHECK = { connectionsCheckingInterval: 2 ** 31 - 1 };
