/** Writes small data sets by keyword, in Explicit VR Little Endian (PS3.5 7.1.2, 7.5, A.2). */

import { entryOfKeyword, type Vr } from '#shared/dicom/dictionary.ts';

/** Values by keyword, as people write them; numbers are fine for IS and DS. A list of data sets is a sequence. */
export interface WritableDataSet {
  readonly [keyword: string]:
    | string
    | number
    | readonly (string | number)[]
    | readonly WritableDataSet[]
    | Uint8Array
    | Uint16Array;
}

/** VRs with a 32-bit length (PS3.5 7.1.2), as far as they are written here. */
const LONG: readonly Vr[] = ['OB', 'OW', 'SQ', 'UT', 'UN'];

/**
 * Encodes a data set, its elements in the order of their tags. For data that is made here, not for that of peers.
 * @throws Error for a keyword that PS3.6 does not know, and for text beyond ASCII
 */
export function writeDataSet(dataSet: WritableDataSet): Uint8Array {
  const elements = Object.entries(dataSet).map(([keyword, value]) => {
    const entry = entryOfKeyword(keyword);
    if (!entry) throw new Error(`${keyword} is not a keyword of PS3.6`);
    // 8-bit samples are OB, 16-bit ones OW (PS3.5 A.2).
    const vr = keyword !== 'PixelData' ? entry.vr : value instanceof Uint16Array ? 'OW' : 'OB';
    return { tag: entry.tag, vr, value: valueBytes(vr, value) };
  });
  elements.sort((a, b) => a.tag - b.tag);
  return Buffer.concat(elements.flatMap(({ tag, vr, value }) => [elementHeader(tag, vr, value.length), value]));
}

function elementHeader(tag: number, vr: Vr, length: number): Buffer {
  const long = LONG.includes(vr);
  const bytes = Buffer.alloc(long ? 12 : 8);
  bytes.writeUInt16LE(Math.floor(tag / 0x10000), 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  bytes.write(vr, 4, 'latin1');
  if (long) bytes.writeUInt32LE(length, 8);
  else bytes.writeUInt16LE(length, 6);
  return bytes;
}

function valueBytes(vr: Vr, value: WritableDataSet[string]): Uint8Array {
  if (value instanceof Uint8Array) return padded(value, 0);
  if (value instanceof Uint16Array) {
    const bytes = Buffer.alloc(value.length * 2);
    value.forEach((sample, index) => {
      bytes.writeUInt16LE(sample, index * 2);
    });
    return bytes;
  }
  const values = Array.isArray(value) ? value : [value];
  if (vr === 'SQ') return Buffer.concat(values.flatMap(sequenceItem));
  if (vr === 'US') return Buffer.concat(values.map(uint16));
  const text = values.join('\\');
  if (!/^[\x20-\x7e\r\n]*$/.test(text)) throw new Error('only ASCII text can be written');
  return padded(Buffer.from(text, 'latin1'), vr === 'UI' ? 0 : 0x20);
}

function sequenceItem(item: WritableDataSet): Uint8Array[] {
  const content = writeDataSet(item);
  const header = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  header.writeUInt32LE(content.length, 4);
  return [header, content];
}

function uint16(value: number): Uint8Array {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function padded(bytes: Uint8Array, pad: number): Uint8Array {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Uint8Array.of(pad)]);
}
