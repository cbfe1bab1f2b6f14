import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WatchedClock } from '../support/clock/watched-clock.js';
import { hold, statuses } from '../support/engine/answers.js';
import { logSwitch } from '../support/engine/log-failure.js';
import * as lane from '../support/engine/portal.js';
import { aPortal, deliveryEvents, logIn, numbered, requestsIn, typesOf, untilEvent } from '../support/engine/portal.js';
import { freePort } from '../support/receiver/raw-receiver.js';
import { answer, type Receiver, startReceiver } from '../support/receiver/receiver.js';
import { startApp, temporaryDirectory } from '../support/server/app.js';

let receiver: Receiver;
const siem = (path = '/collector') => ({ url: new URL(path, receiver.url).href, ca: receiver.ca });
/** The requests of the logins in each batch that arrived. */
const batches = () => receiver.received.map(({ lines }) => requestsIn(lines));
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

async function start(directory = temporaryDirectory()) {
  const clock = new WatchedClock();
  const server = await startApp({ directory, appOptions: { clock }, env: { AUDITWIRE_SHUTDOWN_SECONDS: '0' } });
  return { ...server, clock };
}
type Server = Awaited<ReturnType<typeof start>>;

/** Advances the clock to the `nth` retry as soon as that is in the log. */
async function advanceToRetry(server: Server, portalId: string, nth = 1): Promise<void> {
  const { data } = await untilEvent(server, portalId, 'RetryScheduled', nth);
  server.clock.advanceTo(data.retryDueAt);
}

describe('a batch', () => {
  it('is one login, sent at once, if no request is in flight', async () => {
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    for (const request of ['/one', '/two']) {
      await logIn(server, portalId, request);
      await untilEvent(server, portalId, 'BatchDelivered', request === '/one' ? 1 : 2);
    }
    expect(batches()).toEqual([['/one'], ['/two']]);
  });

  it('contains the logins that were recorded while a request was in flight, in order, at most 500', async () => {
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    const answers = hold(receiver);
    await logIn(server, portalId, '/1');
    await arrived(1);
    await logIn(server, portalId, ...numbered(900, 2));
    await logIn(server, portalId, ...numbered(303, 902));
    answers.releaseAll();
    await receiver.until(({ accepted }) => accepted.length === 1_204);
    expect(batches().map(({ length }) => length)).toEqual([1, 500, 500, 203]);
    expect(requestsIn(receiver.accepted)).toEqual(numbered(1_204));
  });

  it('has at most 1 MiB before compression', async () => {
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    const requests = numbered(300).map((request) => request.padEnd(8_000, 'x'));
    await logIn(server, portalId, ...requests);
    await receiver.until(({ accepted }) => accepted.length === 300);
    expect(requestsIn(receiver.accepted)).toEqual(requests);
    const sizes = receiver.received.map(({ text }) => Buffer.byteLength(text));
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_048_576);
  });
});

describe('order', () => {
  it('is the order of positions, whatever fails', async () => {
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    for (let round = 1; round <= 4; round += 1) {
      const [one, two, three] = [`/${round}a`, `/${round}b`, `/${round}c`];
      receiver.answers(statuses(503, 429, 200));
      await logIn(server, portalId, one);
      await advanceToRetry(server, portalId, 2 * round - 1);
      await logIn(server, portalId, two);
      await advanceToRetry(server, portalId, 2 * round);
      await logIn(server, portalId, three);
      await receiver.until(({ accepted }) => accepted.length === 3 * round);
    }
    expect(requestsIn(receiver.accepted).join()).toBe('/1a,/1b,/1c,/2a,/2b,/2c,/3a,/3b,/3c,/4a,/4b,/4c');
  });

  it('continues after a batch that the receiver rejects, which is sent again after the next success', async () => {
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    receiver.answers(statuses(400, 200));
    await logIn(server, portalId, '/1');
    const { data } = await untilEvent(server, portalId, 'BatchAbandoned');
    await logIn(server, portalId, '/2');
    server.clock.advanceTo(data.nextBatchDueAt ?? 0);
    await untilEvent(server, portalId, 'BatchDelivered', 2);
    expect(batches()).toEqual([['/1'], ['/2'], ['/1']]);
  });
});

describe('a delivery', () => {
  it('has the same bytes and the same id in each attempt, and gets no further logins', async () => {
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    receiver.answers(statuses(503, 429, 500, 200));
    await logIn(server, portalId, '/1', '/2');
    for (let nth = 1; nth <= 3; nth += 1) {
      await logIn(server, portalId, `/later${nth}`);
      await advanceToRetry(server, portalId, nth);
    }
    await arrived(5);
    const attempts = receiver.received.slice(0, 4);
    expect(new Set(attempts.map(({ deliveryId }) => deliveryId)).size).toBe(1);
    expect(new Set(attempts.map(({ text }) => text)).size).toBe(1);
    expect([batches()[0], batches()[4]]).toEqual([
      ['/1', '/2'],
      ['/later1', '/later2', '/later3'],
    ]);
    expect(receiver.received[4]?.deliveryId).not.toBe(attempts[0]?.deliveryId);
  });

  it('that was in flight when the server stopped is sent again as the same attempt, with the same bytes', async () => {
    const directory = temporaryDirectory();
    const server = await start(directory);
    const { portalId } = await aPortal(server, siem());
    const answers = hold(receiver);
    await logIn(server, portalId, '/1');
    await arrived(1);
    await server.app.stop();
    answers.releaseAll();
    const again = await start(directory);
    const { data } = await untilEvent(again, portalId, 'BatchDelivered');
    const [before, after] = receiver.received;
    expect([after?.text, after?.deliveryId]).toEqual([before?.text, before?.deliveryId]);
    expect(data).toMatchObject({ attemptNumber: 1, deliveryId: before?.deliveryId });
    expect(receiver.received).toHaveLength(2);
  });

  it('continues with a changed endpoint and a changed authorization', async () => {
    const server = await start();
    const { portalId, destinationId } = await aPortal(server, siem());
    receiver.answers(statuses(503, 200));
    await logIn(server, portalId, '/1');
    await untilEvent(server, portalId, 'RetryScheduled');
    await lane.updateDestination(server, destinationId, {
      endpoint: siem('/new').url,
      authorization: 'Bearer another',
    });
    await advanceToRetry(server, portalId);
    const { data } = await untilEvent(server, portalId, 'BatchDelivered');
    const [before, after] = receiver.received;
    expect(after).toMatchObject({ path: '/new', headers: { authorization: 'Bearer another' }, text: before?.text });
    expect(data).toMatchObject({ attemptNumber: 2, deliveryId: before?.deliveryId });
    expect(after?.deliveryId).toBe(before?.deliveryId);
  });

  it('continues with a changed CA certificate', async () => {
    const server = await start();
    const { portalId, destinationId } = await aPortal(server, { ...siem(), ca: null });
    await logIn(server, portalId, '/1');
    const { data: failed } = await untilEvent(server, portalId, 'RetryScheduled');
    await lane.updateDestination(server, destinationId, {
      caCertificate: receiver.ca,
      authorization: 'Splunk 8a6b2f0c',
    });
    await advanceToRetry(server, portalId);
    const { data } = await untilEvent(server, portalId, 'BatchDelivered');
    expect(data).toMatchObject({ attemptNumber: 2, deliveryId: failed.deliveryId });
    expect(failed.message).toMatch(/not trusted/);
  });

  it.each(['destination', 'log format'])(
    'is superseded if the %s changes, and its logins start again in a new delivery',
    async (changed) => {
      const server = await start();
      const { portalId, destinationId } = await aPortal(server, siem());
      const other = await lane.createDestination(server, siem('/other'));
      receiver.answers(statuses(503, 200));
      await logIn(server, portalId, '/1', '/2');
      await untilEvent(server, portalId, 'RetryScheduled');
      if (changed === 'destination') await lane.configure(server, portalId, { destinationId: other });
      else await lane.updateDestination(server, destinationId, { logFormat: 'JSON' });
      const { data } = await untilEvent(server, portalId, 'BatchDelivered');
      expect(typesOf(deliveryEvents(server, portalId)).slice(-3)).toEqual([
        'DeliverySuperseded',
        'BatchStarted',
        'BatchDelivered',
      ]);
      expect(batches()).toEqual([
        ['/1', '/2'],
        ['/1', '/2'],
      ]);
      const [before, after] = receiver.received;
      expect([data.attemptNumber, after?.deliveryId]).toEqual([1, data.deliveryId]);
      expect(after?.deliveryId).not.toBe(before?.deliveryId);
      expect(changed === 'destination' ? after?.path : after?.text[0]).toBe(changed === 'destination' ? '/other' : '{');
    },
  );
});

describe('a webhook that is turned off', () => {
  it('finishes the attempt in flight and sends nothing more; on again, it sends the due logins and skips the others', async () => {
    const server = await start();
    const { portalId, destinationId } = await aPortal(server, siem());
    const { portalId: another } = await aPortal(server, siem(), destinationId);
    const answers = hold(receiver);
    await logIn(server, portalId, '/1');
    await arrived(1);
    await logIn(server, portalId, '/2', '/3');
    await lane.configure(server, portalId, { enabled: false });
    answers.releaseAll();
    await untilEvent(server, portalId, 'BatchDelivered');
    await logIn(server, portalId, '/skipped');
    await logIn(server, another, '/another');
    await untilEvent(server, another, 'BatchDelivered');
    expect(batches()).toEqual([['/1'], ['/another']]);
    await lane.configure(server, portalId, { enabled: true });
    await untilEvent(server, portalId, 'BatchDelivered', 2);
    await logIn(server, portalId, '/5');
    await untilEvent(server, portalId, 'BatchDelivered', 3);
    expect(batches()).toEqual([['/1'], ['/another'], ['/2', '/3'], ['/5']]);
    const { data } = await untilEvent(server, portalId, 'LoginsSkipped');
    expect(data).toEqual({ firstVersion: 4, lastVersion: 4 });
  });
});

describe('a webhook that is removed', () => {
  it.each([
    [200, ['BatchStarted', 'LoginsUndelivered', 'BatchDelivered']],
    [503, ['BatchStarted', 'LoginsUndelivered', 'RetryScheduled', 'LoginsUndelivered']],
  ])(
    'lists the due logins as undelivered, and those in flight unless their attempt succeeds (%i)',
    async (status, types) => {
      const server = await start();
      const { portalId } = await aPortal(server, siem());
      const answers = hold(receiver);
      await logIn(server, portalId, '/1');
      await arrived(1);
      await logIn(server, portalId, '/2', '/3');
      await lane.removeWebhook(server, portalId);
      answers.release(status);
      await (status === 200
        ? untilEvent(server, portalId, 'BatchDelivered')
        : untilEvent(server, portalId, 'LoginsUndelivered', 2));
      expect(typesOf(deliveryEvents(server, portalId))).toEqual(types);
      const { data } = await untilEvent(server, portalId, 'LoginsUndelivered');
      expect(data).toEqual({ firstVersion: 2, lastVersion: 3, deliveryId: null, reason: 'WEBHOOK_REMOVED' });
      const { undelivered, delivered } = server.app.services.models.lanes.get(portalId).lane.totals;
      expect([delivered, undelivered]).toEqual(status === 200 ? [1, 2] : [0, 3]);
    },
  );
});

describe('many portals', () => {
  it('share a destination with one request each and 16 in all at a time, and do not delay other destinations', async () => {
    const server = await start();
    const first = await aPortal(server, siem('/shared'));
    const portals = [first];
    while (portals.length < 20) portals.push(await aPortal(server, siem(), first.destinationId));
    const answers = hold(receiver);
    for (const { portalId } of portals) await logIn(server, portalId, '/1');
    await arrived(16);
    for (const { portalId } of portals) await logIn(server, portalId, '/2');
    const other = await aPortal(server, siem('/other'));
    await logIn(server, other.portalId, '/1');
    await arrived(17);
    expect([answers.most.atOnce, receiver.received.at(-1)?.path]).toEqual([17, '/other']);
    for (let released = 1; released <= 8; released += 1) {
      answers.release();
      await arrived(17 + released);
    }
    answers.releaseAll();
    await receiver.until(({ accepted }) => accepted.length === 41);
    expect(answers.most).toEqual({ atOnce: 17, ofAPortal: 1 });
  });

  it('do not wait for a portal whose receiver is not there or does not answer', async () => {
    const server = await start();
    const gone = await aPortal(server, { url: `https://127.0.0.1:${await freePort()}/` });
    const silent = await aPortal(server, siem('/silent'));
    const healthy = await aPortal(server, siem('/healthy'));
    receiver.answers((response, { path }) => void (path === '/healthy' && response.writeHead(200).end()));
    await logIn(server, gone.portalId, '/1');
    await untilEvent(server, gone.portalId, 'RetryScheduled');
    await logIn(server, silent.portalId, '/1');
    await arrived(1);
    const before = server.clock.now();
    await logIn(server, healthy.portalId, '/1');
    await untilEvent(server, healthy.portalId, 'BatchDelivered');
    expect([server.clock.now(), receiver.received.map(({ path }) => path)]).toEqual([before, ['/silent', '/healthy']]);
  });
});

describe('while the log cannot be written', () => {
  it('no attempt starts', async () => {
    const log = logSwitch();
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    receiver.answers(statuses(503, 200));
    await logIn(server, portalId, '/1');
    const { data } = await untilEvent(server, portalId, 'RetryScheduled');
    log.off();
    await expect(logIn(server, portalId, '/2')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    server.clock.advanceTo(data.retryDueAt);
    for (let pause = 1; pause <= 3; pause += 1) {
      await server.clock.untilTimerIn(1_000);
      expect(receiver.received).toHaveLength(1);
      if (pause === 3) log.on();
      server.clock.advance(1_000);
    }
    await untilEvent(server, portalId, 'BatchDelivered');
    expect(batches()).toEqual([['/1'], ['/1']]);
  });

  it('an outcome is recorded as soon as possible, and the batch is not sent again', async () => {
    const log = logSwitch();
    const server = await start();
    const { commands } = server.app.services;
    const { portalId } = await aPortal(server, siem());
    receiver.answers((response) => {
      log.off();
      response.writeHead(200).end();
    });
    await logIn(server, portalId, '/1');
    for (let pause = 1; pause <= 3; pause += 1) {
      const due = server.clock.now() + 1_000;
      await server.clock.until(() => !commands.writable() && server.clock.nextTimer === due);
      if (pause === 3) log.on();
      server.clock.advance(1_000);
    }
    const { data } = await untilEvent(server, portalId, 'BatchDelivered');
    expect(data).toMatchObject({ attemptNumber: 1, responseCode: 200 });
    receiver.answers(answer(200));
    await logIn(server, portalId, '/2');
    await untilEvent(server, portalId, 'BatchDelivered', 2);
    expect(batches()).toEqual([['/1'], ['/2']]);
  });
});
