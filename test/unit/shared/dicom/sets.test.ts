import { describe, expect, it } from 'vitest';
import { entryOfKeyword } from '#shared/dicom/dictionary.ts';
import {
  combineTags,
  createCustomTag,
  getAvailableTagNames,
  getCommonSopClasses,
  getCommonTagSets,
  getCommonTransferSyntaxes,
  parseCustomTag,
} from '#shared/dicom/sets.ts';
import { sopClassName, transferSyntaxName } from '#shared/dicom/uids.ts';

const sizes = (sets: Record<string, string[]>) =>
  Object.fromEntries(Object.entries(sets).map(([name, list]) => [name, list.length]));

describe('the figures of the specification', () => {
  it('hold for the tag sets', () => {
    expect(sizes(getCommonTagSets())).toEqual({
      patientBasic: 7,
      studyBasic: 7,
      seriesBasic: 8,
      instanceBasic: 5,
      imagePixelInfo: 9,
      equipment: 6,
      ct: 6,
      mr: 6,
      ultrasound: 6,
      petNm: 11,
      xa: 8,
      rt: 11,
      default: 42,
    });
  });

  it('hold for the SOP classes', () => {
    expect(sizes(getCommonSopClasses())).toMatchObject({
      ct: 2,
      mr: 2,
      ultrasound: 2,
      pet: 3,
      xray: 3,
      mammography: 5,
      secondaryCapture: 4,
      radiationTherapy: 4,
      documents: 4,
      structuredReports: 3,
      allImaging: 17,
      all: 33,
    });
  });

  it('hold for the transfer syntaxes', () => {
    expect(sizes(getCommonTransferSyntaxes())).toMatchObject({
      uncompressed: 3,
      jpeg: 4,
      jpegLs: 2,
      jpeg2000: 2,
      rle: 1,
      mpeg: 4,
      allCompressed: 13,
      all: 17,
    });
  });

  it('hold for the tag names', () => {
    const names = getAvailableTagNames();
    expect(new Set(names).size).toBe(500);
    for (const name of names) expect(entryOfKeyword(name), name).toBeDefined();
    expect(['PatientName', 'InvalidTag', 'StudyDate'].filter((tag) => names.includes(tag))).toEqual([
      'PatientName',
      'StudyDate',
    ]);
  });
});

describe('the sets', () => {
  it('name only what the standard knows', () => {
    for (const uid of Object.values(getCommonSopClasses()).flat()) expect(sopClassName(uid), uid).toBeDefined();
    for (const uid of Object.values(getCommonTransferSyntaxes()).flat()) expect(transferSyntaxName(uid)).toBeDefined();
    for (const tag of Object.values(getCommonTagSets()).flat()) expect(entryOfKeyword(tag), tag).toBeDefined();
  });

  it('have both spellings of the categories', () => {
    const { us, ultrasound, rt, radiationTherapy, sc, secondaryCapture, nm, dx, mg, xa } = getCommonSopClasses();
    expect(us).toEqual(ultrasound);
    expect(rt).toEqual(radiationTherapy);
    expect(sc).toEqual(secondaryCapture);
    expect([nm, dx, mg, xa].flat()).toContain('1.2.840.10008.5.1.4.1.1.12.1');
    const { jpegLossy, jpegLossless, jpeg2000Lossy, jpeg2000Lossless } = getCommonTransferSyntaxes();
    expect([jpegLossy, jpegLossless, jpeg2000Lossy, jpeg2000Lossless].map((list) => list.length)).toEqual([2, 2, 1, 1]);
  });

  it('are the caller’s own', () => {
    getCommonTagSets().ct.push('PatientName');
    getCommonSopClasses().ct.length = 0;
    getAvailableTagNames().length = 0;
    expect(getCommonTagSets().ct).toHaveLength(6);
    expect(getCommonSopClasses().ct).toHaveLength(2);
    expect(getAvailableTagNames()).toHaveLength(500);
  });
});

describe('combineTags', () => {
  it('joins without repetitions, in order', () => {
    const tagSets = getCommonTagSets();
    expect(combineTags([tagSets.ct, ['WindowCenter'], tagSets.ct, ['KVP']])).toEqual([...tagSets.ct, 'WindowCenter']);
    expect(combineTags([tagSets.default, tagSets.ct])).toContain('ConvolutionKernel');
    expect(combineTags([])).toEqual([]);
  });
});

describe('createCustomTag', () => {
  it('describes a private element', () => {
    expect(createCustomTag('00091001', 'VendorID')).toEqual({ tag: '00091001', name: 'VendorID' });
    expect(createCustomTag('0009xx01', 'SuiteID', 'GEMS_IDEN_01')).toEqual({
      tag: '0009xx01',
      name: 'SuiteID',
      creator: 'GEMS_IDEN_01',
    });
    expect(createCustomTag('(0029,1010)', 'Csa').tag).toBe('(0029,1010)');
  });

  it.each([
    ['0009100', undefined],
    ['0009100G', undefined],
    ['', undefined],
    ['PatientName', undefined],
    ['0009xx01', undefined],
    ['0008xx01', 'ACME'],
    ['00100010', 'ACME'],
    ['00090010', 'ACME'],
    ['00000100', undefined],
    ['FFFEE000', undefined],
    ['0009xx01', ' '],
  ])('refuses %s with creator %s', (tag, creator) => {
    expect(() => createCustomTag(tag, 'Name', creator)).toThrow(/createCustomTag/);
  });

  it('refuses an empty name', () => {
    expect(() => createCustomTag('00091001', ' ')).toThrow('the name is empty');
  });

  it('reads an open block as block 0', () => {
    expect(parseCustomTag({ tag: '0009XX01', creator: 'ACME' })).toBe(0x00090001);
    expect(parseCustomTag({ tag: '(0009,xx01)', creator: 'ACME' })).toBe(0x00090001);
    expect(parseCustomTag({ tag: '00091001' })).toBe(0x00091001);
  });
});
