import { expect, it } from 'vitest';
import { numbers, openTail, take } from '../support/log/tail.js';

const A = 'login-a';
const B = 'login-b';

/** More than the tail keeps in memory: subscriptions read the first events from the disk. */
const MANY = 2_500;

const pruned = expect.objectContaining({ code: 'PRUNED' });

it('gives every event after the horizon to a subscription that starts at the horizon', async () => {
  const { tail, commit, prune } = openTail();
  commit(A, MANY);
  commit(B, 10);
  prune(A, 1_000);
  expect(await take(tail.follow([A], 1_000), 1_500)).toEqual(numbers(1_001, MANY));
  expect(await take(tail.follow([A, B], 1_000), 1_510)).toEqual(numbers(1_001, MANY + 10));
  // The horizon of A does not concern a subscription to B.
  expect(await take(tail.follow([B], 0), 10)).toEqual(numbers(MANY + 1, MANY + 10));
});

it.each([
  ['a stream', [A]],
  ['two streams', [B, A]],
] as const)('refuses a subscription to %s that would miss an event', async (_, streams) => {
  const { tail, commit, prune } = openTail();
  commit(B, 1);
  commit(A, MANY);
  prune(A, 1_000);
  const subscription = tail.follow(streams, 1_000);
  await expect(subscription.next()).rejects.toEqual(pruned);
  expect(await subscription.next()).toEqual({ value: undefined, done: true });
  expect(tail.subscriptions()).toBe(0);
});

it('ends a subscription that the horizon overtakes, after the page that it holds', async () => {
  const { tail, commit, prune } = openTail();
  commit(A, MANY);
  const subscription = tail.follow([A], 0);
  expect(await take(subscription, 100)).toEqual(numbers(1, 100));
  prune(A, 501);
  expect(await take(subscription, 400)).toEqual(numbers(101, 500));
  await expect(subscription.next()).rejects.toEqual(pruned);
  expect(tail.subscriptions()).toBe(0);
});

it('continues a subscription when the horizon reaches the last event that it has read', async () => {
  const { tail, commit, prune } = openTail();
  commit(A, MANY);
  const subscription = tail.follow([A], 0);
  await take(subscription, 100);
  prune(A, 500);
  expect(await take(subscription, MANY - 100)).toEqual(numbers(101, MANY));
});

it('continues a subscription at the head when everything that it has given is pruned', async () => {
  const { tail, commit, prune } = openTail();
  commit(A, MANY);
  const subscription = tail.follow([A], 0);
  await take(subscription, MANY);
  const next = subscription.next();
  commit(B);
  prune(A, MANY);
  commit(A);
  expect((await next).value).toMatchObject({ position: MANY + 2, version: MANY + 1 });
  commit(A, MANY);
  expect(await take(subscription, MANY)).toEqual(numbers(MANY + 3, 2 * MANY + 2));
});

it('skips pruned events when it is asked for the latest event', async () => {
  const { tail, commit, prune } = openTail();
  commit(A, MANY);
  const subscription = tail.follow([B, A], 0);
  await take(subscription, 1);
  prune(A, 2_000);
  expect((await subscription.latest()).value).toMatchObject({ position: MANY });
  commit(B);
  expect((await subscription.latest()).value).toMatchObject({ position: MANY + 1 });
});
