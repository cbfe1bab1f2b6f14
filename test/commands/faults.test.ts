import { describe, expect, it } from 'vitest';
import { aLanePortal } from '../support/lane-commands.js';
import { success, tooLarge, unauthorized, unavailable } from '../support/lane-events.js';

describe('faults', () => {
  it('F1: an id that is spelled in two ways is one range', async () => {
    const portal = await aLanePortal();
    await portal.login(4);
    await portal.deliver(1, 2, unauthorized);
    await portal.deliver(3, 4, unauthorized);
    const twice = portal.discard(portal.idOf(2), `${portal.idOf(2)}=`);
    await expect(twice).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(portal.lane()).toMatchObject({ undeliveredTotal: 4, discardedTotal: 0 });
  });

  it('F2: a batch in flight that is found too large after the webhook was removed is listed', async () => {
    const portal = await aLanePortal();
    await portal.login(3);
    await portal.start(1, 2, 'd-1');
    await portal.remove();
    await portal.end('d-1', tooLarge);
    expect(portal.status()).toMatchObject({ pending: 0, undeliveredTotal: 3 });
  });

  it('F3: a replay that was cancelled stays so, whatever becomes of what was in flight', async () => {
    const portal = await aLanePortal();
    await portal.login(2);
    await portal.deliver(1, 2, success);
    await portal.requestReplay(0, portal.now());
    await portal.startReplay();
    await portal.start(1, 2, 'r-1', 'REPLAY');
    await portal.cancelReplay();
    await portal.end('r-1', unauthorized);
    expect(portal.job().status).toBe('CANCELLED');
  });

  it('F4: a replay is not failed by what was in flight of the one before it', async () => {
    const portal = await aLanePortal();
    await portal.login(2);
    await portal.deliver(1, 2, success);
    await portal.requestReplay(0, portal.now());
    await portal.startReplay();
    await portal.start(1, 2, 'r-1', 'REPLAY');
    await portal.cancelReplay();
    await portal.requestReplay(0, portal.now());
    await portal.end('r-1', unauthorized);
    expect(portal.job().status).toBe('ACCEPTED');
  });

  it('F5: a replay does not count what was in flight of the one before it', async () => {
    const portal = await aLanePortal();
    await portal.login(2);
    await portal.deliver(1, 2, success);
    await portal.requestReplay(0, portal.now());
    await portal.startReplay();
    await portal.start(1, 2, 'r-1', 'REPLAY');
    await portal.cancelReplay();
    await portal.requestReplay(0, portal.now());
    await portal.end('r-1', success);
    expect(portal.job()).toMatchObject({ status: 'ACCEPTED', sent: 0 });
    await portal.startReplay();
    await portal.deliver(1, 2, success, 'REPLAY');
    expect(portal.job()).toMatchObject({ total: 2, sent: 2 });
  });

  it('F6: the message of a replay that the removal of the webhook ended says so', async () => {
    const portal = await aLanePortal();
    await portal.login(2);
    await portal.deliver(1, 2, success);
    await portal.requestReplay(0, portal.now());
    await portal.startReplay();
    await portal.start(1, 2, 'r-1', 'REPLAY');
    await portal.remove();
    await portal.end('r-1', unauthorized);
    expect(portal.job()).toMatchObject({ status: 'FAILED', message: 'the webhook was removed' });
  });

  it('F7: the limit never grows by a 413', async () => {
    const portal = await aLanePortal();
    await portal.login(900);
    await portal.deliver(1, 400, unauthorized);
    await portal.deliver(401, 401, success);
    expect(portal.lane().batchLimit).toBe(2);
    await portal.start(1, 400, 'r-1', 'RECOVERY');
    await portal.end('r-1', unavailable());
    await portal.deliver(402, 403, tooLarge);
    expect(portal.lane().batchLimit).toBe(1);
    await portal.end('r-1', tooLarge, 2);
    expect(portal.lane().batchLimit).toBe(1);
  });

  it('F9: what is good in a range is not held because of one line in it', async () => {
    const portal = await aLanePortal();
    await portal.login(10);
    await portal.deliver(1, 5, unauthorized);
    for (const fresh of [6, 7, 8]) {
      await portal.deliver(fresh, fresh, success);
      await portal.deliver(1, 1, unauthorized, 'RECOVERY');
    }
    expect(portal.listed()).toEqual([
      [1, 1, 'HELD'],
      [2, 5, 'WAITING'],
    ]);
  });
});
