/** What is the patient's own, and the texts by which it would be recognised elsewhere. */

import type { OWN_VALUES } from '#shared/rules.ts';
import { foldText } from './fold.ts';

/** The values of an object that must not be left anywhere in it, as decoded text. */
export interface OwnValues {
  /** PN values: `Family^Given^Middle^Prefix^Suffix=…=…`. */
  readonly name: readonly string[];
  readonly ids: readonly string[];
  readonly accessions: readonly string[];
  /** DA */
  readonly birthDate: string;
}

/** A text to look for in folded text (see `foldText`). */
export interface OwnToken {
  readonly text: string;
  readonly what: keyof typeof OWN_VALUES;
}

/** Stand where a name or number would, and are nobody's: our own dummies are among them. */
const NOBODY: ReadonlySet<string> = new Set(
  'anonymized anonymised anonymous anonym anon unknown unbekannt none null n/a'.split(' '),
);
const NOBODYS_BIRTH_DATE = '19000101';

/** Words inside a part of a name that are no name by themselves. */
const PARTICLES: ReadonlySet<string> = new Set(
  (
    'de la le les du da di do dos das del della der den dem des von van vom zu zum zur ten ter el al bin ibn of und ' +
    'y e et dr prof mr mrs ms jr sr ii iii iv md phd'
  ).split(' '),
);
const WORD_GAPS = /[\s,._·・\-\u2010-\u2015]+/u;
const LATIN = /^[\p{Script=Latin}\p{N}\p{P}\p{S}]*$/u;

/**
 * The texts worth looking for: the words of names (at least 2 characters, 1 where it is not Latin) and names written
 * together, IDs of at least 3 characters with and without their separators, the birth date in the usual notations. All
 * of them are folded; an umlaut is also there as it is written without one.
 */
export function ownTokens(own: OwnValues): readonly OwnToken[] {
  const tokens = new Map<string, OwnToken>();
  const add = (what: OwnToken['what'], texts: Iterable<string>) => {
    for (const text of texts) {
      if (!tokens.has(text) && !NOBODY.has(text)) tokens.set(text, { text, what });
    }
  };
  add('name', own.name.flatMap(nameTexts));
  add('id', own.ids.flatMap(numberTexts));
  add('accession', own.accessions.flatMap(numberTexts));
  add('birth-date', birthDateTexts(own.birthDate));
  return [...tokens.values()];
}

// --- Names --------------------------------------------------------------------------------------------------------

function nameTexts(name: string): string[] {
  return name.split('=').flatMap((group) => {
    // PS3.5 6.2.1.1: family, given and middle name; prefixes and suffixes are many people's.
    const parts = group.split('^').slice(0, 3).map(wordsOf);
    const joined = parts.map((words) => words.join(''));
    const [family = '', given = ''] = joined;
    const together = family !== '' && given !== '' ? [family + given, given + family] : [];
    const words = parts.flatMap((part) => (part.length > 1 ? part.filter((word) => !PARTICLES.has(fold(word))) : part));
    return [...words, ...joined, ...together].flatMap(spellings).filter(isTelling);
  });
}

function wordsOf(part: string): string[] {
  return part.split(WORD_GAPS).filter((word) => word !== '');
}

function fold(text: string): string {
  return foldText(text.trim());
}

/** Folded; with `ue` for `ü` and the reverse; without apostrophes. */
function spellings(word: string): string[] {
  const small = word.toLowerCase();
  const folded = fold(small);
  const german = small.replace(/[äöü]/g, (umlaut) => ({ ä: 'ae', ö: 'oe', ü: 'ue' })[umlaut]!);
  const spelled = [folded, fold(german), folded.replace(/([aou])e/g, '$1')].filter(
    (spelling, index) => index === 0 || spelling.length >= 4,
  );
  return [...new Set([...spelled, folded.replaceAll("'", '')])];
}

function isTelling(text: string): boolean {
  if (/^\d+$/.test(text)) return text.length >= 3;
  return text.length >= (LATIN.test(text) ? 2 : 1);
}

// --- Numbers ------------------------------------------------------------------------------------------------------

const SHORTEST_ID = 3;
/** What is left of an ID says something only when it is long enough. */
const SHORTEST_VARIANT = 5;

function numberTexts(id: string): string[] {
  const text = fold(id);
  if (text.length < SHORTEST_ID || /^0+$/.test(text)) return [];
  const bare = text.replace(/[^\p{L}\p{N}]/gu, '');
  const withoutZeros = /^\d+$/.test(bare) ? bare.replace(/^0+/, '') : bare;
  return [text, ...[bare, withoutZeros].filter((variant) => variant.length >= SHORTEST_VARIANT)];
}

// --- Birth date ---------------------------------------------------------------------------------------------------

const MONTHS = 'january february march april may june july august september october november december'.split(' ');

function birthDateTexts(date: string): string[] {
  const found = /^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(date.trim());
  if (!found || found.slice(1).join('') === NOBODYS_BIRTH_DATE) return [];
  const [, year = '', month = '', day = ''] = found;
  const [d, m, yy] = [String(Number(day)), String(Number(month)), year.slice(2)];
  const texts = [year + month + day, day + month + year, month + day + year];
  for (const mark of ['-', '.', '/']) {
    texts.push([year, month, day].join(mark), [year, m, d].join(mark));
    texts.push([day, month, year].join(mark), [d, m, year].join(mark), [day, month, yy].join(mark));
    texts.push([month, day, year].join(mark), [m, d, year].join(mark), [month, day, yy].join(mark));
  }
  const name = MONTHS[Number(month) - 1];
  if (name === undefined) return texts;
  for (const word of [name, name.slice(0, 3)]) {
    texts.push(`${d} ${word} ${year}`, `${day} ${word} ${year}`, `${day}-${word}-${year}`);
    texts.push(`${word} ${d}, ${year}`, `${word} ${d} ${year}`);
  }
  return texts;
}
