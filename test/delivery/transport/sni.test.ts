import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { makeCertificate } from '../../support/receiver/receiver.js';

/** A receiver that answers 200 to everything, and records the server name of each connection. */
async function startNamed() {
  const { ca, cert, key } = await makeCertificate(['siem.example.com', '127.0.0.1']);
  const names: (string | false | null)[] = [];
  const server = createServer({ cert, key }, (socket) => {
    names.push(socket.servername);
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return { ca, names, port: (server.address() as AddressInfo).port };
}

it('the server name is sent, because several receivers may share an address', async () => {
  const { ca, names, port } = await startNamed();
  const resolve = async () => [{ address: '127.0.0.1', family: 4 as const }];
  const { send } = startSender({ allowed: ['127.0.0.0/8'], resolve });
  const outcome = await send(aTarget(`https://siem.example.com:${port}/`, ca), aPost);
  expect(outcome).toMatchObject({ verdict: 'DELIVERED', responseCode: 200 });
  expect(names).toEqual(['siem.example.com']);
});

it('no server name is sent if the host is an address', async () => {
  const { ca, names, port } = await startNamed();
  const { send } = startSender({ allowed: ['127.0.0.0/8'] });
  const outcome = await send(aTarget(`https://127.0.0.1:${port}/`, ca), aPost);
  expect(outcome).toMatchObject({ verdict: 'DELIVERED', responseCode: 200 });
  expect(names).toEqual([false]);
});
