/** Whether the receiver does what it is there for, in codes only: pure. */

import type { Figures } from '#shared/figures.ts';

export interface Health {
  readonly status: 'ok' | 'failing';
  /** Sorted, each once; absent while all is well. */
  readonly problems?: readonly string[];
}

/** Judges the profiles that are to receive whenever the application runs; the others are nobody's concern. */
export function healthOf({ profiles }: Figures): Health {
  const codes = profiles
    .filter(({ autoStart }) => autoStart)
    .flatMap(({ phase, problems }) => (phase === 'listening' ? problems : [...problems, 'not-listening']));
  const problems = [...new Set(codes)].sort();
  return problems.length === 0 ? { status: 'ok' } : { status: 'failing', problems };
}
