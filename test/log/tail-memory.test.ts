import { expect, it } from 'vitest';
import { loginRecorded } from '../support/log/events.js';
import { turn } from '../support/log/fixture.js';
import { numbers, openTail, take } from '../support/log/tail.js';

const A = 'login-a';
const B = 'login-b';
const PAGE = 500;

it('reads nothing for a reader that never reads', () => {
  const { tail, commit, reads } = openTail();
  tail.from('all', 0);
  const committed = [3, 1, 7].map((count) => commit(A, count).length);
  // One read a commit, for however many readers there are.
  for (let count = 0; count < 100; count += 1) tail.from([A], 0);
  committed.push(commit(A, 2).length);
  expect(reads).toEqual(committed);
});

it('takes one page for a reader that stops reading', async () => {
  const { tail, commit, reads } = openTail();
  commit(A, 3_000);
  for (const reader of [tail.from('all', 0), tail.from([A], 0)]) {
    reads.length = 0;
    await take(reader, 1);
    expect(reads).toEqual([PAGE]);
  }
});

it('reads nothing at all while nobody listens', () => {
  const { commit, reads } = openTail();
  commit(A, 10);
  expect(reads).toEqual([]);
});

it('keeps at most 2,000 recent events, the last 1,000 always', async () => {
  const { tail, commit, reads } = openTail();
  tail.from('all', 0);
  for (let count = 0; count < 60; count += 1) commit(A, 100);
  reads.length = 0;
  expect(await take(tail.from('all', 5_000), 1_000)).toEqual(numbers(5_001, 6_000));
  expect(reads).toEqual([]);
  await take(tail.from('all', 3_999), 1);
  expect(reads).toEqual([PAGE]);
});

it('gives the latest event of many, and then waits for one that is newer', async () => {
  const { tail, commit } = openTail();
  commit(A, 1_234);
  const reader = tail.from([A], 0);
  expect((await reader.latest()).value?.position).toBe(1_234);
  const later = reader.latest();
  commit(B);
  commit(A);
  expect((await later).value?.position).toBe(1_236);
});

it('gives the latest event of its streams although pages of others follow it', async () => {
  const { tail, commit, append } = openTail();
  const reader = tail.from([A], 0);
  const [event] = append([{ stream: A, events: [loginRecorded()] }]);
  commit(B, 2 * PAGE - 1);
  const latest = reader.latest();
  await turn();
  await reader.return();
  expect((await latest).value).toEqual(event);
});

it('conflates what came while a parked reader of state was waking up', async () => {
  const { tail, commit } = openTail();
  const reader = tail.from([A], 0);
  const latest = reader.latest();
  for (let count = 0; count < 10; count += 1) commit(A, 100);
  expect((await latest).value?.position).toBe(1_000);
});

it('ends a reader that is parked for the latest event', async () => {
  const { tail } = openTail();
  const reader = tail.from([A], 0);
  const latest = reader.latest();
  await reader.return();
  expect(await latest).toEqual({ value: undefined, done: true });
});
