import { expect, it } from 'vitest';
import { loginRecorded } from '../support/log/events.js';
import { turn } from '../support/log/fixture.js';
import { numbers, openTail, take } from '../support/log/tail.js';

const A = 'login-a';
const B = 'login-b';

it.each([0, 1, 499, 500, 501, 1_999, 2_000])('gives each event after position %i once and in order', async (after) => {
  const { tail, commit } = openTail();
  commit(A, 2_000);
  const reader = tail.from('all', after);
  expect(await take(reader, 2_000 - after)).toEqual(numbers(after + 1, 2_000));
  commit(A);
  expect(await take(reader, 1)).toEqual([2_001]);
});

it('gives a reader of streams theirs and nothing else', async () => {
  const { tail, commit } = openTail();
  for (let round = 0; round < 3; round += 1) for (const stream of [A, B, 'login-c'] as const) commit(stream);
  expect(await take(tail.from([A], 0), 3)).toEqual([1, 4, 7]);
  expect(await take(tail.from([A, B], 2), 4)).toEqual([4, 5, 7, 8]);
});

it('merges the pages of long streams in the order of the log', async () => {
  const { tail, commit } = openTail();
  for (let round = 0; round < 7; round += 1) for (const stream of [A, B] as const) commit(stream, 120);
  expect(await take(tail.from([A, B], 100), 1_580)).toEqual(numbers(101, 1_680));
  expect(await take(tail.from([B], 0), 840)).toEqual(
    numbers(0, 6).flatMap((round) => numbers(240 * round + 121, 240 * round + 240)),
  );
});

it('catches up from the disk with a head that moves on, and then reads on from memory', async () => {
  const { tail, commit, reads } = openTail();
  commit(A, 1_200);
  const reader = tail.from('all', 0);
  const seen: number[] = [];
  while (seen.length < 2_400) {
    seen.push(...(await take(reader, 100)));
    if (seen.length <= 1_200) commit(B, 100);
  }
  expect(seen).toEqual(numbers(1, 2_400));
  reads.length = 0;
  commit(A, 3);
  expect(await take(reader, 3)).toEqual([2_401, 2_402, 2_403]);
  // The wake-up itself; what it found serves every reader.
  expect(reads).toEqual([3]);
});

it('wakes a parked reader with the next event of its streams, and not with others', async () => {
  const { tail, commit } = openTail();
  const reader = tail.from([A], 0);
  const next = reader.next();
  const given: number[] = [];
  void next.then(({ value }) => given.push(value?.position ?? 0));
  commit(B);
  await turn();
  expect(given).toEqual([]);
  commit(A);
  await next;
  expect(given).toEqual([2]);
});

it('wakes readers for a commit that is larger than its memory', async () => {
  const { tail, commit } = openTail();
  const readers = [tail.from('all', 0), tail.from([B], 0)];
  const first = readers.map((reader) => reader.next());
  commit(A, 1_500);
  commit(B, 1_500);
  expect((await Promise.all(first)).map(({ value }) => value?.position)).toEqual([1, 1_501]);
  expect(await take(tail.from('all', 1), 2_999)).toEqual(numbers(2, 3_000));
});

it('shows nothing beyond the head it was told of', async () => {
  const { tail, append, commit } = openTail();
  commit(A, 2);
  append([{ stream: A, events: [loginRecorded()] }]);
  for (const filter of ['all', [A]] as const) expect(await take(tail.from(filter, 0), 2)).toEqual([1, 2]);
  const given: number[] = [];
  const parked = (['all', [A]] as const).map((filter) => tail.from(filter, 2).next());
  for (const next of parked) void next.then(({ value }) => given.push(value?.position ?? 0));
  await turn();
  expect(given).toEqual([]);
  tail.wake(3, [A]);
  await Promise.all(parked);
  expect(given).toEqual([3, 3]);
});

it('ends a parked reader that is returned, and forgets it', async () => {
  const { tail } = openTail();
  const readers = [tail.from('all', 0), tail.from([A, B], 0)];
  const parked = readers.map((reader) => reader.next());
  expect(tail.readers()).toBe(2);
  for (const reader of readers) await reader.return();
  for (const next of parked) expect(await next).toEqual({ value: undefined, done: true });
  expect(tail.readers()).toBe(0);
});

it('gives nothing more after return, whatever had been read already', async () => {
  const { tail, commit } = openTail();
  commit(A, 10);
  const reader = tail.from('all', 0);
  await take(reader, 2);
  await reader.return();
  commit(A);
  expect(await reader.next()).toEqual({ value: undefined, done: true });
  expect(await reader.latest()).toEqual({ value: undefined, done: true });
});

it('leaves for-await with its reader forgotten', async () => {
  const { tail, commit } = openTail();
  commit(A, 3);
  for await (const event of tail.from('all', 0)) if (event.position === 2) break;
  expect(tail.readers()).toBe(0);
});

it('ends every reader when it closes', async () => {
  const { tail } = openTail();
  const parked = [tail.from('all', 0).next(), tail.from([A], 0).next()];
  tail.close();
  expect((await Promise.all(parked)).map(({ done }) => done)).toEqual([true, true]);
  expect(tail.readers()).toBe(0);
});
