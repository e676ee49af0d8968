/** Names that a title gives away: `Dr. Smith`, `Frau Meyer`, `John Smith, MD`. */

import { foldText } from './fold.ts';
import { IMAGING_WORDS } from './imaging-words.ts';
import type { Span } from './token-search.ts';

/**
 * Folded titles. `any`: in small or capital letters, with or without a point. `written`: `Mr` and `Mr.` but not `MR`,
 * which is magnetic resonance, and not `MS`, a disease. `point`: only with a point after it.
 */
const TITLES: Readonly<Record<'any' | 'written' | 'point', ReadonlySet<string>>> = {
  any: new Set(
    (
      'dr dra drs dres doctor docteur doktor doctora dott dottore dottoressa dottssa prof professor professeur profesor ' +
      'profesora professoressa mrs mme mlle madame mademoiselle monsieur herr herrn frau senor senora senorita srta sra ' +
      'signor signora signorina'
    ).split(' '),
  ),
  written: new Set('mr ms miss sir hr don dona sr'.split(' ')),
  point: new Set('m fr sig sigra signa mr ms hr sr'.split(' ')),
};
/** Between a title and a name: `Prof. Dr. med. dent. Meyer`, `Dott.ssa Rossi`. */
const BETWEEN: ReadonlySet<string> = new Set('med dent rer nat phil habil hc ssa ra na h c'.split(' '));
const PARTICLES: ReadonlySet<string> = new Set(
  'de du da di do dos del della der den la le van von vom zu zur ten ter el al bin y e'.split(' '),
);
/** After a name: with a comma after one word, without after two. */
const SUFFIXES: ReadonlySet<string> = new Set('MD PhD RN FRCR FRCS FACR DO DDS DMD PA-C RT'.split(' '));
const MOST_WORDS = 3;
/** With titles, initials and particles; more of them in a row are no name, and would take their time. */
const MOST_PARTS = 10;

interface Word extends Span {
  readonly text: string;
  readonly folded: string;
}

export function titledNameSpans(text: string): Span[] {
  const words = [...text.matchAll(/[\p{L}\p{M}\p{N}'’]+(?:-[\p{L}\p{M}\p{N}'’]+)*/gu)].map(({ index, 0: word }) => ({
    start: index,
    end: index + word.length,
    text: word,
    folded: foldText(word),
  }));
  const spans: Span[] = [];
  for (let at = 0; at < words.length; at++) {
    const end = isTitle(words, at, text) ? endOfName(words, at, text) : undefined;
    if (end !== undefined) spans.push({ start: words[at]!.start, end: words[end]!.end });
    const start = SUFFIXES.has(words[at]!.text) ? startOfName(words, at, text) : undefined;
    if (start !== undefined) spans.push({ start: words[start]!.start, end: words[at]!.end });
  }
  return spans;
}

function isTitle(words: readonly Word[], at: number, text: string): boolean {
  const { text: word, folded, start, end } = words[at]!;
  const hasPoint = text[end] === '.';
  // `8 Fr. catheter` is a size.
  if (/\d[ ]?$/.test(text.slice(Math.max(0, start - 2), start))) return false;
  if (TITLES.any.has(folded)) return true;
  const isWritten = word.length > 1 && word !== word.toUpperCase() && word !== word.toLowerCase();
  return (TITLES.written.has(folded) && isWritten) || (TITLES.point.has(folded) && hasPoint && /^\p{Lu}/u.test(word));
}

/** The last word of the name that begins after a title; undefined: none does. */
function endOfName(words: readonly Word[], title: number, text: string): number | undefined {
  let at = title + 1;
  // Small letters are a name only where the title has them too.
  const isSmall = words[title]!.text === words[title]!.text.toLowerCase();
  const last = title + MOST_PARTS;
  while (at < last && isNext(words, at, text) && isBetween(words[at]!.folded)) at++;
  let end: number | undefined;
  for (let count = 0; count < MOST_WORDS && at < last && isNext(words, at, text); at++) {
    const word = words[at]!;
    const isInitial = word.text.length === 1 && text[word.end] === '.';
    if (PARTICLES.has(word.folded) && word.text === word.folded) continue;
    if (!isInitial && !isNameWord(word, isSmall && count === 0)) break;
    end = at;
    if (!isInitial) count++;
  }
  return end;
}

function isBetween(folded: string): boolean {
  return BETWEEN.has(folded) || TITLES.any.has(folded);
}

/** Whether a word follows the one before it with nothing but a blank or a point between. */
function isNext(words: readonly Word[], at: number, text: string): boolean {
  const word = words[at];
  return word !== undefined && /^(?:\.?[ \t]{1,2}|\.|\.-)$/.test(text.slice(words[at - 1]!.end, word.start));
}

function isNameWord({ text, folded }: Word, small: boolean): boolean {
  if (IMAGING_WORDS.has(folded) || /\p{N}/u.test(text) || text.length < 2) return false;
  return small || /^(?:\p{Lu}|\p{Lo}|[dlDL]['’]\p{Lu})/u.test(text);
}

/** The first word of the name that ends before a suffix; undefined: none does. */
function startOfName(words: readonly Word[], suffix: number, text: string): number | undefined {
  let start: number | undefined;
  const hasComma = gapBefore(words, suffix, text) === ', ';
  for (let at = suffix - 1; at >= 0 && suffix - at <= MOST_WORDS; at--) {
    const word = words[at]!;
    const gap = gapBefore(words, at + 1, text);
    const isInitial = word.text.length === 1 && /^\p{Lu}/u.test(word.text);
    const follows = at === suffix - 1 ? [' ', ', ', ','].includes(gap) : [' ', '. ', ', '].includes(gap);
    if (!follows || !(isInitial || isNameWord(word, false))) break;
    start = at;
  }
  if (start === undefined) return undefined;
  const name = words.slice(start, suffix);
  // `Trace MD` is mean diffusivity; a person has two names there, or a comma.
  const isWritten = name.some(({ text: word }) => word !== word.toUpperCase());
  return hasComma || (name.length >= 2 && isWritten) ? start : undefined;
}

function gapBefore(words: readonly Word[], at: number, text: string): string {
  return at === 0 ? '' : text.slice(words[at - 1]!.end, words[at]!.start);
}
