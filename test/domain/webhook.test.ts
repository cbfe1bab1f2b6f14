import { beforeEach, describe, expect, it } from 'vitest';
import { createDestination } from '../../src/delivery/kinds/input.js';
import { parse } from '../../src/domain/input.js';
import type { StreamName } from '../../src/domain/stream.js';
import {
  configureWebhook,
  decide,
  removeWebhook,
  type Webhook,
  type WebhookCommand,
} from '../../src/domain/webhook.js';
import { refusalOf } from '../support/domain/given.js';
import { openHandlers } from '../support/log/commands.js';
import { CAUSE as cause } from '../support/log/fixture.js';

const siem = 'a3d2699a-0ed3-4417-bb10-d8e74a1513a4';
const other = '998db3e4-5cb7-4dd5-b51c-9878096a6999';
const on: Webhook = { destinationId: siem, enabled: true };
const configure = (destinationId: string | undefined, enabled: boolean | undefined): WebhookCommand => ({
  type: 'ConfigureWebhook',
  destinationId,
  enabled,
  loginsThrough: 7,
});
const configured = (destinationId: string, enabled: boolean) => [
  { type: 'WebhookConfigured', data: { destinationId, enabled, loginsThrough: 7 } },
];

describe('configuring a webhook', () => {
  it('for the first time needs a destination, and leaves the webhook off unless `enabled` is true', () => {
    expect(decide(configure(siem, undefined), null)).toEqual(configured(siem, false));
    expect(decide(configure(siem, true), null)).toEqual(configured(siem, true));
  });

  it('for the first time without a destination is refused', () => {
    const refusal = refusalOf(() => decide(configure(undefined, true), null));
    expect(refusal.code).toBe('INVALID_INPUT');
    expect(refusal.fields.map(({ field }) => field)).toEqual(['destinationId']);
  });

  it('keeps the fields that are left out', () => {
    expect(decide(configure(undefined, false), on)).toEqual(configured(siem, false));
    expect(decide(configure(other, undefined), on)).toEqual(configured(other, true));
  });

  it('with its current settings changes nothing', () => {
    expect(decide(configure(siem, true), on)).toEqual([]);
    expect(decide(configure(undefined, undefined), on)).toEqual([]);
  });
});

describe('removing a webhook', () => {
  it('records the last login of the portal', () => {
    const removed = { type: 'WebhookRemoved', data: { loginsThrough: 7 } };
    expect(decide({ type: 'RemoveWebhook', loginsThrough: 7 }, on)).toEqual([removed]);
  });

  it('that does not exist is refused', () => {
    expect(refusalOf(() => decide({ type: 'RemoveWebhook', loginsThrough: 7 }, null)).code).toBe('NOT_FOUND');
  });
});

describe('the input of a webhook', () => {
  it('treats null as a field that is left out', () => {
    const input = { portalId: siem, destinationId: null, enabled: null };
    expect(parse(configureWebhook, input)).toEqual({ portalId: siem, destinationId: undefined, enabled: undefined });
  });

  it('refuses malformed ids', () => {
    const fields = (work: () => unknown) => refusalOf(work).fields.map(({ field }) => field);
    expect(fields(() => parse(configureWebhook, { portalId: 'x', destinationId: 'y' }))).toEqual([
      'portalId',
      'destinationId',
    ]);
    expect(fields(() => parse(removeWebhook, { portalId: '' }))).toEqual(['portalId']);
  });
});

describe('a webhook in the log', () => {
  let fixture: ReturnType<typeof openHandlers>;
  let portalId: string;
  let destinationId: string;

  beforeEach(() => {
    fixture = openHandlers();
    portalId = fixture.handlers.registerPortal({ name: 'Shop' }, cause, 1);
    const endpoint = 'https://siem.example.com/';
    destinationId = fixture.handlers.createDestination(createDestination.parse({ name: 'SIEM', endpoint }), cause, 1);
  });

  const set = (change: { destinationId?: string; enabled?: boolean }) =>
    fixture.handlers.configureWebhook({ portalId, destinationId: undefined, enabled: undefined, ...change }, cause, 2);
  const recordLogins = (count: number) => {
    const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '::1' } as const;
    const texts = { request: '', principalId: '', principalName: '', userAgent: '' };
    fixture.handlers.recordLogins(
      { portalId, logins: Array.from({ length: count }, () => ({ ...login, ...texts })), traceIds: [] },
      cause,
      3,
    );
  };
  const deliveryEvents = () => {
    const stream: StreamName = `delivery-${portalId}`;
    return fixture.log.range(stream, 1, Number.MAX_SAFE_INTEGER).map(({ type, data }) => ({ type, data }));
  };

  it('needs a destination that exists', () => {
    const refusal = refusalOf(() => set({ destinationId: other }));
    expect(refusal.code).toBe('NOT_FOUND');
    expect(refusal.fields.map(({ field }) => field)).toEqual(['destinationId']);
  });

  it('needs a portal that is not retired', () => {
    fixture.handlers.retirePortal({ id: portalId }, cause, 2);
    expect(refusalOf(() => set({ destinationId })).code).toBe('PORTAL_RETIRED');
    expect(refusalOf(() => fixture.handlers.removeWebhook({ portalId }, cause, 2)).code).toBe('PORTAL_RETIRED');
  });

  it('skips, when it is turned on, the logins that were recorded while it was off', () => {
    set({ destinationId, enabled: true });
    recordLogins(2);
    set({ enabled: false });
    recordLogins(3);
    set({ enabled: true });
    expect(deliveryEvents()).toEqual([{ type: 'LoginsSkipped', data: { firstVersion: 3, lastVersion: 5 } }]);
  });

  it('skips nothing if no login was recorded while it was off', () => {
    set({ destinationId, enabled: true });
    recordLogins(2);
    set({ enabled: false });
    set({ enabled: true });
    expect(deliveryEvents()).toEqual([]);
  });

  it('lists, when it is removed, the due logins as undelivered, and no others', () => {
    recordLogins(2);
    set({ destinationId, enabled: true });
    recordLogins(3);
    set({ enabled: false });
    recordLogins(4);
    fixture.handlers.removeWebhook({ portalId }, cause, 4);
    const undelivered = { firstVersion: 3, lastVersion: 5, deliveryId: null, reason: 'WEBHOOK_REMOVED' };
    expect(deliveryEvents()).toEqual([
      { type: 'LoginsSkipped', data: { firstVersion: 1, lastVersion: 2 } },
      { type: 'LoginsUndelivered', data: undelivered },
    ]);
  });

  it('is removed with its portal, and lists the due logins as undelivered', () => {
    set({ destinationId, enabled: true });
    recordLogins(1);
    fixture.handlers.retirePortal({ id: portalId }, cause, 4);
    expect(deliveryEvents().map(({ type }) => type)).toEqual(['LoginsUndelivered']);
    expect(fixture.models.webhooks.get(portalId)).toMatchObject({ destinationId: null, enabled: false });
  });
});
