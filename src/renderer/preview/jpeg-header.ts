/** The few facts in front of a JPEG or JPEG-LS bitstream that decide which decoder takes it, and what it will need. */

import { PreviewError } from './samples.ts';

export interface JpegHeader {
  readonly process: 'sequential' | 'progressive' | 'lossless' | 'jpeg-ls' | 'other';
  readonly precision: number;
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** The bitstream itself says what its colours are, by a JFIF or an Adobe segment. */
  readonly saysColour: boolean;
}

const PROCESSES: Readonly<Record<number, JpegHeader['process']>> = {
  192: 'sequential',
  193: 'sequential',
  194: 'progressive',
  195: 'lossless',
  247: 'jpeg-ls',
};

/** @throws PreviewError when no frame header comes before the first scan */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let saysColour = false;
  for (let at = 2; at + 10 <= bytes.length; ) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda) break;
    if (isFrameHeader(marker)) {
      return {
        process: PROCESSES[marker] ?? 'other',
        precision: bytes[at + 4]!,
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        components: bytes[at + 9]!,
        saysColour,
      };
    }
    if (marker === 0xe0 && startsWith(bytes, at + 4, 'JFIF')) saysColour = true;
    if (marker === 0xee && startsWith(bytes, at + 4, 'Adobe')) saysColour = true;
    at += 2 + view.getUint16(at + 2);
  }
  throw new PreviewError('damaged');
}

/** SOF0 to SOF15 and SOF55, without DHT, JPG and DAC, which stand among them. */
function isFrameHeader(marker: number): boolean {
  return marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  return [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));
}

/** The same bitstream with an Adobe segment in front that says whether its colours are RGB or YCbCr. */
export function withColourMark(bytes: Uint8Array, colour: 'rgb' | 'ybr'): Uint8Array {
  const mark = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, colour === 'rgb' ? 0 : 1];
  const result = new Uint8Array(bytes.length + mark.length);
  result.set(bytes.subarray(0, 2));
  result.set(mark, 2);
  result.set(bytes.subarray(2), 2 + mark.length);
  return result;
}
