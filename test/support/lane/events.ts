/** Events of a lane, and how attempts of its deliveries end, with everything a test does not care about filled in. */

import type { Attempt, Outcome, Purpose } from '../../../src/domain/lane/attempt.js';
import type { DeliveryEvent } from '../../../src/domain/lane/events.js';
import type { LogFormat } from '../../../src/domain/log-line.js';
import type { RetentionSettings } from '../../../src/domain/retention.js';
import type { WebhookEvent } from '../../../src/domain/webhook.js';

export const SIEM = '998db3e4-5cb7-4dd5-b51c-9878096a6999';
export const OTHER = '0d0a2c6e-51f6-4f0b-9a55-0d5f5f9f3a11';

export type BatchStarted = Extract<DeliveryEvent, { type: 'BatchStarted' }>;

export const webhookOn = (loginsThrough = 0, destinationId = SIEM): WebhookEvent => ({
  type: 'WebhookConfigured',
  data: { destinationId, enabled: true, loginsThrough },
});
export const webhookOff = (loginsThrough = 0, destinationId = SIEM): WebhookEvent => ({
  type: 'WebhookConfigured',
  data: { destinationId, enabled: false, loginsThrough },
});
export const webhookRemoved = (loginsThrough = 0): WebhookEvent => ({
  type: 'WebhookRemoved',
  data: { loginsThrough },
});

export const started = (
  deliveryId: string,
  firstVersion: number,
  lastVersion: number,
  {
    destinationId = SIEM,
    logFormat = 'CEF',
    purpose,
  }: { destinationId?: string; logFormat?: LogFormat; purpose?: Purpose } = {},
): BatchStarted => ({
  type: 'BatchStarted',
  data: {
    deliveryId,
    firstVersion,
    lastVersion,
    destinationId,
    logFormat,
    signingKeyId: 'key',
    line: {
      host: 'auditwire',
      vendor: 'Auditwire',
      product: 'Dev-Portal',
      version: '1.0',
      organizationId: 'organization',
    },
    ...(purpose && { purpose }),
  },
});

/** Tries begin at 1,000 and last 500 ms: they end at 1,500. */
const attempt = (deliveryId: string, nth: number, responseCode: number): Attempt => ({
  deliveryId,
  attemptNumber: nth,
  attemptedAt: 1_000,
  durationMs: 500,
  responseCode,
  message: `answer ${responseCode}`,
});
export const delivered = (deliveryId: string, nth = 1): DeliveryEvent => ({
  type: 'BatchDelivered',
  data: attempt(deliveryId, nth, 202),
});
export const retryScheduled = (
  deliveryId: string,
  nth: number,
  retryDueAt: number,
  more: { destinationPausedUntil?: number } = {},
): DeliveryEvent => ({
  type: 'RetryScheduled',
  data: { ...attempt(deliveryId, nth, 503), retryDueAt, ...more },
});
/** Without other failures before, a probe is due five minutes after the end of the try. */
export const abandoned = (
  deliveryId: string,
  nth: number,
  nextBatchDueAt: number | null,
  responseCode = 503,
  more: { destinationPausedUntil?: number; probeDueAt?: number } = {},
): DeliveryEvent => ({
  type: 'BatchAbandoned',
  data: { ...attempt(deliveryId, nth, responseCode), nextBatchDueAt, probeDueAt: 1_500 + 5 * 60_000, ...more },
});
/** The receiver found the batch too large, or, with one line in it, that line. */
export const split = (deliveryId: string, nth = 1): DeliveryEvent => ({
  type: 'BatchSplit',
  data: attempt(deliveryId, nth, 413),
});
export const tooLargeLine = (deliveryId: string, nth = 1): DeliveryEvent => ({
  type: 'BatchAbandoned',
  data: { ...attempt(deliveryId, nth, 413), nextBatchDueAt: null, reason: 'TOO_LARGE' },
});
export const superseded = (deliveryId: string): DeliveryEvent => ({ type: 'DeliverySuperseded', data: { deliveryId } });
export const skipped = (firstVersion: number, lastVersion: number): DeliveryEvent => ({
  type: 'LoginsSkipped',
  data: { firstVersion, lastVersion },
});
export const undelivered = (
  firstVersion: number,
  lastVersion: number,
  deliveryId: string | null = null,
): DeliveryEvent => ({
  type: 'LoginsUndelivered',
  data: { firstVersion, lastVersion, deliveryId, reason: 'WEBHOOK_REMOVED' },
});

const outcome = (verdict: Outcome['verdict'], responseCode: number, retryAfterMs: number | null = null): Outcome => ({
  verdict,
  responseCode,
  retryAfterMs,
  attemptedAt: 1_000,
  durationMs: 500,
  message: `answer ${responseCode}`,
});
export const success = outcome('DELIVERED', 202);
export const unavailable = (retryAfterMs: number | null = null): Outcome => outcome('RETRYABLE', 503, retryAfterMs);
export const unauthorized = outcome('FINAL', 401);
export const tooLarge = outcome('TOO_LARGE', 413);

/** As a server keeps things by default. */
export const RETENTION: RetentionSettings = {
  ageMs: 7 * 86_400_000,
  undeliveredAgeMs: 30 * 86_400_000,
  sizeBytes: null,
};
