/** Stored instances: opened from bytes in every encoding, with and without file meta, whole and broken. */
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { type ByteSource, memorySource, StoredFile } from '#main/engine/dataset/stored-file.ts';
import {
  buildDataSet,
  CT_UIDS,
  syntheticCt,
  TEST_ENCODINGS,
  type TestElement,
  TRANSFER_SYNTAXES,
} from '../../../../support/data-sets.ts';
import { part10 } from '../../../../support/part10.ts';

const { explicitLittle, implicitLittle, explicitBig } = TEST_ENCODINGS;

const open = (bytes: Uint8Array, options?: { headerOnly: boolean }) => new StoredFile(memorySource(bytes), options);

/** Counts what is read of it. */
function counting(bytes: Uint8Array): ByteSource & { total: number } {
  return {
    size: bytes.length,
    total: 0,
    read(position, length) {
      const piece = bytes.subarray(position, position + length);
      this.total += piece.length;
      return piece;
    },
  };
}

const PIXELS = 0x7fe00010;

describe.each([
  ['implicitLittle', implicitLittle],
  ['explicitLittle', explicitLittle],
  ['explicitBig', explicitBig],
] as const)('%s', (name, encoding) => {
  const dataSet = syntheticCt({ encoding, bytes: 4096, extra: [{ tag: 0x00281101, vr: 'SS', value: [-5, 0, 16] }] });

  test.each([
    ['with file meta', part10(dataSet, TRANSFER_SYNTAXES[name], CT_UIDS), false],
    ['bare', dataSet, true],
    ['with file meta that names no transfer syntax', part10(dataSet, '', CT_UIDS), true],
    ['with file meta but no preamble', part10(dataSet, TRANSFER_SYNTAXES[name], CT_UIDS).subarray(132), false],
  ])('%s', (_, bytes, inferred) => {
    const file = open(bytes);
    expect(file.transferSyntaxUid).toBe(TRANSFER_SYNTAXES[name]);
    expect(file.inferred).toBe(inferred);
    expect(file.problem).toBeUndefined();
    expect(file.dataSetSize).toBe(dataSet.length);
    expect(file.text(0x00100010)).toBe('Müller^Hans');
    expect(file.text(0x00280010)).toBe('512');
    // US or SS: the Pixel Representation of this one says SS.
    expect(file.text(0x00281101)).toBe('-5\\0\\16');
    expect(file.text(0x00280120)).toBe('-2000');
    expect(file.text(0x00091001)).toBe('private text');
    expect(file.element(0x00091001)?.creator).toBe('STUDYPORT TEST');
    expect(file.element(0x00100010)?.creator).toBeUndefined();
    const items = file.element(0x00081140)!.items()!;
    expect(items.map(([, uid]) => uid!.text().text)).toEqual(['1.2.3.1', '1.2.3.2']);
    // The character set of the outermost level holds inside, too.
    expect(file.element(0x00400275)!.items()![0]![0]!.text().text).toBe('Röntgen');
    expect(file.element(0x00081140)).toMatchObject({ length: -1, vr: 'SQ' });
    expect(file.element(PIXELS)).toMatchObject({ length: 4096, binary: true });
    expect([...file.element(PIXELS)!.bytes(4)]).toEqual([0, 7, 14, 21]);
  });
});

test('deflated, with the NUL behind it, and bare', () => {
  const deflated = deflateRawSync(syntheticCt());
  const padded = Buffer.concat([deflated, Buffer.alloc(1)]);
  for (const [bytes, inferred] of [
    [part10(padded, TRANSFER_SYNTAXES.deflated), false],
    [padded, true],
  ] as const) {
    const file = open(bytes);
    expect(file).toMatchObject({ transferSyntaxUid: TRANSFER_SYNTAXES.deflated, inferred, dataSetSize: padded.length });
    expect(file.text(0x00100020)).toBe('PAT-0001');
  }
  const broken = open(part10(deflated.subarray(0, deflated.length / 2), TRANSFER_SYNTAXES.deflated));
  expect(broken.text(0x00080060)).toBe('CT');
  expect(broken.problem).toBeInstanceOf(DataSetError);
});

test('file meta that lies: the bytes are believed', () => {
  const file = open(part10(syntheticCt({ encoding: explicitBig }), TRANSFER_SYNTAXES.deflated));
  expect(file).toMatchObject({ transferSyntaxUid: TRANSFER_SYNTAXES.explicitBig, inferred: true });
  expect(file.text(0x00280010)).toBe('512');
});

test('group 0002 is listed apart', () => {
  const file = open(part10(syntheticCt(), TRANSFER_SYNTAXES.explicitLittle, CT_UIDS));
  expect(file.metaElements.map(({ tag }) => tag)).toEqual([0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010]);
  expect(file.metaElements.at(-1)!.text().text).toBe(TRANSFER_SYNTAXES.explicitLittle);
  expect(open(syntheticCt()).metaElements).toEqual([]);
});

test('elements behind the pixels are there; long values are not read until they are asked for', () => {
  const elements: TestElement[] = [
    { tag: 0x00080060, vr: 'CS', value: 'MR' },
    { tag: 0x00091000, vr: 'OB', value: new Uint8Array(3_000_000) },
    { tag: PIXELS, vr: 'OW', value: new Uint8Array(5_000_000) },
    { tag: 0xfffcfffc, vr: 'OB', value: new Uint8Array(10) },
  ];
  const source = counting(part10(buildDataSet(explicitLittle, elements), TRANSFER_SYNTAXES.explicitLittle));
  const file = new StoredFile(source);
  expect(file.elements.map(({ tag }) => tag)).toEqual(elements.map(({ tag }) => tag));
  expect(source.total).toBeLessThan(300_000);
  expect(file.element(0x00091000)!.bytes().length).toBe(3_000_000);
});

test('only the header: nothing behind the pixels is read', () => {
  const fragments = Array.from({ length: 500 }, () => new Uint8Array(20_000));
  const elements: TestElement[] = [
    { tag: 0x00080060, vr: 'CS', value: 'US' },
    { tag: PIXELS, vr: 'OB', value: { fragments } },
  ];
  const source = counting(part10(buildDataSet(explicitLittle, elements), TRANSFER_SYNTAXES.jpegBaseline));
  const file = new StoredFile(source, { headerOnly: true });
  expect(file).toMatchObject({ transferSyntaxUid: TRANSFER_SYNTAXES.jpegBaseline, problem: undefined });
  expect(file.text(0x00080060)).toBe('US');
  expect(source.total).toBeLessThan(300_000);
});

test('a truncated file shows what is there', () => {
  const bytes = part10(syntheticCt({ bytes: 4096 }), TRANSFER_SYNTAXES.explicitLittle);
  const file = open(bytes.subarray(0, bytes.length - 1000));
  expect(file.problem).toMatchObject({ code: 'truncated' });
  expect(file.element(PIXELS)).toMatchObject({ size: 3096 });
  expect(file.text(0x00100020)).toBe('PAT-0001');
});

test('known attributes in UN are read as what they are', () => {
  const inner = buildDataSet(implicitLittle, [{ tag: 0x00080100, vr: 'SH', value: 'CODE' }]);
  const item = Buffer.concat([Buffer.from([0xfe, 0xff, 0x00, 0xe0, inner.length, 0, 0, 0]), inner]);
  const file = open(
    part10(
      buildDataSet(explicitBig, [
        { tag: 0x00080060, vr: 'UN', value: new Uint8Array(Buffer.from('CT')) },
        { tag: 0x00081032, vr: 'UN', value: new Uint8Array(item) },
        { tag: 0x00280010, vr: 'UN', value: Uint8Array.of(0, 2) },
        {
          tag: 0x00291000,
          vr: 'UN',
          undefinedLength: true,
          value: { items: [{ elements: [{ tag: 0x00080100, vr: 'SH', value: 'IN' }] }] },
        },
        { tag: 0x00291001, vr: 'UN', value: Uint8Array.of(1, 2, 3, 4) },
      ]),
      TRANSFER_SYNTAXES.explicitBig,
    ),
  );
  expect(file.text(0x00080060)).toBe('CT');
  expect(file.text(0x00280010)).toBe('512');
  expect(file.element(0x00081032)!.items()![0]![0]!.text().text).toBe('CODE');
  expect(file.element(0x00291000)!.items()![0]![0]!.text().text).toBe('IN');
  expect(file.element(0x00291001)!.items()).toBeUndefined();
  expect(file.element(0x00291001)!.text().text).toBe('');
});

test('a sequence that cannot be taken apart is bytes', () => {
  const file = open(
    buildDataSet(
      explicitLittle,
      [
        { tag: 0x00080060, vr: 'CS', value: 'CT' },
        { tag: 0x00091000, vr: 'UN', value: new Uint8Array(8).fill(0xff) },
        { tag: 0x00081140, vr: 'UN', value: new Uint8Array(8).fill(0xff) },
      ].sort((a, b) => a.tag - b.tag),
    ),
  );
  expect(file.element(0x00081140)).toMatchObject({ size: 8 });
  expect(file.element(0x00081140)!.items()).toBeUndefined();
});

test('long texts are cut between characters', () => {
  const file = open(
    buildDataSet(explicitLittle, [
      { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 192' },
      { tag: 0x00104000, vr: 'LT', value: new Uint8Array(Buffer.from(`ab${'😀'.repeat(600)}`)) },
      { tag: 0x00281101, vr: 'US', value: [1, 2, 3] },
    ]),
  );
  expect(file.element(0x00104000)!.text(5)).toEqual({ text: 'ab😀', cut: true });
  expect(file.element(0x00104000)!.text(6)).toEqual({ text: 'ab😀😀', cut: true });
  expect(file.element(0x00104000)!.text(1000)).toMatchObject({ cut: true });
  expect(file.element(0x00104000)!.text(2000)).toEqual({ text: `ab${'😀'.repeat(600)}`, cut: false });
  expect(file.element(0x00281101)!.text()).toEqual({ text: '1\\2\\3', cut: false });
});

test('an item may have a character set of its own', () => {
  const file = open(
    buildDataSet(explicitLittle, [
      { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' },
      {
        tag: 0x00081140,
        vr: 'SQ',
        value: {
          items: [
            { elements: [{ tag: 0x00100010, vr: 'PN', value: 'M\xfcller' }] },
            {
              elements: [
                { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 192' },
                { tag: 0x00100010, vr: 'PN', value: new Uint8Array(Buffer.from('山田  ')) },
              ],
            },
          ],
        },
      },
    ]),
  );
  expect(
    file
      .element(0x00081140)!
      .items()!
      .map((item) => item.at(-1)!.text().text),
  ).toEqual(['Müller', '山田']);
});

test.each([
  ['nothing', new Uint8Array(0)],
  ['text', Buffer.from('These are words, and words make no Data Set.')],
  ['zeros', new Uint8Array(5000)],
  ['file meta and nothing else', part10(new Uint8Array(0), TRANSFER_SYNTAXES.explicitLittle)],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452000001000000010008060000005c72a866', 'hex')],
])('%s is no instance', (_, bytes) => {
  expect(() => open(bytes)).toThrow(DataSetError);
});

test('whatever bytes there are: an instance or a DataSetError, and every element can be read', () => {
  const valid = part10(syntheticCt({ bytes: 64 }), TRANSFER_SYNTAXES.explicitLittle);
  const damaged = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 }).map((changes) => {
    const bytes = Uint8Array.from(valid);
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 400 })), fc.boolean(), (bytes, headerOnly) => {
      let file: StoredFile;
      try {
        file = open(bytes, { headerOnly });
      } catch (error) {
        expect(error).toBeInstanceOf(DataSetError);
        return;
      }
      const visit = (elements: StoredFile['elements']): void => {
        for (const element of elements) {
          expect(element.text(10).text.length).toBeLessThanOrEqual(10);
          expect(element.bytes().length).toBeLessThanOrEqual(element.size);
          for (const item of element.items() ?? []) visit(item);
        }
      };
      visit(file.elements);
    }),
    { numRuns: 500 },
  );
});
