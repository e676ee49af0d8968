/** Walks through the elements of a Data Set as its bytes arrive, in constant memory (PS3.5 7.1, 7.5, A.4). */

import type { Vr } from '#shared/dicom/dictionary.ts';
import { formatTag, type Tag } from '#shared/dicom/tag.ts';
import { DataSetError, type DataSetErrorCode } from './data-set-error.ts';
import {
  createElementHeader,
  type ElementHeader,
  ITEM,
  ITEM_DELIMITATION,
  readElementHeader,
  SEQUENCE_DELIMITATION,
  UNDEFINED_LENGTH,
} from './element-header.ts';
import type { ElementRef } from './elements.ts';
import { type Encoding, IMPLICIT_LITTLE } from './transfer-syntax.ts';

/** Sequences inside sequences that are still read. Real objects (SR, protocols) stay below 20. */
export const MAX_DEPTH = 64;

/** `data-set`: elements. `sequence`: items with elements in them. `fragments`: items with raw bytes in them. */
export type Contents = 'data-set' | 'sequence' | 'fragments';

/** Something that has been entered and not been left: the Data Set itself, a sequence, an item. */
interface Frame {
  readonly contents: Contents;
  readonly encoding: Encoding;
  /** Where it ends by its length; Infinity when a delimiter ends it. */
  readonly end: number;
  /** What it cannot reach beyond: the end of the nearest container whose length is known. */
  readonly limit: number;
  /** Its entry among the recorded elements, if it has one that waits for its end. */
  readonly open: Mutable<ElementRef> | undefined;
  /** Where what is found directly inside is recorded; undefined: it is not. */
  readonly inside: Mutable<ElementRef>[] | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const PIXEL_DATA = 0x7fe00010;

/** What the value of an element is made of; undefined for plain bytes (PS3.5 7.5, A.4, 6.2.2). */
export function contentsOf(tag: Tag, vr: Vr, undefinedLength: boolean): Contents | undefined {
  if (vr === 'SQ') return 'sequence';
  if (!undefinedLength) return undefined;
  return vr === 'UN' && tag !== PIXEL_DATA ? 'sequence' : 'fragments';
}

export class ElementWalker {
  /** The elements of the outermost level, as far as they have been entered. */
  readonly elements: Mutable<ElementRef>[] = [];
  readonly #onElement: ((header: ElementHeader, start: number) => boolean) | undefined;
  readonly #onPadding: ((start: number) => void) | undefined;
  readonly #header = createElementHeader();
  readonly #frames: Frame[] = [];
  #frame: Frame;
  /** Position of the next byte to be pushed. */
  #offset: number;
  /** Bytes of the current value that are still to come. */
  #skip = 0;
  /** The beginning of a header whose end has not arrived. */
  #split: Uint8Array | undefined;
  #splitLength = 0;
  #depth = 0;
  #started = false;
  #inPadding = false;
  readonly #isDeep: boolean;
  readonly #trusts: boolean;

  /**
   * `onElement` sees the header of every element of the outermost level before it is entered, and says whether to
   * record it; it may throw. Without it everything is recorded; with `isDeep`, so is what is inside, as `children`.
   * `onPadding` hears where the zeros begin that nobody reads. With `trusts`, what is inside a known length is passed over.
   */
  constructor(options: {
    encoding: Encoding;
    contents?: Contents;
    start?: number;
    onElement?: (header: ElementHeader, start: number) => boolean;
    onPadding?: (start: number) => void;
    isDeep?: boolean;
    trusts?: boolean;
  }) {
    this.#isDeep = options.isDeep ?? false;
    this.#trusts = options.trusts ?? false;
    this.#frame = {
      contents: options.contents ?? 'data-set',
      encoding: options.encoding,
      end: Number.POSITIVE_INFINITY,
      limit: Number.POSITIVE_INFINITY,
      open: undefined,
      inside: this.elements,
    };
    this.#offset = options.start ?? 0;
    this.#onElement = options.onElement;
    this.#onPadding = options.onPadding;
  }

  /** Takes the next bytes; throws a DataSetError at the first header that cannot be. */
  push(chunk: Uint8Array): void {
    const length = chunk.length;
    const base = this.#offset;
    let at = 0;
    while (at < length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, length - at);
        this.#skip -= step;
        at += step;
        continue;
      }
      if (this.#inPadding) break;
      if (this.#splitLength > 0) {
        const before = this.#splitLength;
        const taken = Math.min(12 - before, length - at);
        const split = this.#split!;
        split.set(chunk.subarray(at, at + taken), before);
        const size = readElementHeader(split, 0, before + taken, this.#frame.encoding, this.#header);
        if (size === 0) {
          this.#splitLength += taken;
          break;
        }
        this.#splitLength = 0;
        const start = base + at - before;
        at += size - before;
        this.#enter(start);
        continue;
      }
      this.#leaveFinished(base + at);
      const size = readElementHeader(chunk, at, length, this.#frame.encoding, this.#header);
      if (size === 0) {
        // Most walkers see whole headers only: this is made when one of them does not.
        this.#split ??= new Uint8Array(12);
        this.#split.set(chunk.subarray(at));
        this.#splitLength = length - at;
        break;
      }
      this.#enter(base + at);
      at += size;
    }
    this.#offset = base + length;
  }

  /** Bytes of the current value that are still to come: whoever can jump may pass them over with `skip`. */
  get pending(): number {
    return this.#skip;
  }

  /** Bytes pushed last that begin an element header whose end has not arrived. */
  get unread(): number {
    return this.#splitLength;
  }

  /** Goes on as if the next bytes, at most those `pending`, had been pushed. */
  skip(count: number): void {
    const step = Math.min(count, this.#skip);
    this.#skip -= step;
    this.#offset += step;
  }

  /** Says that no more bytes come; throws a DataSetError when something is still open. */
  finish(): void {
    if (this.#skip > 0) throw this.#error('truncated', 'the bytes end inside a value');
    if (this.#splitLength === 0) this.#leaveFinished(this.#offset);
    else if (!this.#endsInPadding()) throw this.#error('truncated', 'the bytes end inside an element header');
    if (this.#frames.length === 0) return;
    if (this.#frame.end === Number.POSITIVE_INFINITY) throw this.#error('unclosed', 'the bytes end before a delimiter');
    throw this.#error('truncated', 'the bytes end inside a sequence');
  }

  #endsInPadding(): boolean {
    if (!this.#started || this.#frames.length > 0) return false;
    return this.#split!.subarray(0, this.#splitLength).every((byte) => byte === 0);
  }

  /** Handles the header just read, which starts at `start`. */
  #enter(start: number): void {
    const { tag, length, size } = this.#header;
    const valueStart = start + size;
    if (length >= 0xfffffff0 && length !== UNDEFINED_LENGTH) {
      throw this.#error('not-a-data-set', `${formatTag(tag)} claims an impossible length`, start);
    }
    if (valueStart + (length === UNDEFINED_LENGTH ? 0 : length) > this.#frame.limit) {
      throw this.#error('malformed', `${formatTag(tag)} is longer than what contains it`, start);
    }
    if (this.#frame.contents === 'data-set') this.#enterElement(start, valueStart);
    else this.#enterItem(start, valueStart);
  }

  #enterElement(start: number, valueStart: number): void {
    const { tag, vr, length } = this.#header;
    const outermost = this.#frames.length === 0;
    if (tag === ITEM_DELIMITATION && !outermost && this.#frame.end === Number.POSITIVE_INFINITY) {
      this.#leave(start, valueStart);
      return;
    }
    if (tag === 0 && length === 0 && outermost && this.#started) {
      // Some writers fill their files up with zeros; what follows is kept, not looked at.
      this.#inPadding = true;
      this.#onPadding?.(start);
      return;
    }
    if (tag < 0x10000 || tag >= 0xfffe0000) {
      throw this.#error(this.#started ? 'malformed' : 'not-a-data-set', `${formatTag(tag)} cannot be here`, start);
    }
    let recorded = this.#isDeep;
    if (outermost) {
      recorded = this.#onElement?.(this.#header, start) ?? true;
      this.#started = true;
    }
    const undefinedLength = length === UNDEFINED_LENGTH;
    const entry = recorded ? this.#record(start, valueStart) : undefined;
    const contents = contentsOf(tag, vr, undefinedLength);
    if (contents === undefined || (this.#trusts && !undefinedLength)) this.#skip = length;
    else this.#open(contents, vr === 'UN' ? IMPLICIT_LITTLE : this.#frame.encoding, valueStart, entry);
  }

  #enterItem(start: number, valueStart: number): void {
    const { tag, length } = this.#header;
    const outermost = this.#frames.length === 0;
    if (tag === ITEM) {
      const entry = outermost || this.#isDeep ? this.#record(start, valueStart) : undefined;
      if (this.#frame.contents === 'sequence') this.#open('data-set', this.#frame.encoding, valueStart, entry);
      else if (length !== UNDEFINED_LENGTH) this.#skip = length;
      else throw this.#error('malformed', 'a fragment has no length', start);
      return;
    }
    if (tag === SEQUENCE_DELIMITATION && !outermost && this.#frame.end === Number.POSITIVE_INFINITY) {
      this.#leave(start, valueStart);
      return;
    }
    // An item of defined length that is closed once more: superfluous, harmless, and seen in real files.
    if (tag === ITEM_DELIMITATION) return;
    throw this.#error('malformed', `${formatTag(tag)} where an item is due`, start);
  }

  #record(start: number, valueStart: number): Mutable<ElementRef> {
    const { tag, vr, length } = this.#header;
    const undefinedLength = length === UNDEFINED_LENGTH;
    // Of undefined length: closed by #leave.
    const end = undefinedLength ? valueStart : valueStart + length;
    // With `children` from the beginning: a property that comes later takes memory of its own.
    const entry: Mutable<ElementRef> = {
      tag,
      vr,
      start,
      valueStart,
      valueEnd: end,
      end,
      undefinedLength,
      children: undefined,
    };
    this.#frame.inside?.push(entry);
    return entry;
  }

  #open(contents: Contents, encoding: Encoding, valueStart: number, entry: Mutable<ElementRef> | undefined): void {
    const { length } = this.#header;
    if (contents !== 'data-set' && ++this.#depth > MAX_DEPTH) {
      throw this.#error('too-deep', `more than ${MAX_DEPTH} nested sequences`, valueStart);
    }
    const defined = length !== UNDEFINED_LENGTH;
    const inside = this.#isDeep ? [] : undefined;
    if (inside && entry) entry.children = inside;
    this.#frames.push(this.#frame);
    this.#frame = {
      contents,
      encoding,
      end: defined ? valueStart + length : Number.POSITIVE_INFINITY,
      limit: defined ? valueStart + length : this.#frame.limit,
      open: defined ? undefined : entry,
      inside,
    };
  }

  #leave(valueEnd: number, end: number): void {
    const { open, contents } = this.#frame;
    if (open !== undefined) {
      open.valueEnd = valueEnd;
      open.end = end;
    }
    if (contents !== 'data-set') this.#depth--;
    this.#frame = this.#frames.pop()!;
  }

  /** Leaves everything that ends at `position` by its length. */
  #leaveFinished(position: number): void {
    while (this.#frame.end === position) this.#leave(position, position);
  }

  #error(code: DataSetErrorCode, what: string, position = this.#offset): DataSetError {
    return new DataSetError(code, `${what} (byte ${position} of the Data Set)`);
  }
}
