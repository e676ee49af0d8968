/** The bytes of all text that stays in an object, one value after the other: to be looked through at once. */

import type { Vr } from '#shared/dicom/dictionary.ts';

/** VRs whose values may hold something of the patient's; numbers and times do not. */
export const SCANNED_VRS: ReadonlySet<Vr> = new Set('AE AS CS DA DT LO LT PN SH ST UC UI UN UR UT'.split(' ') as Vr[]);
const LINE_FEED = 0x0a;

export class KeptText {
  #bytes = Buffer.allocUnsafe(8192);
  #length = 0;

  add(vr: Vr, value: Uint8Array): void {
    if (!SCANNED_VRS.has(vr)) return;
    const end = this.#length + value.length + 1;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * end);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(value, this.#length);
    this.#bytes[end - 1] = LINE_FEED;
    this.#length = end;
  }

  /** Every byte as a character (ISO 8859-1), a line for each value. */
  toString(): string {
    return this.#bytes.toString('latin1', 0, this.#length);
  }
}
