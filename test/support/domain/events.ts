/** Events and outcomes of attempts, with defaults for everything that a test does not care about. */
import type { DestinationEvent, DestinationSettings } from '../../../src/domain/destination.js';
import type { LogFormat } from '../../../src/domain/formats/index.js';
import type { Attempt, Outcome, Purpose, Rejection } from '../../../src/domain/lane/attempt.js';
import type { DeliveryEvent } from '../../../src/domain/lane/events.js';
import type { Login, LoginEvent } from '../../../src/domain/login.js';
import type { PortalEvent } from '../../../src/domain/portal.js';
import type { WebhookEvent } from '../../../src/domain/webhook.js';

export const PORTAL = '3e551b39-227d-4297-b911-e68fd5d77c17';
export const OTHER_PORTAL = 'a3d2699a-0ed3-4417-bb10-d8e74a1513a4';
export const DESTINATION = '998db3e4-5cb7-4dd5-b51c-9878096a6999';
export const OTHER_DESTINATION = '0d0a2c6e-51f6-4f0b-9a55-0d5f5f9f3a11';

/** Attempts begin and end at these times, in ms. */
const ATTEMPTED_AT = 1_000;
const DURATION_MS = 500;
const ENDED_AT = ATTEMPTED_AT + DURATION_MS;

export const LOGIN: Login = {
  authenticationType: 'BASIC',
  outcome: 'SUCCESS',
  sourceAddress: '192.0.2.7',
  request: '/login',
  principalId: 'p-1',
  principalName: 'Ada',
  userAgent: 'curl/8',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  occurredAt: Date.UTC(2026, 0, 1),
};

export const loginRecorded = (login: Partial<Login> = {}): LoginEvent => ({
  type: 'LoginRecorded',
  data: { ...LOGIN, ...login },
});

export const portalRegistered = (name = 'Portal'): PortalEvent => ({ type: 'PortalRegistered', data: { name } });

const SETTINGS: DestinationSettings = {
  kind: 'HTTP',
  name: 'SIEM',
  endpoint: 'https://siem.example.com/collector',
  logFormat: 'CEF',
  skipTlsVerification: false,
  caCertificate: null,
  authorization: null,
  headers: [],
  clientCertificate: null,
  clientKey: null,
  maxInFlight: 16,
  linesPerSecond: null,
  maxBatchLines: null,
  maxBatchBytes: null,
};

export const destinationCreated = (settings: Partial<DestinationSettings> = {}): DestinationEvent => ({
  type: 'DestinationCreated',
  data: { ...SETTINGS, ...settings },
});

export const webhookOn = (loginsThrough = 0, destinationId = DESTINATION): WebhookEvent => ({
  type: 'WebhookConfigured',
  data: { destinationId, enabled: true, loginsThrough },
});
export const webhookOff = (loginsThrough = 0, destinationId = DESTINATION): WebhookEvent => ({
  type: 'WebhookConfigured',
  data: { destinationId, enabled: false, loginsThrough },
});
export const webhookRemoved = (loginsThrough = 0): WebhookEvent => ({
  type: 'WebhookRemoved',
  data: { loginsThrough },
});

interface BatchOptions {
  destinationId?: string;
  logFormat?: LogFormat;
  purpose?: Purpose;
  throughWebhookId?: string;
}

export const batchStarted = (
  deliveryId: string,
  firstVersion: number,
  lastVersion: number,
  { destinationId = DESTINATION, logFormat = 'CEF', purpose, throughWebhookId }: BatchOptions = {},
): Extract<DeliveryEvent, { type: 'BatchStarted' }> => ({
  type: 'BatchStarted',
  data: {
    deliveryId,
    firstVersion,
    lastVersion,
    destinationId,
    logFormat,
    signingKeyId: 'key-1',
    line: { host: 'auditwire', vendor: 'Auditwire', product: 'Dev-Portal', version: '1.0', organizationId: 'org-1' },
    ...(purpose && { purpose }),
    ...(throughWebhookId && { throughWebhookId }),
  },
});

export const attempt = (deliveryId: string, attemptNumber: number, responseCode: number): Attempt => ({
  deliveryId,
  attemptNumber,
  attemptedAt: ATTEMPTED_AT,
  durationMs: DURATION_MS,
  responseCode,
  message: `answer ${responseCode}`,
});

export const batchDelivered = (deliveryId: string, attemptNumber = 1): DeliveryEvent => ({
  type: 'BatchDelivered',
  data: attempt(deliveryId, attemptNumber, 202),
});

export const retryScheduled = (
  deliveryId: string,
  attemptNumber = 1,
  retryDueAt = ENDED_AT + 1_000,
  more: { destinationPausedUntil?: number } = {},
): DeliveryEvent => ({
  type: 'RetryScheduled',
  data: { ...attempt(deliveryId, attemptNumber, 503), retryDueAt, ...more },
});

/** By default the probe is due five minutes after the attempt: no probe has failed before. */
export const batchAbandoned = (
  deliveryId: string,
  attemptNumber = 1,
  nextBatchDueAt: number | null = ENDED_AT + 1_000,
  responseCode = 503,
  more: { destinationPausedUntil?: number; probeDueAt?: number } = {},
): DeliveryEvent => ({
  type: 'BatchAbandoned',
  data: {
    ...attempt(deliveryId, attemptNumber, responseCode),
    nextBatchDueAt,
    probeDueAt: ENDED_AT + 5 * 60_000,
    ...more,
  },
});

const codeOf = (reason: Rejection): number => (reason === 'TOO_LARGE' ? 413 : 400);

/** The batch of a single line that the receiver rejected. */
const lineRejected = (deliveryId: string, reason: Rejection = 'REJECTED', attemptNumber = 1): DeliveryEvent => ({
  type: 'BatchAbandoned',
  data: { ...attempt(deliveryId, attemptNumber, codeOf(reason)), nextBatchDueAt: null, reason },
});
/** The batch of a single line that is too large for the receiver. */
export const lineTooLarge = (deliveryId: string): DeliveryEvent => lineRejected(deliveryId, 'TOO_LARGE');

export const batchSplit = (deliveryId: string, attemptNumber = 1, reason: Rejection = 'TOO_LARGE'): DeliveryEvent => ({
  type: 'BatchSplit',
  data: { ...attempt(deliveryId, attemptNumber, codeOf(reason)), reason },
});

export const deliverySuperseded = (deliveryId: string): DeliveryEvent => ({
  type: 'DeliverySuperseded',
  data: { deliveryId },
});

export const loginsSkipped = (firstVersion: number, lastVersion: number): DeliveryEvent => ({
  type: 'LoginsSkipped',
  data: { firstVersion, lastVersion },
});

export const loginsUndelivered = (
  firstVersion: number,
  lastVersion: number,
  deliveryId: string | null = null,
): DeliveryEvent => ({
  type: 'LoginsUndelivered',
  data: { firstVersion, lastVersion, deliveryId, reason: 'WEBHOOK_REMOVED' },
});

const outcome = (
  verdict: Outcome['verdict'],
  responseCode: number,
  retryAfterMs: number | null = null,
): Outcome<never> => ({
  verdict,
  responseCode,
  retryAfterMs,
  attemptedAt: ATTEMPTED_AT,
  durationMs: DURATION_MS,
  message: `answer ${responseCode}`,
});
export const success = outcome('DELIVERED', 202);
export const unavailable = (retryAfterMs: number | null = null): Outcome<never> =>
  outcome('RETRYABLE', 503, retryAfterMs);
export const unauthorized = outcome('FINAL', 401);
export const tooLarge = outcome('TOO_LARGE', 413);
export const rejected = outcome('REJECTED', 400);
