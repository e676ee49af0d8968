/** Changes attributes in a header and keeps the whole of it consistent: VRs, lengths, character set (PS3.5 6, 7). */

import { entryOfTag, type Vr } from '#shared/dicom/dictionary.ts';
import { elementOf, formatTag, groupOf, type Tag } from '#shared/dicom/tag.ts';
import { joinBytes } from './byte-list.ts';
import { type Charset, charsetOf, charsetOfText, UNICODE } from './charset.ts';
import { contentsOf } from './element-walker.ts';
import { type ElementList, type ElementRef, findElement, valueBytes, vrWithin } from './elements.ts';
import { type Change, type Level, type NewElement, outermostLevel, type Plan, rewriteHeader } from './rewrite.ts';
import type { Encoding } from './transfer-syntax.ts';
import { unpaddedText } from './uid-text.ts';
import { encodeValue, ValueError } from './values.ts';

/** A change of one attribute on the outermost level. */
export interface Edit {
  readonly tag: Tag;
  /** null deletes the element, '' leaves it without a value; an attribute that is not there is added. */
  readonly value: string | null;
  /** For private attributes whose VR neither the element nor the dictionary tells. */
  readonly vr?: Vr;
  /** Then only the group and the last two digits of the tag count: the block is the one this creator has reserved. */
  readonly privateCreator?: string;
}

/**
 * - `value`: the VR cannot hold the text
 * - `sequence`: a sequence can be deleted or emptied, but text is no sequence
 * - `not-editable`: group lengths, file meta, delimiters, a character set other than ISO_IR 192
 * - `behind-header`: what may come behind the Pixel Data cannot be reached
 * - `no-private-block`: all blocks of a private group are taken
 */
export type EditErrorCode = 'value' | 'sequence' | 'not-editable' | 'behind-header' | 'no-private-block';

/** An edit that cannot be made. The message names the attribute, never a value. */
export class EditError extends Error {
  readonly code: EditErrorCode;
  readonly tag: Tag;

  constructor(code: EditErrorCode, tag: Tag, reason: string, options?: ErrorOptions) {
    super(`${nameOf(tag)}: ${reason}`, options);
    this.name = 'EditError';
    this.code = code;
    this.tag = tag;
  }
}

const SPECIFIC_CHARACTER_SET = 0x00080005;
/** Retired: the length from here to the end of the Data Set, wrong as soon as anything changes. */
const LENGTH_TO_END = 0x00080001;
const FIRST_BEHIND_HEADER = 0x7fe00000;
const TEXT_VRS: ReadonlySet<Vr> = new Set<Vr>(['SH', 'LO', 'ST', 'LT', 'PN', 'UC', 'UT']);

/**
 * The header with the edits made: elements no edit touches stay byte for byte and in their order (PS3.5 7.1).
 *
 * A changed element keeps its VR; where that is UN, and for added ones, the dictionary's is taken. Values are written in
 * the Data Set's Specific Character Set. If that lacks a character, every text of the header, at every depth, is
 * re-encoded in ISO_IR 192 (PS3.3 C.12.1.1.2); private text whose VR nobody knows stays as it is. There is no text
 * behind the Pixel Data, so the body needs no change.
 *
 * The header must have been read to its end (`wholeHeader`). Throws an EditError, or a DataSetError when a sequence
 * that has to be re-encoded cannot be read; then nothing has been changed.
 */
export function editHeader(header: ElementList, encoding: Encoding, edits: readonly Edit[]): ElementList {
  const charset = charsetWithin(header, charsetOf([]));
  const wanted = resolvePrivateBlocks(header, edits);
  for (const edit of wanted.values()) checkEditable(header, edit);

  const declared = wanted.get(SPECIFIC_CHARACTER_SET);
  wanted.delete(SPECIFIC_CHARACTER_SET);
  const needsUnicode = declared !== undefined && leadsToUnicode(charset, declared.value ?? '');

  const level = outermostLevel(header, encoding);
  const changes = needsUnicode ? undefined : encodeEdits(level, wanted, charset);
  const plan =
    changes === undefined
      ? editPlan(level, encodeEdits(level, wanted, UNICODE)!, unicodePlan(level, charset))
      : editPlan(level, changes, KEEP);
  return rewriteHeader(header, encoding, plan);
}

/**
 * The header with all its text in ISO_IR 192, at every depth.
 * @throws EditError or DataSetError for text that cannot be read
 */
export function headerInUnicode(header: ElementList, encoding: Encoding): ElementList {
  return rewriteHeader(header, encoding, unicodePlan(outermostLevel(header, encoding), charsetOf([])));
}

/** Whether naming this character set is a change; it can only be one to ISO_IR 192, which holds everything. */
function leadsToUnicode(charset: Charset, text: string): boolean {
  const { terms } = charsetOf(text.split('\\'));
  if (terms.join() === charset.terms.join()) return false;
  if (terms.join() === UNICODE.terms.join()) return true;
  throw new EditError('not-editable', SPECIFIC_CHARACTER_SET, 'can only be changed to ISO_IR 192');
}

/** The edits by tag, the last one for a tag winning, with private ones moved to the block of their creator. */
function resolvePrivateBlocks(header: ElementList, edits: readonly Edit[]): Map<Tag, Edit> {
  const wanted = new Map<Tag, Edit>();
  for (const edit of edits) {
    const { privateCreator, ...rest } = edit;
    if (privateCreator === undefined) {
      wanted.set(edit.tag, edit);
      continue;
    }
    const first = groupOf(edit.tag) * 0x10000;
    const block = findBlock(header, wanted, first, privateCreator);
    if (block.taken || edit.value !== null) {
      const tag = first + block.number * 0x100 + (edit.tag & 0xff);
      if (!block.taken)
        wanted.set(first + block.number, { tag: first + block.number, value: privateCreator, vr: 'LO' });
      wanted.set(tag, { ...rest, tag });
    }
  }
  return wanted;
}

/** The block that a creator has reserved in a private group, or else the first free one (PS3.5 7.8.1). */
function findBlock(header: ElementList, wanted: ReadonlyMap<Tag, Edit>, first: Tag, creator: string) {
  let free: number | undefined;
  for (let number = 0x10; number <= 0xff; number++) {
    const element = findElement(header.elements, first + number);
    const owner = element === undefined ? wanted.get(first + number)?.value : asciiText(header, element);
    if (owner === creator) return { number, taken: true };
    if (element === undefined && owner === undefined) free ??= number;
  }
  if (free === undefined) throw new EditError('no-private-block', first, 'all private blocks are taken');
  return { number: free, taken: false };
}

function checkEditable(header: ElementList, { tag, value }: Edit): void {
  if (elementOf(tag) === 0 || groupOf(tag) <= 0x0002 || groupOf(tag) >= 0xfffe) {
    throw new EditError('not-editable', tag, 'is written by the encoding itself');
  }
  const element = findElement(header.elements, tag);
  if (element === undefined) {
    if (tag >= FIRST_BEHIND_HEADER) throw new EditError('behind-header', tag, 'may be behind the Pixel Data');
    return;
  }
  const isText = contentsOf(tag, element.vr, element.undefinedLength) === undefined;
  if (!isText && value) throw new EditError('sequence', tag, 'a sequence cannot be replaced by text');
}

type Changes = ReadonlyMap<Tag, 'drop' | Omit<NewElement, 'tag'>>;

/** What the edits come to in bytes; undefined when the character set is in the way. */
function encodeEdits(level: Level, edits: ReadonlyMap<Tag, Edit>, charset: Charset): Changes | undefined {
  const changes = new Map<Tag, 'drop' | Omit<NewElement, 'tag'>>();
  for (const edit of edits.values()) {
    try {
      changes.set(edit.tag, edit.value === null ? 'drop' : encodeEdit(level, edit, edit.value, charset));
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      if (error.code === 'charset' && charset !== UNICODE) return undefined;
      throw new EditError('value', edit.tag, error.message, { cause: error });
    }
  }
  return changes;
}

function encodeEdit(level: Level, { tag, vr: given }: Edit, text: string, charset: Charset): Omit<NewElement, 'tag'> {
  const element = findElement(level.elements, tag);
  const encode = (vr: Vr) => ({
    vr,
    value: encodeValue(vr, text, { littleEndian: level.encoding.littleEndian, charset, tag }),
  });
  if (element !== undefined && element.vr !== 'UN') return encode(element.vr);
  const known = vrWithin(level, tag);
  if (known === 'SQ' && text !== '') throw new EditError('sequence', tag, 'a sequence cannot be replaced by text');
  const vr = known === 'UN' ? given : known;
  if (vr !== undefined) return encode(vr);
  if (element !== undefined) return encode('UN');
  // Nobody knows the VR of a new private attribute: LO is what most of them are, UT takes any other text.
  try {
    return encode('LO');
  } catch (error) {
    if (error instanceof ValueError && error.code === 'value') return encode('UT');
    throw error;
  }
}

const KEEP: Plan = { change: () => 'keep', added: [], inside: () => KEEP };

/** The changes on the outermost level; `others` is for everything the edits do not name. */
function editPlan(level: Level, changes: Changes, others: Plan): Plan {
  const added = [...others.added];
  let effective = others !== KEEP;
  for (const [tag, change] of changes) {
    if (findElement(level.elements, tag) !== undefined) effective = true;
    else if (change !== 'drop') added.push({ tag, ...change });
  }
  if (!effective && added.length === 0) return KEEP;
  return {
    change: (element) => changes.get(element.tag) ?? (element.tag === LENGTH_TO_END ? 'drop' : others.change(element)),
    added: added.sort((a, b) => a.tag - b.tag),
    inside: others.inside,
  };
}

const ISO_IR_192: Omit<NewElement, 'tag'> = { vr: 'CS', value: new TextEncoder().encode('ISO_IR 192') };

/** Re-encodes all text of a level and below it; items may have a character set of their own (PS3.3 C.12.1.1.2). */
function unicodePlan(level: Level, inherited: Charset): Plan {
  const charset = charsetWithin(level, inherited);
  const declared = level.elements.some(({ tag }) => tag === SPECIFIC_CHARACTER_SET);
  return {
    change: (element) => toUnicode(level, element, charset),
    added: declared || level.depth > 0 ? [] : [{ tag: SPECIFIC_CHARACTER_SET, ...ISO_IR_192 }],
    inside: (_sequence, item) => unicodePlan(item, charset),
  };
}

function toUnicode(level: Level, element: ElementRef, charset: Charset): Change {
  if (element.tag === SPECIFIC_CHARACTER_SET) return ISO_IR_192;
  const vr = element.vr === 'UN' ? vrWithin(level, element.tag) : element.vr;
  if (contentsOf(element.tag, vr, element.undefinedLength) === 'sequence') return 'descend';
  if (!TEXT_VRS.has(vr)) return 'keep';
  const before = valueBytes(level.bytes, element);
  const after = UNICODE.encode(charset.decode(before, vr), vr);
  if (after === undefined) throw new EditError('value', element.tag, 'has text that Unicode lacks');
  const isSame = after.length === before.length && after.every((byte, index) => byte === before[index]);
  return isSame ? 'keep' : { vr: element.vr, value: even(after) };
}

function even(bytes: Uint8Array): Uint8Array {
  return bytes.length % 2 === 0 ? bytes : joinBytes([bytes, Uint8Array.of(0x20)]);
}

/** The character set that holds on a level. */
export function charsetWithin(list: ElementList, inherited: Charset): Charset {
  const element = findElement(list.elements, SPECIFIC_CHARACTER_SET);
  return element === undefined ? inherited : charsetOfText(asciiText(list, element));
}

function asciiText({ bytes }: ElementList, { valueStart, valueEnd }: ElementRef): string {
  return unpaddedText(bytes, valueStart, valueEnd);
}

/** The attribute as an error message names it. */
function nameOf(tag: Tag): string {
  const keyword = entryOfTag(tag)?.keyword;
  return keyword ? `${keyword} ${formatTag(tag)}` : formatTag(tag);
}
