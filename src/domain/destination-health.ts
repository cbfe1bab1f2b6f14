/** The health of a destination: one state for all webhooks that send to it. Times in ms. */
import type { Attempt } from './lane/attempt.js';
import { MAX_RETRY_WAIT_MS } from './lane/backoff.js';

export interface DestinationHealth {
  /** When an attempt first succeeded after a failure, or at all; null while the destination fails. */
  healthySince: number | null;
  /** When an attempt first failed after a success, or at all; null while the destination works. */
  failingSince: number | null;
  /** The receiver asked for a pause until then (Retry-After); null if it never did. */
  pausedUntil: number | null;
  /** When the last attempt started, and how it ended; at most `LAST_ATTEMPT_AGE_MS` old. null before the first attempt. */
  lastAttemptAt: number | null;
  lastResponseCode: number | null;
  lastResponseMessage: string | null;
}

/** Holds the whole state, so that earlier events of the stream can be pruned. */
export type DestinationHealthEvent = { type: 'DestinationHealthChanged'; data: DestinationHealth };

export const unknownHealth: DestinationHealth = {
  healthySince: null,
  failingSince: null,
  pausedUntil: null,
  lastAttemptAt: null,
  lastResponseCode: null,
  lastResponseMessage: null,
};

/** While nothing else changes, the last attempt is recorded again after this time: not each of thousands of successes. */
const LAST_ATTEMPT_AGE_MS = 60_000;

/** A pause that is longer than any Retry-After was recorded with a wrong clock. */
function plausible(pausedUntil: number | null, now: number): number {
  return pausedUntil !== null && pausedUntil <= now + 2 * MAX_RETRY_WAIT_MS ? pausedUntil : 0;
}

/** @param pausedUntil the receiver asked for a pause until this time; null if it did not */
export function healthAfter(
  health: DestinationHealth,
  { attemptedAt, durationMs, responseCode, message }: Omit<Attempt, 'deliveryId' | 'attemptNumber' | 'responseExcerpt'>,
  isDelivered: boolean,
  pausedUntil: number | null,
): DestinationHealthEvent[] {
  const endedAt = attemptedAt + durationMs;
  const next: DestinationHealth = {
    healthySince: isDelivered ? (health.healthySince ?? endedAt) : null,
    failingSince: isDelivered ? null : (health.failingSince ?? endedAt),
    pausedUntil: Math.max(plausible(health.pausedUntil, endedAt), pausedUntil ?? 0) || null,
    lastAttemptAt: attemptedAt,
    lastResponseCode: responseCode,
    lastResponseMessage: message,
  };
  const isChanged =
    next.healthySince !== health.healthySince ||
    next.failingSince !== health.failingSince ||
    next.pausedUntil !== health.pausedUntil ||
    next.lastResponseCode !== health.lastResponseCode ||
    Math.abs(attemptedAt - (health.lastAttemptAt ?? 0)) >= LAST_ATTEMPT_AGE_MS;
  return isChanged ? [{ type: 'DestinationHealthChanged', data: next }] : [];
}
