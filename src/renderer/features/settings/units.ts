/** Quantities as people write them, and as options store them: `16 MiB` is 16777216, `2 min` is 120. */

import type { OptionText } from '#shared/options.ts';

type Unit = NonNullable<OptionText['unit']>;

const KIB = 1024;
const BYTE_UNITS = [
  ['bytes', 1],
  ['KiB', KIB],
  ['MiB', KIB ** 2],
  ['GiB', KIB ** 3],
  ['TiB', KIB ** 4],
] as const;

/** Every word that may follow a number, in small letters, and what it multiplies by. `k` and `kB` mean KiB: nobody means 1000 here. */
const FACTORS: Readonly<Record<Unit, Readonly<Record<string, number>>>> = {
  bytes: byteWords(''),
  'bytes/s': { ...byteWords(''), ...byteWords('/s') },
  seconds: {
    ms: 0.001,
    s: 1,
    sec: 1,
    second: 1,
    seconds: 1,
    m: 60,
    min: 60,
    minute: 60,
    minutes: 60,
    h: 3600,
    hour: 3600,
    hours: 3600,
  },
};

function byteWords(suffix: string): Record<string, number> {
  const words: Record<string, number> = {};
  for (const [index, letter] of ['', 'k', 'm', 'g', 't'].entries()) {
    const spellings = letter === '' ? ['b', 'byte', 'bytes'] : [letter, `${letter}b`, `${letter}ib`];
    for (const word of spellings) words[word + suffix] = KIB ** index;
  }
  return words;
}

/**
 * What a number field says: nothing (the option is left out), a number, or, where it is none, the text itself,
 * which the schema of the option then calls wrong.
 */
export function parseQuantity(text: string, unit?: Unit): number | string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e\d+)?)\s*([a-z/]*)$/i.exec(withoutGroups(trimmed));
  if (!match) return trimmed;
  const word = match[2]!.toLowerCase();
  const factor = word === '' ? 1 : unit && FACTORS[unit][word];
  if (factor === undefined) return trimmed;
  const value = Number(match[1]) * factor;
  // 0.1 MiB is no whole number of bytes: what was meant is the nearest one. A fraction without a unit stays a mistake.
  if (factor === 1) return value;
  return unit === 'seconds' ? Number(value.toPrecision(12)) : Math.round(value);
}

/** `1,073,741,824` and `1 073 741 824` are how numbers are shown: they are taken back the same way. */
function withoutGroups(text: string): string {
  return /^\d{1,3}([, {2}\u202f]\d{3})+(?!\d)/.test(text) ? text.replace(/(?<=\d)[, {2}\u202f](?=\d{3})/g, '') : text;
}

/** A value for its field: exactly what `parseQuantity` reads back. What is no number is shown as it was typed. */
export function formatQuantity(value: unknown, unit?: Unit): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'number') return String(value);
  if (unit !== 'bytes' && unit !== 'bytes/s') return String(value);
  const [word, factor] = BYTE_UNITS.findLast(([, size]) => value >= size && isShort(value / size)) ?? BYTE_UNITS[0];
  return `${value / factor} ${word}${unit === 'bytes/s' ? '/s' : ''}`;
}

/** At most two decimals: 1.5 GiB, but not 0.9765625 KiB. */
function isShort(value: number): boolean {
  return Number.isInteger(value * 100);
}

/** The same quantity in its plain unit, where the field shows another: `16,777,216 bytes`, `2 minutes`. */
export function explainQuantity(value: unknown, unit?: Unit): string {
  if (typeof value !== 'number' || unit === undefined) return '';
  if (unit === 'seconds') return explainSeconds(value);
  return value < KIB ? '' : `${value.toLocaleString('en')} ${unit}`;
}

function explainSeconds(value: number): string {
  if (value < 60) return '';
  if (value % 3600 === 0) return plural(value / 3600, 'hour');
  if (value % 60 === 0) return plural(value / 60, 'minute');
  return `${plural(Math.floor(value / 60), 'minute')} ${plural(value % 60, 'second')}`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
