/** Padded text of the default repertoire as it stands in bytes, UIDs above all, before anybody has checked it. */

/** A UID has 64 characters at most; of a longer one enough is read to see that it is too long. */
const ENOUGH = 1024;

/** A UID without its padding. */
export function uidText(bytes: Uint8Array, start: number, valueEnd: number): string {
  return unpaddedText(bytes, start, Math.min(valueEnd, start + ENOUGH));
}

/** The text between two offsets without its trailing padding: spaces, for UIDs NUL by the standard (PS3.5 6.2, 9.1). */
export function unpaddedText(bytes: Uint8Array, start: number, valueEnd: number): string {
  let end = valueEnd;
  while (end > start && (bytes[end - 1] === 0 || bytes[end - 1] === 0x20)) end--;
  // Several times as fast as String.fromCharCode, and a third of all work on a small object.
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
}
