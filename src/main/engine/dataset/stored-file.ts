/**
 * Reads stored instances, with file meta or bare: where their elements are, and values on demand. Nothing but the element
 * headers and the values asked for is read; only a deflated Data Set is inflated as a whole.
 */

import { constants, inflateRawSync } from 'node:zlib';
import { type Vr, vrOfTag } from '#shared/dicom/dictionary.ts';
import { elementOf, groupOf, isPrivate, type Tag } from '#shared/dicom/tag.ts';
import { joinBytes } from './byte-list.ts';
import { type Charset, charsetOf } from './charset.ts';
import { DataSetError } from './data-set-error.ts';
import { ElementWalker } from './element-walker.ts';
import {
  asSigned,
  type ElementRef,
  encodingInside,
  findElement,
  itemsOf,
  PIXEL_REPRESENTATION,
  parseElements,
} from './elements.ts';
import { type FileMeta, readFileMeta } from './file-meta.ts';
import { inferEncapsulated, inferEncoding, transferSyntaxOf } from './infer-syntax.ts';
import { type Encoding, EXPLICIT_LITTLE, encodingOf } from './transfer-syntax.ts';
import { decodeValue } from './values.ts';

/** Bytes that can be read anywhere: an open file, or memory. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from `position` on; fewer than `length` only at the end. */
  read(position: number, length: number): Uint8Array;
}

/** A source of bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (position, length) => bytes.subarray(position, position + length) };
}

const PIECE = 65536;
const SMALL_PIECE = 512;
/** A larger deflated Data Set is not read: it has to be inflated as a whole. */
const MOST_INFLATED = 512 * 1024 * 1024;
/** A larger sequence is not taken apart. */
const LARGEST_SEQUENCE = 64 * 1024 * 1024;
/** Bytes that a character may take, escape sequences included. */
const BYTES_PER_CHARACTER = 8;

const SPECIFIC_CHARACTER_SET = 0x00080005;
export const PIXEL_DATA = 0x7fe00010;
const DEFAULT_REPERTOIRE = charsetOf([]);

const BINARY_VRS: ReadonlySet<string> = new Set(['OB', 'OW', 'OF', 'OL', 'OD', 'OV']);

/** Elements that lie side by side, and what is needed to read them. */
interface Level {
  readonly source: ByteSource;
  readonly encoding: Encoding;
  readonly charset: Charset;
  /** Private creators by the number of their block: `group * 0x100 + block` (PS3.5 7.8.1). */
  readonly creators: ReadonlyMap<number, string>;
}

/** One element of a stored instance. */
export class StoredElement {
  readonly #level: Level;
  readonly #ref: ElementRef;

  constructor(level: Level, ref: ElementRef) {
    this.#level = level;
    this.#ref = ref;
  }

  get tag(): Tag {
    return this.#ref.tag;
  }

  /** As written, or of the dictionary where the encoding has none. */
  get vr(): Vr {
    return this.#ref.vr;
  }

  /** Bytes of the value; -1: of undefined length. */
  get length(): number {
    return this.#ref.undefinedLength ? -1 : this.#ref.valueEnd - this.#ref.valueStart;
  }

  /** Where the value begins in the source of the file. */
  get valueStart(): number {
    return this.#ref.valueStart;
  }

  /** Bytes of the value field as far as they can be read, fragments and items included. */
  get size(): number {
    return this.#ref.valueEnd - this.#ref.valueStart;
  }

  /** Whose attribute it is, where it is private and its creator is there. */
  get creator(): string | undefined {
    const { tag } = this.#ref;
    return isPrivate(tag) ? this.#level.creators.get(groupOf(tag) * 0x100 + (elementOf(tag) >>> 8)) : undefined;
  }

  /** Whether the value is bytes that no text stands for. */
  get binary(): boolean {
    return BINARY_VRS.has(this.#ref.vr) || (this.#ref.undefinedLength && this.#ref.vr !== 'SQ');
  }

  /** The value field as it stands, at most `limit` bytes. */
  bytes(limit = Number.POSITIVE_INFINITY): Uint8Array {
    return this.#level.source.read(this.#ref.valueStart, Math.min(this.size, limit));
  }

  /** The value as text of at most `limit` characters (see `decodeValue`); `cut` when there is more of it. */
  text(limit = 1000): { readonly text: string; readonly cut: boolean } {
    const { vr, tag } = this.#ref;
    if (vr === 'SQ' || this.binary) return { text: '', cut: false };
    const bytes = this.bytes(limit * BYTES_PER_CHARACTER);
    const known = vr === 'UN' ? vrOfTag(tag) : vr;
    // PS3.5 6.2.2: a known attribute in UN is Implicit VR Little Endian, whatever is around it.
    const littleEndian = vr === 'UN' || this.#level.encoding.littleEndian;
    if (BINARY_VRS.has(known)) return { text: '', cut: false };
    const text = decodeValue(known, bytes, { littleEndian, charset: this.#level.charset });
    if (text.length <= limit) return { text, cut: bytes.length < this.size };
    // Half a surrogate pair is no character.
    const end = /[\ud800-\udbff]/.test(text[limit - 1]!) ? limit - 1 : limit;
    return { text: text.slice(0, end), cut: true };
  }

  /** The items of a sequence with their elements; undefined when the value is none, or cannot be taken apart. */
  items(): readonly (readonly StoredElement[])[] | undefined {
    const { vr, tag, undefinedLength } = this.#ref;
    const hidden = vr === 'UN' && (undefinedLength || vrOfTag(tag) === 'SQ') && tag !== PIXEL_DATA;
    if ((vr !== 'SQ' && !hidden) || this.size > LARGEST_SEQUENCE) return undefined;
    const bytes = this.bytes();
    const encoding = encodingInside(this.#ref, this.#level.encoding);
    const whole = { ...this.#ref, vr: 'SQ' as const, valueStart: 0, valueEnd: bytes.length };
    try {
      return itemsOf(bytes, whole, encoding).map((item) => {
        const elements = parseElements(bytes, encoding, item.valueStart, item.valueEnd);
        return elementsOf(memorySource(bytes), encoding, elements, this.#level.charset);
      });
    } catch (error) {
      if (error instanceof DataSetError) return undefined;
      throw error;
    }
  }
}

/** A stored instance, opened. */
export class StoredFile {
  /** The head of the file; undefined for a bare Data Set. */
  readonly meta: FileMeta | undefined;
  readonly transferSyntaxUid: string;
  /** The transfer syntax is not written in the file, or is not what the file is in: it follows from the bytes. */
  readonly inferred: boolean;
  readonly encoding: Encoding;
  /** Bytes of the Data Set as stored. */
  readonly dataSetSize: number;
  /** What positions of the Data Set refer to: the file, or the inflated Data Set. */
  readonly source: ByteSource;
  /** Group 0002, as far as it is there. */
  readonly metaElements: readonly StoredElement[];
  /** The outermost elements in the order of the file, those behind the pixels included. */
  readonly elements: readonly StoredElement[];
  /** Why the Data Set cannot be read to its end. */
  readonly problem: DataSetError | undefined;

  /**
   * Opens a stored instance. `headerOnly`: up to the pixels, which are listed, but as if they were empty.
   * @throws DataSetError when it is none
   */
  constructor(file: ByteSource, { headerOnly = false }: { readonly headerOnly?: boolean } = {}) {
    const head = file.read(0, PIECE);
    this.meta = metaOf(head);
    const offset = this.meta?.dataSetOffset ?? 0;
    this.dataSetSize = file.size - offset;
    let opened: Opened | undefined;
    const told = this.meta?.transferSyntaxUid ?? '';
    if (told !== '') opened = openDataSet(file, offset, encodingOf(told), headerOnly);
    const unknown = opened === undefined || opened.elements.length === 0;
    if (unknown) {
      const encoding = inferEncoding(file.read(offset, PIECE));
      if (encoding === undefined) {
        throw opened?.problem ?? new DataSetError('not-a-data-set', 'nothing here can be read as a Data Set');
      }
      opened = openDataSet(file, offset, encoding, headerOnly);
    }
    const { source, elements, encoding, problem } = opened!;
    if (elements.length === 0) throw problem ?? new DataSetError('not-a-data-set', 'there are no elements');
    this.source = source;
    this.encoding = encoding;
    this.problem = problem;
    this.metaElements = this.meta ? metaElements(head, offset) : [];
    this.elements = elementsOf(source, encoding, elements, DEFAULT_REPERTOIRE);
    // Fragments in a syntax that has none: something put them there without saying so.
    this.inferred = unknown || (!encoding.encapsulated && this.element(PIXEL_DATA)?.length === -1);
    this.transferSyntaxUid = this.inferred ? this.#inferSyntax() : told;
  }

  /** The first element with a tag. */
  element(tag: Tag): StoredElement | undefined {
    return this.elements.find((element) => element.tag === tag);
  }

  /** The text of an attribute, '' where it is absent. */
  text(tag: Tag, limit?: number): string {
    return this.element(tag)?.text(limit).text ?? '';
  }

  #inferSyntax(): string {
    const pixels = this.element(PIXEL_DATA);
    if (pixels === undefined || pixels.length !== -1) return transferSyntaxOf(this.encoding);
    return inferEncapsulated(this.source.read(pixels.valueStart, PIECE));
  }
}

interface Opened {
  readonly source: ByteSource;
  readonly encoding: Encoding;
  readonly elements: readonly ElementRef[];
  readonly problem: DataSetError | undefined;
}

/** The elements of a Data Set that begins at `offset`, up to where it can be read. */
function openDataSet(file: ByteSource, offset: number, encoding: Encoding, headerOnly: boolean): Opened {
  if (!encoding.deflated) return { encoding, ...walk(file, offset, encoding, headerOnly) };
  const source = inflated(file.read(offset, file.size - offset));
  return source === undefined
    ? {
        source: file,
        encoding,
        elements: [],
        problem: new DataSetError('bad-deflate', 'the bytes are no deflate stream that can be inflated'),
      }
    : { encoding, ...walk(source, 0, encoding, headerOnly) };
}

function inflated(bytes: Uint8Array): ByteSource | undefined {
  try {
    // What a broken stream has given until it breaks is worth looking at.
    const options = { maxOutputLength: MOST_INFLATED, finishFlush: constants.Z_SYNC_FLUSH };
    return memorySource(inflateRawSync(bytes, options));
  } catch {
    return undefined;
  }
}

function walk(source: ByteSource, start: number, encoding: Encoding, headerOnly: boolean) {
  const walker = new ElementWalker({ encoding, start });
  let problem: DataSetError | undefined;
  try {
    let length = PIECE;
    let inPixels = false;
    for (let at = start; at < source.size && !inPixels; ) {
      const piece = source.read(at, length);
      if (piece.length === 0) break;
      walker.push(piece);
      at += piece.length;
      const pending = Math.min(walker.pending, source.size - at);
      walker.skip(pending);
      at += pending;
      // Behind a long value there is most often the header of another one.
      length = pending > 0 ? SMALL_PIECE : Math.min(length * 8, PIECE);
      inPixels = headerOnly && (walker.elements.at(-1)?.tag ?? 0) >= PIXEL_DATA;
    }
    if (!inPixels) walker.finish();
  } catch (error) {
    if (!(error instanceof DataSetError)) throw error;
    problem = error;
  }
  // A value that the file does not hold to its end is as long as the file.
  const elements = walker.elements.map((element) =>
    element.valueEnd <= source.size ? element : { ...element, valueEnd: source.size, end: source.size },
  );
  return { source, elements: withSigns(source, encoding, elements), problem };
}

function withSigns(source: ByteSource, encoding: Encoding, elements: readonly ElementRef[]): readonly ElementRef[] {
  if (encoding.explicitVr) return elements;
  const element = findElement(elements, PIXEL_REPRESENTATION);
  return element && source.read(element.valueStart, 2).includes(1) ? asSigned(elements) : elements;
}

/** Elements with all that is needed to read them. */
function elementsOf(
  source: ByteSource,
  encoding: Encoding,
  refs: readonly ElementRef[],
  inherited: Charset,
): readonly StoredElement[] {
  const creators = new Map<number, string>();
  let charset = inherited;
  for (const ref of refs) {
    const isCreator = isPrivate(ref.tag) && elementOf(ref.tag) >= 0x10 && elementOf(ref.tag) <= 0xff;
    if (ref.tag !== SPECIFIC_CHARACTER_SET && !isCreator) continue;
    const value = source.read(ref.valueStart, Math.min(ref.valueEnd - ref.valueStart, 1024));
    const text = decodeValue('LO', value, { littleEndian: true, charset: DEFAULT_REPERTOIRE });
    if (isCreator) creators.set(groupOf(ref.tag) * 0x100 + elementOf(ref.tag), text);
    else charset = charsetOf(text.split('\\'));
  }
  const level: Level = { source, encoding, charset, creators };
  return refs.map((ref) => new StoredElement(level, ref));
}

// --- The head of the file ------------------------------------------------------------------------------------------

const PREAMBLE = 128 + 4;

/** File meta, also where the preamble in front of it is missing. */
function metaOf(head: Uint8Array): FileMeta | undefined {
  const meta = readFileMeta(head);
  if (meta || head[0] !== 2 || head[1] !== 0 || head[3] !== 0) return meta;
  const preamble = new Uint8Array(PREAMBLE);
  preamble.set([0x44, 0x49, 0x43, 0x4d], 128);
  const found = readFileMeta(joinBytes([preamble, head]));
  return found && { ...found, dataSetOffset: found.dataSetOffset - PREAMBLE };
}

function metaElements(head: Uint8Array, dataSetOffset: number): readonly StoredElement[] {
  const start = head[128] === 0x44 ? PREAMBLE : 0;
  try {
    const refs = parseElements(head, EXPLICIT_LITTLE, Math.min(start, dataSetOffset), dataSetOffset);
    return elementsOf(memorySource(head), EXPLICIT_LITTLE, refs, DEFAULT_REPERTOIRE);
  } catch (error) {
    if (error instanceof DataSetError) return [];
    throw error;
  }
}
