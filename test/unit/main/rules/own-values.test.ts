/** By which texts somebody would be recognised, and where those stand in a text. */
import { describe, expect, test } from 'vitest';
import { foldText, foldWithOrigins } from '#main/rules/fold.ts';
import { type OwnValues, ownTokens } from '#main/rules/own-values.ts';
import { findToken } from '#main/rules/token-search.ts';

const nobody: OwnValues = { name: [], ids: [], accessions: [], birthDate: '' };
const texts = (own: Partial<OwnValues>) => ownTokens({ ...nobody, ...own }).map(({ text }) => text);

describe('names', () => {
  test.each([
    ['Doe^John', ['doe', 'john', 'doejohn', 'johndoe']],
    ['Doe^John^Quentin^Dr^MD', ['doe', 'john', 'quentin', 'doejohn', 'johndoe']],
    ['Meier-Schmidt^Anna Maria', ['meier', 'schmidt', 'meierschmidt', 'anna', 'maria', 'annamaria']],
    ['Müller^Jörg', ['muller', 'mueller', 'jorg', 'joerg']],
    ['Mueller', ['mueller', 'muller']],
    ['O’Brien^Mary', ["o'brien", 'obrien', 'mary']],
    ['van den Berg^Jan', ['berg', 'vandenberg', 'jan']],
    ['Le^Van', ['le', 'van']],
    [
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
      ['yamada', 'tarou', '山田', '太郎', 'やまだ', 'たろう', '山田太郎', '太郎山田'],
    ],
    ['王^伟', ['王', '伟', '王伟']],
    ['Иванов^Пётр', ['иванов', 'петр']],
    ['ＤＯＥ', ['doe']],
  ])('%s', (name, expected) => {
    expect(texts({ name: [name] })).toEqual(expect.arrayContaining(expected));
  });

  test.each(['', '^^^Dr', 'A^B', 'Anonymized', 'UNKNOWN^ANON', 'X=', '^^^^Jr'])('%j is nobody', (name) => {
    expect(texts({ name: [name] }).filter((text) => text.length < 3 || !text.startsWith('unknown'))).toEqual(
      name === 'UNKNOWN^ANON' ? ['anonunknown'] : name === 'A^B' ? ['ab', 'ba'] : [],
    );
  });

  test('neither prefix nor particle is looked for', () => {
    const tokens = texts({ name: ['van den Berg^Jan^^Prof^PhD'] });
    for (const text of ['van', 'den', 'prof', 'phd']) expect(tokens).not.toContain(text);
  });
});

describe('numbers', () => {
  test.each([
    ['4711', ['4711']],
    ['0004711', ['0004711']],
    ['0000047110', ['0000047110', '47110']],
    ['AB-12.345', ['ab-12.345', 'ab12345']],
    [' PAT 1 ', ['pat 1']],
    ['12', []],
    ['0000', []],
    ['', []],
    ['unknown', []],
  ])('%j', (id, expected) => {
    expect(texts({ ids: [id] })).toEqual(expected);
  });

  test('each token says what it is of; an ID that is an accession number too is an ID', () => {
    expect(ownTokens({ name: ['Doe'], ids: ['4711'], accessions: ['4711', 'A-99'], birthDate: '' })).toEqual([
      { text: 'doe', what: 'name' },
      { text: '4711', what: 'id' },
      { text: 'a-99', what: 'accession' },
    ]);
  });
});

test('the birth date in the usual notations', () => {
  const tokens = texts({ birthDate: '19650412' });
  for (const text of [
    ...['19650412', '1965-04-12', '1965.04.12', '1965/4/12', '12.04.1965', '12.4.1965', '12/04/1965', '04/12/1965'],
    ...['4/12/1965', '12.04.65', '04/12/65', '12041965', '12 apr 1965', '12-apr-1965', 'april 12, 1965', 'apr 12 1965'],
  ]) {
    expect(tokens).toContain(text);
  }
  expect(texts({ birthDate: '1965.04.12' })).toEqual(tokens);
  for (const none of ['', '1965', 'x', '19000101']) expect(texts({ birthDate: none })).toEqual([]);
});

describe('folding', () => {
  test.each([
    ['MÜLLER', 'muller'],
    ['Straße', 'strasse'],
    ['Øvergård', 'overgard'],
    ['Łukasz', 'lukasz'],
    ['ＡＢ１２', 'ab12'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευσ'],
    ['e\u0301', 'e'],
    ['やまだ', 'やまだ'],
    ['김철수', '김철수'],
    ['ﬁ', 'fi'],
  ])('%s is %s, as a whole and with its origins', (text, folded) => {
    expect(foldText(text)).toBe(folded);
    expect(foldWithOrigins(text).text).toBe(folded);
  });

  test('the way back leads to whole characters', () => {
    const text = 'a😀Straße e\u0301 x';
    const folded = foldWithOrigins(text);
    const strasse = findToken(folded.text, 'strasse')!;
    expect(text.slice(folded.origin(strasse.start), folded.origin(strasse.end))).toBe('Straße');
    const e = findToken(folded.text, 'e', strasse.end)!;
    expect(text.slice(folded.origin(e.start), folded.origin(e.end))).toBe('e\u0301');
    expect(folded.origin(folded.text.length)).toBe(text.length);
  });
});

describe('tokens stand as words of their own', () => {
  test.each([
    ['ct of doe, john', 'doe', 6],
    ['doe', 'doe', 0],
    ['doe_ct', 'doe', 0],
    ['doe2', 'doe', 0],
    ['doell doe', 'doe', 6],
    ['id4711x', '4711', 2],
    ['12.04.1965', '12.04.1965', 0],
    ['患者王先生', '王', 2],
    ['김철수는', '김철수', 0],
    ["o'brien", 'brien', 2],
  ])('%j holds %s', (text, token, at) => {
    expect(findToken(text, token)?.start).toBe(at);
  });

  test.each([
    ['doell', 'doe'],
    ['mcdoe', 'doe'],
    ['147110', '4711'],
    ['471', '4711'],
    ['112.04.1965', '12.04.1965'],
    ['', 'doe'],
    ['μάριος', 'άρι'],
  ])('%j does not hold %s', (text, token) => {
    expect(findToken(text, token)).toBeUndefined();
  });
});
