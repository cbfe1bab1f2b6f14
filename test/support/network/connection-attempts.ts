import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/**
 * What any socket of this process begins to connect to during this test, as `address port`: Node says so right before the
 * system call, for a literal address and for each one that a name resolved to.
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

/** A port that listens at every address that this machine has, and answers whatever comes with a 200. */
export async function listenEverywhere(): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    listener.connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'));
  });
  // The unspecified IPv6 address takes IPv4, too, or where there is no IPv6 Node listens on 0.0.0.0.
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
