import { expect, test } from 'vitest';
import { dayOfNumber, isDay, numberOfDay } from '#main/engine/dataset/calendar.ts';

const DAY = 86_400_000;

test('every day of the years 0000 to 9999 is as Date has it', () => {
  const first = Math.round(new Date(0).setUTCFullYear(0, 0, 1) / DAY);
  const last = Math.round(new Date(0).setUTCFullYear(9999, 11, 31) / DAY);
  const date = new Date(0);
  const wrong: string[] = [];
  for (let number = first; number <= last; number++) {
    date.setTime(number * DAY);
    const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    const made = dayOfNumber(number);
    const isSame = made.year === day.year && made.month === day.month && made.day === day.day;
    if (!isSame || numberOfDay(day) !== number || !isDay(day.year, day.month, day.day)) wrong.push(date.toISOString());
  }
  expect(wrong).toEqual([]);
});

test('what the calendar does not have is no day', () => {
  for (let year = 1895; year <= 2005; year++) {
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 32; day++) {
        const date = new Date(Date.UTC(year, month - 1, day));
        const isReal = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
        expect(isDay(year, month, day), `${year}-${month}-${day}`).toBe(isReal);
      }
    }
  }
  expect([isDay(2000, 2, 29), isDay(1900, 2, 29), isDay(2001, Number.NaN, 1), isDay(2001, 1, Number.NaN)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
