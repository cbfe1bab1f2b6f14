import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WatchedClock } from '../support/clock/watched-clock.js';
import { hold, statuses } from '../support/engine/answers.js';
import {
  aPortal,
  configure,
  createDestination,
  logIn,
  numbered,
  requestsIn,
  untilEvent,
} from '../support/engine/portal.js';
import { answer, type Receiver, startReceiver } from '../support/receiver/receiver.js';
import { startApp, temporaryDirectory } from '../support/server/app.js';

let receiver: Receiver;
const siem = (path = '/collector') => ({ url: new URL(path, receiver.url).href, ca: receiver.ca });
const batches = () => receiver.received.map(({ lines }) => requestsIn(lines));
const paths = () => receiver.received.map(({ path }) => path);
const arrived = (count: number) => receiver.until(({ received }) => received.length === count);

beforeAll(async () => {
  receiver = await startReceiver();
  return () => receiver.down();
});

beforeEach(() => {
  receiver.received.length = 0;
  receiver.accepted.length = 0;
  receiver.answers(answer(200));
});

async function start(directory = temporaryDirectory(), now?: number) {
  const clock = new WatchedClock(now);
  const server = await startApp({ directory, appOptions: { clock }, env: { AUDITWIRE_SHUTDOWN_SECONDS: '0' } });
  return { ...server, clock };
}
type Server = Awaited<ReturnType<typeof start>>;

/** Advances the clock to a time as soon as the next timer is set for it. */
async function advanceTo({ clock }: Server, time: number): Promise<void> {
  await clock.until(() => clock.nextTimer === time);
  clock.advanceTo(time - 1);
  clock.advanceTo(time);
}

describe('a portal that waits for its destination', () => {
  it('stops waiting if it gets another destination', async () => {
    const server = await start();
    const silent = await aPortal(server, { ...siem('/silent'), maxInFlight: 1 });
    const { portalId } = await aPortal(server, siem(), silent.destinationId);
    receiver.answers((response, { path }) => void (path === '/healthy' && response.writeHead(200).end()));
    await logIn(server, silent.portalId, '/1');
    await arrived(1);
    await logIn(server, portalId, '/2');
    const healthy = await createDestination(server, siem('/healthy'));
    await configure(server, portalId, { destinationId: healthy });
    await untilEvent(server, portalId, 'BatchDelivered');
    expect(paths()).toEqual(['/silent', '/healthy']);
  });

  it('stops waiting if its webhook is turned off', async () => {
    const server = await start();
    const first = await aPortal(server, { ...siem(), maxInFlight: 1 });
    const { portalId } = await aPortal(server, siem(), first.destinationId);
    const answers = hold(receiver);
    await logIn(server, first.portalId, '/1');
    await arrived(1);
    await logIn(server, portalId, '/2');
    await configure(server, portalId, { enabled: false });
    answers.releaseAll();
    await logIn(server, first.portalId, '/3');
    await untilEvent(server, first.portalId, 'BatchDelivered', 2);
    expect(batches()).toEqual([['/1'], ['/3']]);
  });
});

describe('a destination that fails', () => {
  it('gets one request at a time until one succeeds', async () => {
    const server = await start();
    const first = await aPortal(server, siem());
    const portals = [first];
    while (portals.length < 5) portals.push(await aPortal(server, siem(), first.destinationId));
    receiver.answers(answer(401));
    await logIn(server, first.portalId, '/1');
    await untilEvent(server, first.portalId, 'BatchAbandoned');
    const answers = hold(receiver);
    for (const { portalId } of portals.slice(1)) await logIn(server, portalId, '/2');
    await arrived(2);
    answers.release(401);
    await arrived(3);
    expect(answers.most.atOnce).toBe(1);
    answers.release(200);
    await arrived(5);
    expect(answers.most.atOnce).toBe(2);
    answers.releaseAll();
    await receiver.until(({ accepted }) => accepted.length === 3);
  });

  it('is paused for all portals by one Retry-After, and others are not', async () => {
    const server = await start();
    const paused = await aPortal(server, siem('/busy'));
    const { portalId } = await aPortal(server, siem(), paused.destinationId);
    const other = await aPortal(server, siem('/other'));
    receiver.answers(answer(429, { 'Retry-After': '20' }));
    await logIn(server, paused.portalId, '/1');
    const { data } = await untilEvent(server, paused.portalId, 'RetryScheduled');
    receiver.answers(answer(200));
    await logIn(server, portalId, '/2');
    await logIn(server, other.portalId, '/3');
    await untilEvent(server, other.portalId, 'BatchDelivered');
    expect(paths()).toEqual(['/busy', '/other']);
    expect(data.destinationPausedUntil).toBe(data.attemptedAt + data.durationMs + 20_000);
    await advanceTo(server, data.destinationPausedUntil ?? 0);
    await untilEvent(server, portalId, 'BatchDelivered');
    await untilEvent(server, paused.portalId, 'BatchDelivered');
  });

  it('is still paused and throttled in a new process', async () => {
    const directory = temporaryDirectory();
    const server = await start(directory);
    const paused = await aPortal(server, siem());
    const { portalId } = await aPortal(server, siem(), paused.destinationId);
    receiver.answers(answer(429, { 'Retry-After': '20' }));
    await logIn(server, paused.portalId, '/1');
    const { data } = await untilEvent(server, paused.portalId, 'RetryScheduled');
    await server.app.stop();
    const again = await start(directory, server.clock.now() + 5_000);
    const answers = hold(receiver);
    await logIn(again, portalId, '/2');
    await advanceTo(again, data.destinationPausedUntil ?? 0);
    await arrived(2);
    answers.release(503);
    await arrived(3);
    expect(answers.most.atOnce, 'one at a time: it failed').toBe(1);
    answers.releaseAll();
  });
});

describe('a destination with `linesPerSecond`', () => {
  it('gets at most that many lines at once, and the next ones a second later', async () => {
    const server = await start();
    const { portalId } = await aPortal(server, { ...siem(), linesPerSecond: 10 });
    const began = server.clock.now();
    await logIn(server, portalId, ...numbered(25));
    for (let second = 1; second <= 2; second += 1) {
      await untilEvent(server, portalId, 'BatchDelivered', second);
      await advanceTo(server, began + second * 1_000);
    }
    await untilEvent(server, portalId, 'BatchDelivered', 3);
    expect(batches()).toEqual([numbered(10), numbered(10, 11), numbered(5, 21)]);
  });

  it('limits all its portals together', async () => {
    const server = await start();
    const first = await aPortal(server, { ...siem(), linesPerSecond: 10 });
    const portals = [
      first,
      await aPortal(server, siem(), first.destinationId),
      await aPortal(server, siem(), first.destinationId),
    ];
    const began = server.clock.now();
    await Promise.all(portals.map(({ portalId }) => logIn(server, portalId, ...numbered(10))));
    for (let second = 1; second <= 3; second += 1) {
      await arrived(second);
      await receiver.until(({ accepted }) => accepted.length === 10 * second);
      if (second < 3) await advanceTo(server, began + second * 1_000);
    }
    await Promise.all(portals.map(({ portalId }) => untilEvent(server, portalId, 'BatchDelivered')));
    expect(receiver.received).toHaveLength(3);
  });

  it('counts the lines of retries', async () => {
    const server = await start();
    const first = await aPortal(server, { ...siem(), linesPerSecond: 1 });
    receiver.answers(statuses(503, 200));
    await logIn(server, first.portalId, '/1', '/2');
    const { data } = await untilEvent(server, first.portalId, 'RetryScheduled');
    await advanceTo(server, data.retryDueAt);
    await untilEvent(server, first.portalId, 'BatchDelivered');
    await advanceTo(server, data.retryDueAt + 1_000);
    await untilEvent(server, first.portalId, 'BatchDelivered', 2);
    expect(batches()).toEqual([['/1'], ['/1'], ['/2']]);
  });
});
