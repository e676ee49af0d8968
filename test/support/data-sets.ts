/** Builds Data Sets for tests, independently of the code under test, in all encodings and with all kinds of sequences. */

import fc from 'fast-check';

/** How to encode; a subset of the product's Encoding, so that either can be given. */
export interface TestEncoding {
  readonly explicitVr: boolean;
  readonly littleEndian: boolean;
}

export const TEST_ENCODINGS: Readonly<Record<'implicitLittle' | 'explicitLittle' | 'explicitBig', TestEncoding>> = {
  implicitLittle: { explicitVr: false, littleEndian: true },
  explicitLittle: { explicitVr: true, littleEndian: true },
  explicitBig: { explicitVr: true, littleEndian: false },
};

export const TRANSFER_SYNTAXES = {
  implicitLittle: '1.2.840.10008.1.2',
  explicitLittle: '1.2.840.10008.1.2.1',
  explicitBig: '1.2.840.10008.1.2.2',
  deflated: '1.2.840.10008.1.2.1.99',
  jpegBaseline: '1.2.840.10008.1.2.4.50',
} as const;

/** One element of a Data Set to be built. */
export interface TestElement {
  readonly tag: number;
  readonly vr: string;
  /** Text (one byte per character, padded to even), numbers (by VR), bytes (as they are), items, or fragments. */
  readonly value: string | readonly number[] | Uint8Array | { readonly items: readonly TestItem[] } | TestFragments;
  /** For sequences: ends with a delimiter. */
  readonly undefinedLength?: boolean;
}

export interface TestItem {
  readonly elements: readonly TestElement[];
  readonly undefinedLength?: boolean;
}

export interface TestFragments {
  readonly fragments: readonly Uint8Array[];
}

const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const SIZES: Readonly<Record<string, number>> = {
  US: 2,
  SS: 2,
  OW: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  FD: 8,
  AT: 4,
  OB: 1,
  UN: 1,
};
const UNDEFINED = 0xffffffff;

/** The bytes of a Data Set (PS3.5 7.1). */
export function buildDataSet(encoding: TestEncoding, elements: readonly TestElement[]): Uint8Array {
  return Buffer.concat(elements.map((element) => buildElement(encoding, element)));
}

function buildElement(encoding: TestEncoding, element: TestElement): Buffer {
  const { tag, vr, value } = element;
  if (typeof value === 'object' && 'items' in value) {
    // PS3.5 6.2.2: what is inside UN is Implicit VR Little Endian.
    const inner = vr === 'UN' ? TEST_ENCODINGS.implicitLittle : encoding;
    const items = Buffer.concat(value.items.map((item) => buildItem(inner, item)));
    if (!element.undefinedLength) return Buffer.concat([header(encoding, tag, vr, items.length), items]);
    return Buffer.concat([header(encoding, tag, vr, UNDEFINED), items, delimiter(inner, 0xe0dd)]);
  }
  if (typeof value === 'object' && 'fragments' in value) {
    const fragments = value.fragments.flatMap((bytes) => [itemHeader(encoding, 0xe000, bytes.length), bytes]);
    return Buffer.concat([header(encoding, tag, vr, UNDEFINED), ...fragments, delimiter(encoding, 0xe0dd)]);
  }
  const bytes = valueBytes(encoding, vr, value as string | readonly number[] | Uint8Array);
  return Buffer.concat([header(encoding, tag, vr, bytes.length), bytes]);
}

function buildItem(encoding: TestEncoding, item: TestItem): Buffer {
  const content = buildDataSet(encoding, item.elements);
  if (!item.undefinedLength) return Buffer.concat([itemHeader(encoding, 0xe000, content.length), content]);
  return Buffer.concat([itemHeader(encoding, 0xe000, UNDEFINED), content, delimiter(encoding, 0xe00d)]);
}

function valueBytes(encoding: TestEncoding, vr: string, value: string | readonly number[] | Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') {
    const pad = value.length % 2 === 0 ? '' : vr === 'UI' ? '\0' : ' ';
    return Buffer.from(value + pad, 'latin1');
  }
  const size = SIZES[vr] ?? 2;
  const bytes = new Uint8Array(value.length * size);
  const view = new DataView(bytes.buffer);
  const little = encoding.littleEndian;
  value.forEach((number, index) => {
    const at = index * size;
    if (vr === 'FL') view.setFloat32(at, number, little);
    else if (vr === 'FD') view.setFloat64(at, number, little);
    else if (vr === 'AT') {
      view.setUint16(at, number >>> 16, little);
      view.setUint16(at + 2, number & 0xffff, little);
    } else if (size === 1) view.setUint8(at, number);
    else if (size === 2) view.setUint16(at, number & 0xffff, little);
    else view.setUint32(at, number >>> 0, little);
  });
  return bytes;
}

/** The header of an element with any length, also a wrong one. */
export function header(encoding: TestEncoding, tag: number, vr: string, length: number): Buffer {
  const long = encoding.explicitVr && LONG.has(vr);
  const bytes = Buffer.alloc(long ? 12 : 8);
  writeTag(bytes, encoding, tag);
  if (!encoding.explicitVr) return write32(bytes, encoding, 4, length);
  bytes.write(vr, 4, 'latin1');
  if (long) return write32(bytes, encoding, 8, length);
  if (encoding.littleEndian) bytes.writeUInt16LE(length, 6);
  else bytes.writeUInt16BE(length, 6);
  return bytes;
}

/** Item (E000H), item delimitation (E00DH), sequence delimitation (E0DDH). */
export function itemHeader(encoding: TestEncoding, element: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  writeTag(bytes, encoding, 0xfffe0000 + element);
  return write32(bytes, encoding, 4, length);
}

function delimiter(encoding: TestEncoding, element: number): Buffer {
  return itemHeader(encoding, element, 0);
}

function writeTag(bytes: Buffer, encoding: TestEncoding, tag: number): void {
  if (encoding.littleEndian) {
    bytes.writeUInt16LE(Math.floor(tag / 0x10000), 0);
    bytes.writeUInt16LE(tag & 0xffff, 2);
  } else bytes.writeUInt32BE(tag, 0);
}

function write32(bytes: Buffer, encoding: TestEncoding, at: number, value: number): Buffer {
  if (encoding.littleEndian) bytes.writeUInt32LE(value, at);
  else bytes.writeUInt32BE(value, at);
  return bytes;
}

export interface TestUids {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
}

export const CT_UIDS: TestUids = {
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  sopInstanceUid: '1.2.826.0.1.3680043.8.498.1',
  studyInstanceUid: '1.2.826.0.1.3680043.8.498.2',
  seriesInstanceUid: '1.2.826.0.1.3680043.8.498.3',
};

/** The elements of a CT image: some 100 in the header, one sequence of each kind, a private block. */
export function ctElements(uids: TestUids = CT_UIDS): TestElement[] {
  const text = (tag: number, vr: string, value: string): TestElement => ({ tag, vr, value });
  const elements: TestElement[] = [
    text(0x00080005, 'CS', 'ISO_IR 100'),
    text(0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'),
    text(0x00080012, 'DA', '20240102'),
    text(0x00080013, 'TM', '101112'),
    text(0x00080016, 'UI', uids.sopClassUid),
    text(0x00080018, 'UI', uids.sopInstanceUid),
    text(0x00080020, 'DA', '20240102'),
    text(0x00080021, 'DA', '20240102'),
    text(0x00080030, 'TM', '101010'),
    text(0x00080050, 'SH', 'ACC0001'),
    text(0x00080060, 'CS', 'CT'),
    text(0x00080070, 'LO', 'Studyport Test Works'),
    text(0x00080080, 'LO', 'Hospital of Nowhere'),
    text(0x00080090, 'PN', 'Referring^Doctor'),
    text(0x00081010, 'SH', 'STATION1'),
    text(0x00081030, 'LO', 'Chest'),
    text(0x0008103e, 'LO', 'Chest 1.0'),
    {
      tag: 0x00081140,
      vr: 'SQ',
      undefinedLength: true,
      value: {
        items: [1, 2].map((number) => ({
          undefinedLength: true,
          elements: [text(0x00081150, 'UI', uids.sopClassUid), text(0x00081155, 'UI', `1.2.3.${number}`)],
        })),
      },
    },
    { tag: 0x00090010, vr: 'LO', value: 'STUDYPORT TEST' },
    { tag: 0x00091001, vr: 'LO', value: 'private text' },
    { tag: 0x00091002, vr: 'UL', value: [4711] },
    text(0x00100010, 'PN', 'M\xfcller^Hans'),
    text(0x00100020, 'LO', 'PAT-0001'),
    text(0x00100030, 'DA', '19700101'),
    text(0x00100040, 'CS', 'M'),
    text(0x00101010, 'AS', '054Y'),
    text(0x00180015, 'CS', 'CHEST'),
    text(0x00180050, 'DS', '1.25'),
    text(0x00180060, 'DS', '120'),
    text(0x00181020, 'LO', 'v1.0'),
    text(0x0020000d, 'UI', uids.studyInstanceUid),
    text(0x0020000e, 'UI', uids.seriesInstanceUid),
    text(0x00200010, 'SH', 'ST1'),
    text(0x00200011, 'IS', '3'),
    text(0x00200013, 'IS', '17'),
    text(0x00200032, 'DS', '-250\\-250\\-120.5'),
    text(0x00200037, 'DS', '1\\0\\0\\0\\1\\0'),
    text(0x00200052, 'UI', `${uids.studyInstanceUid}.9`),
  ];
  for (let element = 0; element < 50; element++) {
    // Unknown to the dictionary or not: so many more technical values as a real scanner sends.
    elements.push(text(0x00219000 + element, 'DS', (element * 1.125).toFixed(4)));
  }
  elements.push(
    { tag: 0x00280002, vr: 'US', value: [1] },
    text(0x00280004, 'CS', 'MONOCHROME2'),
    { tag: 0x00280010, vr: 'US', value: [512] },
    { tag: 0x00280011, vr: 'US', value: [512] },
    text(0x00280030, 'DS', '0.9765625\\0.9765625'),
    { tag: 0x00280100, vr: 'US', value: [16] },
    { tag: 0x00280101, vr: 'US', value: [12] },
    { tag: 0x00280102, vr: 'US', value: [11] },
    { tag: 0x00280103, vr: 'US', value: [1] },
    { tag: 0x00280120, vr: 'SS', value: [-2000] },
    text(0x00281052, 'DS', '-1024'),
    text(0x00281053, 'DS', '1'),
    {
      tag: 0x00400275,
      vr: 'SQ',
      value: { items: [{ elements: [text(0x00400007, 'LO', 'R\xf6ntgen')] }] },
    },
  );
  return elements;
}

/** A CT image with `bytes` bytes of native pixels. */
export function syntheticCt(
  options: { bytes?: number; uids?: TestUids; encoding?: TestEncoding; extra?: readonly TestElement[] } = {},
): Uint8Array {
  const pixels = new Uint8Array(options.bytes ?? 2048);
  for (let index = 0; index < pixels.length; index++) pixels[index] = (index * 7) & 0xff;
  const elements = [...ctElements(options.uids), ...(options.extra ?? [])];
  return buildDataSet(options.encoding ?? TEST_ENCODINGS.explicitLittle, [
    ...elements.sort((a, b) => a.tag - b.tag),
    { tag: 0x7fe00010, vr: 'OW', value: pixels },
  ]);
}

/** The bytes of sequences in sequences, `depth` of them, around one element; without recursion, so any depth will do. */
export function nestedSequences(encoding: TestEncoding, depth: number, undefinedLength: boolean): Uint8Array {
  let inner = buildDataSet(encoding, [{ tag: 0x00081150, vr: 'UI', value: '1.2.3' }]);
  for (let level = 0; level < depth; level++) {
    inner = Buffer.concat([
      header(encoding, 0x00081140, 'SQ', undefinedLength ? UNDEFINED : inner.length + 8),
      itemHeader(encoding, 0xe000, undefinedLength ? UNDEFINED : inner.length),
      inner,
      ...(undefinedLength ? [delimiter(encoding, 0xe00d), delimiter(encoding, 0xe0dd)] : []),
    ]);
  }
  return inner;
}

/** Tags below Pixel Data with the VR the dictionary gives them, so that every encoding reads them alike. */
const ARBITRARY_TAGS: readonly (readonly [number, string])[] = [
  [0x00080020, 'DA'],
  [0x00080050, 'SH'],
  [0x00080060, 'CS'],
  [0x00080070, 'LO'],
  [0x00081030, 'LO'],
  [0x00100010, 'PN'],
  [0x00100020, 'LO'],
  [0x00104000, 'LT'],
  [0x00180050, 'DS'],
  [0x00280010, 'US'],
  [0x00281052, 'DS'],
  [0x0040a160, 'UT'],
  [0x00420011, 'OB'],
];
const ARBITRARY_SEQUENCES: readonly number[] = [0x00081140, 0x00400275, 0x0040a730];

const TEXT = fc.string({ unit: fc.constantFrom(...'ABCabc0189 ^'), maxLength: 12 });

/** Any Data Set in tag order, with sequences of defined and undefined length; it begins with a SOP Instance UID. */
export function arbitraryDataSet(): fc.Arbitrary<TestElement[]> {
  return arbitraryElements(3).map((elements) => [
    { tag: 0x00080018, vr: 'UI', value: CT_UIDS.sopInstanceUid },
    ...elements.filter(({ tag }) => tag > 0x00080018),
  ]);
}

function arbitraryElements(depth: number): fc.Arbitrary<TestElement[]> {
  const plain = fc.constantFrom(...ARBITRARY_TAGS).chain(([tag, vr]): fc.Arbitrary<TestElement> => {
    if (vr === 'US') return fc.nat(0xffff).map((number) => ({ tag, vr, value: [number] }));
    if (vr === 'OB') return fc.uint8Array({ maxLength: 40 }).map((value) => ({ tag, vr, value }));
    return TEXT.map((value) => ({ tag, vr, value }));
  });
  const sequence = (): fc.Arbitrary<TestElement> =>
    fc
      .tuple(
        fc.constantFrom(...ARBITRARY_SEQUENCES),
        fc.boolean(),
        fc.array(fc.tuple(fc.boolean(), arbitraryElements(depth - 1)), { maxLength: 3 }),
      )
      .map(([tag, undefinedLength, items]) => ({
        tag,
        vr: 'SQ',
        undefinedLength,
        value: { items: items.map(([open, elements]) => ({ undefinedLength: open, elements })) },
      }));
  const element = depth === 0 ? plain : fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: sequence() });
  return fc
    .uniqueArray(element, { selector: ({ tag }) => tag, maxLength: 8 })
    .map((elements) => elements.sort((a, b) => a.tag - b.tag));
}

/** The bytes in pieces: one cut at `at`. */
export function cutAt(bytes: Uint8Array, at: number): Uint8Array[] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

/** The bytes in pieces of `size`. */
export function piecesOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}
