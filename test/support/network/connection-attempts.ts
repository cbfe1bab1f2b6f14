import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/**
 * Records the connection attempts of all sockets of this process during this test, as `address port`. Node emits the event
 * right before the system call, for a literal address and for each address of a name.
 */
export function watchConnectionAttempts(): string[] {
  const attempts: string[] = [];
  const { connect } = Socket.prototype;
  const spy = vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...given: unknown[]) {
    this.on('connectionAttempt', (address: string, port: number) => attempts.push(`${address} ${port}`));
    return Reflect.apply(connect, this, given);
  });
  onTestFinished(() => spy.mockRestore());
  return attempts;
}

export interface Listener {
  port: number;
  /** Connections that were ever accepted. */
  connections: number;
  close(): void;
}

/** A server that listens on every address of this machine and answers every request with 200. */
export async function listenEverywhere(): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    listener.connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'));
  });
  // Node listens on the unspecified IPv6 address, which also accepts IPv4, or without IPv6 on 0.0.0.0.
  server.listen(0);
  await once(server, 'listening');
  const listener: Listener = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return listener;
}
