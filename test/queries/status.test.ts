import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../src/domain/event.js';
import type { StreamName } from '../../src/domain/stream.js';
import { statusOf } from '../../src/queries/status.js';
import {
  attempt,
  batchAbandoned,
  batchDelivered,
  batchStarted,
  DESTINATION,
  deliverySuperseded,
  destinationCreated,
  loginRecorded,
  loginsSkipped,
  loginsUndelivered,
  OTHER_DESTINATION,
  PORTAL,
  portalRegistered,
  retryScheduled,
  webhookOff,
  webhookOn,
  webhookRemoved,
} from '../support/domain/events.js';
import { openLog, RETENTION, recordedAt, START } from '../support/log/fixture.js';

const registered = [`portal-${PORTAL}`, portalRegistered()] as const;
const login = [`login-${PORTAL}`, loginRecorded()] as const;
const webhook = (enabled: boolean, ...args: Parameters<typeof webhookOn>) =>
  [`webhook-${PORTAL}`, (enabled ? webhookOn : webhookOff)(...args)] as const;
const removed = (loginsThrough: number) => [`webhook-${PORTAL}`, webhookRemoved(loginsThrough)] as const;
const delivery = (event: DomainEvent) => [`delivery-${PORTAL}`, event] as const;
const start = (id: string, firstVersion: number, lastVersion: number) =>
  delivery(batchStarted(id, firstVersion, lastVersion));

const destination = [`destination-${DESTINATION}`, destinationCreated()] as const;

type Given = readonly [StreamName, DomainEvent];

function given(...events: Given[]) {
  const { given, models, log } = openLog();
  given(registered, ...events, destination);
  return statusOf(PORTAL, { models, log, retention: RETENTION, now: () => START });
}

describe('the table of states', () => {
  const failed = [login, start('d', 1, 1), delivery(retryScheduled('d'))];
  it.each<[boolean, string, string, Given[]]>([
    [false, 'UNCONFIGURED', 'it was never configured', []],
    [false, 'UNCONFIGURED', 'it was removed', [webhook(true), ...failed, removed(1)]],
    [true, 'ACTIVE', 'there was no attempt yet', [webhook(true), login]],
    [true, 'ACTIVE', 'the last attempt succeeded', [webhook(true), ...failed, delivery(batchDelivered('d', 2))]],
    [true, 'INACTIVE', 'the last attempt failed and a retry is due', [webhook(true), ...failed]],
    [
      true,
      'INACTIVE',
      'the last attempt failed and the batch was abandoned',
      [webhook(true), login, start('d', 1, 1), delivery(batchAbandoned('d'))],
    ],
    [false, 'ACTIVE', 'it was configured and never turned on', [webhook(false)]],
    [
      false,
      'ACTIVE',
      'it was turned off after a success',
      [webhook(true), login, start('d', 1, 1), delivery(batchDelivered('d')), webhook(false, 1)],
    ],
    [false, 'INACTIVE', 'it was turned off after a failure', [webhook(true), ...failed, webhook(false, 1)]],
    [
      true,
      'INACTIVE',
      'it was turned on again after a failure',
      [webhook(true), ...failed, webhook(false, 1), webhook(true, 1)],
    ],
    [
      true,
      'ACTIVE',
      'it got another destination after a failure',
      [webhook(true), ...failed, webhook(true, 1, OTHER_DESTINATION)],
    ],
    [
      true,
      'ACTIVE',
      'it was removed after a failure and configured again',
      [webhook(true), ...failed, removed(1), webhook(true, 1)],
    ],
  ])('enabled %s, %s: %s', (enabled, state, _, events) => {
    expect(given(...events).status).toMatchObject({ enabled, state });
  });
});

it('the status before the first configuration has only zeros and nulls', () => {
  expect(given(login)).toEqual({
    webhookId: PORTAL,
    portalId: PORTAL,
    status: {
      enabled: false,
      state: 'UNCONFIGURED',
      lastAttemptAt: null,
      lastResponseCode: null,
      lastResponseMessage: null,
      warning: null,
      pending: 0,
      oldestPendingAt: null,
      nextAttemptAt: null,
      consecutiveFailures: 0,
      deliveredTotal: 0,
      undeliveredTotal: 0,
      oldestUndeliveredAt: null,
      undeliveredExpiresAt: null,
      needsActionTotal: 0,
      discardedTotal: 0,
      holdsLoginsSince: null,
    },
    position: 1,
  });
});

it('the status has the position of the event that last changed it', () => {
  expect(given(webhook(true), login, start('d', 1, 1), login).position).toBe(4);
});

it('the status shows the last attempt, even if the webhook has another destination since', () => {
  const attempted = [webhook(true), login, start('d', 1, 1), delivery(retryScheduled('d'))];
  const last = { lastAttemptAt: 1_000, lastResponseCode: 503, lastResponseMessage: 'answer 503' };
  expect(given(...attempted).status).toMatchObject(last);
  expect(given(...attempted, webhook(true, 1, OTHER_DESTINATION)).status).toMatchObject(last);
});

it('consecutiveFailures counts failed attempts, not batches, until one succeeds', () => {
  const failures = [
    webhook(true),
    login,
    login,
    start('d', 1, 1),
    delivery(retryScheduled('d', 1)),
    delivery(retryScheduled('d', 2)),
  ];
  const abandoned = [delivery(batchAbandoned('d', 3)), start('e', 2, 2), delivery(retryScheduled('e', 1))];
  expect(given(...failures).status.consecutiveFailures).toBe(2);
  expect(given(...failures, ...abandoned).status.consecutiveFailures).toBe(4);
  expect(given(...failures, ...abandoned, delivery(batchDelivered('e', 2))).status.consecutiveFailures).toBe(0);
});

it('pending counts logins that are due and neither delivered nor abandoned, oldestPendingAt is the time of the first one', () => {
  const history: Given[] = [webhook(true), login, login, login];
  expect(given(...history).status).toMatchObject({ pending: 3, oldestPendingAt: recordedAt(3) });
  history.push(start('d', 1, 2));
  expect(given(...history).status).toMatchObject({ pending: 3, oldestPendingAt: recordedAt(3) });
  history.push(delivery(batchDelivered('d')));
  expect(given(...history).status).toMatchObject({ pending: 1, oldestPendingAt: recordedAt(5), deliveredTotal: 2 });
  history.push(start('e', 3, 3), delivery(batchAbandoned('e')));
  expect(given(...history).status).toMatchObject({
    pending: 0,
    oldestPendingAt: null,
    deliveredTotal: 2,
    undeliveredTotal: 1,
  });
});

it('pending does not count logins that were recorded while the webhook was off', () => {
  const off = [webhook(true), login, webhook(false, 1), login, login];
  expect(given(...off).status).toMatchObject({ pending: 1, oldestPendingAt: recordedAt(3) });
  const skipped = delivery(loginsSkipped(2, 3));
  expect(given(...off, webhook(true, 3), skipped, login).status).toMatchObject({
    pending: 2,
    oldestPendingAt: recordedAt(3),
  });
});

it('pending counts the logins of a superseded batch again, once', () => {
  const history = [webhook(true), login, login, start('d', 1, 2), delivery(deliverySuperseded('d'))];
  expect(given(...history).status).toMatchObject({ pending: 2, deliveredTotal: 0, undeliveredTotal: 0 });
  const again = [start('e', 1, 2), delivery(batchDelivered('e'))];
  expect(given(...history, ...again).status).toMatchObject({ pending: 0, deliveredTotal: 2 });
});

it('undeliveredTotal counts the logins that were due when the webhook was removed', () => {
  const open = [webhook(true), login, login, login, start('d', 1, 1), removed(3), delivery(loginsUndelivered(2, 3))];
  expect(given(...open).status).toMatchObject({ pending: 1, undeliveredTotal: 2 });
  const ended = delivery(loginsUndelivered(1, 1, 'd'));
  expect(given(...open, ended).status).toMatchObject({ pending: 0, undeliveredTotal: 3, oldestPendingAt: null });
});

it('nextAttemptAt is the time when the next attempt is due, or null', () => {
  const history: Given[] = [webhook(true), login, login, start('d', 1, 1)];
  expect(given(...history).status.nextAttemptAt).toBe(null);
  history.push(delivery(retryScheduled('d', 1, START + 5)));
  expect(given(...history).status.nextAttemptAt).toBe(START + 5);
  expect(given(...history, webhook(false, 2)).status.nextAttemptAt).toBe(null);
  history.push(delivery(batchAbandoned('d', 2, START + 9)));
  expect(given(...history).status.nextAttemptAt).toBe(START + 9);
  history.push(start('e', 2, 2), delivery(batchAbandoned('e', 1, START + 11)));
  expect(given(...history).status.nextAttemptAt).toBe(START + 11);
});

describe('the warning of the status', () => {
  const warned = delivery({ type: 'BatchDelivered', data: { ...attempt('d', 1, 200), warning: 'it failed' } });
  const twice = [webhook(true), login, start('d', 1, 1), warned, login, start('e', 2, 2)];

  it.each<[string | null, string, Given[]]>([
    ['it failed', 'after a success with a warning', []],
    ['it failed', 'after a failure', [delivery(retryScheduled('e'))]],
    [null, 'after a success without one', [delivery(batchDelivered('e'))]],
    [null, 'after a change of the destination', [webhook(true, 2, OTHER_DESTINATION)]],
    [null, 'after the webhook was removed', [removed(2)]],
  ])('is %j %s', (warning, _, events) => {
    expect(given(...twice, ...events).status.warning).toBe(warning);
  });
});
