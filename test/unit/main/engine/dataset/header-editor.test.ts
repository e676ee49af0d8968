import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charsetOf } from '#main/engine/dataset/charset.ts';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import {
  type ElementList,
  type ElementRef,
  encodingInside,
  findElement,
  itemsOf,
  parseElements,
  valueBytes,
} from '#main/engine/dataset/elements.ts';
import { type Edit, EditError, editHeader } from '#main/engine/dataset/header-editor.ts';
import { type Encoding, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE } from '#main/engine/dataset/transfer-syntax.ts';
import { decodeValue } from '#main/engine/dataset/values.ts';
import {
  arbitraryDataSet,
  buildDataSet,
  ctElements,
  header as elementHeader,
  itemHeader,
  type TestElement,
} from '../../../../support/data-sets.ts';

const ENCODINGS: readonly (readonly [string, Encoding])[] = [
  ['implicit little endian', IMPLICIT_LITTLE],
  ['explicit little endian', EXPLICIT_LITTLE],
  ['explicit big endian', EXPLICIT_BIG],
];
const UTF8 = charsetOf(['ISO_IR 192']);

function headerOf(elements: readonly TestElement[], encoding: Encoding) {
  const bytes = buildDataSet(encoding, elements);
  return { bytes, elements: parseElements(bytes, encoding) };
}

function textOf(header: ReturnType<typeof headerOf>, tag: number, encoding: Encoding, charset = UTF8) {
  const element = findElement(header.elements, tag);
  return element && decodeValue(element.vr, valueBytes(header.bytes, element), { ...encoding, charset });
}

function bytesOf({ bytes }: ElementList, { start, end }: ElementRef): Buffer {
  return Buffer.from(bytes.subarray(start, end));
}

function failure(action: () => unknown): Pick<EditError, 'code' | 'tag'> | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    return { code: error.code, tag: error.tag };
  }
}

describe.each(ENCODINGS)('editing a CT header in %s', (_name, encoding) => {
  const header = headerOf(ctElements(), encoding);
  const edit = (...edits: Edit[]) => editHeader(header, encoding, edits);

  it('replaces, empties, deletes and adds; leaves the rest byte for byte', () => {
    const edited = edit(
      { tag: 0x00100010, value: 'ANON' },
      { tag: 0x00100020, value: '' },
      { tag: 0x00100030, value: null },
      { tag: 0x00104000, value: 'a comment' },
      { tag: 0x00280010, value: '256' },
      { tag: 0x00080008, value: 'DERIVED\\SECONDARY' },
    );
    expect(textOf(edited, 0x00100010, encoding)).toBe('ANON');
    expect(textOf(edited, 0x00100020, encoding)).toBe('');
    expect(findElement(edited.elements, 0x00100030)).toBeUndefined();
    expect(textOf(edited, 0x00104000, encoding)).toBe('a comment');
    expect(textOf(edited, 0x00280010, encoding)).toBe('256');
    expect(textOf(edited, 0x00080008, encoding)).toBe('DERIVED\\SECONDARY');
    expect(edited.elements.map(({ tag }) => tag)).toEqual(
      [...header.elements.map(({ tag }) => tag).filter((tag) => tag !== 0x00100030), 0x00104000].sort((a, b) => a - b),
    );
    const touched = new Set([0x00100010, 0x00100020, 0x00104000, 0x00280010, 0x00080008]);
    for (const element of edited.elements) {
      if (touched.has(element.tag)) continue;
      const before = findElement(header.elements, element.tag)!;
      expect(bytesOf(edited, element)).toEqual(bytesOf(header, before));
    }
  });

  it('gives the same header back when nothing changes', () => {
    expect(edit()).toBe(header);
    expect(edit({ tag: 0x00104000, value: null })).toBe(header);
    expect(edit({ tag: 0x00080005, value: 'ISO_IR 100' })).toBe(header);
  });

  it('lets the last edit of a tag win', () => {
    expect(textOf(edit({ tag: 0x00100020, value: 'A' }, { tag: 0x00100020, value: 'B' }), 0x00100020, encoding)).toBe(
      'B',
    );
  });

  it('adds at the very beginning and end', () => {
    const edited = edit({ tag: 0x00041130, value: 'FIRST' }, { tag: 0x40081040, value: 'L'.repeat(64) });
    expect(edited.elements[0]!.tag).toBe(0x00041130);
    expect(edited.elements.at(-1)!.tag).toBe(0x40081040);
  });

  it('empties and deletes sequences, but puts no text in them', () => {
    const edited = edit({ tag: 0x00081140, value: '' }, { tag: 0x00400275, value: null });
    const sequence = findElement(edited.elements, 0x00081140)!;
    expect([sequence.valueEnd - sequence.valueStart, sequence.undefinedLength]).toEqual([0, false]);
    expect(findElement(edited.elements, 0x00400275)).toBeUndefined();
    const error = { code: 'sequence', tag: 0x00081140 };
    expect(failure(() => edit({ tag: 0x00081140, value: 'text' }))).toEqual(error);
    expect(failure(() => edit({ tag: 0x00081111, value: 'text' }))).toEqual({ ...error, tag: 0x00081111 });
  });

  it('refuses what cannot be edited', () => {
    const code = (change: Edit) => failure(() => edit(change))?.code;
    expect(code({ tag: 0x00100000, value: '1' })).toBe('not-editable');
    expect(code({ tag: 0x00020010, value: '1.2' })).toBe('not-editable');
    expect(code({ tag: 0x00000002, value: null })).toBe('not-editable');
    expect(code({ tag: 0xfffee000, value: null })).toBe('not-editable');
    expect(code({ tag: 0x7fe00010, value: null })).toBe('behind-header');
    expect(code({ tag: 0xfffcfffc, value: null })).toBe('behind-header');
    expect(code({ tag: 0x00080005, value: null })).toBe('not-editable');
    expect(code({ tag: 0x00080005, value: 'ISO_IR 144' })).toBe('not-editable');
    expect(code({ tag: 0x00280010, value: 'many' })).toBe('value');
    expect(code({ tag: 0x00100020, value: 'x'.repeat(65) })).toBe('value');
  });

  it('names the attribute in an error, never the value', () => {
    expect(() => edit({ tag: 0x00280010, value: 'secret' })).toThrow(/^Rows \(0028,0010\): (?!.*secret)/);
  });

  it('writes in the character set of the Data Set as long as that will do', () => {
    const edited = edit({ tag: 0x00100010, value: 'Jörg^Ünal' });
    expect(textOf(edited, 0x00080005, encoding)).toBe('ISO_IR 100');
    expect(textOf(edited, 0x00100010, encoding, charsetOf(['ISO_IR 100']))).toBe('Jörg^Ünal');
  });

  it('turns the whole header to ISO_IR 192 when it will not', () => {
    const edited = edit({ tag: 0x00100020, value: '患者' });
    expect(textOf(edited, 0x00080005, encoding)).toBe('ISO_IR 192');
    expect(textOf(edited, 0x00100020, encoding)).toBe('患者');
    expect(textOf(edited, 0x00100010, encoding)).toBe('Müller^Hans');
    const sequence = findElement(edited.elements, 0x00400275)!;
    const [item] = itemsOf(edited.bytes, sequence, encoding);
    const inner = parseElements(edited.bytes, encoding, item!.valueStart, item!.valueEnd);
    expect(textOf({ bytes: edited.bytes, elements: inner }, 0x00400007, encoding)).toBe('Röntgen');
    const unchanged = [0x00081140, 0x00091001, 0x00280120];
    for (const tag of unchanged) {
      const [before, after] = [findElement(header.elements, tag)!, findElement(edited.elements, tag)!];
      expect(bytesOf(edited, after)).toEqual(bytesOf(header, before));
    }
  });

  it('does so too when asked for ISO_IR 192, or when there was no character set', () => {
    expect(textOf(edit({ tag: 0x00080005, value: 'ISO_IR 192' }), 0x00100010, encoding)).toBe('Müller^Hans');
    const plain = headerOf([{ tag: 0x00100010, vr: 'PN', value: 'A^B' }], encoding);
    const edited = editHeader(plain, encoding, [{ tag: 0x00100020, value: 'é' }]);
    expect(edited.elements.map(({ tag }) => tag)).toEqual([0x00080005, 0x00100010, 0x00100020]);
  });

  it('corrects group lengths of touched groups only, and drops what cannot be corrected', () => {
    const [a, b] = [
      { tag: 0x00080050, vr: 'SH', value: 'ACC' },
      { tag: 0x00100010, vr: 'PN', value: 'A^B' },
    ];
    const grouped = headerOf(
      [
        { tag: 0x00080000, vr: 'UL', value: [4711] },
        { tag: 0x00080001, vr: 'UL', value: [4711] },
        a!,
        { tag: 0x00100000, vr: 'UL', value: [4711] },
        b!,
        { tag: 0x00180000, vr: 'UL', value: [] },
        { tag: 0x00180050, vr: 'DS', value: '1' },
      ],
      encoding,
    );
    const edited = editHeader(grouped, encoding, [
      { tag: 0x00100010, value: 'ANONYMOUS' },
      { tag: 0x00100020, value: '1' },
      { tag: 0x00180050, value: '2' },
    ]);
    expect(findElement(edited.elements, 0x00180000)).toBeUndefined();
    const sum = edited.elements
      .filter(({ tag }) => tag > 0x00100000 && tag < 0x00110000)
      .reduce((total, { start, end }) => total + end - start, 0);
    expect(textOf(edited, 0x00100000, encoding)).toBe(String(sum));
    // Group 0008 lost its retired Length to End.
    expect(findElement(edited.elements, 0x00080001)).toBeUndefined();
    expect(textOf(edited, 0x00080000, encoding)).toBe(String(findElement(edited.elements, 0x00080050)!.end - 12));
  });

  it('keeps the order of elements that are out of order', () => {
    const mixed = headerOf(
      [
        { tag: 0x00100020, vr: 'LO', value: '1' },
        { tag: 0x00080050, vr: 'SH', value: '2' },
        { tag: 0x00180050, vr: 'DS', value: '3' },
      ],
      encoding,
    );
    const edited = editHeader(mixed, encoding, [
      { tag: 0x00080060, value: 'CT' },
      { tag: 0x00100020, value: '9' },
    ]);
    expect(edited.elements.map(({ tag }) => tag)).toEqual([0x00080060, 0x00100020, 0x00080050, 0x00180050]);
  });
});

describe('private attributes', () => {
  const header = headerOf(ctElements(), EXPLICIT_LITTLE);
  const edit = (...edits: Edit[]) => editHeader(header, EXPLICIT_LITTLE, edits);
  const creator = 'STUDYPORT TEST';

  it('are found in the block of their creator', () => {
    const edited = edit({ tag: 0x00090001, value: 'new', privateCreator: creator });
    expect(textOf(edited, 0x00091001, EXPLICIT_LITTLE)).toBe('new');
    expect(findElement(edit({ tag: 0x00090002, value: null, privateCreator: creator }).elements, 0x00091002)).toBe(
      undefined,
    );
  });

  it('get a block of their own when their creator has none', () => {
    const edited = edit(
      { tag: 0x0009ff01, value: 'x', privateCreator: 'OTHER' },
      { tag: 0x0009ff02, value: '7', vr: 'US', privateCreator: 'OTHER' },
      { tag: 0x0009ff03, value: 'y', privateCreator: 'THIRD' },
    );
    expect(textOf(edited, 0x00090011, EXPLICIT_LITTLE)).toBe('OTHER');
    expect(textOf(edited, 0x00091101, EXPLICIT_LITTLE)).toBe('x');
    expect(findElement(edited.elements, 0x00091102)!.vr).toBe('US');
    expect(textOf(edited, 0x00090012, EXPLICIT_LITTLE)).toBe('THIRD');
    expect(textOf(edited, 0x00091203, EXPLICIT_LITTLE)).toBe('y');
    expect(edit({ tag: 0x00090001, value: null, privateCreator: 'OTHER' })).toBe(header);
  });

  it('are LO where nobody knows their VR, UT when that is too short', () => {
    const edited = edit({ tag: 0x00091033, value: 'x' }, { tag: 0x00091034, value: 'x'.repeat(100) });
    expect(findElement(edited.elements, 0x00091033)!.vr).toBe('LO');
    expect(findElement(edited.elements, 0x00091034)!.vr).toBe('UT');
  });

  it('cannot be added when every block is taken', () => {
    const blocks = Array.from({ length: 240 }, (_, index) => ({
      tag: 0x00090010 + index,
      vr: 'LO',
      value: `C${index}`,
    }));
    const full = headerOf(blocks, EXPLICIT_LITTLE);
    const change = [{ tag: 0x00090001, value: 'x', privateCreator: 'ONE MORE' }];
    expect(failure(() => editHeader(full, EXPLICIT_LITTLE, change))?.code).toBe('no-private-block');
  });
});

describe('UN', () => {
  it('takes the VR of the dictionary when it is replaced, and is re-encoded as what it is', () => {
    const header = headerOf(
      [
        { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' },
        { tag: 0x00080070, vr: 'UN', value: 'M\xfcller' },
        { tag: 0x00100010, vr: 'UN', value: 'A^B' },
      ],
      EXPLICIT_LITTLE,
    );
    const edited = editHeader(header, EXPLICIT_LITTLE, [{ tag: 0x00100010, value: '名' }]);
    expect(edited.elements.map(({ vr }) => vr)).toEqual(['CS', 'UN', 'PN']);
    expect(textOf(edited, 0x00080070, EXPLICIT_LITTLE)).toBe('Müller');
  });

  it('is what a text becomes that outgrows its VR', () => {
    const long = Array.from({ length: 1000 }, () => '\xe4'.repeat(64)).join('\\');
    const header = headerOf(
      [
        { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' },
        { tag: 0x00081030, vr: 'LO', value: long },
      ],
      EXPLICIT_LITTLE,
    );
    const edited = editHeader(header, EXPLICIT_LITTLE, [{ tag: 0x00080005, value: 'ISO_IR 192' }]);
    const element = findElement(edited.elements, 0x00081030)!;
    expect([element.vr, element.valueEnd - element.valueStart]).toEqual(['UN', 1000 * 128 + 1000]);
  });
});

describe('re-encoding to ISO_IR 192', () => {
  const greek = '\xc5\xeb\xeb\xdc\xf2';
  const elements = (undefinedLength: boolean, vr: string): TestElement[] => [
    { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' },
    {
      tag: 0x00081140,
      vr,
      undefinedLength,
      value: {
        items: [
          { undefinedLength, elements: [{ tag: 0x00081030, vr: 'LO', value: '\xe4' }] },
          {
            undefinedLength: !undefinedLength,
            elements: [
              { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 126' },
              { tag: 0x00100010, vr: 'PN', value: greek },
              {
                tag: 0x00400275,
                vr: 'SQ',
                value: { items: [{ elements: [{ tag: 0x00400007, vr: 'LO', value: greek }] }] },
              },
            ],
          },
        ],
      },
    },
  ];

  it.each(ENCODINGS)('honours the character sets of items and corrects every length in %s', (_name, encoding) => {
    for (const [undefinedLength, vr] of [
      [true, 'SQ'],
      [false, 'SQ'],
      [true, 'UN'],
    ] as const) {
      const header = headerOf(elements(undefinedLength, vr), encoding);
      const edited = editHeader(header, encoding, [{ tag: 0x00100020, value: '患者' }]);
      const inner = encodingInside(findElement(edited.elements, 0x00081140)!, encoding);
      const items = itemsOf(edited.bytes, findElement(edited.elements, 0x00081140)!, encoding);
      expect(items.map((item) => item.undefinedLength)).toEqual([undefinedLength, !undefinedLength]);
      const [first, second] = items.map((item) => ({
        bytes: edited.bytes,
        elements: parseElements(edited.bytes, inner, item.valueStart, item.valueEnd),
      }));
      expect(textOf(first!, 0x00081030, inner)).toBe('ä');
      expect(textOf(second!, 0x00080005, inner)).toBe('ISO_IR 192');
      expect(textOf(second!, 0x00100010, inner)).toBe('Ελλάς');
      const [deep] = itemsOf(edited.bytes, findElement(second!.elements, 0x00400275)!, inner);
      const deepest = parseElements(edited.bytes, inner, deep!.valueStart, deep!.valueEnd);
      expect(textOf({ bytes: edited.bytes, elements: deepest }, 0x00400007, inner)).toBe('Ελλάς');
    }
  });

  it('does not follow unreadable or endless sequences in UN', () => {
    let inner = Buffer.alloc(0);
    for (let depth = 0; depth < 100; depth++) {
      inner = Buffer.concat([
        elementHeader(IMPLICIT_LITTLE, 0x00081140, 'SQ', inner.length + 8),
        itemHeader(IMPLICIT_LITTLE, 0xe000, inner.length),
        inner,
      ]);
    }
    const header = headerOf([{ tag: 0x00081140, vr: 'UN', value: inner.subarray(8) }], EXPLICIT_LITTLE);
    expect(() => editHeader(header, EXPLICIT_LITTLE, [{ tag: 0x00100010, value: '名' }])).toThrow(/nested/);
  });
});

describe('any header, any edits', () => {
  const TAGS: readonly (readonly [number, fc.Arbitrary<string | null>])[] = [
    [0x00080050, fc.constantFrom(null, '', 'X')],
    [0x00080070, fc.constantFrom(null, '', 'Nice Works', 'Ω')],
    [0x00100010, fc.constantFrom(null, '', 'A^B', '山田^太郎')],
    [0x00104000, fc.constantFrom(null, '', 'longer\r\ntext')],
    [0x00280010, fc.constantFrom(null, '', '5')],
    [0x00081140, fc.constantFrom(null, '')],
    [0x00420011, fc.constantFrom(null, '', '00FF')],
  ];
  const edits = fc
    .subarray([...TAGS])
    .chain((tags) => fc.tuple(...tags.map(([tag, value]) => value.map((text) => ({ tag, value: text })))));

  it.each(ENCODINGS)(
    'gives a header that can be read again, with the untouched bytes untouched, in %s',
    (_n, encoding) => {
      fc.assert(
        fc.property(arbitraryDataSet(), edits, (elements, changes) => {
          const header = headerOf(elements, encoding);
          const edited = editHeader(header, encoding, changes);
          const byTag = new Map(changes.map(({ tag, value }) => [tag, value]));
          const unicode = changes.some(({ value }) => /[^\0-\x7f]/.test(value ?? ''));
          const expected = new Set([
            ...header.elements.map(({ tag }) => tag).filter((tag) => byTag.get(tag) !== null),
            ...changes.filter(({ value }) => value !== null).map(({ tag }) => tag),
            ...(unicode ? [0x00080005] : []),
          ]);
          expect(edited.elements.map(({ tag }) => tag)).toEqual([...expected].sort((a, b) => a - b));
          expect(edited.elements.at(-1)?.end).toBe(edited.bytes.length);
          for (const element of edited.elements) {
            const wanted = byTag.get(element.tag);
            const bytes = edited.bytes.subarray(element.start, element.end);
            if (wanted !== undefined && wanted !== null) {
              expect(textOf(edited, element.tag, encoding)).toBe(wanted);
            } else if (element.tag !== 0x00080005) {
              // The generated text is ASCII, which is the same in ISO_IR 192.
              const before = findElement(header.elements, element.tag)!;
              expect(Buffer.compare(bytes, header.bytes.subarray(before.start, before.end))).toBe(0);
            }
          }
        }),
      );
    },
  );
});

describe('a damaged header', () => {
  it('gives another header or a typed error, never anything else', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ENCODINGS.map(([, encoding]) => encoding)),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (encoding, damages) => {
          const bytes = buildDataSet(encoding, ctElements());
          for (const [at, byte] of damages) bytes[at % bytes.length] = byte;
          try {
            const elements = parseElements(bytes, encoding);
            editHeader({ bytes, elements }, encoding, [{ tag: 0x00100020, value: '患者' }]);
          } catch (error) {
            expect(error instanceof DataSetError || error instanceof EditError).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
