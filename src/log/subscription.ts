import type { Recorded } from '../domain/event.js';
import { pruned } from '../domain/refusal.js';
import type { StreamName } from '../domain/stream.js';

/** The tail, as one of its subscriptions uses it. */
export interface SubscriptionSource {
  register(subscription: Subscription): void;
  unregister(subscription: Subscription): void;
  read(streams: readonly StreamName[], after: number, versions: Map<StreamName, number>): Page;
}

/** `gap`: events through `through` were pruned before they were read. */
export interface Page {
  page: Recorded[];
  through: number;
  gap: boolean;
}

/**
 * One reader of the tail: every event of its streams after a position, once and in order, without end. It is not an async
 * generator: a generator that is parked on an await ends only after that await, so a client that went away would leave it
 * parked for ever.
 */
export class Subscription implements AsyncIterableIterator<Recorded> {
  #page: Recorded[] = [];
  #next = 0;
  #done = false;
  #parked: { promise: Promise<void>; resolve: () => void } | null = null;
  // How far each stream has been read: the next page is then a range of an index.
  readonly #versions = new Map<StreamName, number>();

  constructor(
    readonly streams: readonly StreamName[],
    private after: number,
    private readonly source: SubscriptionSource,
  ) {
    source.register(this);
  }

  /** @throws Refusal PRUNED, once, if events were pruned that this subscription has not given */
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
      this.#parked ??= deferred();
      await this.#parked.promise;
    }
    return { value: undefined, done: true };
  }

  /** For readers of state: waits for an event and gives the last one there is. Events before that are left out, pruned or not. */
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

  /** @param before a parked subscription has nothing to read up to this position: an earlier event would have woken it */
  wake(before: number): void {
    if (!this.#parked) return;
    this.after = Math.max(this.after, before);
    this.#parked.resolve();
    this.#parked = null;
  }

  /** The next event, or null if there is none now. */
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

  /** Whether it read further, even if no event was for this subscription. */
  #readPage(onGap: () => void): boolean {
    const { page, through, gap } = this.source.read(this.streams, this.after, this.#versions);
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
