/** Ready-made lists for the options of a receiver: tags, SOP classes, transfer syntaxes, custom tags. */
import { SOP_CLASS_SETS, TAG_NAMES, TAG_SETS, TRANSFER_SYNTAX_SETS } from './sets-data.ts';
import { isPrivate, parseTag, type Tag } from './tag.ts';
import { UID_ROOT } from './uids-data.ts';

/** Tag names by subject: `patientBasic`, `ct`, `default`, … */
export type TagSets = Record<keyof typeof TAG_SETS, string[]>;
/** SOP class UIDs by modality and kind: `ct`, `documents`, `allImaging`, … */
export type SopClassSets = Record<keyof typeof SOP_CLASS_SETS, string[]>;
/** Transfer syntax UIDs by family: `uncompressed`, `jpegLossless`, `all`, … */
export type TransferSyntaxSets = Record<keyof typeof TRANSFER_SYNTAX_SETS, string[]>;

/** A private or vendor-specific element to extract under a name of one's own. */
export interface CustomTag {
  /** `GGGGEEEE` or `(GGGG,EEEE)`; with a `creator` also `GGGGxxEE`. */
  tag: string;
  /** The key in `tags`; unique. */
  name: string;
  /** The private creator whose block holds the element (PS3.5 7.8.1): the block is found in every data set anew. */
  creator?: string;
}

/** Every list of the table as a fresh array: callers may change what they get. */
function unpackSets<K extends string>(sets: Record<K, string>, prefix: string): Record<K, string[]> {
  const lists = Object.entries<string>(sets).map(([name, words]) => [
    name,
    words.split(' ').map((word) => prefix + word),
  ]);
  return Object.fromEntries(lists) as Record<K, string[]>;
}

/** Sets of commonly used tags by subject, for `extractTags`. Keywords are those of PS3.6. */
export function getCommonTagSets(): TagSets {
  return unpackSets(TAG_SETS, '');
}

/** Joins tag lists into one without repetitions, in order of first appearance. */
export function combineTags(tagArrays: readonly (readonly string[])[]): string[] {
  return [...new Set(tagArrays.flat())];
}

/** Sets of SOP class UIDs (PS3.4 B.5) by modality and kind, for `abstractSyntaxes`. */
export function getCommonSopClasses(): SopClassSets {
  return unpackSets(SOP_CLASS_SETS, UID_ROOT);
}

/** Sets of transfer syntax UIDs (PS3.5 A) by family, for `transferSyntaxes`. */
export function getCommonTransferSyntaxes(): TransferSyntaxSets {
  return unpackSets(TRANSFER_SYNTAX_SETS, UID_ROOT);
}

/** 500 commonly used tag names, for pickers and validation. `extractTags` takes every keyword of PS3.6 besides. */
export function getAvailableTagNames(): string[] {
  return TAG_NAMES.split(' ');
}

/** A private element whose block follows from its creator (PS3.5 7.8.1): `0009xx01`. */
const PRIVATE_BLOCK_TAG = /^\(?([0-9a-f]{3}[13579bdf]),?\s*xx([0-9a-f]{2})\)?$/i;

/**
 * The tag a custom tag names; in a private block left open (`0009xx01`) with block number 00.
 * Gives the reason as text when it names none.
 */
export function parseCustomTag({ tag, creator }: Pick<CustomTag, 'tag' | 'creator'>): Tag | string {
  if (typeof tag !== 'string') return 'a tag is text such as 00091001';
  if (creator !== undefined && (typeof creator !== 'string' || creator.trim() === '' || creator.length > 64)) {
    return 'a private creator is text of 1 to 64 characters';
  }
  const open = PRIVATE_BLOCK_TAG.exec(tag.trim());
  if (open) {
    if (creator === undefined) return 'a tag with an open block (xx) needs its private creator';
    return Number.parseInt(`${open[1]}00${open[2]}`, 16);
  }
  const parsed = parseTag(tag);
  if (parsed === undefined) return 'not a tag: 8 hexadecimal digits or (GGGG,EEEE) expected';
  // PS3.5 7.8.1: groups 0001 to 0007 and FFFF are not private data; group 0000 and FFFE never are data elements.
  if (parsed < 0x00010000 || parsed >= 0xfffe0000) return 'no data element has a tag of this group';
  if (creator !== undefined && !isPrivate(parsed)) return 'only elements of odd groups have a private creator';
  if (creator !== undefined && (parsed & 0xffff) < 0x1000) return 'a private element has a number from 1000 on';
  return parsed;
}

/**
 * Describes a private or vendor-specific element to extract as `name`.
 *
 * @throws Error when the tag is not one, the name is empty, or a creator does not go with the tag.
 */
export function createCustomTag(tag: string, name: string, creator?: string): CustomTag {
  const parsed = parseCustomTag(creator === undefined ? { tag } : { tag, creator });
  if (typeof parsed === 'string') throw new Error(`createCustomTag: ${JSON.stringify(tag)}: ${parsed}`);
  if (typeof name !== 'string' || name.trim() === '') throw new Error('createCustomTag: the name is empty');
  return creator === undefined ? { tag, name } : { tag, name, creator };
}
