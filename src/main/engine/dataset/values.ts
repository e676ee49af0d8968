/** Values of elements as text and back, by value representation (PS3.5 6.2). */
import { formatTag, parseTag, type Tag } from '#shared/dicom/tag.ts';
import { isDay } from './calendar.ts';
import type { Charset } from './charset.ts';

/** What the bytes of a value mean besides their VR. */
export interface ValueEncoding {
  readonly littleEndian: boolean;
  readonly charset: Charset;
}

/** Why a text is no value of its VR. The message never holds the text: it may be patient data. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
  /** `charset`: only the character set is in the way, ISO_IR 192 would do. `value`: the VR cannot hold it. */
  readonly code: 'value' | 'charset';

  constructor(code: 'value' | 'charset', message: string) {
    super(message);
    this.code = code;
  }
}

/** Longer binary values have no text: nobody reads them, and events would carry them around. */
const LONGEST_BINARY = 64;
const LONGEST_UNKNOWN = 0x10000;

// --- Numbers -----------------------------------------------------------------------------------------------------

interface NumberVr {
  readonly size: number;
  read(view: DataView, at: number, littleEndian: boolean): string;
  /** False when the text is no number the VR can hold. */
  write(view: DataView, at: number, text: string, littleEndian: boolean): boolean;
}

/** Shortest decimal text that reads back as the same 32-bit float. */
function float32Text(value: number): string {
  if (value === 0) return floatText(value);
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return floatText(rounded);
  }
  return floatText(Number(value.toPrecision(9)));
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A float, or undefined when the text is none or has become infinite by rounding. */
function parseFloatText(text: string, round: (value: number) => number): number | undefined {
  if (/^(?:NaN|-?Infinity)$/.test(text)) return Number(text);
  const value = DECIMAL.test(text) ? round(Number(text)) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

type IntegerSetter = 'setInt16' | 'setUint16' | 'setInt32' | 'setUint32';

function integerVr(size: number, least: number, most: number, setter: IntegerSetter): NumberVr {
  const getter = setter.replace('set', 'get') as 'getInt16' | 'getUint16' | 'getInt32' | 'getUint32';
  return {
    size,
    read: (view, at, littleEndian) => String(view[getter](at, littleEndian)),
    write(view, at, text, littleEndian) {
      const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!(value >= least && value <= most)) return false;
      view[setter](at, value, littleEndian);
      return true;
    },
  };
}

function longVr(least: bigint, most: bigint, setter: 'setBigInt64' | 'setBigUint64'): NumberVr {
  const getter = setter.replace('set', 'get') as 'getBigInt64' | 'getBigUint64';
  return {
    size: 8,
    read: (view, at, littleEndian) => String(view[getter](at, littleEndian)),
    write(view, at, text, littleEndian) {
      // 20 digits are more than any value has; longer texts would only cost time.
      if (!/^[+-]?\d{1,20}$/.test(text)) return false;
      const value = BigInt(text.replace('+', ''));
      if (value < least || value > most) return false;
      view[setter](at, value, littleEndian);
      return true;
    },
  };
}

const NUMBER_VRS: Readonly<Record<string, NumberVr>> = {
  US: integerVr(2, 0, 0xffff, 'setUint16'),
  SS: integerVr(2, -0x8000, 0x7fff, 'setInt16'),
  UL: integerVr(4, 0, 0xffffffff, 'setUint32'),
  SL: integerVr(4, -0x80000000, 0x7fffffff, 'setInt32'),
  UV: longVr(0n, 2n ** 64n - 1n, 'setBigUint64'),
  SV: longVr(-(2n ** 63n), 2n ** 63n - 1n, 'setBigInt64'),
  FL: {
    size: 4,
    read: (view, at, littleEndian) => float32Text(view.getFloat32(at, littleEndian)),
    write(view, at, text, littleEndian) {
      const value = parseFloatText(text, Math.fround);
      if (value !== undefined) view.setFloat32(at, value, littleEndian);
      return value !== undefined;
    },
  },
  FD: {
    size: 8,
    read: (view, at, littleEndian) => floatText(view.getFloat64(at, littleEndian)),
    write(view, at, text, littleEndian) {
      const value = parseFloatText(text, (number) => number);
      if (value !== undefined) view.setFloat64(at, value, littleEndian);
      return value !== undefined;
    },
  },
  AT: {
    size: 4,
    read: (view, at, littleEndian) =>
      formatTag(view.getUint16(at, littleEndian) * 0x10000 + view.getUint16(at + 2, littleEndian)),
    write(view, at, text, littleEndian) {
      const tag = parseTag(text);
      if (tag === undefined) return false;
      view.setUint16(at, Math.floor(tag / 0x10000), littleEndian);
      view.setUint16(at + 2, tag & 0xffff, littleEndian);
      return true;
    },
  },
};

// --- Binary values, written as hexadecimal digits ----------------------------------------------------------------

/** Bytes of a unit: a value field of this VR is a whole number of them. */
const BINARY_UNITS: Readonly<Record<string, number>> = { OB: 1, OW: 2, OF: 4, OL: 4, OD: 8, OV: 8 };

function hexText(bytes: Uint8Array): string {
  return bytes.length > LONGEST_BINARY
    ? ''
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex').toUpperCase();
}

// --- Text --------------------------------------------------------------------------------------------------------

// biome-ignore lint/suspicious/noControlCharactersInRegex: PS3.5 6.1.3 is about them
const CONTROL = /[\0-\x1f\x7f-\x9f]/;
// PS3.5 6.1.3: TAB, LF, FF and CR are for paragraphs. ESC is not text, it belongs to the encoding.
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const CONTROL_IN_PARAGRAPHS = /[\0-\x08\x0b\x0e-\x1f\x7f-\x9f]/;

interface TextVr {
  /** In characters (PS3.5 table 6.2-1). */
  readonly longest?: number;
  /** What a value looks like, and how to say so. */
  readonly pattern?: RegExp;
  readonly expected?: string;
  /** Whatever else it must be; gives the reason why not. */
  check?(value: string): string | undefined;
  /** TAB and the ends of lines and pages are text (PS3.5 6.1.3). */
  readonly paragraphs?: true;
  /** A backslash is data, or would be if the VR allowed it. */
  readonly single?: true;
  /** Leading blanks mean something. */
  readonly keepsLeading?: true;
}

function checkDate(value: string): string | undefined {
  const month = Number(value.slice(4, 6) || '01');
  const day = Number(value.slice(6, 8) || '01');
  return isDay(Number(value.slice(0, 4)), month, day) ? undefined : 'no such day';
}

/** HHMMSS, or the beginning of it; a leap second is second 60. */
function checkTime(value: string): string | undefined {
  const isTime = Number(value.slice(0, 2)) <= 23 && Number(value.slice(2, 4)) <= 59 && Number(value.slice(4, 6)) <= 60;
  return isTime ? undefined : 'no such time';
}

/** YYYYMMDDHHMMSS.FFFFFF&ZZXX, or the beginning of it. */
function checkDateTime(value: string): string | undefined {
  const [, digits = '', offset] = /^(\d+)(?:\.\d+)?([+-]\d{4})?$/.exec(value)!;
  if (offset !== undefined) {
    const minutes = Number(offset.slice(0, 3)) * 60 + Number(offset[0] + offset.slice(3));
    const isReal = Number(offset.slice(3)) <= 59 && minutes >= -12 * 60 && minutes <= 14 * 60 && offset !== '-0000';
    if (!isReal) return 'no such offset from UTC';
  }
  return checkDate(digits.slice(0, 8)) ?? checkTime(digits.slice(8));
}

function checkPersonName(value: string): string | undefined {
  const groups = value.split('=');
  if (groups.length > 3) return 'more than 3 component groups';
  if (groups.some((group) => lengthOf(group) > 64)) return 'a component group of more than 64 characters';
  if (groups.some((group) => group.split('^').length > 5)) return 'more than 5 components';
  return undefined;
}

/** PS3.5 table 6.2-1. */
const TEXT_VRS: Readonly<Record<string, TextVr>> = {
  AE: { longest: 16, pattern: /^[ -[\]-~]*$/, expected: 'characters of the default repertoire' },
  AS: { pattern: /^\d{3}[DWMY]$/, expected: 'nnnD, nnnW, nnnM or nnnY' },
  CS: { longest: 16, pattern: /^[A-Z0-9 _]*$/, expected: 'capital letters, digits, blanks and underscores' },
  DA: { pattern: /^\d{8}$/, expected: 'YYYYMMDD', check: checkDate },
  DS: { longest: 16, pattern: DECIMAL, expected: 'a decimal number' },
  DT: {
    pattern: /^\d{4}(?:\d{2}){0,4}(?:\d{2}(?:\.\d{1,6})?)?(?:[+-]\d{4})?$/,
    expected: 'YYYYMMDDHHMMSS.FFFFFF&ZZXX',
    check: checkDateTime,
  },
  IS: {
    longest: 12,
    pattern: /^[+-]?\d+$/,
    expected: 'an integer',
    check: (value) => (Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31 ? undefined : 'out of range'),
  },
  LO: { longest: 64 },
  LT: { longest: 10240, paragraphs: true, single: true, keepsLeading: true },
  PN: { check: checkPersonName, keepsLeading: true },
  SH: { longest: 16 },
  ST: { longest: 1024, paragraphs: true, single: true, keepsLeading: true },
  TM: { pattern: /^\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?$/, expected: 'HHMMSS.FFFFFF', check: checkTime },
  UC: { keepsLeading: true },
  UI: { longest: 64, pattern: /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*$/, expected: 'a UID' },
  // RFC 3986 2, as PS3.5 demands: other characters are percent-encoded.
  UR: { pattern: /^[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]*$/, expected: 'a URI', single: true },
  UT: { paragraphs: true, single: true, keepsLeading: true },
};

/** UN, and VRs to come (PS3.5 6.2.2): may be any text. */
const UNKNOWN: TextVr = { paragraphs: true };

function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** A value without what PS3.5 6.2 calls insignificant: padding, and blanks in front where they mean nothing. */
function trim(value: string, { keepsLeading }: TextVr): string {
  let end = value.length;
  while (end > 0 && isPadding(value.charCodeAt(end - 1))) end--;
  let start = 0;
  while (!keepsLeading && start < end && value.charCodeAt(start) === 0x20) start++;
  return value.slice(start, end);
}

function isPadding(code: number): boolean {
  return code === 0x20 || code === 0;
}

/** The values of a text as `decodeValue` gives it (PS3.5 6.4): ST, LT, UT and UR have one, whatever is in it. */
export function splitValues(text: string, vr: string): string[] {
  return TEXT_VRS[vr]?.single ? [text] : text.split('\\');
}

function decodeText(vr: string, rules: TextVr, bytes: Uint8Array, charset: Charset): string {
  const text = charset.decode(bytes, vr);
  if (rules.single || !text.includes('\\')) return trim(text, rules);
  return text
    .split('\\')
    .map((value) => trim(value, rules))
    .join('\\');
}

/** The text in a UN value; '' when it does not look like text. */
function decodeUnknown(bytes: Uint8Array, charset: Charset): string {
  if (bytes.length > LONGEST_UNKNOWN) return '';
  const text = decodeText('UN', UNKNOWN, bytes, charset);
  const isOdd = CONTROL_IN_PARAGRAPHS.test(text) || text.includes('\ufffd');
  // Without a character set every byte above 7FH is a guess: small integers would look like text.
  return isOdd || (charset.terms.length === 0 && !/^[ -~\s]*$/.test(text)) ? '' : text;
}

// --- The public part ---------------------------------------------------------------------------------------------

/**
 * The value of an element as text; several values with a backslash between them (PS3.5 6.4).
 *
 * - Text comes without padding, and without blanks in front where PS3.5 6.2 calls them insignificant.
 * - US, SS, UL, SL, UV, SV are decimal; FL and FD the shortest decimal that reads back as the same number; AT is
 *   `(GGGG,EEEE)`.
 * - OB, OW, OF, OL, OD, OV are hexadecimal digits of the bytes as they stand, or '' beyond 64 bytes.
 * - UN is its text where it looks like text, else ''. SQ is ''.
 *
 * Never throws: bytes that do not make a whole number are left out. What it gives for a legal element, `encodeValue`
 * takes again, but for the values that have no text.
 */
export function decodeValue(vr: string, bytes: Uint8Array, { littleEndian, charset }: ValueEncoding): string {
  const rules = TEXT_VRS[vr];
  if (rules) return decodeText(vr, rules, bytes, charset);
  const number = NUMBER_VRS[vr];
  if (number) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let text = '';
    for (let at = 0; at + number.size <= bytes.length; at += number.size) {
      text += `${at === 0 ? '' : '\\'}${number.read(view, at, littleEndian)}`;
    }
    return text;
  }
  if (vr === 'SQ') return '';
  return vr in BINARY_UNITS ? hexText(bytes) : decodeUnknown(bytes, charset);
}

/**
 * The value field of an element for a text: the reverse of `decodeValue`, of even length (PS3.5 6.2, 7.1.1).
 *
 * The empty text is the empty value of every VR. How many values an attribute may have is not checked.
 *
 * @throws ValueError when the VR, or the character set, cannot hold the text.
 */
export function encodeValue(
  vr: string,
  text: string,
  { littleEndian, charset, tag }: ValueEncoding & { readonly tag?: Tag },
): Uint8Array {
  const fail = (code: 'value' | 'charset', reason: string): never => {
    throw new ValueError(code, `${tag === undefined ? '' : `${formatTag(tag)} `}${vr}: ${reason}`);
  };
  if (text === '') return new Uint8Array(0);
  const number = NUMBER_VRS[vr];
  if (number) {
    const values = text.split('\\');
    const bytes = new Uint8Array(values.length * number.size);
    const view = new DataView(bytes.buffer);
    for (const [index, value] of values.entries()) {
      if (!number.write(view, index * number.size, value.trim(), littleEndian))
        fail('value', 'not a number it can hold');
    }
    return bytes;
  }
  if (vr === 'SQ') return fail('value', 'a sequence has no text');
  const unit = BINARY_UNITS[vr];
  if (unit !== undefined) {
    if (!/^(?:[0-9a-f]{2})+$/i.test(text)) fail('value', 'hexadecimal digits expected');
    if (text.length % (2 * unit) !== 0) fail('value', `not a multiple of ${unit} bytes`);
    return padded(Buffer.from(text, 'hex'), 0);
  }

  const rules = TEXT_VRS[vr] ?? UNKNOWN;
  const values = (rules.single ? [text] : text.split('\\')).map((value) => trim(value, rules));
  for (const value of values) {
    const reason = reasonAgainst(value, rules);
    if (reason !== undefined) fail('value', reason);
  }
  const bytes = charset.encode(values.join('\\'), vr) ?? fail('charset', 'characters outside the character set');
  return padded(bytes, vr === 'UI' ? 0 : 0x20);
}

/** Why a value is not one of its VR, or undefined. */
function reasonAgainst(value: string, rules: TextVr): string | undefined {
  if (value === '') return undefined;
  if ((rules.paragraphs ? CONTROL_IN_PARAGRAPHS : CONTROL).test(value)) return 'control characters';
  if (!value.isWellFormed()) return 'half a character (a lone surrogate)';
  if (rules.longest !== undefined && lengthOf(value) > rules.longest) return `more than ${rules.longest} characters`;
  if (rules.pattern && !rules.pattern.test(value)) return `${rules.expected} expected`;
  return rules.check?.(value);
}

function padded(bytes: Uint8Array, pad: number): Uint8Array {
  if (bytes.length % 2 === 0) return bytes;
  const even = new Uint8Array(bytes.length + 1);
  even.set(bytes);
  even[bytes.length] = pad;
  return even;
}
