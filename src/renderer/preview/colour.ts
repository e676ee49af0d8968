/** What a photometric interpretation means for the numbers of a decoded frame. */

import type { ImageInfo } from '#shared/contract.ts';
import type { Samples } from './samples.ts';
import { PreviewError } from './samples.ts';

/** Decoders that undo a colour transform themselves (JPEG, JPEG 2000) say `rgb` instead. @throws PreviewError */
export function colourOf(
  image: Pick<ImageInfo, 'photometricInterpretation' | 'samplesPerPixel' | 'palette'>,
): Samples['colour'] {
  const { photometricInterpretation: name, samplesPerPixel } = image;
  if (samplesPerPixel === 1) {
    if (name !== 'PALETTE COLOR') return 'grey';
    if (image.palette === undefined) throw new PreviewError('unsupported-colour');
    return 'palette';
  }
  if (samplesPerPixel !== 3) throw new PreviewError('unsupported-colour');
  switch (name) {
    case 'RGB':
    case 'YBR_RCT':
    case 'YBR_ICT':
      return 'rgb';
    case 'YBR_FULL':
    case 'YBR_FULL_422':
      return 'ybr';
    default:
      throw new PreviewError('unsupported-colour');
  }
}
