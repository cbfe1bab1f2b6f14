import { expect, it } from 'vitest';
import { createBodyCache } from '../../../src/delivery/batch/body-cache.js';

const body = (bytes: number, fill = 'x') => Buffer.alloc(bytes, fill);

it('the body cache returns a body once', () => {
  const bodies = createBodyCache(100);
  bodies.put('a', body(10, 'a'));
  expect(bodies.take('a')).toEqual(body(10, 'a'));
  expect(bodies.take('a')).toBeUndefined();
});

it('the body cache drops the oldest bodies if there is no room', () => {
  const bodies = createBodyCache(100);
  for (const id of ['a', 'b', 'c', 'd']) bodies.put(id, body(40));
  expect(['a', 'b', 'c', 'd'].map((id) => bodies.take(id)?.length)).toEqual([undefined, undefined, 40, 40]);
});

it('the body cache counts a body that is put again only once, and a body that was taken not at all', () => {
  const bodies = createBodyCache(100);
  for (let round = 0; round < 10; round += 1) bodies.put('a', body(60));
  bodies.put('b', body(40));
  expect(bodies.take('a')?.length).toBe(60);
  bodies.put('c', body(60));
  expect(bodies.take('b')?.length).toBe(40);
  expect(bodies.take('c')?.length).toBe(60);
});

it('the body cache does not keep a body that is larger than its limit', () => {
  const bodies = createBodyCache(100);
  bodies.put('a', body(101));
  expect(bodies.take('a')).toBeUndefined();
});
