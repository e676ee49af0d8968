/** Lines on the screen: filtered as the receiver filters, joined without gaps or repetitions, bounded. */

import { describe, expect, it } from 'vitest';
import {
  bundleText,
  countFresh,
  filterArgument,
  firstLines,
  type LogFilter,
  MOST_LINES,
  matches,
  noFilter,
  stamp,
  withLive,
  withOlder,
} from '#renderer/features/log/log-model.ts';
import { commandArguments, type LogLine } from '#shared/contract.ts';

const line = (sequence: number, more: Partial<LogLine> = {}): LogLine => ({
  sequence,
  time: sequence,
  level: 'info',
  component: 'store',
  message: `line ${sequence}`,
  ...more,
});
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => line(from + index));

describe('matching', () => {
  it.each<[Partial<LogFilter>, Partial<LogLine>, boolean]>([
    [{ level: 'warn' }, { level: 'info' }, false],
    [{ level: 'warn' }, { level: 'error' }, true],
    [{ component: 'server' }, {}, false],
    [{ profileId: 'a' }, { profileId: 'a' }, true],
    [{ profileId: 'a' }, {}, false],
    [{ associationId: '7' }, { associationId: '8' }, false],
    [{ text: ' LINE ' }, {}, true],
    [{ text: 'a700' }, { code: 'A700' }, true],
    [{ text: 'other' }, {}, false],
  ])('%j of %j is %j', (filter, given, expected) => {
    expect(matches(line(1, given), { ...noFilter, ...filter })).toBe(expected);
  });
});

describe('joining', () => {
  it('adds live lines that match, once', () => {
    const first = firstLines(range(1, 3), [...range(2, 4), line(5, { level: 'debug' })], noFilter, 500);
    expect(first.lines.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(first).toMatchObject({ seen: 5, more: false });
    const { lines, gap } = withLive(first, range(4, 7), noFilter);
    expect(lines.lines.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 6, 7]);
    expect(gap).toBe(false);
  });

  it('notices that lines came and went unseen', () => {
    const first = firstLines(range(1, 3), [], noFilter, 500);
    expect(withLive(first, range(4, 6), noFilter).gap).toBe(false);
    expect(withLive(first, range(9, 12), noFilter).gap).toBe(true);
  });

  it('puts older lines before, and knows when there are none left', () => {
    const first = firstLines(range(11, 12), [], noFilter, 2);
    expect(first.more).toBe(true);
    const older = withOlder(first, range(10, 11), 2);
    expect(older.lines.map(({ sequence }) => sequence)).toEqual([10, 11, 12]);
    expect(withOlder(older, [line(9)], 2)).toMatchObject({ more: false });
  });

  it('never holds more than its bound', () => {
    const full = firstLines(range(1, MOST_LINES), [], noFilter, 5000);
    const { lines } = withLive(full, range(MOST_LINES + 1, MOST_LINES + 10), noFilter);
    expect(lines.lines).toHaveLength(MOST_LINES);
    expect(lines.lines.at(-1)!.sequence).toBe(MOST_LINES + 10);
    expect(withOlder(lines, range(1, 10), 10).lines).toHaveLength(MOST_LINES);
  });

  it('counts what waits while it is paused', () => {
    const first = firstLines(range(1, 3), [], noFilter, 500);
    expect(countFresh(first, [...range(3, 5), line(6, { level: 'debug' })], noFilter)).toBe(2);
  });
});

it('gives arguments that the commands take', () => {
  const argument = filterArgument({ level: 'debug', text: ' x ', associationId: 'p.1' });
  expect(commandArguments['log-export'].parse(argument)).toEqual({ level: 'debug', text: 'x', associationId: 'p.1' });
  expect(Object.keys(filterArgument(noFilter)).toSorted()).toEqual(['level', 'text']);
});

it('puts several files into one text', () => {
  expect(
    bundleText([
      { name: 'a.txt', text: 'A\n' },
      { name: 'b.txt', text: 'B' },
    ]),
  ).toBe('===== a.txt =====\nA\n\n===== b.txt =====\nB\n');
  expect(stamp(Date.UTC(2026, 2, 5, 14, 3, 12))).toBe('2026-03-05-140312');
});
