import type { Clock } from '../../../src/runtime/clock.js';

/** A clock that only a test advances. */
export class FakeClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ time: number; callback: () => void }>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, callback: () => void): () => void {
    const timer = { time, callback };
    this.#timers.add(timer);
    // No test advances the clock to a time that has already passed. Such a timer fires by itself.
    if (time <= this.#now) queueMicrotask(() => this.#timers.has(timer) && this.advanceTo(this.#now));
    return () => this.#timers.delete(timer);
  }

  /** When the next timer is due, or null if none is set. */
  get nextTimer(): number | null {
    return this.#timers.size ? Math.min(...[...this.#timers].map(({ time }) => time)) : null;
  }

  /** Advances to a time and fires the timers that are due by then, in order, also those that a timer sets. */
  advanceTo(time: number): void {
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.time <= time).sort((a, b) => a.time - b.time)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.time);
      due.callback();
    }
    this.#now = Math.max(this.#now, time);
  }

  advance(ms: number): void {
    this.advanceTo(this.#now + ms);
  }
}
