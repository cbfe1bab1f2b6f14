import { describe, expect, it } from 'vitest';
import { seededRandom } from '../support/clock/random.js';
import { WatchedClock } from '../support/clock/watched-clock.js';
import { aPortal, configure, deliveryEvents, logIn, typesOf, untilEvent } from '../support/engine/portal.js';
import { delivered, type Reply, refused, ScriptedSender, unavailable } from '../support/engine/scripted-sender.js';
import { startApp, temporaryDirectory } from '../support/server/app.js';

const siem = { url: 'https://127.0.0.1:444/collector' };

/** A whole server with a sender that returns `reply`, and a fake clock. */
async function start(reply: Reply, options: { directory?: string; now?: number } = {}) {
  const clock = new WatchedClock(options.now);
  const sender = new ScriptedSender(clock);
  sender.reply = reply;
  const directory = options.directory ?? temporaryDirectory();
  const appOptions = {
    clock,
    random: seededRandom(directory.length + (options.now ?? 0)),
    createSender: () => sender,
  };
  return {
    ...(await startApp({ directory, appOptions: { prune: false, ...appOptions } })),
    directory,
    clock,
    sender,
  };
}
type Started = Awaited<ReturnType<typeof start>>;

/** Advances to the next timer. A millisecond before it, nothing may be sent. */
async function fireNextTimer({ clock, sender }: Started): Promise<number> {
  const due = await clock.untilTimer();
  const before = sender.posts.length;
  clock.advanceTo(due - 1);
  expect([clock.nextTimer, sender.posts.length]).toEqual([due, before]);
  clock.advanceTo(due);
  await sender.until(before + 1);
  return due;
}

describe('a delivery that fails again and again', () => {
  it('gets five attempts, each retry at the millisecond that is in the log, and is then abandoned', async () => {
    const server = await start(unavailable);
    const { portalId } = await aPortal(server, siem);
    await logIn(server, portalId, '/one');
    for (let retry = 1; retry <= 4; retry += 1) {
      const { data } = await untilEvent(server, portalId, 'RetryScheduled', retry);
      expect(await fireNextTimer(server)).toBe(data.retryDueAt);
      expect(server.sender.posts[retry]?.at).toBe(data.retryDueAt);
    }
    await untilEvent(server, portalId, 'BatchAbandoned');
    const retries = Array.from({ length: 4 }, () => 'RetryScheduled');
    expect(typesOf(deliveryEvents(server, portalId))).toEqual(['BatchStarted', ...retries, 'BatchAbandoned']);
    expect(new Set(server.sender.posts.map(({ deliveryId }) => deliveryId)).size).toBe(1);
    expect(server.sender.posts).toHaveLength(5);
  });

  it('waits twice as long each time, plus a random part of up to half', async () => {
    const server = await start(unavailable);
    const { portalId } = await aPortal(server, siem);
    await logIn(server, portalId, '/one');
    for (const atLeast of [1_000, 2_000, 4_000, 8_000]) {
      const from = server.clock.now();
      const wait = (await fireNextTimer(server)) - from;
      expect(wait).toBeGreaterThanOrEqual(atLeast);
      expect(wait).toBeLessThanOrEqual(atLeast * 1.5);
    }
  });

  it('does not wait as long as the delivery of another portal', async () => {
    const server = await start(unavailable);
    const portals = [await aPortal(server, siem), await aPortal(server, siem), await aPortal(server, siem)];
    for (const { portalId } of portals) await logIn(server, portalId, '/one');
    const events = await Promise.all(portals.map(({ portalId }) => untilEvent(server, portalId, 'RetryScheduled')));
    expect(new Set(events.map(({ data }) => data.retryDueAt)).size).toBe(3);
  });

  it('is not retried sooner because of a new login', async () => {
    const server = await start(unavailable);
    const { portalId } = await aPortal(server, siem);
    await logIn(server, portalId, '/one');
    const due = await server.clock.untilTimer();
    await logIn(server, portalId, '/two');
    await server.clock.until(() => server.clock.asked.length === 2);
    expect([server.clock.nextTimer, server.clock.asked]).toEqual([due, [due, due]]);
    expect(server.sender.posts).toHaveLength(1);
  });

  it('is not retried while the webhook is off, and at once if the retry is overdue when it is turned on', async () => {
    const server = await start(unavailable);
    const { portalId } = await aPortal(server, siem);
    await logIn(server, portalId, '/one');
    const due = await server.clock.untilTimer();
    await configure(server, portalId, { enabled: false });
    server.clock.advanceTo(due + 60_000);
    server.sender.reply = delivered;
    const another = await aPortal(server, siem);
    await logIn(server, another.portalId, '/another');
    await untilEvent(server, another.portalId, 'BatchDelivered');
    expect(server.sender.posts.map(({ requests }) => requests)).toEqual([['/one'], ['/another']]);
    await configure(server, portalId, { enabled: true });
    await untilEvent(server, portalId, 'BatchDelivered');
    expect(server.sender.posts[2]).toMatchObject({ at: due + 60_000, requests: ['/one'] });
  });

  it('sets no timer while the webhook is off', async () => {
    const server = await start(unavailable);
    const { portalId } = await aPortal(server, siem);
    await logIn(server, portalId, '/one');
    const due = await server.clock.untilTimer();
    await configure(server, portalId, { enabled: false });
    await server.clock.untilIdle();
    await server.app.stop();
    expect(server.clock.asked).toEqual([due]);
  });
});

describe('Retry-After', () => {
  it.each([
    [7_000, 7_000],
    [1_000, 1_000],
    [30_000, 30_000],
    [0, 1_000],
    [86_400_000, 30_000],
    [Number.POSITIVE_INFINITY, 30_000],
  ])('of %i ms starts the next attempt %i ms after the end of the last one', async (retryAfterMs, wait) => {
    const server = await start({ verdict: 'RETRYABLE', responseCode: 429, retryAfterMs, durationMs: 321 });
    const { portalId } = await aPortal(server, siem);
    const began = server.clock.now();
    await logIn(server, portalId, '/one');
    expect(await fireNextTimer(server)).toBe(began + 321 + wait);
  });
});

describe('a lane whose receiver rejects everything', () => {
  /** Records a login after the `nth` abandoned batch. Returns how long the lane waits before it sends it, in ms. */
  async function waitAfterAbandoned(server: Started, portalId: string, nth: number): Promise<number> {
    await untilEvent(server, portalId, 'BatchAbandoned', nth);
    await logIn(server, portalId, `/${nth}`);
    const from = server.clock.now();
    return (await fireNextTimer(server)) - from;
  }

  /** Expects `atLeast` ms and a random part of up to half, at most 60 s in all. */
  function expectWait(wait: number | undefined, atLeast: number): void {
    expect(wait).toBeGreaterThanOrEqual(atLeast);
    expect(wait).toBeLessThanOrEqual(Math.min(60_000, atLeast * 1.5));
  }

  it('waits 1 s before its next batch, then twice as long each time, up to 60 s', async () => {
    const server = await start(refused);
    const { portalId } = await aPortal(server, siem);
    await logIn(server, portalId, '/0');
    const waits: number[] = [];
    for (let nth = 1; nth <= 8; nth += 1) waits.push(await waitAfterAbandoned(server, portalId, nth));
    for (const [index, atLeast] of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000].entries()) {
      expectWait(waits[index], atLeast);
    }
    expect(server.sender.posts.flatMap(({ requests }) => requests)).toEqual([
      '/0',
      '/1',
      '/2',
      '/3',
      '/4',
      '/5',
      '/6',
      '/7',
      '/8',
    ]);
  });

  it('waits 1 s again after a success, but not before the batch that follows the success', async () => {
    const server = await start(refused);
    const { portalId } = await aPortal(server, siem);
    await logIn(server, portalId, '/0');
    await waitAfterAbandoned(server, portalId, 1);
    await untilEvent(server, portalId, 'BatchAbandoned', 2);
    server.sender.reply = delivered;
    await logIn(server, portalId, '/good');
    await fireNextTimer(server);
    // The two rejected logins are recovered, too.
    await untilEvent(server, portalId, 'BatchDelivered', 3);
    server.sender.reply = refused;
    await logIn(server, portalId, '/at-once');
    expectWait(await waitAfterAbandoned(server, portalId, 3), 1_000);
  });
});

describe('after a restart', () => {
  /** Stops a server while a portal waits. `due` is when the wait ends. */
  async function stoppedWhileWaiting(reply: Reply) {
    const server = await start(reply);
    const { portalId } = await aPortal(server, siem);
    await logIn(server, portalId, '/one');
    if (reply.verdict === 'FINAL') {
      await untilEvent(server, portalId, 'BatchAbandoned');
      await logIn(server, portalId, '/two');
    }
    const due = await server.clock.untilTimer();
    await server.app.stop();
    return { portalId, due, directory: server.directory, deliveryId: server.sender.posts[0]?.deliveryId };
  }

  it('a retry is made at the millisecond it is due, as the next attempt of the same delivery', async () => {
    const { portalId, due, directory, deliveryId } = await stoppedWhileWaiting(unavailable);
    const server = await start(delivered, { directory, now: due - 1 });
    expect(await fireNextTimer(server)).toBe(due);
    const { data } = await untilEvent(server, portalId, 'BatchDelivered');
    expect(data).toMatchObject({ deliveryId, attemptNumber: 2, attemptedAt: due });
  });

  it('a retry that became due in between is made at once', async () => {
    const { portalId, due, directory } = await stoppedWhileWaiting(unavailable);
    const server = await start(delivered, { directory, now: due });
    await untilEvent(server, portalId, 'BatchDelivered');
    expect([server.sender.posts.length, server.clock.asked]).toEqual([1, []]);
  });

  it('a lane continues to wait before its next batch', async () => {
    const { due, directory } = await stoppedWhileWaiting(refused);
    const server = await start(delivered, { directory, now: due - 1 });
    expect(await fireNextTimer(server)).toBe(due);
    expect(server.sender.posts[0]?.requests).toEqual(['/two']);
  });
});

it('a lane with nothing to wait for sets no timer', async () => {
  const server = await start(delivered);
  const { portalId } = await aPortal(server, siem);
  await logIn(server, portalId, '/one');
  await untilEvent(server, portalId, 'BatchDelivered');
  // `stop` waits until every lane is idle.
  await server.app.stop();
  expect([server.clock.nextTimer, server.clock.asked]).toEqual([null, []]);
});
