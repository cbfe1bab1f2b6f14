import type { Recorded } from '../domain/event.js';
import type { StreamName } from '../domain/stream.js';
import { createService } from '../runtime/service.js';
import type { LogReader } from './event-log.js';
import { type Page, Subscription } from './subscription.js';

/** Most events kept in memory for subscriptions near the head. Other subscriptions read from disk. */
const MAX_RECENT_EVENTS = 1_000;
/** Most events that a subscription reads from disk at a time. */
const PAGE_EVENTS = 500;

type Watch = (touched: readonly StreamName[]) => void;

export type Tail = ReturnType<typeof createTail>;

/**
 * Follows the log. A commit wakes only the subscriptions whose streams it touched. Each reads on from its own position, so
 * nothing is buffered for a slow subscription. If no subscription follows the touched streams, nothing is read.
 */
export function createTail(reader: LogReader) {
  const subscriptions = new Set<Subscription>();
  const byStream = new Map<StreamName, Set<Subscription>>();
  const watches = new Set<Watch>();

  // The events after `recentAfter` through `head`, the position of the last commit.
  let recent: Recorded[] = [];
  let head = reader.head();
  let recentAfter = head;

  /** Called after each commit with the position of the last event and the streams that were appended to. */
  function wake(committed: number, touched: readonly StreamName[]): void {
    if (committed <= head) return;
    const woken = touched.flatMap((stream) => [...(byStream.get(stream) ?? [])]);
    const before = head;
    const added = woken.length ? reader.after(before, MAX_RECENT_EVENTS + 1) : [];
    head = committed;
    if (added.at(-1)?.position === committed) {
      recent.push(...added);
      if (recent.length > 2 * MAX_RECENT_EVENTS) recent = recent.slice(-MAX_RECENT_EVENTS);
    } else {
      // There are too many new events to keep, or no subscription was woken.
      recent = [];
    }
    recentAfter = (recent[0]?.position ?? head + 1) - 1;
    for (const subscription of woken) subscription.wake(before);
    for (const watch of watches) watch(touched);
  }

  /** The next events of some streams after a position, and the position through which these streams have then been read. */
  function read(streams: readonly StreamName[], after: number, versions: Map<StreamName, number>): Page {
    if (after >= head) return { page: [], through: after, gap: false };
    if (after >= recentAfter) {
      const next = after - recentAfter;
      const later = recent.slice(next, next + PAGE_EVENTS);
      const page = later.filter((event) => streams.includes(event.stream));
      return { page, through: after + later.length, gap: false };
    }
    const fromDisk = readDisk(streams, after, versions);
    // Read after the events, to detect events that were pruned during the read.
    const horizon = Math.max(0, ...streams.map((stream) => reader.horizon(stream).position));
    return horizon > after ? { page: [], through: horizon, gap: true } : { ...fromDisk, gap: false };
  }

  function readDisk(streams: readonly StreamName[], after: number, versions: Map<StreamName, number>) {
    const events = streams.flatMap((stream) => {
      const version = versions.get(stream) ?? reader.versionAt(stream, after);
      return reader.range(stream, version + 1, Number.MAX_SAFE_INTEGER, PAGE_EVENTS);
    });
    const page = events
      .filter((event) => event.position <= head)
      .sort((a, b) => a.position - b.position)
      .slice(0, PAGE_EVENTS);
    return { page, through: page.length < PAGE_EVENTS ? head : (page.at(-1)?.position ?? head) };
  }

  function register(subscription: Subscription, streams: readonly StreamName[]): void {
    subscriptions.add(subscription);
    for (const stream of streams) byStream.set(stream, (byStream.get(stream) ?? new Set()).add(subscription));
  }

  function unregister(subscription: Subscription): void {
    subscriptions.delete(subscription);
    for (const stream of subscription.streams) {
      const followers = byStream.get(stream);
      followers?.delete(subscription);
      if (!followers?.size) byStream.delete(stream);
    }
  }

  return {
    /** Its stop ends every subscription. */
    ...createService('tail', {
      stop() {
        for (const subscription of subscriptions) void subscription.return();
      },
    }),
    wake,
    /** The position of the last committed event. */
    head: (): number => head,
    /** How many subscriptions there are. */
    subscriptions: (): number => subscriptions.size,
    /** Calls `watch` after each commit with the streams that it appended to. @returns a function that ends this */
    watch(watch: Watch): () => void {
      watches.add(watch);
      return () => watches.delete(watch);
    },
    /** Every event of some streams after a position (exclusive). */
    follow: (streams: readonly StreamName[], after: number): Subscription =>
      new Subscription(streams, after, { register, unregister, read }),
  };
}
