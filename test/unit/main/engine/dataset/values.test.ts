import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charsetOf, UNICODE } from '#main/engine/dataset/charset.ts';
import { decodeValue, encodeValue, splitValues, ValueError } from '#main/engine/dataset/values.ts';

const LITTLE = { littleEndian: true, charset: charsetOf([]) };
const BIG = { littleEndian: false, charset: charsetOf([]) };
const UTF8 = { littleEndian: true, charset: UNICODE };

const ascii = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

function failureOf(vr: string, text: string, encoding = UTF8): ValueError | undefined {
  try {
    encodeValue(vr, text, encoding);
    return undefined;
  } catch (error) {
    if (error instanceof ValueError) return error;
    throw error;
  }
}

describe('text', () => {
  it('loses its padding', () => {
    expect(decodeValue('LO', ascii('  Brain  '), LITTLE)).toBe('Brain');
    expect(decodeValue('UI', ascii('1.2.840\0'), LITTLE)).toBe('1.2.840');
    expect(decodeValue('CS', ascii('ORIGINAL\\PRIMARY '), LITTLE)).toBe('ORIGINAL\\PRIMARY');
    expect(decodeValue('DS', ascii(' 0.5 \\ 0.5 '), LITTLE)).toBe('0.5\\0.5');
    expect(decodeValue('PN', ascii('Doe^John\0'), LITTLE)).toBe('Doe^John');
    expect(decodeValue('SH', ascii('  '), LITTLE)).toBe('');
    expect(decodeValue('IS', ascii(''), LITTLE)).toBe('');
  });

  it('keeps leading blanks where they mean something', () => {
    expect(decodeValue('LT', ascii('  indented \\ one value '), LITTLE)).toBe('  indented \\ one value');
    expect(decodeValue('UT', ascii(' a'), LITTLE)).toBe(' a');
  });

  it('keeps empty values between others', () => {
    expect(decodeValue('LO', ascii('a\\\\b\\'), LITTLE)).toBe('a\\\\b\\');
    expect(hex(encodeValue('LO', 'a\\\\b', LITTLE))).toBe(hex(ascii('a\\\\b')));
  });

  it('is padded to even length: UI with NUL, the others with a blank', () => {
    expect(hex(encodeValue('UI', '1.2', LITTLE))).toBe('312e3200');
    expect(hex(encodeValue('PN', 'Doe^J', LITTLE))).toBe(hex(ascii('Doe^J ')));
    expect(hex(encodeValue('DA', '20240229', LITTLE))).toBe(hex(ascii('20240229')));
    expect(encodeValue('LO', '', LITTLE)).toHaveLength(0);
    expect(hex(encodeValue('LO', 'é', UTF8))).toBe('c3a9');
  });

  it('outside the character set is refused as such', () => {
    expect(failureOf('PN', 'Jérôme', LITTLE)?.code).toBe('charset');
    expect(failureOf('PN', 'Jérôme', UTF8)).toBeUndefined();
    expect(failureOf('CS', 'É', LITTLE)?.code).toBe('value');
  });
});

describe('numbers', () => {
  it.each([
    ['US', '0001ffff', '1\\65535'],
    ['SS', '8000ffff7fff', '-32768\\-1\\32767'],
    ['UL', 'ffffffff', '4294967295'],
    ['SL', '80000000', '-2147483648'],
    ['UV', 'ffffffffffffffff', '18446744073709551615'],
    ['SV', '8000000000000000', '-9223372036854775808'],
    ['FL', '3dcccccd', '0.1'],
    ['FL', '7f7fffff', '3.4028235e+38'],
    ['FL', '80000000', '-0'],
    ['FL', '7f800000', 'Infinity'],
    ['FL', '7fc00000', 'NaN'],
    ['FD', '3fb999999999999a', '0.1'],
    ['AT', '00100010', '(0010,0010)'],
    ['AT', '7fe0001000080005', '(7FE0,0010)\\(0008,0005)'],
  ])('%s %s is %s, both ways and in both byte orders', (vr, big, text) => {
    expect(decodeValue(vr, unhex(big), BIG)).toBe(text);
    expect(hex(encodeValue(vr, text, BIG))).toBe(big);
    const little = encodeValue(vr, text, LITTLE);
    expect(decodeValue(vr, little, LITTLE)).toBe(text);
    const unit = vr === 'AT' ? 2 : little.length / text.split('\\').length;
    expect(hex(little)).toBe((big.match(new RegExp(`.{${2 * unit}}`, 'g')) ?? []).map(reversed).join(''));
  });

  const reversed = (digits: string) => (digits.match(/../g) ?? []).reverse().join('');

  it('reads through a view into a larger buffer', () => {
    expect(decodeValue('US', unhex('ffff0100ffff').subarray(2, 4), LITTLE)).toBe('1');
  });

  it('leaves out what is no whole number', () => {
    expect(decodeValue('US', unhex('010002'), LITTLE)).toBe('1');
    expect(decodeValue('FD', unhex('0100'), LITTLE)).toBe('');
  });

  it.each([
    ['US', 'abc'],
    ['US', '-1'],
    ['US', '65536'],
    ['US', '1.5'],
    ['US', '1\\'],
    ['SS', '32768'],
    ['UL', '4294967296'],
    ['SL', '-2147483649'],
    ['SV', '9223372036854775808'],
    ['UV', '-1'],
    ['UV', '1e3'],
    ['FL', '1e39'],
    ['FD', '1e309'],
    ['FD', '0x10'],
    ['FL', 'one'],
    ['AT', 'PatientName'],
    ['AT', '(0010,001)'],
  ])('%s cannot hold %s', (vr, text) => {
    expect(failureOf(vr, text)?.code).toBe('value');
  });
});

describe('binary values', () => {
  it('are hexadecimal digits as they stand', () => {
    expect(decodeValue('OB', unhex('0001'), LITTLE)).toBe('0001');
    expect(decodeValue('OW', unhex('ab01'), BIG)).toBe('AB01');
    expect(hex(encodeValue('OB', '00', LITTLE))).toBe('0000');
    expect(hex(encodeValue('OD', '0102030405060708', LITTLE))).toBe('0102030405060708');
  });

  it('have no text when they are long', () => {
    expect(decodeValue('OB', new Uint8Array(64), LITTLE)).toHaveLength(128);
    expect(decodeValue('OB', new Uint8Array(66), LITTLE)).toBe('');
  });

  it.each([
    ['OB', '0'],
    ['OB', 'xy'],
    ['OW', '01'],
    ['OF', '0102'],
    ['OV', '01020304'],
    ['SQ', 'anything'],
  ])('%s cannot hold %s', (vr, text) => {
    expect(failureOf(vr, text)?.code).toBe('value');
  });

  it('sequences have no text', () => {
    expect(decodeValue('SQ', unhex('feff00e000000000'), LITTLE)).toBe('');
    expect(encodeValue('SQ', '', LITTLE)).toHaveLength(0);
  });
});

describe('UN', () => {
  it('is text where it looks like text', () => {
    expect(decodeValue('UN', ascii('GEMS_IDEN_01 '), LITTLE)).toBe('GEMS_IDEN_01');
    expect(decodeValue('UN', ascii('a\r\nb'), LITTLE)).toBe('a\r\nb');
    expect(decodeValue('UN', unhex('c3a9'), UTF8)).toBe('é');
    expect(decodeValue('??', ascii('abc '), LITTLE)).toBe('abc');
  });

  it('is nothing otherwise', () => {
    expect(decodeValue('UN', unhex('0100'), LITTLE)).toBe('');
    expect(decodeValue('UN', unhex('feff00e0ffffffff'), LITTLE)).toBe('');
    expect(decodeValue('UN', unhex('ffff'), LITTLE)).toBe('');
    expect(decodeValue('UN', unhex('ffff'), UTF8)).toBe('');
  });

  it('takes text', () => {
    expect(hex(encodeValue('UN', 'abc', LITTLE))).toBe(hex(ascii('abc ')));
    expect(failureOf('UN', 'a\0b')?.code).toBe('value');
  });
});

describe('the rules of PS3.5 6.2', () => {
  it.each([
    ['AE', 'STORE_SCP-1'],
    ['AE', 'my scp'],
    ['AS', '018Y'],
    ['CS', 'ISO_IR 100'],
    ['CS', 'A\\B_1'],
    ['DA', '20240229'],
    ['DA', '19000101\\19991231'],
    ['DS', '-1.5E-3'],
    ['DS', '.5'],
    ['DS', '1.'],
    ['DS', '+1234567890.1234'],
    ['DT', '2024'],
    ['DT', '202402'],
    ['DT', '20240229235960.123456+1400'],
    ['DT', '2024-1200'],
    ['DT', '2024022923+0530'],
    ['IS', '-2147483648'],
    ['IS', '+2147483647'],
    ['LO', 'x'.repeat(64)],
    ['LO', '𝒳'.repeat(64)],
    ['LT', 'line\r\nline\tline\f'],
    ['PN', 'Yamada^Tarou=山田^太郎=やまだ^たろう'],
    ['PN', 'A^B^C^D^E\\F'],
    ['PN', 'x'.repeat(64)],
    ['SH', 'x'.repeat(16)],
    ['ST', `${'x'.repeat(1023)}\\`],
    ['TM', '23'],
    ['TM', '2359'],
    ['TM', '235960'],
    ['TM', '235959.999999'],
    ['UC', 'x'.repeat(1000)],
    ['UI', '1.2.840.10008.0.1'],
    ['UI', '1.2\\0.3'],
    ['UI', `1.${'1'.repeat(62)}`],
    ['UR', 'https://example.org/a%20b?c=d#e'],
    ['UT', 'a\\b'],
  ])('%s holds %s', (vr, text) => {
    expect(decodeValue(vr, encodeValue(vr, text, UTF8), UTF8)).toBe(text.replace(/ +$/, ''));
    expect(encodeValue(vr, text, UTF8).length % 2).toBe(0);
  });

  it.each([
    ['AE', 'x'.repeat(17)],
    ['AE', 'é'],
    ['AE', 'a\tb'],
    ['AS', '18Y'],
    ['AS', '018y'],
    ['CS', 'lower'],
    ['CS', 'X-RAY'],
    ['CS', 'X'.repeat(17)],
    ['DA', '2024-02-29'],
    ['DA', '20230229'],
    ['DA', '20241301'],
    ['DA', '202401'],
    ['DA', '20240101-20240202'],
    ['DS', '1.23456789012345678'],
    ['DS', '1,5'],
    ['DS', '1e'],
    ['DS', 'NaN'],
    ['DT', '20240230'],
    ['DT', '202413'],
    ['DT', '2024022924'],
    ['DT', '2024+1500'],
    ['DT', '2024-1201'],
    ['DT', '2024-0000'],
    ['DT', '2024.5'],
    ['IS', '2147483648'],
    ['IS', '1.0'],
    ['IS', '0000000000001'],
    ['LO', 'x'.repeat(65)],
    ['LO', 'a\nb'],
    ['LO', 'a\x1bb'],
    ['LT', 'a\x1bb'],
    ['LT', 'x'.repeat(10241)],
    ['PN', 'a=b=c=d'],
    ['PN', 'a^b^c^d^e^f'],
    ['PN', 'x'.repeat(65)],
    ['PN', '\ud800'],
    ['SH', 'x'.repeat(17)],
    ['SH', `ok\\${'x'.repeat(17)}`],
    ['ST', 'x'.repeat(1025)],
    ['TM', '24'],
    ['TM', '2360'],
    ['TM', '12:30'],
    ['TM', '123'],
    ['TM', '120000.1234567'],
    ['UI', '1.02'],
    ['UI', '1..2'],
    ['UI', '1.2.'],
    ['UI', `1.${'1'.repeat(63)}`],
    ['UR', 'a b'],
    ['UR', 'a\\b'],
    ['UT', 'a\0b'],
  ])('%s refuses %s', (vr, text) => {
    expect(failureOf(vr, text)?.code).toBe('value');
  });

  it('never tells the value', () => {
    for (const vr of ['US', 'DA', 'CS', 'PN', 'UI', 'OB', 'SQ', 'LO', 'FD', 'AT']) {
      const secret = 'Secret^Name=\n'.repeat(9);
      const message = failureOf(vr, secret)?.message ?? '';
      expect(message).toMatch(new RegExp(`^${vr}: `));
      expect(message).not.toMatch(/secret/i);
    }
    expect(() => encodeValue('US', 'x', { ...UTF8, tag: 0x00280010 })).toThrow('(0028,0010) US: ');
  });
});

describe('splitValues', () => {
  it('splits at backslashes where they separate', () => {
    expect(splitValues('a\\b', 'LO')).toEqual(['a', 'b']);
    expect(splitValues('a\\b', 'UT')).toEqual(['a\\b']);
  });
});

describe('properties', () => {
  const vrs = 'AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV';
  const anyVr = fc.constantFrom(...vrs.split(' '), '??');
  const anyTerms = fc.constantFrom(
    [],
    ['ISO_IR 100'],
    ['ISO_IR 192'],
    ['', 'ISO 2022 IR 87'],
    ['GB18030'],
    ['ISO_IR 13'],
  );

  it('any bytes have a text', () => {
    fc.assert(
      fc.property(
        anyVr,
        fc.uint8Array({ maxLength: 100 }),
        anyTerms,
        fc.boolean(),
        (vr, bytes, terms, littleEndian) => {
          expect(typeof decodeValue(vr, bytes, { littleEndian, charset: charsetOf(terms) })).toBe('string');
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('any text is encoded to an even length, or refused with a ValueError', () => {
    fc.assert(
      fc.property(anyVr, fc.string({ unit: 'binary' }), anyTerms, (vr, text, terms) => {
        try {
          expect(encodeValue(vr, text, { littleEndian: true, charset: charsetOf(terms) }).length % 2).toBe(0);
        } catch (error) {
          expect(error).toBeInstanceOf(ValueError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('text that was decoded from what was encoded encodes to the same bytes', () => {
    fc.assert(
      fc.property(anyVr, fc.string({ unit: fc.constantFrom(...'019.AF^=é山 \\-+E:') }), anyTerms, (vr, text, terms) => {
        const encoding = { littleEndian: true, charset: charsetOf(terms) };
        let bytes: Uint8Array;
        try {
          bytes = encodeValue(vr, text, encoding);
        } catch {
          return;
        }
        const decoded = decodeValue(vr, bytes, encoding);
        if (bytes.length <= 64 && decoded !== '') expect(hex(encodeValue(vr, decoded, encoding))).toBe(hex(bytes));
      }),
      { numRuns: 5000 },
    );
  });

  it('every number survives', () => {
    for (const littleEndian of [true, false]) {
      const encoding = { littleEndian, charset: UNICODE };
      const survives = (vr: string, size: number) =>
        fc.property(fc.uint8Array({ minLength: size, maxLength: size }), (bytes) => {
          const text = decodeValue(vr, bytes, encoding);
          if (text !== 'NaN') expect(hex(encodeValue(vr, text, encoding))).toBe(hex(bytes));
        });
      for (const [vr, size] of [
        ['US', 2],
        ['SS', 2],
        ['UL', 4],
        ['SL', 4],
        ['FL', 4],
        ['AT', 4],
      ] as const) {
        fc.assert(survives(vr, size), { numRuns: 300 });
      }
      for (const vr of ['UV', 'SV', 'FD']) fc.assert(survives(vr, 8), { numRuns: 300 });
    }
  });
});
