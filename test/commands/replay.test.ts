import { describe, expect, it } from 'vitest';
import type { Lane } from '../../src/domain/lane/lane.js';
import type { Replay } from '../../src/domain/replay.js';
import { OTHER_PORTAL, success, tooLarge, unauthorized, unavailable } from '../support/domain/events.js';
import { aLanePortal } from '../support/lane/commands.js';
import { CAUSE } from '../support/log/fixture.js';

/** A portal with three delivered logins in each of three minutes, and the times of these minutes. */
async function withHistory() {
  const portal = await aLanePortal();
  const minutes: number[] = [];
  for (const first of [1, 4, 7]) {
    portal.wait(60_000);
    minutes.push(portal.now());
    await portal.login(3);
    await portal.deliver(first, first + 2);
  }
  const [one = 0, two = 0, three = 0] = minutes;
  return {
    ...portal,
    one,
    two,
    three,
    /** Requests and starts a replay of all logins. */
    async running(scope: 'ALL' | 'UNDELIVERED' = 'ALL') {
      await portal.requestReplay(0, portal.now(), scope);
      await portal.startReplay();
    },
  };
}

function replayOf({ replay }: Lane): Replay {
  if (!replay) throw new Error('there is no replay');
  return replay;
}

describe('a replay', () => {
  it('is unconfigured, accepted, running and completed, in this order', async () => {
    const { job, requestReplay, startReplay, finishReplay, deliver, now, one, three, portalId } = await withHistory();
    const nothing = { id: null, startAt: null, endAt: null, scope: null, requestedAt: null, updatedAt: null };
    const zero = { webhookId: portalId, total: 0, sent: 0, rejected: 0, rejectedVersions: [], message: null };
    expect(job()).toEqual({ status: 'UNCONFIGURED', ...nothing, ...zero });

    await requestReplay(one, three);
    const known = { id: expect.any(String), startAt: one, endAt: three, scope: 'ALL', requestedAt: now() };
    expect(job()).toEqual({ status: 'ACCEPTED', ...known, ...zero, updatedAt: now() });

    await startReplay();
    expect(job()).toEqual({ status: 'RUNNING', ...known, ...zero, total: 9, updatedAt: now() });

    await deliver(1, 5, success, 'REPLAY');
    expect(job()).toMatchObject({ status: 'RUNNING', total: 9, sent: 5 });
    await deliver(6, 9, success, 'REPLAY');
    await finishReplay();
    expect(job()).toMatchObject({ status: 'COMPLETED', total: 9, sent: 9, rejected: 0, message: null });
  });

  it('waits while the webhook is off', async () => {
    const { job, requestReplay, startReplay, configure, now } = await withHistory();
    await configure({ enabled: false });
    await requestReplay(0, now());
    expect(job().status).toBe('PENDING');
    await configure({ enabled: true });
    expect(job().status).toBe('ACCEPTED');
    await startReplay();
    await configure({ enabled: false });
    expect(job()).toMatchObject({ status: 'PENDING', total: 9 });
  });

  it('is refused while another one is accepted or runs', async () => {
    const { requestReplay, startReplay, finishReplay, cancelReplay, now } = await withHistory();
    const running = { code: 'REPLAY_RUNNING' };
    await requestReplay(0, now());
    await expect(requestReplay(0, now())).rejects.toMatchObject(running);
    await startReplay();
    await expect(requestReplay(0, now())).rejects.toMatchObject(running);
    await finishReplay();
    await requestReplay(0, now());
    await cancelReplay();
    await requestReplay(0, now());
  });

  it('needs a webhook and a portal that is not retired', async () => {
    const { requestReplay, remove, retirePortal, portalId, execute, now } = await withHistory();
    await remove();
    await expect(requestReplay(0, now())).rejects.toMatchObject({ code: 'WEBHOOK_UNCONFIGURED' });
    await retirePortal(portalId);
    await expect(requestReplay(0, now())).rejects.toMatchObject({ code: 'PORTAL_RETIRED' });
    const unknown = { portalId: OTHER_PORTAL, startAt: 0, endAt: 0, scope: 'ALL' } as const;
    await expect(execute('requestReplay', unknown, CAUSE)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('does not end before it starts, or more than 5 minutes in the future', async () => {
    const { requestReplay, now } = await withHistory();
    const invalid = { code: 'INVALID_INPUT', fields: [{ field: 'endAt' }] };
    await expect(requestReplay(2, 1)).rejects.toMatchObject(invalid);
    await expect(requestReplay(0, now() + 5 * 60_000 + 1)).rejects.toMatchObject(invalid);
    await requestReplay(0, now() + 5 * 60_000);
  });
});

describe('the logins of a replay', () => {
  it('were recorded from its start to its end, both inclusive', async () => {
    const { requestReplay, startReplay, cancelReplay, lane, job, one, two, three } = await withHistory();
    const extent = async (startAt: number, endAt: number) => {
      await requestReplay(startAt, endAt);
      await startReplay();
      const { total, status } = job();
      const { ranges } = replayOf(lane());
      await cancelReplay();
      return [status, total, ...ranges.map(({ firstVersion, lastVersion }) => [firstVersion, lastVersion])];
    };
    expect(await extent(two, two)).toEqual(['RUNNING', 3, [4, 6]]);
    expect(await extent(two, three)).toEqual(['RUNNING', 6, [4, 9]]);
    expect(await extent(two + 1, three)).toEqual(['RUNNING', 3, [7, 9]]);
    expect(await extent(one, three - 1)).toEqual(['RUNNING', 6, [1, 6]]);
    expect(await extent(0, one - 1)).toEqual(['RUNNING', 0]);
    expect(await extent(one + 1, two - 1)).toEqual(['RUNNING', 0]);
  });

  it('do not include pending logins: these are delivered anyway', async () => {
    const { login, start, requestReplay, startReplay, job, now } = await withHistory();
    await login(4);
    await start(10, 11, 'd-10');
    await requestReplay(0, now());
    await startReplay();
    expect(job().total).toBe(9);
  });

  it('include skipped logins, also if older logins are pending', async () => {
    const { login, configure, wait, requestReplay, startReplay, deliver, job, now } = await withHistory();
    await login(2);
    await configure({ enabled: false });
    wait(60_000);
    const off = now();
    await login(3);
    wait(60_000);
    await configure({ enabled: true });
    await login(1);
    await requestReplay(off, now());
    await startReplay();
    expect(job().total).toBe(3);
    await deliver(12, 14, success, 'REPLAY');
    expect(job().sent).toBe(3);
    await deliver(10, 11);
    await deliver(15, 15);
  });

  it('are only undelivered logins if the scope is UNDELIVERED', async () => {
    const { login, deliver, running, job, lane, listed, finishReplay, models, portalId } = await withHistory();
    await login(5);
    await deliver(10, 11, unauthorized);
    await deliver(12, 12, success);
    await deliver(13, 13, unauthorized);
    await running('UNDELIVERED');
    expect(job()).toMatchObject({ scope: 'UNDELIVERED', total: 3 });
    expect(models.undelivered.firstIn(portalId, { firstVersion: 1, lastVersion: 14 })).toEqual({
      firstVersion: 10,
      lastVersion: 11,
    });
    await deliver(10, 11, success, 'REPLAY');
    await deliver(13, 13, success, 'REPLAY');
    await finishReplay();
    expect([job().sent, listed(), lane().totals.undelivered]).toEqual([3, [], 0]);
  });

  it('are delivered again or for the first time: undelivered logins are then no longer listed', async () => {
    const { login, deliver, running, lane, deliveries, listed } = await withHistory();
    await login(3);
    await deliver(10, 12, unauthorized);
    await running();
    await deliver(1, 10, success, 'REPLAY');
    expect(deliveries().at(-1)).toMatchObject({ type: 'BatchDelivered', data: { recovered: 1 } });
    expect(lane()).toMatchObject({ totals: { delivered: 10, undelivered: 2 } });
    expect(listed()).toEqual([[11, 12, 'WAITING']]);
  });
});

describe('a delivery of a replay', () => {
  it('is not started outside the remaining ranges, or if the job does not run', async () => {
    const { start, running, deliver, cancelReplay, lane } = await withHistory();
    await start(1, 1, 'early', 'REPLAY');
    await running();
    await start(9, 10, 'too far', 'REPLAY');
    expect(lane().redelivery.open).toBeNull();
    await deliver(1, 5, success, 'REPLAY');
    await start(5, 6, 'again', 'REPLAY');
    expect(lane().redelivery.open).toBeNull();
    await cancelReplay();
    await start(6, 6, 'late', 'REPLAY');
    expect(lane().redelivery.open).toBeNull();
  });

  it('that is abandoned fails the job with the answer of the receiver, and changes no undelivered range', async () => {
    const { login, deliver, running, job, listed, lane } = await withHistory();
    await login(2);
    await deliver(10, 11, unauthorized);
    await running();
    await deliver(1, 5, success, 'REPLAY');
    await deliver(6, 11, unauthorized, 'REPLAY');
    expect(job()).toMatchObject({ status: 'FAILED', sent: 5, total: 11, message: '401 answer 401' });
    expect(listed()).toEqual([[10, 11, 'WAITING']]);
    expect(lane()).toMatchObject({
      totals: { undelivered: 2 },
      batch: { limit: 1 },
      redelivery: { recovering: false },
    });
  });

  it('that is too large continues in halves', async () => {
    const { deliver, running, job, lane, deliveries } = await withHistory();
    await running();
    await deliver(1, 9, tooLarge, 'REPLAY');
    expect([job().status, lane().batch.limit, deliveries().at(-1)?.type]).toEqual(['RUNNING', 5, 'BatchSplit']);
    await deliver(1, 5, success, 'REPLAY');
    expect(job().sent).toBe(5);
  });

  it('of a single line that is too large is counted as rejected, and the job continues', async () => {
    const { deliver, running, finishReplay, job, listed } = await withHistory();
    await running();
    await deliver(1, 1, tooLarge, 'REPLAY');
    await deliver(2, 9, success, 'REPLAY');
    await finishReplay();
    expect(job()).toMatchObject({ status: 'COMPLETED', total: 9, sent: 8, rejected: 1, rejectedVersions: [1] });
    expect(listed()).toEqual([]);
  });
});

describe('cancelReplay', () => {
  it('ends a job that is accepted or runs, and keeps the count of sent logins', async () => {
    const { running, deliver, requestReplay, cancelReplay, job, now } = await withHistory();
    await requestReplay(0, now());
    await cancelReplay();
    expect(job()).toMatchObject({ status: 'CANCELLED', total: 0 });
    await running();
    await deliver(1, 5, success, 'REPLAY');
    await cancelReplay();
    expect(job()).toMatchObject({ status: 'CANCELLED', total: 9, sent: 5 });
  });

  it('is refused if no job is accepted or runs', async () => {
    const { cancelReplay, running, finishReplay } = await withHistory();
    await expect(cancelReplay()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await running();
    await finishReplay();
    await expect(cancelReplay()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([success, unauthorized])(
    'is not undone by the answer to a delivery in flight ($responseCode)',
    async (outcome) => {
      const { running, start, end, cancelReplay, job } = await withHistory();
      await running();
      await start(1, 9, 'r-1', 'REPLAY');
      await cancelReplay();
      await end('r-1', outcome);
      expect(job()).toMatchObject({ status: 'CANCELLED', message: null, total: 9 });
    },
  );

  it.each([success, tooLarge, unauthorized])(
    'keeps the answer to a delivery in flight ($responseCode) out of the next job',
    async (outcome) => {
      const { running, start, end, cancelReplay, requestReplay, startReplay, deliver, job, now } = await withHistory();
      await running();
      await start(1, 9, 'r-1', 'REPLAY');
      await cancelReplay();
      await requestReplay(0, now());
      await end('r-1', outcome);
      expect(job()).toMatchObject({ status: 'ACCEPTED', sent: 0 });
      await startReplay();
      await deliver(1, 9, success, 'REPLAY');
      expect(job()).toMatchObject({ status: 'RUNNING', total: 9, sent: 9, rejected: 0 });
    },
  );
});

describe('a change during a replay', () => {
  it('of the destination sends the remaining logins there, with those in flight', async () => {
    const { running, start, end, supersede, configure, createDestination, deliver, job, lane } = await withHistory();
    await running();
    await deliver(1, 3, success, 'REPLAY');
    await start(4, 6, 'r-4', 'REPLAY');
    await end('r-4', unavailable());
    const destinationId = await createDestination({ name: 'Other', endpoint: 'https://other.example.com' });
    await configure({ destinationId });
    await supersede('r-4');
    expect(job()).toMatchObject({ status: 'RUNNING', sent: 3 });
    await start(4, 9, 'r-5', 'REPLAY');
    expect(lane().redelivery.open?.destinationId).toBe(destinationId);
    await end('r-5');
    expect(job().sent).toBe(9);
  });

  it('of the destination does not fail the job because the previous destination refuses', async () => {
    const { running, start, end, configure, createDestination, job, deliveries } = await withHistory();
    await running();
    await start(1, 6, 'r-1', 'REPLAY');
    const destinationId = await createDestination({ name: 'Other', endpoint: 'https://other.example.com' });
    await configure({ destinationId });
    await end('r-1', unauthorized);
    expect(job()).toMatchObject({ status: 'RUNNING', sent: 0 });
    expect(deliveries().at(-1)?.type).toBe('DeliverySuperseded');
  });

  it('that turns the webhook off still counts the delivery in flight, and the job continues later', async () => {
    const { running, start, end, configure, job, lane } = await withHistory();
    await running();
    await start(1, 6, 'r-1', 'REPLAY');
    await configure({ enabled: false });
    await end('r-1');
    await start(7, 9, 'r-2', 'REPLAY');
    expect([job().status, job().sent, lane().redelivery.open]).toEqual(['PENDING', 6, null]);
    await configure({ enabled: true });
    await start(7, 9, 'r-3', 'REPLAY');
    await end('r-3');
    expect(job().sent).toBe(9);
  });

  it.each(['remove', 'retire'] as const)('that removes the webhook (%s) fails the job with a message', async (how) => {
    const { running, start, end, remove, retirePortal, portalId, job } = await withHistory();
    await running();
    await start(1, 6, 'r-1', 'REPLAY');
    await (how === 'remove' ? remove() : retirePortal(portalId));
    const failed = { status: 'FAILED', message: 'the webhook was removed', sent: 0 };
    expect(job()).toMatchObject(failed);
    await end('r-1', unauthorized);
    expect(job()).toMatchObject(failed);
  });
});
