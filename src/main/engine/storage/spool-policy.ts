/** What a spool does when an upload fails, and when it is full: decisions only. */

import { StorageError } from './storage-backend.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Milliseconds. */
export const LONGEST_PAUSE = 5 * MINUTE;

/** Milliseconds between two looks whether S3 takes something again after it has refused. */
export const STOPPED_PROBE = 3 * MINUTE;

/**
 * Whom a failure concerns. `stop`: S3 refuses us, and somebody has to change something. `service`: S3 is away or
 * overloaded, the next object would fare no better. `object`: this one alone.
 */
export type Verdict = 'stop' | 'service' | 'object';

export function verdictOf(error: unknown): Verdict {
  if (!(error instanceof StorageError)) return 'object';
  switch (error.code) {
    case 'access-denied':
    case 'not-found':
    case 'wrong-place':
      return 'stop';
    case 'unreachable':
    case 'timed-out':
    case 'disk-full':
      return 'service';
    default:
      return 'object';
  }
}

/**
 * Milliseconds before the next attempt: 1 s, 2 s, 4 s … 5 min, each between half and all of it, so that many receivers
 * do not come back at the same moment.
 * @param failures in a row, at least 1
 * @param random in [0, 1)
 */
export function pauseAfter(failures: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE, SECOND * 2 ** Math.min(failures - 1, 20));
  return Math.round(longest * (0.5 + random / 2));
}

/**
 * Milliseconds from `now` until a time that was `now` and a pause when it was set. 0, too, when it is farther away than any
 * pause is long: then the clock has been set back.
 */
export function pauseLeft(until: number, now: number): number {
  return until > now && until - now <= LONGEST_PAUSE ? until - now : 0;
}

export interface SpoolLimits {
  readonly objects: number;
  readonly bytes: number;
}

/** Why no more is taken; undefined while there is room. */
export function whyFull(waiting: { readonly objects: number; readonly bytes: number }, limits: SpoolLimits) {
  const words =
    waiting.objects >= limits.objects
      ? `as many objects as are allowed (spoolMaxObjects, ${limits.objects}) wait for their upload`
      : waiting.bytes >= limits.bytes
        ? `as many bytes as are allowed (spoolMaxBytes, ${limits.bytes}) wait for their upload`
        : undefined;
  return words === undefined ? undefined : new StorageError('disk-full', words, 'Upload queue is full');
}
