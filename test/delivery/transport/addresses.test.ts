import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { turn } from '../../support/log/fixture.js';
import { watchConnectionAttempts } from '../../support/network/connection-attempts.js';
import { freePort } from '../../support/receiver/raw-receiver.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const resolvesTo =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** A receiver on these loopback addresses, all with the same port. */
async function listenOn(...addresses: string[]): Promise<number> {
  const [first = '', ...others] = addresses;
  const listen = async (host: string, port: number) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.end(OK));
    });
    await new Promise<void>((listening) => server.listen(port, host, listening));
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(first, 0);
  for (const host of others) await listen(host, port);
  return port;
}

const LISTEN = `require('net').createServer().listen({ host: process.argv[1], port: Number(process.argv[2]), backlog: 1 }, () =>
  console.log('ready'))`;

/** Makes a loopback address silent: its process is stopped, and its queue of two connections is full. */
async function silence(host: string, port: number): Promise<void> {
  const child = spawn(process.execPath, ['-e', LISTEN, host, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  for (let queued = 0; queued < 2; queued += 1) {
    const socket = connect(port, host);
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
  }
}

const send = (addresses: string[], port: number, allowed = ['127.0.0.0/8', '::1/128']) => {
  const sender = startSender({ allowed, resolve: resolvesTo(...addresses) });
  return { sender, outcome: sender.send(aTarget(`http://siem.example.com:${port}/`, null), aPost) };
};

describe('a name with several addresses', () => {
  it('is tried at the next address at once if one refuses, in turns of the IP versions', async () => {
    const port = await listenOn('127.0.0.4');
    const attempts = watchConnectionAttempts();
    const { outcome } = send(['127.0.0.2', '127.0.0.3', '127.0.0.4', '::1'], port);
    expect(await outcome).toMatchObject({ verdict: 'DELIVERED' });
    expect(attempts).toEqual(['127.0.0.2', '::1', '127.0.0.3', '127.0.0.4'].map((address) => `${address} ${port}`));
  });

  it('says what each address said, those that said the same together', async () => {
    const port = await freePort();
    const { outcome } = send(['127.0.0.2', '127.0.0.3'], port);
    expect(await outcome).toMatchObject({
      verdict: 'RETRYABLE',
      phase: 'CONNECT',
      message: '127.0.0.2, 127.0.0.3: connection refused (ECONNREFUSED)',
    });
  });

  it('is tried at the next address after 250 ms, and the first keeps its chance', async () => {
    const port = await freePort();
    await silence('127.0.0.2', port);
    const attempts = watchConnectionAttempts();
    const { sender, outcome } = send(['127.0.0.2', '127.0.0.3'], port);
    await sender.clock.untilTimerIn(250);
    await turn();
    expect(attempts).toEqual([`127.0.0.2 ${port}`]);
    sender.clock.advance(250);
    await turn();
    expect(attempts).toEqual([`127.0.0.2 ${port}`, `127.0.0.3 ${port}`]);
    // The second one refuses. Nothing ends the first one but the time limit of the attempt.
    await sender.clock.untilTimerIn(29_750);
    sender.clock.advance(29_750);
    expect(await outcome).toMatchObject({
      message: expect.stringMatching(
        /^no response within 30 s \(127\.0\.0\.2: no answer; 127\.0\.0\.3: (connection refused \(ECONNREFUSED\)|no answer)\)$/,
      ),
    });
  });

  it('names the name that led to a refused address', async () => {
    const { outcome } = send(['127.0.0.2', '10.0.0.1'], 443, ['127.0.0.0/8']);
    expect(await outcome).toMatchObject({
      verdict: 'FINAL',
      message: expect.stringMatching(
        /^siem\.example\.com leads to an address that is refused: 10\.0\.0\.1 is not a public/,
      ),
    });
  });
});
