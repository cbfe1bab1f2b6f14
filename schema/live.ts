/** Subscriptions as readers of the log's tail. Each of them ends its reader when its client goes away. */
import type { Recorded, StreamName } from '../src/domain/event.js';
import { pruned } from '../src/domain/refusal.js';
import type { StatusAt } from '../src/queries/status.js';
import type { Context } from './builder.js';

/**
 * The events of a stream after a position (from the head by default) of which `select` makes something.
 *
 * @throws Refusal PRUNED, at once or when it is read too slowly, if not every event after the position is there any more
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
  const reader = tail.from([stream], after ?? tail.head());
  return iterator(async () => {
    for (;;) {
      const next = await reader.next();
      if (next.done) return next;
      const value = select(next.value);
      if (value !== null) return { value, done: false };
    }
  }, reader);
}

/**
 * State: what `look` sees now (unless nothing changed after `after`) and then whenever a stream makes it differ from what was
 * last given.
 *
 * @param essence what has to differ
 */
export function stateChanges<T extends { position: number }>(
  streams: readonly StreamName[],
  after: number | undefined,
  { tail }: Context,
  look: () => T,
  essence: (seen: T) => unknown,
): AsyncIterableIterator<T> {
  // Registered before the first look: a change in between wakes it.
  const reader = tail.from(streams, tail.head());
  let given: T | null = null;
  let first = true;

  const isSame = (one: T, other: T): boolean =>
    one === other || JSON.stringify(essence(one)) === JSON.stringify(essence(other));

  function lookAgain(): T | null {
    const seen = look();
    const news = !(given && isSame(seen, given)) && !(first && after !== undefined && seen.position <= after);
    first = false;
    given = seen;
    return news ? seen : null;
  }

  return iterator(async () => {
    for (;;) {
      if (!first) {
        const next = await reader.latest();
        if (next.done) return next;
      }
      const value = lookAgain();
      if (value) return { value, done: false };
    }
  }, reader);
}

/** The status of a portal's webhook, now and whenever it changes. */
export function statusChanges(
  portalId: string,
  after: number | undefined,
  context: Context,
): AsyncIterableIterator<StatusAt> {
  const streams: StreamName[] = [`webhook-${portalId}`, `delivery-${portalId}`, `undelivered-${portalId}`];
  return stateChanges(
    streams,
    after,
    context,
    () => context.statusOf(portalId),
    ({ status }) => status,
  );
}

function iterator<T>(
  next: () => Promise<IteratorResult<T, undefined>>,
  reader: { return(): Promise<unknown> },
): AsyncIterableIterator<T> {
  return {
    next,
    async return() {
      await reader.return();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
