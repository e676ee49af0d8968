/** The new UIDs of the objects before, the last one for each tag: those of study, series and frame of reference come again. */

import { copyOfValue, type ElementRef, hasValue } from '#main/engine/dataset/elements.ts';
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
  find(element: ElementRef, bytes: Uint8Array): LastUid | undefined {
    const last = element.vr === 'UI' ? this.#byTag.get(element.tag) : undefined;
    return last && hasValue(bytes, element, last.before) ? last : undefined;
  }

  keep(element: ElementRef, bytes: Uint8Array, text: string, value: Uint8Array): void {
    const { tag, vr, valueStart, valueEnd } = element;
    if (vr !== 'UI' || valueEnd - valueStart > LONGEST) return;
    if (this.#byTag.size >= MOST) this.#byTag.clear();
    this.#byTag.set(tag, { before: copyOfValue(bytes, element), text, bytes: value });
  }
}
