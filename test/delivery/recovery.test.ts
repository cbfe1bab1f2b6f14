import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Recorded } from '../../src/domain/event.js';
import { WatchedClock } from '../support/clock/watched-clock.js';
import { hold, statuses } from '../support/engine/answers.js';
import * as lane from '../support/engine/portal.js';
import {
  aPortal,
  listed,
  logIn,
  numbered,
  requestsIn,
  undeliveredIds,
  untilEvent,
  untilLane,
} from '../support/engine/portal.js';
import { type Answer, answer, type Receiver, startReceiver } from '../support/receiver/receiver.js';
import { startApp, temporaryDirectory } from '../support/server/app.js';

let receiver: Receiver;
const siem = (path = '/collector') => ({ url: new URL(path, receiver.url).href, ca: receiver.ca });
/** The requests of the logins in each batch that arrived. */
const batches = () => receiver.received.map(({ lines }) => requestsIn(lines));
const accepted = () => requestsIn(receiver.accepted);
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

/** A portal with `count` abandoned batches of one login each. */
async function abandonedPortal(server: Server, count: number, to = siem()) {
  const portal = await aPortal(server, to);
  receiver.answers(answer(401));
  for (let nth = 1; nth <= count; nth += 1) {
    await logIn(server, portal.portalId, `/${nth}`);
    const { data } = await untilEvent(server, portal.portalId, 'BatchAbandoned', nth);
    server.clock.advanceTo(data.nextBatchDueAt ?? 0);
  }
  receiver.received.length = 0;
  return portal;
}

const purposes = (events: readonly Recorded[]) =>
  events.flatMap((event) => (event.type === 'BatchStarted' ? [event.data.purpose ?? 'FIRST'] : []));

/** Answers with a status that depends on the logins in the batch. */
const byLines =
  (status: (requests: string[]) => number): Answer =>
  (response, received, request) =>
    answer(status(requestsIn(received.lines)))(response, received, request);

describe('after an outage', () => {
  it('abandoned logins are sent again after the next success, oldest first, alternately with new logins', async () => {
    const server = await start();
    const { portalId } = await abandonedPortal(server, 3);
    const answers = hold(receiver);
    await logIn(server, portalId, '/new1');
    await arrived(1);
    await logIn(server, portalId, '/new2', '/new3', '/new4', '/new5', '/new6', '/new7');
    for (let released = 1; released <= 5; released += 1) {
      answers.release();
      await arrived(1 + released);
    }
    answers.releaseAll();
    await untilLane(server, portalId, ({ totals, first }) => !totals.undelivered && !first.open);
    // One login at first, because everything failed; then twice as many after each full batch.
    expect(batches()).toEqual([
      ['/new1'],
      ['/1'],
      ['/new2', '/new3'],
      ['/2'],
      ['/new4', '/new5', '/new6', '/new7'],
      ['/3'],
    ]);
    expect(answers.most.ofAPortal).toBe(1);
  });

  it('a range that three recoveries could not deliver needs action, and a person can redeliver it', async () => {
    const server = await start();
    const { portalId } = await abandonedPortal(server, 1);
    receiver.answers(byLines(([first]) => (first === '/1' ? 404 : 200)));
    for (let nth = 1; nth <= 3; nth += 1) {
      await logIn(server, portalId, `/new${nth}`);
      const { data } = await untilEvent(server, portalId, 'BatchAbandoned', 1 + nth);
      server.clock.advanceTo(data.nextBatchDueAt ?? 0);
    }
    expect(listed(server, portalId)).toEqual([[1, 1, 'NEEDS_ACTION']]);
    await logIn(server, portalId, '/new4');
    await untilEvent(server, portalId, 'BatchDelivered', 4);
    receiver.answers(answer(200));
    await lane.redeliver(server, undeliveredIds(server, portalId));
    await untilLane(server, portalId, ({ totals }) => !totals.undelivered);
    expect(batches().map(([one]) => one)).toEqual(['/new1', '/1', '/new2', '/1', '/new3', '/1', '/new4', '/1']);
    expect(server.app.services.models.lanes.get(portalId).lane).toMatchObject({
      totals: { delivered: 5, discarded: 0 },
    });
  });

  it('a person who asks again gets an attempt at once, whatever waits for a retry', async () => {
    const server = await start();
    const { portalId } = await abandonedPortal(server, 1);
    receiver.answers(answer(503));
    await lane.redeliver(server, undeliveredIds(server, portalId));
    await untilEvent(server, portalId, 'RetryScheduled', 1);
    await lane.redeliver(server, undeliveredIds(server, portalId));
    await untilEvent(server, portalId, 'RetryScheduled', 2);
    // The retry of a first delivery would come before the redelivery.
    await logIn(server, portalId, '/new');
    await untilEvent(server, portalId, 'RetryScheduled', 3);
    expect(batches()).toEqual([['/1'], ['/1'], ['/new']]);
    receiver.answers(answer(200));
    await lane.redeliver(server, undeliveredIds(server, portalId));
    await untilLane(server, portalId, ({ totals }) => !totals.undelivered && totals.delivered === 2);
    expect(batches().slice(3)).toEqual([['/new'], ['/1']]);
  });

  it('logins that are discarded while they are in flight are not sent again, and the others are', async () => {
    const server = await start();
    const { portalId } = await abandonedPortal(server, 2);
    const answers = hold(receiver);
    await logIn(server, portalId, '/new');
    await arrived(1);
    answers.release();
    await arrived(2);
    const [first = ''] = undeliveredIds(server, portalId);
    await lane.discard(server, [first]);
    answers.release(503);
    await arrived(3);
    answers.releaseAll();
    await untilLane(server, portalId, ({ totals }) => !totals.undelivered);
    expect(batches()).toEqual([['/new'], ['/1'], ['/2']]);
    expect(listed(server, portalId)).toEqual([[1, 1, 'DISCARDED']]);
  });
});

describe('a receiver that fails and gets no new logins', () => {
  it('is probed with one login after 5 minutes, then 10, then 20; after a success, the others follow', async () => {
    const server = await start();
    const { portalId } = await abandonedPortal(server, 3);
    const waits: number[] = [];
    for (let nth = 1; nth <= 3; nth += 1) {
      const { data } = await untilEvent(server, portalId, 'BatchAbandoned', 2 + nth);
      const due = data.probeDueAt ?? 0;
      waits.push(due - data.attemptedAt - data.durationMs);
      await server.clock.until(() => server.clock.nextTimer === due);
      server.clock.advanceTo(due - 1);
      expect(receiver.received).toHaveLength(nth - 1);
      if (nth === 3) receiver.answers(answer(200));
      server.clock.advanceTo(due);
    }
    for (const [index, minutes] of [5, 10, 20].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(minutes * 60_000);
      expect(waits[index]).toBeLessThanOrEqual(1.1 * minutes * 60_000);
    }
    await untilLane(server, portalId, ({ totals }) => !totals.undelivered);
    // After a final answer, the next probe sends the next login.
    expect(batches().map(([one]) => one)).toEqual(['/1', '/2', '/3', '/1', '/2']);
    expect(purposes(lane.deliveryEvents(server, portalId)).slice(3)).toEqual([
      'PROBE',
      'PROBE',
      'PROBE',
      'RECOVERY',
      'RECOVERY',
    ]);
  });

  it('is probed as soon as its destination is changed', async () => {
    const server = await start();
    const { portalId, destinationId } = await abandonedPortal(server, 1);
    receiver.answers(answer(200));
    server.clock.advance(1);
    await lane.updateDestination(server, destinationId, { authorization: 'Bearer right' });
    await untilLane(server, portalId, ({ totals }) => !totals.undelivered);
    expect(batches()).toEqual([['/1']]);
    expect(receiver.received[0]?.headers.authorization).toBe('Bearer right');
  });
});

describe('a receiver that answers 413', () => {
  it('gets smaller batches, in order', async () => {
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    receiver.answers(byLines(({ length }) => (length > 100 ? 413 : 200)));
    await logIn(server, portalId, ...numbered(900));
    await receiver.until(({ accepted: lines }) => lines.length === 900);
    expect(accepted()).toEqual(numbered(900));
    expect(
      batches()
        .slice(0, 4)
        .map(({ length }) => length),
    ).toEqual([500, 250, 125, 63]);
  });

  it('gets everything in order except the one line that is too large, which needs action', async () => {
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    receiver.answers(byLines((requests) => (requests.includes('/7') ? 413 : 200)));
    await logIn(server, portalId, ...numbered(40));
    await receiver.until(({ accepted: lines }) => lines.length === 39);
    expect(accepted()).toEqual(numbered(40).filter((one) => one !== '/7'));
    expect(listed(server, portalId)).toEqual([[7, 7, 'NEEDS_ACTION']]);
    receiver.answers(answer(200));
    await lane.redeliver(server, undeliveredIds(server, portalId));
    await untilLane(server, portalId, ({ totals }) => !totals.undelivered);
    expect(accepted().at(-1)).toBe('/7');
  });
});

describe('a receiver that rejects every batch with a certain line', () => {
  const others = numbered(400).filter((one) => one !== '/200');

  it.each([400, 403, 422])('gets all others in order, and the line needs action (%i)', async (status) => {
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    await logIn(server, portalId, '/0');
    await untilEvent(server, portalId, 'BatchDelivered', 1);
    receiver.answers(byLines((requests) => (requests.includes('/200') ? status : 200)));
    await logIn(server, portalId, ...numbered(400));
    await receiver.until(({ accepted: lines }) => lines.length === 400);
    expect(accepted()).toEqual(['/0', ...others]);
    const [row, ...more] = server.app.services.models.undelivered.page(portalId, ['NEEDS_ACTION'], {
      limit: 9,
      inverted: false,
    });
    expect(more).toEqual([]);
    expect(row).toMatchObject({ firstVersion: 201, lastVersion: 201, reason: 'REJECTED', responseCode: status });
    // 2·k·⌈log2(n)⌉+2 requests for one of 400 lines, and the one before.
    expect(batches().length).toBeLessThanOrEqual(1 + 20);
  });

  it('gets all others of an undelivered range that a person redelivers', async () => {
    const server = await start();
    const { portalId } = await aPortal(server, siem());
    receiver.answers(answer(401));
    await logIn(server, portalId, ...numbered(400));
    await untilEvent(server, portalId, 'BatchAbandoned', 1);
    receiver.answers(byLines((requests) => (requests.includes('/200') ? 400 : 200)));
    await lane.redeliver(server, undeliveredIds(server, portalId));
    await untilLane(server, portalId, ({ totals }) => totals.undelivered === 1);
    expect(accepted().toSorted()).toEqual(others.toSorted());
    expect(listed(server, portalId)).toEqual([[200, 200, 'NEEDS_ACTION']]);
  });
});

describe('a webhook that is removed', () => {
  it('leaves its undelivered logins to the next webhook, which delivers them', async () => {
    const server = await start();
    const { portalId, destinationId } = await aPortal(server, siem());
    const answers = hold(receiver);
    await logIn(server, portalId, '/1');
    await arrived(1);
    await logIn(server, portalId, '/2', '/3');
    await lane.removeWebhook(server, portalId);
    answers.releaseAll();
    await untilLane(server, portalId, ({ first }) => !first.open);
    const other = await lane.createDestination(server, siem('/other'));
    await lane.configure(server, portalId, { destinationId: other, enabled: true });
    await untilLane(server, portalId, ({ totals }) => !totals.undelivered);
    expect(receiver.received.map(({ path, lines }) => [path, ...requestsIn(lines)])).toEqual([
      ['/collector', '/1'],
      ['/other', '/2', '/3'],
    ]);
    expect(destinationId).not.toBe(other);
  });
});

describe('a replay', () => {
  /** A portal with `count` delivered logins. */
  async function deliveredPortal(server: Server, count: number) {
    const portal = await aPortal(server, siem());
    await logIn(server, portal.portalId, ...numbered(count));
    await untilEvent(server, portal.portalId, 'BatchDelivered');
    receiver.received.length = 0;
    receiver.accepted.length = 0;
    return portal;
  }

  it('sends the logins of a time range again, alternately with new logins', async () => {
    const server = await start();
    const { portalId } = await deliveredPortal(server, 900);
    await receiver.until(({ accepted: lines }) => lines.length === 400);
    receiver.received.length = 0;
    receiver.accepted.length = 0;
    const answers = hold(receiver);
    await logIn(server, portalId, '/new1');
    await arrived(1);
    await lane.requestReplay(server, portalId);
    await logIn(server, portalId, '/new2');
    for (let released = 1; released <= 3; released += 1) {
      answers.release();
      await arrived(1 + released);
    }
    answers.releaseAll();
    await untilLane(server, portalId, ({ replay }) => replay?.status === 'COMPLETED');
    expect(batches()).toEqual([['/new1'], numbered(500), ['/new2'], [...numbered(400, 501), '/new1']]);
    expect(server.app.services.models.lanes.get(portalId).lane).toMatchObject({
      totals: { delivered: 902 },
      replay: { total: 901, sent: 901 },
    });
  });

  it('does not delay new logins while it waits for a retry', async () => {
    const server = await start();
    const { portalId } = await deliveredPortal(server, 3);
    receiver.answers(statuses(503, 200));
    await lane.requestReplay(server, portalId);
    const { data } = await untilEvent(server, portalId, 'RetryScheduled');
    await logIn(server, portalId, '/new');
    await untilEvent(server, portalId, 'BatchDelivered', 2);
    expect(batches()).toEqual([numbered(3), ['/new']]);
    server.clock.advanceTo(data.retryDueAt);
    await untilLane(server, portalId, ({ replay }) => replay?.status === 'COMPLETED');
    expect(batches().slice(2)).toEqual([numbered(3)]);
  });

  it('fails with the answer of the receiver, and delivery continues', async () => {
    const server = await start();
    const { portalId } = await deliveredPortal(server, 3);
    receiver.answers(statuses(401, 200));
    await lane.requestReplay(server, portalId);
    await untilLane(server, portalId, ({ replay }) => replay?.status === 'FAILED');
    await logIn(server, portalId, '/new');
    await untilEvent(server, portalId, 'BatchDelivered', 2);
    expect(server.app.services.models.lanes.get(portalId).lane).toMatchObject({
      replay: { message: expect.stringMatching(/^401/), sent: 0 },
      totals: { undelivered: 0 },
    });
  });

  it('uses the current destination of the webhook, also for logins that were in flight', async () => {
    const server = await start();
    const { portalId } = await deliveredPortal(server, 3);
    const other = await lane.createDestination(server, siem('/other'));
    const answers = hold(receiver);
    await lane.requestReplay(server, portalId);
    await arrived(1);
    await lane.configure(server, portalId, { destinationId: other });
    answers.release(503);
    await arrived(2);
    answers.releaseAll();
    await untilLane(server, portalId, ({ replay }) => replay?.status === 'COMPLETED');
    expect(receiver.received.map(({ path }) => path)).toEqual(['/collector', '/other']);
  });

  it('that is cancelled sends nothing more', async () => {
    const server = await start();
    const { portalId } = await deliveredPortal(server, 3);
    receiver.answers(answer(503));
    await lane.requestReplay(server, portalId);
    const { data } = await untilEvent(server, portalId, 'RetryScheduled');
    await server.clock.until(() => server.clock.nextTimer === data.retryDueAt);
    await lane.cancelReplay(server, portalId);
    await untilLane(server, portalId, ({ redelivery }) => redelivery.open === null);
    await server.clock.until(() => server.clock.nextTimer !== data.retryDueAt);
    server.clock.advanceTo(data.retryDueAt);
    // `stop` waits until every lane is idle.
    await server.app.stop();
    expect(batches()).toHaveLength(1);
  });
});

describe('a server that stops', () => {
  it('during a recovery makes the same attempt again after its restart, and then sends the rest', async () => {
    const directory = temporaryDirectory();
    const server = await start(directory);
    const { portalId } = await abandonedPortal(server, 2);
    const answers = hold(receiver);
    await logIn(server, portalId, '/new');
    await arrived(1);
    answers.release();
    await arrived(2);
    await server.app.stop();
    answers.releaseAll();
    const again = await start(directory, server.clock.now());
    await untilLane(again, portalId, ({ totals }) => !totals.undelivered);
    expect(batches()).toEqual([['/new'], ['/1'], ['/1'], ['/2']]);
    const [, before, after] = receiver.received;
    expect([after?.deliveryId, after?.text]).toEqual([before?.deliveryId, before?.text]);
    expect(again.app.services.models.lanes.get(portalId).lane).toMatchObject({
      totals: { delivered: 3 },
      redelivery: { open: null },
    });
  });

  it('during a replay continues it after its restart', async () => {
    const directory = temporaryDirectory();
    const server = await start(directory);
    const { portalId } = await aPortal(server, siem());
    await logIn(server, portalId, ...numbered(700));
    await receiver.until(({ accepted: lines }) => lines.length === 700);
    await untilLane(server, portalId, ({ first }) => first.open === null);
    receiver.received.length = 0;
    const answers = hold(receiver);
    await lane.requestReplay(server, portalId);
    await arrived(1);
    answers.release();
    await arrived(2);
    await server.app.stop();
    answers.releaseAll();
    const again = await start(directory, server.clock.now());
    await untilLane(again, portalId, ({ replay }) => replay?.status === 'COMPLETED');
    expect(batches()).toEqual([numbered(500), numbered(200, 501), numbered(200, 501)]);
    expect(receiver.received[2]?.deliveryId).toBe(receiver.received[1]?.deliveryId);
    expect(again.app.services.models.lanes.get(portalId).lane.replay).toMatchObject({ total: 700, sent: 700 });
  });
});
