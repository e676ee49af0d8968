/** The tables of PS3.15 annex E, and what their options make of a row. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isSafePrivate, ps315Code, ps315Row, ps315Rows, srConceptCode } from '#main/rules/ps315.ts';
import type { Ps315Option } from '#shared/rules.ts';

const none = new Set<Ps315Option>();
const only = (...options: Ps315Option[]) => new Set(options);

describe('Table E.1-1', () => {
  test('has every row, each with what the standard says', () => {
    const rows = ps315Rows();
    expect(rows).toHaveLength(656);
    expect(new Set(rows.map(({ pattern }) => pattern)).size).toBe(656);
    expect(rows.filter(({ keyword }) => keyword === '')).toEqual([]);
    const counts = Object.groupBy(rows, ({ basic }) => basic);
    // PrivateAttributes (X) is no row of a tag.
    expect(Object.fromEntries(Object.entries(counts).map(([code, all]) => [code, all?.length]))).toEqual({
      X: 416,
      D: 93,
      U: 55,
      Z: 42,
      'X/D': 23,
      'X/Z': 11,
      'X/Z/D': 8,
      'Z/D': 6,
      'X/Z/U*': 2,
    });
    const cells = rows.flatMap(({ options }) => Object.entries(options).map(([option, code]) => `${option} ${code}`));
    expect(
      Object.fromEntries(Object.entries(Object.groupBy(cells, (cell) => cell)).map(([c, all]) => [c, all?.length])),
    ).toEqual({
      'retain-full-dates K': 169,
      'retain-modified-dates C': 169,
      'clean-descriptors C': 141,
      'retain-uids K': 60,
      'retain-device K': 48,
      'retain-patient-characteristics K': 14,
      'retain-device C': 11,
      'retain-institution K': 10,
      'retain-patient-characteristics C': 5,
      'clean-structured-content C': 4,
      'clean-graphics C': 4,
    });
  });

  test('is the table that was generated: whoever edits it by hand is found', () => {
    const text = ps315Rows()
      .map(({ pattern, keyword, basic, options }) => `${pattern} ${keyword} ${basic} ${JSON.stringify(options)}`)
      .join('\n');
    expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toBe('76ca867fb74e51f1');
  });

  test.each([
    [0x00100010, 'PatientName', 'Z', {}],
    [0x00080018, 'SOPInstanceUID', 'U', { 'retain-uids': 'K' }],
    [0x00080020, 'StudyDate', 'Z', { 'retain-full-dates': 'K', 'retain-modified-dates': 'C' }],
    [0x0008103e, 'SeriesDescription', 'X', { 'clean-descriptors': 'C' }],
    [0x00101010, 'PatientAge', 'X', { 'retain-patient-characteristics': 'K' }],
    [0x00080080, 'InstitutionName', 'X/Z/D', { 'retain-institution': 'K' }],
    [0x00081140, 'ReferencedImageSequence', 'X/Z/U*', { 'retain-uids': 'K' }],
  ])('%i is %s: %s', (tag, keyword, basic, options) => {
    expect(ps315Row(tag)).toMatchObject({ keyword, basic, options });
  });

  test('a repeating group counts in every even group of its own, and in no private one', () => {
    for (const tag of [0x60003000, 0x60023000, 0x60fe3000]) expect(ps315Row(tag)?.keyword).toBe('OverlayData');
    for (const tag of [0x50000005, 0x50fe3000]) expect(ps315Row(tag)?.keyword).toBe('CurveData');
    for (const tag of [0x60003001, 0x60013000, 0x50010005, 0x51000005, 0x00280010])
      expect(ps315Row(tag)).toBeUndefined();
  });
});

describe('options', () => {
  test('a compound code: the branch that keeps the IOD valid, or the one that leaves least', () => {
    expect(ps315Code(0x00080080, none, 'valid-iod')).toEqual({ code: 'D', column: 'basic' });
    expect(ps315Code(0x00080080, none, 'strictest')).toEqual({ code: 'X', column: 'basic' });
    expect(ps315Code(0x00081140, none, 'valid-iod')).toEqual({ code: 'U', column: 'basic' });
    expect(ps315Code(0x00081140, none, 'strictest')).toEqual({ code: 'X', column: 'basic' });
  });

  test('the cell of an option overrides the basic code, another option does not', () => {
    expect(ps315Code(0x00080018, only('retain-uids'), 'valid-iod')).toEqual({ code: 'K', column: 'retain-uids' });
    expect(ps315Code(0x00080018, only('retain-device'), 'valid-iod')).toEqual({ code: 'U', column: 'basic' });
  });

  test('where two options meet, cleaning beats keeping', () => {
    const dateOfLastCalibration = 0x00181200;
    expect(ps315Code(dateOfLastCalibration, only('retain-device', 'retain-modified-dates'), 'valid-iod')).toEqual({
      code: 'C',
      column: 'retain-modified-dates',
    });
    expect(ps315Code(dateOfLastCalibration, only('retain-device', 'retain-full-dates'), 'valid-iod')?.code).toBe('K');
    const both = only('retain-device', 'retain-modified-dates');
    const meeting = ps315Rows().filter(({ options }) => [...both].every((option) => options[option] !== undefined));
    expect(meeting).toHaveLength(11);
    for (const { pattern } of meeting)
      expect(ps315Code(Number.parseInt(pattern, 16), both, 'valid-iod')?.code).toBe('C');
  });

  test('a tag without a row has no code', () => {
    expect(ps315Code(0x00280010, none, 'valid-iod')).toBeUndefined();
    expect(ps315Code(0x00091001, none, 'valid-iod')).toBeUndefined();
  });
});

describe('Table E.3.10-1', () => {
  test('an element is safe within the block of its creator alone', () => {
    expect(isSafePrivate('Philips PET Private Group', 0x7053, 0x00)).toBe(true);
    expect(isSafePrivate('Philips PET Private Group', 0x7053, 0x01)).toBe(false);
    expect(isSafePrivate('Philips PET Private Group', 0x7055, 0x00)).toBe(false);
    expect(isSafePrivate('ELSCINT1', 0x7053, 0x00)).toBe(false);
    expect(isSafePrivate('GEMS_SERS_01', 0x0025, 0x07)).toBe(true);
    expect(isSafePrivate('SIEMENS MR HEADER ', 0x0019, 0x0c)).toBe(true);
  });

  test('has 479 elements', () => {
    const creators = ['ELSCINT1', 'GEIIS PACS', 'GEMS_ACQU_01', 'GEMS_HELIOS_01', 'GEMS_PARM_01', 'GEMS_SERS_01'];
    creators.push('HOLOGIC, Inc.', 'NQHeader', 'NQLeft', 'NQRight', 'Philips Imaging DD 001', 'Philips Imaging DD 002');
    creators.push('Philips Imaging DD 097', 'Philips Imaging DD 129', 'Philips MR Imaging DD 001');
    creators.push('Philips PET Private Group', 'Philips ST80i', 'SIEMENS MR HEADER', 'SIEMENS Ultrasound SC2000');
    creators.push('SIEMENS SYNGO ULTRA-SOUND TOYON DATA STREAMING');
    const groups = [0x0019, 0x0025, 0x0043, 0x0045, 0x0099, 0x00e1, 0x0119, 0x0129, 0x0139, 0x0149, 0x0199, 0x01e1];
    groups.push(0x01f1, 0x0299, 0x0903, 0x2001, 0x2005, 0x7053, 0x7e01, 0x7fd1);
    let count = 0;
    for (const creator of creators) {
      for (const group of groups) {
        for (let element = 0; element < 0x100; element++) if (isSafePrivate(creator, group, element)) count++;
      }
    }
    expect(count).toBe(479);
  });
});

describe('Table E.3.4-1', () => {
  test('decides by concept and options', () => {
    expect(srConceptCode('121022', 'DCM', none, 'valid-iod')).toEqual({ code: 'X', column: 'basic' });
    expect(srConceptCode('113795', 'DCM', none, 'valid-iod')).toEqual({ code: 'D', column: 'basic' });
    expect(srConceptCode('113795', 'DCM', only('retain-uids'), 'valid-iod')?.code).toBe('K');
    expect(srConceptCode('126201', 'DCM', only('retain-modified-dates'), 'valid-iod')?.code).toBe('C');
    expect(srConceptCode('121022', '99LOCAL', none, 'valid-iod')).toBeUndefined();
    expect(srConceptCode('0', 'DCM', none, 'valid-iod')).toBeUndefined();
  });

  test('by value type where that matters, else the most careful', () => {
    const clinicalReport = ['371524004', 'SCT', only('clean-descriptors'), 'valid-iod'] as const;
    expect(srConceptCode(...clinicalReport, 'TEXT')?.code).toBe('C');
    expect(srConceptCode(...clinicalReport, 'COMPOSITE')?.code).toBe('X');
    expect(srConceptCode(...clinicalReport, 'PNAME')?.code).toBe('X');
    expect(srConceptCode(...clinicalReport)?.code).toBe('X');
    expect(srConceptCode('121112', 'DCM', none, 'valid-iod', 'IMAGE')?.code).toBe('D');
    expect(srConceptCode('121112', 'DCM', none, 'valid-iod')?.code).toBe('X');
  });
});
