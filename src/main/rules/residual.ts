/** What is still there of the patient's own after all rules (rules.md, "Precedence" 8). Finds places, tells no values. */

import type { ResidualHit } from '#shared/rules.ts';
import { foldText } from './fold.ts';
import { type OwnToken, type OwnValues, ownTokens } from './own-values.ts';
import { findToken } from './token-search.ts';

/** A value as it will be stored. */
export interface ResidualText {
  readonly path: string;
  readonly keyword: string;
  readonly vr: string;
  readonly text: string;
}

/** What to look for, ready for many texts. */
export interface ResidualTokens {
  readonly tokens: readonly OwnToken[];
  /** Texts of which one occurs wherever a token does. */
  readonly probes: readonly string[];
  /** They are ASCII: text that is, too, need not be decoded to look for them. */
  readonly plain: boolean;
}

/** Numbers measure something: that one has the digits of an ID says nothing. */
const NUMBERS: ReadonlySet<string> = new Set(['DS', 'IS']);
const TIMES: ReadonlySet<string> = new Set(['DA', 'DT', 'TM']);
/** Here people type what they like; elsewhere a short token is found by chance (`AP`, `123`). */
const TYPED: ReadonlySet<string> = new Set(['LO', 'SH', 'PN', 'ST', 'LT', 'UT', 'UC']);
const SHORT = 4;
/** PS3.6 annex A: UIDs of the standard are nobody's. */
const STANDARD_ROOT = '1.2.840.10008.';

export function residualTokens(own: OwnValues): ResidualTokens {
  const tokens = ownTokens(own);
  const years = tokens.some(({ what }) => what === 'birth-date') ? yearTexts(own.birthDate) : [];
  const texts = [...years, ...tokens.map(({ text }) => text)].sort((a, b) => a.length - b.length);
  const probes: string[] = [];
  for (const text of texts) if (!probes.some((probe) => text.includes(probe))) probes.push(text);
  return { tokens, probes, plain: probes.every((probe) => /^[ -~]*$/.test(probe)) };
}

/** A birth date has dozens of notations: in all of them the year is written in one of these ways. */
function yearTexts(birthDate: string): string[] {
  const year = birthDate.trim().slice(0, 4);
  return [year, ...['-', '.', '/'].map((mark) => mark + year.slice(2))];
}

/**
 * Where a token is left: at most one hit for each kind of token in a text. Case and accents do not matter; tokens are
 * words, and numbers are not part of longer ones. Exempt are numbers (DS, IS), tokens of fewer than 4 characters where
 * nobody types, digits in dates and times (but the birth date in an attribute for one), and parts of the components of
 * a UID.
 */
export function findResidual(texts: Iterable<ResidualText>, { tokens, probes }: ResidualTokens): ResidualHit[] {
  if (tokens.length === 0) return [];
  const scanned = [...texts].filter(({ text, vr }) => text !== '' && !NUMBERS.has(vr));
  // Nearly always nothing is left, and this says so.
  const all = foldText(scanned.map(({ text }) => text).join('\n'));
  if (!probes.some((probe) => all.includes(probe))) return [];
  return scanned.flatMap((scannedText) => {
    const found = new Set<OwnToken['what']>();
    const holds = holdsToken(scannedText);
    for (const token of tokens) if (!found.has(token.what) && holds(token)) found.add(token.what);
    const { path, keyword } = scannedText;
    return [...found].map((what) => ({ path, keyword, what }));
  });
}

function holdsToken({ vr, keyword, text }: ResidualText): (token: OwnToken) => boolean {
  const folded = foldText(text);
  const isShort = ({ text: token }: OwnToken) => token.length < SHORT;
  if (vr === 'UI') {
    const uids = folded.split('\\').filter((uid) => !uid.startsWith(STANDARD_ROOT));
    return (token) => !isShort(token) && uids.some((uid) => `.${uid}.`.includes(`.${token.text}.`));
  }
  if (TIMES.has(vr)) {
    const isBirth = keyword.includes('Birth');
    return (token) =>
      !isShort(token) &&
      (/\D/.test(token.text) || (isBirth && token.what === 'birth-date')) &&
      findToken(folded, token.text) !== undefined;
  }
  return (token) => (TYPED.has(vr) || !isShort(token)) && findToken(folded, token.text) !== undefined;
}
