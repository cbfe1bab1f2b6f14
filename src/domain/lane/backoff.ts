/**
 * How long to wait after a try that failed. Four retries, between 1 and 30 seconds: the original's rules
 * (https://developer.konghq.com, Dev Portal audit logs). All times in milliseconds.
 */
export const MAX_RETRIES = 4;
const MIN_RETRY_WAIT_MS = 1_000;
export const MAX_RETRY_WAIT_MS = 30_000;

/** Longest wait of a lane between two batches while its receiver refuses everything. */
export const MAX_LANE_WAIT_MS = 60_000;

/** When a receiver that nothing else is sent to is tried again: after this time, twice as long each time, at most an hour. */
const MIN_PROBE_WAIT_MS = 5 * 60_000;
export const MAX_PROBE_WAIT_MS = 60 * 60_000;

/** What a receiver asked for, brought within the bounds of a wait. */
export function boundedRetryMs(wait: number): number {
  return Math.round(Math.min(MAX_RETRY_WAIT_MS, Math.max(MIN_RETRY_WAIT_MS, wait)));
}

/**
 * @param failed number of attempts of this delivery that failed, this one included, from 1
 * @param random a number in [0, 1), which spreads the retries of many portals over half the wait
 * @param retryAfterMs what the receiver asked for, if it did; brought within the bounds
 */
export function retryBackoffMs(failed: number, random: number, retryAfterMs: number | null): number {
  return boundedRetryMs(retryAfterMs ?? spread(MIN_RETRY_WAIT_MS * 2 ** (failed - 1), random));
}

/**
 * @param abandoned number of batches abandoned in a row, from 1
 * @param random a number in [0, 1)
 */
export function laneBackoffMs(abandoned: number, random: number): number {
  return Math.round(Math.min(MAX_LANE_WAIT_MS, spread(MIN_RETRY_WAIT_MS * 2 ** (abandoned - 1), random)));
}

/**
 * @param probes number of probes in a row that failed, from 0
 * @param random a number in [0, 1)
 */
export function probeBackoffMs(probes: number, random: number): number {
  const wait = Math.min(MAX_PROBE_WAIT_MS, MIN_PROBE_WAIT_MS * 2 ** probes);
  // A tenth at most, and below the wait: it is said to come after that time.
  return Math.round(wait * (1 + random / 10));
}

function spread(wait: number, random: number): number {
  return wait * (1 + random / 2);
}
