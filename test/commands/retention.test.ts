import { expect, it } from 'vitest';
import type { DomainEvent } from '../../src/domain/event.js';
import type { Cut } from '../../src/domain/retention.js';
import { rebuild } from '../../src/projections/rebuild.js';
import type { Prunable } from '../../src/queries/retention.js';
import {
  batchAbandoned,
  batchDelivered,
  batchStarted,
  loginRecorded,
  loginsSkipped,
  retryScheduled,
} from '../support/domain/events.js';
import { openCommands } from '../support/log/commands.js';
import { dumpReadModels } from '../support/log/dump.js';
import { CAUSE } from '../support/log/fixture.js';

/** The largest number of events that one step prunes. */
const STEP = 50;
const everything: Cut = { recordedBefore: Number.MAX_SAFE_INTEGER, throughPosition: 0, expireBefore: 0 };

/** A portal, with functions that give it a history and prune it. */
async function withPortal(webhook?: { enabled: boolean }) {
  const commands = openCommands();
  const { log, models, sqlite, connection, execute, given, append } = commands;
  const portalId = await commands.registerPortal();
  if (webhook) {
    const destinationId = await commands.createDestination();
    await commands.configureWebhook(portalId, { destinationId, ...webhook });
  }
  const logins = `login-${portalId}` as const;
  const deliveries = `delivery-${portalId}` as const;
  return {
    ...commands,
    portalId,
    logins,
    deliveries,
    recordMany: (count: number) =>
      append([{ stream: logins, events: Array.from({ length: count }, () => loginRecorded()) }]),
    start: (id: string, firstVersion: number, lastVersion: number) =>
      given([deliveries, batchStarted(id, firstVersion, lastVersion, { destinationId: destination() })]),
    deliver: (id: string) => given([deliveries, batchDelivered(id)]),
    lane: () => models.lanes.get(portalId).lane,
    horizons: () => [log.horizon(logins).version, log.horizon(deliveries).version],
    typesOf: (stream: typeof deliveries) => log.range(stream, 1, 999).map(({ type }) => type),
    snapshot: (cut: Partial<Cut> = {}) => execute('snapshotLanes', { portalId, cut: { ...everything, ...cut } }, CAUSE),
    step: (prunable: Prunable) => execute('pruneHistory', { portalId, ...prunable, limit: STEP }, CAUSE),
    /** Prunes everything that may be pruned. Returns whether there was anything. */
    async pruneAll(cut: Partial<Cut> = {}): Promise<boolean> {
      const prunable = await execute('snapshotLanes', { portalId, cut: { ...everything, ...cut } }, CAUSE);
      for (let more = prunable !== null; more && prunable; ) {
        const { logins: some, deliveryEvents } = await execute(
          'pruneHistory',
          { portalId, ...prunable, limit: STEP },
          CAUSE,
        );
        more = some + deliveryEvents > 0;
      }
      return prunable !== null;
    },
    /** Returns the rows of the read models, and checks that a rebuild gives the same. */
    rows() {
      const rows = dumpReadModels(sqlite);
      rebuild(connection, log, models, () => {});
      expect(dumpReadModels(sqlite)).toEqual(rows);
      return rows;
    },
  };

  function destination(): string {
    return models.webhooks.get(portalId)?.destinationId ?? '';
  }
}

it('delivered logins and their deliveries are pruned by their time of recording, and the configuration stays', async () => {
  const portal = await withPortal({ enabled: true });
  const [first] = portal.recordMany(3);
  portal.start('d-1', 1, 3);
  portal.deliver('d-1');
  const [later] = portal.recordMany(2);
  portal.start('d-2', 4, 5);
  portal.deliver('d-2');

  expect(await portal.pruneAll({ recordedBefore: first?.recordedAt ?? 0 })).toBe(false);
  expect(await portal.pruneAll({ recordedBefore: later?.recordedAt ?? 0 })).toBe(true);
  expect(portal.horizons()).toEqual([3, 2]);
  expect(portal.typesOf(portal.deliveries)).toEqual(['BatchStarted', 'BatchDelivered', 'LaneSnapshotted']);
  expect(portal.rows()['logins']).toHaveLength(2);
  expect(portal.typesAfter(0).slice(0, 3)).toEqual(['PortalRegistered', 'DestinationCreated', 'WebhookConfigured']);
});

it('a rebuild of the remaining events gives the lane of the lane snapshot', async () => {
  const portal = await withPortal({ enabled: true });
  portal.recordMany(4);
  portal.start('d-1', 1, 2);
  portal.deliver('d-1');
  portal.start('d-2', 3, 4);
  portal.given([portal.deliveries, retryScheduled('d-2')]);
  portal.given([portal.deliveries, batchAbandoned('d-2', 2)]);
  portal.recordMany(2);
  const before = portal.lane();
  expect(await portal.pruneAll()).toBe(true);
  expect(portal.lane()).toEqual(before);
  expect(before).toMatchObject({ totals: { delivered: 2, undelivered: 2 }, backlog: { cursor: 4 } });
  portal.rows();
  expect(portal.lane()).toEqual(before);
});

it('pending logins, an open delivery and all events after them are not pruned', async () => {
  const portal = await withPortal({ enabled: true });
  portal.recordMany(5);
  portal.start('d-1', 1, 2);
  portal.deliver('d-1');
  portal.start('d-2', 3, 4);
  portal.given([portal.deliveries, retryScheduled('d-2')]);
  expect(await portal.pruneAll()).toBe(true);
  expect(portal.horizons()).toEqual([2, 2]);
  expect(portal.typesOf(portal.deliveries)).toEqual(['BatchStarted', 'RetryScheduled', 'LaneSnapshotted']);
  expect(await portal.pruneAll()).toBe(false);

  portal.deliver('d-2');
  await portal.pruneAll();
  expect(portal.horizons()).toEqual([4, 6]);
});

it('logins that become due between two steps are not pruned', async () => {
  const portal = await withPortal({ enabled: true });
  portal.recordMany(3);
  portal.start('d-1', 1, 3);
  portal.deliver('d-1');
  const prunable = await portal.snapshot();
  if (!prunable) throw new Error('nothing can be pruned');
  portal.recordMany(2);
  expect(await portal.step({ ...prunable, loginsThrough: 5, deliveries: [] })).toEqual({
    logins: 3,
    deliveryEvents: 0,
  });
});

it('logins of a portal without a webhook are pruned by their age, and are never due later', async () => {
  const portal = await withPortal();
  portal.recordMany(5);
  await portal.pruneAll();
  portal.recordMany(2);
  const destinationId = await portal.createDestination();
  await portal.configureWebhook(portal.portalId, { destinationId, enabled: true });
  expect(portal.lane()).toMatchObject({
    backlog: { cursor: 7, dueThrough: null, skipped: [] },
    totals: { undelivered: 0 },
  });
  expect(portal.stream(portal.deliveries)).toMatchObject([
    { type: 'LaneSnapshotted', data: { loginsThrough: 5 } },
    loginsSkipped(6, 7),
  ]);
  portal.rows();
});

it('due logins that are older than the limit for undelivered ones expire before they are pruned', async () => {
  const portal = await withPortal({ enabled: true });
  portal.recordMany(3);
  const [later] = portal.recordMany(2);
  const cut = { recordedBefore: later?.recordedAt ?? 0, expireBefore: later?.recordedAt ?? 0 };
  expect(await portal.pruneAll({ ...cut, expireBefore: 0 })).toBe(false);
  expect(await portal.pruneAll(cut)).toBe(true);
  expect(portal.horizons()[0]).toBe(3);
  expect(portal.stream(portal.deliveries)).toEqual([
    { type: 'LoginsExpired', data: { firstVersion: 1, lastVersion: 3, undelivered: 0, deliveryId: null } },
  ]);
  expect(portal.lane()).toMatchObject({ backlog: { cursor: 3 }, totals: { undelivered: 0, discarded: 3 } });
  portal.rows();
});

it('undelivered logins and their deliveries are not pruned until the logins expire', async () => {
  const portal = await withPortal({ enabled: true });
  portal.recordMany(4);
  portal.start('d-1', 1, 2);
  portal.deliver('d-1');
  portal.start('d-2', 3, 4);
  portal.given([portal.deliveries, batchAbandoned('d-2', 5)]);
  await portal.pruneAll();
  expect(portal.horizons()).toEqual([2, 2]);
  expect(portal.typesOf(portal.deliveries)).toEqual(['BatchStarted', 'BatchAbandoned', 'LaneSnapshotted']);
  expect(portal.rows()['undelivered']).toHaveLength(1);
  expect(await portal.pruneAll()).toBe(false);

  expect(await portal.pruneAll({ expireBefore: Number.MAX_SAFE_INTEGER })).toBe(true);
  expect(portal.horizons()).toEqual([4, 6]);
  expect(portal.lane()).toMatchObject({ totals: { delivered: 2, undelivered: 0, discarded: 2 } });
  expect(portal.rows()['undelivered']).toEqual([]);
});

it('a discarded range is listed until the discard is too old, but its logins are pruned by their age', async () => {
  const portal = await withPortal({ enabled: true });
  portal.recordMany(2);
  portal.start('d-1', 1, 2);
  portal.given([portal.deliveries, batchAbandoned('d-1', 5)]);
  const discarded: DomainEvent = {
    type: 'LoginsDiscarded',
    data: { ranges: [{ firstVersion: 1, lastVersion: 2 }], reason: 'test' },
  };
  const [event] = portal.given([`undelivered-${portal.portalId}`, discarded]);
  await portal.pruneAll({ recordedBefore: event?.recordedAt ?? 0 });
  expect(portal.horizons()).toEqual([2, 0]);
  expect(portal.rows()['undelivered']).toHaveLength(1);
  await portal.pruneAll();
  expect(portal.horizons()).toEqual([2, 2]);
  expect(portal.rows()['undelivered']).toEqual([]);
});

it('events up to a given position are pruned, whatever their age', async () => {
  const portal = await withPortal();
  const recorded = portal.recordMany(9);
  await portal.pruneAll({ recordedBefore: 0, throughPosition: recorded[3]?.position ?? 0 });
  expect(portal.horizons()[0]).toBe(4);
});

it('a second pruning has nothing to prune', async () => {
  const portal = await withPortal({ enabled: true });
  portal.recordMany(2);
  portal.start('d-1', 1, 2);
  portal.deliver('d-1');
  expect(await portal.pruneAll()).toBe(true);
  const head = portal.log.head();
  expect(await portal.pruneAll()).toBe(false);
  expect(portal.log.head()).toBe(head);
  expect(portal.typesOf(portal.deliveries)).toEqual(['LaneSnapshotted']);
});

it('a lane snapshot is pruned when another one replaces it', async () => {
  const portal = await withPortal();
  for (let round = 0; round < 5; round += 1) {
    portal.recordMany(3);
    await portal.pruneAll({ recordedBefore: 0, throughPosition: portal.log.head() });
  }
  expect(portal.typesOf(portal.deliveries)).toEqual(['LaneSnapshotted']);
  expect(portal.horizons()).toEqual([15, 4]);
  portal.rows();
});

it('a step prunes a limited number of events, and after each step a rebuild gives the same rows', async () => {
  const portal = await withPortal({ enabled: true });
  portal.recordMany(STEP + 30);
  portal.start('d-1', 1, STEP + 30);
  portal.deliver('d-1');
  const prunable = await portal.snapshot();
  if (!prunable) throw new Error('nothing can be pruned');
  const steps: unknown[] = [];
  for (let count = 0; count < 3; count += 1) {
    steps.push(await portal.step(prunable));
    portal.rows();
  }
  expect(steps).toEqual([
    { logins: STEP, deliveryEvents: 0 },
    { logins: 30, deliveryEvents: 2 },
    { logins: 0, deliveryEvents: 0 },
  ]);
});

it('a key can be used again after its login was pruned', async () => {
  const portal = await withPortal();
  await portal.record(portal.portalId, { idempotencyKey: 'k' }, {});
  await portal.pruneAll();
  const [again] = await portal.record(portal.portalId, { idempotencyKey: 'k', principalId: 'other' });
  expect(again).toMatchObject({ version: 3, data: { principalId: 'other' } });
  expect(portal.rows()['idempotency_keys']).toHaveLength(1);
});
