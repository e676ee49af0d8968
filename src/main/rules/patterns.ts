/**
 * Patterns that people type, on RE2: the time they take grows with the text and no faster, whatever the pattern. A native
 * RegExp of theirs could stop the receiver.
 */

import { type Matcher, RE2JS, RE2JSException } from 're2js';
import { MAX_PATTERN_LENGTH } from '#shared/rules.ts';

/**
 * The longest text a pattern is tried on, and the longest that a replacement may make, in characters. A longer one is
 * refused, not cut: in the part cut off a name could pass unseen.
 */
export const MAX_TEXT_LENGTH = 1_000_000;
/** Instructions of a compiled pattern: `(a{99}){99}` is short to type and long to run. */
const MAX_PROGRAM_SIZE = 2000;
/** Instructions times characters: what one search takes at most, some tenths of a second. */
const MAX_WORK = 20_000_000;
/** Searching again after every find can add up to the square of the text: `a.*b|a`. In milliseconds. */
const MAX_REPLACE_TIME = 2000;

export interface CompiledPattern {
  /** Whether it occurs anywhere in the text. Throws a RangeError for a text that is too long for it. */
  test(text: string): boolean;
  /**
   * Every occurrence replaced, as `String.replaceAll` does: `$1` and `$<name>` are groups, `$&` is the occurrence, `$$`
   * a dollar sign. Throws a RangeError for a text that is, or becomes, too long.
   */
  replace(text: string, replacement: string): string;
}

/** A pattern ready for use, or what is wrong with it in words. */
export function compilePattern(source: {
  readonly pattern: string;
  readonly ignoreCase: boolean;
}): CompiledPattern | string {
  const { pattern, ignoreCase } = source;
  if (pattern.length > MAX_PATTERN_LENGTH) return `must have at most ${MAX_PATTERN_LENGTH} characters`;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    if (error instanceof RE2JSException) return mistakeOf(pattern, error);
    throw error;
  }
  if (compiled.programSize() > MAX_PROGRAM_SIZE) return 'is too large: its repetitions multiply; use smaller counts';
  return {
    test(text) {
      checkWork(compiled, text);
      return compiled.test(text);
    },
    replace(text: string, replacement: string) {
      checkWork(compiled, text);
      return replaceAll(compiled, text, replacement);
    },
  };
}

/** What RE2 lacks on purpose, by how it is written. */
const LACKING: readonly (readonly [form: RegExp, words: string])[] = [
  [/\(\?<?[=!]/, 'has a look-around, (?=…), (?!…), (?<=…) or (?<!…): patterns here have none (RE2)'],
  [/\\[1-9]|\\k[<{']/, 'has a back reference such as \\1: patterns here have none (RE2)'],
  [/\(\?>|[*+?}]\+/, 'has an atomic group or a possessive repetition, (?>…) or a++: patterns here have none (RE2)'],
  [/\(\?\(/, 'has a condition, (?(1)…): patterns here have none (RE2)'],
];

function mistakeOf(pattern: string, error: RE2JSException): string {
  // Pairs of backslashes out of the way, so that `\\1` is no back reference.
  const bare = pattern.replace(/\\\\/g, '');
  const lacking = LACKING.find(([form]) => form.test(bare));
  if (lacking) return lacking[1];
  return `is no pattern: ${error.message.replace(/^error parsing regexp: /, '')}`;
}

function checkWork(compiled: RE2JS, text: string): void {
  checkLength(text.length);
  if (text.length * compiled.programSize() > MAX_WORK) {
    throw new RangeError(`A text of ${text.length} characters is too long for so large a pattern`);
  }
}

function checkLength(length: number): void {
  if (length > MAX_TEXT_LENGTH) {
    throw new RangeError(`A text of more than ${MAX_TEXT_LENGTH} characters is too long for a pattern`);
  }
}

/** Piece by piece, so that a replacement that is too long is noticed before it is made. */
function replaceAll(compiled: RE2JS, text: string, replacement: string): string {
  const matcher = compiled.matcher(text);
  const named = compiled.namedGroups();
  const pieces: string[] = [];
  let length = 0;
  const push = (piece: string) => {
    length += piece.length;
    checkLength(length);
    pieces.push(piece);
  };
  const end = performance.now() + MAX_REPLACE_TIME;
  let at = 0;
  while (matcher.find()) {
    if (performance.now() > end) throw new RangeError('A pattern takes too long to be replaced in a text');
    push(text.slice(at, matcher.start()));
    push(expand(replacement, matcher, named));
    at = matcher.end();
  }
  push(text.slice(at));
  return pieces.join('');
}

/** `$1`, `$<name>`, `$&` and `$$`; what names no group stays as it is. */
function expand(replacement: string, matcher: Matcher, named: Readonly<Record<string, number>>): string {
  return replacement.replace(/\$(?:([$&])|(\d{1,2})|<([^<>]*)>)/g, (written: string, sign, number, name) => {
    if (sign === '$') return '$';
    if (sign === '&') return matcher.group() ?? '';
    if (name !== undefined) return Object.hasOwn(named, name) ? (matcher.group(name) ?? '') : written;
    // `$10` is group 1 and a zero where there is no group 10, as in String.replace.
    const digits = Number(number) <= matcher.groupCount() ? number : number.slice(0, 1);
    const group = Number(digits);
    if (group < 1 || group > matcher.groupCount()) return written;
    return (matcher.group(group) ?? '') + number.slice(digits.length);
  });
}
