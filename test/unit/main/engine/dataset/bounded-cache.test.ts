/** A cache that stays small and keeps what is used. */
import { expect, test } from 'vitest';
import { BoundedCache } from '#main/engine/dataset/bounded-cache.ts';

test('keeps the last ones used, forgets the others', () => {
  const cache = new BoundedCache<number>(10);
  cache.set('kept', -1);
  for (let number = 0; number < 100; number++) {
    cache.set(`${number}`, number);
    expect(cache.get('kept')).toBe(-1);
  }
  const left = Array.from({ length: 100 }, (_, number) => cache.get(`${number}`)).filter(
    (value) => value !== undefined,
  );
  expect(left.length).toBeLessThanOrEqual(20);
  expect(left.at(-1)).toBe(99);
  expect(cache.get('never')).toBeUndefined();
});

test('a new value takes the place of the old one', () => {
  const cache = new BoundedCache<number>(2);
  for (const value of [1, 2, 3]) cache.set('a', value);
  expect(cache.get('a')).toBe(3);
});
