/** Pictures of instances: one worker for the whole page, and the newest thumbnails kept. */

import { fetchFrame } from '#renderer/api/bytes.ts';
import { createPreview, createPreviewWorker } from '#renderer/preview/preview.ts';
import { call } from '#renderer/store.ts';
import type { ImageInfo } from '#shared/contract.ts';

const preview = createPreview({ createWorker: createPreviewWorker });

/** Thumbnails of about 100 kB each. */
const MOST_THUMBNAILS = 200;
export const THUMBNAIL_SIZE = 192;

export type Drawn =
  | { readonly kind: 'picture'; readonly bitmap: ImageBitmap; readonly image: ImageInfo }
  | { readonly kind: 'none'; readonly reason: string };

const thumbnails = new Map<number, Drawn>();

function remember(instanceId: number, drawn: Drawn): void {
  thumbnails.set(instanceId, drawn);
  for (const [oldest, old] of thumbnails) {
    if (thumbnails.size <= MOST_THUMBNAILS) break;
    thumbnails.delete(oldest);
    if (old.kind === 'picture') old.bitmap.close();
  }
}

/** What the instance's pixels are like, or why it has none. */
export async function imageOf(instanceId: number): Promise<{ image: ImageInfo } | { image: null; reason: string }> {
  const result = await call('instance-image', { instanceId });
  if (!result.ok) return { image: null, reason: result.error.message };
  const { image, reason = '' } = result.value;
  return image ? { image } : { image: null, reason };
}

/** The thumbnail that is there already. */
export function knownThumbnail(instanceId: number): Drawn | undefined {
  return thumbnails.get(instanceId);
}

/** @throws the signal's reason when cancelled; PreviewError or BytesError when it cannot be drawn */
export async function drawThumbnail(instanceId: number, signal: AbortSignal): Promise<Drawn> {
  const info = await imageOf(instanceId);
  signal.throwIfAborted();
  if (!info.image) {
    const none: Drawn = { kind: 'none', reason: info.reason };
    remember(instanceId, none);
    return none;
  }
  const { image } = info;
  // The middle of a volume shows more than its edge.
  const frame = Math.floor((image.frames - 1) / 2);
  const bitmap = await drawFrame(instanceId, image, frame, signal, THUMBNAIL_SIZE);
  const drawn: Drawn = { kind: 'picture', bitmap, image };
  remember(instanceId, drawn);
  return drawn;
}

/** One frame as large as it is, or fitted. The caller closes the bitmap. */
export function drawFrame(
  instanceId: number,
  image: ImageInfo,
  frame: number,
  signal: AbortSignal,
  fit?: number,
): Promise<ImageBitmap> {
  return preview.draw({
    fetchFrame: (cancelled) => fetchFrame(instanceId, frame, cancelled),
    image,
    signal,
    ...(fit !== undefined && { fit }),
  });
}
