import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allEntries, entryOfKeyword, entryOfTag, vrOfTag } from '#shared/dicom/dictionary.ts';

const published = JSON.parse(readFileSync('test/fixtures/dicom/dictionary.json', 'utf8')) as {
  edition: string;
  rows: number;
  sha256: string;
};

describe('the packed dictionary', () => {
  it('gives back every row of PS3.6 exactly', () => {
    const rows = allEntries().map(({ pattern, keyword, name, vrs, vm, retired }) => {
      const quoted = name.includes(',') ? `"${name}"` : name;
      return [pattern, keyword, quoted, vrs.join('|'), vm, retired ? 'Y' : 'N', published.edition].join(',');
    });
    expect(rows).toHaveLength(published.rows);
    const csv = ['tag,keyword,name,vr,vm,retired,edition', ...rows, ''].join('\r\n');
    expect(createHash('sha256').update(csv).digest('hex')).toBe(published.sha256);
  });

  it('finds every row by its tag and by its keyword', () => {
    for (const entry of allEntries()) {
      expect(entryOfTag(entry.tag)).toEqual(entry);
      if (entry.keyword !== '') expect(entryOfKeyword(entry.keyword)).toEqual(entry);
    }
  });
});

describe('entryOfTag', () => {
  it('knows ordinary attributes', () => {
    expect(entryOfTag(0x00100010)).toEqual({
      tag: 0x00100010,
      pattern: '00100010',
      keyword: 'PatientName',
      name: "Patient's Name",
      vr: 'PN',
      vrs: ['PN'],
      vm: '1',
      retired: false,
    });
    expect(entryOfTag(0x00280106)).toMatchObject({ keyword: 'SmallestImagePixelValue', vr: 'US', vrs: ['US', 'SS'] });
    expect(entryOfTag(0x0018937f)).toBeDefined();
    expect(entryOfTag(0x00280010)?.keyword).toBe('Rows');
    expect(entryOfTag(0x00181153)?.name).toBe('Exposure in µAs');
  });

  it('knows the blank rows of PS3.6 without a name', () => {
    expect(entryOfTag(0x00280020)).toMatchObject({ keyword: '', vr: 'UN', vrs: [], retired: true });
    expect(entryOfTag(0x00180061)).toMatchObject({ keyword: '', vr: 'DS', retired: true });
    expect(entryOfKeyword('')).toBeUndefined();
  });

  it.each([
    [0x50000005, 'CurveDimensions'],
    [0x50fe0005, 'CurveDimensions'],
    [0x60023000, 'OverlayData'],
    [0x601e0010, 'OverlayRows'],
    [0x002031ff, 'SourceImageIDs'],
    [0x10001231, 'RunLengthTriplet'],
    [0x10001230, 'EscapeTriplet'],
    [0x10100042, 'ZonalMap'],
    [0x00280430, 'RowsForNthOrderCoefficients'],
    [0x00280400, 'TransformLabel'],
    [0x00280402, 'NumberOfTransformSteps'],
  ])('resolves repeating groups: %s', (tag, keyword) => {
    expect(entryOfTag(tag)).toMatchObject({ tag, keyword });
  });

  it('does not take private groups for repeating ones', () => {
    expect(entryOfTag(0x50013000)).toBeUndefined();
    expect(entryOfTag(0x60010010)?.keyword).toBe('PrivateCreator');
  });

  it('knows group lengths and private creators', () => {
    expect(entryOfTag(0x00020000)?.keyword).toBe('FileMetaInformationGroupLength');
    expect(entryOfTag(0x00080000)).toMatchObject({ keyword: 'GenericGroupLength', vr: 'UL', retired: true });
    expect(entryOfTag(0x00090000)?.vr).toBe('UL');
    expect(entryOfTag(0x00090010)).toMatchObject({ keyword: 'PrivateCreator', vr: 'LO' });
    expect(entryOfTag(0x000900ff)?.vr).toBe('LO');
    expect(entryOfTag(0x0009000f)).toBeUndefined();
    expect(entryOfTag(0x00090100)).toBeUndefined();
    expect(entryOfTag(0x00091001)).toBeUndefined();
  });
});

describe('vrOfTag', () => {
  it('is the VR of Implicit VR Little Endian', () => {
    expect(vrOfTag(0x00100010)).toBe('PN');
    expect(vrOfTag(0x00280106)).toBe('US');
    expect(vrOfTag(0x7fe00010)).toBe('OW');
    expect(vrOfTag(0x60023000)).toBe('OW');
    expect(vrOfTag(0x00020001)).toBe('OB');
    expect(vrOfTag(0x00091001)).toBe('UN');
    expect(vrOfTag(0x00090010)).toBe('LO');
    expect(vrOfTag(0x00280020)).toBe('UN');
    expect(vrOfTag(0xfffee000)).toBe('UN');
  });

  it('answers for every tag', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (tag) => {
        const entry = entryOfTag(tag);
        const vr = vrOfTag(tag);
        expect(vr).toBe(entry === undefined ? 'UN' : entry.vr === 'OB' && entry.vrs.length > 1 ? 'OW' : entry.vr);
      }),
    );
  });
});
