// @ts-expect-error: comes without types
import { convertBytes } from 'dicom-character-set';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { charsetOf, UNICODE } from '#main/engine/dataset/charset.ts';

const bytesOf = (latin1: string) => new Uint8Array(Buffer.from(latin1, 'latin1'));
const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('latin1');

// The names of PS3.5 annexes H to K and of the test files that go with them.
const EXAMPLES: [terms: string, bytes: string, text: string][] = [
  ['ISO_IR 100', 'Buc^J\xe9r\xf4me', 'Buc^Jérôme'],
  ['ISO_IR 101', 'Wa\xb3\xeasa', 'Wałęsa'],
  ['ISO_IR 109', 'anta\xfdnomo', 'antaŭnomo'],
  ['ISO_IR 110', 'v\xe0rds', 'vārds'],
  ['ISO_IR 127', '\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1', 'قباني^لنزار'],
  ['ISO_IR 126', '\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2', 'Διονυσιος'],
  ['ISO_IR 138', '\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4', 'שרון^דבורה'],
  ['ISO_IR 144', '\xbb\xee\xdace\xdc\xd1yp\xd3', 'Люкceмбypг'],
  ['ISO_IR 148', '\xc7avu\xfeo\xf0lu', 'Çavuşoğlu'],
  ['ISO_IR 203', 'C\xbdur\xa4', 'Cœur€'],
  ['ISO_IR 166', '\xb9\xd2\xc1\xca\xa1\xd8\xc5', 'นามสกุล'],
  ['ISO_IR 13', '\xd4\xcf\xc0\xde^\xc0\xdb\xb3', 'ﾔﾏﾀﾞ^ﾀﾛｳ'],
  ['ISO_IR 192', 'Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1=', 'Wang^XiaoDong=王^小東='],
  ['GB18030', 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=', 'Wang^XiaoDong=王^小东='],
  ['GBK', 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=', 'Wang^XiaoDong=王^小东='],
  [
    '\\ISO 2022 IR 87',
    'Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B',
    'Yamada^Tarou=山田^太郎=やまだ^たろう',
  ],
  [
    'ISO 2022 IR 13\\ISO 2022 IR 87',
    '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J',
    'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
  ],
  [
    '\\ISO 2022 IR 149',
    'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf',
    'Hong^Gildong=洪^吉洞=홍^길동',
  ],
  ['\\ISO 2022 IR 58', 'Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=', 'Zhang^XiaoDong=张^小东='],
  ['\\ISO 2022 IR 87\\ISO 2022 IR 159', '\x1b$(D\x30\x21\x1b(B^A', '丂^A'],
];

describe('the examples of the standard', () => {
  it.each(EXAMPLES)('%s is read', (terms, bytes, text) => {
    expect(charsetOf(terms.split('\\')).decode(bytesOf(bytes), 'PN')).toBe(text);
  });

  it.each(EXAMPLES)('%s is written', (terms, bytes, text) => {
    expect(textOf(charsetOf(terms.split('\\')).encode(text, 'PN'))).toBe(bytes);
  });

  it.each(EXAMPLES.filter(([terms]) => !terms.includes('203')))(
    '%s is read alike by an independent reader',
    (terms, bytes, text) => {
      expect(convertBytes(terms, bytesOf(bytes), { vr: 'PN' })).toBe(text);
    },
  );
});

describe('single-byte sets with code extensions', () => {
  it.each([
    ['ISO 2022 IR 100', '\x1b-ABuc^\x1b-AJ\xe9r\xf4me', 'Buc^Jérôme'],
    ['ISO 2022 IR 101', '\x1b-BWa\xb3\xeasa', 'Wałęsa'],
    ['ISO 2022 IR 109', '\x1b-Canta\xfdnomo', 'antaŭnomo'],
    ['ISO 2022 IR 110', '\x1b-Dv\xe0rds', 'vārds'],
    ['ISO 2022 IR 127', '\x1b-G\xe2\xc8\xc7\xe6\xea', 'قباني'],
    ['ISO 2022 IR 126', '\x1b-F\xc4\xe9\xef', 'Διο'],
    ['ISO 2022 IR 138', '\x1b-H\xf9\xf8', 'שר'],
    ['ISO 2022 IR 144', '\x1b-L\xbb\xee\xdace', 'Люкce'],
    ['ISO 2022 IR 148', '\x1b-M\xc7avu\xfe', 'Çavuş'],
    ['ISO 2022 IR 203', '\x1b-b\xa4', '€'],
    ['ISO 2022 IR 166', '\x1b-T\xb9\xd2', 'นา'],
    ['ISO 2022 IR 13', '\x1b)I\xd4\xcf^\x1b)I\xc0', 'ﾔﾏ^ﾀ'],
  ])('%s', (term, bytes, text) => {
    expect(charsetOf(['', term]).decode(bytesOf(bytes), 'PN')).toBe(text);
    expect(charsetOf([term]).decode(bytesOf(bytes), 'PN')).toBe(text);
    const charset = charsetOf(['', term]);
    expect(charset.decode(charset.encode(text, 'PN')!, 'PN')).toBe(text);
  });

  it('switches between several and returns to value 1 at every delimiter (PS3.5 6.1.2.5.3)', () => {
    const charset = charsetOf(['ISO 2022 IR 100', 'ISO 2022 IR 144', 'ISO 2022 IR 126']);
    const bytes = '\xe9\x1b-L\xbb\x1b-F\xc4\x1b-A\\\xe9';
    expect(charset.decode(bytesOf(bytes), 'LO')).toBe('éЛΔ\\é');
    expect(textOf(charset.encode('éЛΔ\\é', 'LO'))).toBe(bytes);
  });

  it('resets at line ends in paragraphs, where the backslash is data', () => {
    const charset = charsetOf(['ISO 2022 IR 100', 'ISO 2022 IR 144']);
    expect(charset.decode(bytesOf('\x1b-L\xbb\\\xbb\r\n\xe9'), 'LT')).toBe('Л\\Л\r\né');
    expect(textOf(charset.encode('Л\\Л\r\né', 'LT'))).toBe('\x1b-L\xbb\\\xbb\x1b-A\r\n\xe9');
  });

  it('resets at ^ and = in person names only', () => {
    const charset = charsetOf(['ISO 2022 IR 100', 'ISO 2022 IR 144']);
    expect(charset.decode(bytesOf('\x1b-L\xbb^\xe9'), 'PN')).toBe('Л^é');
    expect(charset.decode(bytesOf('\x1b-L\xbb^\xbb'), 'LO')).toBe('Л^Л');
  });
});

describe('a byte 5CH inside a character', () => {
  it('separates no values', () => {
    // 0x815C is 乗 in GB18030 and GBK.
    for (const term of ['GB18030', 'GBK']) {
      const charset = charsetOf([term]);
      expect(charset.decode(bytesOf('A\x81\x5c\\B'), 'LO')).toBe('A乗\\B');
      expect(textOf(charset.encode('A乗\\B', 'LO'))).toBe('A\x81\x5c\\B');
    }
    // JIS X 0208 0x245C is よ.
    const japanese = charsetOf(['', 'ISO 2022 IR 87']);
    expect(japanese.decode(bytesOf('\x1b$B$\\\x1b(B\\B'), 'LO').split('\\')).toHaveLength(2);
  });

  it('and no character but the backslash is read as one', () => {
    const separators = /[\\^=]/;
    for (const [terms, invoke, mask] of [
      [['', 'ISO 2022 IR 87'], '\x1b$B', 0x7f],
      [['', 'ISO 2022 IR 159'], '\x1b$(D', 0x7f],
      [['', 'ISO 2022 IR 149'], '\x1b$)C', 0xff],
      [['', 'ISO 2022 IR 58'], '\x1b$)A', 0xff],
    ] as const) {
      const charset = charsetOf(terms);
      const pairs: number[] = [];
      for (let high = 0xa1; high <= 0xfe; high++) {
        for (let low = 0xa1; low <= 0xfe; low++) pairs.push(high & mask, low & mask);
      }
      const text = charset.decode(Uint8Array.from([...bytesOf(invoke), ...pairs]), 'PN');
      expect(text).not.toMatch(separators);
    }
  });
});

describe('JIS X 0201', () => {
  const charset = charsetOf(['ISO_IR 13']);

  it('has a yen sign and an overline, but 5CH still separates values', () => {
    expect(charset.decode(bytesOf('\\1~2'), 'ST')).toBe('¥1‾2');
    expect(charset.decode(bytesOf('1\\2'), 'LO')).toBe('1\\2');
    expect(textOf(charset.encode('¥1‾2', 'ST'))).toBe('\\1~2');
    expect(charset.encode('¥1', 'LO')).toBeUndefined();
    expect(charset.encode('a\\b', 'ST')).toBeUndefined();
    expect(charset.encode('~', 'LO')).toBeUndefined();
  });

  it('does not concern other VRs', () => {
    expect(charset.decode(bytesOf('http://a/~b'), 'UR')).toBe('http://a/~b');
    expect(textOf(charset.encode('http://a/~b', 'UR'))).toBe('http://a/~b');
  });
});

describe('what senders get wrong', () => {
  it('terms are recognized in other spellings', () => {
    expect(charsetOf(['iso-ir 100 ']).terms).toEqual(['ISO_IR 100']);
    expect(charsetOf(['ISO IR 192']).decode(bytesOf('\xc3\xa9'), 'LO')).toBe('é');
    expect(charsetOf(['', 'ISO-2022-IR-87']).terms).toEqual(['', 'ISO 2022 IR 87']);
  });

  it('an unknown term is read as UTF-8, or else as Latin-1', () => {
    const charset = charsetOf(['KLINGON']);
    expect(charset.decode(bytesOf('\xc3\xa9'), 'LO')).toBe('é');
    expect(charset.decode(bytesOf('J\xe9r\xf4me'), 'LO')).toBe('Jérôme');
    expect(charset.encode('é', 'LO')).toBeUndefined();
    expect(textOf(charset.encode('e', 'LO'))).toBe('e');
  });

  it('so is the default repertoire', () => {
    for (const charset of [charsetOf([]), charsetOf(['']), charsetOf(['ISO_IR 6'])]) {
      expect(charset.decode(bytesOf('J\xe9r\xf4me'), 'PN')).toBe('Jérôme');
      expect(charset.encode('Jérôme', 'PN')).toBeUndefined();
    }
    expect(charsetOf(['']).terms).toEqual([]);
  });

  it('escapes are followed even if they were not announced', () => {
    expect(charsetOf([]).decode(bytesOf('\x1b$B;3ED\x1b(B'), 'PN')).toBe('山田');
    expect(charsetOf(['ISO_IR 100']).decode(bytesOf('\xe9\x1b$B;3ED\x1b(B'), 'PN')).toBe('é山田');
  });

  it('a two-byte set as value 1 leaves what precedes the first escape alone', () => {
    expect(charsetOf(['ISO 2022 IR 87']).decode(bytesOf('Yamada=\x1b$B;3ED\x1b(B'), 'PN')).toBe('Yamada=山田');
    expect(charsetOf(['ISO 2022 IR 149']).decode(bytesOf('Hong=\xc8\xab'), 'PN')).toBe('Hong=홍');
  });

  it('a set without extensions after another value is ignored, as first value it stands alone', () => {
    expect(charsetOf(['ISO_IR 192', 'ISO 2022 IR 87']).terms).toEqual(['ISO_IR 192']);
    expect(charsetOf(['ISO_IR 100', 'ISO_IR 192']).decode(bytesOf('\xe9'), 'LO')).toBe('é');
  });

  it('Windows punctuation in ISO_IR 100 is read, but not written', () => {
    const charset = charsetOf(['ISO_IR 100']);
    expect(charset.decode(bytesOf('it\x92s'), 'LO')).toBe('it’s');
    expect(charset.encode('it’s', 'LO')).toBeUndefined();
  });

  it('broken escapes and broken characters become U+FFFD', () => {
    const charset = charsetOf(['', 'ISO 2022 IR 87']);
    expect(charset.decode(bytesOf('A\x1b$ZB'), 'LO')).toBe('A\ufffdB');
    expect(charset.decode(bytesOf('A\x1b'), 'LO')).toBe('A\ufffd');
    expect(UNICODE.decode(bytesOf('A\xc3'), 'LO')).toBe('A\ufffd');
  });
});

const ALL_TERMS = [
  [],
  ...[6, 100, 101, 109, 110, 144, 127, 126, 138, 148, 203, 166, 13].map((number) => [`ISO_IR ${number}`]),
  ...[100, 144, 203, 166, 13, 87, 159, 149, 58].map((number) => ['', `ISO 2022 IR ${number}`]),
  ['ISO 2022 IR 13', 'ISO 2022 IR 87', 'ISO 2022 IR 159'],
  ['ISO 2022 IR 100', 'ISO 2022 IR 149', 'ISO 2022 IR 58', 'ISO 2022 IR 87'],
  ['ISO_IR 192'],
  ['GB18030'],
  ['GBK'],
  ['NONSENSE'],
];
const anyVr = fc.constantFrom('PN', 'LO', 'SH', 'UC', 'LT', 'ST', 'UT', 'CS', 'UI', 'UN');

describe.each(ALL_TERMS.map((terms) => [terms.join('\\'), terms] as const))('%s', (_, terms) => {
  const charset = charsetOf(terms);

  it('decodes whatever bytes there are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), anyVr, (bytes, vr) => {
        expect(typeof charset.decode(bytes, vr)).toBe('string');
      }),
    );
  });

  it('reads back what it writes', () => {
    const alphabet = fc.constantFrom(...'aZ \\^=¥‾~éŁжπשقกﾔ山田韓홍张小€\n');
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 20 }), anyVr, (text, vr) => {
        const bytes = charset.encode(text, vr);
        if (bytes) expect(charset.decode(bytes, vr)).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        const bytes = charset.encode(text, 'UT');
        if (bytes) expect(charset.decode(bytes, 'UT')).toBe(text);
      }),
    );
  });
});

describe('UTF-8', () => {
  it('holds every text but lone surrogates', () => {
    expect(textOf(UNICODE.encode('😀', 'LO'))).toBe('\xf0\x9f\x98\x80');
    expect(UNICODE.encode('\ud83d', 'LO')).toBeUndefined();
  });
});

it('GB18030 and GBK are the encodings of the library', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'中文字符集ABC'), maxLength: 10 }), (text) => {
      expect(textOf(charsetOf(['GBK']).encode(text, 'LO'))).toBe(iconv.encode(text, 'gbk').toString('latin1'));
    }),
  );
});
