/**
 * How long to wait after a try that failed. Four retries, between 1 and 30 seconds: the original's rules
 * (https://developer.konghq.com, Dev Portal audit logs). All times in milliseconds.
 */
export const MAX_RETRIES = 4;
const MIN_WAIT_MS = 1_000;
export const MAX_WAIT_MS = 30_000;

/** Longest wait of a lane between two batches while its receiver refuses everything. */
export const MAX_LANE_WAIT_MS = 60_000;

/**
 * @param failed number of tries of this delivery that failed, this one included, from 1
 * @param random a number in [0, 1), which spreads the retries of many portals over half the wait
 * @param retryAfterMs what the receiver asked for, if it did; brought within the bounds
 */
export function retryWaitMs(failed: number, random: number, retryAfterMs: number | null): number {
  const wait = retryAfterMs ?? MIN_WAIT_MS * 2 ** (failed - 1) * (1 + random / 2);
  return Math.round(Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, wait)));
}

/** @param abandoned number of batches abandoned in a row, from 1 */
export function laneWaitMs(abandoned: number): number {
  return Math.min(MAX_LANE_WAIT_MS, MIN_WAIT_MS * 2 ** (abandoned - 1));
}
