/** From the bytes of one frame to its stored values, whichever transfer syntax they are in. */

import type { ImageInfo } from '#shared/contract.ts';
import type { Decoded } from './codecs.ts';
import { decodeHtj2k, decodeJpeg, decodeJpeg2000, decodeJpegLossless, decodeJpegLs } from './codecs.ts';
import { colourOf } from './colour.ts';
import { readJpegHeader, withColourMark } from './jpeg-header.ts';
import { decodeNative } from './native.ts';
import { decodeRle } from './rle.ts';
import type { Samples } from './samples.ts';
import { checkSize, fitBits, interleave, PreviewError } from './samples.ts';

export type CodecFamily = 'native' | 'rle' | 'jpeg' | 'jpeg-2000' | 'htj2k' | 'video';

const FAMILIES: Readonly<Record<string, CodecFamily>> = {
  '1.2.840.10008.1.2': 'native',
  '1.2.840.10008.1.2.1': 'native',
  '1.2.840.10008.1.2.1.98': 'native',
  '1.2.840.10008.1.2.1.99': 'native',
  '1.2.840.10008.1.2.2': 'native',
  '1.2.840.10008.1.2.5': 'rle',
  '1.2.840.10008.1.2.4.90': 'jpeg-2000',
  '1.2.840.10008.1.2.4.91': 'jpeg-2000',
  '1.2.840.10008.1.2.4.92': 'jpeg-2000',
  '1.2.840.10008.1.2.4.93': 'jpeg-2000',
  '1.2.840.10008.1.2.4.201': 'htj2k',
  '1.2.840.10008.1.2.4.202': 'htj2k',
  '1.2.840.10008.1.2.4.203': 'htj2k',
};

/** Which decoder a transfer syntax needs; undefined: none that is here. */
export function codecFamily(transferSyntaxUid: string): CodecFamily | undefined {
  const known = FAMILIES[transferSyntaxUid];
  if (known !== undefined) return known;
  const jpeg = /^1\.2\.840\.10008\.1\.2\.4\.(\d+)$/.exec(transferSyntaxUid);
  const number = Number(jpeg?.[1]);
  if (number >= 50 && number <= 81) return 'jpeg';
  return number >= 100 && number <= 108 ? 'video' : undefined;
}

/**
 * Decodes one frame.
 * @param fit only a thumbnail of this size is wanted; wavelets are then decoded at a lower resolution
 * @throws PreviewError that says why it cannot be drawn
 */
export async function decodeFrame(bytes: Uint8Array, image: ImageInfo, fit?: number): Promise<Samples> {
  checkSize(image.columns, image.rows);
  try {
    switch (codecFamily(image.transferSyntaxUid)) {
      case 'native':
        return decodeNative(bytes, image);
      case 'rle':
        return decodeRle(bytes, image);
      case 'jpeg':
        return await decodeAnyJpeg(bytes, image);
      case 'jpeg-2000':
        return samplesOf(await decodeJpeg2000(bytes, fit), image);
      case 'htj2k':
        return samplesOf(await decodeHtj2k(bytes, fit), image);
      case 'video':
        throw new PreviewError('video');
      default:
        throw new PreviewError('unsupported-syntax');
    }
  } catch (error) {
    if (error instanceof PreviewError) throw error;
    // What the decoders throw is made for their authors, when it is words at all.
    throw new PreviewError('damaged');
  }
}

/** The frame header decides, not the transfer syntax: there are lossless frames that are announced as others. */
async function decodeAnyJpeg(bytes: Uint8Array, image: ImageInfo): Promise<Samples> {
  const header = readJpegHeader(bytes);
  checkSize(header.width, header.height);
  switch (header.process) {
    case 'jpeg-ls': {
      const { planar, ...decoded } = await decodeJpegLs(bytes);
      return samplesOf(
        planar ? { ...decoded, values: interleave(decoded.values, decoded.components) } : decoded,
        image,
      );
    }
    case 'lossless':
      return samplesOf(decodeJpegLossless(bytes), image);
    case 'sequential':
    case 'progressive': {
      if (header.precision > 8) throw new PreviewError('jpeg-12-bit');
      if (header.components === 1) return samplesOf(await decodeJpeg(bytes), image);
      if (header.components !== 3) throw new PreviewError('unsupported-colour');
      const marked = header.saysColour ? bytes : withColourMark(bytes, colourOf(image) === 'rgb' ? 'rgb' : 'ybr');
      return { ...samplesOf(await decodeJpeg(marked), image), colour: 'rgb' };
    }
    default:
      throw new PreviewError('unsupported-syntax');
  }
}

function samplesOf({ width, height, components, bits, values }: Decoded, image: ImageInfo): Samples {
  return {
    width,
    height,
    samplesPerPixel: components,
    bits,
    colour: colourOf({ ...image, samplesPerPixel: components }),
    data: fitBits(values, bits, image.signed),
  };
}
