/** HTTP on a raw socket, for requests that `fetch` cannot send and answers that it hides. */
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawConnection {
  socket: Socket;
  write(text: string): void;
  /** Resolves with everything that was received, as soon as it matches. */
  received(pattern: RegExp): Promise<string>;
  closed: Promise<string>;
}

export function rawConnection(origin: string): RawConnection {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let text = '';
  let check = () => {};
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    check();
  });
  return {
    socket,
    write: (request) => void socket.write(request),
    received: (pattern) =>
      new Promise((resolve) => {
        check = () => {
          if (pattern.test(text)) resolve(text);
        };
        check();
      }),
    closed: new Promise((resolve) => socket.on('close', () => resolve(text))),
  };
}

/** Sends a request and returns the status line and headers of the answer. */
export async function rawRequest(origin: string, lines: string[], body = ''): Promise<string> {
  const connection = rawConnection(origin);
  connection.write(`${[...lines, `Host: ${new URL(origin).host}`].join('\r\n')}\r\n\r\n${body}`);
  return connection.received(/\r\n\r\n/);
}
