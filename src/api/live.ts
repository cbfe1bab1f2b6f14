/** Subscriptions: readers of the log's tail. Each ends when its client goes away. */
import type { Recorded } from '../domain/event.js';
import { pruned } from '../domain/refusal.js';
import type { StreamName } from '../domain/stream.js';
import type { Context } from './context.js';

/**
 * The events of a stream after a position (the head if undefined) that `select` makes something of.
 *
 * @throws Refusal PRUNED, at once or while it is read, if not every event after the position is retained
 */
export function selectEvents<T>(
  stream: StreamName,
  after: number | undefined,
  { tail, log }: Context,
  select: (event: Recorded) => T | null,
): AsyncIterableIterator<T> {
  if (after !== undefined && after < log.horizon(stream).position) {
    throw pruned('lies before what the server still keeps; leave it out, and read what you missed as a page', 'after');
  }
  const subscription = tail.follow([stream], after ?? tail.head());
  return iterator(async () => {
    for (;;) {
      const next = await subscription.next();
      if (next.done) return next;
      const value = select(next.value);
      if (value !== null) return { value, done: false };
    }
  }, subscription);
}

/**
 * A state: what `read` gives now (unless nothing changed after `after`), and then whenever an event of the streams changes it.
 *
 * @param essence the part that has to differ
 */
export function stateChanges<T extends { position: number }>(
  streams: readonly StreamName[],
  after: number | undefined,
  { tail }: Context,
  read: () => T,
  essence: (state: T) => unknown,
): AsyncIterableIterator<T> {
  // Subscribed before the first read: a change in between wakes it.
  const subscription = tail.follow(streams, tail.head());
  let given: T | null = null;
  let isFirst = true;

  const isSame = (one: T, other: T): boolean =>
    one === other || JSON.stringify(essence(one)) === JSON.stringify(essence(other));

  function readAgain(): T | null {
    const state = read();
    const isNews = !(given && isSame(state, given)) && !(isFirst && after !== undefined && state.position <= after);
    isFirst = false;
    given = state;
    return isNews ? state : null;
  }

  return iterator(async () => {
    for (;;) {
      if (!isFirst) {
        const next = await subscription.latest();
        if (next.done) return next;
      }
      const value = readAgain();
      if (value) return { value, done: false };
    }
  }, subscription);
}

function iterator<T>(
  next: () => Promise<IteratorResult<T, undefined>>,
  subscription: { return(): Promise<unknown> },
): AsyncIterableIterator<T> {
  return {
    next,
    async return() {
      await subscription.return();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
