/** Run-length frames (PS3.5 Annex G): one segment for each byte of each sample, the most significant first. */

import type { ImageInfo } from '#shared/contract.ts';
import { colourOf } from './colour.ts';
import type { Samples } from './samples.ts';
import { checkSize, fitBits, PreviewError, sampleArray } from './samples.ts';

const HEADER = 64;

/** @throws PreviewError when the segments are not those that the data set announces, or end early */
export function decodeRle(bytes: Uint8Array, image: ImageInfo): Samples {
  const { rows: height, columns: width, samplesPerPixel, bitsAllocated, bitsStored } = image;
  checkSize(width, height);
  if (![8, 16, 32].includes(bitsAllocated)) throw new PreviewError('unsupported-depth');
  if (bytes.byteLength < HEADER) throw new PreviewError('too-short');
  const size = bitsAllocated / 8;
  const pixels = width * height;
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
  if (header.getUint32(0, true) !== samplesPerPixel * size) throw new PreviewError('damaged');
  const stored = sampleArray(pixels * samplesPerPixel, bitsAllocated, false);
  for (let segment = 0; segment < samplesPerPixel * size; segment++) {
    const start = header.getUint32(4 + segment * 4, true);
    const next = segment + 1 < samplesPerPixel * size ? header.getUint32(8 + segment * 4, true) : bytes.byteLength;
    const sample = Math.floor(segment / size);
    const shift = 8 * (size - 1 - (segment % size));
    const values = unpack(bytes.subarray(start, next), pixels);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const at = pixel * samplesPerPixel + sample;
      stored[at] = stored[at]! | (values[pixel]! << shift);
    }
  }
  const data = fitBits(stored, bitsStored, image.signed);
  return { width, height, samplesPerPixel, bits: bitsStored, colour: colourOf(image), data };
}

/** PackBits: a count below 128 is followed by literals, one above by a byte to repeat; 128 means nothing. */
function unpack(packed: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  let from = 0;
  let to = 0;
  while (to < length) {
    const code = packed[from++];
    if (code === undefined) throw new PreviewError('too-short');
    if (code < 128) {
      const literal = packed.subarray(from, from + Math.min(code + 1, length - to));
      result.set(literal, to);
      from += code + 1;
      to += code + 1;
      if (from > packed.length && to < length) throw new PreviewError('too-short');
    } else if (code > 128) {
      const value = packed[from++];
      if (value === undefined) throw new PreviewError('too-short');
      result.fill(value, to, to + 257 - code);
      to += 257 - code;
    }
  }
  return result;
}
