import { expect, it } from 'vitest';
import { numbers, openTail, take } from '../support/log/tail.js';

const A = 'login-a';
const B = 'login-b';

/** More than is kept in memory: readers of the first events read the disk. */
const MANY = 2_500;

const refused = expect.objectContaining({ code: 'PRUNED' });

it('gives every event behind the horizon of its streams to who has seen those before it', async () => {
  const { tail, commit, prune } = openTail();
  commit(A, MANY);
  commit(B, 10);
  prune(A, 1_000);
  expect(await take(tail.from([A], 1_000), 1_500)).toEqual(numbers(1_001, MANY));
  expect(await take(tail.from('all', 1_000), 1_510)).toEqual(numbers(1_001, MANY + 10));
  // What was pruned of A is nothing to a reader of B.
  expect(await take(tail.from([B], 0), 10)).toEqual(numbers(MANY + 1, MANY + 10));
});

it.each([
  ['a stream', [A]],
  ['two streams', [B, A]],
  ['all', 'all'],
] as const)('refuses a reader of %s that would miss an event', async (_, filter) => {
  const { tail, commit, prune } = openTail();
  commit(B, 1);
  commit(A, MANY);
  prune(A, 1_000);
  const reader = tail.from(filter, 1_000);
  await expect(reader.next()).rejects.toEqual(refused);
  expect(await reader.next()).toEqual({ value: undefined, done: true });
  expect(tail.readers()).toBe(0);
});

it('ends a reader that the horizon passes while it reads, after the page that it holds', async () => {
  const { tail, commit, prune } = openTail();
  commit(A, MANY);
  const reader = tail.from([A], 0);
  expect(await take(reader, 100)).toEqual(numbers(1, 100));
  prune(A, 501);
  expect(await take(reader, 400)).toEqual(numbers(101, 500));
  await expect(reader.next()).rejects.toEqual(refused);
  expect(tail.readers()).toBe(0);
});

it('goes on where the horizon has just come to what a reader has seen', async () => {
  const { tail, commit, prune } = openTail();
  commit(A, MANY);
  const reader = tail.from([A], 0);
  await take(reader, 100);
  prune(A, 500);
  expect(await take(reader, MANY - 100)).toEqual(numbers(101, MANY));
});

it('goes on with a reader at the head when all that it has seen is pruned', async () => {
  const { tail, commit, prune } = openTail();
  commit(A, MANY);
  const reader = tail.from([A], 0);
  await take(reader, MANY);
  const next = reader.next();
  commit(B);
  prune(A, MANY);
  commit(A);
  expect((await next).value).toMatchObject({ position: MANY + 2, version: MANY + 1 });
  commit(A, MANY);
  expect(await take(reader, MANY)).toEqual(numbers(MANY + 3, 2 * MANY + 2));
});

it('lets a reader of state pass over what is pruned', async () => {
  const { tail, commit, prune } = openTail();
  commit(A, MANY);
  const reader = tail.from([B, A], 0);
  await take(reader, 1);
  prune(A, 2_000);
  expect((await reader.latest()).value).toMatchObject({ position: MANY });
  commit(B);
  expect((await reader.latest()).value).toMatchObject({ position: MANY + 1 });
});
