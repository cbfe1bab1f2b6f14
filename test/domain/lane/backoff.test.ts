import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laneBackoffMs, MAX_RETRIES, retryBackoffMs } from '../../../src/domain/lane/backoff.js';

const failed = fc.integer({ min: 1, max: MAX_RETRIES });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const retryAfter = fc.oneof(fc.nat({ max: 100_000 }), fc.constantFrom(0, 999, 1_000, 30_000, 30_001, 1e15, Infinity));

describe('the wait before a retry', () => {
  it('is a whole number of ms from 1 to 30 s, for every random number and every Retry-After', () => {
    fc.assert(
      fc.property(failed, random, fc.option(retryAfter), (attempts, random, retryAfterMs) => {
        const wait = retryBackoffMs(attempts, random, retryAfterMs);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(1_000);
        expect(wait).toBeLessThanOrEqual(30_000);
      }),
    );
  });

  it('doubles from 1 s', () => {
    expect([1, 2, 3, 4].map((attempts) => retryBackoffMs(attempts, 0, null))).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  it('has a random part of up to half of itself', () => {
    expect(retryBackoffMs(3, 0.5, null)).toBe(5_000);
    expect(retryBackoffMs(3, 0.999_999, null)).toBe(6_000);
  });

  it('grows with each attempt, for every random number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_RETRIES - 1 }), random, random, (attempts, one, other) => {
        expect(retryBackoffMs(attempts + 1, one, null)).toBeGreaterThan(retryBackoffMs(attempts, other, null));
      }),
    );
  });

  it('is the Retry-After of the receiver if that is from 1 to 30 s', () => {
    fc.assert(
      fc.property(failed, random, fc.integer({ min: 1_000, max: 30_000 }), (attempts, random, retryAfterMs) => {
        expect(retryBackoffMs(attempts, random, retryAfterMs)).toBe(retryAfterMs);
      }),
    );
  });

  it.each([
    [0, 1_000],
    [30_001, 30_000],
    [3_600_000, 30_000],
  ])('changes a Retry-After of %i ms to %i ms', (retryAfterMs, wait) => {
    expect(retryBackoffMs(1, 0.5, retryAfterMs)).toBe(wait);
  });
});

describe('the wait of a lane after an abandoned batch', () => {
  it('doubles from 1 s to 60 s and stays there', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((abandoned) => laneBackoffMs(abandoned, 0));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(laneBackoffMs(1_000_000, 0)).toBe(60_000);
  });
});
