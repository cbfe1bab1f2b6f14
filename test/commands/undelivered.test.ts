import { describe, expect, it } from 'vitest';
import { writeRangeId } from '../../src/domain/undelivered.js';
import { OTHER_PORTAL, rejected, success, tooLarge, unauthorized, unavailable } from '../support/domain/events.js';
import { aLanePortal } from '../support/lane/commands.js';
import { openCommands } from '../support/log/commands.js';

/** A portal with ten logins: 1 to 3, 4 and 5 to 7 are undelivered, 8 to 10 are pending. */
async function withUndelivered(commands = openCommands()) {
  const portal = await aLanePortal(commands);
  await portal.login(10);
  await portal.deliver(1, 3, unauthorized);
  await portal.deliver(4, 4, unauthorized);
  await portal.deliver(5, 7, unauthorized);
  return portal;
}
const all = [
  [1, 3, 'WAITING'],
  [4, 4, 'WAITING'],
  [5, 7, 'WAITING'],
];

describe('redeliver', () => {
  it('puts ranges before all others', async () => {
    const { redeliver, idOf, listed, events, models, portalId, lane } = await withUndelivered();
    expect(await redeliver(idOf(7), idOf(4))).toEqual([
      { webhookId: portalId, lastVersion: 7 },
      { webhookId: portalId, lastVersion: 4 },
    ]);
    const ranges = [
      { firstVersion: 5, lastVersion: 7 },
      { firstVersion: 4, lastVersion: 4 },
    ];
    expect(events('undelivered')).toEqual([{ type: 'RedeliveryRequested', data: { ranges } }]);
    expect(listed()).toEqual([all[0], [4, 4, 'REQUESTED'], [5, 7, 'REQUESTED']]);
    expect(models.undelivered.recoverable(portalId, lane())).toMatchObject({ lastVersion: 4 });
  });

  it('sends a range that is already requested at once if it waits for a retry', async () => {
    const { start, end, redeliver, idOf, lane, events, rows } = await withUndelivered();
    await redeliver(idOf(4));
    await start(4, 4, 'r-1', 'RECOVERY');
    await end('r-1', unavailable());
    expect(lane().redelivery.open).toMatchObject({ failedAttempts: 1, retryDueAt: expect.any(Number) });
    await redeliver(idOf(4));
    expect(lane().redelivery.open).toMatchObject({ deliveryId: 'r-1', failedAttempts: 1, retryDueAt: null });
    await redeliver(idOf(4));
    expect(events('undelivered')).toHaveLength(2);
    expect(rows('REQUESTED')).toMatchObject([{ lastVersion: 4, recoveries: 0 }]);
  });

  it('has no further effect on a range that is already requested and waits for nothing', async () => {
    const { redeliver, idOf, log, listed } = await withUndelivered();
    await redeliver(idOf(4), idOf(4));
    const head = log.head();
    await redeliver(idOf(4));
    expect([log.head(), listed('REQUESTED')]).toEqual([head, [[4, 4, 'REQUESTED']]]);
  });

  it('allows three more recoveries for a range that needs action', async () => {
    const { deliver, redeliver, idOf, listed, rows } = await withUndelivered();
    for (let failed = 1; failed <= 3; failed += 1) await deliver(4, 4, unauthorized, 'RECOVERY');
    expect(listed('NEEDS_ACTION')).toEqual([[4, 4, 'NEEDS_ACTION']]);
    await redeliver(idOf(4));
    expect(rows('REQUESTED')).toMatchObject([{ recoveries: 0, attempts: 4 }]);
    for (let failed = 1; failed <= 2; failed += 1) await deliver(4, 4, unauthorized, 'RECOVERY');
    expect(rows('WAITING')[1]).toMatchObject({ lastVersion: 4, recoveries: 2, attempts: 6 });
    await deliver(4, 4, unauthorized, 'RECOVERY');
    expect(listed('NEEDS_ACTION')).toEqual([[4, 4, 'NEEDS_ACTION']]);
  });

  it('sends a line that was too large again, and it needs action again if it is still too large', async () => {
    const { login, deliver, redeliver, idOf, listed } = await withUndelivered();
    await login();
    await deliver(8, 8, success);
    await deliver(9, 9, tooLarge);
    await redeliver(idOf(9));
    expect(listed('REQUESTED')).toEqual([[9, 9, 'REQUESTED']]);
    await deliver(9, 9, tooLarge, 'RECOVERY');
    expect(listed('NEEDS_ACTION')).toEqual([[9, 9, 'NEEDS_ACTION']]);
    await redeliver(idOf(9));
    await deliver(9, 9, success, 'RECOVERY');
    expect(listed()).toEqual(all);
  });

  it('is refused without a webhook, and accepted if the webhook is off', async () => {
    const { redeliver, remove, configure, idOf, destinationId } = await withUndelivered();
    await remove();
    await expect(redeliver(idOf(4))).rejects.toMatchObject({ code: 'WEBHOOK_UNCONFIGURED' });
    await configure({ destinationId, enabled: false });
    await redeliver(idOf(4));
  });

  it('is refused for a retired portal', async () => {
    const { redeliver, retirePortal, portalId, idOf } = await withUndelivered();
    await retirePortal(portalId);
    await expect(redeliver(idOf(4))).rejects.toMatchObject({ code: 'PORTAL_RETIRED' });
  });
});

describe('discardUndelivered', () => {
  it('excludes ranges from redelivery, and stores who did it, when and why', async () => {
    const { discard, idOf, rows, listed, lane, events, now, listedTotal } = await withUndelivered();
    await discard(idOf(3), idOf(7));
    expect(listed()).toEqual([[1, 3, 'DISCARDED'], all[1], [5, 7, 'DISCARDED']]);
    const [{ type, data } = {}] = events('undelivered');
    expect([type, data]).toMatchObject(['LoginsDiscarded', { reason: 'not needed' }]);
    const discarded = { discardedBy: 'system', discardedReason: 'not needed', discardedAt: now() };
    expect(rows('DISCARDED')).toMatchObject([discarded, discarded]);
    expect(lane()).toMatchObject({ totals: { undelivered: 1, discarded: 6 } });
    expect(listedTotal()).toBe(1);
  });

  it('counts a range once if its id is given twice', async () => {
    const { discard, idOf, lane } = await withUndelivered();
    await discard(idOf(3), idOf(3));
    expect(lane()).toMatchObject({ totals: { undelivered: 4, discarded: 3 } });
  });

  it('supersedes an open delivery of the ranges, and ignores its answer', async () => {
    const { start, end, discard, idOf, lane, listed, deliveries } = await withUndelivered();
    await start(5, 6, 'r-1', 'RECOVERY');
    await discard(idOf(7));
    expect(lane().redelivery.open).toBeNull();
    const known = deliveries().length;
    await end('r-1');
    expect(deliveries()).toHaveLength(known);
    expect(deliveries().at(-1)).toEqual({ type: 'DeliverySuperseded', data: { deliveryId: 'r-1' } });
    expect(listed()).toEqual([all[0], all[1], [5, 7, 'DISCARDED']]);
    expect(lane()).toMatchObject({ totals: { undelivered: 4, discarded: 3, delivered: 0 } });
  });

  it('does not end a delivery of other logins', async () => {
    const { start, end, discard, idOf, lane, listed } = await withUndelivered();
    await start(5, 6, 'r-1', 'RECOVERY');
    await discard(idOf(4));
    await end('r-1');
    expect(listed()).toEqual([all[0], [4, 4, 'DISCARDED'], [7, 7, 'WAITING']]);
    expect(lane()).toMatchObject({ totals: { undelivered: 4, discarded: 1, delivered: 2 } });
  });

  it('needs no webhook, and accepts a retired portal', async () => {
    const { discard, remove, retirePortal, portalId, idOf, lane } = await withUndelivered();
    await remove();
    await discard(idOf(3));
    await retirePortal(portalId);
    await discard(idOf(10));
    expect(lane()).toMatchObject({ totals: { undelivered: 4, discarded: 6 } });
  });

  it('keeps the logins: a replay can still send them, and they stay discarded', async () => {
    const { discard, deliver, requestReplay, startReplay, idOf, now, listed, lane, job } = await withUndelivered();
    await discard(idOf(3));
    await requestReplay(0, now());
    await startReplay();
    expect(job().total).toBe(7);
    await deliver(1, 7, success, 'REPLAY');
    expect(listed()).toEqual([[1, 3, 'DISCARDED']]);
    expect(lane()).toMatchObject({ totals: { undelivered: 0, discarded: 3, delivered: 4 } });
  });
});

describe.each(['redeliver', 'discard'] as const)('%s', (what) => {
  it('accepts ranges of several portals in one call', async () => {
    const commands = openCommands();
    const one = await withUndelivered(commands);
    const other = await withUndelivered(commands);
    expect(await one[what](other.idOf(4), one.idOf(7))).toEqual([
      { webhookId: other.portalId, lastVersion: 4 },
      { webhookId: one.portalId, lastVersion: 7 },
    ]);
    const state = what === 'redeliver' ? 'REQUESTED' : 'DISCARDED';
    expect([one.listed(state), other.listed(state)]).toEqual([[[5, 7, state]], [[4, 4, state]]]);
  });

  it('applies to all given ranges or to none', async () => {
    const commands = openCommands();
    const one = await withUndelivered(commands);
    const other = await withUndelivered(commands);
    const stale = other.idOf(4);
    await other.deliver(4, 4, success, 'RECOVERY');
    const head = one.log.head();
    await expect(one[what](one.idOf(3), stale)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await other.discard(other.idOf(3));
    await expect(one[what](one.idOf(3), other.idOf(3))).rejects.toMatchObject({ code: 'DISCARDED' });
    expect([one.log.head(), one.listed()]).toEqual([head + 1, all]);
  });

  it('refuses ids of ranges that were delivered or changed since, or never existed', async () => {
    const portal = await withUndelivered();
    const { idOf, deliver, portalId } = portal;
    const whole = idOf(7);
    await deliver(5, 5, success, 'RECOVERY');
    await deliver(6, 6, unauthorized, 'RECOVERY');
    expect(portal.listed().slice(2)).toEqual([
      [6, 6, 'WAITING'],
      [7, 7, 'WAITING'],
    ]);
    const before = idOf(3);
    await deliver(3, 3, success, 'RECOVERY');
    const gone = [before, writeRangeId({ webhookId: OTHER_PORTAL, lastVersion: 4, position: 1 })];
    for (const id of [...gone, writeRangeId({ webhookId: portalId, lastVersion: 4, position: 1 })]) {
      await expect(portal[what](id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    // The last part of a range keeps the id of the range.
    await portal[what](whole);
  });

  it.each(['', 'x', 'a.b.c', Buffer.from(`${OTHER_PORTAL}.1`).toString('base64url')])(
    'refuses the id "%s"',
    async (id) => {
      const portal = await withUndelivered();
      const fields = [{ field: 'ids[1]' }];
      await expect(portal[what](portal.idOf(4), id)).rejects.toMatchObject({ code: 'INVALID_INPUT', fields });
    },
  );

  it('refuses another encoding of an id: a range has exactly one id', async () => {
    const portal = await withUndelivered();
    const id = portal.idOf(4);
    const padded = Buffer.from(`${portal.portalId}.04.${Buffer.from(id, 'base64url').toString().split('.')[2]}`);
    for (const other of [`${id}=`, `${id}!`, ` ${id}`, padded.toString('base64url')]) {
      await expect(portal[what](id, other)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });
});

describe('a recovery', () => {
  it('counts the delivered logins once, and leaves the others in the range', async () => {
    const { deliver, listed, lane, listedTotal } = await withUndelivered();
    await deliver(1, 2, success, 'RECOVERY');
    expect(listed()[0]).toEqual([3, 3, 'WAITING']);
    expect(lane()).toMatchObject({ totals: { delivered: 2, undelivered: 5 } });
    expect(listedTotal()).toBe(5);
  });

  it('that fails becomes a range of its own, and does not delay the logins after it', async () => {
    const { deliver, listed } = await withUndelivered();
    for (let failed = 1; failed <= 3; failed += 1) await deliver(5, 5, unauthorized, 'RECOVERY');
    expect(listed().slice(2)).toEqual([
      [5, 5, 'NEEDS_ACTION'],
      [6, 7, 'WAITING'],
    ]);
  });

  it('that is too large is not counted as a recovery', async () => {
    const { deliver, rows, lane } = await withUndelivered();
    await deliver(5, 7, tooLarge, 'RECOVERY');
    expect(rows('WAITING')[2]).toMatchObject({
      firstVersion: 5,
      lastVersion: 7,
      recoveries: 0,
      attempts: 2,
      responseCode: 413,
    });
    expect(lane()).toMatchObject({ batch: { limit: 1 }, redelivery: { open: null } });
  });

  it.each([tooLarge, rejected])(
    'of a line that is rejected alone ($responseCode) makes it NEEDS_ACTION',
    async (answer) => {
      const { deliver, listed, lane } = await withUndelivered();
      await deliver(8, 8, success);
      await deliver(6, 6, answer, 'RECOVERY');
      expect(listed().slice(2)).toEqual([
        [5, 5, 'WAITING'],
        [6, 6, 'NEEDS_ACTION'],
        [7, 7, 'WAITING'],
      ]);
      expect(lane().totals.undelivered).toBe(7);
    },
  );

  it('is not started for logins that are not listed', async () => {
    const { start, discard, idOf, lane } = await withUndelivered();
    await discard(idOf(4));
    await start(4, 4, 'r-1', 'RECOVERY');
    await start(3, 5, 'r-2', 'RECOVERY');
    await start(8, 8, 'r-3', 'RECOVERY');
    expect(lane().redelivery.open).toBeNull();
  });

  it('is not started while another one is open, or while the webhook is off', async () => {
    const { start, configure, lane, supersede } = await withUndelivered();
    await start(1, 1, 'r-1', 'RECOVERY');
    await start(4, 4, 'r-2', 'RECOVERY');
    expect(lane().redelivery.open?.deliveryId).toBe('r-1');
    await supersede('r-1');
    await configure({ enabled: false });
    await start(4, 4, 'r-3', 'RECOVERY');
    expect(lane().redelivery.open).toBeNull();
  });
});

describe.each([
  ['413', tooLarge],
  ['400', rejected],
])('a receiver that answers %s to every line', (_, answer) => {
  it('makes no line NEEDS_ACTION: the webhook waits as for any failing receiver', async () => {
    const { login, deliver, listed, lane, now } = await aLanePortal();
    await login(7);
    await deliver(1, 1, success);
    for (const version of [2, 3]) await deliver(version, version, answer);
    expect(listed()).toEqual([2, 3].map((version) => [version, version, 'WAITING']));
    expect(lane()).toMatchObject({ first: { nextBatchDueAt: expect.any(Number) }, redelivery: { recovering: false } });
    await deliver(4, 4, answer);
    expect(lane()).toMatchObject({ first: { nextBatchDueAt: expect.any(Number) } });
    expect(lane().first.nextBatchDueAt).toBeGreaterThan(now() + 1_000);
    expect(listed()).toEqual([2, 3, 4].map((version) => [version, version, 'WAITING']));
  });

  it('but takes others later: then the rejected line needs action', async () => {
    const { login, deliver, listed } = await aLanePortal();
    await login(4);
    await deliver(1, 1, success);
    await deliver(2, 2, answer);
    await deliver(3, 3, success);
    if (answer === rejected) await deliver(2, 2, answer, 'RECOVERY');
    await deliver(4, 4, success);
    expect(listed()).toEqual([[2, 2, 'NEEDS_ACTION']]);
  });
});

describe('a requested range that the receiver rejects', () => {
  it('returns to WAITING with all its parts', async () => {
    const { deliver, redeliver, idOf, listed } = await withUndelivered();
    await redeliver(idOf(7));
    await deliver(5, 5, unauthorized, 'RECOVERY');
    expect(listed().slice(2)).toEqual([
      [5, 5, 'WAITING'],
      [6, 7, 'WAITING'],
    ]);
  });
});

describe('probes', () => {
  it('are not counted as recoveries', async () => {
    const { deliver, rows } = await withUndelivered();
    for (let failed = 1; failed <= 4; failed += 1) await deliver(1, 1, unauthorized, 'PROBE');
    expect(rows()[0]).toMatchObject({ lastVersion: 1, state: 'WAITING', recoveries: 0, attempts: 5, finalAnswers: 5 });
  });

  it('send a login of the oldest range, and of the next one after a final answer', async () => {
    const { deliver, models, portalId, lane } = await withUndelivered();
    const next = () => models.undelivered.recoverable(portalId, lane())?.firstVersion;
    expect(next()).toBe(1);
    await deliver(1, 1, unauthorized, 'PROBE');
    expect(next()).toBe(2);
    for (const version of [2, 3, 4, 5, 6, 7]) await deliver(version, version, unauthorized, 'PROBE');
    expect(next()).toBe(1);
  });

  it('that get no final answer stay at the oldest range', async () => {
    const { start, end, models, portalId, lane } = await withUndelivered();
    await start(1, 1, 'p-1', 'PROBE');
    for (let attempt = 1; attempt <= 5; attempt += 1) await end('p-1', unavailable(), attempt);
    expect(lane()).toMatchObject({ redelivery: { open: null, failedProbes: 1 } });
    expect(models.undelivered.recoverable(portalId, lane())?.firstVersion).toBe(1);
  });

  it('wait 5 minutes, then twice as long each time, at most an hour, until one succeeds', async () => {
    const { deliver, lane, now } = await withUndelivered();
    const waits: number[] = [];
    for (let failed = 0; failed < 6; failed += 1) {
      waits.push((lane().redelivery.probeDueAt ?? 0) - now());
      await deliver(1, 1, unauthorized, 'PROBE');
    }
    expect(waits.map((ms) => ms / 60_000)).toEqual([5, 10, 20, 40, 60, 60]);
    await deliver(1, 1, success, 'PROBE');
    expect(lane()).toMatchObject({ redelivery: { failedProbes: 0, probeDueAt: null, recovering: true } });
    await deliver(8, 8, unauthorized);
    expect((lane().redelivery.probeDueAt ?? 0) - now()).toBe(5 * 60_000);
  });
});

describe('a first batch in flight while the webhook is removed', () => {
  it.each([unauthorized, tooLarge])('is listed as undelivered if it is rejected ($responseCode)', async (outcome) => {
    const { login, start, end, remove, listed, status } = await aLanePortal();
    await login(4);
    await start(1, 2);
    await remove();
    await end('d-1', outcome);
    expect(listed()).toEqual([
      [1, 2, 'WAITING'],
      [3, 4, 'WAITING'],
    ]);
    expect(status()).toMatchObject({ pending: 0, undeliveredTotal: 4 });
  });

  it('is delivered if it is accepted', async () => {
    const { login, start, end, remove, listed, status } = await aLanePortal();
    await login(4);
    await start(1, 2);
    await remove();
    await end('d-1');
    expect(listed()).toEqual([[3, 4, 'WAITING']]);
    expect(status()).toMatchObject({ pending: 0, deliveredTotal: 2, undeliveredTotal: 2 });
  });
});
