import { FakeClock } from './fake-clock.js';

/** A fake clock that remembers what it was asked for, and that a test can wait on. */
export class WatchedClock extends FakeClock {
  /** The time of every timer that was ever set. */
  readonly asked: number[] = [];
  readonly #waiting = new Set<() => void>();

  override at(time: number, callback: () => void): () => void {
    const cancel = super.at(time, callback);
    this.asked.push(time);
    this.#ask();
    return () => {
      cancel();
      this.#ask();
    };
  }

  /** Resolves when a timer is set for so many ms from now. */
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

  /** Resolves when `ready` holds; asked whenever a timer is set or cancelled. */
  until(ready: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const ask = () => {
        if (!ready()) return;
        this.#waiting.delete(ask);
        resolve();
      };
      this.#waiting.add(ask);
      ask();
    });
  }

  #ask(): void {
    for (const ask of this.#waiting) ask();
  }
}
