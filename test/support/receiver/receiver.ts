import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { createCA, createCert } from 'mkcert';
import { linesOf } from './lines.js';

/** A batch as it arrived. */
export interface Received {
  headers: IncomingMessage['headers'];
  path: string;
  /** Compressed, as it was sent. */
  body: Buffer;
  text: string;
  lines: string[];
  deliveryId: string;
  at: number;
}

/** Answers a batch; by default with 200. */
export type Answer = (response: ServerResponse, received: Received, request: IncomingMessage) => void;

export const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

export interface Receiver {
  url: string;
  port: number;
  /** The PEM of the authority that issued its certificate: what a destination trusts. */
  ca: string;
  /** Every batch that arrived, whatever was answered. */
  received: Received[];
  /** Every line of the batches that were answered with 2xx. */
  accepted: string[];
  answers(next: Answer): void;
  /** Resolves when `ready` returns true; checked after each batch. */
  until(ready: (receiver: Receiver) => boolean): Promise<void>;
  /** Stops listening and cuts every connection. */
  down(): Promise<void>;
  /** Listens again, on the same port. */
  up(): Promise<void>;
}

/** Makes a certificate for 127.0.0.1, ::1 and localhost with its own authority. */
export async function makeCertificate(domains = ['127.0.0.1', 'localhost', '::1'], validity = 1) {
  const ca = await createCA({ organization: 'Test', countryCode: 'CH', state: 'ZH', locality: 'ZH', validity });
  return { ca: ca.cert, ...(await createCert({ ca, domains, validity })) };
}

/** A SIEM on a real TLS socket on loopback. */
export async function startReceiver(): Promise<Receiver> {
  const { ca, cert, key } = await makeCertificate();
  const sockets = new Set<Duplex>();
  const waiting = new Set<() => void>();
  let next: Answer = answer(200);

  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = gunzipSync(body).toString();
      const received: Received = {
        headers: request.headers,
        path: request.url ?? '',
        body,
        text,
        lines: linesOf(text),
        deliveryId: String(request.headers['x-auditwire-delivery']),
        at: Date.now(),
      };
      receiver.received.push(received);
      response.on('finish', () => {
        if (response.statusCode < 300) receiver.accepted.push(...received.lines);
        for (const check of waiting) check();
      });
      next(response, received, request);
      for (const check of waiting) check();
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const receiver: Receiver = {
    url: `https://127.0.0.1:${port}/collector`,
    port,
    ca,
    received: [],
    accepted: [],
    answers(answers) {
      next = answers;
    },
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
    down: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    up: () => listen(port),
  };
  return receiver;
}
