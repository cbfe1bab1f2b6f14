import type { Recorded, StreamName } from '../domain/event.js';
import { pruned } from '../domain/refusal.js';
import type { LogReader } from './sqlite/read.js';

/** Which events a reader wants: all, or those of these streams. */
export type Filter = 'all' | readonly StreamName[];

/** Most events kept in memory for readers that are near the head; those further behind read the disk. */
const MAX_RECENT_EVENTS = 1_000;
/** Most events a reader takes from the disk at a time. */
const PAGE_EVENTS = 500;

type Watch = (touched: readonly StreamName[]) => void;

export type Tail = ReturnType<typeof createTail>;

/**
 * The log as a stream that never ends. A commit wakes only the readers whose streams it touched, and each of them reads on
 * from where it is: nothing is buffered for a slow one. Where nobody waits for what was appended, nothing is read.
 */
export function createTail(reader: LogReader) {
  const readers = new Set<TailReader>();
  const byStream = new Map<StreamName, Set<TailReader>>();
  const forAll = new Set<TailReader>();
  const watchers = new Set<Watch>();

  // The events after `recentAfter` up to `head`, which was committed last.
  let recent: Recorded[] = [];
  let head = reader.head();
  let recentAfter = head;

  /** Called after each commit with the position of the last event and the streams that were appended to. */
  function wake(committed: number, touched: readonly StreamName[]): void {
    if (committed <= head) return;
    const woken = [...forAll, ...touched.flatMap((stream) => [...(byStream.get(stream) ?? [])])];
    const before = head;
    const added = woken.length ? reader.after(before, MAX_RECENT_EVENTS + 1) : [];
    head = committed;
    if (added.at(-1)?.position === committed) {
      recent.push(...added);
      if (recent.length > 2 * MAX_RECENT_EVENTS) recent = recent.slice(-MAX_RECENT_EVENTS);
    } else {
      // Too many to keep, or nobody to keep them for.
      recent = [];
    }
    recentAfter = (recent[0]?.position ?? head + 1) - 1;
    for (const one of woken) one.wake(before);
    for (const watch of watchers) watch(touched);
  }

  /** The next events of a filter after a position, and the position up to which the filter has then been read. */
  function read(filter: Filter, after: number, versions: Map<StreamName, number>): Page {
    if (after >= head) return { page: [], through: after, gap: false };
    if (after >= recentAfter) {
      const next = after - recentAfter;
      const later = recent.slice(next, next + PAGE_EVENTS);
      const page = filter === 'all' ? later : later.filter((event) => filter.includes(event.stream));
      return { page, through: after + later.length, gap: false };
    }
    const found = filter === 'all' ? readAll(after) : readStreams(filter, after, versions);
    // Looked at last: what was pruned while this was read is missed by nobody.
    const horizon = horizonOf(filter);
    return horizon > after ? { page: [], through: horizon, gap: true } : { ...found, gap: false };
  }

  /** The last position up to which something of a filter was pruned. */
  function horizonOf(filter: Filter): number {
    if (filter === 'all') return reader.lastPruned();
    return Math.max(0, ...filter.map((stream) => reader.horizon(stream).position));
  }

  function readAll(after: number) {
    const page = reader.after(after, PAGE_EVENTS).filter((event) => event.position <= head);
    return { page, through: page.at(-1)?.position ?? head };
  }

  function readStreams(streams: readonly StreamName[], after: number, versions: Map<StreamName, number>) {
    const found = streams.flatMap((stream) => {
      const version = versions.get(stream) ?? reader.versionAt(stream, after);
      return reader.range(stream, version + 1, Number.MAX_SAFE_INTEGER, PAGE_EVENTS);
    });
    const page = found
      .filter((event) => event.position <= head)
      .sort((a, b) => a.position - b.position)
      .slice(0, PAGE_EVENTS);
    return { page, through: page.length < PAGE_EVENTS ? head : (page.at(-1)?.position ?? head) };
  }

  function register(one: TailReader): void {
    readers.add(one);
    if (one.filter === 'all') forAll.add(one);
    else for (const stream of one.filter) byStream.set(stream, (byStream.get(stream) ?? new Set()).add(one));
  }

  function unregister(one: TailReader): void {
    readers.delete(one);
    forAll.delete(one);
    if (one.filter === 'all') return;
    for (const stream of one.filter) {
      const others = byStream.get(stream);
      others?.delete(one);
      if (!others?.size) byStream.delete(stream);
    }
  }

  return {
    wake,
    /** The position of the last committed event. */
    head: (): number => head,
    /** How many readers there are. */
    readers: (): number => readers.size,
    /** Calls `watch` after each commit with the streams that it appended to; gives back how to end that. */
    watch(watch: Watch): () => void {
      watchers.add(watch);
      return () => watchers.delete(watch);
    },
    /**
     * Each event of the filter after a position (exclusive), exactly once and in order, without end. A reader that does not
     * find all of them any more ends with the refusal PRUNED.
     */
    from: (filter: Filter, after: number): TailReader => new TailReader(filter, after, { register, unregister, read }),
    /** Ends every reader. */
    close(): void {
      for (const one of readers) void one.return();
    },
  };
}

interface Hub {
  register(reader: TailReader): void;
  unregister(reader: TailReader): void;
  read(filter: Filter, after: number, versions: Map<StreamName, number>): Page;
}

/** `gap`: events up to `through` that were not read yet are pruned. */
interface Page {
  page: Recorded[];
  through: number;
  gap: boolean;
}

/**
 * One reader of the tail. Not an async generator: the `return()` of a generator that is parked on an await waits for that
 * await, and a client that has gone away would leave it parked for ever.
 */
export class TailReader implements AsyncIterableIterator<Recorded> {
  #page: Recorded[] = [];
  #next = 0;
  #done = false;
  #wakeUp: { promise: Promise<void>; resolve: () => void } | null = null;
  // Where each stream of the filter has been read to: what makes the next page a range of an index.
  readonly #versions = new Map<StreamName, number>();

  constructor(
    readonly filter: Filter,
    private after: number,
    private readonly hub: Hub,
  ) {
    hub.register(this);
  }

  /** @throws Refusal PRUNED, once, if events were pruned that it has not given */
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
      this.#wakeUp ??= deferred();
      await this.#wakeUp.promise;
    }
    return { value: undefined, done: true };
  }

  /**
   * For readers of state: waits for an event, skips to the last one that there is, and gives it. What lies between is read
   * past, not handed out, be it pruned.
   */
  async latest(): Promise<IteratorResult<Recorded, undefined>> {
    const passOver = () => {};
    let result = await this.#nextOr(passOver);
    while (!result.done) {
      const value = this.#take(passOver);
      if (!value) break;
      result = { value, done: false };
    }
    return result;
  }

  return(): Promise<IteratorResult<Recorded, undefined>> {
    this.#done = true;
    this.#page = [];
    this.hub.unregister(this);
    this.wake(this.after);
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @param before what stood up to here would have woken it earlier: it need not be looked through */
  wake(before: number): void {
    if (!this.#wakeUp) return;
    this.after = Math.max(this.after, before);
    this.#wakeUp.resolve();
    this.#wakeUp = null;
  }

  /** The next event there is, or null. */
  #take(onGap: () => void): Recorded | null {
    do {
      const event = this.#page[this.#next];
      if (event) {
        this.#next += 1;
        return event;
      }
    } while (!this.#done && this.#readOn(onGap));
    return null;
  }

  /** Whether there was more to read, be it of others. */
  #readOn(onGap: () => void): boolean {
    const { page, through, gap } = this.hub.read(this.filter, this.after, this.#versions);
    if (gap) {
      onGap();
      this.#versions.clear();
    }
    const moved = through > this.after;
    this.#page = page;
    this.#next = 0;
    this.after = through;
    if (this.filter !== 'all') for (const event of page) this.#versions.set(event.stream, event.version);
    return moved;
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
