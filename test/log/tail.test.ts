import { expect, it } from 'vitest';
import { loginRecorded } from '../support/domain/events.js';
import { turn } from '../support/log/fixture.js';
import { numbers, openTail, take } from '../support/log/tail.js';

const A = 'login-a';
const B = 'login-b';

it.each([0, 1, 499, 500, 501, 1_999, 2_000])('gives each event after position %i once and in order', async (after) => {
  const { tail, commit } = openTail();
  commit(A, 2_000);
  const subscription = tail.follow([A], after);
  expect(await take(subscription, 2_000 - after)).toEqual(numbers(after + 1, 2_000));
  commit(A);
  expect(await take(subscription, 1)).toEqual([2_001]);
});

it('gives a subscription only events of its streams', async () => {
  const { tail, commit } = openTail();
  for (let round = 0; round < 3; round += 1) for (const stream of [A, B, 'login-c'] as const) commit(stream);
  expect(await take(tail.follow([A], 0), 3)).toEqual([1, 4, 7]);
  expect(await take(tail.follow([A, B], 2), 4)).toEqual([4, 5, 7, 8]);
});

it('merges the pages of long streams in the order of the log', async () => {
  const { tail, commit } = openTail();
  for (let round = 0; round < 7; round += 1) for (const stream of [A, B] as const) commit(stream, 120);
  expect(await take(tail.follow([A, B], 100), 1_580)).toEqual(numbers(101, 1_680));
  expect(await take(tail.follow([B], 0), 840)).toEqual(
    numbers(0, 6).flatMap((round) => numbers(240 * round + 121, 240 * round + 240)),
  );
});

it('catches up from the disk while the head moves on, and then reads from memory', async () => {
  const { tail, commit, reads } = openTail();
  commit(A, 1_200);
  const subscription = tail.follow([A, B], 0);
  const seen: number[] = [];
  while (seen.length < 2_400) {
    seen.push(...(await take(subscription, 100)));
    if (seen.length <= 1_200) commit(B, 100);
  }
  expect(seen).toEqual(numbers(1, 2_400));
  reads.length = 0;
  commit(A, 3);
  expect(await take(subscription, 3)).toEqual([2_401, 2_402, 2_403]);
  // The tail reads once, when it is told of the commit. Every subscription gets what that read found.
  expect(reads).toEqual([3]);
});

it('wakes a parked subscription with the next event of its streams, and not with events of others', async () => {
  const { tail, commit } = openTail();
  const subscription = tail.follow([A], 0);
  const next = subscription.next();
  const given: number[] = [];
  void next.then(({ value }) => given.push(value?.position ?? 0));
  commit(B);
  await turn();
  expect(given).toEqual([]);
  commit(A);
  await next;
  expect(given).toEqual([2]);
});

it('wakes subscriptions for a commit that is larger than its memory', async () => {
  const { tail, commit } = openTail();
  const subscriptions = [tail.follow([A, B], 0), tail.follow([B], 0)];
  const first = subscriptions.map((subscription) => subscription.next());
  commit(A, 1_500);
  commit(B, 1_500);
  expect((await Promise.all(first)).map(({ value }) => value?.position)).toEqual([1, 1_501]);
  expect(await take(tail.follow([A, B], 1), 2_999)).toEqual(numbers(2, 3_000));
});

it('gives no event after the head that it was told of', async () => {
  const { tail, append, commit } = openTail();
  const lists = [[A], [A, B]] as const;
  commit(A, 2);
  append([{ stream: A, events: [loginRecorded()] }]);
  for (const streams of lists) expect(await take(tail.follow(streams, 0), 2)).toEqual([1, 2]);
  const given: number[] = [];
  const parked = lists.map((streams) => tail.follow(streams, 2).next());
  for (const next of parked) void next.then(({ value }) => given.push(value?.position ?? 0));
  await turn();
  expect(given).toEqual([]);
  tail.wake(3, [A]);
  await Promise.all(parked);
  expect(given).toEqual([3, 3]);
});

it('ends a parked subscription that is returned, and forgets it', async () => {
  const { tail } = openTail();
  const subscriptions = [tail.follow([A], 0), tail.follow([A, B], 0)];
  const parked = subscriptions.map((subscription) => subscription.next());
  expect(tail.subscriptions()).toBe(2);
  for (const subscription of subscriptions) await subscription.return();
  for (const next of parked) expect(await next).toEqual({ value: undefined, done: true });
  expect(tail.subscriptions()).toBe(0);
});

it('gives nothing more after return, even if more events were read already', async () => {
  const { tail, commit } = openTail();
  commit(A, 10);
  const subscription = tail.follow([A], 0);
  await take(subscription, 2);
  await subscription.return();
  commit(A);
  expect(await subscription.next()).toEqual({ value: undefined, done: true });
  expect(await subscription.latest()).toEqual({ value: undefined, done: true });
});

it('forgets a subscription when a for-await loop over it ends', async () => {
  const { tail, commit } = openTail();
  commit(A, 3);
  for await (const event of tail.follow([A], 0)) if (event.position === 2) break;
  expect(tail.subscriptions()).toBe(0);
});

it('ends every subscription when it closes', async () => {
  const { tail } = openTail();
  const parked = [tail.follow([A, B], 0).next(), tail.follow([A], 0).next()];
  void tail.stop();
  expect((await Promise.all(parked)).map(({ done }) => done)).toEqual([true, true]);
  expect(tail.subscriptions()).toBe(0);
});
