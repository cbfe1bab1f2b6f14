import { expect, it } from 'vitest';
import type { Recorded } from '../../src/domain/event.js';
import { evolve, type LaneEvent } from '../../src/domain/lane/evolve.js';
import { emptyLane } from '../../src/domain/lane/lane.js';
import {
  batchAbandoned,
  batchDelivered,
  batchStarted,
  DESTINATION,
  deliverySuperseded,
  loginRecorded,
  loginsSkipped,
  loginsUndelivered,
  OTHER_PORTAL,
  PORTAL,
  portalRegistered,
  retryScheduled,
  webhookOff,
  webhookOn,
  webhookRemoved,
} from '../support/domain/events.js';
import { openLog } from '../support/log/fixture.js';

it('a lane is empty for a portal without a webhook', () => {
  const { given, models } = openLog();
  given([`portal-${PORTAL}`, portalRegistered()], [`login-${PORTAL}`, loginRecorded()]);
  expect(models.lanes.get(PORTAL)).toEqual({ lane: emptyLane, position: 0 });
  expect(models.lanes.webhookIds()).toEqual([]);
});

it('a lane is the fold of the webhook and delivery events of its portal, with the position of the last one', () => {
  const { given, models } = openLog();
  const events: LaneEvent[] = [
    webhookOn(),
    batchStarted('d-1', 1, 3),
    retryScheduled('d-1'),
    batchDelivered('d-1', 2),
    batchStarted('d-2', 4, 4),
    deliverySuperseded('d-2'),
    batchStarted('d-3', 4, 4),
    batchAbandoned('d-3'),
    webhookOff(7),
    webhookOn(9),
    loginsSkipped(8, 9),
    webhookRemoved(9),
    loginsUndelivered(5, 7),
  ];
  let lane = emptyLane;
  for (const event of events) {
    const noun = event.type.startsWith('Webhook') ? 'webhook' : 'delivery';
    const [recorded] = given([`${noun}-${PORTAL}`, event]);
    lane = evolve(lane, { ...event, position: recorded?.position } as Recorded<LaneEvent>);
    given([`webhook-${OTHER_PORTAL}`, webhookOn()], [`login-${PORTAL}`, loginRecorded()]);
    expect(models.lanes.get(PORTAL)).toEqual({ lane, position: recorded?.position });
  }
  expect(lane).toMatchObject({ totals: { delivered: 3, undelivered: 4 }, backlog: { cursor: 9 } });
});

it('lanes exist for every portal that ever had a webhook', () => {
  const { given, models } = openLog();
  given(['webhook-b', webhookOn()], ['webhook-a', webhookOff()]);
  given(['webhook-b', webhookRemoved()]);
  expect(models.lanes.webhookIds()).toEqual(['a', 'b']);
});

it('a lane is the same on another connection', () => {
  const { given, directory, models, close } = openLog();
  given([`webhook-${PORTAL}`, webhookOn()], [`delivery-${PORTAL}`, batchStarted('d-1', 1, 2)]);
  const stored = models.lanes.get(PORTAL);
  expect(stored.lane.first.open?.destinationId).toBe(DESTINATION);
  close();
  expect(openLog(directory).models.lanes.get(PORTAL)).toEqual(stored);
});
