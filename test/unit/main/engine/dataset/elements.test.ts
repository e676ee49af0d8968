import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { encodeElementHeader } from '#main/engine/dataset/element-header.ts';
import { findElement, itemsOf, parseElements, valueBytes, vrWithin } from '#main/engine/dataset/elements.ts';
import { EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE } from '#main/engine/dataset/transfer-syntax.ts';
import { buildDataSet, header, nestedSequences, syntheticCt, type TestElement } from '../../../../support/data-sets.ts';

const ENCODINGS = [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG];
const PLAIN: TestElement = { tag: 0x00081150, vr: 'UI', value: '1.2' };

describe('parseElements', () => {
  it('gives positions in the bytes it was given, also from their middle', () => {
    for (const encoding of ENCODINGS) {
      const bytes = syntheticCt({ encoding, bytes: 10 });
      const around = Buffer.concat([Buffer.alloc(5), bytes, Buffer.alloc(9)]);
      const inner = parseElements(around, encoding, 5, 5 + bytes.length);
      expect(inner.map(({ start }) => start - 5)).toEqual(parseElements(bytes, encoding).map(({ start }) => start));
      const name = findElement(inner, 0x00100010)!;
      expect(Buffer.from(valueBytes(around, name)).toString('latin1')).toBe('M\xfcller^Hans ');
    }
  });

  it('takes VRs of the dictionary where there are none, signed ones by the Pixel Representation', () => {
    for (const [representation, vr] of [
      [0, 'US'],
      [1, 'SS'],
    ] as const) {
      const bytes = buildDataSet(IMPLICIT_LITTLE, [
        { tag: 0x00280103, vr: 'US', value: [representation] },
        { tag: 0x00280106, vr: 'US', value: [0] },
        { tag: 0x00280010, vr: 'US', value: [1] },
      ]);
      const elements = parseElements(bytes, IMPLICIT_LITTLE);
      expect(elements.map((element) => element.vr)).toEqual(['US', vr, 'US']);
      expect(vrWithin({ bytes, elements }, 0x00280120)).toBe(vr);
      expect(vrWithin({ bytes, elements }, 0x00280011)).toBe('US');
    }
    const bytes = buildDataSet(IMPLICIT_LITTLE, [
      { tag: 0x00091001, vr: 'LO', value: 'x' },
      { tag: 0x00280000, vr: 'UL', value: [0] },
    ]);
    expect(parseElements(bytes, IMPLICIT_LITTLE).map(({ vr }) => vr)).toEqual(['UN', 'UL']);
  });

  it('gives nothing but elements or a typed error for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...ENCODINGS), (bytes, encoding) => {
        try {
          for (const element of parseElements(bytes, encoding)) itemsOf(bytes, element, encoding);
        } catch (error) {
          expect(error).toBeInstanceOf(DataSetError);
        }
      }),
    );
  });

  it('does not follow sequences without end', () => {
    for (const encoding of ENCODINGS) {
      for (const undefinedLength of [true, false]) {
        expect(() => parseElements(nestedSequences(encoding, 3000, undefinedLength), encoding)).toThrow(DataSetError);
      }
    }
  });
});

describe('itemsOf', () => {
  it.each([true, false])('gives the items and their contents (undefined length: %s)', (undefinedLength) => {
    for (const encoding of ENCODINGS) {
      for (const vr of ['SQ', 'UN']) {
        if (vr === 'UN' && !undefinedLength) continue;
        const items = [{ elements: [PLAIN] }, { undefinedLength: true, elements: [PLAIN, PLAIN] }, { elements: [] }];
        const bytes = buildDataSet(encoding, [{ tag: 0x00081140, vr, undefinedLength, value: { items } }]);
        const [sequence] = parseElements(bytes, encoding);
        const inner = vr === 'UN' && encoding.explicitVr ? IMPLICIT_LITTLE : encoding;
        const found = itemsOf(bytes, sequence!, encoding);
        expect(found.map((item) => item.undefinedLength)).toEqual([false, true, false]);
        expect(found.map((item) => parseElements(bytes, inner, item.valueStart, item.valueEnd).length)).toEqual([
          1, 2, 0,
        ]);
        expect(found[1]!.start).toBe(found[0]!.end);
        expect(found[1]!.end - found[1]!.valueEnd).toBe(8);
      }
    }
  });

  it('gives the fragments of encapsulated pixels', () => {
    const fragments = [new Uint8Array(0), Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5, 6)];
    const bytes = buildDataSet(EXPLICIT_LITTLE, [{ tag: 0x7fe00010, vr: 'OB', value: { fragments } }]);
    const [pixels] = parseElements(bytes, EXPLICIT_LITTLE);
    const found = itemsOf(bytes, pixels!, EXPLICIT_LITTLE);
    expect(found.map((item) => [...valueBytes(bytes, item)])).toEqual(fragments.map((fragment) => [...fragment]));
  });
});

describe('encodeElementHeader', () => {
  it('writes what the tests write, in every encoding', () => {
    for (const encoding of ENCODINGS) {
      for (const vr of ['UI', 'OB', 'UT', 'US'] as const) {
        expect(Buffer.from(encodeElementHeader(0x00081150, vr, 258, encoding))).toEqual(
          header(encoding, 0x00081150, vr, 258),
        );
      }
    }
  });

  it('turns a value that is too long for its VR into UN', () => {
    const bytes = encodeElementHeader(0x00100010, 'PN', 0x10000, EXPLICIT_LITTLE);
    expect(Buffer.from(bytes)).toEqual(header(EXPLICIT_LITTLE, 0x00100010, 'UN', 0x10000));
    expect(encodeElementHeader(0x00100010, 'PN', 0xfffe, EXPLICIT_LITTLE).length).toBe(8);
  });
});
