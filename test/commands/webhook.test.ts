import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/domain/lane/attempt.js';
import { statusOf } from '../../src/queries/status.js';
import { RETENTION } from '../support/lane/events.js';
import { openCommands } from '../support/log/commands.js';
import { OTHER_PORTAL } from '../support/log/events.js';
import { CAUSE, START } from '../support/log/fixture.js';

async function withWebhook({ enabled = true } = {}) {
  const commands = openCommands();
  const { record, stream, execute, models, log, now } = commands;
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
    status: () => statusOf(portalId, { models, log, retention: RETENTION, now }).status,
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
        { portalId, command: { type: 'RecordOutcome', deliveryId, attemptNumber: attempt, outcome, random: 0 } },
        CAUSE,
      );
    },
  };
}

const LINE = { host: 'h', vendor: 'v', product: 'p', version: '1', organizationId: 'o' };
const TRY: Omit<Attempt, 'deliveryId' | 'attemptNumber'> = {
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

describe('turning on', () => {
  /** Two logins are due, then two, and later two more, come while the webhook is off; half a minute lies between them. */
  async function whileOff() {
    const webhook = await withWebhook();
    const { login, turn, wait, now } = webhook;
    await login(2);
    await turn(false);
    wait(30_000);
    await login(2);
    wait(30_000);
    const later = now();
    await login(2);
    wait(30_000);
    return { ...webhook, later };
  }
  const on = { enabled: true };

  it.each([undefined, 'FROM_NOW'] as const)('%s: passes over what was recorded while it was off', async (catchUp) => {
    const { portalId, configureWebhook, deliveries, status } = await whileOff();
    await configureWebhook(portalId, { ...on, ...(catchUp && { catchUp }) });
    expect([deliveries(), status().pending]).toEqual([[skipped(3, 6)], 2]);
  });

  it('SINCE_LAST_ON: everything of that time is due', async () => {
    const { portalId, configureWebhook, deliveries, status } = await whileOff();
    await configureWebhook(portalId, { ...on, catchUp: 'SINCE_LAST_ON' });
    expect([deliveries(), status().pending]).toEqual([[], 6]);
  });

  it('SINCE_LAST_ON: everything that was ever recorded is due, where it never was on', async () => {
    const { login, portalId, configureWebhook, deliveries, status } = await withWebhook({ enabled: false });
    await login(3);
    await configureWebhook(portalId, { ...on, catchUp: 'SINCE_LAST_ON' });
    expect([deliveries(), status().pending]).toEqual([[], 3]);
  });

  it('SINCE_LAST_ON: what a removal listed is not due a second time', async () => {
    const { login, portalId, destinationId, removeWebhook, configureWebhook, status } = await withWebhook();
    await login(2);
    await removeWebhook(portalId);
    await login(3);
    await configureWebhook(portalId, { ...on, destinationId, catchUp: 'SINCE_LAST_ON' });
    expect(status()).toMatchObject({ pending: 3, undeliveredTotal: 2 });
  });

  it.each([
    ['at the time of a login', 0, 4, [skipped(3, 4)]],
    ['just after it', 1, 2, [skipped(3, 6)]],
    ['between two', -1, 4, [skipped(3, 4)]],
    ['before all of them', -3_600_000, 6, []],
    ['after all of them', 3_600_000, 2, [skipped(3, 6)]],
  ])('SINCE %s: what was recorded then or later is due', async (_, ms, pending, events) => {
    const { portalId, configureWebhook, deliveries, status, later } = await whileOff();
    await configureWebhook(portalId, { ...on, catchUp: 'SINCE', since: later + ms });
    expect([deliveries(), status().pending]).toEqual([events, pending]);
  });

  it('sends what was due before first, and what was caught up behind it, as one row of logins', async () => {
    const { portalId, configureWebhook, start, deliver, status, later } = await whileOff();
    await configureWebhook(portalId, { ...on, catchUp: 'SINCE', since: later });
    await start(1, 2);
    await deliver();
    await start(5, 6, 'd-2');
    await deliver('d-2');
    expect(status()).toMatchObject({ pending: 0, deliveredTotal: 4 });
  });

  it.each([
    ['since', { enabled: true, catchUp: 'SINCE' }],
    ['since', { enabled: true, since: START }],
    ['since', { enabled: true, catchUp: 'FROM_NOW', since: START }],
    ['catchUp', { enabled: false, catchUp: 'SINCE_LAST_ON' }],
    ['catchUp', { catchUp: 'FROM_NOW' }],
  ] as const)('refuses %s where it means nothing or is missing: %o', async (field, input) => {
    const { portalId, configureWebhook, log } = await whileOff();
    const head = log.head();
    const refused = configureWebhook(portalId, input);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT', fields: [{ field }] });
    expect(log.head()).toBe(head);
  });

  it('refuses to catch up where it is on already', async () => {
    const { portalId, configureWebhook } = await withWebhook();
    const again = configureWebhook(portalId, { enabled: true, catchUp: 'SINCE_LAST_ON' });
    await expect(again).rejects.toMatchObject({ code: 'INVALID_INPUT', fields: [{ field: 'catchUp' }] });
  });
});

describe('removing', () => {
  it('lists what was due as undelivered', async () => {
    const { login, portalId, removeWebhook, deliveries, status, stream } = await withWebhook();
    await login(4);
    await removeWebhook(portalId);
    expect(stream(`webhook-${portalId}`).at(-1)).toEqual({ type: 'WebhookRemoved', data: { loginsThrough: 4 } });
    expect(deliveries()).toEqual([undelivered(1, 4)]);
    expect(status()).toMatchObject({ state: 'UNCONFIGURED', enabled: false, pending: 0, undeliveredTotal: 4 });
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
