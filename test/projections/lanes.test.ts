import { expect, it } from 'vitest';
import type { Recorded } from '../../src/domain/event.js';
import { evolve, type LaneEvent } from '../../src/domain/lane/evolve.js';
import { emptyLane } from '../../src/domain/lane/lane.js';
import { batchAbandoned, batchDelivered, batchStarted, deliverySuperseded, DESTINATION, loginRecorded, loginsUndelivered, OTHER_PORTAL, PORTAL, portalRegistered, retryScheduled, webhookConfigured } from '../support/domain/events.js';
import { openLog } from '../support/log/fixture.js';

it('a lane is empty for a portal without a webhook', () => {
  const { given, models } = openLog();
  given([`portal-${PORTAL}`, portalRegistered()], [`login-${PORTAL}`, loginRecorded()]);
  expect(models.lanes.get(PORTAL)).toEqual({ lane: emptyLane, position: 0 });
  expect(models.lanes.portalIds()).toEqual([]);
});

it('a lane is the fold of the webhook and delivery events of its portal, with the position of the last one', () => {
  const { given, models } = openLog();
  const events: LaneEvent[] = [
    webhookConfigured(true),
    batchStarted('d-1', { firstVersion: 1, lastVersion: 3 }),
    retryScheduled('d-1'),
    batchDelivered('d-1', 2),
    batchStarted('d-2', { firstVersion: 4, lastVersion: 4 }),
    deliverySuperseded('d-2'),
    batchStarted('d-3', { firstVersion: 4, lastVersion: 4 }),
    batchAbandoned('d-3'),
    webhookConfigured(false, 7),
    webhookConfigured(true, 9),
    { type: 'LoginsSkipped', data: { firstVersion: 8, lastVersion: 9 } },
    { type: 'WebhookRemoved', data: { loginsThrough: 9 } },
    loginsUndelivered({ firstVersion: 5, lastVersion: 7 }),
  ];
  let lane = emptyLane;
  for (const event of events) {
    const noun = event.type.startsWith('Webhook') ? 'webhook' : 'delivery';
    const [recorded] = given([`${noun}-${PORTAL}`, event]);
    lane = evolve(lane, { ...event, position: recorded?.position } as Recorded<LaneEvent>);
    given([`webhook-${OTHER_PORTAL}`, webhookConfigured(true)], [`login-${PORTAL}`, loginRecorded()]);
    expect(models.lanes.get(PORTAL)).toEqual({ lane, position: recorded?.position });
  }
  expect(lane).toMatchObject({ totals: { delivered: 3, undelivered: 4 }, backlog: { cursor: 9 } });
});

it('lanes exist for every portal that ever had a webhook', () => {
  const { given, models } = openLog();
  given(['webhook-b', webhookConfigured(true)], ['webhook-a', webhookConfigured(false)]);
  given(['webhook-b', { type: 'WebhookRemoved', data: { loginsThrough: 0 } }]);
  expect(models.lanes.portalIds()).toEqual(['a', 'b']);
});

it('a lane is the same on another connection', () => {
  const { given, directory, models, close } = openLog();
  given(
    [`webhook-${PORTAL}`, webhookConfigured(true)],
    [`delivery-${PORTAL}`, batchStarted('d-1', { firstVersion: 1, lastVersion: 2 })],
  );
  const stored = models.lanes.get(PORTAL);
  expect(stored.lane.first.open?.destinationId).toBe(DESTINATION);
  close();
  expect(openLog(directory).models.lanes.get(PORTAL)).toEqual(stored);
});
