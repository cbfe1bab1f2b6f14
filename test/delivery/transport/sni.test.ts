import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { makeCertificate } from '../../support/receiver/receiver.js';

/** A receiver that answers 200 to everything, and records the server name of each connection and the start of its request. */
async function startNamed() {
  const { ca, cert, key } = await makeCertificate(['siem.example.com', '127.0.0.1']);
  const names: (string | false | null)[] = [];
  const heads: string[] = [];
  const server = createServer({ cert, key }, (socket) => {
    names.push(socket.servername);
    socket.on('error', () => {});
    socket.once('data', (head: Buffer) => heads.push(head.toString('latin1')));
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return { ca, names, heads, port: (server.address() as AddressInfo).port };
}

it('the server name is sent, because several receivers may share an address', async () => {
  const { ca, names, port } = await startNamed();
  const resolve = async () => [{ address: '127.0.0.1', family: 4 as const }];
  const { send } = startSender({ allowed: ['127.0.0.0/8'], resolve });
  const outcome = await send(aTarget(`https://siem.example.com:${port}/`, ca), aPost);
  expect(outcome).toMatchObject({ verdict: 'DELIVERED', responseCode: 200 });
  expect(names).toEqual(['siem.example.com']);
});

it('a name with a final dot is looked up with the dot, and sent without it', async () => {
  const { ca, names, heads, port } = await startNamed();
  const looked: string[] = [];
  const resolve = async (name: string) => {
    looked.push(name);
    return [{ address: '127.0.0.1', family: 4 as const }];
  };
  const { send } = startSender({ allowed: ['127.0.0.0/8'], resolve });
  const outcome = await send(aTarget(`https://siem.example.com.:${port}/`, ca), aPost);
  expect(outcome).toMatchObject({ verdict: 'DELIVERED', responseCode: 200 });
  expect([looked, names]).toEqual([['siem.example.com.'], ['siem.example.com']]);
  expect(heads[0]).toMatch(new RegExp(`^host: siem\\.example\\.com:${port}\r$`, 'im'));
});

it.each(['/', '/x?', '/x?a=b', '/c/', '/%7e/%C3%A9?q=%27', '?q'])(
  'the target %s is requested as it is shown',
  async (target) => {
    const { ca, heads, port } = await startNamed();
    const { send } = startSender({ allowed: ['127.0.0.0/8'] });
    const endpoint = new URL(`https://127.0.0.1:${port}${target}`).href;
    await send(aTarget(endpoint, ca), aPost);
    expect(heads[0]).toMatch(/^POST /);
    expect(`https://127.0.0.1:${port}${heads[0]?.split(' ')[1]}`).toBe(endpoint);
  },
);

it('an empty fragment of a stored endpoint is not sent', async () => {
  const { ca, heads, port } = await startNamed();
  const { send } = startSender({ allowed: ['127.0.0.0/8'] });
  await send(aTarget(`https://127.0.0.1:${port}/collector#`, ca), aPost);
  expect(heads[0]).toMatch(/^POST \/collector HTTP/);
});

it('no server name is sent if the host is an address', async () => {
  const { ca, names, port } = await startNamed();
  const { send } = startSender({ allowed: ['127.0.0.0/8'] });
  const outcome = await send(aTarget(`https://127.0.0.1:${port}/`, ca), aPost);
  expect(outcome).toMatchObject({ verdict: 'DELIVERED', responseCode: 200 });
  expect(names).toEqual([false]);
});
