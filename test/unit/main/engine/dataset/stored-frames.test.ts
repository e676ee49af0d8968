/** Frames of stored images: by place, by offset tables, by the fragments themselves. */
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memorySource, StoredFile } from '#main/engine/dataset/stored-file.ts';
import { FrameError, pixelLayoutOf, readFrame } from '#main/engine/dataset/stored-frames.ts';
import { buildDataSet, TEST_ENCODINGS, type TestElement, TRANSFER_SYNTAXES } from '../../../../support/data-sets.ts';
import { part10 } from '../../../../support/part10.ts';

interface Shape {
  readonly rows?: number;
  readonly columns?: number;
  readonly samples?: number;
  readonly bits?: number;
  readonly frames?: number;
  readonly interpretation?: string;
}

function imageElements(shape: Shape, pixels: TestElement, more: readonly TestElement[] = []): TestElement[] {
  return [
    { tag: 0x00080060, vr: 'CS', value: 'OT' },
    { tag: 0x00280002, vr: 'US', value: [shape.samples ?? 1] },
    { tag: 0x00280004, vr: 'CS', value: shape.interpretation ?? 'MONOCHROME2' },
    ...(shape.frames === undefined ? [] : [{ tag: 0x00280008, vr: 'IS', value: String(shape.frames) }]),
    { tag: 0x00280010, vr: 'US', value: [shape.rows ?? 2] },
    { tag: 0x00280011, vr: 'US', value: [shape.columns ?? 3] },
    { tag: 0x00280100, vr: 'US', value: [shape.bits ?? 8] },
    ...more,
    pixels,
  ];
}

const native = (value: Uint8Array, vr = 'OB'): TestElement => ({ tag: 0x7fe00010, vr, value });
const encapsulated = (...fragments: Uint8Array[]): TestElement => ({ tag: 0x7fe00010, vr: 'OB', value: { fragments } });

function frameOf(bytes: Uint8Array, frame: number): number[] {
  const file = new StoredFile(memorySource(bytes));
  return [...readFrame(file, pixelLayoutOf(file)!, frame)];
}

const counted = (length: number, from = 0) => Uint8Array.from({ length }, (_, index) => (from + index) & 0xff);
const little = (elements: readonly TestElement[]) =>
  part10(buildDataSet(TEST_ENCODINGS.explicitLittle, elements), TRANSFER_SYNTAXES.explicitLittle);
const big = (elements: readonly TestElement[]) =>
  part10(buildDataSet(TEST_ENCODINGS.explicitBig, elements), TRANSFER_SYNTAXES.explicitBig);
const jpeg = (elements: readonly TestElement[]) =>
  part10(buildDataSet(TEST_ENCODINGS.explicitLittle, elements), TRANSFER_SYNTAXES.jpegBaseline);

describe('native', () => {
  test.each<[string, Shape, number]>([
    ['8 bits', {}, 6],
    ['16 bits', { bits: 16 }, 12],
    ['colour', { samples: 3, interpretation: 'RGB' }, 18],
    ['4:2:2', { samples: 3, interpretation: 'YBR_FULL_422', columns: 4 }, 16],
  ])('%s: by their place', (_, shape, length) => {
    const bytes = little(imageElements({ ...shape, frames: 3 }, native(counted(length * 3))));
    for (const frame of [0, 1, 2]) expect(frameOf(bytes, frame)).toEqual([...counted(length, frame * length)]);
  });

  test('deflated', () => {
    const dataSet = buildDataSet(TEST_ENCODINGS.explicitLittle, imageElements({ frames: 2 }, native(counted(12))));
    expect(frameOf(part10(deflateRawSync(dataSet), TRANSFER_SYNTAXES.deflated), 1)).toEqual([...counted(6, 6)]);
  });

  test('big endian words are turned around, 8-bit pixels in OW too, across the ends of odd frames', () => {
    expect(frameOf(big(imageElements({ bits: 16, rows: 1, columns: 2 }, native(counted(4), 'OW'))), 0)).toEqual([
      1, 0, 3, 2,
    ]);
    expect(frameOf(big(imageElements({ bits: 32, rows: 1, columns: 1 }, native(counted(4), 'OW'))), 0)).toEqual([
      3, 2, 1, 0,
    ]);
    const shape = { rows: 1, columns: 3, frames: 2 };
    expect(frameOf(big(imageElements(shape, native(counted(6), 'OW'))), 0)).toEqual([1, 0, 3]);
    expect(frameOf(big(imageElements(shape, native(counted(6), 'OW'))), 1)).toEqual([2, 5, 4]);
    expect(frameOf(big(imageElements(shape, native(counted(6), 'OB'))), 1)).toEqual([3, 4, 5]);
    const ge = buildDataSet(
      TEST_ENCODINGS.implicitLittle,
      imageElements({ bits: 16, rows: 1, columns: 2 }, native(counted(4))),
    );
    expect(frameOf(part10(ge, '1.2.840.113619.5.2'), 0)).toEqual([1, 0, 3, 2]);
  });

  test('single bits begin at the first bit of a byte, wherever they lie', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.boolean()),
        (columns, frames, stream) => {
          const bits = Array.from({ length: columns * frames }, () => stream.next().value as boolean);
          const pack = (list: readonly boolean[], length: number) =>
            Uint8Array.from({ length }, (_, at) =>
              list.slice(at * 8, at * 8 + 8).reduce((byte, bit, index) => byte | (Number(bit) << index), 0),
            );
          const length = Math.ceil(bits.length / 16) * 2;
          const bytes = little(imageElements({ bits: 1, rows: 1, columns, frames }, native(pack(bits, length))));
          for (let frame = 0; frame < frames; frame++) {
            const own = bits.slice(frame * columns, (frame + 1) * columns);
            const read = frameOf(bytes, frame);
            const used = read.map((byte, at) =>
              at === read.length - 1 && columns % 8 ? byte & ((1 << (columns % 8)) - 1) : byte,
            );
            expect(used).toEqual([...pack(own, Math.ceil(columns / 8))]);
          }
        },
      ),
    );
  });

  test('a frame that is not there, or not whole, is an error in words', () => {
    const bytes = little(imageElements({ frames: 3 }, native(counted(14))));
    expect(frameOf(bytes, 1)).toHaveLength(6);
    expect(() => frameOf(bytes, 2)).toThrow(FrameError);
    expect(() => frameOf(bytes, 3)).toThrow(/has 3 frames/);
    expect(() => frameOf(bytes, -1)).toThrow(FrameError);
    expect(() => frameOf(bytes, Number.NaN)).toThrow(FrameError);
  });

  test('large images are not read as a whole', () => {
    const bytes = little(imageElements({ rows: 100, columns: 100, frames: 400 }, native(new Uint8Array(4_000_000))));
    let total = 0;
    const source = {
      size: bytes.length,
      read(position: number, length: number) {
        const piece = bytes.subarray(position, position + length);
        total += piece.length;
        return piece;
      },
    };
    const file = new StoredFile(source);
    readFrame(file, pixelLayoutOf(file)!, 399);
    expect(total).toBeLessThan(400_000);
  });
});

describe('encapsulated', () => {
  const NONE = new Uint8Array(0);
  const START = [0xff, 0xd8];
  const fragment = (...bytes: number[]) => Uint8Array.from(bytes);
  const table = (...offsets: number[]) => new Uint8Array(Uint32Array.from(offsets).buffer);

  test('one frame is all fragments, whatever the table says', () => {
    for (const offsets of [NONE, table(0), table(0, 999)]) {
      const bytes = jpeg(imageElements({}, encapsulated(offsets, fragment(1, 2), fragment(3, 4), fragment(5, 6))));
      expect(frameOf(bytes, 0)).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });

  test('as many fragments as frames', () => {
    const bytes = jpeg(imageElements({ frames: 2 }, encapsulated(NONE, fragment(1, 2), fragment(3, 4))));
    expect([frameOf(bytes, 0), frameOf(bytes, 1)]).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  const three = [fragment(1, 2), fragment(3, 4, 5, 6), fragment(7, 8)];

  test('by the basic offset table', () => {
    const bytes = jpeg(imageElements({ frames: 2 }, encapsulated(table(0, 22), ...three)));
    expect([frameOf(bytes, 0), frameOf(bytes, 1)]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [7, 8],
    ]);
  });

  test('by the extended offset table', () => {
    const offsets = new Uint8Array(BigUint64Array.from([0n, 10n]).buffer);
    const lengths = new Uint8Array(BigUint64Array.from([2n, 14n]).buffer);
    const more = [
      { tag: 0x7fe00001, vr: 'OV', value: offsets },
      { tag: 0x7fe00002, vr: 'OV', value: lengths },
    ];
    const bytes = jpeg(imageElements({ frames: 2 }, encapsulated(NONE, ...three), more));
    expect([frameOf(bytes, 0), frameOf(bytes, 1)]).toEqual([
      [1, 2],
      [3, 4, 5, 6, 7, 8],
    ]);
  });

  test.each([
    ['JPEG', START],
    ['JPEG 2000', [0xff, 0x4f, 0xff, 0x51]],
  ])('without a table by where a %s frame begins', (_, start) => {
    const fragments = [fragment(...start), fragment(1, 2), fragment(3, 4), fragment(...start), fragment(5, 6)];
    const bytes = jpeg(imageElements({ frames: 2 }, encapsulated(NONE, ...fragments)));
    expect([frameOf(bytes, 0), frameOf(bytes, 1)]).toEqual([
      [...start, 1, 2, 3, 4],
      [...start, 5, 6],
    ]);
  });

  test('a table that fits nothing is passed over', () => {
    const bytes = jpeg(
      imageElements({ frames: 2 }, encapsulated(table(0, 5), fragment(...START), fragment(1, 2), fragment(...START))),
    );
    expect(frameOf(bytes, 1)).toEqual(START);
  });

  test('where nothing tells, it is said', () => {
    const bytes = jpeg(imageElements({ frames: 2 }, encapsulated(NONE, ...three)));
    expect(() => frameOf(bytes, 0)).toThrow(/does not say which/);
  });

  test('a file that ends too early gives the frames that it has', () => {
    const whole = jpeg(
      imageElements({ frames: 3 }, encapsulated(NONE, fragment(1, 2), fragment(3, 4), fragment(5, 6))),
    );
    // Without the delimiter and the last fragment.
    const bytes = whole.subarray(0, whole.length - 18);
    expect(frameOf(bytes, 1)).toEqual([3, 4]);
    expect(() => frameOf(bytes, 2)).toThrow(/ends before frame 3/);
  });

  test('random fragments and tables: frames put together are the fragments, in order', () => {
    const lengths = fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(lengths, (frames) => {
        let next = 0;
        const fragments = frames.map((list) =>
          list.map((length) => {
            next += 1;
            return counted(length * 2, next);
          }),
        );
        let offset = 0;
        const offsets = fragments.map((list) => {
          const own = offset;
          offset += list.reduce((sum, { length }) => sum + 8 + length, 0);
          return own;
        });
        const bytes = jpeg(
          imageElements({ frames: frames.length }, encapsulated(table(...offsets), ...fragments.flat())),
        );
        for (const [index, list] of fragments.entries()) {
          expect(frameOf(bytes, index)).toEqual(list.flatMap((piece) => [...piece]));
        }
      }),
    );
  });
});

test('no pixels, no layout', () => {
  const file = new StoredFile(
    memorySource(buildDataSet(TEST_ENCODINGS.explicitLittle, [{ tag: 0x00080060, vr: 'CS', value: 'SR' }])),
  );
  expect(pixelLayoutOf(file)).toBeUndefined();
});
