import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { DataSetReader, type DataSetReaderOptions } from '#main/engine/dataset/data-set-reader.ts';
import { parseElements } from '#main/engine/dataset/elements.ts';
import { type Encoding, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE } from '#main/engine/dataset/transfer-syntax.ts';
import {
  arbitraryDataSet,
  buildDataSet,
  CT_UIDS,
  ctElements,
  cutAt,
  header,
  itemHeader,
  nestedSequences,
  piecesOf,
  syntheticCt,
  type TestElement,
} from '../../../../support/data-sets.ts';

const REQUIRED = [0x00080018, 0x0020000d, 0x0020000e];
const ENCODINGS: readonly (readonly [string, Encoding])[] = [
  ['implicit little endian', IMPLICIT_LITTLE],
  ['explicit little endian', EXPLICIT_LITTLE],
  ['explicit big endian', EXPLICIT_BIG],
];
const SOP_INSTANCE_UID: TestElement = { tag: 0x00080018, vr: 'UI', value: CT_UIDS.sopInstanceUid };

function read(chunks: readonly Uint8Array[], options: Partial<DataSetReaderOptions> = {}) {
  const reader = new DataSetReader({
    encoding: EXPLICIT_LITTLE,
    lastTag: 0x0020000e,
    wholeHeader: true,
    maxHeaderBytes: 1 << 20,
    required: REQUIRED,
    ...options,
  });
  const body: Uint8Array[] = [];
  for (const chunk of chunks) {
    const complete = reader.header !== undefined;
    reader.push(chunk);
    if (complete) body.push(chunk);
    else if (reader.header !== undefined) body.push(...reader.bodyStart);
  }
  reader.finish();
  return { reader, header: reader.header!, body: Buffer.concat(body) };
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof DataSetError) return error.code;
    throw error;
  }
}

describe.each(ENCODINGS)('a CT image in %s', (_name, encoding) => {
  const bytes = syntheticCt({ encoding, bytes: 300 });
  const headerLength = buildDataSet(encoding, ctElements()).length;
  const expected = parseElements(bytes.subarray(0, headerLength), encoding);

  it('ends its header before the Pixel Data, at every split point', () => {
    for (let at = 0; at <= bytes.length; at++) {
      const { reader, header, body } = read(cutAt(bytes, at), { encoding });
      if (reader.headerEnd !== headerLength || !body.equals(bytes.subarray(headerLength)))
        expect.fail(`split at ${at}`);
      expect(Buffer.compare(header.bytes, bytes.subarray(0, headerLength))).toBe(0);
      expect(header.elements).toEqual(expected);
    }
  });

  it('does so byte by byte, and in small pieces', () => {
    for (const size of [1, 2, 3, 7, 11, 64]) {
      const { header, body } = read(piecesOf(bytes, size), { encoding });
      expect(Buffer.concat([header.bytes, body]).equals(bytes)).toBe(true);
      expect(header.elements).toEqual(expected);
    }
  });

  it('says so when it is cut off anywhere', () => {
    const boundaries = new Set(parseElements(bytes, encoding).map((element) => element.start));
    for (let length = 2; length < bytes.length; length++) {
      const code = codeOf(() => read([bytes.subarray(0, length)], { encoding }));
      // One zero byte behind an element is padding, or the beginning of a big endian tag: nobody can tell.
      const complete = boundaries.has(length) || (boundaries.has(length - 1) && bytes[length - 1] === 0);
      const expected: (string | undefined)[] = complete ? [undefined] : ['truncated', 'unclosed'];
      if (!expected.includes(code)) expect.fail(`${code} at ${length}`);
    }
  });
});

describe('the end of the header', () => {
  const bytes = syntheticCt();

  it('is the first element behind the last wanted tag when nothing will be edited', () => {
    const { reader, header } = read([bytes], { wholeHeader: false });
    expect(header.elements.at(-1)?.tag).toBe(0x0020000e);
    expect(reader.headerEnd).toBe(header.elements.at(-1)?.end);
  });

  it('moves on while a required UID is missing', () => {
    const late = buildDataSet(EXPLICIT_LITTLE, [
      SOP_INSTANCE_UID,
      { tag: 0x00200010, vr: 'SH', value: '1' },
      { tag: 0x0020000e, vr: 'UI', value: '1.2' },
      { tag: 0x0020000d, vr: 'UI', value: '1.3' },
      { tag: 0x00280010, vr: 'US', value: [1] },
    ]);
    const { header } = read([late], { wholeHeader: false });
    expect(header.elements.map(({ tag }) => tag)).toEqual([0x00080018, 0x00200010, 0x0020000e, 0x0020000d]);
  });

  it('is the end of the Data Set when there are no pixels', () => {
    const { reader, header, body } = read([buildDataSet(EXPLICIT_LITTLE, ctElements())]);
    expect(reader.headerEnd).toBe(header.bytes.length);
    expect(body.length).toBe(0);
  });

  it.each([0x7fe00008, 0x7fe00009, 0x7fe00010])('is before %i', (tag) => {
    const { header } = read([buildDataSet(EXPLICIT_LITTLE, [SOP_INSTANCE_UID, { tag, vr: 'OW', value: [1, 2] }])]);
    expect(header.elements.length).toBe(1);
  });

  it('does not mistake the pixels of an icon for the image', () => {
    const icon: TestElement = {
      tag: 0x00880200,
      vr: 'SQ',
      value: { items: [{ elements: [{ tag: 0x7fe00010, vr: 'OW', value: [1, 2, 3] }] }] },
    };
    expect(read([syntheticCt({ extra: [icon] })]).header.elements.at(-1)?.tag).toBe(0x00880200);
  });

  it('shares the bytes of the only chunk instead of copying them', () => {
    const { header, reader } = read([bytes]);
    expect(header.bytes.buffer).toBe(bytes.buffer);
    expect(reader.bodyStart[0]?.buffer).toBe(bytes.buffer);
  });
});

describe('the limit of the header', () => {
  const document: TestElement = { tag: 0x00420011, vr: 'OB', value: new Uint8Array(5000) };
  const bytes = syntheticCt({ extra: [document] });

  it('is an error when the header would have to hold more', () => {
    expect(codeOf(() => read([bytes], { maxHeaderBytes: 4000 }))).toBe('header-too-long');
    expect(codeOf(() => read(piecesOf(bytes, 100), { maxHeaderBytes: 4000 }))).toBe('header-too-long');
  });

  it('is none when the header ends before the long value', () => {
    const { header } = read(piecesOf(bytes, 100), { maxHeaderBytes: 4000, wholeHeader: false });
    expect(header.elements.at(-1)?.tag).toBe(0x0020000e);
  });

  it('is one of elements too: a million empty ones are refused before they fill the memory', () => {
    const empty = Buffer.concat([
      buildDataSet(EXPLICIT_LITTLE, [SOP_INSTANCE_UID]),
      Buffer.alloc(8 << 20, header(EXPLICIT_LITTLE, 0x00100020, 'LO', 0)),
    ]);
    expect(codeOf(() => read(piecesOf(empty, 65536), { maxHeaderBytes: 1 << 30 }))).toBe('header-too-long');
    const meta = Buffer.alloc(8 << 20, header(EXPLICIT_LITTLE, 0x00020010, 'UI', 0));
    const alternating = Buffer.alloc(400_000, Buffer.concat([meta.subarray(0, 8), empty.subarray(-8)]));
    const bytes = Buffer.concat([buildDataSet(EXPLICIT_LITTLE, [SOP_INSTANCE_UID]), alternating]);
    expect(read([bytes]).header.elements.length).toBe(25_001);
    expect(codeOf(() => read([meta], { maxHeaderBytes: 1 << 30 }))).toBe('header-too-long');
  });

  it('holds what it got for a quarantine until the header is complete', () => {
    const reader = new DataSetReader({
      encoding: EXPLICIT_LITTLE,
      lastTag: 0x0020000e,
      wholeHeader: true,
      maxHeaderBytes: 1 << 20,
      required: REQUIRED,
    });
    const start = bytes.subarray(0, 500);
    for (const piece of piecesOf(start, 7)) reader.push(piece);
    expect(Buffer.concat(reader.held).equals(start)).toBe(true);
    reader.push(bytes.subarray(500));
    expect(reader.held).toEqual([]);
  });
});

describe('group 0002 inside a Data Set', () => {
  const meta = buildDataSet(EXPLICIT_LITTLE, [
    { tag: 0x00020000, vr: 'UL', value: [26] },
    { tag: 0x00020001, vr: 'OB', value: [0, 1] },
    { tag: 0x00020010, vr: 'UI', value: '1.2.3' },
  ]);

  it.each(ENCODINGS)('is stripped from %s at every split point', (_name, encoding) => {
    const dataSet = syntheticCt({ encoding, bytes: 20 });
    const clean = read([dataSet], { encoding });
    const bytes = Buffer.concat([meta, dataSet]);
    for (let at = 0; at < bytes.length; at += at < 200 ? 1 : 13) {
      const { reader, header, body } = read(cutAt(bytes, at), { encoding });
      expect(Buffer.compare(header.bytes, clean.header.bytes)).toBe(0);
      expect(header.elements).toEqual(clean.header.elements);
      expect(reader.headerEnd).toBe(clean.header.bytes.length + meta.length);
      expect(body.equals(clean.body)).toBe(true);
    }
  });

  it('is stripped in implicit VR too', () => {
    const implicit = buildDataSet(IMPLICIT_LITTLE, [{ tag: 0x00020010, vr: 'UI', value: '1.2.3' }]);
    const { header } = read([Buffer.concat([implicit, buildDataSet(IMPLICIT_LITTLE, [SOP_INSTANCE_UID])])], {
      encoding: IMPLICIT_LITTLE,
    });
    expect(header.elements.map(({ tag, start }) => [tag, start])).toEqual([[0x00080018, 0]]);
  });

  it('alone is no Data Set', () => {
    expect(codeOf(() => read([meta]))).toBe('not-a-data-set');
  });
});

describe('what is not a Data Set', () => {
  it.each(ENCODINGS)('is found at once in %s', (_name, encoding) => {
    expect(codeOf(() => read([], { encoding }))).toBe('not-a-data-set');
    expect(codeOf(() => read([new Uint8Array(0)], { encoding }))).toBe('not-a-data-set');
    expect(codeOf(() => read([new Uint8Array(32 << 20)], { encoding }))).toBe('not-a-data-set');
    expect(codeOf(() => read(piecesOf(new Uint8Array(100), 1), { encoding }))).toBe('not-a-data-set');
    expect(codeOf(() => read([Buffer.from('GET / HTTP/1.1\r\nHost: example\r\n\r\n')], { encoding }))).toBe(
      'not-a-data-set',
    );
  });

  it('is a Data Set in another transfer syntax', () => {
    expect(codeOf(() => read([syntheticCt({ encoding: EXPLICIT_LITTLE })], { encoding: IMPLICIT_LITTLE }))).toBe(
      'not-a-data-set',
    );
    expect(codeOf(() => read([syntheticCt({ encoding: IMPLICIT_LITTLE })]))).toBe('not-a-data-set');
    expect(codeOf(() => read([syntheticCt({ encoding: EXPLICIT_BIG })], { encoding: IMPLICIT_LITTLE }))).toBe(
      'not-a-data-set',
    );
  });

  it.each(ENCODINGS)('is an element of FFFFFFF0H bytes in %s', (_name, encoding) => {
    for (const length of [0xfffffff0, 0xfffffffe]) {
      const bytes = Buffer.concat([
        buildDataSet(encoding, [SOP_INSTANCE_UID]),
        header(encoding, 0x00420011, 'OB', length),
        new Uint8Array(1000),
      ]);
      expect(codeOf(() => read([bytes], { encoding }))).toBe('not-a-data-set');
    }
  });

  it.each(ENCODINGS)('is random bytes in %s', (_name, encoding) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), (bytes, size) => {
        expect(codeOf(() => read(piecesOf(bytes, size), { encoding }))).toBeDefined();
      }),
    );
  });
});

describe.each(ENCODINGS)('damaged Data Sets in %s', (_name, encoding) => {
  const uid = buildDataSet(encoding, [SOP_INSTANCE_UID]);

  function damaged(...rest: Uint8Array[]): string | undefined {
    const bytes = Buffer.concat([uid, ...rest]);
    const codes = new Set([1, 5, bytes.length].map((size) => codeOf(() => read(piecesOf(bytes, size), { encoding }))));
    expect(codes.size).toBe(1);
    return [...codes][0];
  }

  it('an element longer than what arrived', () => {
    expect(damaged(header(encoding, 0x00100010, 'PN', 60000), new Uint8Array(10))).toBe('truncated');
  });

  it('a sequence, an item, encapsulated pixels that are never closed', () => {
    const open = header(encoding, 0x00081140, 'SQ', 0xffffffff);
    const item = itemHeader(encoding, 0xe000, 0xffffffff);
    expect(damaged(open)).toBe('unclosed');
    expect(damaged(open, item)).toBe('unclosed');
    expect(damaged(open, item, uid)).toBe('unclosed');
    expect(damaged(open, item, itemHeader(encoding, 0xe00d, 0))).toBe('unclosed');
    const pixels = header(encoding, 0x7fe00010, 'OB', 0xffffffff);
    expect(damaged(pixels, itemHeader(encoding, 0xe000, 2), new Uint8Array(2))).toBe('unclosed');
  });

  it('a sequence of defined length that ends early', () => {
    expect(damaged(header(encoding, 0x00081140, 'SQ', 100), itemHeader(encoding, 0xe000, 0))).toBe('truncated');
  });

  it('an item longer than its sequence, an element longer than its item', () => {
    const sequence = header(encoding, 0x00081140, 'SQ', 40);
    expect(damaged(sequence, itemHeader(encoding, 0xe000, 100), new Uint8Array(200))).toBe('malformed');
    const item = itemHeader(encoding, 0xe000, 32);
    const element = header(encoding, 0x00080050, 'SH', 30);
    expect(damaged(sequence, item, element, new Uint8Array(200))).toBe('malformed');
    const open = itemHeader(encoding, 0xe000, 0xffffffff);
    expect(damaged(sequence, open, element, new Uint8Array(200))).toBe('malformed');
  });

  it('elements where items are due, items where elements are due', () => {
    expect(damaged(header(encoding, 0x00081140, 'SQ', 0xffffffff), uid)).toBe('malformed');
    expect(damaged(itemHeader(encoding, 0xe000, 0), uid)).toBe('malformed');
    expect(damaged(itemHeader(encoding, 0xe0dd, 0), uid)).toBe('malformed');
  });

  it('fragments of undefined length', () => {
    const pixels = header(encoding, 0x7fe00010, 'OB', 0xffffffff);
    expect(damaged(pixels, itemHeader(encoding, 0xe000, 0xffffffff))).toBe('malformed');
  });

  it('a group 0000 in the middle', () => {
    expect(damaged(header(encoding, 0x00000002, 'UI', 2), new Uint8Array(2))).toBe('malformed');
  });
});

describe('what real writers do', () => {
  const placeholder = (vr: string) => {
    const bytes = header(EXPLICIT_LITTLE, 0x00100010, 'PN', 4);
    bytes.write(vr, 4, 'latin1');
    return Buffer.concat([buildDataSet(EXPLICIT_LITTLE, [SOP_INSTANCE_UID]), bytes, Buffer.from('A^B ')]);
  };

  it.each(['??', '  ', '\0\0'])('%j in place of a VR has a 16-bit length', (vr) => {
    expect(read([placeholder(vr)]).header.elements.at(-1)).toMatchObject({ tag: 0x00100010, vr: 'PN' });
  });

  it('an unknown VR of two letters has a 32-bit length', () => {
    const bytes = header(EXPLICIT_LITTLE, 0x00100010, 'UT', 4);
    bytes.write('ZZ', 4, 'latin1');
    const { header: read0 } = read([
      Buffer.concat([buildDataSet(EXPLICIT_LITTLE, [SOP_INSTANCE_UID]), bytes, Buffer.from('A^B ')]),
    ]);
    expect(read0.elements.at(-1)).toMatchObject({ tag: 0x00100010, vr: 'UN' });
  });

  it('implicit elements inside the items of an explicit sequence', () => {
    const items = buildDataSet(IMPLICIT_LITTLE, [{ tag: 0x00081150, vr: 'UI', value: '1.2.3' }]);
    const bytes = Buffer.concat([
      buildDataSet(EXPLICIT_LITTLE, [SOP_INSTANCE_UID]),
      header(EXPLICIT_LITTLE, 0x00081140, 'SQ', items.length + 8),
      itemHeader(EXPLICIT_LITTLE, 0xe000, items.length),
      items,
    ]);
    expect(read([bytes]).header.elements.length).toBe(2);
  });

  it.each(ENCODINGS)('UN of undefined length is implicit little endian inside, in %s', (_name, encoding) => {
    const bytes = buildDataSet(encoding, [
      SOP_INSTANCE_UID,
      {
        tag: 0x00091002,
        vr: 'UN',
        undefinedLength: true,
        value: { items: [{ elements: [SOP_INSTANCE_UID] }, { undefinedLength: true, elements: [SOP_INSTANCE_UID] }] },
      },
      { tag: 0x00100020, vr: 'LO', value: '1' },
    ]);
    for (let at = 0; at < bytes.length; at++) {
      const { header } = read(cutAt(bytes, at), { encoding });
      expect(header.elements.map(({ tag }) => tag)).toEqual([0x00080018, 0x00091002, 0x00100020]);
    }
  });

  it('fragments that contain the bytes of a delimiter', () => {
    const fragment = Buffer.concat([itemHeader(EXPLICIT_LITTLE, 0xe0dd, 0), Buffer.from('xx')]);
    const bytes = buildDataSet(EXPLICIT_LITTLE, [
      SOP_INSTANCE_UID,
      { tag: 0x7fe00010, vr: 'OB', value: { fragments: [new Uint8Array(0), fragment, fragment] } },
      { tag: 0xfffcfffc, vr: 'OB', value: [0, 0] },
    ]);
    for (let at = 0; at < bytes.length; at++) expect(read(cutAt(bytes, at)).header.elements.length).toBe(1);
  });

  it('values of odd length, zeros behind the last element, group lengths', () => {
    const bytes = Buffer.concat([
      buildDataSet(EXPLICIT_LITTLE, [{ tag: 0x00080000, vr: 'UL', value: [0] }, SOP_INSTANCE_UID]),
      header(EXPLICIT_LITTLE, 0x00100020, 'LO', 3),
      Buffer.from('abc'),
    ]);
    for (const zeros of [0, 1, 7, 8, 12, 100]) {
      for (const size of [1, 1000]) {
        const { header } = read(piecesOf(Buffer.concat([bytes, new Uint8Array(zeros)]), size));
        expect(header.elements.length).toBe(3);
        expect(header.bytes.length).toBe(bytes.length + zeros);
      }
    }
  });

  it('a repeated item delimiter behind an item of defined length', () => {
    const bytes = Buffer.concat([
      buildDataSet(EXPLICIT_LITTLE, [SOP_INSTANCE_UID]),
      header(EXPLICIT_LITTLE, 0x00081140, 'SQ', 0xffffffff),
      itemHeader(EXPLICIT_LITTLE, 0xe000, 0),
      itemHeader(EXPLICIT_LITTLE, 0xe00d, 0),
      itemHeader(EXPLICIT_LITTLE, 0xe0dd, 0),
    ]);
    expect(read([bytes]).header.elements.length).toBe(2);
  });
});

describe('depth', () => {
  it.each([true, false])('64 nested sequences are read, 65 are not (undefined length: %s)', (undefinedLength) => {
    for (const [, encoding] of ENCODINGS) {
      const nested = (depth: number) =>
        Buffer.concat([buildDataSet(encoding, [SOP_INSTANCE_UID]), nestedSequences(encoding, depth, undefinedLength)]);
      expect(codeOf(() => read([nested(63)], { encoding }))).toBeUndefined();
      expect(codeOf(() => read([nested(64)], { encoding }))).toBeUndefined();
      expect(codeOf(() => read([nested(65)], { encoding }))).toBe('too-deep');
      expect(codeOf(() => read([nested(3000)], { encoding }))).toBe('too-deep');
    }
  });

  it('3,000 sequences beside each other do not count', () => {
    const many = new Array<Uint8Array>(3000).fill(nestedSequences(EXPLICIT_LITTLE, 2, true));
    const bytes = Buffer.concat([buildDataSet(EXPLICIT_LITTLE, [SOP_INSTANCE_UID]), ...many]);
    expect(read([bytes]).header.elements.length).toBe(3001);
  });
});

describe('any Data Set', () => {
  it('has the same elements however it is split and encoded', () => {
    fc.assert(
      fc.property(
        arbitraryDataSet(),
        fc.constantFrom(...ENCODINGS.map(([, encoding]) => encoding)),
        fc.integer({ min: 1, max: 40 }),
        (elements, encoding, size) => {
          const bytes = buildDataSet(encoding, elements);
          const { header } = read(piecesOf(bytes, size), { encoding });
          expect(header.elements.map(({ tag, vr }) => [tag, vr])).toEqual(elements.map(({ tag, vr }) => [tag, vr]));
          let at = 0;
          for (const element of header.elements) {
            expect(element.start).toBe(at);
            at = element.end;
          }
          expect(at).toBe(bytes.length);
        },
      ),
    );
  });
});
