/** What the page and the preview worker say to each other. */

import type { ImageInfo } from '#shared/contract.ts';
import type { PreviewProblem } from './samples.ts';

export interface DrawRequest {
  readonly number: number;
  readonly bytes: ArrayBuffer;
  readonly image: ImageInfo;
  /** The longer side of the picture at most; absent: as large as the frame. */
  readonly fit?: number;
}

export type DrawAnswer =
  | { readonly number: number; readonly ok: true; readonly bitmap: ImageBitmap }
  | { readonly number: number; readonly ok: false; readonly code: PreviewProblem };
