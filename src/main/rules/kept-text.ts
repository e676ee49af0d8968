/** The bytes of all text that stays in an object, one value after the other: to be looked through at once. */

import { ByteWriter } from '#main/engine/dataset/byte-writer.ts';
import type { Vr } from '#shared/dicom/dictionary.ts';

/** VRs whose values may hold something of the patient's; numbers and times do not. */
export const SCANNED_VRS: ReadonlySet<Vr> = new Set('AE AS CS DA DT LO LT PN SH ST UC UI UN UR UT'.split(' ') as Vr[]);
const LINE_FEED = 0x0a;
/** Bytes of text that objects mostly have. */
const USUAL = 8192;
const MOST_REUSED = 0x10000;

export class KeptText {
  #text = new ByteWriter(USUAL);

  /** For the next object: its memory is used again, unless it was much. */
  clear(): void {
    if (this.#text.bytes.length > MOST_REUSED) this.#text = new ByteWriter(USUAL);
    this.#text.length = 0;
  }

  /** The bytes of a value from `start` to `end`. */
  add(vr: Vr, bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (!SCANNED_VRS.has(vr)) return;
    this.#text.copy(bytes, start, end);
    const at = this.#text.skip(1);
    this.#text.bytes[at] = LINE_FEED;
  }

  /** Every byte as a character (ISO 8859-1), a line for each value. */
  toString(): string {
    const { bytes, length } = this.#text;
    return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
  }
}
