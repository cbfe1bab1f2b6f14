import { expect, it } from 'vitest';
import { count } from '../../src/runtime/count.js';

it('a count has the singular only for one', () => {
  expect([0, 1, 2].map((amount) => count(amount, 'line', 'a second'))).toEqual([
    '0 lines a second',
    '1 line a second',
    '2 lines a second',
  ]);
  expect(count(1, 'login')).toBe('1 login');
});
