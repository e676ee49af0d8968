/** Tag, VR and length in front of a value: the only place that knows how they are laid out (PS3.5 7.1, 7.5). */

import { type Vr, vrOfTag } from '#shared/dicom/dictionary.ts';
import type { Tag } from '#shared/dicom/tag.ts';
import type { ByteWriter } from './byte-writer.ts';
import { type Encoding, EXPLICIT_LITTLE } from './transfer-syntax.ts';

/** The length field of sequences, items and encapsulated Pixel Data that end with a delimiter (PS3.5 7.5). */
export const UNDEFINED_LENGTH = 0xffffffff;

export const ITEM = 0xfffee000;
export const ITEM_DELIMITATION = 0xfffee00d;
export const SEQUENCE_DELIMITATION = 0xfffee0dd;

/** One decoded element header. Filled in place: a header costs no allocation. */
export interface ElementHeader {
  tag: Tag;
  vr: Vr;
  length: number;
  /** Bytes of the header itself: 8 or 12. */
  size: number;
  /** The VR was written in the element, and is one that the standard knows. */
  vrGiven: boolean;
}

/** An empty ElementHeader for `readElementHeader` to fill. */
export function createElementHeader(): ElementHeader {
  return { tag: 0, vr: 'UN', length: 0, size: 0, vrGiven: false };
}

// PS3.5 table 7.1-2. All VRs that are not among these have a 32-bit length, future ones included.
const SHORT_VRS: readonly Vr[] = [
  'AE',
  'AS',
  'AT',
  'CS',
  'DA',
  'DS',
  'DT',
  'FD',
  'FL',
  'IS',
  'LO',
  'LT',
  'PN',
  'SH',
  'SL',
  'SS',
  'ST',
  'TM',
  'UI',
  'UL',
  'US',
];
const LONG_VRS: readonly Vr[] = ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'];

const WITH_SHORT_LENGTH: ReadonlySet<Vr> = new Set(SHORT_VRS);

/** Whether an explicit VR has a 16-bit length field (PS3.5 7.1.2). */
function hasShortLength(vr: Vr): boolean {
  return WITH_SHORT_LENGTH.has(vr);
}

interface VrForm {
  readonly vr: Vr;
  readonly short: boolean;
}

const UNKNOWN_VR: VrForm = { vr: 'UN', short: false };

// By (first letter - 'A') * 26 + (second letter - 'A'): one array read per element instead of a string and a map.
const VR_FORMS: readonly VrForm[] = (() => {
  const forms = new Array<VrForm>(26 * 26).fill(UNKNOWN_VR);
  for (const vr of [...SHORT_VRS, ...LONG_VRS]) {
    forms[(vr.charCodeAt(0) - 65) * 26 + vr.charCodeAt(1) - 65] = { vr, short: SHORT_VRS.includes(vr) };
  }
  return forms;
})();

/** The form of two upper-case letters; undefined when the two bytes are anything else. */
function vrFormAt(bytes: Uint8Array, at: number): VrForm | undefined {
  const first = bytes[at]! - 65;
  const second = bytes[at + 1]! - 65;
  return first >= 0 && first < 26 && second >= 0 && second < 26 ? VR_FORMS[first * 26 + second] : undefined;
}

/** `??`, two spaces, two NULs: what some old writers put where they knew no VR, always with a 16-bit length. */
function isPlaceholderVr(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at]!;
  return byte === bytes[at + 1] && (byte === 0x3f || byte === 0x20 || byte === 0);
}

/** The VR that two bytes name, if the standard knows it. */
function knownVrAt(bytes: Uint8Array, at: number): Vr | undefined {
  const form = vrFormAt(bytes, at);
  return form === undefined || form === UNKNOWN_VR ? undefined : form.vr;
}

/** The VR that somebody who expects an implicit VR has read as the beginning of a length. */
export function vrInLength(length: number): Vr | undefined {
  return knownVrAt(Uint8Array.of(length & 0xff, (length >>> 8) & 0xff), 0);
}

function uint16(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
}

function uint32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian
    ? uint16(bytes, at + 2, true) * 0x10000 + uint16(bytes, at, true)
    : uint16(bytes, at, false) * 0x10000 + uint16(bytes, at + 2, false);
}

/**
 * Decodes the element header at `at` (PS3.5 7.1.2, 7.1.3, 7.5) and returns its size, or 0 when the header may go on
 * behind `end`: then call again with more bytes.
 *
 * What real writers do wrong is read as others read it: unknown VRs of two letters have the 32-bit form; placeholders
 * have the 16-bit form and the VR of the dictionary; anything else in place of a VR means that the writer fell back to
 * implicit VR, as some do inside sequences. Group 0002 is Explicit VR Little Endian wherever it turns up.
 */
export function readElementHeader(
  bytes: Uint8Array,
  at: number,
  end: number,
  encoding: Encoding,
  header: ElementHeader,
): number {
  if (end - at < 8) return 0;
  let { explicitVr, littleEndian } = encoding;
  if (bytes[at] === 2 && bytes[at + 1] === 0 && bytes[at + 3] === 0 && knownVrAt(bytes, at + 4) !== undefined) {
    ({ explicitVr, littleEndian } = EXPLICIT_LITTLE);
  }
  const group = uint16(bytes, at, littleEndian);
  const tag = group * 0x10000 + uint16(bytes, at + 2, littleEndian);
  header.tag = tag;
  header.size = 8;
  header.vrGiven = false;
  if (group === 0xfffe) {
    header.vr = 'UN';
    header.length = uint32(bytes, at + 4, littleEndian);
    return 8;
  }
  if (explicitVr) {
    const form = vrFormAt(bytes, at + 4);
    if (form !== undefined) {
      header.vr = form.vr;
      header.vrGiven = form !== UNKNOWN_VR;
      if (form.short) {
        header.length = uint16(bytes, at + 6, littleEndian);
        return 8;
      }
      if (end - at < 12) return 0;
      header.size = 12;
      header.length = uint32(bytes, at + 8, littleEndian);
      return 12;
    }
    if (isPlaceholderVr(bytes, at + 4)) {
      header.vr = vrOfTag(tag);
      header.length = uint16(bytes, at + 6, littleEndian);
      return 8;
    }
  }
  header.vr = vrOfTag(tag);
  header.length = uint32(bytes, at + 4, littleEndian);
  return 8;
}

/**
 * Encodes an element header, also those of items and delimiters (PS3.5 7.1, 7.5). A value that is too long for the
 * 16-bit length of its VR is written as UN, as PS3.5 6.2.2 asks.
 */
export function encodeElementHeader(tag: Tag, vr: Vr, length: number, encoding: Encoding): Uint8Array {
  const written = writtenVr(tag, vr, length, encoding);
  const bytes = new Uint8Array(written !== undefined && !hasShortLength(written) ? 12 : 8);
  putHeader(bytes, 0, tag, written, length, encoding.littleEndian);
  return bytes;
}

/** Appends an element header. */
export function writeElementHeader(writer: ByteWriter, tag: Tag, vr: Vr, length: number, encoding: Encoding): void {
  const written = writtenVr(tag, vr, length, encoding);
  const at = writer.skip(written !== undefined && !hasShortLength(written) ? 12 : 8);
  putHeader(writer.bytes, at, tag, written, length, encoding.littleEndian);
}

/** Puts the length into a header that was written with another one, which began at `at`; of a VR with 32-bit length, or of an item. */
export function patchLength(
  writer: ByteWriter,
  at: number,
  tag: Tag,
  length: number,
  { explicitVr, littleEndian }: Encoding,
): void {
  const isLong = explicitVr && Math.floor(tag / 0x10000) !== 0xfffe;
  writeUint32(writer.bytes, at + (isLong ? 8 : 4), length, littleEndian);
}

/** The VR as it is written; undefined where none is. */
function writtenVr(tag: Tag, vr: Vr, length: number, { explicitVr }: Encoding): Vr | undefined {
  if (!explicitVr || Math.floor(tag / 0x10000) === 0xfffe) return undefined;
  return length > 0xffff && hasShortLength(vr) ? 'UN' : vr;
}

function putHeader(bytes: Uint8Array, at: number, tag: Tag, vr: Vr | undefined, length: number, little: boolean): void {
  writeUint16(bytes, at, Math.floor(tag / 0x10000), little);
  writeUint16(bytes, at + 2, tag & 0xffff, little);
  if (vr === undefined) {
    writeUint32(bytes, at + 4, length, little);
    return;
  }
  bytes[at + 4] = vr.charCodeAt(0);
  bytes[at + 5] = vr.charCodeAt(1);
  if (hasShortLength(vr)) {
    writeUint16(bytes, at + 6, length, little);
    return;
  }
  // Reserved (PS3.5 7.1.2); the memory may hold anything.
  bytes[at + 6] = 0;
  bytes[at + 7] = 0;
  writeUint32(bytes, at + 8, length, little);
}

// A DataView would cost more than the rest of a header.
function writeUint16(bytes: Uint8Array, at: number, value: number, littleEndian: boolean): void {
  bytes[littleEndian ? at : at + 1] = value & 0xff;
  bytes[littleEndian ? at + 1 : at] = value >>> 8;
}

export function writeUint32(bytes: Uint8Array, at: number, value: number, littleEndian: boolean): void {
  writeUint16(bytes, littleEndian ? at : at + 2, value & 0xffff, littleEndian);
  writeUint16(bytes, littleEndian ? at + 2 : at, value >>> 16, littleEndian);
}
