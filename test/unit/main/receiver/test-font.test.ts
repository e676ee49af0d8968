import { expect, test } from 'vitest';
import { drawText } from '#main/receiver/test-font.ts';

function drawn(text: string, scale: number): string[] {
  const rows = Array.from({ length: 7 * scale }, () => Array<string>(text.length * 6 * scale).fill('.'));
  drawText(text, 0, 0, scale, (x, y) => {
    rows[y]![x] = '#';
  });
  return rows.map((row) => row.join('').replace(/\.+$/, ''));
}

test('TEST can be read', () => {
  expect(drawn('TEST', 1)).toEqual([
    '#####.#####..####.#####',
    '..#...#.....#.......#',
    '..#...#.....#.......#',
    '..#...####...###....#',
    '..#...#.........#...#',
    '..#...#.........#...#',
    '..#...#####.####....#',
  ]);
});

test('a dot becomes a square of pixels', () => {
  expect(drawn('1', 2).slice(0, 4)).toEqual(['....##', '....##', '..####', '..####']);
});

test('a letter that the font lacks is our own mistake', () => {
  expect(() => drawn('É', 1)).toThrow('the font has no É');
});
