import { expect, it } from 'vitest';
import { createKept } from '../../../src/delivery/batch/body-cache.js';

const body = (bytes: number, fill = 'x') => Buffer.alloc(bytes, fill);

it('gives a body back once', () => {
  const kept = createKept(100);
  kept.keep('a', body(10, 'a'));
  expect(kept.take('a')).toEqual(body(10, 'a'));
  expect(kept.take('a')).toBeUndefined();
});

it('lets the oldest go where there is no room', () => {
  const kept = createKept(100);
  for (const id of ['a', 'b', 'c', 'd']) kept.keep(id, body(40));
  expect(['a', 'b', 'c', 'd'].map((id) => kept.take(id)?.length)).toEqual([undefined, undefined, 40, 40]);
});

it('counts a body that is kept again only once, and what was taken no more', () => {
  const kept = createKept(100);
  for (let round = 0; round < 10; round += 1) kept.keep('a', body(60));
  kept.keep('b', body(40));
  expect(kept.take('a')?.length).toBe(60);
  kept.keep('c', body(60));
  expect(kept.take('b')?.length).toBe(40);
  expect(kept.take('c')?.length).toBe(60);
});

it('keeps nothing that is larger than all it may keep', () => {
  const kept = createKept(100);
  kept.keep('a', body(101));
  expect(kept.take('a')).toBeUndefined();
});
