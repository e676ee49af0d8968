/** What is put aside, by its names: `{name}.dcm`, and beside it the reason in `{name}.txt`. */

/** Where a bucket keeps it, below the prefix. */
export const BUCKET_QUARANTINE = 'quarantine/';

/** The names that storage gives: no separator, no dot in front. */
const NAME = /^[0-9A-Za-z][0-9A-Za-z._~-]{0,150}\.dcm$/;
/** The engine writes one sentence. */
const LONGEST_REASON = 2000;

/** Whether storage gives such names: one that cannot lead anywhere else. */
export function isQuarantinedName(name: string): boolean {
  return NAME.test(name);
}

/** The note of an object, by its path or key. */
export function noteOf(path: string): string {
  return path.replace(/\.dcm$/, '.txt');
}

/** What a note says. */
export function reasonOf(note: string): string {
  return note.slice(0, LONGEST_REASON).trim();
}
