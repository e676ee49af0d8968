/** Patterns that people type: what RE2 does, what it lacks, and that none of them stops anything. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CompiledPattern, compilePattern, MAX_TEXT_LENGTH } from '#main/rules/patterns.ts';

function compiled(pattern: string, ignoreCase = true): CompiledPattern {
  const result = compilePattern({ pattern, ignoreCase });
  if (typeof result === 'string') throw new Error(result);
  return result;
}

test('is found anywhere, with and without regard to case', () => {
  expect(compiled('smith').test('Dr SMITH')).toBe(true);
  expect(compiled('smith', false).test('Dr SMITH')).toBe(false);
  expect(compiled('^\\d{4}$').test('4711')).toBe(true);
  expect(compiled('^\\d{4}$').test('47110')).toBe(false);
  expect(compiled('müller').test('MÜLLER')).toBe(true);
});

test('the same pattern can be asked again and again', () => {
  const pattern = compiled('a');
  expect([pattern.test('a'), pattern.test('a'), pattern.test('b'), pattern.test('a')]).toEqual([
    true,
    true,
    false,
    true,
  ]);
});

describe('replacement', () => {
  test.each([
    ['(\\w+)-(\\d+)', 'ab-12 cd-34', '$2/$1', '12/ab 34/cd'],
    ['(?P<a>\\w+)@(?P<b>\\w+)', 'x@y', '$<b> at $<a>', 'y at x'],
    ['\\d', 'a1b2', '[$&]', 'a[1]b[2]'],
    ['x', 'axb', '$$1', 'a$1b'],
    ['x', 'axb', '$1 $<no> $0', 'a$1 $<no> $0b'],
    ['(a)', 'a', '$10', 'a0'],
    ['(a)|b', 'ab', '<$1>', '<a><>'],
    ['x*', 'ab', '-', '-a-b-'],
    ['y', 'ab', '-', 'ab'],
    ['', '', 'z', 'z'],
  ])('%s in %j by %j', (pattern, text, replacement, result) => {
    expect(compiled(pattern).replace(text, replacement)).toBe(result);
  });

  test('is that of String.replaceAll', () => {
    const pieces = fc.array(fc.constantFrom('a', 'b', 'ab', '1', ' ', 'ü', '😀'), { maxLength: 12 });
    const replacements = fc.array(fc.constantFrom('$1', '$2', '$&', '$$', 'x', '$3', '$', '0'), { maxLength: 5 });
    fc.assert(
      fc.property(
        pieces,
        replacements,
        fc.constantFrom('(a)(b)?', '[ab]+', '(\\d)|(ü)', 'b'),
        (text, replacement, pattern) => {
          const [joined, by] = [text.join(''), replacement.join('')];
          expect(compiled(pattern, false).replace(joined, by)).toBe(joined.replaceAll(new RegExp(pattern, 'gu'), by));
        },
      ),
    );
  });
});

describe('mistakes', () => {
  test.each([
    ['(?=a)', 'look-around'],
    ['a(?!b)', 'look-around'],
    ['(?<=a)b', 'look-around'],
    ['(?<!a)b', 'look-around'],
    ['(a)\\1', 'back reference'],
    ['(?P<x>a)\\k<x>', 'back reference'],
    ['(?>a)', 'atomic'],
    ['a++', 'possessive'],
    ['(a', 'is no pattern: missing closing )'],
    ['a)', 'is no pattern: unexpected )'],
    ['[a', 'is no pattern: missing closing ]'],
    ['*a', 'is no pattern: missing argument to repetition operator'],
    ['a{2000}', 'is no pattern: invalid repeat count'],
    ['(((a{99}){99}){99}){99}', ''],
    ['\\\\1(', 'is no pattern: missing closing )'],
    ['a'.repeat(501), 'must have at most 500 characters'],
  ])('%s', (pattern, words) => {
    const result = compilePattern({ pattern, ignoreCase: false });
    expect(result).toEqual(expect.any(String));
    expect(result).toContain(words);
  });

  test('whatever is typed is a pattern or a mistake', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[()[\]{}?*+|\\^$.ab1,:=!<>P-]{0,30}$/), (pattern) => {
        const result = compilePattern({ pattern, ignoreCase: true });
        if (typeof result !== 'string') expect(typeof result.test('ab1')).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });
});

describe('what would stop a native RegExp', () => {
  // Each of these takes it longer than anybody waits; the test ends because RE2 does not care.
  test.each(['(a+)+$', '(a|aa)+$', '(a|a?)+b', '(.*)*x', '([a-z]+)*\\d', '^(a?){50}a{50}$', '(x+x+)+y'])(
    '%s',
    (pattern) => {
      const text = `${'a'.repeat(5000)}!${'x'.repeat(5000)}`;
      expect(compiled(pattern).replace(text, '').length).toBeLessThanOrEqual(text.length);
      expect(compiled(pattern).test(`${'a'.repeat(5000)}!`)).toBe(false);
    },
  );
});

describe('limits', () => {
  test('a text that is too long is refused, not cut', () => {
    const longest = 'a'.repeat(MAX_TEXT_LENGTH);
    expect(compiled('b$').test(`${longest.slice(1)}b`)).toBe(true);
    expect(() => compiled('b$').test(`${longest}b`)).toThrow(RangeError);
    expect(() => compiled('b').replace(`${longest}b`, '')).toThrow('A text of more than 1000000 characters');
  });

  test('so is one that a replacement would make', () => {
    expect(() => compiled('a').replace('a'.repeat(10_000), 'b'.repeat(1000))).toThrow(RangeError);
    expect(() => compiled('.*').replace('a'.repeat(2000), '$&'.repeat(1000))).toThrow(RangeError);
  });

  test('and one that would take too long', () => {
    expect(() => compiled('(a?){250}a{250}').test('ab'.repeat(50_000))).toThrow('too long for so large a pattern');
    expect(() => compiled('a.*b|a').replace('a'.repeat(100_000), '')).toThrow('takes too long');
  });
});
