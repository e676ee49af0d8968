/** What is left of the patient's own is found; what looks like it by chance is not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findResidual, residualTokens } from '#main/rules/residual.ts';

const own = { name: ['Müller^Li'], ids: ['4711', '123'], accessions: ['A-20040119'], birthDate: '19650412' };
const tokens = residualTokens(own);

function hits(vr: string, text: string, keyword = 'Anything'): string[] {
  return findResidual([{ path: '(0008,0000)', keyword, vr, text }], tokens).map(({ what }) => what);
}

test('a hit says where and what, and not which value', () => {
  const texts = [
    { path: '(0008,0070)', keyword: 'Manufacturer', vr: 'LO', text: 'ACME' },
    {
      path: '(0008,1140)[0].(0008,103E)',
      keyword: 'SeriesDescription',
      vr: 'LO',
      text: 'Mueller 4711 * 12.04.1965, MÜLLER',
    },
    { path: '(0008,0050)', keyword: 'AccessionNumber', vr: 'SH', text: 'a20040119' },
  ];
  expect(findResidual(texts, tokens)).toEqual([
    { path: texts[1]!.path, keyword: 'SeriesDescription', what: 'name' },
    { path: texts[1]!.path, keyword: 'SeriesDescription', what: 'id' },
    { path: texts[1]!.path, keyword: 'SeriesDescription', what: 'birth-date' },
    { path: texts[2]!.path, keyword: 'AccessionNumber', what: 'accession' },
  ]);
});

describe('probes', () => {
  test('one of them occurs in every token', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('Doe^Jane', '19650412', '4711', '1965.04.12', '12041965'));
    const list = fc.array(text, { maxLength: 3 });
    fc.assert(
      fc.property(fc.record({ name: list, ids: list, accessions: list, birthDate: text }), (values) => {
        const { tokens, probes } = residualTokens(values);
        for (const token of tokens) expect(probes.some((probe) => token.text.includes(probe))).toBe(true);
      }),
    );
  });

  test('are few: every object is looked through for each of them', () => {
    const { tokens, probes } = residualTokens({ ...own, name: ['Doe^Jane'] });
    expect(tokens.length).toBeGreaterThan(30);
    expect(probes).toEqual(expect.arrayContaining(['doe', 'jane', '4711', '123', '1965', '-65', '.65', '/65']));
    expect(probes.length).toBeLessThan(12);
  });
});

describe('found', () => {
  test.each([
    ['LO', 'CT of Muller', 'name'],
    ['LO', 'HEAD_MÜLLER_1', 'name'],
    ['PN', 'Mueller^X', 'name'],
    ['LO', 'li', 'name'],
    ['LT', 'ID:123.', 'id'],
    ['CS', 'MULLER', 'name'],
    ['AE', 'MUELLER1', 'name'],
    ['UT', `${'x '.repeat(50_000)}Müller`, 'name'],
    ['UI', '1.2.4711.5', 'id'],
    ['UI', '1.2.3\\1.2.4711', 'id'],
    ['UN', 'mueller', 'name'],
    ['UR', 'https://x.org/?q=4711', 'id'],
    ['DA', 'Müller', 'name'],
  ])('%s %j', (vr, text, what) => {
    expect(hits(vr, text)).toEqual([what]);
  });

  test('the birth date in an attribute for birth dates', () => {
    expect(hits('DA', '19650412', 'PatientBirthDate')).toEqual(['birth-date']);
    expect(hits('DT', '19650412', 'PatientBirthDate')).toEqual(['birth-date']);
  });
});

describe('not found', () => {
  test.each([
    ['DS', '4711'],
    ['IS', '4711\\123'],
    ['UI', '1.2.47110.5'],
    ['UI', '1.2.14711'],
    ['UI', '1.2.123.5'],
    ['UI', '1.2.840.10008.4711'],
    ['CS', 'LI'],
    ['CS', '123'],
    ['AE', 'LI'],
    ['TM', '4711'],
    ['DA', '19650412'],
    ['LO', '147110'],
    ['LO', 'Millers'],
    ['LO', 'Mullerian duct'],
    ['LO', ''],
  ])('%s %j', (vr, text) => {
    expect(hits(vr, text, 'StudyDate')).toEqual([]);
  });

  test('our own dummies', () => {
    const dummies = residualTokens({ name: ['ANONYMIZED'], ids: [''], accessions: [], birthDate: '19000101' });
    expect(findResidual([{ path: '', keyword: 'PatientName', vr: 'PN', text: 'Anonymized' }], dummies)).toEqual([]);
    expect(findResidual([{ path: '', keyword: 'PatientBirthDate', vr: 'DA', text: '19000101' }], dummies)).toEqual([]);
  });

  test('of somebody of whom nothing is known', () => {
    const nothing = residualTokens({ name: [], ids: [], accessions: [], birthDate: '' });
    expect(findResidual([{ path: '', keyword: '', vr: 'LO', text: 'anything' }], nothing)).toEqual([]);
  });
});

test('a probe occurs wherever a token does', () => {
  for (const { text } of tokens.tokens) expect(tokens.probes.some((probe) => text.includes(probe))).toBe(true);
  expect(tokens.probes.length).toBeLessThan(tokens.tokens.length);
});
