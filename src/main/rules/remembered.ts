/** What was made of some attributes of an object: in the next object of the study they are mostly the same. */

import type { Charset } from '#main/engine/dataset/charset.ts';
import { copyOfValue, type ElementRef, findElement, hasValue } from '#main/engine/dataset/elements.ts';
import type { Encoding } from '#main/engine/dataset/transfer-syntax.ts';
import type { Vr } from '#shared/dicom/dictionary.ts';
import type { Tag } from '#shared/dicom/tag.ts';
import type { Subject } from './subject.ts';

interface RememberedValue {
  readonly vr: Vr;
  readonly bytes: Uint8Array;
}

/** Longer values are read each time. */
const LONGEST = 1024;

export class Remembered<Made> {
  readonly #tags: readonly Tag[];
  readonly #make: (subject: Subject) => Made;
  #values: readonly (RememberedValue | undefined)[] = [];
  #charset: Charset | undefined;
  #encoding: Encoding | undefined;
  #made: Made | undefined;

  /**
   * @param tags outermost elements
   * @param make reads nothing of an object but these, in its charset and encoding
   */
  constructor(tags: readonly Tag[], make: (subject: Subject) => Made) {
    this.#tags = tags.toSorted((a, b) => a - b);
    this.#make = make;
  }

  /** As `make` gives it. */
  of(subject: Subject): Made {
    if (this.#made === undefined || !this.#isOf(subject)) {
      this.#made = this.#make(subject);
      this.#remember(subject);
    }
    return this.#made;
  }

  #isOf({ charset, object: { header, encoding } }: Subject): boolean {
    if (charset !== this.#charset || encoding !== this.#encoding) return false;
    const { bytes, elements } = header;
    let next = 0;
    let last = -1;
    for (let index = 0; index < elements.length; index++) {
      const element = elements[index]!;
      if (element.tag <= last) return false;
      last = element.tag;
      for (; next < this.#tags.length && this.#tags[next]! < last; next++) if (this.#values[next]) return false;
      if (this.#tags[next] !== last) continue;
      const value = this.#values[next];
      if (value?.vr !== element.vr || !hasValue(bytes, element, value.bytes)) return false;
      next += 1;
    }
    for (; next < this.#tags.length; next++) if (this.#values[next]) return false;
    return true;
  }

  #remember({ charset, object: { header, encoding } }: Subject): void {
    const elements = this.#tags.map((tag) => findElement(header.elements, tag));
    const isOdd =
      !isInOrder(header.elements) ||
      elements.some((element) => element && element.valueEnd - element.valueStart > LONGEST);
    // Without a charset there is nothing that the next object could be like.
    this.#charset = isOdd ? undefined : charset;
    this.#encoding = encoding;
    this.#values = elements.map((element) =>
      element && !isOdd ? { vr: element.vr, bytes: copyOfValue(header.bytes, element) } : undefined,
    );
  }
}

/** Each tag once, as PS3.5 7.1 has it: what is not so is read each time. */
function isInOrder(elements: readonly ElementRef[]): boolean {
  return elements.every(({ tag }, index) => index === 0 || tag > elements[index - 1]!.tag);
}
