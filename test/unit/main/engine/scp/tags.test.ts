import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseElements } from '#main/engine/dataset/elements.ts';
import { EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE } from '#main/engine/dataset/transfer-syntax.ts';
import { buildTagPlan, type TagPlan, tagIn } from '#main/engine/scp/tags.ts';
import { allEntries, entryOfKeyword } from '#shared/dicom/dictionary.ts';
import { type CustomTag, createCustomTag, getAvailableTagNames, getCommonTagSets } from '#shared/dicom/sets.ts';
import { tagHex } from '#shared/dicom/tag.ts';

function planOf(extractTags: string[], extractCustomTags: CustomTag[] = []): TagPlan {
  const result = buildTagPlan(extractTags, extractCustomTags);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.plan;
}

function problemsOf(extractTags: string[], extractCustomTags: CustomTag[] = []) {
  const result = buildTagPlan(extractTags, extractCustomTags);
  return 'problems' in result ? result.problems : [];
}

type Row = [tag: number, vr: string, value: string | Uint8Array];

/** Explicit VR Little Endian, or Implicit where `implicit`; values are Latin-1 text or bytes. */
function dataSet(rows: Row[], { implicit = false, big = false } = {}): Uint8Array {
  const parts = rows.map(([tag, vr, value]) => {
    let bytes = Buffer.from(value as string, 'latin1');
    if (bytes.length % 2 === 1) bytes = Buffer.concat([bytes, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
    const isLong = /^(O.|SQ|UN|UC|UR|UT|SV|UV)$/.test(vr);
    const header = Buffer.alloc(implicit || !isLong ? 8 : 12);
    const view = new DataView(header.buffer, header.byteOffset, header.length);
    view.setUint16(0, Math.floor(tag / 0x10000), !big);
    view.setUint16(2, tag & 0xffff, !big);
    if (implicit) view.setUint32(4, bytes.length, true);
    else {
      header.write(vr, 4, 'latin1');
      if (isLong) view.setUint32(8, bytes.length, !big);
      else view.setUint16(6, bytes.length, !big);
    }
    return Buffer.concat([header, bytes]);
  });
  return Uint8Array.from(Buffer.concat(parts));
}

const CT: Row[] = [
  [0x00080005, 'CS', 'ISO_IR 100'],
  [0x00080018, 'UI', '1.2.3'],
  [0x00080020, 'DA', '20240229'],
  [0x00080060, 'CS', 'CT'],
  [0x00080070, 'LO', 'GE'],
  [0x00100010, 'PN', 'Buc^J\xe9r\xf4me'],
  [0x00180050, 'DS', ' 5.0'],
  [0x0020000d, 'UI', '1.2'],
  [0x00280010, 'US', '\x00\x02'],
];

describe('buildTagPlan', () => {
  it('takes keywords, tags in both spellings, and custom tags', () => {
    const plan = planOf(
      ['PatientName', '(0008,0060)', '00080070', '00091001', '60023000'],
      [createCustomTag('00291010', 'Csa'), createCustomTag('0019xx08', 'Field', 'SIEMENS MR HEADER')],
    );
    expect(plan.entries).toEqual([
      { name: 'PatientName', target: { tag: 0x00100010 }, level: 'study' },
      { name: 'Modality', target: { tag: 0x00080060 }, level: 'series' },
      { name: 'Manufacturer', target: { tag: 0x00080070 }, level: 'instance' },
      { name: '00091001', target: { tag: 0x00091001 }, level: 'instance' },
      // The keyword OverlayData means 6000,3000: the second overlay keeps the name it was given.
      { name: '60023000', target: { tag: 0x60023000 }, level: 'instance' },
      { name: 'Csa', target: { tag: 0x00291010 }, level: 'instance' },
      { name: 'Field', target: { tag: 0x00190008, creator: 'SIEMENS MR HEADER' }, level: 'instance' },
    ]);
  });

  it('extracts an attribute once however often it is named', () => {
    const plan = planOf(['PatientName', '(0010,0010)', 'PatientName', '00100010']);
    expect(plan.entries.map(({ name }) => name)).toEqual(['PatientName']);
  });

  it('takes every keyword of PS3.6 that a data set can have, and every name of the helpers', () => {
    const keywords = allEntries()
      .filter(({ keyword, tag }) => keyword !== '' && tag < 0xfffe0000)
      .map(({ keyword }) => keyword);
    expect(planOf(keywords).entries).toHaveLength(keywords.length);
    expect(planOf(getAvailableTagNames()).entries).toHaveLength(500);
  });

  it('lists every mistake with its place', () => {
    expect(
      problemsOf(
        ['PatientName', 'PatienName', '0010001', 'Item', '00000100'],
        [
          { tag: '0009100', name: 'A' },
          { tag: '00091001', name: 'B' },
          { tag: '00091002', name: 'B' },
          { tag: '00091003', name: 'PatientName' },
          { tag: '0009xx03', name: 'C' },
          { tag: '00091004', name: '' },
          { tag: '00091004', name: '__proto__' },
        ],
      ).map(({ path }) => path.join('.')),
    ).toEqual([
      'extractTags.1',
      'extractTags.2',
      'extractTags.3',
      'extractTags.4',
      'extractCustomTags.0.tag',
      'extractCustomTags.2.name',
      'extractCustomTags.3.name',
      'extractCustomTags.4.tag',
      'extractCustomTags.5.name',
      'extractCustomTags.6.name',
    ]);
    expect(problemsOf(['PatienName'])[0]?.message).toContain('"PatienName"');
  });

  it('knows how far to read', () => {
    expect(planOf([]).lastTag).toBe(0);
    expect(planOf(['Rows', 'PatientName']).lastTag).toBe(0x00280010);
    expect(planOf(['Rows'], [createCustomTag('0029xx10', 'X', 'ACME')]).lastTag).toBe(0x0029ff10);
  });
});

describe('extract', () => {
  const names = ['PatientName', 'StudyDate', 'Modality', 'SliceThickness', 'Rows', 'StudyInstanceUID', 'PatientID'];

  it('gives values as text and leaves out what is absent', () => {
    const bytes = dataSet(CT);
    expect(planOf(names).extract(parseElements(bytes, EXPLICIT_LITTLE), bytes, EXPLICIT_LITTLE)).toEqual({
      PatientName: 'Buc^Jérôme',
      StudyDate: '20240229',
      Modality: 'CT',
      SliceThickness: '5.0',
      Rows: '512',
      StudyInstanceUID: '1.2',
    });
  });

  it('reads implicit VR and big endian alike', () => {
    const implicit = dataSet(CT, { implicit: true });
    const plan = planOf(names);
    expect(plan.extract(parseElements(implicit, IMPLICIT_LITTLE), implicit, IMPLICIT_LITTLE).Rows).toBe('512');
    const big = dataSet([...CT.slice(0, -1), [0x00280010, 'US', '\x02\x00']], { big: true });
    expect(plan.extract(parseElements(big, EXPLICIT_BIG), big, EXPLICIT_BIG)).toMatchObject({
      Rows: '512',
      PatientName: 'Buc^Jérôme',
    });
  });

  it('gives zero-length attributes and sequences as empty text', () => {
    const bytes = dataSet([
      [0x00081140, 'SQ', ''],
      [0x00100020, 'LO', ''],
    ]);
    const plan = planOf(['PatientID', 'ReferencedImageSequence']);
    expect(plan.extract(parseElements(bytes, EXPLICIT_LITTLE), bytes, EXPLICIT_LITTLE)).toEqual({
      PatientID: '',
      ReferencedImageSequence: '',
    });
  });

  it('reads known attributes in UN by their own VR (PS3.5 6.2.2)', () => {
    const bytes = dataSet([[0x00280010, 'UN', '\x02\x00']], { big: true });
    expect(planOf(['Rows']).extract(parseElements(bytes, EXPLICIT_BIG), bytes, EXPLICIT_BIG)).toEqual({ Rows: '2' });
  });

  it('keeps to the first of two elements with one tag', () => {
    const bytes = dataSet([
      [0x00100020, 'LO', 'first'],
      [0x00100020, 'LO', 'second'],
    ]);
    const elements = [0, 14].map((start) => ({
      tag: 0x00100020,
      vr: 'LO' as const,
      start,
      valueStart: start + 8,
      valueEnd: start + 14,
      end: start + 14,
      undefinedLength: false,
    }));
    expect(planOf(['PatientID']).extract(elements, bytes, EXPLICIT_LITTLE).PatientID).toBe('first');
  });

  it('gives one attribute under all of its names', () => {
    const bytes = dataSet(CT);
    const plan = planOf(['Modality'], [createCustomTag('00080060', 'Kind')]);
    expect(plan.extract(parseElements(bytes, EXPLICIT_LITTLE), bytes, EXPLICIT_LITTLE)).toEqual({
      Modality: 'CT',
      Kind: 'CT',
    });
  });

  it('follows the character set of each data set', () => {
    const plan = planOf(['PatientName']);
    for (const [charset, value, text] of [
      ['ISO_IR 100', '\xe9', 'é'],
      ['ISO_IR 144', '\xbb', 'Л'],
      ['ISO_IR 192', '\xc3\xa9', 'é'],
      ['ISO_IR 100', '\xe9', 'é'],
    ] as const) {
      const bytes = dataSet([
        [0x00080005, 'CS', charset],
        [0x00100010, 'PN', value],
      ]);
      expect(plan.extract(parseElements(bytes, EXPLICIT_LITTLE), bytes, EXPLICIT_LITTLE).PatientName).toBe(text);
    }
  });
});

describe('private elements', () => {
  const rows: Row[] = [
    [0x00090010, 'LO', 'GEMS_IDEN_01'],
    [0x00090011, 'LO', 'ACME'],
    [0x00091001, 'UN', 'GE SUITE'],
    [0x00091101, 'LO', 'acme suite'],
  ];
  const bytes = dataSet(rows);
  const elements = parseElements(bytes, EXPLICIT_LITTLE);

  it('are found in the block of their creator', () => {
    const plan = planOf(
      [],
      [
        createCustomTag('0009xx01', 'Acme', 'ACME'),
        createCustomTag('00091001', 'Ge', 'GEMS_IDEN_01'),
        createCustomTag('0009xx01', 'Nobody', 'NOBODY'),
        createCustomTag('00091101', 'Fixed'),
        createCustomTag('00090010', 'Creator'),
      ],
    );
    expect(plan.extract(elements, bytes, EXPLICIT_LITTLE)).toEqual({
      Acme: 'acme suite',
      Ge: 'GE SUITE',
      Fixed: 'acme suite',
      Creator: 'GEMS_IDEN_01',
    });
    const implicit = dataSet(rows, { implicit: true });
    const read = plan.extract(parseElements(implicit, IMPLICIT_LITTLE), implicit, IMPLICIT_LITTLE);
    expect(read).toMatchObject({ Acme: 'acme suite', Ge: 'GE SUITE' });
  });

  it('have a tag in each data set', () => {
    expect(tagIn({ tag: 0x00090001, creator: 'ACME' }, elements, bytes)).toBe(0x00091101);
    expect(tagIn({ tag: 0x00091001, creator: 'ACME' }, elements, bytes)).toBe(0x00091101);
    expect(tagIn({ tag: 0x00090001, creator: 'NOBODY' }, elements, bytes)).toBeUndefined();
    expect(tagIn({ tag: 0x00110001, creator: 'ACME' }, elements, bytes)).toBeUndefined();
    expect(tagIn({ tag: 0x00100010 }, elements, bytes)).toBe(0x00100010);
  });
});

describe('resolve', () => {
  const plan = planOf(['PatientName', '00091001'], [createCustomTag('0009xx02', 'PatientID', 'ACME')]);

  it.each([
    ['PatientName', { tag: 0x00100010 }],
    ['PatientBirthDate', { tag: 0x00100030 }],
    ['(0010,0040)', { tag: 0x00100040 }],
    ['00100040', { tag: 0x00100040 }],
    ['00091001', { tag: 0x00091001 }],
    // A custom name never means the standard attribute of the same name.
    ['PatientID', { tag: 0x00090002, creator: 'ACME' }],
    ['(0010,0020)', { tag: 0x00100020 }],
  ])('%s', (name, target) => {
    expect(plan.resolve(name)).toEqual(target);
  });

  it.each(['PatienName', '', '0010', 'Item', '(FFFE,E000)', 'TransferSyntaxUID', '00000002', 'toString', '__proto__'])(
    '%s is nothing',
    (name) => {
      expect(plan.resolve(name)).toBeUndefined();
    },
  );

  it('finds what the plan names', () => {
    const names = Object.values(getCommonTagSets()).flat();
    const all = planOf(names);
    for (const { name, target } of all.entries) expect(all.resolve(name)).toEqual(target);
  });
});

describe('levels', () => {
  it('are those of the specification', () => {
    const { patientBasic, studyBasic, seriesBasic, instanceBasic, imagePixelInfo, equipment, ct } = getCommonTagSets();
    const levelsOf = (names: string[]) => [...new Set(planOf(names).entries.map(({ level }) => level))];
    expect(levelsOf(patientBasic)).toEqual(['study']);
    expect(levelsOf(studyBasic)).toEqual(['study']);
    expect(levelsOf(seriesBasic)).toEqual(['series']);
    expect(levelsOf([...instanceBasic, ...imagePixelInfo, ...equipment, ...ct])).toEqual(['instance']);
    expect(levelsOf(['ClinicalTrialSubjectID', 'OtherPatientIDs', 'AdmissionID'])).toEqual(['study']);
    expect(levelsOf(['ClinicalTrialSeriesID', 'PatientPosition', 'OperatorsName'])).toEqual(['series']);
  });

  it('split tags', () => {
    const plan = planOf(['PatientName', 'Modality', 'Manufacturer'], [createCustomTag('00100020', 'Mine')]);
    const tags = { PatientName: 'A', Modality: 'CT', Manufacturer: 'GE', Mine: '1', Other: 'x' };
    expect(plan.splitByLevel(tags)).toEqual({
      study: { PatientName: 'A' },
      series: { Modality: 'CT' },
      instance: { Manufacturer: 'GE', Mine: '1', Other: 'x' },
    });
  });
});

describe('properties', () => {
  it('any lists give a plan or problems', () => {
    const anyName = fc.oneof(fc.string(), fc.constantFrom('PatientName', '00100010', '(0008,0060)'));
    const anyCustom = fc.record({
      tag: fc.oneof(fc.string(), fc.constantFrom('00091001', '0009xx01')),
      name: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(anyName), fc.array(anyCustom), (names, customs) => {
        const result = buildTagPlan(names, customs);
        if ('plan' in result) {
          for (const { name, target } of result.plan.entries) expect(result.plan.resolve(name)).toEqual(target);
        } else {
          expect(result.problems.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('a tag means the same attribute as its keyword', () => {
    const keywords = getAvailableTagNames();
    fc.assert(
      fc.property(fc.constantFrom(...keywords), (keyword) => {
        const tag = tagHex(entryOfKeyword(keyword)!.tag);
        expect(planOf([tag]).entries).toEqual(planOf([keyword]).entries);
      }),
    );
  });
});
