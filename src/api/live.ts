/** Subscriptions, which read the tail of the log. A subscription ends when its client disconnects. */
import { createHash } from 'node:crypto';
import type { Recorded } from '../domain/event.js';
import { pruned } from '../domain/refusal.js';
import { laneStreams, type StreamName } from '../domain/stream.js';
import type { Subscription } from '../log/subscription.js';
import type { ReadModels } from '../projections/read-models.js';
import { webhooksOf } from '../queries/webhooks.js';
import type { Context } from './context.js';

/** Portals read at a time when a subscription follows all of them. */
const PAGE_PORTALS = 50;
/** After this many webhooks that did not change, other work can run. */
const WEBHOOKS_AT_ONCE = 50;

/**
 * The results of `select` for the events of some streams after a position; events for which it returns null are left out.
 *
 * @param after exclusive; undefined: the head of the log
 * @param onSubscribed may add streams later; returns a function that is called at the end
 * @throws Refusal PRUNED, at once or during reading, if an event after the position is pruned
 */
export function selectEvents<T>(
  streams: readonly StreamName[],
  after: number | undefined,
  { tail, log }: Context,
  select: (event: Recorded) => T | null,
  onSubscribed: (subscription: Subscription) => () => void = () => () => {},
): AsyncIterableIterator<T> {
  if (after !== undefined && streams.some((stream) => after < log.horizon(stream).position)) {
    throw pruned(
      'The position is before the oldest retained event; leave it out, and read the missed entries with a query.',
      'after',
    );
  }
  const subscription = tail.follow(streams, after ?? tail.head());
  const end = onSubscribed(subscription);
  return iterator(
    async () => {
      try {
        for (;;) {
          const next = await subscription.next();
          if (next.done) return next;
          const value = select(next.value);
          if (value !== null) return { value, done: false };
        }
      } catch (error) {
        // A reader does not call `return` after an error.
        end();
        throw error;
      }
    },
    async () => {
      end();
      await subscription.return();
    },
  );
}

/**
 * The state that `read` returns now, and again after each event of the streams that changes it.
 *
 * @param after leaves out the first state if it did not change after this position
 * @param compared the part of the state that decides if it changed
 */
function stateChanges<T extends { position: number }>(
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

  return iterator(
    async () => {
      for (;;) {
        if (!isFirst) {
          const next = await subscription.latest();
          if (next.done) return next;
        }
        const value = readAgain();
        if (value) return { value, done: false };
      }
    },
    () => subscription.return(),
  );
}

/** One webhook; all webhooks of a portal; or, without any id, all webhooks of all portals. */
export interface WebhookScope {
  webhookId?: string;
  portalId?: string;
}

/**
 * The state of each webhook of the scope now, and again after its events. Webhooks that are created later are included.
 *
 * @param after leaves out the first state of each webhook that did not change after this position
 */
export function statesOfWebhooks<T extends { position: number }>(
  { webhookId, portalId }: WebhookScope,
  after: number | undefined,
  context: Context,
  read: (webhookId: string) => T,
  compared: (state: T) => unknown,
): AsyncIterableIterator<T> {
  if (webhookId !== undefined) {
    return stateChanges(laneStreams(webhookId), after, context, () => read(webhookId), compared);
  }
  const { tail, models, webhookFeed } = context;
  const changed = new Set<string>();
  /** A hash of the last state of each webhook that was returned: there can be many webhooks. */
  const returned = new Map<string, string>();
  const digestOf = (state: T) =>
    createHash('sha1')
      .update(JSON.stringify(compared(state)))
      .digest('base64');
  let wake = () => {};
  const end = webhookFeed.follow(portalId ?? null, (id) => {
    changed.add(id);
    wake();
  });
  // Follows no stream: it ends when the tail stops.
  const life = tail.follow([], tail.head());
  const ended = life.next();
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
    end();
    wake();
  });
  const initial = webhookIdsOf(portalId, models);

  /** The next state to return; null if there is none now. */
  async function take(): Promise<T | null> {
    let skipped = 0;
    for (let first = initial.next(); !first.done; first = initial.next()) {
      const state = read(first.value);
      changed.delete(first.value);
      returned.set(first.value, digestOf(state));
      if (after === undefined || state.position > after) return state;
      skipped += 1;
      // Other work of this thread can run.
      if (skipped % WEBHOOKS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const id of changed) {
      changed.delete(id);
      const state = read(id);
      const digest = digestOf(state);
      if (digest === returned.get(id)) continue;
      returned.set(id, digest);
      return state;
    }
    return null;
  }

  return iterator(
    async () => {
      for (;;) {
        if (isEnded) return { value: undefined, done: true };
        const value = await take();
        if (value) return { value, done: false };
        if (isEnded) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async () => {
      await life.return();
      await ended;
    },
  );
}

/** Reads the portals page by page, because there can be many. */
function* webhookIdsOf(portalId: string | undefined, models: ReadModels): Generator<string, undefined> {
  if (portalId !== undefined) {
    for (const { id } of webhooksOf(portalId, models)) yield id;
    return;
  }
  let position: number | undefined;
  for (;;) {
    const portals = models.portals.page({ after: position, limit: PAGE_PORTALS, inverted: false }, false);
    for (const portal of portals) for (const { id } of webhooksOf(portal.id, models)) yield id;
    position = portals.at(-1)?.position;
    if (portals.length < PAGE_PORTALS) return;
  }
}

function iterator<T>(
  next: () => Promise<IteratorResult<T, undefined>>,
  end: () => Promise<unknown>,
): AsyncIterableIterator<T> {
  return {
    next,
    async return() {
      await end();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
