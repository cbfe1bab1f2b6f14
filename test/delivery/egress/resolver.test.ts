import type { LookupAddress } from 'node:dns';
import { expect, it } from 'vitest';
import { createResolve } from '../../../src/delivery/egress/resolver.js';

const ADDRESSES: LookupAddress[] = [{ address: '192.0.2.1', family: 4 }];

/** A resolver whose lookups of names that begin with `dead` hang until `fail` is called. */
function hangingResolver() {
  const hanging: (() => void)[] = [];
  const lookups: string[] = [];
  const resolve = createResolve((hostname) => {
    lookups.push(hostname);
    if (!hostname.startsWith('dead')) return Promise.resolve(ADDRESSES);
    return new Promise((_, reject) => hanging.push(() => reject(new Error('no answer'))));
  });
  return { resolve, lookups, fail: () => hanging.splice(0).forEach((reject) => reject()) };
}

it('names that did not answer are looked up only a few at a time, and all others at once', async () => {
  const { resolve, lookups, fail } = hangingResolver();
  const dead = Array.from({ length: 50 }, (_, index) => `dead${index}.example`);
  const firsts = Promise.allSettled(dead.map((name) => resolve(name)));
  expect(lookups).toHaveLength(50);
  fail();
  await firsts;

  const seconds = Promise.allSettled(dead.map((name) => resolve(name)));
  expect(lookups).toHaveLength(58);
  await expect(resolve('siem.example')).resolves.toEqual(ADDRESSES);
  await expect(resolve('siem.example')).resolves.toEqual(ADDRESSES);

  for (let left = 50; left > 0; left -= 8) {
    fail();
    await new Promise((resolved) => setImmediate(resolved));
  }
  expect((await seconds).every(({ status }) => status === 'rejected')).toBe(true);
});

it('a name that answers again is no longer limited', async () => {
  let isUp = false;
  const lookups: string[] = [];
  const resolve = createResolve((hostname) => {
    lookups.push(hostname);
    return isUp ? Promise.resolve(ADDRESSES) : Promise.reject(new Error('no answer'));
  });
  await expect(resolve('siem.example')).rejects.toThrow('no answer');
  isUp = true;
  await resolve('siem.example');
  const many = Array.from({ length: 30 }, () => resolve('other.example'));
  await Promise.all([...many, resolve('siem.example')]);
  expect(lookups.filter((name) => name === 'siem.example')).toHaveLength(3);
});
