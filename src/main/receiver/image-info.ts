/** What a page needs to draw the frames of a stored instance, or in words why there is nothing to draw. */

import { frameBits, type PixelLayout, pixelLayoutOf, type StoredElement, type StoredFile } from '#main/engine/index.ts';
import type { CommandResults, ImageInfo } from '#shared/contract.ts';
import type { Tag } from '#shared/dicom/tag.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN, sopClassName, transferSyntaxName } from '#shared/dicom/uids.ts';

type Answer = CommandResults['instance-image'];

const none = (reason: string): Answer => ({ image: null, reason });

/** How the image of an instance is drawn. */
export function imageInfoOf(file: StoredFile): Answer {
  const layout = pixelLayoutOf(file);
  if (layout === undefined) return none(reasonWithoutPixels(file));
  const reason = reasonAgainst(file, layout);
  if (reason !== undefined) return none(reason);
  const { encapsulated, ...rest } = layout;
  const rescale = transformation(file, 0x00289145);
  const window = transformation(file, 0x00289132);
  const windowCenter = numberOf(window(0x00281050));
  const windowWidth = numberOf(window(0x00281051));
  const palette = layout.photometricInterpretation === 'PALETTE COLOR' ? paletteOf(file) : undefined;
  const image: ImageInfo = {
    ...rest,
    // Native pixels are drawn as such, whatever the file says they are in.
    transferSyntaxUid:
      encapsulated || PLAIN.test(file.transferSyntaxUid) ? file.transferSyntaxUid : EXPLICIT_VR_LITTLE_ENDIAN,
    rescaleSlope: numberOf(rescale(0x00281053)) || 1,
    rescaleIntercept: numberOf(rescale(0x00281052)) ?? 0,
    ...(windowCenter === undefined || windowWidth === undefined ? {} : { windowCenter, windowWidth }),
    // Frames are given with their words in little endian, whatever the file is in.
    bigEndian: false,
    ...(palette ? { palette } : {}),
  };
  return { image };
}

// --- Why not -----------------------------------------------------------------------------------------------------------

function reasonWithoutPixels(file: StoredFile): string {
  const sopClass = file.text(0x00080016);
  const name = sopClassName(sopClass);
  if (file.element(0x00420011)) {
    const type = file.text(0x00420012) === 'application/pdf' ? 'a PDF document' : 'a document';
    return `The object holds ${type}, not an image. Open its file with another program, or look at its tags.`;
  }
  if (file.element(0x7fe00008) || file.element(0x7fe00009)) {
    return 'The pixels are floating point numbers, which this preview does not draw.';
  }
  if (file.element(0x00287fe0)) return 'The pixels are on another server; only their address is stored here.';
  if (file.element(0x54000100)) return 'The object holds waveforms, not an image.';
  if (file.element(0x0040a730) || file.text(0x00080060) === 'SR') {
    return 'The object is a report: its content is in the tags, there is no image.';
  }
  return name === undefined ? 'The object has no pixels.' : `This object (${name}) has no pixels.`;
}

/** MPEG, H.264 and H.265 (PS3.5 8.2.5 to 8.2.8), whole streams rather than frames. */
const VIDEO = /^1\.2\.840\.10008\.1\.2\.4\.10[0-8](?:\.1)?$/;
/** Compressed syntaxes that the page has decoders for: RLE, JPEG and JPEG-LS, JPEG 2000, HTJ2K; and pixels as they are. */
const DRAWABLE = /^1\.2\.840\.10008\.1\.2\.(?:1\.98|5|4\.(?:5[0-9]|6[0-6]|70|8[01]|9[0-3]|20[123]))$/;
/** Syntaxes of pixels as they are. */
const PLAIN = /^1\.2\.840\.10008\.1\.2(?:|\.1|\.1\.99|\.2)$/;

const INTERPRETATIONS = new Set([
  'MONOCHROME1',
  'MONOCHROME2',
  'PALETTE COLOR',
  'RGB',
  'YBR_FULL',
  'YBR_FULL_422',
  'YBR_ICT',
  'YBR_RCT',
]);

function reasonAgainst(file: StoredFile, layout: PixelLayout): string | undefined {
  const syntax = file.transferSyntaxUid;
  if (layout.encapsulated && VIDEO.test(syntax)) {
    return `The object is a video (${transferSyntaxName(syntax) ?? syntax}), which this preview does not play.`;
  }
  if (layout.encapsulated && !DRAWABLE.test(syntax)) {
    return `This preview cannot decode ${transferSyntaxName(syntax) ?? `the transfer syntax ${syntax}`}.`;
  }
  if (layout.frames < 1) return 'The object says that it has no frames.';
  if (layout.rows < 1 || layout.columns < 1) return 'The object does not say how many rows and columns it has.';
  if (![1, 8, 16, 32].includes(layout.bitsAllocated)) {
    return `The pixels have ${layout.bitsAllocated} bits, which this preview does not draw.`;
  }
  if (![1, 3].includes(layout.samplesPerPixel)) {
    return `The pixels have ${layout.samplesPerPixel} samples, which this preview does not draw.`;
  }
  if (!INTERPRETATIONS.has(layout.photometricInterpretation)) {
    return `The colours are given as ${layout.photometricInterpretation || 'nothing'}, which this preview does not draw.`;
  }
  const pixels = file.element(0x7fe00010)!;
  if (!layout.encapsulated && pixels.size * 8 < frameBits(layout)) {
    return 'The object is not complete: it ends before its first frame does.';
  }
  return undefined;
}

// --- Values ------------------------------------------------------------------------------------------------------------

/** The first of the numbers in a text. */
function numberOf(text: string): number | undefined {
  const number = Number.parseFloat(text.split('\\')[0] ?? '');
  return Number.isFinite(number) ? number : undefined;
}

/**
 * Reads attributes of a transformation: of the image, or of the functional group `sequence` for all frames or the first
 * (PS3.3 C.7.6.16).
 */
function transformation(file: StoredFile, sequence: Tag): (tag: Tag) => string {
  const inGroups = (groups: Tag) => {
    const [group] = file.element(groups)?.items() ?? [];
    return group?.find(({ tag }) => tag === sequence)?.items()?.[0];
  };
  let found: readonly StoredElement[] | undefined;
  return (tag) => {
    const direct = file.text(tag);
    if (direct !== '') return direct;
    found ??= inGroups(0x52009229) ?? inGroups(0x52009230) ?? [];
    return found.find((element) => element.tag === tag)?.text().text ?? '';
  };
}

/** The colour tables, scaled to 0 to 255 (PS3.3 C.7.6.3.1.5, C.7.9). */
function paletteOf(file: StoredFile): NonNullable<ImageInfo['palette']> | undefined {
  const [count = 0, first = 0, bits = 16] = file.text(0x00281101).split('\\').map(Number);
  // 0 stands for 65,536, which 16 bits cannot hold.
  const entries = count === 0 ? 65536 : count;
  const table = (plain: Tag, segmented: Tag) => {
    const whole = file.element(plain)?.bytes();
    if (whole !== undefined) return tableOf(whole, entries, bits, file.encoding.littleEndian);
    const segments = file.element(segmented)?.bytes();
    return segments && tableOf16(expandSegments(wordsOf(segments, file.encoding.littleEndian)), entries, bits);
  };
  const red = table(0x00281201, 0x00281221);
  const green = table(0x00281202, 0x00281222);
  const blue = table(0x00281203, 0x00281223);
  return red && green && blue && { first, red, green, blue };
}

function tableOf(bytes: Uint8Array, entries: number, bits: number, littleEndian: boolean): readonly number[] {
  // 8-bit entries come packed two in a word, or, from some writers, one in each.
  if (bits <= 8 && bytes.length < entries * 2) return [...bytes.subarray(0, entries)];
  return tableOf16(wordsOf(bytes, littleEndian), entries, bits);
}

function tableOf16(words: readonly number[], entries: number, bits: number): readonly number[] {
  const table = words.slice(0, entries);
  // Tables that say 16 bits and use 8 are as common as the others.
  const wide = bits > 8 && table.some((word) => word > 255);
  return table.map((word) => (wide ? word >>> 8 : word & 0xff));
}

function wordsOf(bytes: Uint8Array, littleEndian: boolean): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words: number[] = [];
  for (let at = 0; at + 2 <= bytes.length; at += 2) words.push(view.getUint16(at, littleEndian));
  return words;
}

const MOST_ENTRIES = 65536;

/** Segmented tables (PS3.3 C.7.9.2): discrete values, straight lines, and segments that are used again. */
export function expandSegments(words: readonly number[]): readonly number[] {
  const table: number[] = [];
  const run = (from: number, segments: number, nested: boolean): number => {
    let at = from;
    for (let done = 0; done < segments && at + 1 < words.length && table.length < MOST_ENTRIES; done++) {
      const [code, length] = [words[at]!, words[at + 1]!];
      if (code === 0) {
        table.push(...words.slice(at + 2, at + 2 + length));
        at += 2 + length;
      } else if (code === 1) {
        const start = table.at(-1) ?? 0;
        const end = words[at + 2] ?? start;
        for (let step = 1; step <= length; step++) table.push(Math.round(start + ((end - start) * step) / length));
        at += 3;
      } else if (code === 2 && !nested) {
        const offset = (words[at + 2] ?? 0) + (words[at + 3] ?? 0) * 0x10000;
        run(offset / 2, length, true);
        at += 4;
      } else break;
    }
    return at;
  };
  run(0, Number.POSITIVE_INFINITY, false);
  return table;
}
