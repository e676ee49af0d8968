/** The worker that decodes and draws frames, one at a time, away from the page. */

import { decodeFrame } from './decode.ts';
import type { DrawAnswer, DrawRequest } from './messages.ts';
import { render } from './render.ts';
import { PreviewError } from './samples.ts';

const worker = self as unknown as {
  onmessage: ((event: MessageEvent<DrawRequest>) => void) | null;
  postMessage(answer: DrawAnswer, transfer: Transferable[]): void;
};

worker.onmessage = ({ data }) => {
  draw(data).then(
    (bitmap) => worker.postMessage({ number: data.number, ok: true, bitmap }, [bitmap]),
    (error: unknown) => {
      const code = error instanceof PreviewError ? error.code : 'damaged';
      worker.postMessage({ number: data.number, ok: false, code }, []);
    },
  );
};

async function draw({ bytes, image, fit }: DrawRequest): Promise<ImageBitmap> {
  const { width, height, rgba } = render(await decodeFrame(new Uint8Array(bytes), image, fit), image);
  const scale = fit === undefined ? 1 : Math.min(1, fit / Math.max(width, height));
  const picture = new ImageData(rgba, width, height);
  if (scale === 1) return createImageBitmap(picture);
  return createImageBitmap(picture, {
    resizeWidth: Math.max(1, Math.round(width * scale)),
    resizeHeight: Math.max(1, Math.round(height * scale)),
    resizeQuality: 'medium',
  });
}
