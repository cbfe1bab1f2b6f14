import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';

export interface Connection {
  write(text: string | Buffer): boolean;
  end(text?: string | Buffer): void;
  once(event: 'drain', listener: () => void): unknown;
  /** Reads on, if it answers at the head. */
  resume(): void;
  /** Cuts the connection with a TCP reset. */
  reset(): void;
}

/** A loopback port without a listener. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A loopback socket that never answers. `heard` resolves when it receives its first bytes. */
export async function startMute(): Promise<{ url: string; heard: Promise<unknown> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const heard = once(server, 'connection').then(async ([socket]: Socket[]) => {
    onTestFinished(() => void socket?.destroy());
    socket?.on('error', () => {});
    return socket && once(socket, 'data');
  });
  onTestFinished(() => void server.close());
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, heard };
}

/** A loopback socket that reads whole requests and answers each with the bytes that a test chooses. */
export interface RawReceiver {
  url: string;
  port: number;
  /** Connections that were ever accepted. */
  connections: number;
  /** Heads of the requests that arrived. */
  requests: string[];
  /** Bytes that were written to connections that are now closed. */
  bytesTaken: number;
  /** Resolves when `ready` returns true; checked when a connection opens or closes and when a request has arrived. */
  until(ready: (receiver: RawReceiver) => boolean): Promise<void>;
  /** Connections that are open. */
  open(): number;
}

type Respond = (connection: Connection, head: string) => void;

/**
 * @param certificate with other TLS options; without it, plain TCP
 * @param answersAt `head`: it answers before it reads the body of the request, and then reads nothing more
 */
export async function startRawReceiver(
  respond: Respond,
  certificate?: TlsOptions,
  answersAt: 'head' | 'end' = 'end',
): Promise<RawReceiver> {
  const raw = new Map<number | undefined, Socket>();
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const check of waiting) check();
  };

  function serve(socket: Socket): void {
    let buffered = Buffer.alloc(0);
    let isAnswered = false;
    const connection: Connection = {
      write: (text) => socket.write(text),
      end: (text) => void (text === undefined ? socket.end() : socket.end(text)),
      once: (event, listener) => socket.once(event, listener),
      resume: () => {
        isAnswered = true;
        socket.resume();
      },
      reset: () => void raw.get(socket.remotePort)?.resetAndDestroy(),
    };
    socket.on('error', () => {});
    socket.on('close', () => {
      receiver.bytesTaken += socket.bytesWritten;
      changed();
    });
    socket.on('data', (chunk) => {
      if (isAnswered) return;
      buffered = Buffer.concat([buffered, Buffer.from(chunk)]);
      const endOfHead = buffered.indexOf('\r\n\r\n');
      if (endOfHead < 0) return;
      const head = buffered.subarray(0, endOfHead).toString('latin1');
      const length = endOfHead + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (answersAt === 'head') socket.pause();
      else if (buffered.length < length) return;
      buffered = buffered.subarray(length);
      receiver.requests.push(head);
      respond(connection, head);
      changed();
    });
  }

  const server: Server = certificate ? createTlsServer(certificate, serve) : createServer(serve);
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    receiver.connections += 1;
    raw.set(remotePort, socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      raw.delete(remotePort);
      changed();
    });
    changed();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    for (const socket of raw.values()) socket.destroy();
    server.close();
  });

  const receiver: RawReceiver = {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}/collector`,
    port,
    connections: 0,
    requests: [],
    bytesTaken: 0,
    open: () => raw.size,
    until: (ready) =>
      new Promise((resolve) => {
        const check = () => {
          if (!ready(receiver)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
  return receiver;
}
