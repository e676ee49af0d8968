/** Quantities as people write them. */

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { explainQuantity, formatQuantity, parseQuantity } from '#renderer/features/settings/units.ts';

it.each([
  ['16384', 16384],
  ['16 KiB', 16384],
  ['16k', 16384],
  ['1.5 GiB', 1.5 * 1024 ** 3],
  ['2 tib', 2 * 1024 ** 4],
  ['1,073,741,824', 1024 ** 3],
  ['1 073 741 824 bytes', 1024 ** 3],
  ['', undefined],
  ['  ', undefined],
  ['abc', 'abc'],
  ['5 apples', '5 apples'],
  ['1.5', 1.5],
  ['-3', -3],
])('reads bytes %j', (text, value) => {
  expect(parseQuantity(text, 'bytes')).toBe(value);
});

it.each([
  ['30', 30],
  ['0.5 s', 0.5],
  ['2 min', 120],
  ['1 hour', 3600],
  ['100ms', 0.1],
  ['1 KiB', '1 KiB'],
])('reads seconds %j', (text, value) => {
  expect(parseQuantity(text, 'seconds')).toBe(value);
});

it('reads rates with and without "/s", and no units where there are none', () => {
  expect(parseQuantity('1 KiB/s', 'bytes/s')).toBe(1024);
  expect(parseQuantity('1 KiB', 'bytes/s')).toBe(1024);
  expect(parseQuantity('1 KiB')).toBe('1 KiB');
  expect(parseQuantity('11112')).toBe(11112);
});

it('shows what it reads back', () => {
  expect(formatQuantity(1024 ** 3, 'bytes')).toBe('1 GiB');
  expect(formatQuantity(131072, 'bytes')).toBe('128 KiB');
  expect(formatQuantity(1000, 'bytes')).toBe('1000 bytes');
  expect(formatQuantity(1024, 'bytes/s')).toBe('1 KiB/s');
  expect(formatQuantity('abc', 'bytes')).toBe('abc');
  expect(formatQuantity(undefined, 'bytes')).toBe('');
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(parseQuantity(formatQuantity(value, 'bytes'), 'bytes')).toBe(value);
      expect(parseQuantity(formatQuantity(value, 'bytes/s'), 'bytes/s')).toBe(value);
      expect(parseQuantity(formatQuantity(value, 'seconds'), 'seconds')).toBe(value);
    }),
  );
});

it('explains what a number means', () => {
  expect(explainQuantity(16 * 1024 ** 2, 'bytes')).toBe('16,777,216 bytes');
  expect(explainQuantity(90, 'seconds')).toBe('1 minute 30 seconds');
  expect(explainQuantity(7200, 'seconds')).toBe('2 hours');
  expect(explainQuantity(30, 'seconds')).toBe('');
});
