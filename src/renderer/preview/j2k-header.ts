/** Size and levels of a JPEG 2000 codestream, bare or inside a JP2 file: the decoder says them only when it is done. */

import { PreviewError } from './samples.ts';

export interface J2kHeader {
  readonly width: number;
  readonly height: number;
  /** How often the picture can be halved without decoding all of it. */
  readonly levels: number;
}

const START_AND_SIZE = [0xff, 0x4f, 0xff, 0x51];
const CODING_STYLE = 0x52;
const START_OF_TILE = 0x90;

/** @throws PreviewError when there is no codestream */
export function readJ2kHeader(bytes: Uint8Array): J2kHeader {
  const start = startOf(bytes);
  if (start === -1 || start + 42 > bytes.length) throw new PreviewError('damaged');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = start + 4;
  const width = view.getUint32(size + 4) - view.getUint32(size + 12);
  const height = view.getUint32(size + 8) - view.getUint32(size + 16);
  return { width, height, levels: levelsOf(view, start + 2) };
}

/** A JP2 file has boxes in front of its codestream. */
function startOf(bytes: Uint8Array): number {
  const last = Math.min(bytes.length - START_AND_SIZE.length, 65_536);
  for (let at = 0; at <= last; at++) {
    if (START_AND_SIZE.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

function levelsOf(view: DataView, from: number): number {
  for (let at = from; at + 10 <= view.byteLength && view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    if (marker === CODING_STYLE) return view.getUint8(at + 9);
    if (marker === START_OF_TILE) break;
    at += 2 + view.getUint16(at + 2);
  }
  return 0;
}
