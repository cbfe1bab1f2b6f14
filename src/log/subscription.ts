import type { Recorded } from '../domain/event.js';
import { pruned } from '../domain/refusal.js';
import type { StreamName } from '../domain/stream.js';

/** The functions of the tail that a subscription uses. */
export interface SubscriptionSource {
  register(subscription: Subscription, streams: readonly StreamName[]): void;
  unregister(subscription: Subscription): void;
  read(streams: readonly StreamName[], after: number, versions: Map<StreamName, number>): Page;
}

/** Events that were read, through the position `through`. `gap`: events up to it were pruned before they were read. */
export interface Page {
  page: Recorded[];
  through: number;
  gap: boolean;
}

/**
 * Returns every event of its streams after a position, once and in order, without end. It is not an async generator, because
 * `return()` of a generator waits for the pending `await`: after a client disconnects, it would wait for the next event.
 */
export class Subscription implements AsyncIterableIterator<Recorded> {
  readonly #streams: StreamName[];
  #page: Recorded[] = [];
  #next = 0;
  #done = false;
  #pending: { promise: Promise<void>; resolve: () => void } | null = null;
  // The last version that was read of each stream. With it, reading the next page is a range scan of an index.
  readonly #versions = new Map<StreamName, number>();

  constructor(
    streams: readonly StreamName[],
    private after: number,
    private readonly source: SubscriptionSource,
  ) {
    this.#streams = [...streams];
    source.register(this, streams);
  }

  get streams(): readonly StreamName[] {
    return this.#streams;
  }

  /** Also follows a stream that is new: it had no events before the commit that is being announced now. */
  add(stream: StreamName): void {
    if (this.#done || this.#streams.includes(stream)) return;
    this.#streams.push(stream);
    this.source.register(this, [stream]);
  }

  /** @throws Refusal PRUNED, once, if events were pruned that this subscription has not returned */
  async next(): Promise<IteratorResult<Recorded, undefined>> {
    return this.#nextOr(() => {
      void this.return();
      throw pruned('Events after the last one that you saw are pruned; start again without a position.');
    });
  }

  async #nextOr(onGap: () => void): Promise<IteratorResult<Recorded, undefined>> {
    while (!this.#done) {
      const value = this.#take(onGap);
      if (value) return { value, done: false };
      this.#pending ??= deferred();
      await this.#pending.promise;
    }
    return { value: undefined, done: true };
  }

  /** For readers of a state: waits for an event and returns the last one. Earlier events are left out, pruned or not. */
  async latest(): Promise<IteratorResult<Recorded, undefined>> {
    const ignoreGap = () => {};
    let result = await this.#nextOr(ignoreGap);
    while (!result.done) {
      const value = this.#take(ignoreGap);
      if (!value) break;
      result = { value, done: false };
    }
    return result;
  }

  return(): Promise<IteratorResult<Recorded, undefined>> {
    this.#done = true;
    this.#page = [];
    this.source.unregister(this);
    this.wake(this.after);
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @param before a waiting subscription has no events to read through this position: they would have woken it */
  wake(before: number): void {
    if (!this.#pending) return;
    this.after = Math.max(this.after, before);
    this.#pending.resolve();
    this.#pending = null;
  }

  /** The next event, or null if there is none yet. */
  #take(onGap: () => void): Recorded | null {
    do {
      const event = this.#page[this.#next];
      if (event) {
        this.#next += 1;
        return event;
      }
    } while (!this.#done && this.#readPage(onGap));
    return null;
  }

  /** @returns whether the position moved, even if the page has no event of these streams */
  #readPage(onGap: () => void): boolean {
    const { page, through, gap } = this.source.read(this.#streams, this.after, this.#versions);
    if (gap) {
      onGap();
      this.#versions.clear();
    }
    const hasMoved = through > this.after;
    this.#page = page;
    this.#next = 0;
    this.after = through;
    for (const event of page) this.#versions.set(event.stream, event.version);
    return hasMoved;
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
