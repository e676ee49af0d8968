/** Dates moved and made coarser; what is no date never becomes one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shiftDate, shiftDateTime, truncateDate } from '#main/rules/dates.ts';

describe('DA', () => {
  test.each([
    ['20040119', -1, '20040118'],
    ['20040101', -1, '20031231'],
    ['20040301', -1, '20040229'],
    ['20050301', -1, '20050228'],
    ['19000301', -1, '19000228'],
    ['18991231', -365, '18981231'],
    ['15821015', -1, '15821014'],
    ['00500101', -1, '00491231'],
    ['2004.01.19', -19, '20031231'],
    [' 20040119 ', -1, '20040118'],
    ['20040119\\20040301', -1, '20040118\\20040229'],
    ['', -1, ''],
    ['20040119', -36500, '19040213'],
  ])('%s by %i days is %s', (text, days, moved) => {
    expect(shiftDate(text, days)).toBe(moved);
  });

  test.each([
    '2004',
    '200401',
    '20041301',
    '20040230',
    '20050229',
    '20040100',
    '00000000',
    '20040119-20040120',
    '01/19/2004',
    '2004.1.19',
    '20040119\\x',
    '２００４０１１９',
  ])('%s is no date', (text) => {
    expect(shiftDate(text, -1)).toBeUndefined();
  });

  test('does not leave the years that a date can have', () => {
    expect(shiftDate('00010101', -1)).toBeUndefined();
    expect(shiftDate('99991231', 1)).toBeUndefined();
  });

  test('a shift is undone by its opposite', () => {
    const day = fc.date({ min: new Date('0300-01-01'), max: new Date('9998-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(day, fc.integer({ min: -36500, max: -1 }), (date, days) => {
        const text = date.toISOString().slice(0, 10).replaceAll('-', '');
        const moved = shiftDate(text, days)!;
        expect(moved).toMatch(/^\d{8}$/);
        expect(shiftDate(moved, -days)).toBe(text);
        expect(shiftDateTime(text, days)).toBe(moved);
      }),
    );
  });
});

describe('DT', () => {
  test.each([
    ['20040119123456.123456+0100', -19, '20031231123456.123456+0100'],
    ['20040119123456-0530', -1, '20040118123456-0530'],
    ['2004011912', -1, '2004011812'],
    ['200401191234', -1, '200401181234'],
    ['20040119235960', -1, '20040118235960'],
    ['20040119+0100', -1, '20040118+0100'],
    ['200401', -20, '200312'],
    ['200401', -5, '200401'],
    ['2004', -100, '2004'],
    ['2004', -200, '2003'],
    ['2004+0100', -365, '2003+0100'],
    ['20040119\\2004', -366, '20030118\\2003'],
    ['', -1, ''],
  ])('%s by %i days is %s', (text, days, moved) => {
    expect(shiftDateTime(text, days)).toBe(moved);
  });

  test.each([
    '200',
    '20040',
    '200413',
    '20040230',
    '2004011924',
    '200401191260',
    '20040119123456.',
    '20040119123456.1234567',
    '20040119+1',
    '20040119+9900',
    '2004.01.19',
    'x',
    '0000',
  ])('%s is no date-time', (text) => {
    expect(shiftDateTime(text, -1)).toBeUndefined();
  });
});

describe('truncation', () => {
  test.each([
    ['20040119', 'month', '20040101'],
    ['20040119', 'year', '20040101'],
    ['20041119', 'month', '20041101'],
    ['20041119', 'year', '20040101'],
    ['2004.11.19', 'month', '20041101'],
    ['20041119123456.5+0100', 'month', '20041101'],
    ['200411', 'month', '200411'],
    ['200411', 'year', '2004'],
    ['2004', 'month', '2004'],
    ['20041119\\20030202', 'year', '20040101\\20030101'],
    ['', 'year', ''],
  ] as const)('%s to the %s is %s', (text, to, truncated) => {
    expect(truncateDate(text, to)).toBe(truncated);
  });

  test.each(['x', '20041301', '19-11-2004'])('%s is no date', (text) => {
    expect(truncateDate(text, 'year')).toBeUndefined();
  });
});

test('whatever comes in, what comes out is valid or nothing', () => {
  const noise = fc.stringMatching(/^[\d.+\\ -]{0,20}$/);
  fc.assert(
    fc.property(noise, fc.integer({ min: -400, max: -1 }), (text, days) => {
      for (const value of (shiftDate(text, days) ?? '').split('\\')) expect(value).toMatch(/^(?:\d{8})?$/);
      for (const value of (shiftDateTime(text, days) ?? '').split('\\')) {
        expect(value).toMatch(/^(?:\d{4}(?:\d\d){0,5}(?:\.\d{1,6})?(?:[+-]\d{4})?)?$/);
      }
    }),
  );
});
