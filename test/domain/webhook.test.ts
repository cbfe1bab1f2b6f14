import { beforeEach, describe, expect, it } from 'vitest';
import { createDestination } from '../../src/domain/destination.js';
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
  it('for the first time needs a destination, and is off unless it is said to be on', () => {
    expect(decide(configure(siem, undefined), null)).toEqual(configured(siem, false));
    expect(decide(configure(siem, true), null)).toEqual(configured(siem, true));
  });

  it('for the first time without a destination is refused', () => {
    const refusal = refusalOf(() => decide(configure(undefined, true), null));
    expect(refusal.code).toBe('INVALID_INPUT');
    expect(refusal.fields.map(({ field }) => field)).toEqual(['destinationId']);
  });

  it('keeps what is left out', () => {
    expect(decide(configure(undefined, false), on)).toEqual(configured(siem, false));
    expect(decide(configure(other, undefined), on)).toEqual(configured(other, true));
  });

  it('as it is changes nothing', () => {
    expect(decide(configure(siem, true), on)).toEqual([]);
    expect(decide(configure(undefined, undefined), on)).toEqual([]);
  });
});

describe('removing a webhook', () => {
  it('records where the logins stood', () => {
    const removed = { type: 'WebhookRemoved', data: { loginsThrough: 7 } };
    expect(decide({ type: 'RemoveWebhook', loginsThrough: 7 }, on)).toEqual([removed]);
  });

  it('that is not there is refused', () => {
    expect(refusalOf(() => decide({ type: 'RemoveWebhook', loginsThrough: 7 }, null)).code).toBe('NOT_FOUND');
  });
});

describe('the input of a webhook', () => {
  it('takes null for a field left out', () => {
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

describe('a webhook over the log', () => {
  let bench: ReturnType<typeof openHandlers>;
  let portalId: string;
  let destinationId: string;

  beforeEach(() => {
    bench = openHandlers();
    portalId = bench.handlers.registerPortal({ name: 'Shop' }, cause, 1);
    const endpoint = 'https://siem.example.com/';
    destinationId = bench.handlers.createDestination(createDestination.parse({ name: 'SIEM', endpoint }), cause, 1);
  });

  const set = (change: { destinationId?: string; enabled?: boolean }) =>
    bench.handlers.configureWebhook({ portalId, destinationId: undefined, enabled: undefined, ...change }, cause, 2);
  const recordLogins = (count: number) => {
    const login = { authenticationType: 'BASIC', outcome: 'SUCCESS', sourceAddress: '::1' } as const;
    const texts = { request: '', principalId: '', principalName: '', userAgent: '' };
    bench.handlers.recordLogins(
      { portalId, logins: Array.from({ length: count }, () => ({ ...login, ...texts, traceId: 't' })), traceIds: [] },
      cause,
      3,
    );
  };
  const deliveryEvents = () => {
    const stream: StreamName = `delivery-${portalId}`;
    return bench.log.range(stream, 1, Number.MAX_SAFE_INTEGER).map(({ type, data }) => ({ type, data }));
  };

  it('points only at a destination that exists', () => {
    const refusal = refusalOf(() => set({ destinationId: other }));
    expect(refusal.code).toBe('NOT_FOUND');
    expect(refusal.fields.map(({ field }) => field)).toEqual(['destinationId']);
  });

  it('belongs to a portal that lives', () => {
    bench.handlers.retirePortal({ id: portalId }, cause, 2);
    expect(refusalOf(() => set({ destinationId })).code).toBe('PORTAL_RETIRED');
    expect(refusalOf(() => bench.handlers.removeWebhook({ portalId }, cause, 2)).code).toBe('PORTAL_RETIRED');
  });

  it('passes over, when it is turned on, what was recorded while it was off', () => {
    set({ destinationId, enabled: true });
    recordLogins(2);
    set({ enabled: false });
    recordLogins(3);
    set({ enabled: true });
    expect(deliveryEvents()).toEqual([{ type: 'LoginsSkipped', data: { firstVersion: 3, lastVersion: 5 } }]);
  });

  it('passes nothing over when nothing was recorded while it was off', () => {
    set({ destinationId, enabled: true });
    recordLogins(2);
    set({ enabled: false });
    set({ enabled: true });
    expect(deliveryEvents()).toEqual([]);
  });

  it('lists, when it is removed, what was due as undelivered, and nothing else', () => {
    recordLogins(2);
    set({ destinationId, enabled: true });
    recordLogins(3);
    set({ enabled: false });
    recordLogins(4);
    bench.handlers.removeWebhook({ portalId }, cause, 4);
    const undelivered = { firstVersion: 3, lastVersion: 5, deliveryId: null, reason: 'WEBHOOK_REMOVED' };
    expect(deliveryEvents()).toEqual([
      { type: 'LoginsSkipped', data: { firstVersion: 1, lastVersion: 2 } },
      { type: 'LoginsUndelivered', data: undelivered },
    ]);
  });

  it('goes with its portal, and lists what was due', () => {
    set({ destinationId, enabled: true });
    recordLogins(1);
    bench.handlers.retirePortal({ id: portalId }, cause, 4);
    expect(deliveryEvents().map(({ type }) => type)).toEqual(['LoginsUndelivered']);
    expect(bench.models.webhooks.get(portalId)).toBeUndefined();
  });
});
