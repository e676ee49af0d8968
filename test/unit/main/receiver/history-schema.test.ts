/** What is searched and sorted by. */
import { expect, test } from 'vitest';
import { fold, numberKey } from '#main/receiver/history-schema.ts';

test.each([
  ['MÜLLER^Hans', 'muller hans'],
  ['Straße', 'strasse'],
  ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
  ['Øvergård', 'øvergard'],
  ['ﬁ Ⅳ', 'fi iv'],
  ['  Yamada^Tarou=山田^太郎=やまだ^たろう ', 'yamada tarou 山田 太郎 やまだ たろう'],
  ['', ''],
])('folds %j to %j', (text, folded) => {
  expect(fold(text)).toBe(fold(folded));
  expect(fold(fold(text))).toBe(fold(text));
});

test('folding keeps apart what Latin accents are not', () => {
  expect(fold('やまだ')).not.toBe(fold('やまた'));
  expect(fold('Müller')).toBe('muller');
});

test('numbers come in their order, texts without a number last', () => {
  const sorted = ['10', '', '2', '-1', 'x', '1.5'].sort((a, b) => numberKey(a) - numberKey(b));
  expect(sorted).toEqual(['-1', '1.5', '2', '10', '', 'x']);
});
