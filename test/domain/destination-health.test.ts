import { describe, expect, it } from 'vitest';
import { type DestinationHealth, healthAfter, unknownHealth } from '../../src/domain/destination-health.js';

const attempt = (attemptedAt: number, responseCode: number | null) => ({
  attemptedAt,
  durationMs: 500,
  responseCode,
  message: `answer ${responseCode}`,
});

/** The health after attempts, and how many events they caused. */
function after(...attempts: [at: number, code: number | null, pausedUntil?: number][]) {
  let health: DestinationHealth = unknownHealth;
  let events = 0;
  for (const [at, code, pausedUntil = null] of attempts) {
    for (const { data } of healthAfter(health, attempt(at, code), code === 200, pausedUntil)) {
      health = data;
      events += 1;
    }
  }
  return { health, events };
}

describe('the health of a destination', () => {
  it('is healthy since the first success, and failing since the first failure after it', () => {
    expect(after([1_000, 200]).health).toMatchObject({ healthySince: 1_500, failingSince: null });
    expect(after([1_000, 200], [2_000, 503]).health).toMatchObject({ healthySince: null, failingSince: 2_500 });
    expect(after([1_000, null], [2_000, 503], [3_000, 200]).health).toMatchObject({
      healthySince: 3_500,
      failingSince: null,
      lastResponseCode: 200,
    });
  });

  it('keeps the latest end of a pause, also after a success', () => {
    const paused = [1_000, 429, 9_000] as [number, number, number];
    expect(after(paused, [2_000, 503]).health.pausedUntil).toBe(9_000);
    expect(after(paused, [2_000, 429, 5_000]).health.pausedUntil).toBe(9_000);
    expect(after(paused, [2_000, 200]).health.pausedUntil).toBe(9_000);
  });

  it('is recorded only when it changes, and else once a minute for the last attempt', () => {
    const successes = Array.from({ length: 1_000 }, (_, index): [number, number] => [1_000 + index, 200]);
    expect(after(...successes).events).toBe(1);
    expect(after([1_000, 200], [60_999, 200], [61_000, 200]).events).toBe(2);
    expect(after([1_000, 503], [2_000, 503], [3_000, null]).events).toBe(2);
  });
});
