import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/domain/delivery.js';
import { statusOf } from '../../src/projections/status.js';
import { RETENTION } from '../support/lane-events.js';
import { openCommands } from '../support/log-commands.js';
import { OTHER_PORTAL } from '../support/log-events.js';
import { CAUSE, START } from '../support/log-fixture.js';

async function withWebhook({ enabled = true } = {}) {
  const commands = openCommands();
  const { record, stream, execute, models, log } = commands;
  const portalId = await commands.registerPortal();
  const destinationId = await commands.createDestination();
  await commands.configureWebhook(portalId, { destinationId, enabled });
  return {
    ...commands,
    portalId,
    destinationId,
    login: (count = 1) => record(portalId, ...Array.from({ length: count }, () => ({}))),
    turn: (on: boolean) => commands.configureWebhook(portalId, { enabled: on }),
    deliveries: () => stream(`delivery-${portalId}`),
    status: () => statusOf(portalId, models, log, RETENTION).status,
    /** Starts a batch as the engine does, which then is in flight. */
    start: (firstVersion: number, lastVersion: number, deliveryId = 'd-1') =>
      execute(
        'advanceDelivery',
        {
          portalId,
          command: {
            type: 'StartBatch',
            batch: {
              deliveryId,
              destinationId,
              firstVersion,
              lastVersion,
              logFormat: 'CEF',
              signingKeyId: 'k',
              line: LINE,
            },
          },
        },
        CAUSE,
      ),
    deliver: (deliveryId = 'd-1', attempt = 1) => {
      const outcome = { verdict: 'DELIVERED' as const, retryAfterMs: null, ...TRY };
      return execute(
        'advanceDelivery',
        { portalId, command: { type: 'RecordOutcome', deliveryId, attempt, outcome, random: 0 } },
        CAUSE,
      );
    },
  };
}

const LINE = { host: 'h', vendor: 'v', product: 'p', version: '1', organizationId: 'o' };
const TRY: Omit<Attempt, 'deliveryId' | 'attempt'> = {
  attemptedAt: START,
  durationMs: 5,
  responseCode: 200,
  message: 'OK',
};
const skipped = (firstVersion: number, lastVersion: number) => ({
  type: 'LoginsSkipped',
  data: { firstVersion, lastVersion },
});
const undelivered = (firstVersion: number, lastVersion: number) => ({
  type: 'LoginsUndelivered',
  data: { firstVersion, lastVersion, deliveryId: null, reason: 'WEBHOOK_REMOVED' },
});

describe('configuring', () => {
  it('records the destination, whether it is on, and the last login before', async () => {
    const { login, turn, stream, portalId, destinationId } = await withWebhook({ enabled: false });
    await login(3);
    await turn(true);
    expect(stream(`webhook-${portalId}`)).toEqual([
      { type: 'WebhookConfigured', data: { destinationId, enabled: false, loginsThrough: 0 } },
      { type: 'WebhookConfigured', data: { destinationId, enabled: true, loginsThrough: 3 } },
    ]);
  });

  it('passes over the logins that were recorded before it was first turned on', async () => {
    const { login, turn, deliveries, status } = await withWebhook({ enabled: false });
    await login(3);
    await turn(true);
    await login();
    expect(deliveries()).toEqual([skipped(1, 3)]);
    expect(status().pending).toBe(1);
  });

  it('passes over the logins that were recorded while it was off, and keeps those that were due', async () => {
    const { login, turn, deliveries, status } = await withWebhook();
    await login(2);
    await turn(false);
    await login(3);
    expect([deliveries(), status().pending]).toEqual([[], 2]);
    await turn(true);
    await login(1);
    expect([deliveries(), status().pending]).toEqual([[skipped(3, 5)], 3]);
  });

  it('passes over nothing if no login came while it was off', async () => {
    const { login, turn, deliveries } = await withWebhook();
    await login(2);
    await turn(false);
    await turn(true);
    expect(deliveries()).toEqual([]);
  });

  it('passes over nothing when it is pointed at another destination while it is on', async () => {
    const { login, portalId, createDestination, configureWebhook, deliveries, status } = await withWebhook();
    await login(2);
    const destinationId = await createDestination({ name: 'Other', endpoint: 'https://other.example.com' });
    await configureWebhook(portalId, { destinationId });
    expect([deliveries(), status().pending]).toEqual([[], 2]);
  });

  it('changes nothing when it says what is so already', async () => {
    const { portalId, destinationId, configureWebhook, log } = await withWebhook();
    const head = log.head();
    await configureWebhook(portalId, { destinationId, enabled: true });
    await configureWebhook(portalId, {});
    expect(log.head()).toBe(head);
  });

  it('refuses portals and destinations that are not there', async () => {
    const { portalId, configureWebhook, registerPortal } = await withWebhook();
    await expect(configureWebhook(OTHER_PORTAL, { enabled: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const unknown = configureWebhook(portalId, { destinationId: OTHER_PORTAL });
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND', fields: [{ field: 'destinationId' }] });
    const fresh = configureWebhook(await registerPortal('Fresh'), { enabled: true });
    await expect(fresh).rejects.toMatchObject({ code: 'INVALID_INPUT', fields: [{ field: 'destinationId' }] });
  });
});

describe('removing', () => {
  it('lists what was due as undelivered', async () => {
    const { login, portalId, removeWebhook, deliveries, status, stream } = await withWebhook();
    await login(4);
    await removeWebhook(portalId);
    expect(stream(`webhook-${portalId}`).at(-1)).toEqual({ type: 'WebhookRemoved', data: { loginsThrough: 4 } });
    expect(deliveries()).toEqual([undelivered(1, 4)]);
    expect(status()).toMatchObject({ status: 'UNCONFIGURED', enabled: false, pending: 0, undeliveredTotal: 4 });
  });

  it('leaves what is in flight to its delivery, and lists the rest', async () => {
    const { login, start, portalId, removeWebhook, deliveries } = await withWebhook();
    await login(5);
    await start(1, 2);
    await removeWebhook(portalId);
    expect(deliveries().slice(1)).toEqual([undelivered(3, 5)]);
  });

  it('lists only what was due, around what was recorded while it was off', async () => {
    const { login, turn, portalId, removeWebhook, deliveries, status } = await withWebhook();
    await login(2);
    await turn(false);
    await login(2);
    await turn(true);
    await login(1);
    await removeWebhook(portalId);
    expect(deliveries()).toEqual([skipped(3, 4), undelivered(1, 2), undelivered(5, 5)]);
    expect(status()).toMatchObject({ pending: 0, undeliveredTotal: 3 });
  });

  it('is done with what it listed: nothing of it is due or listed again later', async () => {
    const { login, turn, portalId, destinationId, removeWebhook, configureWebhook, deliveries, status, start } =
      await withWebhook();
    await login(2);
    await turn(false);
    await login(2);
    await turn(true);
    await removeWebhook(portalId);
    await login(1);
    await configureWebhook(portalId, { destinationId, enabled: true });
    expect(status()).toMatchObject({ pending: 0, oldestPendingAt: null, undeliveredTotal: 2 });
    await login(1);
    await start(6, 6);
    expect(deliveries().map(({ type }) => type)).toEqual([
      'LoginsSkipped',
      'LoginsUndelivered',
      'LoginsSkipped',
      'BatchStarted',
    ]);
    await removeWebhook(portalId);
    expect(status().undeliveredTotal).toBe(2);
  });

  it('lists nothing if nothing was due', async () => {
    const { login, start, deliver, portalId, removeWebhook, deliveries } = await withWebhook();
    await login(2);
    await start(1, 2);
    await deliver();
    await removeWebhook(portalId);
    expect(deliveries().map(({ type }) => type)).toEqual(['BatchStarted', 'BatchDelivered']);
  });

  it('passes over what was recorded while there was none, when one is configured again', async () => {
    const { login, portalId, destinationId, removeWebhook, configureWebhook, deliveries, status } = await withWebhook();
    await login(1);
    await removeWebhook(portalId);
    await login(2);
    await configureWebhook(portalId, { destinationId, enabled: true });
    await login(1);
    expect(deliveries()).toEqual([undelivered(1, 1), skipped(2, 3)]);
    expect(status().pending).toBe(1);
  });

  it('refuses if there is none', async () => {
    const { portalId, removeWebhook } = await withWebhook();
    await removeWebhook(portalId);
    await expect(removeWebhook(portalId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(removeWebhook(OTHER_PORTAL)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('retiring a portal', () => {
  it('removes its webhook in one step, with what was due', async () => {
    const { login, portalId, retirePortal, log, typesAfter, deliveries, commits } = await withWebhook();
    await login(2);
    const head = log.head();
    commits.length = 0;
    await retirePortal(portalId);
    expect(typesAfter(head)).toEqual(['PortalRetired', 'WebhookRemoved', 'LoginsUndelivered']);
    expect(deliveries()).toEqual([undelivered(1, 2)]);
    expect(commits).toEqual([head + 3]);
  });

  it('needs no webhook, and changes nothing the second time', async () => {
    const { registerPortal, retirePortal, log, typesAfter } = await withWebhook();
    const portalId = await registerPortal('Bare');
    const head = log.head();
    await retirePortal(portalId);
    await retirePortal(portalId);
    expect(typesAfter(head)).toEqual(['PortalRetired']);
  });

  it('refuses every later configuration', async () => {
    const { portalId, destinationId, retirePortal, configureWebhook, removeWebhook, execute } = await withWebhook();
    await retirePortal(portalId);
    const retired = { code: 'PORTAL_RETIRED' };
    await expect(configureWebhook(portalId, { destinationId })).rejects.toMatchObject(retired);
    await expect(removeWebhook(portalId)).rejects.toMatchObject(retired);
    await expect(execute('renamePortal', { id: portalId, name: 'x' }, CAUSE)).rejects.toMatchObject(retired);
  });
});
