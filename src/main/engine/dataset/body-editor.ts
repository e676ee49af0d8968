/** Changes what comes behind the header while it streams past: elements behind the Pixel Data, regions of its frames. */

import type { Tag } from '#shared/dicom/tag.ts';
import { joinBytes } from './byte-list.ts';
import { ElementWalker } from './element-walker.ts';
import type { Encoding } from './transfer-syntax.ts';

/** Bytes of a value that are overwritten. */
export interface BlankRegions {
  /** The bytes of one frame. */
  readonly frameLength: number;
  readonly frames: number;
  /** Ranges of a frame in ascending order, without overlap, each with the bytes that are repeated in it. */
  readonly ranges: readonly { readonly start: number; readonly end: number; readonly fill: Uint8Array }[];
}

const PIXEL_DATA = 0x7fe00010;
const NOTHING = new Uint8Array(0);
/** Float Pixel Data, Double Float Pixel Data, Pixel Data (PS3.5 8.1). */
const PIXELS: ReadonlySet<Tag> = new Set([0x7fe00008, 0x7fe00009, PIXEL_DATA]);

/** A piece of the body, with whether it stays. */
interface Boundary {
  readonly at: number;
  readonly keep: boolean;
}

/**
 * Takes the body of a Data Set in pieces, from the header of its Pixel Data on. Elements that are not to be kept and
 * padding behind the last one are left out. Throws a DataSetError where the bytes cannot be elements.
 */
export class BodyEditor {
  readonly #walker: ElementWalker;
  readonly #blank: BlankRegions | undefined;
  #position = 0;
  #keep = true;
  #boundaries: Boundary[] = [];
  /** The beginning of an element header, held back until it is known whether the element stays. */
  #held: Uint8Array = NOTHING;
  /** Where the value of native Pixel Data begins and ends. */
  #pixels: { readonly start: number; readonly end: number } | undefined;

  constructor(encoding: Encoding, keeps: (tag: Tag) => boolean, blank?: BlankRegions) {
    this.#blank = blank;
    this.#walker = new ElementWalker({
      encoding,
      onElement: ({ tag, size, length }, start) => {
        this.#boundaries.push({ at: start, keep: PIXELS.has(tag) || keeps(tag) });
        if (tag === PIXEL_DATA) this.#pixels = { start: start + size, end: start + size + length };
        return false;
      },
      onPadding: (start) => {
        this.#boundaries.push({ at: start, keep: false });
      },
    });
  }

  /** The pieces of the next bytes that stay; views of `chunk` unless something was blanked. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#walker.push(chunk);
    const bytes = this.#held.length === 0 ? chunk : joinBytes([this.#held, chunk]);
    const start = this.#position - this.#held.length;
    this.#position += chunk.length;
    const end = this.#position - this.#walker.unread;
    const output: Uint8Array[] = [];
    let from = start;
    const take = (to: number) => {
      if (this.#keep && to > from) output.push(this.#blanked(bytes.subarray(from - start, to - start), from));
      from = to;
    };
    for (const { at, keep } of this.#boundaries) {
      take(at);
      this.#keep = keep;
    }
    this.#boundaries = [];
    take(end);
    // A copy: the memory of a fragment is used again.
    this.#held = end - start === bytes.length ? NOTHING : new Uint8Array(bytes.subarray(end - start));
    return output;
  }

  /** Overwrites what falls into a region. `at` is where the bytes are in the body. */
  #blanked(bytes: Uint8Array, at: number): Uint8Array {
    const blank = this.#blank;
    const pixels = this.#pixels;
    if (!blank || !pixels || at >= pixels.end || at + bytes.length <= pixels.start) return bytes;
    const first = Math.max(0, at - pixels.start);
    const last = Math.min(at + bytes.length, pixels.end) - pixels.start;
    let copy: Uint8Array | undefined;
    const frames = Math.min(blank.frames, Math.ceil(last / blank.frameLength));
    for (let frame = Math.floor(first / blank.frameLength); frame < frames; frame++) {
      const base = frame * blank.frameLength;
      for (const range of blank.ranges) {
        const from = Math.max(base + range.start, first);
        const to = Math.min(base + range.end, last);
        if (from >= to) continue;
        copy ??= new Uint8Array(bytes);
        const offset = pixels.start - at;
        for (let byte = from; byte < to; byte++) {
          copy[byte + offset] = range.fill[(byte - base - range.start) % range.fill.length]!;
        }
      }
    }
    return copy ?? bytes;
  }
}
