/** Subscriptions as readers of the log's tail. Each of them ends its reader when its client goes away. */
import type { Recorded, StreamName } from '../src/domain/event.js';
import type { StatusAt } from '../src/projections/status.js';
import type { Context } from './builder.js';

/** The events of a stream after a position (from the head by default) of which `select` makes something. */
export function selectEvents<T>(
  stream: StreamName,
  after: number | undefined,
  { tail }: Context,
  select: (event: Recorded) => T | null,
): AsyncIterableIterator<T> {
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

/** The status now (unless nothing changed after `after`) and then whenever it differs from what was last given. */
export function statusChanges(
  portalId: string,
  after: number | undefined,
  context: Context,
): AsyncIterableIterator<StatusAt> {
  const { tail, statusOf } = context;
  // Registered before the first look: a change in between wakes it.
  const reader = tail.from([`webhook-${portalId}`, `delivery-${portalId}`], tail.head());
  let given: StatusAt | null = null;
  let first = true;

  function look(): StatusAt | null {
    const seen = statusOf(portalId);
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
      const value = look();
      if (value) return { value, done: false };
    }
  }, reader);
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

const isSame = (one: StatusAt, other: StatusAt): boolean =>
  one === other || JSON.stringify(one.status) === JSON.stringify(other.status);
