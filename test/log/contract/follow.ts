import { expect } from 'vitest';
import { numbers, take } from '../../support/log/tail.js';
import { A, ALL, B, C, type CommandTools, type Scenario } from './subject.js';

/** Subscriptions through a tail over the log. */
export const follow: readonly Scenario[] = [
  {
    name: 'a subscription misses no event of a commit that comes after it was registered and before it reads',
    async run({ append, openTail }) {
      await append(A, 2);
      const tail = await openTail();
      const subscription = tail.follow([A], 0);
      await append(A, 3);
      expect(await take(subscription, 5)).toEqual(numbers(1, 5));
      await append(A);
      expect(await take(subscription, 1)).toEqual([6]);
    },
  },
  {
    name: 'a subscription misses no event that was committed before its tail was opened',
    async run({ append, openTail }) {
      await append(A, 700);
      await append(B, 2);
      await append(A);
      const tail = await openTail();
      expect(await take(tail.follow([A], 3), 698)).toEqual([...numbers(4, 700), 703]);
      expect(await take(tail.follow([B, A], 690), 13)).toEqual(numbers(691, 703));
    },
  },
  {
    name: 'a parked subscription is woken by the next commit to its streams',
    async run({ append, openTail }) {
      await append(A);
      const tail = await openTail();
      const next = tail.follow([A, C], 1).next();
      await append(B, 2);
      const [event] = await append(C);
      expect(await next).toEqual({ value: event, done: false });
    },
  },
  {
    name: 'a subscription gives the events of its streams and no others, once and in the order of the log',
    async run({ commit, openTail }) {
      const tail = await openTail();
      const subscriptions = [tail.follow([A], 0), tail.follow([B, A], 0), tail.follow([C], 0)] as const;
      const works = [A, B, C, B, A].map(
        (stream) =>
          ({ append }: CommandTools) =>
            append(stream).length,
      );
      await commit(...works);
      await commit(...works);
      expect(await take(subscriptions[0], 4)).toEqual([1, 5, 6, 10]);
      expect(await take(subscriptions[1], 8)).toEqual([1, 2, 4, 5, 6, 7, 9, 10]);
      expect(await take(subscriptions[2], 2)).toEqual([3, 8]);
    },
  },
  {
    name: 'a subscription never gives an event of a commit that failed',
    async run({ commit, append, fail, openTail }) {
      const tail = await openTail();
      const subscription = tail.follow([A, B], 0);
      const next = subscription.next();
      await fail('REFUSED');
      await commit(({ append }) => append(A, 3).length);
      const [event] = await append(B);
      expect(await next).toEqual({ value: event, done: false });
      expect(event).toMatchObject({ position: 1, version: 1 });
    },
  },
  {
    name: 'a subscription ends with PRUNED if events that it has not given are pruned',
    async run({ append, commit, openTail }) {
      await append(A, 3);
      await append(B);
      await commit(({ writer }) => writer.prune({ stream: A, through: 2, limit: ALL }));
      const tail = await openTail();
      const subscription = tail.follow([B, A], 1);
      await expect(subscription.next()).rejects.toMatchObject({ code: 'PRUNED' });
      expect(await subscription.next()).toEqual({ value: undefined, done: true });
    },
  },
  {
    name: 'a subscription that starts at the horizon, or does not follow the pruned stream, misses nothing',
    async run({ append, commit, openTail }) {
      await append(A, 3);
      await append(B);
      await commit(({ writer }) => writer.prune({ stream: A, through: 2, limit: ALL }));
      const tail = await openTail();
      expect(await take(tail.follow([A, B], 2), 2)).toEqual([3, 4]);
      expect(await take(tail.follow([B], 0), 1)).toEqual([4]);
    },
  },
];
