/** The frames of a stored image as bytes: native ones by their place, encapsulated ones put together from fragments. */

import type { Tag } from '#shared/dicom/tag.ts';
import { joinBytes } from './byte-list.ts';
import { createElementHeader, ITEM, readElementHeader, UNDEFINED_LENGTH } from './element-header.ts';
import { PIXEL_DATA, type StoredElement, type StoredFile } from './stored-file.ts';

/** How the pixels of an image lie in their bytes (PS3.3 C.7.6.3). */
export interface PixelLayout {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly photometricInterpretation: string;
  readonly planarConfiguration: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly frames: number;
  /** The pixels come in fragments; otherwise they lie there as they are. */
  readonly encapsulated: boolean;
}

/** Why there is no frame to be had. The message is for a person. */
export class FrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FrameError';
  }
}

interface Fragment {
  readonly start: number;
  readonly length: number;
}

const EXTENDED_OFFSET_TABLE = 0x7fe00001;
const GE_BIG_ENDIAN_WORDS = '1.2.840.113619.5.2';
/** A frame of more bytes is not put together. */
const LARGEST_FRAME = 1024 * 1024 * 1024;

/** How the pixels of an image lie; undefined when there is no Pixel Data (7FE0,0010). */
export function pixelLayoutOf(file: StoredFile): PixelLayout | undefined {
  const pixels = file.element(PIXEL_DATA);
  if (pixels === undefined) return undefined;
  const number = (tag: Tag, absent: number) => {
    const value = Number.parseInt(file.text(tag), 10);
    return Number.isNaN(value) ? absent : value;
  };
  const bitsAllocated = number(0x00280100, 8);
  const bitsStored = number(0x00280101, bitsAllocated);
  return {
    rows: number(0x00280010, 0),
    columns: number(0x00280011, 0),
    samplesPerPixel: number(0x00280002, 1),
    photometricInterpretation: file.text(0x00280004),
    planarConfiguration: number(0x00280006, 0),
    bitsAllocated,
    bitsStored,
    highBit: number(0x00280102, bitsStored - 1),
    signed: number(0x00280103, 0) === 1,
    frames: number(0x00280008, 1),
    encapsulated: pixels.length === -1,
  };
}

/** Bits of a native frame. 4:2:2 has two samples for each pixel instead of three (PS3.3 C.7.6.3.1.2). */
export function frameBits(layout: PixelLayout): number {
  const samples = layout.photometricInterpretation === 'YBR_FULL_422' ? 2 : layout.samplesPerPixel;
  return layout.rows * layout.columns * samples * layout.bitsAllocated;
}

/**
 * One frame, counted from 0. Native frames are given with words in little endian and, for single bits, beginning with the
 * first bit of the first byte.
 * @throws FrameError
 */
export function readFrame(file: StoredFile, layout: PixelLayout, frame: number): Uint8Array {
  const pixels = file.element(PIXEL_DATA);
  if (pixels === undefined) throw new FrameError('The object has no pixels.');
  if (!(frame >= 0 && frame < layout.frames)) {
    throw new FrameError(`The object has ${layout.frames} frames: there is no frame ${frame + 1}.`);
  }
  return layout.encapsulated ? readEncapsulated(file, pixels, layout, frame) : readNative(file, pixels, layout, frame);
}

// --- Native ----------------------------------------------------------------------------------------------------------

function readNative(file: StoredFile, pixels: StoredElement, layout: PixelLayout, frame: number): Uint8Array {
  const bits = frameBits(layout);
  const firstBit = frame * bits;
  // What is swapped has to be whole: in big endian, two 8-bit pixels may share a word.
  const unit = swapUnit(file, pixels, layout);
  const first = Math.floor(firstBit / 8 / unit) * unit;
  const last = Math.ceil((firstBit + bits) / 8 / unit) * unit;
  if (Math.ceil((firstBit + bits) / 8) > pixels.size) {
    throw new FrameError(`The file ends before frame ${frame + 1} does: it is not complete.`);
  }
  if (last - first > LARGEST_FRAME) throw new FrameError('The frame is too large for a preview.');
  let bytes = file.source.read(pixels.valueStart + first, Math.min(last, pixels.size) - first);
  if (unit > 1) bytes = swapped(bytes, unit);
  const skip = firstBit - first * 8;
  if (skip % 8 !== 0) return shifted(bytes, skip, bits);
  return bytes.slice(skip / 8, skip / 8 + Math.ceil(bits / 8));
}

/** Bytes of the words whose order is to be turned around; 1: none. */
function swapUnit(file: StoredFile, pixels: StoredElement, layout: PixelLayout): number {
  const big = !file.encoding.littleEndian || file.transferSyntaxUid === GE_BIG_ENDIAN_WORDS;
  if (!big) return 1;
  // PS3.5 A.3: OB has no order, OW is in words of 16 bits, however many pixels are in them.
  if (layout.bitsAllocated <= 8) return pixels.vr === 'OB' ? 1 : 2;
  return layout.bitsAllocated / 8;
}

function swapped(bytes: Uint8Array, unit: number): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  for (let at = 0; at + unit <= bytes.length; at += unit) {
    for (let index = 0; index < unit; index++) copy[at + index] = bytes[at + unit - 1 - index]!;
  }
  return copy;
}

/** Frames of single bits follow each other without padding (PS3.5 8.1.1): moves one to the beginning of a byte. */
function shifted(bytes: Uint8Array, skip: number, bits: number): Uint8Array {
  const frame = new Uint8Array(Math.ceil(bits / 8));
  for (let bit = 0; bit < bits; bit++) {
    const from = skip + bit;
    if ((bytes[from >>> 3]! >>> (from & 7)) & 1) frame[bit >>> 3]! |= 1 << (bit & 7);
  }
  return frame;
}

// --- Encapsulated ----------------------------------------------------------------------------------------------------

/** Where the frames of each opened file are: walking over ten thousand fragments for each of as many frames takes long. */
const knownFrames = new WeakMap<StoredFile, readonly (readonly Fragment[])[]>();

function readEncapsulated(file: StoredFile, pixels: StoredElement, layout: PixelLayout, frame: number): Uint8Array {
  let frames = knownFrames.get(file);
  if (frames === undefined) {
    frames = findFrames(file, pixels, layout.frames);
    knownFrames.set(file, frames);
  }
  const fragments = frames[frame] ?? [];
  if (fragments.length === 0) throw new FrameError(`The file ends before frame ${frame + 1}: it is not complete.`);
  if (fragments.reduce((sum, { length }) => sum + length, 0) > LARGEST_FRAME) {
    throw new FrameError('The frame is too large for a preview.');
  }
  // A copy: what is given away must not be a view of a file that is kept.
  return joinBytes([...fragments.map(({ start, length }) => file.source.read(start, length)), new Uint8Array(0)]);
}

/** The fragments of each frame (PS3.5 A.4). */
function findFrames(file: StoredFile, pixels: StoredElement, count: number): readonly (readonly Fragment[])[] {
  const [table, ...fragments] = readFragments(file, pixels);
  if (table === undefined) return [];
  if (count === 1) return [fragments];
  const offsets = extendedOffsets(file) ?? basicOffsets(file, table);
  // Offsets count from the first byte behind the table to the header of a fragment.
  const base = table.start + table.length;
  const offsetOf = (fragment: Fragment) => fragment.start - 8 - base;
  const byOffset = groups(fragments, (fragment) => offsets.has(offsetOf(fragment)));
  // Where the file ends too early, the last offsets point behind it.
  const last = fragments.length === 0 ? -1 : offsetOf(fragments.at(-1)!);
  const within = [...offsets].filter((offset) => offset <= last).length;
  if (offsets.size === count && byOffset.length === within) return byOffset;
  if (fragments.length === count) return fragments.map((fragment) => [fragment]);
  const byStart = groups(fragments, (fragment) => beginsFrame(file.source.read(fragment.start, 4)));
  if (byStart.length === count) return byStart;
  // Too few for all frames: the file ends too early.
  if (fragments.length < count) return byStart.length > 1 ? byStart : fragments.map((fragment) => [fragment]);
  throw new FrameError('The file does not say which of its fragments make which frame.');
}

function readFragments(file: StoredFile, pixels: StoredElement): Fragment[] {
  const { source } = file;
  const fragments: Fragment[] = [];
  const header = createElementHeader();
  // Where the file ends before the delimiter, the fragments before it are still there.
  const end = pixels.size > 0 ? pixels.valueStart + pixels.size : source.size;
  for (let at = pixels.valueStart; at + 8 <= end; ) {
    if (readElementHeader(source.read(at, 8), 0, 8, file.encoding, header) === 0 || header.tag !== ITEM) break;
    if (header.length === UNDEFINED_LENGTH) break;
    const start = at + 8;
    fragments.push({ start, length: Math.min(header.length, source.size - start) });
    at = start + header.length;
  }
  return fragments;
}

/** Begins a new group at the first fragment, and at each one that says so. */
function groups(fragments: readonly Fragment[], begins: (fragment: Fragment) => boolean): Fragment[][] {
  const result: Fragment[][] = [];
  for (const fragment of fragments) {
    if (result.length === 0 || begins(fragment)) result.push([fragment]);
    else result.at(-1)!.push(fragment);
  }
  return result;
}

function basicOffsets(file: StoredFile, table: Fragment): ReadonlySet<number> {
  const bytes = file.source.read(table.start, table.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets = new Set<number>();
  for (let at = 0; at + 4 <= bytes.length; at += 4) offsets.add(view.getUint32(at, true));
  return offsets;
}

/** PS3.3 C.7.6.3.1.8: where 32 bits are not enough. */
function extendedOffsets(file: StoredFile): ReadonlySet<number> | undefined {
  const bytes = file.element(EXTENDED_OFFSET_TABLE)?.bytes();
  if (bytes === undefined || bytes.length === 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets = new Set<number>();
  for (let at = 0; at + 8 <= bytes.length; at += 8) offsets.add(Number(view.getBigUint64(at, true)));
  return offsets;
}

/** JPEG and JPEG-LS, JPEG 2000 and HTJ2K, JPEG XL; an RLE frame is a single fragment anyway. */
function beginsFrame(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0xff) return false;
  return bytes[1] === 0xd8 || bytes[1] === 0x0a || (bytes[1] === 0x4f && bytes[2] === 0xff && bytes[3] === 0x51);
}
