/** From the text a peer sent to names that are safe as folders, files and object keys on every system. */

import { createHash } from 'node:crypto';
import type { InstanceKey } from './storage-backend.ts';

// PS3.5 9.1. Components with leading zeros are wrong too, but common, and harmless in a name.
const UID = /^\d+(\.\d+)*$/;
const UID_LENGTH = 64;
const SAFE_SEGMENT = /^[0-9A-Za-z](?:[0-9A-Za-z._-]*[0-9A-Za-z])?$/;

/**
 * The UID in a value as it was received, without its padding (NUL by the standard, spaces by habit), or undefined when
 * the text is not a UID of at most 64 characters. A UID is a safe file name everywhere: digits and single dots, none at
 * either end.
 */
export function parseUid(text: string): string | undefined {
  const uid = text.replace(/[ \0]+$/, '');
  return uid.length <= UID_LENGTH && UID.test(uid) ? uid : undefined;
}

/** A safe name for a text that is none (an over-long UID, say): the same text always gives the same 32 hex digits. */
export function hashedName(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** The name itself when it is safe as a file name, else its hash: nothing a peer sent ever becomes a path. */
export function safeName(name: string): string {
  return name.length <= 128 && SAFE_SEGMENT.test(name) && !RESERVED.test(name) ? name : hashedName(name);
}

// Windows gives these names to devices, with any extension.
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** `{study}/{series}`: the folder of an instance, relative, with forward slashes. */
export function folderOf(key: InstanceKey): string {
  return `${safeName(key.studyInstanceUid)}/${safeName(key.seriesInstanceUid)}`;
}

/** `{study}/{series}/{instance}`: the same with the name, to which number and extension come (`numberedName`). */
export function basePath(key: InstanceKey): string {
  return `${folderOf(key)}/${safeName(key.sopInstanceUid)}`;
}

/** `{study}/{series}/{instance}.dcm`: where an instance belongs, relative, with forward slashes. */
export function keyPath(key: InstanceKey): string {
  return numberedName(basePath(key), 1);
}

/** The UID of an instance in the name of its file or the last part of its key; undefined for any other name. */
export function uidOfName(name: string): string | undefined {
  return /^(\d+(?:\.\d+)*)(?:~\d+)?\.dcm$/.exec(name)?.[1];
}

/** `{name}.dcm` for the first of that name, `{name}~2.dcm`, `{name}~3.dcm` … for those kept beside it. */
export function numberedName(name: string, number: number, extension = '.dcm'): string {
  return number === 1 ? `${name}${extension}` : `${name}~${number}${extension}`;
}
