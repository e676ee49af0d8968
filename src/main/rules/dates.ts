/** Dates (DA) and date-times (DT) moved by days or made coarser; what is no date is said to be none (PS3.5 6.2). */

import { type Day, dayOfNumber, isDay, numberOfDay } from '#main/engine/dataset/calendar.ts';

/** The parts of a DT from the hour on, as they are written: `123000.5+0100`. */
interface DateTime {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly rest: string;
}

const DATE = /^(\d{4})(\d\d)(\d\d)$/;
/** As ACR-NEMA wrote it: still understood, no longer written (PS3.5 6.2, DA). */
const OLD_DATE = /^(\d{4})\.(\d\d)\.(\d\d)$/;
const DATE_TIME =
  /^(\d{4})(?:(\d\d)(?:(\d\d)((?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?)?)?)?([+-](?:0\d|1[0-4])[0-5]\d)?$/;

/**
 * Every date of a DA value field moved by a number of days, as `YYYYMMDD`. Undefined when one of them is no date, or
 * leaves the years 0001 to 9999.
 */
export function shiftDate(text: string, days: number): string | undefined {
  return eachValue(text, (value) => {
    const day = readDate(value);
    const moved = day && move(day, days);
    return moved && dateText(moved);
  });
}

/**
 * Every date-time of a DT value field moved by a number of days; time, fraction and offset from UTC stay as they are. A
 * partial one (`2004`, `200401`) stays for its middle, and is given to the precision it had. Undefined when one of them
 * is no date-time, or leaves the years 0001 to 9999.
 */
export function shiftDateTime(text: string, days: number): string | undefined {
  return eachValue(text, (value) => {
    const parts = readDateTime(value);
    if (!parts) return undefined;
    const { year, month, day, rest } = parts;
    const moved = move(
      { year: Number(year), month: Number(month || '7'), day: Number(day || (month === '' ? '1' : '15')) },
      days,
    );
    return moved && dateText(moved).slice(0, year.length + month.length + day.length) + rest;
  });
}

/**
 * Every date or date-time of a value field without its day, or without its month too: `20040101`, right for DA and DT.
 * Of a partial date-time nothing is made up: `2004` stays `2004`. Undefined when one of them is neither.
 */
export function truncateDate(text: string, to: 'year' | 'month'): string | undefined {
  return eachValue(text, (value) => {
    const old = readDate(value);
    const parts = old ? readDateTime(dateText(old)) : readDateTime(value);
    if (!parts) return undefined;
    const { year, month, day } = parts;
    const kept = to === 'month' ? year + month : year;
    return day === '' ? kept : kept.padEnd(8, '01');
  });
}

/** Values without a backslash; an empty one stays empty. */
function eachValue(text: string, change: (value: string) => string | undefined): string | undefined {
  if (!text.includes('\\')) return changed(text, change);
  const values: string[] = [];
  for (const value of text.split('\\')) {
    const result = changed(value, change);
    if (result === undefined) return undefined;
    values.push(result);
  }
  return values.join('\\');
}

function changed(value: string, change: (value: string) => string | undefined): string | undefined {
  const bare = value.trim();
  return bare === '' ? '' : change(bare);
}

function readDate(value: string): Day | undefined {
  const found = DATE.exec(value) ?? OLD_DATE.exec(value);
  return found ? existing({ year: Number(found[1]), month: Number(found[2]), day: Number(found[3]) }) : undefined;
}

function readDateTime(value: string): DateTime | undefined {
  const found = DATE_TIME.exec(value);
  if (!found) return undefined;
  const [, year = '', month = '', day = '', time = '', offset = ''] = found;
  const exists = existing({ year: Number(year), month: Number(month || '1'), day: Number(day || '1') });
  return exists && { year, month, day, rest: time + offset };
}

/** The day itself when the calendar has it. */
function existing(day: Day): Day | undefined {
  return day.year >= 1 && isDay(day.year, day.month, day.day) ? day : undefined;
}

function move(day: Day, days: number): Day | undefined {
  const moved = dayOfNumber(numberOfDay(day) + days);
  return moved.year >= 1 && moved.year <= 9999 ? moved : undefined;
}

function dateText({ year, month, day }: Day): string {
  return `${String(year).padStart(4, '0')}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}`;
}
