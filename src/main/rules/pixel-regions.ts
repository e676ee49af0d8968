/** Rectangles of native frames as ranges of bytes (PS3.3 C.7.6.3, PS3.5 8). */

import type { BlankRegions } from '#main/engine/dataset/body-editor.ts';
import type { PixelRule } from '#shared/rules.ts';
import { ObjectVerdict } from './rule-set-error.ts';
import type { Subject } from './subject.ts';

type Rectangle = PixelRule['rectangles'][number];

interface Range {
  readonly start: number;
  readonly end: number;
  readonly fill: Uint8Array;
}

/**
 * What is to be overwritten in the frames of an object; nothing where it has none. A verdict where that cannot be done:
 * compressed pixels, and layouts that are not whole bytes.
 */
export function blankRegions(
  subject: Subject,
  rectangles: readonly Rectangle[],
): BlankRegions | ObjectVerdict | undefined {
  if (rectangles.length === 0) return undefined;
  const number = (keyword: string) => Number(subject.keyword(keyword) || Number.NaN);
  const rows = number('Rows');
  const columns = number('Columns');
  if (!(rows > 0 && columns > 0)) return undefined;
  if (subject.object.encoding.encapsulated) {
    return new ObjectVerdict('quarantine', 'A region of its pixels is to be blanked, and they are compressed');
  }
  const samples = number('SamplesPerPixel') || 1;
  const bits = number('BitsAllocated');
  const photometric = subject.keyword('PhotometricInterpretation') ?? '';
  if (![8, 16, 32].includes(bits) || photometric === 'YBR_FULL_422') {
    return new ObjectVerdict(
      'quarantine',
      'A region of its pixels is to be blanked, and their layout is not supported',
    );
  }
  const bytes = bits / 8;
  const planar = samples > 1 && subject.keyword('PlanarConfiguration') === '1';
  const pixel = bytes * (planar ? 1 : samples);
  const plane = rows * columns * pixel;
  const fills = planar
    ? Array.from({ length: samples }, (_, sample) => fillOf(photometric, samples, bits, subject, sample))
    : [fillOf(photometric, samples, bits, subject)];
  const ranges: Range[] = [];
  for (const [index, fill] of fills.entries()) {
    for (const { x, y, width, height } of rectangles) {
      const right = Math.min(x + width, columns);
      for (let row = y; row < Math.min(y + height, rows) && x < right; row++) {
        const start = index * plane + (row * columns + x) * pixel;
        ranges.push({ start, end: start + (right - x) * pixel, fill });
      }
    }
  }
  if (ranges.length === 0) return undefined;
  const frames = Math.max(1, Math.floor(number('NumberOfFrames') || 1));
  return { frameLength: plane * fills.length, frames, ranges: merged(ranges) };
}

/** In ascending order, without overlap. */
function merged(ranges: readonly Range[]): Range[] {
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  const result: Range[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (!last || range.start >= last.end || range.fill !== last.fill) result.push(range);
    else if (range.end > last.end) result[result.length - 1] = { ...last, end: range.end };
  }
  return result;
}

/** Black: zeros, but the middle for the colour differences of YBR and the highest value where white is 0. */
function fillOf(photometric: string, samples: number, bits: number, subject: Subject, only?: number): Uint8Array {
  const bytes = bits / 8;
  const stored = Number(subject.keyword('BitsStored') || bits);
  const values = Array.from({ length: samples }, (_, sample) => {
    if (photometric === 'MONOCHROME1') return 2 ** stored - 1;
    return photometric.startsWith('YBR') && sample > 0 ? 2 ** (stored - 1) : 0;
  });
  const wanted = only === undefined ? values : [values[only]!];
  const fill = new Uint8Array(wanted.length * bytes);
  const { littleEndian } = subject.object.encoding;
  for (const [index, value] of wanted.entries()) {
    for (let byte = 0; byte < bytes; byte++) {
      const shift = littleEndian ? byte : bytes - 1 - byte;
      fill[index * bytes + byte] = Math.floor(value / 2 ** (8 * shift)) & 0xff;
    }
  }
  return fill;
}
