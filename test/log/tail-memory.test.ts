import { expect, it } from 'vitest';
import { loginRecorded } from '../support/domain/events.js';
import { turn } from '../support/log/fixture.js';
import { numbers, openTail, take } from '../support/log/tail.js';

const A = 'login-a';
const B = 'login-b';
const PAGE = 500;

it('reads the disk once a commit, however many subscriptions there are', () => {
  const { tail, commit, reads } = openTail();
  tail.follow([A], 0);
  const committed = [3, 1, 7].map((count) => commit(A, count).length);
  for (let count = 0; count < 100; count += 1) tail.follow([A], 0);
  committed.push(commit(A, 2).length);
  expect(reads).toEqual(committed);
});

it('reads one page for a subscription whose consumer stops', async () => {
  const { tail, commit, reads } = openTail();
  commit(A, 3_000);
  const subscription = tail.follow([A], 0);
  reads.length = 0;
  await take(subscription, 1);
  expect(reads).toEqual([PAGE]);
});

it('reads nothing while there is no subscription', () => {
  const { commit, reads } = openTail();
  commit(A, 10);
  expect(reads).toEqual([]);
});

it('keeps at most 2,000 recent events, and always the last 1,000', async () => {
  const { tail, commit, reads } = openTail();
  tail.follow([A], 0);
  for (let count = 0; count < 60; count += 1) commit(A, 100);
  reads.length = 0;
  expect(await take(tail.follow([A], 5_000), 1_000)).toEqual(numbers(5_001, 6_000));
  expect(reads).toEqual([]);
  await take(tail.follow([A], 3_999), 1);
  expect(reads).toEqual([PAGE]);
});

it('gives the latest event of many, and then waits for a newer one', async () => {
  const { tail, commit } = openTail();
  commit(A, 1_234);
  const subscription = tail.follow([A], 0);
  expect((await subscription.latest()).value?.position).toBe(1_234);
  const later = subscription.latest();
  commit(B);
  commit(A);
  expect((await later).value?.position).toBe(1_236);
});

it('gives the latest event of its streams although pages of other streams follow it', async () => {
  const { tail, commit, append } = openTail();
  const subscription = tail.follow([A], 0);
  const [event] = append([{ stream: A, events: [loginRecorded()] }]);
  commit(B, 2 * PAGE - 1);
  const latest = subscription.latest();
  await turn();
  await subscription.return();
  expect((await latest).value).toEqual(event);
});

it('gives the last of the events that came while a parked `latest` was waking up', async () => {
  const { tail, commit } = openTail();
  const subscription = tail.follow([A], 0);
  const latest = subscription.latest();
  for (let count = 0; count < 10; count += 1) commit(A, 100);
  expect((await latest).value?.position).toBe(1_000);
});

it('ends a subscription that is parked for the latest event', async () => {
  const { tail } = openTail();
  const subscription = tail.follow([A], 0);
  const latest = subscription.latest();
  await subscription.return();
  expect(await latest).toEqual({ value: undefined, done: true });
});
