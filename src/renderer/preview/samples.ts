/** What every decoder gives: the stored values of one frame, pixel after pixel, and what kind of colour they are. */

export type SampleArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

export interface Samples {
  readonly width: number;
  readonly height: number;
  /** 1 or 3. */
  readonly samplesPerPixel: number;
  /** How many bits of each value mean something. */
  readonly bits: number;
  /** `ybr`: full range luminance and two colour differences (PS3.3 C.7.6.3.1.2). */
  readonly colour: 'grey' | 'rgb' | 'ybr' | 'palette';
  /** The samples of one pixel stand together, whatever the planar configuration was. */
  readonly data: SampleArray;
}

/** Why a frame cannot be drawn; the page has words for each. */
export const PREVIEW_PROBLEMS = [
  'jpeg-12-bit',
  'video',
  'unsupported-syntax',
  'unsupported-colour',
  'unsupported-depth',
  'too-large',
  'too-short',
  'damaged',
  'timeout',
  'crashed',
] as const;
export type PreviewProblem = (typeof PREVIEW_PROBLEMS)[number];

export class PreviewError extends Error {
  readonly code: PreviewProblem;
  constructor(code: PreviewProblem) {
    super(code);
    this.name = 'PreviewError';
    this.code = code;
  }
}

/** A frame of more pixels is not drawn: with all its intermediate forms it would take most of a gigabyte. */
export const MOST_PIXELS = 64 * 1024 * 1024;

/** @throws PreviewError unless a picture of this size can be held */
export function checkSize(width: number, height: number): void {
  if (width < 1 || height < 1) throw new PreviewError('damaged');
  if (width * height > MOST_PIXELS) throw new PreviewError('too-large');
}

/** An array for values of this many bits. */
export function sampleArray(length: number, bits: number, signed: boolean): SampleArray {
  if (bits <= 8) return signed ? new Int8Array(length) : new Uint8Array(length);
  if (bits <= 16) return signed ? new Int16Array(length) : new Uint16Array(length);
  return signed ? new Int32Array(length) : new Uint32Array(length);
}

/**
 * The lowest `bits` bits of each value, as signed or unsigned numbers. Decoders do not know what the data set says of the
 * sign, and what stands above the stored bits (overlays of old) is none of the picture.
 */
export function fitBits(values: ArrayLike<number>, bits: number, signed: boolean): SampleArray {
  const result = sampleArray(values.length, bits, signed);
  const unused = 32 - bits;
  for (let index = 0; index < result.length; index++) {
    const raised = values[index]! << unused;
    result[index] = signed ? raised >> unused : raised >>> unused;
  }
  return result;
}

/** Puts samples that come plane by plane together pixel by pixel. */
export function interleave<Values extends SampleArray>(planes: Values, samplesPerPixel: number): Values {
  const result = planes.slice() as Values;
  const pixels = planes.length / samplesPerPixel;
  for (let sample = 0; sample < samplesPerPixel; sample++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      result[pixel * samplesPerPixel + sample] = planes[sample * pixels + pixel]!;
    }
  }
  return result;
}
