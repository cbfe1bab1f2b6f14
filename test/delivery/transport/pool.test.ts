import { expect, it } from 'vitest';
import { createAddressGuard } from '../../../src/delivery/egress/address-guard.js';
import { createDialer, directly } from '../../../src/delivery/transport/dialer.js';
import { createPool } from '../../../src/delivery/transport/pool.js';
import type { Target } from '../../../src/delivery/transport/types.js';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { turn } from '../../support/log/fixture.js';
import { type Connection, startRawReceiver } from '../../support/receiver/raw-receiver.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

function open() {
  const guard = createAddressGuard(['127.0.0.0/8']);
  return createPool((target) => createDialer(target, directly('http:', guard)));
}

async function request(connections: ReturnType<typeof open>, target: Target) {
  const connection = connections.take(target);
  const response = await connection.client.request({ path: '/', method: 'GET' });
  await response.body.dump();
  connection.release();
  return connection;
}

/** Waits until `ready` returns true. If it never does, the time limit of the test ends the wait. */
async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await turn();
}

it('a free connection is reused, and a new one is opened only if none is free', async () => {
  const raw = await startRawReceiver((it) => it.write(OK));
  const connections = open();
  const target = aTarget(raw.url, null);
  const first = await request(connections, target);
  expect(connections.take(target)).toBe(first);
  expect(connections.take(target)).not.toBe(first);
  await connections.endAll();
  expect(connections.destinations()).toBe(0);
});

it('a destination is removed when its last connection ends, even if nothing more is sent to it', async () => {
  const accepted: Connection[] = [];
  const raw = await startRawReceiver((it) => {
    accepted.push(it);
    it.write(OK);
  });
  const connections = open();
  for (const destinationId of ['a', 'b', 'c']) await request(connections, aTarget(raw.url, null, { destinationId }));
  expect(connections.destinations()).toBe(3);
  for (const connection of accepted) connection.end();
  await until(() => connections.destinations() === 0);
});

it('a destination that never answers is removed', async () => {
  const raw = await startRawReceiver((it) => it.reset());
  const connections = open();
  const connection = connections.take(aTarget(raw.url, null));
  await expect(connection.client.request({ path: '/', method: 'GET' })).rejects.toThrow(/./);
  connection.release();
  expect(connections.destinations()).toBe(0);
});

it('a request in flight continues after a change of its destination, and its connection closes afterwards', async () => {
  const accepted: Connection[] = [];
  const raw = await startRawReceiver((it) => accepted.push(it));
  const sender = startSender();
  const before = sender.send(aTarget(raw.url, null), aPost);
  await raw.until(({ requests }) => requests.length === 1);
  const after = sender.send(aTarget(raw.url, null, { revision: 2 }), aPost);
  await raw.until(({ requests }) => requests.length === 2);
  for (const connection of accepted) connection.write(OK);
  expect(await before).toMatchObject({ verdict: 'DELIVERED' });
  expect(await after).toMatchObject({ verdict: 'DELIVERED' });
  await raw.until((it) => it.open() === 1);
});

it('stopping the sender also ends attempts with earlier settings of a destination', async () => {
  const raw = await startRawReceiver(() => {});
  const sender = startSender();
  const attempts = [1, 2].map((revision) => sender.send(aTarget(raw.url, null, { revision }), aPost));
  await raw.until(({ requests }) => requests.length === 2);
  await sender.stop();
  for (const outcome of await Promise.all(attempts)) {
    expect(outcome).toMatchObject({ verdict: 'RETRYABLE', responseCode: null, phase: 'HEADERS' });
  }
  await raw.until((it) => it.open() === 0);
});

it('an attempt that reaches its time limit leaves no open connection', async () => {
  const raw = await startRawReceiver(() => {});
  const sender = startSender();
  const outcome = sender.send(aTarget(raw.url, null), aPost);
  await raw.until(({ requests }) => requests.length === 1);
  sender.clock.advance(30_000);
  expect(await outcome).toMatchObject({ message: 'no response within 30 s' });
  await raw.until((it) => it.open() === 0);
});
