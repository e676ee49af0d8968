/** What looks like a date, a number or an address in any free text. Patterns of our own: each takes linear time. */

import type { Span } from './token-search.ts';

/** Months in English, German, French, Spanish and Italian, whole and short. */
const MONTHS = [
  'jan(?:uary|uar|vier)?|jänner|janv|ene(?:ro)?|gen(?:naio)?',
  'feb(?:ruary|ruar|rero|braio)?|feber|févr?(?:ier)?|fevr?(?:ier)?',
  'mar(?:ch|s|zo)?|märz?|maerz|mrz',
  'apr(?:il|ile)?|avr(?:il)?|abr(?:il)?',
  'may|mai|mayo|mag(?:gio)?',
  'june?|juni?|juin|junio|giu(?:gno)?',
  'july?|juli?|juil(?:let)?|julio|lug(?:lio)?',
  'aug(?:ust)?|août|aout|ago(?:sto)?',
  'sept?(?:ember|embre|iembre)?|set(?:iembre|tembre)?',
  'o[ck]t(?:ober|obre)?|ott(?:obre)?',
  'nov(?:ember|embre|iembre)?',
  'de[cz](?:ember)?|déc(?:embre)?|decembre|dic(?:iembre|embre)?',
].join('|');
/** Those that are nothing else, so that a day beside them is a date without a year too. */
const WHOLE_MONTHS =
  'january|februar[y]?|april|august|september|october|november|december|januar|märz|oktober|dezember|janvier|février|' +
  'avril|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|junio|julio|agosto|septiembre|octubre|noviembre|' +
  'diciembre|gennaio|febbraio|giugno|luglio|settembre|ottobre|dicembre';
const DAY = '(?:0?[1-9]|[12]\\d|3[01])';
const MONTH = '(?:0?[1-9]|1[0-2])';
const YEAR = '(?:1[89]|2[01])\\d\\d';
const OF = "(?:de[l]?[ ]{1,2}|d[’']|of[ ]{1,2})?";

const DATES: readonly RegExp[] = [
  // 2004-01-19, 2004.1.19, 2004/01/19
  new RegExp(`(?<![\\d.])${YEAR}([-./])${MONTH}\\1${DAY}(?!\\d)`, 'g'),
  // 19.01.2004, 1/19/2004
  new RegExp(`(?<![\\d.])(?:${DAY}([-./])${MONTH}\\1|${MONTH}([-./])${DAY}\\2)${YEAR}(?!\\d)`, 'g'),
  // 19.01.04, 01/19/04: not inside a word or a longer row of numbers
  new RegExp(
    `(?<![\\p{L}\\d./-])(?:${DAY}([-./])${MONTH}\\1|${MONTH}([-./])${DAY}\\2)\\d\\d(?![\\p{L}\\d]|[-./,]\\d)`,
    'gu',
  ),
  // 01/2004
  new RegExp(`(?<![\\d./-])${MONTH}[/-]${YEAR}(?![\\d/-])`, 'g'),
  // 19 Jan 2004, 19. Januar 2004, 19-JAN-04, 19 de enero de 2004
  new RegExp(
    `(?<![\\p{L}\\d.])${DAY}(?:st|nd|rd|th|er|º|°|\\.)?[ -]{0,2}${OF}(?:${MONTHS})\\.?[ ,-]{1,2}${OF}(?:${YEAR}|[’']?\\d\\d)(?![\\p{L}\\d]|\\.\\d)`,
    'giu',
  ),
  // January 19, 2004; Jan 2004
  new RegExp(`(?<!\\p{L})(?:${MONTHS})\\.?[ -]{1,2}(?:${DAY}(?:st|nd|rd|th)?[ ,]{1,2}|${OF})${YEAR}(?!\\d)`, 'giu'),
  // 19 January, January 19
  new RegExp(`(?<![\\p{L}\\d.])${DAY}(?:st|nd|rd|th|er|º|\\.)?[ ]{1,2}${OF}(?:${WHOLE_MONTHS})(?!\\p{L})`, 'giu'),
  new RegExp(`(?<!\\p{L})(?:${WHOLE_MONTHS})[ ]{1,2}${DAY}(?:st|nd|rd|th)?(?![\\p{L}\\d])`, 'giu'),
];

const ADDRESSES: readonly RegExp[] = [
  /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,8}/gu,
  // A path or a query may name somebody as well as the user part does.
  /(?<!\p{L})(?:[a-z][a-z0-9+.-]{1,15}:\/\/|www\.)[^\s<>"]{1,2000}/giu,
];

const PHONE_WORDS =
  'tel|telephone|téléphone|telefon|telefono|teléfono|tél|phone|ph|fon|fax|mobile|mobil|móvil|cell|cellulare|handy|pager';
const PHONES: readonly RegExp[] = [
  new RegExp(`(?<!\\p{L})(?:${PHONE_WORDS})[.:# -]{0,3}[+(\\d][\\d ()./-]{2,20}\\d`, 'giu'),
  // +49 (221) 478-1234: at least seven more digits
  /(?<![\p{L}\d])\+\d{1,3}(?:[ ./-]?\(?\d{1,5}\)?){2}(?:[ ./-]?\d{1,5}){1,4}/gu,
  // (212) 555-0199, 212-555-0199, 212.555.0199
  /(?<![\d.])(?:\(\d{3}\) ?|\d{3}([-.]))\d{3}[-. ]\d{4}(?!\d|\.\d)/g,
  // 0221 / 478-1234
  /(?<![\d.,])0\d{1,5} ?[/-] ?\d{2,}(?:[ -]\d{2,}){0,3}(?![\d.])/g,
  // 01 42 34 56 78
  /(?<![\d.,])0\d(?:[ .]\d\d){4}(?![\d.])/g,
  // 612 34 56 78, 91 234 56 78
  /(?<![\d.,])(?:[6789]\d\d(?: \d\d){3}|9\d \d{3} \d\d \d\d|[6789]\d\d \d{3} \d{3})(?![\d.])/g,
  // 123-45-6789
  /(?<![\d-])\d{3}-\d\d-\d{4}(?![\d-])/g,
];

/** UIDs are looked for as a whole, then words with a long run of digits. */
const UID = /(?<![\d.])\d+(?:\.\d+){5,}/g;
const WORD = /[\p{L}\p{N}_]+/gu;
const LONG_RUN = /\d{5}/;

/** Dates, telephone numbers, addresses, UIDs and words with five digits or more in a row. */
export function numberSpans(text: string): Span[] {
  const spans: Span[] = [];
  for (const pattern of [...DATES, ...ADDRESSES, ...PHONES, UID]) {
    for (const found of text.matchAll(pattern)) spans.push({ start: found.index, end: found.index + found[0].length });
  }
  for (const { index, 0: word } of text.matchAll(WORD)) {
    if (LONG_RUN.test(word)) spans.push({ start: index, end: index + word.length });
  }
  return spans;
}
