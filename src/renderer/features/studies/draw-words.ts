/** Why there is no picture, in words. Pure. */

import { BytesError } from '#renderer/api/bytes.ts';
import { PreviewError } from '#renderer/preview/samples.ts';
import { text } from '#renderer/text/en.ts';

/** A sentence for whatever drawing threw. */
export function reasonOf(error: unknown): string {
  if (error instanceof PreviewError) return text.studies.previewProblems[error.code];
  if (error instanceof BytesError) return error.problem.message;
  return text.studies.previewProblems.damaged;
}
