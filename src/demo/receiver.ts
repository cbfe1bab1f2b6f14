import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { createCA, createCert } from 'mkcert';

/** A receiver in place of a SIEM: an HTTPS server on the loopback address, with a new certificate. */
export interface DemoReceiver {
  url: string;
  /** The certificate authority that a destination must trust, in PEM. */
  certificate: string;
  down(): Promise<void>;
  up(): Promise<void>;
}

/** @param onLines is called with the lines of each batch that arrives */
export async function startDemoReceiver(onLines: (lines: string[]) => void): Promise<DemoReceiver> {
  const names = { organization: 'Auditwire demo', countryCode: 'CH', state: 'Zurich', locality: 'Zurich' };
  const ca = await createCA({ ...names, validity: 1 });
  const { cert, key } = await createCert({ ca, domains: ['127.0.0.1'], validity: 1 });
  const sockets = new Set<Duplex>();

  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      onLines(gunzipSync(Buffer.concat(chunks)).toString().trimEnd().split('\n'));
      response.writeHead(202).end();
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;

  return {
    url: `https://127.0.0.1:${port}/collector`,
    certificate: ca.cert,
    down: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    up: () => listen(port),
  };
}
