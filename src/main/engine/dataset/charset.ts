/** Specific Character Set (PS3.3 C.12.1.1.2, PS3.5 6.1): the bytes of text values to text and back. */

import iconv from 'iconv-lite';
import { BoundedCache } from './bounded-cache.ts';

/** The text encoding of a data set. */
export interface Charset {
  /** The defined terms it was made of, as they belong in Specific Character Set (0008,0005). */
  readonly terms: readonly string[];
  /**
   * The text of a whole value field, delimiters included. Never throws: what is malformed becomes U+FFFD.
   *
   * A backslash in the result is one the sender meant: bytes 5CH inside a multi-byte character are gone by then, so a
   * value field is decoded first and split afterwards, never the other way round.
   */
  decode(bytes: Uint8Array, vr: string): string;
  /** The bytes of a whole value field; undefined when the text has characters this character set lacks. */
  encode(text: string, vr: string): Uint8Array | undefined;
}

// PS3.5 6.1.2.2: only these use the Specific Character Set, all others the default repertoire. UN may hold any of them.
const AFFECTED_VRS = new Set(['SH', 'LO', 'ST', 'LT', 'UC', 'UT', 'PN', 'UN']);
const SINGLE_TEXT_VRS = new Set(['ST', 'LT', 'UT', 'UR']);

const ESC = 0x1b;
const BACKSLASH = 0x5c;

// --- Code elements: what ISO 2022 escapes switch between ----------------------------------------------------------

/** A set of characters that is invoked as G0 (bytes 21H-7EH) or G1 (bytes A0H-FFH). */
interface CodeSet {
  readonly area: 'G0' | 'G1';
  /** Bytes of a character. */
  readonly width: 1 | 2;
  /** The escape sequence without its ESC. */
  readonly escape: string;
  /** The encoding of iconv-lite that has these characters at their G1 places. */
  readonly codec: string;
  /** What precedes a character in that encoding. */
  readonly prefix?: number;
  /** First bytes (as G1) that the standard defines; the encodings know more, which others could not read. */
  readonly rows?: readonly (readonly [number, number])[];
}

const ASCII: CodeSet = { area: 'G0', width: 1, escape: '(B', codec: 'ascii' };
/** JIS X 0201 Romaji: ASCII but for ¥ in place of the backslash and ‾ in place of the tilde. */
const ROMAJI: CodeSet = { area: 'G0', width: 1, escape: '(J', codec: 'ascii' };
const KATAKANA: CodeSet = { area: 'G1', width: 1, escape: ')I', codec: 'shiftjis' };
const KANJI: CodeSet = {
  area: 'G0',
  width: 2,
  escape: '$B',
  codec: 'eucjp',
  rows: [
    [0xa1, 0xa8],
    [0xb0, 0xf4],
  ],
};
const KANJI_SUPPLEMENT: CodeSet = { area: 'G0', width: 2, escape: '$(D', codec: 'eucjp', prefix: 0x8f };
const HANGUL: CodeSet = {
  area: 'G1',
  width: 2,
  escape: '$)C',
  codec: 'euckr',
  rows: [
    [0xa1, 0xac],
    [0xb0, 0xfd],
  ],
};
const HANZI: CodeSet = {
  area: 'G1',
  width: 2,
  escape: '$)A',
  codec: 'gbk',
  rows: [
    [0xa1, 0xa1],
    [0xa3, 0xa5],
    [0xa7, 0xa7],
    [0xb0, 0xf7],
  ],
};

function alphabet(final: string, codec: string): CodeSet {
  return { area: 'G1', width: 1, escape: `-${final}`, codec };
}

/** PS3.3 tables C.12-2 to C.12-4: the code elements by the number of the registration. */
const CODE_SETS: Readonly<Record<string, readonly CodeSet[]>> = {
  6: [ASCII],
  // Senders put Windows punctuation where ISO 8859-1 has control characters; reading it so loses nothing.
  100: [ASCII, alphabet('A', 'win1252')],
  101: [ASCII, alphabet('B', 'iso88592')],
  109: [ASCII, alphabet('C', 'iso88593')],
  110: [ASCII, alphabet('D', 'iso88594')],
  144: [ASCII, alphabet('L', 'iso88595')],
  127: [ASCII, alphabet('G', 'iso88596')],
  126: [ASCII, alphabet('F', 'iso88597')],
  138: [ASCII, alphabet('H', 'iso88598')],
  148: [ASCII, alphabet('M', 'iso88599')],
  203: [ASCII, alphabet('b', 'iso885915')],
  166: [ASCII, alphabet('T', 'tis620')],
  13: [ROMAJI, KATAKANA],
  87: [KANJI],
  159: [KANJI_SUPPLEMENT],
  149: [HANGUL],
  58: [HANZI],
};

const BY_ESCAPE: ReadonlyMap<string, CodeSet> = new Map([
  ...Object.values(CODE_SETS)
    .flat()
    .map((set) => [set.escape, set] as const),
  // The 1978 edition of JIS X 0208, still written by old Japanese modalities.
  ['$@', KANJI],
]);

/** Below this many bytes a loop is faster than a call into the runtime. */
const SHORT = 24;

/** Text of the characters of one code element; `bytes` may be anything. */
function decodeRun(set: CodeSet, bytes: Uint8Array): string {
  if (set === ASCII) return latin1(bytes);
  if (set === ROMAJI) return romaji(latin1(bytes), true);
  if (set.width === 1) return iconv.decode(bytes, set.codec);
  const units: number[] = [];
  for (const [index, byte] of bytes.entries()) {
    if (set.prefix !== undefined && index % 2 === 0) units.push(set.prefix);
    units.push(byte | 0x80);
  }
  return iconv.decode(Uint8Array.from(units), set.codec);
}

function latin1(bytes: Uint8Array): string {
  if (bytes.length < SHORT) {
    let text = '';
    for (let index = 0; index < bytes.length; index++) text += String.fromCharCode(bytes[index]!);
    return text;
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function romaji(text: string, withYen: boolean): string {
  const overlined = text.replace(/~/g, '‾');
  return withYen ? overlined.replace(/\\/g, '¥') : overlined;
}

// Made on first need by decoding every character there is, so that both directions agree.
const encoders = new Map<CodeSet, ReadonlyMap<string, readonly number[]>>();

function encoderOf(set: CodeSet): ReadonlyMap<string, readonly number[]> {
  let encoder = encoders.get(set);
  if (!encoder) {
    encoder = buildEncoder(set);
    encoders.set(set, encoder);
  }
  return encoder;
}

function buildEncoder(set: CodeSet): ReadonlyMap<string, readonly number[]> {
  const encoder = new Map<string, readonly number[]>();
  const [first, last] = set.area === 'G0' && set.width === 1 ? [0x20, 0x7e] : [0xa0, 0xff];
  const shift = set.area === 'G0' && set.width === 2 ? 0x80 : 0;
  const add = (bytes: readonly number[]) => {
    const text = decodeRun(set, Uint8Array.from(bytes));
    const isOneCharacter = [...text].length === 1 && !/[\ufffd\ue000-\uf8ff]/.test(text);
    if (isOneCharacter && !encoder.has(text)) encoder.set(text, bytes);
  };
  for (let high = first; high <= last; high++) {
    if (set.width === 1) add([high]);
    else if (set.rows?.some(([from, to]) => high >= from && high <= to) ?? (high > 0xa0 && high < 0xff)) {
      for (let low = 0xa1; low <= 0xfe; low++) add([high - shift, low - shift]);
    }
  }
  return encoder;
}

// --- ISO 2022 ----------------------------------------------------------------------------------------------------

/** Which code elements are active. */
interface Shift {
  readonly g0: CodeSet;
  readonly g1: CodeSet | undefined;
}

/** PS3.5 6.1.2.5.3: at these the code elements of value 1 are active again. */
function isDelimiter(code: number, vr: string): boolean {
  switch (code) {
    case 0x09: // TAB, LF, FF, CR
    case 0x0a:
    case 0x0c:
    case 0x0d:
      return true;
    case BACKSLASH:
      return !SINGLE_TEXT_VRS.has(vr);
    case 0x5e: // ^ and =
    case 0x3d:
      return vr === 'PN';
    default:
      return false;
  }
}

/** The code element an escape sequence at `start` invokes, and where the sequence ends. */
function readEscape(bytes: Uint8Array, start: number): { set: CodeSet | undefined; end: number } {
  // ISO 2022: ESC, intermediate bytes 20H-2FH, one final byte.
  let end = start + 1;
  while (end < bytes.length && bytes[end]! >= 0x20 && bytes[end]! <= 0x2f) end++;
  end = Math.min(end + 1, bytes.length);
  return { set: BY_ESCAPE.get(latin1(bytes.subarray(start + 1, end))), end };
}

function decodeIso2022(bytes: Uint8Array, vr: string, initial: Shift): string {
  let { g0, g1 } = initial;
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    let end = at + 1;
    if (byte === ESC) {
      const sequence = readEscape(bytes, at);
      if (sequence.set?.area === 'G0') g0 = sequence.set;
      else if (sequence.set) g1 = sequence.set;
      else text += '\ufffd';
      end = sequence.end;
    } else if (isDelimiter(byte, vr) && (g0.width === 1 || byte < 0x20)) {
      ({ g0, g1 } = initial);
      text += String.fromCharCode(byte);
    } else if (byte <= 0x20 || byte === 0x7f) {
      text += String.fromCharCode(byte);
    } else if (byte < 0x80) {
      while (end < bytes.length && isGraphic(bytes[end]!) && (g0.width === 2 || !isDelimiter(bytes[end]!, vr))) end++;
      text += decodeRun(g0, bytes.subarray(at, end));
    } else {
      while (end < bytes.length && bytes[end]! >= 0x80) end++;
      text += g1 ? decodeRun(g1, bytes.subarray(at, end)) : decodeUnknown(bytes.subarray(at, end));
    }
    at = end;
  }
  return text;
}

function isGraphic(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f;
}

/** Encodes with the active code elements, switching to others of `extensions` where they are needed. */
function encodeIso2022(
  text: string,
  vr: string,
  initial: Shift,
  extensions: readonly CodeSet[],
): Uint8Array | undefined {
  const bytes: number[] = [];
  let { g0, g1 } = initial;
  const invoke = (set: CodeSet) => {
    if (set === g0 || set === g1) return;
    bytes.push(ESC, ...Buffer.from(set.escape, 'latin1'));
    if (set.area === 'G0') g0 = set;
    else g1 = set;
  };
  const invokeInitial = () => {
    invoke(initial.g0);
    if (initial.g1) invoke(initial.g1);
    ({ g0, g1 } = initial);
  };
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (isDelimiter(code, vr)) {
      invokeInitial();
      bytes.push(code);
      continue;
    }
    const set = [g0, g1, ...extensions].find((candidate) => candidate && encoderOf(candidate).has(character));
    const encoded = set && encoderOf(set).get(character)!;
    // The yen sign of Romaji is the byte of the backslash: where that separates values it cannot be written.
    if (!encoded || (set.width === 1 && isDelimiter(encoded[0]!, vr))) return undefined;
    invoke(set);
    bytes.push(...encoded);
  }
  invokeInitial();
  return Uint8Array.from(bytes);
}

// --- Encodings without code extensions ---------------------------------------------------------------------------

const UTF8_DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
const UTF8_ENCODER = new TextEncoder();

/** Bytes above 7FH where the default repertoire was declared, or nothing we know: UTF-8 if it is that, else Latin-1. */
function decodeUnknown(bytes: Uint8Array): string {
  const text = UTF8_DECODER.decode(bytes);
  return text.includes('\ufffd') ? iconv.decode(bytes, 'win1252') : text;
}

function standalone(term: string): Pick<Charset, 'decode' | 'encode'> | undefined {
  switch (term) {
    case 'ISO_IR 192':
      return {
        decode: (bytes) => UTF8_DECODER.decode(bytes),
        encode: (text) => (text.isWellFormed() ? UTF8_ENCODER.encode(text) : undefined),
      };
    case 'GB18030':
    case 'GBK':
      return {
        decode: (bytes) => iconv.decode(bytes, term),
        encode: (text) => {
          const bytes = iconv.encode(text, term);
          return iconv.decode(bytes, term) === text ? bytes : undefined;
        },
      };
    default:
      return undefined;
  }
}

// --- The public part ---------------------------------------------------------------------------------------------

/** Defined terms as people write them: `iso-ir 100` is `ISO_IR 100`. */
function normalize(value: string): string {
  return value
    .replace(/\0/g, '')
    .trim()
    .toUpperCase()
    .replace(/^ISO[-_ ]?IR[-_ ]?(\d+)$/, 'ISO_IR $1')
    .replace(/^ISO[-_ ]?2022[-_ ]?IR[-_ ]?(\d+)$/, 'ISO 2022 IR $1')
    .replace(/^UTF-?8$/, 'ISO_IR 192');
}

function codeSetsOf(term: string): readonly CodeSet[] {
  const number = /^ISO(?: 2022 |_)IR (\d+)$/.exec(term)?.[1];
  return (number === undefined ? undefined : CODE_SETS[number]) ?? [];
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x80 || byte === ESC) return false;
  }
  return true;
}

/** Faster than a call into the runtime for texts as short as values are. */
function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/**
 * The character set of the values of Specific Character Set (0008,0005); no values mean the default repertoire.
 * Terms that PS3.3 C.12.1.1.2 does not define are passed over: text is then read as UTF-8 or Latin-1, whichever fits.
 */
export function charsetOf(values: readonly string[]): Charset {
  return charsetOfText(values.join('\\'));
}

/** The same for the text of the whole value field. */
export function charsetOfText(text: string): Charset {
  let charset = known.get(text);
  if (charset === undefined) {
    charset = charsetAnew(text.split('\\'));
    known.set(text, charset);
  }
  return charset;
}

/** By Specific Character Set as it stands in objects: every level of every object asks. There are few but those objects make up. */
const known = new BoundedCache<Charset>(128);

function charsetAnew(values: readonly string[]): Charset {
  const normalized = values.map(normalize);
  const terms = normalized.every((term) => term === '') ? [] : normalized;
  // PS3.3 C.12.1.1.2: these admit no code extensions. After another value they are a mistake.
  const alone = standalone(terms[0] ?? '');
  const sets = terms.map((term) => (term === '' ? [ASCII] : codeSetsOf(term)));
  const initial: Shift = {
    // A two-byte G0 in value 1 is a mistake too (PS3.3 wants it in later ones): what precedes the first escape is ASCII.
    g0: sets[0]?.find(({ area, width }) => area === 'G0' && width === 1) ?? ASCII,
    g1: sets[0]?.find(({ area }) => area === 'G1'),
  };
  const extensible = terms.length > 1 || (terms[0] ?? '').startsWith('ISO 2022');
  const extensions = extensible ? sets.flat() : [];
  const isOrdinaryAlphabet = initial.g0 === ASCII && initial.g1?.width === 1;

  return {
    terms: alone ? terms.slice(0, 1) : terms,
    decode(bytes, vr) {
      if (isAscii(bytes)) {
        const text = latin1(bytes);
        return initial.g0 === ROMAJI && AFFECTED_VRS.has(vr) ? romaji(text, !isDelimiter(BACKSLASH, vr)) : text;
      }
      if (alone) return alone.decode(bytes, vr);
      // Escapes are followed even where they were not announced: ESC has no other meaning in text.
      if (isOrdinaryAlphabet && !bytes.includes(ESC)) return iconv.decode(bytes, initial.g1!.codec);
      return initial.g1 || bytes.includes(ESC) ? decodeIso2022(bytes, vr, initial) : decodeUnknown(bytes);
    },
    encode(text, vr) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the default repertoire has them (PS3.5 6.1.3)
      if (/^[\0-\x1a\x1c-\x7f]*$/.test(text) && (initial.g0 === ASCII || !AFFECTED_VRS.has(vr))) {
        return asciiBytes(text);
      }
      if (!AFFECTED_VRS.has(vr)) return undefined;
      return alone ? alone.encode(text, vr) : encodeIso2022(text, vr, initial, extensions);
    },
  };
}

/** UTF-8: the character set that can hold every text (PS3.3 C.12.1.1.2). */
export const UNICODE: Charset = charsetOf(['ISO_IR 192']);
