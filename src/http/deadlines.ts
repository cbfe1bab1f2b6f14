import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How long a client may take to send the headers (from the connection or the end of the previous response), and then the body.
 * The values are Node's defaults.
 */
const HEADERS_MS = 60_000;
const BODY_MS = 300_000;

/**
 * Closes the connections of clients that send slowly or send nothing. Node checks for them every 30 seconds, as long as it listens;
 * this function needs a timer only while the server waits for a request. (`NEVER_CHECK` below turns Node's own check off.)
 */
export function limitRequestTime(server: Server, headersMs = HEADERS_MS, bodyMs = BODY_MS): void {
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  const openRequests = new WeakMap<Socket, number>();
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
    openRequests.set(socket, (openRequests.get(socket) ?? 0) + 1);
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (hasBody) arm(socket, bodyMs);
    else disarm(socket);
    request.once('end', () => {
      if (!response.writableFinished) disarm(socket);
    });
    response.once('close', () => {
      const remaining = (openRequests.get(socket) ?? 1) - 1;
      openRequests.set(socket, remaining);
      // The client may have sent its next request already.
      if (!remaining && !socket.destroyed) arm(socket, headersMs);
    });
  });
  server.on('upgrade', (request) => disarm(request.socket));
}

/** The longest interval that a timer can have (about 25 days), in ms: in practice, never. */
export const NEVER_CHECK = { connectionsCheckingInterval: 2 ** 31 - 1 };
