/** New identifiers out of old ones by a secret key: the same everywhere where the key is the same, with no table. */

import { hash } from 'node:crypto';
import { BoundedCache } from '#main/engine/dataset/bounded-cache.ts';

/** Bytes of a key: as many as HMAC-SHA-256 has of output (RFC 2104 3). */
export const KEY_LENGTH = 32;
/** A UID comes again in every instance of its series: enough for a few studies at once. */
const CACHED_UIDS = 4096;

export interface Identifiers {
  /**
   * The UID that stands for another: `2.25.` and a UUID of version 8 as a decimal number (PS3.5 B.2).
   * @param isRemembered it is likely to be asked for again; @default true
   */
  uid(original: string, isRemembered?: boolean): string;
  /**
   * By how many days the dates of a patient move: between `-days` and -1. With whole weeks a multiple of 7, which is one
   * week where `days` has room for none.
   */
  shiftDays(patientKey: string, range: { readonly days: number; readonly wholeWeeks: boolean }): number;
  /** `length` hexadecimal digits, at most 64. The same value under another label has nothing in common with it. */
  hex(label: string, value: string, length: number): string;
  /** A number of 64 bits. */
  number(label: string, value: string): bigint;
}

/**
 * Identifiers under a key of 32 bytes. An unkeyed hash of an identifier can be guessed by trying identifiers; this one
 * only by who has the key. Throws a RangeError for a key of another length.
 */
export function createIdentifiers(key: Uint8Array): Identifiers {
  if (key.length !== KEY_LENGTH) throw new RangeError(`A rule key has ${KEY_LENGTH} bytes, not ${key.length}`);
  const mac = createMac(key);
  const uids = new BoundedCache<string>(CACHED_UIDS);
  // No label holds a NUL: what comes before the last one of those added here cannot be confused with a value.
  const number = (text: string): bigint => BigInt(`0x${mac(text).slice(0, 16)}`);

  return {
    uid(original, isRemembered = true) {
      if (!isRemembered) return uidOf(mac(`uid\0${original}`));
      let uid = uids.get(original);
      if (uid === undefined) {
        uid = uidOf(mac(`uid\0${original}`));
        uids.set(original, uid);
      }
      return uid;
    },
    shiftDays(patientKey, { days, wholeWeeks }) {
      const step = wholeWeeks ? 7 : 1;
      const steps = Math.max(1, Math.floor(days / step));
      return -step * (1 + Number(number(`days\0${patientKey}`) % BigInt(steps)));
    },
    hex: (label, value, length) => mac(`hex\0${label}\0${value}`).slice(0, length),
    number: (label, value) => number(`number\0${label}\0${value}`),
  };
}

/** Bytes of a block of SHA-256. */
const BLOCK = 64;
/** Room for a text that needs no memory of its own. */
const ROOM = 512;

/**
 * HMAC-SHA-256 (RFC 2104 2) of a text in UTF-8, as hexadecimal digits, by a key no longer than a block. Every object waits
 * for at least one: two hashes in one call each take half the time of `createHmac`, and leave nothing to be collected.
 */
function createMac(key: Uint8Array): (text: string) => string {
  const pad = (filler: number, room: number): Buffer => {
    const bytes = Buffer.alloc(BLOCK + room);
    for (let at = 0; at < BLOCK; at++) bytes[at] = (key[at] ?? 0) ^ filler;
    return bytes;
  };
  const inner = pad(0x36, ROOM);
  const outer = pad(0x5c, KEY_LENGTH);
  return (text) => {
    // A unit of UTF-16 takes three bytes of UTF-8 at most.
    const message =
      3 * text.length > ROOM
        ? Buffer.concat([inner.subarray(0, BLOCK), Buffer.from(text)])
        : inner.subarray(0, BLOCK + inner.write(text, BLOCK));
    outer.write(hash('sha256', message, 'hex'), BLOCK, 'hex');
    return hash('sha256', outer, 'hex');
  };
}

/** RFC 9562 5.8: digit 12 is the version, the upper half of digit 16 the variant. */
function uidOf(hex: string): string {
  const variant = (0x8 | (Number.parseInt(hex.charAt(16), 16) & 0x3)).toString(16);
  return `2.25.${BigInt(`0x${hex.slice(0, 12)}8${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`)}`;
}
