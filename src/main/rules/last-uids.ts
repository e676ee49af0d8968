/** The new UIDs of the objects before, the last one for each tag: those of study, series and frame of reference come again. */

import type { ElementRef } from '#main/engine/dataset/elements.ts';
import type { Tag } from '#shared/dicom/tag.ts';

interface LastUid {
  /** The value field as it came. */
  readonly before: Uint8Array;
  /** Several with a backslash between them. */
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Objects have some ten UIDs on top. */
const MOST = 64;
/** Longer ones are lists, which no two objects share. */
const LONGEST = 128;

export class LastUids {
  readonly #byTag = new Map<Tag, LastUid>();

  /** What the same value field became under the same tag. */
  find({ tag, vr, valueStart, valueEnd }: ElementRef, bytes: Uint8Array): LastUid | undefined {
    const last = vr === 'UI' ? this.#byTag.get(tag) : undefined;
    if (!last || last.before.length !== valueEnd - valueStart) return undefined;
    // From the end: that is where UIDs differ.
    const { before } = last;
    for (let at = before.length - 1; at >= 0; at--) if (before[at] !== bytes[valueStart + at]) return undefined;
    return last;
  }

  keep({ tag, vr, valueStart, valueEnd }: ElementRef, bytes: Uint8Array, text: string, value: Uint8Array): void {
    if (vr !== 'UI' || valueEnd - valueStart > LONGEST) return;
    if (this.#byTag.size >= MOST) this.#byTag.clear();
    // A copy: the memory of a fragment is used again.
    this.#byTag.set(tag, { before: Uint8Array.from(bytes.subarray(valueStart, valueEnd)), text, bytes: value });
  }
}
