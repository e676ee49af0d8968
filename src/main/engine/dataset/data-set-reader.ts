/** Reads a Data Set while it is received: keeps its header, checks the rest, holds nothing else (PS3.5 7). */

import { formatTag, groupOf, type Tag } from '#shared/dicom/tag.ts';
import { ByteList, joinBytes } from './byte-list.ts';
import { DataSetError } from './data-set-error.ts';
import { type ElementHeader, UNDEFINED_LENGTH, vrInLength } from './element-header.ts';
import { ElementWalker } from './element-walker.ts';
import { type ElementList, type ElementRef, resolveSigned } from './elements.ts';
import type { Encoding } from './transfer-syntax.ts';

export interface DataSetReaderOptions {
  /** How the bytes pushed are encoded; deflated ones are inflated before. */
  readonly encoding: Encoding;
  /** The highest tag somebody wants to see. */
  readonly lastTag: Tag;
  /** Read on to the Pixel Data, because something will be edited. */
  readonly wholeHeader: boolean;
  /** More than this is never held. */
  readonly maxHeaderBytes: number;
  /** The header does not end before these have been seen, unless the Pixel Data or the end comes first. */
  readonly required: readonly Tag[];
}

/** Float Pixel Data, Double Float Pixel Data, Pixel Data (PS3.5 8.1). */
const PIXEL_DATA: ReadonlySet<Tag> = new Set([0x7fe00008, 0x7fe00009, 0x7fe00010]);
const FILE_META_GROUP = 0x0002;
/** An element without a value takes more memory as an ElementRef than as bytes. No real header comes near this. */
const MAX_ELEMENTS = 65536;

/**
 * Push chunks, then `finish()`; both throw a DataSetError where the bytes cannot be a Data Set, after which only `held`
 * is of use. The chunks are kept as views until the header is complete and must not be changed.
 */
export class DataSetReader {
  readonly #options: DataSetReaderOptions;
  readonly #walker: ElementWalker;
  readonly #missing: Set<Tag>;
  readonly #held = new ByteList();
  /** Group 0002 elements inside the Data Set, which have no business there (PS3.10 7.1). */
  readonly #stripped: { readonly start: number; readonly end: number }[] = [];
  #headerEnd: number | undefined;
  #header: ElementList | undefined;
  #bodyStart: readonly Uint8Array[] = [];
  #first = true;
  #length = 0;

  constructor(options: DataSetReaderOptions) {
    this.#options = options;
    this.#missing = new Set(options.required);
    this.#walker = new ElementWalker({
      encoding: options.encoding,
      onElement: (header, start) => this.#onElement(header, start),
    });
  }

  /** Bytes pushed so far. */
  get length(): number {
    return this.#length;
  }

  /** Where the header ends in the bytes pushed; undefined while that is not known. */
  get headerEnd(): number | undefined {
    return this.#headerEnd;
  }

  /** The header without group 0002, with its elements; undefined until it is complete. */
  get header(): ElementList | undefined {
    return this.#header;
  }

  /**
   * What has been pushed behind the header up to the moment it was complete. What is pushed afterwards belongs to the
   * body as it is.
   */
  get bodyStart(): readonly Uint8Array[] {
    return this.#bodyStart;
  }

  /** Everything pushed so far, as received, while the header is not complete: what a quarantine can still save. */
  get held(): readonly Uint8Array[] {
    return this.#held.slice(0);
  }

  /** Takes the next bytes of the Data Set. */
  push(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#header !== undefined) {
      this.#walker.push(chunk);
      return;
    }
    this.#held.append(chunk);
    this.#walker.push(chunk);
    if (this.#headerEnd !== undefined) this.#completeHeader(this.#headerEnd);
    else if (this.#length > this.#options.maxHeaderBytes) throw this.#tooLong();
    else this.#held.own();
  }

  /** Says that the Data Set ends here. When its header had not ended yet, all of it is header. */
  finish(): void {
    this.#walker.finish();
    if (this.#first) throw new DataSetError('not-a-data-set', 'there are no elements');
    if (this.#header === undefined) this.#completeHeader(this.#length);
  }

  /** Decides whether the header ends before this element; otherwise it is recorded. */
  #onElement(header: ElementHeader, start: number): boolean {
    if (this.#headerEnd !== undefined) return false;
    const { tag } = header;
    if (this.#walker.elements.length + this.#stripped.length >= MAX_ELEMENTS) {
      throw new DataSetError('header-too-long', `more than ${MAX_ELEMENTS} elements before the Pixel Data`);
    }
    if (groupOf(tag) === FILE_META_GROUP) {
      if (header.length === UNDEFINED_LENGTH) throw new DataSetError('malformed', `${formatTag(tag)} has no length`);
      this.#stripped.push({ start, end: start + header.size + header.length });
      return false;
    }
    if (this.#first) this.#checkFirst(header);
    this.#first = false;
    const { wholeHeader, lastTag } = this.#options;
    if (PIXEL_DATA.has(tag) || (!wholeHeader && tag > lastTag && this.#missing.size === 0)) {
      this.#headerEnd = start;
      return false;
    }
    if (this.#missing.size > 0) this.#missing.delete(tag);
    return true;
  }

  /**
   * Later elements may be odd, the first may not: it decides whether these bytes are a Data Set in this transfer syntax.
   * A storage object begins with group 0008, so a known VR or a known tag is not too much to ask.
   */
  #checkFirst({ tag, vr, vrGiven, length }: ElementHeader): void {
    const { explicitVr } = this.#options.encoding;
    if (explicitVr && !vrGiven) throw new DataSetError('not-a-data-set', `${formatTag(tag)} comes first, without a VR`);
    if (!explicitVr && vr === 'UN') throw new DataSetError('not-a-data-set', `${formatTag(tag)} comes first`);
    if (!explicitVr && vrInLength(length) !== undefined) {
      throw new DataSetError('not-a-data-set', `${formatTag(tag)} has a VR, but the transfer syntax is implicit`);
    }
  }

  #completeHeader(end: number): void {
    if (end > this.#options.maxHeaderBytes) throw this.#tooLong();
    const kept: Uint8Array[] = [];
    let at = 0;
    for (const range of this.#stripped) {
      kept.push(...this.#held.slice(at, range.start));
      at = range.end;
    }
    kept.push(...this.#held.slice(at, end));
    const bytes = joinBytes(kept);
    const elements = this.#stripped.length === 0 ? this.#walker.elements : this.#withoutStripped();
    this.#headerEnd = end;
    this.#header = { bytes, elements: resolveSigned({ bytes, elements }, this.#options.encoding) };
    this.#bodyStart = this.#held.slice(end);
    this.#held.clear();
  }

  /** The elements where they are in the bytes without group 0002. */
  #withoutStripped(): readonly ElementRef[] {
    let next = 0;
    let shift = 0;
    return this.#walker.elements.map((element) => {
      for (; next < this.#stripped.length && this.#stripped[next]!.end <= element.start; next++) {
        shift += this.#stripped[next]!.end - this.#stripped[next]!.start;
      }
      return {
        ...element,
        start: element.start - shift,
        valueStart: element.valueStart - shift,
        valueEnd: element.valueEnd - shift,
        end: element.end - shift,
      };
    });
  }

  #tooLong(): DataSetError {
    return new DataSetError('header-too-long', `more than ${this.#options.maxHeaderBytes} bytes before the Pixel Data`);
  }
}
