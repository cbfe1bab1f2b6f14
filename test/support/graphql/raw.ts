/** HTTP by hand on a raw socket: what `fetch` would not send, or would hide. */
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawConnection {
  socket: Socket;
  write(text: string): void;
  /** Resolves with all that was received once it matches. */
  received(pattern: RegExp): Promise<string>;
  closed: Promise<string>;
}

export function rawConnection(origin: string): RawConnection {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let text = '';
  let look = () => {};
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    look();
  });
  return {
    socket,
    write: (request) => void socket.write(request),
    received: (pattern) =>
      new Promise((resolve) => {
        look = () => {
          if (pattern.test(text)) resolve(text);
        };
        look();
      }),
    closed: new Promise((resolve) => socket.on('close', () => resolve(text))),
  };
}

/** Sends a request and gives back the status line and headers of the answer. */
export async function rawRequest(origin: string, lines: string[], body = ''): Promise<string> {
  const connection = rawConnection(origin);
  connection.write(`${[...lines, `Host: ${new URL(origin).host}`].join('\r\n')}\r\n\r\n${body}`);
  return connection.received(/\r\n\r\n/);
}
