/** A page that only decodes and draws: `samples` gives stored values, `draw` the pixels of the picture. */

import { createPreview, createPreviewWorker } from '#renderer/preview/preview.ts';
import type { PreviewError } from '#renderer/preview/samples.ts';
import type { ImageInfo } from '#shared/contract.ts';

const worker = new Worker(new URL('./preview-worker-samples.ts', import.meta.url), { type: 'module' });
const preview = createPreview({ createWorker: createPreviewWorker });
const fetchFrame = async (path: string): Promise<ArrayBuffer> => (await fetch(path)).arrayBuffer();

async function samples(path: string, image: ImageInfo, fit?: number): Promise<unknown> {
  const bytes = await fetchFrame(path);
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage({ bytes, image, fit });
  });
}

async function draw(path: string, image: ImageInfo, fit?: number): Promise<unknown> {
  try {
    const bitmap = await preview.draw({
      fetchFrame: () => fetchFrame(path),
      image,
      signal: new AbortController().signal,
      ...(fit !== undefined && { fit }),
    });
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, rgba: (new Uint8Array(data.buffer) as Uint8Array & { toBase64(): string }).toBase64() };
  } catch (error) {
    return { code: (error as PreviewError).code };
  }
}

Object.assign(globalThis, { samples, draw });
