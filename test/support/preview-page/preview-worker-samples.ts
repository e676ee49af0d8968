/** Decodes as the preview worker does, but gives the stored values instead of a picture. */

import { decodeFrame } from '#renderer/preview/decode.ts';
import type { PreviewError } from '#renderer/preview/samples.ts';

self.onmessage = async ({ data: { bytes, image, fit } }) => {
  try {
    const decoded = await decodeFrame(new Uint8Array(bytes), image, fit);
    // As one text: a list of numbers takes the browser's driver ages.
    const values = new Uint8Array(Int32Array.from(decoded.data).buffer) as Uint8Array & { toBase64(): string };
    self.postMessage({ ...decoded, data: values.toBase64() });
  } catch (error) {
    self.postMessage({ code: (error as PreviewError).code });
  }
};
