/** Whether the receiver does what it is there for, in codes only: pure. */

import type { Figures } from '#shared/figures.ts';

export interface Health {
  readonly status: 'ok' | 'failing';
  /** What hinders receiving. Sorted, each once; absent while nothing does. */
  readonly problems?: readonly string[];
  /** What somebody should see to in time, although objects are received. */
  readonly warnings?: readonly string[];
}

/** What is not among them is a problem: uploads that have stopped and damaged files want a person now. */
const WARNINGS: ReadonlySet<string> = new Set([
  'certificate-expires',
  'certificate-not-reloaded',
  'free-space-warning',
  'uploads-late',
]);

/** Judges the profiles that are to receive whenever the application runs; the others are nobody's concern. */
export function healthOf({ profiles }: Figures): Health {
  const codes = profiles
    .filter(({ autoStart }) => autoStart)
    .flatMap(({ phase, problems }) => (phase === 'listening' ? problems : [...problems, 'not-listening']));
  const sorted = [...new Set(codes)].sort();
  const problems = sorted.filter((code) => !WARNINGS.has(code));
  const warnings = sorted.filter((code) => WARNINGS.has(code));
  return {
    ...(problems.length === 0 ? { status: 'ok' } : { status: 'failing', problems }),
    ...(warnings.length > 0 && { warnings }),
  };
}
