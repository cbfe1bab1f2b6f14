import { describe, expect, it } from 'vitest';
import { type Capacity, createLimiter } from '../../src/delivery/limiter.js';
import { FakeClock } from '../support/clock/fake-clock.js';
import { turn } from '../support/log/fixture.js';

const SIEM = 'siem';
const plenty: Capacity = { maxInFlight: 16, linesPerSecond: null };
const at = (linesPerSecond: number): Capacity => ({ maxInFlight: 16, linesPerSecond });

/** Slots at a clock that stands still, and who was let in when: `portal@ms`, from 0. */
function openSlots() {
  const clock = new FakeClock(0);
  const stopping = new AbortController();
  const limiter = createLimiter(clock, stopping.signal);
  const came: string[] = [];
  const holding = new Map<string, () => void>();

  /** Comes for a slot, and keeps it once it is in. */
  async function come(portalId: string, capacity = plenty, id = SIEM): Promise<void> {
    const release = await limiter.acquire(id, portalId, capacity);
    came.push(release ? `${portalId}@${clock.now()}` : `${portalId} left`);
    if (release) holding.set(portalId, release);
  }

  return {
    clock,
    limiter,
    stop: () => stopping.abort(),
    came,
    /** So that several come at once, in order. */
    async all(...portalIds: string[]): Promise<void> {
      for (const portalId of portalIds) void come(portalId);
      await turn();
    },
    async come(portalId: string, capacity?: Capacity, id?: string): Promise<void> {
      void come(portalId, capacity, id);
      await turn();
    },
    async release(portalId: string): Promise<void> {
      holding.get(portalId)?.();
      await turn();
    },
    /** A try ends, and its slot is given back. */
    async end(portalId: string, failed: boolean, dueAt: number | null = null, id = SIEM): Promise<void> {
      limiter.attempted(id, failed, dueAt);
      holding.get(portalId)?.();
      await turn();
    },
    async wait(ms: number): Promise<void> {
      clock.advance(ms);
      await turn();
    },
  };
}

describe('the limiter of a destination', () => {
  it('are shared by all portals that use it, which wait in the order they came', async () => {
    const { come, came, release } = openSlots();
    const two = { ...plenty, maxInFlight: 2 };
    for (const portalId of ['a', 'b', 'c', 'd']) await come(portalId, two);
    expect(came).toEqual(['a@0', 'b@0']);
    await release('b');
    expect(came.slice(2)).toEqual(['c@0']);
    await release('a');
    expect(came.slice(3)).toEqual(['d@0']);
  });

  it('are not those of another', async () => {
    const { come, came } = openSlots();
    const one = { ...plenty, maxInFlight: 1 };
    await come('a', one);
    await come('b', one);
    await come('c', one, 'another');
    expect(came).toEqual(['a@0', 'c@0']);
  });

  it('are as many as the destination says now', async () => {
    const { come, came, release } = openSlots();
    await come('a', { ...plenty, maxInFlight: 1 });
    await come('b', { ...plenty, maxInFlight: 1 });
    await come('c', { ...plenty, maxInFlight: 3 });
    expect(came).toEqual(['a@0', 'b@0', 'c@0']);
    await come('d', { ...plenty, maxInFlight: 1 });
    await release('a');
    await release('b');
    expect(came).toHaveLength(3);
    await release('c');
    expect(came.slice(3)).toEqual(['d@0']);
  });
});

describe('a destination that fails', () => {
  it('gets one request at a time until one succeeds', async () => {
    const { all, came, end } = openSlots();
    await all('a', 'b');
    await end('a', true);
    await all('c', 'd');
    await end('b', true);
    expect(came).toEqual(['a@0', 'b@0', 'c@0']);
    await end('c', true);
    expect(came.slice(3)).toEqual(['d@0']);
    await all('e', 'f', 'g');
    expect(came).toHaveLength(4);
    await end('d', false);
    expect(came.slice(4)).toEqual(['e@0', 'f@0', 'g@0']);
  });

  it('is shut to whoever was let in before it failed, but for one', async () => {
    const { all, end, release, limiter } = openSlots();
    await all('a', 'b', 'c');
    expect(limiter.isThrottled(SIEM)).toBe(false);
    await end('a', true);
    expect(limiter.isThrottled(SIEM)).toBe(true);
    await release('b');
    expect(limiter.isThrottled(SIEM)).toBe(false);
  });

  it('that asks to be left alone is, by all portals, until then', async () => {
    const { all, came, end, come, wait, limiter } = openSlots();
    await all('a', 'b');
    await end('a', true, 7_000);
    await end('b', false);
    expect(limiter.isThrottled(SIEM)).toBe(true);
    await all('c', 'd');
    await come('e', plenty, 'another');
    expect(came.slice(2)).toEqual(['e@0']);
    await wait(6_999);
    expect(came).toHaveLength(3);
    await wait(1);
    expect(came.slice(3)).toEqual(['c@7000', 'd@7000']);
  });

  it('is not left alone for less because another try says so', async () => {
    const { all, came, end, wait } = openSlots();
    await all('a', 'b');
    await end('a', true, 9_000);
    await end('b', true, 2_000);
    await all('c');
    await wait(8_999);
    expect(came).toHaveLength(2);
    await wait(1);
    expect(came.slice(2)).toEqual(['c@9000']);
  });

  it('is not left alone for a day because the clock was wrong, and is spared again after that', async () => {
    const { all, came, end, wait, limiter } = openSlots();
    limiter.attempted(SIEM, true, 86_400_000);
    await all('a');
    expect(came).toEqual(['a@0']);
    await end('a', true, 5_000);
    await all('b');
    expect(came).toHaveLength(1);
    await wait(5_000);
    expect(came.slice(1)).toEqual(['b@5000']);
  });
});

describe('a destination with a rate', () => {
  /** A portal that sends so many lines as soon as it is let in and has made its batch. */
  function sender({ limiter, clock }: ReturnType<typeof openSlots>, sent: string[]) {
    return async (portalId: string, lines: number, capacity: Capacity): Promise<void> => {
      const release = await limiter.acquire(SIEM, portalId, capacity);
      await turn();
      limiter.debit(SIEM, lines, capacity);
      sent.push(`${portalId}@${clock.now()}`);
      release?.();
    };
  }

  it('is sent so many lines a second, whoever sends them', async () => {
    const opened = openSlots();
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

  it('saves nothing up while nothing is sent', async () => {
    const opened = openSlots();
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

  it('lets the next one in where one sends nothing after all', async () => {
    const { come, came, release } = openSlots();
    await come('a', at(10));
    await come('b', at(10));
    expect(came).toEqual(['a@0']);
    await release('a');
    expect(came.slice(1)).toEqual(['b@0']);
  });

  it('is over for whoever holds a slot once its lines are spent, or others wait', async () => {
    const { come, limiter } = openSlots();
    await come('a', { ...plenty, maxInFlight: 1 });
    expect(limiter.mustYield(SIEM, plenty)).toBe(false);
    limiter.debit(SIEM, 500, plenty);
    expect(limiter.mustYield(SIEM, plenty)).toBe(false);
    limiter.debit(SIEM, 10, at(10));
    expect(limiter.mustYield(SIEM, plenty)).toBe(true);
    await come('b', { ...plenty, maxInFlight: 1 }, 'another');
    expect(limiter.mustYield('another', plenty)).toBe(false);
    await come('c', { ...plenty, maxInFlight: 1 }, 'another');
    expect(limiter.mustYield('another', plenty)).toBe(true);
  });

  it('is over for some of those who hold a slot once the destination takes fewer at a time', async () => {
    const { come, limiter } = openSlots();
    for (const id of ['a', 'b', 'c']) await come(id, plenty);
    expect(limiter.mustYield(SIEM, plenty)).toBe(false);
    expect(limiter.mustYield(SIEM, { ...plenty, maxInFlight: 2 })).toBe(true);
  });
});

describe('whoever waits', () => {
  it('may leave, and others move up', async () => {
    const { come, came, release, limiter } = openSlots();
    const one = { ...plenty, maxInFlight: 1 };
    for (const portalId of ['a', 'b', 'c']) await come(portalId, one);
    limiter.withdraw('b');
    await turn();
    expect(came).toEqual(['a@0', 'b left']);
    await release('a');
    expect(came.slice(2)).toEqual(['c@0']);
  });

  it('waits at another destination after that', async () => {
    const { come, came, limiter } = openSlots();
    const one = { ...plenty, maxInFlight: 1 };
    await come('a', one);
    await come('b', one);
    limiter.withdraw('b');
    await come('b', one, 'another');
    expect(came).toEqual(['a@0', 'b left', 'b@0']);
  });

  it('is not made to leave once it is in', async () => {
    const { come, came, release, limiter } = openSlots();
    await come('a', { ...plenty, maxInFlight: 1 });
    limiter.withdraw('a');
    limiter.withdraw('unknown');
    await come('b', { ...plenty, maxInFlight: 1 });
    expect(came).toEqual(['a@0']);
    await release('a');
    expect(came.slice(1)).toEqual(['b@0']);
  });

  it('is let go at the stop, whatever it waits for, and no timer stays', async () => {
    const { all, come, came, end, clock, stop } = openSlots();
    await all('a');
    await end('a', true, 9_000);
    await all('b', 'c', 'd');
    await come('e', at(1), 'another');
    await come('f', at(1), 'another');
    expect([came, clock.nextTimer]).toEqual([['a@0', 'e@0'], 9_000]);
    stop();
    await turn();
    expect([came.slice(2), clock.nextTimer]).toEqual([['b@0', 'c@0', 'd@0', 'f@0'], null]);
    await all('g');
    expect(came.at(-1)).toBe('g@0');
  });

  it('leaves no timer behind when it goes', async () => {
    const { all, limiter, clock } = openSlots();
    limiter.attempted(SIEM, true, 9_000);
    await all('a');
    expect(clock.nextTimer).toBe(9_000);
    limiter.withdraw('a');
    expect(clock.nextTimer).toBeNull();
  });
});
