import { describe, expect, it, onTestFinished } from 'vitest';
import { createAddressGuard } from '../../../src/delivery/egress/address-guard.js';
import { createDialer, directly, type Progress } from '../../../src/delivery/transport/dialer.js';
import { type Connection, createPool } from '../../../src/delivery/transport/pool.js';
import { post } from '../../../src/delivery/transport/post.js';
import type { Target } from '../../../src/delivery/transport/types.js';
import { FakeClock } from '../../support/clock/fake-clock.js';
import { aPost, aTarget, startSender } from '../../support/engine/sender.js';
import { turn } from '../../support/log/fixture.js';
import { type Connection as RawConnection, startRawReceiver } from '../../support/receiver/raw-receiver.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

function open() {
  const clock = new FakeClock();
  const guard = createAddressGuard(['127.0.0.0/8']);
  const pool = createPool((target) => createDialer(target, directly('http:', guard, clock)), clock);
  onTestFinished(() => pool.endAll());
  return { ...pool, clock };
}

const unaborted = () => new AbortController().signal;
const progress = (): Progress => ({ phase: 'RESOLVE', tried: [], earlyCode: null });
const body = Buffer.from('a line');
const take = (connections: ReturnType<typeof open>, target: Target) =>
  connections.take(target, progress(), unaborted());

async function request(connections: ReturnType<typeof open>, target: Target): Promise<Connection> {
  const connection = await take(connections, target);
  const answer = await post(connection, { path: '/', headers: { host: 'siem' }, body }, progress());
  await answer.body(connections.clock);
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
  expect(await take(connections, target)).toBe(first);
  expect(await take(connections, target)).not.toBe(first);
  connections.endAll();
  expect(connections.destinations()).toBe(0);
});

it('a destination is removed when its last connection ends, even if nothing more is sent to it', async () => {
  const accepted: RawConnection[] = [];
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
  await expect(request(connections, aTarget(raw.url, null))).rejects.toThrow(/RESET|closed/);
  await until(() => connections.destinations() === 0);
  expect(connections.destinations()).toBe(0);
});

it('a request in flight continues after a change of its destination, and its connection closes afterwards', async () => {
  const accepted: RawConnection[] = [];
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

describe('an idle connection', () => {
  it.each([
    ['4 s if the receiver does not say how long', OK, 4_000],
    ['a second less than the receiver keeps it', OK.replace('\r\n', '\r\nKeep-Alive: timeout=30, max=100\r\n'), 29_000],
    ['60 s at most', OK.replace('\r\n', '\r\nKeep-Alive: timeout=3600\r\n'), 60_000],
  ])('is kept for %s', async (_, answer, idleMs) => {
    const raw = await startRawReceiver((it) => it.write(answer));
    const connections = open();
    const target = aTarget(raw.url, null);
    const first = await request(connections, target);
    connections.clock.advance(idleMs - 1);
    expect(await request(connections, target)).toBe(first);
    connections.clock.advance(idleMs);
    expect(connections.destinations()).toBe(0);
    expect(await request(connections, target)).not.toBe(first);
    await raw.until((it) => it.open() === 1);
  });
});
