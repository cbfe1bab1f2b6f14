/** Events with defaults for the fields that a test does not need. */

import type { CreatedSettings, DestinationEvent } from '../../../src/domain/destination.js';
import type { DeliveryEvent } from '../../../src/domain/lane/events.js';
import type { Login, LoginEvent } from '../../../src/domain/login.js';
import type { LoginRange } from '../../../src/domain/login-range.js';
import type { PortalEvent } from '../../../src/domain/portal.js';
import type { WebhookEvent } from '../../../src/domain/webhook.js';
import { START } from './fixture.js';

export const PORTAL = '3e551b39-227d-4297-b911-e68fd5d77c17';
export const OTHER_PORTAL = 'a3d2699a-0ed3-4417-bb10-d8e74a1513a4';
export const DESTINATION = '998db3e4-5cb7-4dd5-b51c-9878096a6999';
export const OTHER_DESTINATION = '0d0a2c6e-51f6-4f0b-9a55-0d5f5f9f3a11';

export const LOGIN: Login = {
  authenticationType: 'BASIC',
  outcome: 'SUCCESS',
  sourceAddress: '192.0.2.7',
  request: '/login',
  principalId: 'p-1',
  principalName: 'Ada',
  userAgent: 'curl/8',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  occurredAt: START,
};

export const loginRecorded = (login: Partial<Login> = {}): LoginEvent => ({
  type: 'LoginRecorded',
  data: { ...LOGIN, ...login },
});

export const portalRegistered = (name = 'Portal'): PortalEvent => ({ type: 'PortalRegistered', data: { name } });

const SETTINGS: CreatedSettings = {
  name: 'SIEM',
  endpoint: 'https://siem.example.com/collector',
  logFormat: 'CEF',
  skipTlsVerification: false,
  caCertificate: null,
  authorization: null,
};

export const destinationCreated = (settings: Partial<CreatedSettings> = {}): DestinationEvent => ({
  type: 'DestinationCreated',
  data: { ...SETTINGS, ...settings },
});

export const webhookConfigured = (enabled: boolean, loginsThrough = 0, destinationId = DESTINATION): WebhookEvent => ({
  type: 'WebhookConfigured',
  data: { destinationId, enabled, loginsThrough },
});

export const batchStarted = (deliveryId: string, range: LoginRange, destinationId = DESTINATION): DeliveryEvent => ({
  type: 'BatchStarted',
  data: {
    deliveryId,
    destinationId,
    logFormat: 'CEF',
    signingKeyId: 'key-1',
    line: { host: 'auditwire', vendor: 'Auditwire', product: 'Dev-Portal', version: '1.0', organizationId: 'org-1' },
    ...range,
  },
});

const attemptOf = (deliveryId: string, attempt: number, responseCode: number) => ({
  deliveryId,
  attemptNumber: attempt,
  attemptedAt: START + attempt,
  durationMs: 12,
  responseCode,
  message: `answer ${responseCode}`,
});

export const batchDelivered = (deliveryId: string, attempt = 1): DeliveryEvent => ({
  type: 'BatchDelivered',
  data: attemptOf(deliveryId, attempt, 200),
});

export const retryScheduled = (deliveryId: string, attempt = 1, retryDueAt = START + 60_000): DeliveryEvent => ({
  type: 'RetryScheduled',
  data: { ...attemptOf(deliveryId, attempt, 503), retryDueAt },
});

export const batchAbandoned = (deliveryId: string, attempt = 1, nextBatchDueAt = START + 90_000): DeliveryEvent => ({
  type: 'BatchAbandoned',
  data: { ...attemptOf(deliveryId, attempt, 401), nextBatchDueAt },
});

export const superseded = (deliveryId: string): DeliveryEvent => ({ type: 'DeliverySuperseded', data: { deliveryId } });

export const undelivered = (range: LoginRange, deliveryId: string | null = null): DeliveryEvent => ({
  type: 'LoginsUndelivered',
  data: { ...range, deliveryId, reason: 'WEBHOOK_REMOVED' },
});
