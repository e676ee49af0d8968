/** UIDs as they stand in bytes, before anybody has checked them. */

/** A UID has 64 characters at most; of a longer one enough is read to see that it is too long. */
const ENOUGH = 1024;

/** The text between two offsets without its trailing padding, NUL by the standard, spaces by habit (PS3.5 6.2, 9.1). */
export function uidText(bytes: Uint8Array, start: number, valueEnd: number): string {
  let end = Math.min(valueEnd, start + ENOUGH);
  while (end > start && (bytes[end - 1] === 0 || bytes[end - 1] === 0x20)) end--;
  // Several times as fast as String.fromCharCode, and a third of all work on a small object.
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
}
