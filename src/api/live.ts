/** Subscriptions, which read the tail of the log. A subscription ends when its client disconnects. */
import type { Recorded } from '../domain/event.js';
import { pruned } from '../domain/refusal.js';
import type { StreamName } from '../domain/stream.js';
import type { Context } from './context.js';

/**
 * The results of `select` for the events of a stream after a position; events for which it returns null are left out.
 *
 * @param after exclusive; undefined: the head of the log
 * @throws Refusal PRUNED, at once or during reading, if an event after the position is pruned
 */
export function selectEvents<T>(
  stream: StreamName,
  after: number | undefined,
  { tail, log }: Context,
  select: (event: Recorded) => T | null,
): AsyncIterableIterator<T> {
  if (after !== undefined && after < log.horizon(stream).position) {
    throw pruned(
      'The position is before the oldest retained event; leave it out, and read the missed entries with a query.',
      'after',
    );
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
 * The state that `read` returns now, and again after each event of the streams that changes it.
 *
 * @param after leaves out the first state if it did not change after this position
 * @param compared the part of the state that decides if it changed
 */
export function stateChanges<T extends { position: number }>(
  streams: readonly StreamName[],
  after: number | undefined,
  { tail }: Context,
  read: () => T,
  compared: (state: T) => unknown,
): AsyncIterableIterator<T> {
  // Subscribes before the first read, so that a change in between is not missed.
  const subscription = tail.follow(streams, tail.head());
  let previous: T | null = null;
  let isFirst = true;

  const isSame = (one: T, other: T): boolean =>
    one === other || JSON.stringify(compared(one)) === JSON.stringify(compared(other));

  function readAgain(): T | null {
    const state = read();
    const isKnown = isFirst && after !== undefined && state.position <= after;
    const isChanged = !(previous && isSame(state, previous)) && !isKnown;
    isFirst = false;
    previous = state;
    return isChanged ? state : null;
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
