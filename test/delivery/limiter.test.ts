import { describe, expect, it } from 'vitest';
import { type Capacity, createLimiter } from '../../src/delivery/limiter.js';
import { unknownHealth } from '../../src/domain/destination-health.js';
import { FakeClock } from '../support/clock/fake-clock.js';
import { turn } from '../support/log/fixture.js';

const SIEM = 'siem';
const plenty: Capacity = { maxInFlight: 16, linesPerSecond: null };
const at = (linesPerSecond: number): Capacity => ({ maxInFlight: 16, linesPerSecond });

/** A limiter with a fake clock. `admitted` lists the portals that were admitted or withdrawn, with the time in ms: `portal@0`. */
function openLimiter() {
  const clock = new FakeClock(0);
  const stopping = new AbortController();
  const limiter = createLimiter(clock, stopping.signal, () => unknownHealth);
  const admitted: string[] = [];
  const releases = new Map<string, () => void>();

  /** Waits until a portal is admitted, and stores its release function. */
  async function acquire(portalId: string, capacity = plenty, id = SIEM): Promise<void> {
    const release = await limiter.acquire(id, portalId, capacity);
    admitted.push(release ? `${portalId}@${clock.now()}` : `${portalId} withdrawn`);
    if (release) releases.set(portalId, release);
  }

  return {
    clock,
    limiter,
    stop: () => stopping.abort(),
    admitted,
    /** Several portals wait at once, in order. */
    async all(...portalIds: string[]): Promise<void> {
      for (const portalId of portalIds) void acquire(portalId);
      await turn();
    },
    async acquire(portalId: string, capacity?: Capacity, id?: string): Promise<void> {
      void acquire(portalId, capacity, id);
      await turn();
    },
    async release(portalId: string): Promise<void> {
      releases.get(portalId)?.();
      await turn();
    },
    /** An attempt ends, and its place is given back. */
    async end(portalId: string, failed: boolean, dueAt: number | null = null, id = SIEM): Promise<void> {
      limiter.attempted(id, failed, dueAt);
      releases.get(portalId)?.();
      await turn();
    },
    async wait(ms: number): Promise<void> {
      clock.advance(ms);
      await turn();
    },
  };
}

describe('the limiter of a destination', () => {
  it('limits all its portals together, and admits them in the order of their arrival', async () => {
    const { acquire, admitted, release } = openLimiter();
    const two = { ...plenty, maxInFlight: 2 };
    for (const portalId of ['a', 'b', 'c', 'd']) await acquire(portalId, two);
    expect(admitted).toEqual(['a@0', 'b@0']);
    await release('b');
    expect(admitted.slice(2)).toEqual(['c@0']);
    await release('a');
    expect(admitted.slice(3)).toEqual(['d@0']);
  });

  it('does not limit other destinations', async () => {
    const { acquire, admitted } = openLimiter();
    const one = { ...plenty, maxInFlight: 1 };
    await acquire('a', one);
    await acquire('b', one);
    await acquire('c', one, 'another');
    expect(admitted).toEqual(['a@0', 'c@0']);
  });

  it('uses the current settings of the destination', async () => {
    const { acquire, admitted, release } = openLimiter();
    await acquire('a', { ...plenty, maxInFlight: 1 });
    await acquire('b', { ...plenty, maxInFlight: 1 });
    await acquire('c', { ...plenty, maxInFlight: 3 });
    expect(admitted).toEqual(['a@0', 'b@0', 'c@0']);
    await acquire('d', { ...plenty, maxInFlight: 1 });
    await release('a');
    await release('b');
    expect(admitted).toHaveLength(3);
    await release('c');
    expect(admitted.slice(3)).toEqual(['d@0']);
  });
});

describe('a destination that fails', () => {
  it('gets one request at a time until one succeeds', async () => {
    const { all, admitted, end } = openLimiter();
    await all('a', 'b');
    await end('a', true);
    await all('c', 'd');
    await end('b', true);
    expect(admitted).toEqual(['a@0', 'b@0', 'c@0']);
    await end('c', true);
    expect(admitted.slice(3)).toEqual(['d@0']);
    await all('e', 'f', 'g');
    expect(admitted).toHaveLength(4);
    await end('d', false);
    expect(admitted.slice(4)).toEqual(['e@0', 'f@0', 'g@0']);
  });

  it('is throttled for the portals that were admitted before it failed, except for one', async () => {
    const { all, end, release, limiter } = openLimiter();
    await all('a', 'b', 'c');
    expect(limiter.isThrottled(SIEM)).toBe(false);
    await end('a', true);
    expect(limiter.isThrottled(SIEM)).toBe(true);
    await release('b');
    expect(limiter.isThrottled(SIEM)).toBe(false);
  });

  it('that asks for a pause is paused for all portals until then', async () => {
    const { all, admitted, end, acquire, wait, limiter } = openLimiter();
    await all('a', 'b');
    await end('a', true, 7_000);
    await end('b', false);
    expect(limiter.isThrottled(SIEM)).toBe(true);
    await all('c', 'd');
    await acquire('e', plenty, 'another');
    expect(admitted.slice(2)).toEqual(['e@0']);
    await wait(6_999);
    expect(admitted).toHaveLength(3);
    await wait(1);
    expect(admitted.slice(3)).toEqual(['c@7000', 'd@7000']);
  });

  it('is not paused for a shorter time because of another attempt', async () => {
    const { all, admitted, end, wait } = openLimiter();
    await all('a', 'b');
    await end('a', true, 9_000);
    await end('b', true, 2_000);
    await all('c');
    await wait(8_999);
    expect(admitted).toHaveLength(2);
    await wait(1);
    expect(admitted.slice(2)).toEqual(['c@9000']);
  });

  it('is not paused for a day because the clock was wrong, and can be paused again after that', async () => {
    const { all, admitted, end, wait, limiter } = openLimiter();
    limiter.attempted(SIEM, true, 86_400_000);
    await all('a');
    expect(admitted).toEqual(['a@0']);
    await end('a', true, 5_000);
    await all('b');
    expect(admitted).toHaveLength(1);
    await wait(5_000);
    expect(admitted.slice(1)).toEqual(['b@5000']);
  });
});

describe('a destination with `linesPerSecond`', () => {
  /** A portal that sends lines as soon as it is admitted and its batch is ready. */
  function sender({ limiter, clock }: ReturnType<typeof openLimiter>, sent: string[]) {
    return async (portalId: string, lines: number, capacity: Capacity): Promise<void> => {
      const release = await limiter.acquire(SIEM, portalId, capacity);
      await turn();
      limiter.debit(SIEM, lines, capacity);
      sent.push(`${portalId}@${clock.now()}`);
      release?.();
    };
  }

  it('gets that many lines in a second from all portals together', async () => {
    const opened = openLimiter();
    const sent: string[] = [];
    const send = sender(opened, sent);
    for (const portalId of ['a', 'b', 'c']) void send(portalId, 10, at(10));
    void send('d', 5, at(10));
    void send('e', 10, at(10));
    await turn(4);
    for (let ms = 0; ms < 4_000; ms += 100) {
      opened.clock.advance(100);
      await turn(2);
    }
    expect(sent).toEqual(['a@0', 'b@1000', 'c@2000', 'd@3000', 'e@3500']);
  });

  it('does not save up capacity while nothing is sent', async () => {
    const opened = openLimiter();
    const sent: string[] = [];
    const send = sender(opened, sent);
    opened.clock.advance(60_000);
    void send('a', 10, at(10));
    void send('b', 10, at(10));
    await turn(4);
    expect(sent).toEqual(['a@60000']);
    opened.clock.advance(1_000);
    await turn(2);
    expect(sent.slice(1)).toEqual(['b@61000']);
  });

  it('admits the next portal if an admitted one sends nothing', async () => {
    const { acquire, admitted, release } = openLimiter();
    await acquire('a', at(10));
    await acquire('b', at(10));
    expect(admitted).toEqual(['a@0']);
    await release('a');
    expect(admitted.slice(1)).toEqual(['b@0']);
  });

  it('makes an admitted portal yield if the rate is used up or others wait', async () => {
    const { acquire, limiter } = openLimiter();
    await acquire('a', { ...plenty, maxInFlight: 1 });
    expect(limiter.mustYield(SIEM, plenty)).toBe(false);
    limiter.debit(SIEM, 500, plenty);
    expect(limiter.mustYield(SIEM, plenty)).toBe(false);
    limiter.debit(SIEM, 10, at(10));
    expect(limiter.mustYield(SIEM, plenty)).toBe(true);
    await acquire('b', { ...plenty, maxInFlight: 1 }, 'another');
    expect(limiter.mustYield('another', plenty)).toBe(false);
    await acquire('c', { ...plenty, maxInFlight: 1 }, 'another');
    expect(limiter.mustYield('another', plenty)).toBe(true);
  });

  it('makes an admitted portal yield if `maxInFlight` was lowered below the requests in flight', async () => {
    const { acquire, limiter } = openLimiter();
    for (const id of ['a', 'b', 'c']) await acquire(id, plenty);
    expect(limiter.mustYield(SIEM, plenty)).toBe(false);
    expect(limiter.mustYield(SIEM, { ...plenty, maxInFlight: 2 })).toBe(true);
  });
});

describe('a portal that waits', () => {
  it('can be withdrawn, and the next one is admitted', async () => {
    const { acquire, admitted, release, limiter } = openLimiter();
    const one = { ...plenty, maxInFlight: 1 };
    for (const portalId of ['a', 'b', 'c']) await acquire(portalId, one);
    limiter.withdraw('b');
    await turn();
    expect(admitted).toEqual(['a@0', 'b withdrawn']);
    await release('a');
    expect(admitted.slice(2)).toEqual(['c@0']);
  });

  it('can wait at another destination after it was withdrawn', async () => {
    const { acquire, admitted, limiter } = openLimiter();
    const one = { ...plenty, maxInFlight: 1 };
    await acquire('a', one);
    await acquire('b', one);
    limiter.withdraw('b');
    await acquire('b', one, 'another');
    expect(admitted).toEqual(['a@0', 'b withdrawn', 'b@0']);
  });

  it('is not withdrawn after it was admitted', async () => {
    const { acquire, admitted, release, limiter } = openLimiter();
    await acquire('a', { ...plenty, maxInFlight: 1 });
    limiter.withdraw('a');
    limiter.withdraw('unknown');
    await acquire('b', { ...plenty, maxInFlight: 1 });
    expect(admitted).toEqual(['a@0']);
    await release('a');
    expect(admitted.slice(1)).toEqual(['b@0']);
  });

  it('is admitted at the stop, and no timer stays', async () => {
    const { all, acquire, admitted, end, clock, stop } = openLimiter();
    await all('a');
    await end('a', true, 9_000);
    await all('b', 'c', 'd');
    await acquire('e', at(1), 'another');
    await acquire('f', at(1), 'another');
    expect([admitted, clock.nextTimer]).toEqual([['a@0', 'e@0'], 9_000]);
    stop();
    await turn();
    expect([admitted.slice(2), clock.nextTimer]).toEqual([['b@0', 'c@0', 'd@0', 'f@0'], null]);
    await all('g');
    expect(admitted.at(-1)).toBe('g@0');
  });

  it('leaves no timer when it is withdrawn', async () => {
    const { all, limiter, clock } = openLimiter();
    limiter.attempted(SIEM, true, 9_000);
    await all('a');
    expect(clock.nextTimer).toBe(9_000);
    limiter.withdraw('a');
    expect(clock.nextTimer).toBeNull();
  });
});
