/** From stored values to the colours of a screen: rescale, default window, palette, inversion. */

import type { ImageInfo } from '#shared/contract.ts';
import type { SampleArray, Samples } from './samples.ts';

/** A linear window over rescaled values (PS3.3 C.11.2.1.2.1). */
export interface Window {
  readonly center: number;
  readonly width: number;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** The whole frame as a picture of the same size. */
export function render(samples: Samples, image: ImageInfo): Picture {
  const { width, height } = samples;
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  switch (samples.colour) {
    case 'grey':
      paintGrey(rgba, samples.data, greyScale(samples, image));
      break;
    case 'palette':
      paintPalette(rgba, samples.data, image.palette!);
      break;
    default:
      paintColour(rgba, samples);
  }
  return { width, height, rgba };
}

/** The window that the data set suggests, else one that spans what is in the frame. */
export function windowOf(data: SampleArray, image: ImageInfo): Window {
  const { windowCenter, windowWidth, rescaleSlope, rescaleIntercept } = image;
  if (windowCenter !== undefined && windowWidth !== undefined && windowWidth >= 1) {
    return { center: windowCenter, width: windowWidth };
  }
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const ends = [least, most].map((value) => value * rescaleSlope + rescaleIntercept);
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  // Such that the lowest value is black and the highest is white. A flat frame is grey, not a division by zero.
  return high > low ? { center: (low + high) / 2 + 0.5, width: high - low + 1 } : { center: low + 0.5, width: 2 };
}

/** Black is 0, white is 255. */
export function windowed(value: number, { center, width }: Window): number {
  if (value <= center - 0.5 - (width - 1) / 2) return 0;
  if (value > center - 0.5 + (width - 1) / 2) return 255;
  return ((value - (center - 0.5)) / (width - 1) + 0.5) * 255;
}

function greyScale({ data }: Samples, image: ImageInfo): (value: number) => number {
  const window = windowOf(data, image);
  const inverted = image.photometricInterpretation === 'MONOCHROME1';
  return (value) => {
    const grey = windowed(value * image.rescaleSlope + image.rescaleIntercept, window);
    return Math.round(inverted ? 255 - grey : grey);
  };
}

function paintGrey(rgba: Uint8ClampedArray, data: SampleArray, grey: (value: number) => number): void {
  // Frames have many more pixels than values, so each value is computed once.
  const known = new Map<number, number>();
  const table = data.BYTES_PER_ELEMENT <= 2 ? new Int16Array(65536).fill(-1) : undefined;
  for (let pixel = 0; pixel < data.length; pixel++) {
    const value = data[pixel]!;
    let shade = table ? table[value & 0xffff]! : (known.get(value) ?? -1);
    if (shade === -1) {
      shade = grey(value);
      if (table) table[value & 0xffff] = shade;
      else if (known.size < 65536) known.set(value, shade);
    }
    rgba[pixel * 4] = shade;
    rgba[pixel * 4 + 1] = shade;
    rgba[pixel * 4 + 2] = shade;
  }
}

function paintPalette(rgba: Uint8ClampedArray, data: SampleArray, palette: NonNullable<ImageInfo['palette']>): void {
  const last = palette.red.length - 1;
  for (let pixel = 0; pixel < data.length; pixel++) {
    // Values outside the table take its nearest end (PS3.3 C.7.6.3.1.5).
    const entry = Math.min(last, Math.max(0, data[pixel]! - palette.first));
    rgba[pixel * 4] = palette.red[entry]!;
    rgba[pixel * 4 + 1] = palette.green[entry]!;
    rgba[pixel * 4 + 2] = palette.blue[entry]!;
  }
}

function paintColour(rgba: Uint8ClampedArray, { data, colour, bits }: Samples): void {
  const scale = 255 / (2 ** bits - 1);
  const pixels = data.length / 3;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const first = data[pixel * 3]! * scale;
    const second = data[pixel * 3 + 1]! * scale;
    const third = data[pixel * 3 + 2]! * scale;
    if (colour === 'rgb') {
      rgba[pixel * 4] = first;
      rgba[pixel * 4 + 1] = second;
      rgba[pixel * 4 + 2] = third;
    } else {
      // PS3.3 C.7.6.3.1.2, the other way round; the array clamps.
      rgba[pixel * 4] = first + 1.402 * (third - 128);
      rgba[pixel * 4 + 1] = first - 0.344136 * (second - 128) - 0.714136 * (third - 128);
      rgba[pixel * 4 + 2] = first + 1.772 * (second - 128);
    }
  }
}
