/** Decodes as the preview worker does, but gives the stored values instead of a picture. */

import { decodeFrame } from '#renderer/preview/decode.ts';
import type { PreviewError } from '#renderer/preview/samples.ts';

self.onmessage = async ({ data: { bytes, image, fit } }) => {
  try {
    const decoded = await decodeFrame(new Uint8Array(bytes), image, fit);
    self.postMessage({ ...decoded, data: [...decoded.data] });
  } catch (error) {
    self.postMessage({ code: (error as PreviewError).code });
  }
};
