/** What transfer syntax a Data Set is in when nobody says so: found in its bytes. */

import { constants, inflateRawSync } from 'node:zlib';
import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { DataSetError } from './data-set-error.ts';
import { vrInLength } from './element-header.ts';
import { ElementWalker } from './element-walker.ts';
import { type Encoding, EXPLICIT_BIG, EXPLICIT_LITTLE, encodingOf, IMPLICIT_LITTLE } from './transfer-syntax.ts';

const IMPLICIT_UID = '1.2.840.10008.1.2';
const EXPLICIT_UID = '1.2.840.10008.1.2.1';
const DEFLATED_UID = '1.2.840.10008.1.2.1.99';
const BIG_UID = '1.2.840.10008.1.2.2';
const JPEG = '1.2.840.10008.1.2.4.';
const RLE_UID = '1.2.840.10008.1.2.5';

/** The encoding of the Data Set that begins with these bytes; undefined when they begin none. */
export function inferEncoding(head: Uint8Array): Encoding | undefined {
  const plain = byFirstGroup(head).find((encoding) => isPlausible(head, encoding));
  if (plain) return plain;
  try {
    const inflated = inflateRawSync(head, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: 64 * head.length + 1024,
    });
    return isPlausible(inflated, EXPLICIT_LITTLE) ? encodingOf(DEFLATED_UID) : undefined;
  } catch {
    // No deflate stream either.
    return undefined;
  }
}

/**
 * The plain encodings, most likely first. Big-endian (0010,0010) is little-endian (1000,1000), which is an element, too:
 * Data Sets begin with low groups, so the byte order in which the first group is the lower one goes first.
 */
function byFirstGroup(head: Uint8Array): readonly Encoding[] {
  const little = [EXPLICIT_LITTLE, IMPLICIT_LITTLE];
  return head[0]! < head[1]! ? [EXPLICIT_BIG, ...little] : [...little, EXPLICIT_BIG];
}

/** The plain transfer syntax of an encoding. */
export function transferSyntaxOf(encoding: Encoding): string {
  if (encoding.deflated) return DEFLATED_UID;
  if (!encoding.littleEndian) return BIG_UID;
  return encoding.explicitVr ? EXPLICIT_UID : IMPLICIT_UID;
}

/** Elements that have to make sense before the rest is believed. */
const ENOUGH = 12;

function isPlausible(head: Uint8Array, encoding: Encoding): boolean {
  let count = 0;
  let last = -1;
  const walker = new ElementWalker({
    encoding,
    onElement({ tag, vr, vrGiven, length }) {
      const first = count === 0;
      const wrong =
        tag <= last ||
        (first && entryOfTag(tag) === undefined) ||
        (encoding.explicitVr ? first && !vrGiven : vr !== 'UN' && vrInLength(length) !== undefined && length > 0x10000);
      if (wrong && count < ENOUGH) throw new DataSetError('not-a-data-set', 'these are no elements');
      last = tag;
      count += 1;
      return false;
    },
  });
  try {
    walker.push(head);
  } catch (error) {
    if (!(error instanceof DataSetError)) throw error;
    return count >= ENOUGH;
  }
  return count > 0;
}

/**
 * The transfer syntax of encapsulated pixels by the first fragment of the value that begins with these bytes. What nobody
 * recognises is called JPEG Baseline: the default of PS3.5 8.2.1 for lossy pixels.
 */
export function inferEncapsulated(value: Uint8Array): string {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (value.length < 16) return `${JPEG}50`;
  // Past the offset table and the header of the first fragment.
  const start = 8 + view.getUint32(4, true) + 8;
  const frame = value.subarray(start);
  const begins = (...bytes: number[]) => bytes.every((byte, index) => frame[index] === byte);
  if (begins(0xff, 0xd8)) return jpegSyntax(frame);
  if (begins(0xff, 0x4f, 0xff, 0x51)) return jpeg2000Syntax(frame);
  // Some writers put the whole JP2 file there, boxes first.
  if (begins(0, 0, 0, 0x0c, 0x6a, 0x50)) return jpeg2000Syntax(frame.subarray(codestreamIn(frame)));
  if (begins(0xff, 0x0a) || begins(0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20)) return `${JPEG}112`;
  if (begins(0, 0, 1, 0xb3)) return `${JPEG}100`;
  if (begins(0, 0, 0, 1) || begins(0, 0, 1)) return `${JPEG}102`;
  if (frame.length >= 64 && isRle(frame)) return RLE_UID;
  return `${JPEG}50`;
}

/** Where SOC and SIZ are; 0 when they are nowhere. */
function codestreamIn(frame: Uint8Array): number {
  const at = frame.findIndex((byte, index) => byte === 0xff && frame[index + 1] === 0x4f && frame[index + 2] === 0xff);
  return Math.max(at, 0);
}

/** PS3.5 G.5: the number of segments and where they begin; the first begins behind the header. */
function isRle(frame: Uint8Array): boolean {
  const view = new DataView(frame.buffer, frame.byteOffset, 64);
  const segments = view.getUint32(0, true);
  return segments >= 1 && segments <= 15 && view.getUint32(4, true) === 64;
}

/** ISO/IEC 10918-1 and 14495-1: the frame header names the process, the scan header predictor and error bound. */
function jpegSyntax(frame: Uint8Array): string {
  let process = 0xc0;
  for (let at = 2; at + 9 < frame.length; ) {
    if (frame[at] !== 0xff) break;
    const marker = frame[at + 1]!;
    const length = frame[at + 2]! * 0x100 + frame[at + 3]!;
    if (marker === 0xda) {
      // Components, then predictor (lossless) or NEAR (JPEG-LS).
      const selection = frame[at + 5 + 2 * frame[at + 4]!];
      if (process === 0xf7) return selection === 0 ? `${JPEG}80` : `${JPEG}81`;
      if (process === 0xc3) return selection === 1 ? `${JPEG}70` : `${JPEG}57`;
      break;
    }
    if ((marker >= 0xc0 && marker <= 0xc3) || marker === 0xf7) process = marker;
    at += 2 + length;
  }
  if (process === 0xc1) return `${JPEG}51`;
  if (process === 0xc3) return `${JPEG}70`;
  return process === 0xf7 ? `${JPEG}80` : `${JPEG}50`;
}

/** ISO/IEC 15444-1 A.6.1: the last byte of COD's coding style says whether the wavelet is reversible; CAP means HTJ2K. */
function jpeg2000Syntax(frame: Uint8Array): string {
  let highThroughput = false;
  for (let at = 2; at + 13 < frame.length; ) {
    if (frame[at] !== 0xff) break;
    const marker = frame[at + 1]!;
    if (marker === 0x50) highThroughput = true;
    if (marker === 0x52) {
      const reversible = frame[at + 13] === 1;
      if (highThroughput) return reversible ? `${JPEG}201` : `${JPEG}203`;
      return reversible ? `${JPEG}90` : `${JPEG}91`;
    }
    at += 2 + frame[at + 2]! * 0x100 + frame[at + 3]!;
  }
  return `${JPEG}91`;
}
