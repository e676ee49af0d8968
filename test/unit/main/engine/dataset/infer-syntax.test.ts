/** Transfer syntaxes found in the bytes, against what real files say of themselves. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inferEncapsulated, inferEncoding, transferSyntaxOf } from '#main/engine/dataset/infer-syntax.ts';
import { memorySource, StoredFile } from '#main/engine/dataset/stored-file.ts';
import { encodingOf } from '#main/engine/dataset/transfer-syntax.ts';
import { buildDataSet, TEST_ENCODINGS, type TestElement } from '../../../../support/data-sets.ts';
import { realFiles, requireRealFiles } from '../../../../support/real-files.ts';

const PIXELS = 0x7fe00010;

describe.skipIf(requireRealFiles())('real files without their file meta', () => {
  // JPEG Extended of 8 bits differs from Baseline by its frame header alone, if at all: some of these say Extended and are not.
  const LIKE: Readonly<Record<string, readonly string[]>> = {
    '1.2.840.10008.1.2.4.51': ['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.51'],
    // What is lossless by its bytes may be in the general syntax.
    '1.2.840.10008.1.2.4.91': ['1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.91'],
    '1.2.840.10008.1.2.4.81': ['1.2.840.10008.1.2.4.80', '1.2.840.10008.1.2.4.81'],
  };
  const files = realFiles().filter(({ name, meta, dataSet }) => {
    // Broken on purpose, DICOMDIRs, and two that begin with private elements of no creator.
    return (
      meta.transferSyntaxUid &&
      dataSet().length > 0 &&
      !/DICOMDIR|badVR|ExplVR|palettes|ImplVR|UN_sequence|nested_priv/.test(name)
    );
  });

  test.each(files.map((file) => [file.name, file] as const))('%s', (_, { meta, dataSet }) => {
    const told = meta.transferSyntaxUid!;
    const bare = new StoredFile(memorySource(dataSet()));
    const native = encodingOf(told).encapsulated && bare.element(PIXELS)?.length !== -1;
    expect(bare.inferred).toBe(true);
    if (native) expect(bare.transferSyntaxUid).toBe('1.2.840.10008.1.2.1');
    else expect(LIKE[told] ?? [told]).toContain(bare.transferSyntaxUid);
  });
});

test('every plain encoding, whatever elements there are', () => {
  const element = fc.constantFrom<TestElement>(
    { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' },
    { tag: 0x00080008, vr: 'CS', value: '' },
    { tag: 0x00080016, vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.2' },
    { tag: 0x00080020, vr: 'DA', value: '20240102' },
    { tag: 0x00080060, vr: 'CS', value: 'CT' },
    { tag: 0x00081140, vr: 'SQ', value: { items: [{ elements: [] }] } },
    { tag: 0x00090010, vr: 'LO', value: 'PRIVATE' },
    { tag: 0x00100010, vr: 'PN', value: 'A^B' },
    { tag: 0x00280010, vr: 'US', value: [512] },
  );
  const elements = fc
    .uniqueArray(element, { minLength: 1, selector: ({ tag }) => tag })
    .map((list) => list.sort((a, b) => a.tag - b.tag));
  fc.assert(
    fc.property(elements, fc.constantFrom(...Object.values(TEST_ENCODINGS)), (list, encoding) => {
      expect(inferEncoding(buildDataSet(encoding, list))).toMatchObject(encoding);
    }),
  );
});

test('the byte order is found when the first tag is one in both', () => {
  // (0010,0010) is (1000,1000) the other way round, of the repeating group (1000,xxx0).
  const elements: TestElement[] = [{ tag: 0x00100010, vr: 'PN', value: 'A^B' }];
  for (const encoding of Object.values(TEST_ENCODINGS)) {
    expect(inferEncoding(buildDataSet(encoding, elements))).toMatchObject(encoding);
  }
});

test('the plain transfer syntax of an encoding is its own', () => {
  for (const uid of ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.2']) {
    expect(transferSyntaxOf(encodingOf(uid))).toBe(uid);
  }
});

describe('encapsulated pixels by their first bytes', () => {
  const value = (frame: number[], table: number[] = []) =>
    Uint8Array.from([
      0xfe,
      0xff,
      0,
      0xe0,
      table.length,
      0,
      0,
      0,
      ...table,
      0xfe,
      0xff,
      0,
      0xe0,
      200,
      0,
      0,
      0,
      ...frame,
      ...new Array(80).fill(0),
    ]);
  const jpeg = (process: number, selection: number) => [
    ...[0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2],
    ...[0xff, process, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0],
    ...[0xff, 0xda, 0, 8, 1, 1, 0, selection, 0, 0],
  ];
  const jpeg2000 = (transformation: number, between: number[] = []) => [
    ...[0xff, 0x4f, 0xff, 0x51, 0, 4, 0, 0],
    ...between,
    ...[0xff, 0x52, 0, 12, 0, 0, 0, 1, 0, 5, 4, 4, 0, transformation],
  ];
  const root = '1.2.840.10008.1.2.';

  test.each([
    ['JPEG Baseline', jpeg(0xc0, 0), '4.50'],
    ['JPEG Extended', jpeg(0xc1, 0), '4.51'],
    ['JPEG Lossless, first-order prediction', jpeg(0xc3, 1), '4.70'],
    ['JPEG Lossless', jpeg(0xc3, 4), '4.57'],
    ['JPEG-LS lossless', jpeg(0xf7, 0), '4.80'],
    ['JPEG-LS near-lossless', jpeg(0xf7, 2), '4.81'],
    ['JPEG 2000 lossless', jpeg2000(1), '4.90'],
    ['JPEG 2000', jpeg2000(0), '4.91'],
    ['HTJ2K lossless', jpeg2000(1, [0xff, 0x50, 0, 6, 0, 2, 0, 0]), '4.201'],
    ['HTJ2K', jpeg2000(0, [0xff, 0x50, 0, 6, 0, 2, 0, 0]), '4.203'],
    ['a JP2 file', [...[0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20], ...jpeg2000(1)], '4.90'],
    ['JPEG XL', [0xff, 0x0a], '4.112'],
    ['MPEG-2', [0, 0, 1, 0xb3], '4.100'],
    ['H.264', [0, 0, 0, 1, 0x67], '4.102'],
    ['RLE', [3, 0, 0, 0, 64, 0, 0, 0], '5'],
    ['anything', [1, 2, 3, 4], '4.50'],
  ])('%s', (_, frame, suffix) => {
    expect(inferEncapsulated(value(frame))).toBe(root + suffix);
    expect(inferEncapsulated(value(frame, [0, 0, 0, 0]))).toBe(root + suffix);
  });

  test('whatever bytes there are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => inferEncapsulated(bytes).startsWith(root)));
  });
});
