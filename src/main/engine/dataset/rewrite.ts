/** Writes elements anew where something changes, at any depth; everything else is copied byte for byte (PS3.5 7). */

import type { Vr } from '#shared/dicom/dictionary.ts';
import { elementOf, formatTag, groupOf, type Tag } from '#shared/dicom/tag.ts';
import { ByteWriter } from './byte-writer.ts';
import { DataSetError } from './data-set-error.ts';
import {
  ITEM,
  ITEM_DELIMITATION,
  patchLength,
  SEQUENCE_DELIMITATION,
  UNDEFINED_LENGTH,
  writeElementHeader,
} from './element-header.ts';
import { MAX_DEPTH } from './element-walker.ts';
import {
  type ElementList,
  type ElementRef,
  elementsOf,
  encodingInside,
  itemsWithin,
  parseOutermost,
} from './elements.ts';
import type { Encoding } from './transfer-syntax.ts';

/** An element that is written: its value field as it goes into the bytes, already of even length. */
export interface NewElement {
  readonly tag: Tag;
  readonly vr: Vr;
  readonly value: Uint8Array;
}

/** What becomes of an element: copied, left out, looked into (sequences only), or replaced. */
export type Change = 'keep' | 'drop' | 'descend' | Omit<NewElement, 'tag'>;

/** The elements of a Data Set or of an item: `bytes` from `start` to `end`. */
export interface Level extends ElementList {
  readonly encoding: Encoding;
  readonly start: number;
  readonly end: number;
  /** How many sequences are around it. */
  readonly depth: number;
}

/** What is to happen on one level. */
export interface Plan {
  change(element: ElementRef): Change;
  /** Elements the level does not have yet, in tag order. */
  readonly added: readonly NewElement[];
  /** The plan for an item of a sequence that `change` wanted to descend into; or the item is left out. */
  inside(sequence: ElementRef, item: Level, index: number): Plan | 'drop';
  /** Bytes behind the last element, which nobody has looked at, are left out. */
  readonly dropsTail?: boolean;
}

/** A whole header as a level. */
export function outermostLevel(header: ElementList, encoding: Encoding): Level {
  return { ...header, encoding, start: 0, end: header.bytes.length, depth: 0 };
}

/** The header after a plan for its outermost level; the same one when nothing changes. */
export function rewriteHeader(header: ElementList, encoding: Encoding, plan: Plan): ElementList {
  const bytes = rewriteLevel(outermostLevel(header, encoding), plan);
  return bytes === undefined ? header : { bytes, elements: parseOutermost(bytes, encoding) };
}

/**
 * The bytes of the rewritten level, or undefined when nothing changes. Lengths of sequences, items and groups
 * (PS3.5 7.2, 7.5) follow; what has an undefined length keeps it.
 */
export function rewriteLevel(level: Level, plan: Plan): Uint8Array | undefined {
  const writer = new ByteWriter(level.end - level.start + 1024);
  return writeLevel(writer, level, plan) ? writer.finish() : undefined;
}

/** Writes a level; false: it is as it was, and what was written says nothing. Without closures: enhanced objects have thousands of levels. */
function writeLevel(writer: ByteWriter, level: Level, plan: Plan): boolean {
  const { bytes, elements, encoding } = level;
  const groups = hasGroupLength(elements) ? new GroupLengths(writer, level) : undefined;
  const { added } = plan;
  let next = 0;
  let changed = false;
  // What comes from here on, up to the element at hand, stays and has not been copied yet.
  let copied = level.start;

  for (let index = 0; index < elements.length; index++) {
    const element = elements[index]!;
    for (; next < added.length && added[next]!.tag < element.tag; next++) {
      writer.copy(bytes, copied, element.start);
      copied = element.start;
      write(writer, added[next]!, encoding, groups);
      changed = true;
    }
    const change = plan.change(element);
    if (change === 'keep') {
      if (!groups) continue;
      // The run is interrupted, so that the group length can be found again.
      writer.copy(bytes, copied, element.start);
      groups.keeps(element);
      writer.copy(bytes, element.start, element.end);
      copied = element.end;
      continue;
    }
    writer.copy(bytes, copied, element.start);
    copied = element.start;
    if (change === 'descend') {
      const before = writer.length;
      if (writeSequence(writer, element, plan, level)) {
        changed = true;
        copied = element.end;
        groups?.wrote(element.tag, writer.length - before, true);
      } else {
        writer.length = before;
        groups?.wrote(element.tag, element.end - element.start, false);
      }
      continue;
    }
    copied = element.end;
    changed = true;
    if (change === 'drop') groups?.wrote(element.tag, 0, true);
    else write(writer, { tag: element.tag, vr: change.vr, value: change.value }, encoding, groups);
  }
  const end = elements.at(-1)?.end ?? level.start;
  writer.copy(bytes, copied, end);
  copied = end;
  for (; next < added.length; next++) {
    write(writer, added[next]!, encoding, groups);
    changed = true;
  }
  if (!plan.dropsTail) writer.copy(bytes, copied, level.end);
  else if (copied !== level.end) changed = true;
  groups?.finish();
  return changed;
}

function write(writer: ByteWriter, element: NewElement, encoding: Encoding, groups: GroupLengths | undefined): void {
  const before = writer.length;
  writeElementHeader(writer, element.tag, element.vr, element.value.length, encoding);
  writer.copy(element.value, 0, element.value.length);
  groups?.wrote(element.tag, writer.length - before, true);
}

function hasGroupLength(elements: readonly ElementRef[]): boolean {
  for (let index = 0; index < elements.length; index++) if (elementOf(elements[index]!.tag) === 0) return true;
  return false;
}

function writeSequence(writer: ByteWriter, sequence: ElementRef, plan: Plan, level: Level): boolean {
  if (level.depth >= MAX_DEPTH) {
    throw new DataSetError('too-deep', `more than ${MAX_DEPTH} nested sequences in ${formatTag(sequence.tag)}`);
  }
  const { bytes } = level;
  const inner = encodingInside(sequence, level.encoding);
  const head = writer.length;
  writeElementHeader(writer, sequence.tag, sequence.vr, UNDEFINED_LENGTH, level.encoding);
  const content = writer.length;
  let changed = false;
  const items = itemsWithin(bytes, sequence, level.encoding);
  for (let index = 0; index < items.length; index++) {
    const item = items[index]!;
    const { valueStart: start, valueEnd: end } = item;
    const elements = elementsOf(bytes, item, inner);
    const itemLevel = { bytes, elements, encoding: inner, start, end, depth: level.depth + 1 };
    const inside = plan.inside(sequence, itemLevel, index);
    if (inside === 'drop') changed = true;
    else if (writeItem(writer, item, itemLevel, inside)) changed = true;
  }
  if (!changed) return false;
  if (sequence.undefinedLength) writeElementHeader(writer, SEQUENCE_DELIMITATION, 'UN', 0, inner);
  else patchLength(writer, head, sequence.tag, writer.length - content, level.encoding);
  return true;
}

/** Writes an item, anew or as it was; true: anew. */
function writeItem(writer: ByteWriter, item: ElementRef, level: Level, plan: Plan): boolean {
  const head = writer.length;
  writeElementHeader(writer, ITEM, 'UN', UNDEFINED_LENGTH, level.encoding);
  const content = writer.length;
  if (!writeLevel(writer, level, plan)) {
    writer.length = head;
    writer.copy(level.bytes, item.start, item.end);
    return false;
  }
  if (item.undefinedLength) writeElementHeader(writer, ITEM_DELIMITATION, 'UN', 0, level.encoding);
  else patchLength(writer, head, ITEM, writer.length - content, level.encoding);
  return true;
}

/** The group length elements of a level (PS3.5 7.2), which follow what is written of their groups. */
class GroupLengths {
  readonly #writer: ByteWriter;
  readonly #level: Level;
  readonly #groups = new Map<number, { at: number; length: number; changed: boolean; element?: ElementRef }>();

  constructor(writer: ByteWriter, level: Level) {
    this.#writer = writer;
    this.#level = level;
  }

  /** An element is about to be copied as it is. */
  keeps(element: ElementRef): void {
    if (elementOf(element.tag) !== 0) this.wrote(element.tag, element.end - element.start, false);
    else Object.assign(this.#of(element.tag), { at: this.#writer.length, element });
  }

  wrote(tag: Tag, length: number, changed: boolean): void {
    const group = this.#of(tag);
    group.length += length;
    group.changed ||= changed;
  }

  /** Fills in the lengths of groups that have changed; what is not one that can hold a length, is removed. */
  finish(): void {
    const { encoding } = this.#level;
    // From the last on: removing one moves what is behind it.
    const found = [...this.#groups.values()].filter(({ changed, element }) => changed && element);
    for (const { at, length, element } of found.sort((a, b) => b.at - a.at)) {
      const { start, valueStart, valueEnd, end } = element!;
      if (valueEnd - valueStart === 4) {
        const { buffer, byteOffset } = this.#writer.bytes;
        new DataView(buffer, byteOffset).setUint32(at + valueStart - start, length, encoding.littleEndian);
      } else {
        this.#writer.bytes.copyWithin(at, at + end - start, this.#writer.length);
        this.#writer.length -= end - start;
      }
    }
  }

  #of(tag: Tag): { at: number; length: number; changed: boolean; element?: ElementRef } {
    let group = this.#groups.get(groupOf(tag));
    if (!group) {
      group = { at: 0, length: 0, changed: false };
      this.#groups.set(groupOf(tag), group);
    }
    return group;
  }
}
