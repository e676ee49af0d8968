/** What streams past behind the header: elements that go, regions that are blanked, over every split of the bytes. */
import { describe, expect, test } from 'vitest';
import { BodyEditor } from '#main/engine/dataset/body-editor.ts';
import { encodingOf } from '#main/engine/dataset/transfer-syntax.ts';
import { buildDataSet, TEST_ENCODINGS, type TestElement, TRANSFER_SYNTAXES } from '../../../../support/data-sets.ts';

const PIXELS: TestElement = {
  tag: 0x7fe00010,
  vr: 'OB',
  value: Uint8Array.from({ length: 24 }, (_, index) => index + 1),
};
const FRAGMENTS: TestElement = {
  tag: 0x7fe00010,
  vr: 'OB',
  value: { fragments: [new Uint8Array(0), Uint8Array.from([1, 2, 3, 4]), Uint8Array.from([5, 6])] },
};
const SIGNATURES: TestElement = {
  tag: 0xfffafffa,
  vr: 'SQ',
  value: { items: [{ elements: [{ tag: 0x04000100, vr: 'UI', value: '1.2.3' }], undefinedLength: true }] },
  undefinedLength: true,
};
const PADDING: TestElement = { tag: 0xfffcfffc, vr: 'OB', value: new Uint8Array(10) };
const PRIVATE: TestElement = { tag: 0x7fe11001, vr: 'LO', value: 'MARKER' };

function edited(
  uid: string,
  bytes: Uint8Array,
  keeps: (tag: number) => boolean,
  split: number,
  blank?: never | object,
) {
  const editor = new BodyEditor(encodingOf(uid), keeps, blank as never);
  return Buffer.concat([bytes.subarray(0, split), bytes.subarray(split)].flatMap((piece) => editor.push(piece)));
}

describe.each(Object.entries(TEST_ENCODINGS))('%s', (name, encoding) => {
  const uid = TRANSFER_SYNTAXES[name as keyof typeof TRANSFER_SYNTAXES];
  const build = (...elements: TestElement[]) => buildDataSet(encoding, elements);

  test('what stays is the same bytes, what goes leaves nothing, wherever the bytes are split', () => {
    const whole = build(PIXELS, PRIVATE, SIGNATURES, PADDING);
    for (let split = 0; split <= whole.length; split++) {
      expect(edited(uid, whole, () => true, split)).toEqual(whole);
      expect(edited(uid, whole, () => false, split)).toEqual(build(PIXELS));
      expect(edited(uid, whole, (tag) => tag === PRIVATE.tag, split)).toEqual(build(PIXELS, PRIVATE));
      expect(edited(uid, whole, (tag) => tag === SIGNATURES.tag, split)).toEqual(build(PIXELS, SIGNATURES));
    }
  });

  test('zeros behind the last element, and whatever hides behind them, go', () => {
    const whole = Buffer.concat([build(PIXELS), Buffer.alloc(16), Buffer.from('MARKER')]);
    for (let split = 0; split <= whole.length; split++) {
      expect(edited(uid, whole, () => true, split)).toEqual(build(PIXELS));
    }
  });

  test('regions are blanked in every frame, and nothing else', () => {
    const whole = build(PIXELS, PADDING);
    const fill = Uint8Array.of(0xee, 0xff);
    const blank = { frameLength: 8, frames: 3, ranges: [{ start: 2, end: 6, fill }] };
    const pixels = Uint8Array.from({ length: 24 }, (_, index) => {
      const at = index % 8;
      return at >= 2 && at < 6 ? fill[at % 2]! : index + 1;
    });
    const expected = build({ ...PIXELS, value: pixels }, PADDING);
    for (let split = 0; split <= whole.length; split++) {
      const before = Buffer.from(whole);
      expect(edited(uid, whole, () => true, split, blank)).toEqual(expected);
      // The memory of a fragment is not ours.
      expect(whole).toEqual(before);
    }
  });
});

test('fragments stay, what is behind them goes', () => {
  const uid = TRANSFER_SYNTAXES.jpegBaseline;
  const whole = buildDataSet(TEST_ENCODINGS.explicitLittle, [FRAGMENTS, SIGNATURES, PADDING]);
  for (let split = 0; split <= whole.length; split++) {
    expect(edited(uid, whole, () => false, split)).toEqual(buildDataSet(TEST_ENCODINGS.explicitLittle, [FRAGMENTS]));
  }
});

test('one byte at a time', () => {
  const whole = buildDataSet(TEST_ENCODINGS.explicitLittle, [PIXELS, PRIVATE, SIGNATURES, PADDING]);
  const editor = new BodyEditor(encodingOf(TRANSFER_SYNTAXES.explicitLittle), (tag) => tag === PADDING.tag);
  const output = Buffer.concat([...whole].flatMap((byte) => editor.push(Uint8Array.of(byte))));
  expect(output).toEqual(buildDataSet(TEST_ENCODINGS.explicitLittle, [PIXELS, PADDING]));
});
