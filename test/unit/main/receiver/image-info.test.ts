/** What is drawn, and the words where nothing is. */
import { describe, expect, test } from 'vitest';
import { StoredFile } from '#main/engine/index.ts';
import { expandSegments, imageInfoOf } from '#main/receiver/image-info.ts';
import {
  buildDataSet,
  syntheticCt,
  TEST_ENCODINGS,
  type TestElement,
  TRANSFER_SYNTAXES,
} from '../../../support/data-sets.ts';
import { part10 } from '../../../support/part10.ts';

function infoOf(bytes: Uint8Array) {
  const source = { size: bytes.length, read: (at: number, length: number) => bytes.subarray(at, at + length) };
  return imageInfoOf(new StoredFile(source));
}

/** A small image; elements given replace those of the same tag, `undefined` removes. */
function image(
  changes: Readonly<Record<number, TestElement | undefined>> = {},
  syntax: string = TRANSFER_SYNTAXES.explicitLittle,
) {
  const basic: TestElement[] = [
    { tag: 0x00080060, vr: 'CS', value: 'OT' },
    { tag: 0x00280002, vr: 'US', value: [1] },
    { tag: 0x00280004, vr: 'CS', value: 'MONOCHROME2' },
    { tag: 0x00280010, vr: 'US', value: [2] },
    { tag: 0x00280011, vr: 'US', value: [3] },
    { tag: 0x00280100, vr: 'US', value: [8] },
    { tag: 0x00280101, vr: 'US', value: [8] },
    { tag: 0x00280102, vr: 'US', value: [7] },
    { tag: 0x00280103, vr: 'US', value: [0] },
    { tag: 0x7fe00010, vr: 'OB', value: new Uint8Array(6) },
  ];
  const all = new Map(basic.map((element) => [element.tag, element as TestElement | undefined]));
  for (const [tag, element] of Object.entries(changes)) all.set(Number(tag), element);
  const elements = [...all.values()].filter((element) => element !== undefined).sort((a, b) => a.tag - b.tag);
  const encoding =
    syntax === TRANSFER_SYNTAXES.explicitBig ? TEST_ENCODINGS.explicitBig : TEST_ENCODINGS.explicitLittle;
  return part10(buildDataSet(encoding, elements), syntax);
}

const us = (tag: number, value: number) => ({ [tag]: { tag, vr: 'US', value: [value] } });
const text = (tag: number, vr: string, value: string) => ({ [tag]: { tag, vr, value } });
const bytes = (tag: number, value: Uint8Array, vr = 'OW') => ({ [tag]: { tag, vr, value } });
const sequence = (tag: number, ...elements: TestElement[]): TestElement => ({
  tag,
  vr: 'SQ',
  value: { items: [{ elements }] },
});

test('a CT image', () => {
  const window = [
    { tag: 0x00281050, vr: 'DS', value: '40\\400' },
    { tag: 0x00281051, vr: 'DS', value: '350\\1500' },
  ];
  const file = part10(syntheticCt({ bytes: 512 * 512 * 2, extra: window }), TRANSFER_SYNTAXES.explicitLittle);
  expect(infoOf(file)).toEqual({
    image: {
      transferSyntaxUid: TRANSFER_SYNTAXES.explicitLittle,
      rows: 512,
      columns: 512,
      samplesPerPixel: 1,
      photometricInterpretation: 'MONOCHROME2',
      planarConfiguration: 0,
      bitsAllocated: 16,
      bitsStored: 12,
      highBit: 11,
      signed: true,
      frames: 1,
      rescaleSlope: 1,
      rescaleIntercept: -1024,
      windowCenter: 40,
      windowWidth: 350,
      bigEndian: false,
    },
  });
});

test('window and rescale of functional groups: shared ones, else those of the first frame', () => {
  const voi = sequence(
    0x00289132,
    { tag: 0x00281050, vr: 'DS', value: '10' },
    { tag: 0x00281051, vr: 'DS', value: '20' },
  );
  const rescale = sequence(
    0x00289145,
    { tag: 0x00281052, vr: 'DS', value: '-5' },
    { tag: 0x00281053, vr: 'DS', value: '2.5' },
  );
  for (const groups of [0x52009229, 0x52009230]) {
    expect(infoOf(image({ [groups]: sequence(groups, voi, rescale) })).image).toMatchObject({
      windowCenter: 10,
      windowWidth: 20,
      rescaleSlope: 2.5,
      rescaleIntercept: -5,
    });
  }
  expect(infoOf(image({ 1375769129: sequence(0x52009229, voi), ...text(0x00281050, 'DS', '99') })).image).toMatchObject(
    {
      windowCenter: 99,
    },
  );
});

test('nonsense in optional attributes is passed over', () => {
  const info = infoOf(
    image({ ...text(0x00281053, 'DS', 'abc'), ...text(0x00281050, 'DS', ''), ...text(0x00280008, 'IS', 'x') }),
  );
  expect(info.image).toMatchObject({ rescaleSlope: 1, frames: 1 });
  expect(info.image).not.toHaveProperty('windowCenter');
  expect(infoOf(image(text(0x00281053, 'DS', '0'))).image).toMatchObject({ rescaleSlope: 1 });
});

describe('palettes', () => {
  const palette = (changes: Readonly<Record<number, TestElement>>) =>
    infoOf(image({ ...text(0x00280004, 'CS', 'PALETTE COLOR'), ...changes })).image?.palette;
  const descriptors = (...values: number[]) =>
    Object.fromEntries([0x00281101, 0x00281102, 0x00281103].map((tag) => [tag, { tag, vr: 'US', value: values }]));
  const tables = (base: number, value: readonly number[], little = true) => {
    const data = new Uint8Array(value.length * 2);
    for (const [index, word] of value.entries()) new DataView(data.buffer).setUint16(index * 2, word, little);
    return Object.fromEntries([0, 1, 2].map((step) => [base + step, { tag: base + step, vr: 'OW', value: data }]));
  };

  test('16 bits are scaled; 16 bits that hold 8 are not', () => {
    expect(palette({ ...descriptors(3, 5, 16), ...tables(0x00281201, [0, 0x80ff, 0xffff]) })).toEqual({
      first: 5,
      red: [0, 128, 255],
      green: [0, 128, 255],
      blue: [0, 128, 255],
    });
    expect(palette({ ...descriptors(3, 0, 16), ...tables(0x00281201, [0, 128, 255]) })?.red).toEqual([0, 128, 255]);
  });

  test('8 bits, packed or in words', () => {
    const packed = Object.fromEntries(
      [0x00281201, 0x00281202, 0x00281203].map((tag) => [tag, bytes(tag, Uint8Array.of(1, 2, 3, 4))[tag]!]),
    );
    expect(palette({ ...descriptors(4, 0, 8), ...packed })?.green).toEqual([1, 2, 3, 4]);
    expect(palette({ ...descriptors(4, 0, 8), ...tables(0x00281201, [1, 2, 3, 4]) })?.green).toEqual([1, 2, 3, 4]);
  });

  test('segmented', () => {
    expect(palette({ ...descriptors(4, 0, 16), ...tables(0x00281221, [0, 1, 0, 1, 3, 0xff00]) })?.blue).toEqual([
      0, 85, 170, 255,
    ]);
  });

  test('a missing table: none', () => {
    expect(palette(descriptors(4, 0, 16))).toBeUndefined();
  });

  test('segments: discrete, linear, indirect, and broken ones', () => {
    expect(expandSegments([0, 2, 10, 20, 1, 2, 40])).toEqual([10, 20, 30, 40]);
    expect(expandSegments([0, 1, 7, 1, 2, 9, 2, 2, 0, 0])).toEqual([7, 8, 9, 7, 8, 9]);
    expect(expandSegments([2, 3, 0, 0])).toEqual([]);
    expect(expandSegments([9, 9, 9])).toEqual([]);
    expect(expandSegments([0])).toEqual([]);
    expect(expandSegments([1, 65535, 65535, 1, 65535, 0]).length).toBeLessThan(200_000);
  });
});

describe('syntaxes', () => {
  const fragments = (value: number[][]): TestElement => ({
    tag: 0x7fe00010,
    vr: 'OB',
    value: { fragments: [new Uint8Array(0), ...value.map((list) => Uint8Array.from(list))] },
  });

  test.each([
    ['1.2.840.10008.1.2.5'],
    ['1.2.840.10008.1.2.4.50'],
    ['1.2.840.10008.1.2.4.70'],
    ['1.2.840.10008.1.2.4.81'],
    ['1.2.840.10008.1.2.4.91'],
    ['1.2.840.10008.1.2.4.203'],
  ])('%s is drawn', (syntax) => {
    expect(infoOf(image({ 2145386512: fragments([[1, 2]]) }, syntax)).image?.transferSyntaxUid).toBe(syntax);
  });

  test('native pixels under the name of a compressed syntax, or of a private one, are drawn as what they are', () => {
    for (const syntax of ['1.2.840.10008.1.2.4.50', '1.2.3.4']) {
      expect(infoOf(image({}, syntax)).image?.transferSyntaxUid).toBe(TRANSFER_SYNTAXES.explicitLittle);
    }
  });

  test('fragments in a native syntax are what they are', () => {
    const rle = [1, 0, 0, 0, 64, 0, 0, 0, ...new Array(60).fill(0)];
    expect(infoOf(image({ 2145386512: fragments([rle]) })).image?.transferSyntaxUid).toBe('1.2.840.10008.1.2.5');
  });

  test('big endian is given in little endian', () => {
    expect(infoOf(image({}, TRANSFER_SYNTAXES.explicitBig)).image).toMatchObject({
      transferSyntaxUid: TRANSFER_SYNTAXES.explicitBig,
      bigEndian: false,
    });
  });

  test.each([
    ['1.2.840.10008.1.2.4.100', /video \(MPEG2/],
    ['1.2.840.10008.1.2.4.107', /video \(HEVC/],
    ['1.2.840.10008.1.2.4.110', /cannot decode JPEG XL/],
    ['1.2.3.4', /cannot decode the transfer syntax 1\.2\.3\.4/],
  ])('%s is not', (syntax, reason) => {
    expect(infoOf(image({ 2145386512: fragments([[1, 2]]) }, syntax))).toEqual({
      image: null,
      reason: expect.stringMatching(reason),
    });
  });
});

test.each<[string, Readonly<Record<number, TestElement | undefined>>, RegExp]>([
  ['no frames', text(0x00280008, 'IS', '0'), /no frames/],
  ['no rows', { 2621456: undefined }, /rows and columns/],
  ['12 bits', us(0x00280100, 12), /12 bits/],
  ['4 samples', us(0x00280002, 4), /4 samples/],
  ['CMYK', text(0x00280004, 'CS', 'CMYK'), /CMYK/],
  ['no interpretation', { 2621444: undefined }, /as nothing/],
  ['too few pixels', us(0x00280010, 3), /not complete/],
  ['a report', { 2145386512: undefined, ...text(0x00080060, 'CS', 'SR') }, /report/],
  [
    'a PDF',
    {
      2145386512: undefined,
      ...bytes(0x00420011, Uint8Array.of(1, 2), 'OB'),
      ...text(0x00420012, 'LO', 'application/pdf'),
    },
    /PDF/,
  ],
  ['floating point', { 2145386512: undefined, ...bytes(0x7fe00008, new Uint8Array(24), 'OF') }, /floating point/],
  ['waveforms', { 2145386512: undefined, 1409286400: sequence(0x54000100) }, /waveforms/],
  [
    'an RT plan',
    { 2145386512: undefined, ...text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.481.5') },
    /RT Plan Storage/,
  ],
  ['something private', { 2145386512: undefined, ...text(0x00080016, 'UI', '1.2.3') }, /^The object has no pixels/],
])('%s: nothing to draw, and why', (_, changes, reason) => {
  expect(infoOf(image(changes))).toEqual({ image: null, reason: expect.stringMatching(reason) });
});
