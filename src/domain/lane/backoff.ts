/**
 * How long to wait after a failed attempt. Four retries, with waits of 1 to 30 seconds: the rules of Kong Konnect
 * (https://developer.konghq.com, Dev Portal audit logs). All times in milliseconds.
 */
export const MAX_RETRIES = 4;
const MIN_RETRY_WAIT_MS = 1_000;
export const MAX_RETRY_WAIT_MS = 30_000;

/** The longest wait of a lane after an abandoned batch. */
export const MAX_LANE_WAIT_MS = 60_000;

/** The wait before the first probe. It doubles with each failed probe, up to one hour. */
const MIN_PROBE_WAIT_MS = 5 * 60_000;
export const MAX_PROBE_WAIT_MS = 60 * 60_000;

/** A wait, limited to 1 to 30 seconds. */
export function boundedRetryMs(wait: number): number {
  return Math.round(Math.min(MAX_RETRY_WAIT_MS, Math.max(MIN_RETRY_WAIT_MS, wait)));
}

/**
 * @param failed the number of failed attempts of this delivery, including this one, from 1
 * @param random a number in [0, 1); adds up to half of the wait, so that many portals do not retry at the same time
 * @param retryAfterMs the receiver's Retry-After, or null; limited to 1 to 30 seconds
 */
export function retryBackoffMs(failed: number, random: number, retryAfterMs: number | null): number {
  return boundedRetryMs(retryAfterMs ?? spread(MIN_RETRY_WAIT_MS * 2 ** (failed - 1), random));
}

/**
 * @param abandoned the number of batches abandoned in a row, from 1
 * @param random a number in [0, 1)
 */
export function laneBackoffMs(abandoned: number, random: number): number {
  return Math.round(Math.min(MAX_LANE_WAIT_MS, spread(MIN_RETRY_WAIT_MS * 2 ** (abandoned - 1), random)));
}

/**
 * @param probes the number of failed probes in a row, from 0
 * @param random a number in [0, 1)
 */
export function probeBackoffMs(probes: number, random: number): number {
  const wait = Math.min(MAX_PROBE_WAIT_MS, MIN_PROBE_WAIT_MS * 2 ** probes);
  // The random part only adds, at most a tenth, because the documented wait is a minimum.
  return Math.round(wait * (1 + random / 10));
}

function spread(wait: number, random: number): number {
  return wait * (1 + random / 2);
}
