import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/domain/lane/attempt.js';
import { statusOf } from '../../src/queries/status.js';
import { loginsSkipped, loginsUndelivered, OTHER_PORTAL, webhookRemoved } from '../support/domain/events.js';
import { openCommands } from '../support/log/commands.js';
import { CAUSE, RETENTION, START } from '../support/log/fixture.js';

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
    setEnabled: (on: boolean) => commands.configureWebhook(portalId, { enabled: on }),
    deliveries: () => stream(`delivery-${portalId}`),
    status: () => statusOf(portalId, { models, log, retention: RETENTION, now }).status,
    /** Starts a batch as the engine does. It is then in flight. */
    start: (firstVersion: number, lastVersion: number, deliveryId = 'd-1') =>
      execute(
        'advanceDelivery',
        {
          webhookId: portalId,
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
      const outcome = { verdict: 'DELIVERED' as const, retryAfterMs: null, ...ATTEMPT };
      return execute(
        'advanceDelivery',
        {
          webhookId: portalId,
          command: { type: 'RecordOutcome', deliveryId, attemptNumber: attempt, outcome, random: 0 },
        },
        CAUSE,
      );
    },
  };
}

const LINE = { host: 'h', vendor: 'v', product: 'p', version: '1', organizationId: 'o' };
const ATTEMPT: Omit<Attempt, 'deliveryId' | 'attemptNumber' | 'responseExcerpt'> = {
  attemptedAt: START,
  durationMs: 5,
  responseCode: 200,
  message: 'OK',
};

describe('configuring a webhook', () => {
  it('records the destination, whether the webhook is on, and the last login of the portal', async () => {
    const { login, setEnabled, stream, portalId, destinationId } = await withWebhook({ enabled: false });
    await login(3);
    await setEnabled(true);
    expect(stream(`webhook-${portalId}`)).toEqual([
      { type: 'WebhookConfigured', data: { destinationId, enabled: false, loginsThrough: 0 } },
      { type: 'WebhookConfigured', data: { destinationId, enabled: true, loginsThrough: 3 } },
    ]);
  });

  it('skips the logins that were recorded before it was first turned on', async () => {
    const { login, setEnabled, deliveries, status } = await withWebhook({ enabled: false });
    await login(3);
    await setEnabled(true);
    await login();
    expect(deliveries()).toEqual([loginsSkipped(1, 3)]);
    expect(status().pending).toBe(1);
  });

  it('skips the logins that were recorded while it was off, and keeps those that were due', async () => {
    const { login, setEnabled, deliveries, status } = await withWebhook();
    await login(2);
    await setEnabled(false);
    await login(3);
    expect([deliveries(), status().pending]).toEqual([[], 2]);
    await setEnabled(true);
    await login(1);
    expect([deliveries(), status().pending]).toEqual([[loginsSkipped(3, 5)], 3]);
  });

  it('skips nothing if no login was recorded while it was off', async () => {
    const { login, setEnabled, deliveries } = await withWebhook();
    await login(2);
    await setEnabled(false);
    await setEnabled(true);
    expect(deliveries()).toEqual([]);
  });

  it('skips nothing if the destination changes while the webhook is on', async () => {
    const { login, portalId, createDestination, configureWebhook, deliveries, status } = await withWebhook();
    await login(2);
    const destinationId = await createDestination({ name: 'Other', endpoint: 'https://other.example.com' });
    await configureWebhook(portalId, { destinationId });
    expect([deliveries(), status().pending]).toEqual([[], 2]);
  });

  it('changes nothing with the current settings', async () => {
    const { portalId, destinationId, configureWebhook, log } = await withWebhook();
    const head = log.head();
    await configureWebhook(portalId, { destinationId, enabled: true });
    await configureWebhook(portalId, {});
    expect(log.head()).toBe(head);
  });

  it('refuses portals and destinations that do not exist', async () => {
    const { portalId, configureWebhook, registerPortal } = await withWebhook();
    await expect(configureWebhook(OTHER_PORTAL, { enabled: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const unknown = configureWebhook(portalId, { destinationId: OTHER_PORTAL });
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND', fields: [{ field: 'destinationId' }] });
    const withoutDestination = configureWebhook(await registerPortal('New'), { enabled: true });
    await expect(withoutDestination).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field: 'destinationId' }],
    });
  });
});

describe('turning a webhook on', () => {
  /** Two logins are due. While the webhook is off, two are recorded after 30 s, and two more after another 30 s, at `later`. */
  async function whileOff() {
    const webhook = await withWebhook();
    const { login, setEnabled, wait, now } = webhook;
    await login(2);
    await setEnabled(false);
    wait(30_000);
    await login(2);
    wait(30_000);
    const later = now();
    await login(2);
    wait(30_000);
    return { ...webhook, later };
  }
  const on = { enabled: true };

  it.each([undefined, 'FROM_NOW'] as const)(
    'catchUp %s: logins that were recorded while the webhook was off are skipped',
    async (catchUp) => {
      const { portalId, configureWebhook, deliveries, status } = await whileOff();
      await configureWebhook(portalId, { ...on, ...(catchUp && { catchUp }) });
      expect([deliveries(), status().pending]).toEqual([[loginsSkipped(3, 6)], 2]);
    },
  );

  it('SINCE_LAST_ON: logins that were recorded while the webhook was off are due', async () => {
    const { portalId, configureWebhook, deliveries, status } = await whileOff();
    await configureWebhook(portalId, { ...on, catchUp: 'SINCE_LAST_ON' });
    expect([deliveries(), status().pending]).toEqual([[], 6]);
  });

  it('SINCE_LAST_ON: all recorded logins are due if the webhook was never on', async () => {
    const { login, portalId, configureWebhook, deliveries, status } = await withWebhook({ enabled: false });
    await login(3);
    await configureWebhook(portalId, { ...on, catchUp: 'SINCE_LAST_ON' });
    expect([deliveries(), status().pending]).toEqual([[], 3]);
  });

  it('SINCE_LAST_ON: logins that a removal listed as undelivered are not due again', async () => {
    const { login, portalId, destinationId, removeWebhook, configureWebhook, status } = await withWebhook();
    await login(2);
    await removeWebhook(portalId);
    await login(3);
    await configureWebhook(portalId, { ...on, destinationId, catchUp: 'SINCE_LAST_ON' });
    expect(status()).toMatchObject({ pending: 3, undeliveredTotal: 2 });
  });

  it.each([
    ['at the time of a login', 0, 4, [loginsSkipped(3, 4)]],
    ['1 ms after it', 1, 2, [loginsSkipped(3, 6)]],
    ['1 ms before it', -1, 4, [loginsSkipped(3, 4)]],
    ['before all of them', -3_600_000, 6, []],
    ['after all of them', 3_600_000, 2, [loginsSkipped(3, 6)]],
  ])('SINCE %s: logins that were recorded then or later are due', async (_, ms, pending, events) => {
    const { portalId, configureWebhook, deliveries, status, later } = await whileOff();
    await configureWebhook(portalId, { ...on, catchUp: 'SINCE', since: later + ms });
    expect([deliveries(), status().pending]).toEqual([events, pending]);
  });

  it('sends the logins that were due before first, and then the others', async () => {
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
  ] as const)('refuses %s if it is missing or has no meaning: %o', async (field, input) => {
    const { portalId, configureWebhook, log } = await whileOff();
    const head = log.head();
    const refused = configureWebhook(portalId, input);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT', fields: [{ field }] });
    expect(log.head()).toBe(head);
  });

  it('refuses to catch up if the webhook is already on', async () => {
    const { portalId, configureWebhook } = await withWebhook();
    const again = configureWebhook(portalId, { enabled: true, catchUp: 'SINCE_LAST_ON' });
    await expect(again).rejects.toMatchObject({ code: 'INVALID_INPUT', fields: [{ field: 'catchUp' }] });
  });
});

describe('removing a webhook', () => {
  it('lists the due logins as undelivered', async () => {
    const { login, portalId, removeWebhook, deliveries, status, stream } = await withWebhook();
    await login(4);
    await removeWebhook(portalId);
    expect(stream(`webhook-${portalId}`).at(-1)).toEqual(webhookRemoved(4));
    expect(deliveries()).toEqual([loginsUndelivered(1, 4)]);
    expect(status()).toMatchObject({ state: 'UNCONFIGURED', enabled: false, pending: 0, undeliveredTotal: 4 });
  });

  it('lists the due logins that are not in flight', async () => {
    const { login, start, portalId, removeWebhook, deliveries } = await withWebhook();
    await login(5);
    await start(1, 2);
    await removeWebhook(portalId);
    expect(deliveries().slice(1)).toEqual([loginsUndelivered(3, 5)]);
  });

  it('lists only due logins, and not those that were recorded while it was off', async () => {
    const { login, setEnabled, portalId, removeWebhook, deliveries, status } = await withWebhook();
    await login(2);
    await setEnabled(false);
    await login(2);
    await setEnabled(true);
    await login(1);
    await removeWebhook(portalId);
    expect(deliveries()).toEqual([loginsSkipped(3, 4), loginsUndelivered(1, 2), loginsUndelivered(5, 5)]);
    expect(status()).toMatchObject({ pending: 0, undeliveredTotal: 3 });
  });

  it('lists a login once: it is not due or listed again later', async () => {
    const { login, setEnabled, portalId, destinationId, removeWebhook, configureWebhook, deliveries, status, start } =
      await withWebhook();
    await login(2);
    await setEnabled(false);
    await login(2);
    await setEnabled(true);
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

  it('lets the next configuration skip the logins that were recorded without a webhook', async () => {
    const { login, portalId, destinationId, removeWebhook, configureWebhook, deliveries, status } = await withWebhook();
    await login(1);
    await removeWebhook(portalId);
    await login(2);
    await configureWebhook(portalId, { destinationId, enabled: true });
    await login(1);
    expect(deliveries()).toEqual([loginsUndelivered(1, 1), loginsSkipped(2, 3)]);
    expect(status().pending).toBe(1);
  });

  it('is refused if there is none', async () => {
    const { portalId, removeWebhook } = await withWebhook();
    await removeWebhook(portalId);
    await expect(removeWebhook(portalId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(removeWebhook(OTHER_PORTAL)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('retiring a portal', () => {
  it('removes its webhook and lists the due logins in the same commit', async () => {
    const { login, portalId, retirePortal, log, typesAfter, deliveries, commits } = await withWebhook();
    await login(2);
    const head = log.head();
    commits.length = 0;
    await retirePortal(portalId);
    expect(typesAfter(head)).toEqual(['PortalRetired', 'WebhookRemoved', 'LoginsUndelivered']);
    expect(deliveries()).toEqual([loginsUndelivered(1, 2)]);
    expect(commits).toEqual([head + 3]);
  });

  it('needs no webhook, and changes nothing the second time', async () => {
    const { registerPortal, retirePortal, log, typesAfter } = await withWebhook();
    const portalId = await registerPortal('Without webhook');
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
