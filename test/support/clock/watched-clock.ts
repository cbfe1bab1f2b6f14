import { FakeClock } from './fake-clock.js';

/** A fake clock that records the timers that were set, and that a test can wait for. */
export class WatchedClock extends FakeClock {
  /** The time of every timer that was ever set. */
  readonly asked: number[] = [];
  readonly #waiting = new Set<() => void>();

  override at(time: number, callback: () => void): () => void {
    const cancel = super.at(time, callback);
    this.asked.push(time);
    this.#check();
    return () => {
      cancel();
      this.#check();
    };
  }

  /** Resolves when a timer is set for `ms` from now. */
  untilTimerIn(ms: number): Promise<void> {
    const time = this.now() + ms;
    return this.until(() => this.asked.includes(time));
  }

  /** Resolves with the time of the next timer as soon as one is set. */
  async untilTimer(): Promise<number> {
    await this.until(() => this.nextTimer !== null);
    return this.nextTimer ?? Number.NaN;
  }

  /** Resolves as soon as no timer is set. */
  untilIdle(): Promise<void> {
    return this.until(() => this.nextTimer === null);
  }

  /** Resolves when `ready` returns true; checked whenever a timer is set or cancelled. */
  until(ready: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!ready()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  #check(): void {
    for (const check of this.#waiting) check();
  }
}
