import { expect, it } from 'vitest';
import { createBodyCache } from '../../../src/delivery/batch/body-cache.js';

const body = (bytes: number, fill = 'x') => Buffer.alloc(bytes, fill);

it('gives a body back once', () => {
  const bodies = createBodyCache(100);
  bodies.put('a', body(10, 'a'));
  expect(bodies.take('a')).toEqual(body(10, 'a'));
  expect(bodies.take('a')).toBeUndefined();
});

it('lets the oldest go where there is no room', () => {
  const bodies = createBodyCache(100);
  for (const id of ['a', 'b', 'c', 'd']) bodies.put(id, body(40));
  expect(['a', 'b', 'c', 'd'].map((id) => bodies.take(id)?.length)).toEqual([undefined, undefined, 40, 40]);
});

it('counts a body that is bodies again only once, and what was taken no more', () => {
  const bodies = createBodyCache(100);
  for (let round = 0; round < 10; round += 1) bodies.put('a', body(60));
  bodies.put('b', body(40));
  expect(bodies.take('a')?.length).toBe(60);
  bodies.put('c', body(60));
  expect(bodies.take('b')?.length).toBe(40);
  expect(bodies.take('c')?.length).toBe(60);
});

it('keeps nothing that is larger than all it may keep', () => {
  const bodies = createBodyCache(100);
  bodies.put('a', body(101));
  expect(bodies.take('a')).toBeUndefined();
});
