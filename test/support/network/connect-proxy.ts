import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../../../src/config.js';

/** A loopback HTTP proxy that makes tunnels and resolves every name to loopback. */
export interface ConnectProxy {
  port: number;
  /** As in the setting, without credentials. */
  url: string;
  /** The CONNECT requests that it received, in order. */
  asked: { authority: string; authorization: string | undefined }[];
  /**
   * How it answers from now on: 200 makes a tunnel, 0 ends the connection, 1 sends no answer, every other status is a refusal.
   *
   * @param rest the reason phrase, and headers after it
   */
  answers(status: number, rest?: string): void;
  /** Resolves with the first request. */
  heard: Promise<unknown>;
}

export async function startConnectProxy(): Promise<ConnectProxy> {
  const sockets = new Set<Socket>();
  let status = 200;
  let rest = '';
  let hear = () => {};
  const server = createServer();
  server.on('connect', ({ url = '', headers }, client: Socket) => {
    proxy.asked.push({ authority: url, authorization: headers['proxy-authorization'] });
    hear();
    client.on('error', () => {});
    if (status !== 200) {
      if (status === 0) client.destroy();
      else if (status > 1) client.end(`HTTP/1.1 ${status} ${rest}\r\nContent-Length: 14\r\n\r\nwords of proxy`);
      return;
    }
    const port = Number(/:(\d+)$/.exec(url)?.[1]);
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    client.on('close', () => upstream.destroy());
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const heard = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const proxy: ConnectProxy = {
    port,
    url: `http://127.0.0.1:${port}`,
    asked: [],
    answers(next, words = '') {
      status = next;
      rest = words;
    },
    heard,
  };
  return proxy;
}

/** A proxy as the configuration gives it to the sender. */
export function egressProxy(url: string) {
  const parsed = loadConfig({ AUDITWIRE_EGRESS_PROXY: url }).egressProxy;
  if (!parsed) throw new Error('no proxy is set');
  return parsed;
}
