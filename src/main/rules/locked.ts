/** What no rule can change: without it the object is no object, or the pixels cannot be read (rules.md, "Precedence" 1). */

import { elementOf, groupOf, type Tag } from '#shared/dicom/tag.ts';

const SPECIFIC_CHARACTER_SET = 0x00080005;
const SOP_CLASS_UID = 0x00080016;

/** PS3.3 C.7.6.3, C.7.6.6, C.7.6.16: what says how the pixels are to be read. */
const PIXEL_DESCRIPTION: ReadonlySet<Tag> = new Set([
  0x00280002, 0x00280003, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011, 0x00280100, 0x00280101,
  0x00280102, 0x00280103, 0x00280121, 0x00281101, 0x00281102, 0x00281103, 0x00281104, 0x00281201, 0x00281202,
  0x00281203, 0x00281204, 0x00281221, 0x00281222, 0x00281223, 0x00281224, 0x00282110, 0x00282112, 0x00282114,
  0x7fe00001, 0x7fe00002, 0x7fe00003, 0x7fe00008, 0x7fe00009, 0x7fe00010,
]);

export interface Lock {
  readonly act: 'keep' | 'remove';
  readonly reason: string;
}

const GROUP_LENGTH: Lock = { act: 'remove', reason: 'locked: group lengths are not kept' };
const NO_DATA: Lock = { act: 'remove', reason: 'locked: not part of a data set' };
const PIXELS: Lock = { act: 'keep', reason: 'locked: the pixels depend on it' };
const CLASS: Lock = { act: 'keep', reason: 'locked: says what the object is' };
const CHARSET: Lock = { act: 'keep', reason: 'locked: says how text is encoded' };

/** The lock on a tag, if it has one. */
export function lockOf(tag: Tag): Lock | undefined {
  if (elementOf(tag) === 0) return GROUP_LENGTH;
  // Command, file meta, directory and the odd groups that PS3.5 7.8.1 excludes.
  if (groupOf(tag) < 0x0008) return NO_DATA;
  if (tag === SOP_CLASS_UID) return CLASS;
  if (tag === SPECIFIC_CHARACTER_SET) return CHARSET;
  return PIXEL_DESCRIPTION.has(tag) ? PIXELS : undefined;
}
