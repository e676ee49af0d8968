/** Frames that are not compressed: 1, 8, 16 and 32 bits, planar or not, either byte order, and the shared colours of 4:2:2. */

import type { ImageInfo } from '#shared/contract.ts';
import { colourOf } from './colour.ts';
import type { SampleArray, Samples } from './samples.ts';
import { checkSize, fitBits, interleave, PreviewError } from './samples.ts';

/** @throws PreviewError when there are fewer bytes than the data set announces, or a depth that DICOM does not know */
export function decodeNative(bytes: Uint8Array, image: ImageInfo): Samples {
  const { rows: height, columns: width, samplesPerPixel } = image;
  checkSize(width, height);
  const shape = { width, height, samplesPerPixel, bits: image.bitsStored };
  if (image.photometricInterpretation === 'YBR_FULL_422') {
    if (image.bitsAllocated !== 8 || samplesPerPixel !== 3) throw new PreviewError('unsupported-colour');
    return { ...shape, colour: 'ybr', data: shareColours(bytes, width * height) };
  }
  const colour = colourOf(image);
  const count = width * height * samplesPerPixel;
  const stored = readStored(bytes, count, image);
  const shift = Math.max(0, image.highBit + 1 - image.bitsStored);
  const shifted = shift === 0 ? stored : stored.map((value) => value >>> shift);
  const values = fitBits(shifted, image.bitsStored, image.signed);
  const planar = samplesPerPixel > 1 && image.planarConfiguration === 1;
  return { ...shape, colour, data: planar ? interleave(values, samplesPerPixel) : values };
}

/** The cells as they lie in the file, unsigned. */
function readStored(bytes: Uint8Array, count: number, { bitsAllocated, bigEndian }: ImageInfo): SampleArray {
  const needed = Math.ceil((count * bitsAllocated) / 8);
  if (bytes.byteLength < needed) throw new PreviewError('too-short');
  switch (bitsAllocated) {
    case 1:
      return Uint8Array.from({ length: count }, (_, index) => (bytes[index >> 3]! >> (index & 7)) & 1);
    case 8:
      return bytes.subarray(0, count);
    case 16:
      return inHostOrder(bytes, needed, 2, bigEndian, (buffer) => new Uint16Array(buffer));
    case 32:
      return inHostOrder(bytes, needed, 4, bigEndian, (buffer) => new Uint32Array(buffer));
    default:
      throw new PreviewError('unsupported-depth');
  }
}

function inHostOrder<Values>(
  bytes: Uint8Array,
  length: number,
  size: number,
  bigEndian: boolean,
  view: (buffer: ArrayBuffer) => Values,
): Values {
  const copy = bytes.slice(0, length);
  if (bigEndian) {
    for (let start = 0; start < length; start += size) copy.subarray(start, start + size).reverse();
  }
  return view(copy.buffer);
}

/** `Y1 Y2 Cb Cr` for every two pixels (PS3.3 C.7.6.3.1.2) becomes `Y1 Cb Cr Y2 Cb Cr`. */
function shareColours(bytes: Uint8Array, pixels: number): Uint8Array {
  if (bytes.byteLength < pixels * 2) throw new PreviewError('too-short');
  const result = new Uint8Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const pair = (pixel >> 1) * 4;
    result[pixel * 3] = bytes[pair + (pixel & 1)]!;
    result[pixel * 3 + 1] = bytes[pair + 2]!;
    result[pixel * 3 + 2] = bytes[pair + 3]!;
  }
  return result;
}
