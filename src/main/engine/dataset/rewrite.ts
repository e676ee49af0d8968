/** Writes elements anew where something changes, at any depth; everything else is copied byte for byte (PS3.5 7). */

import type { Vr } from '#shared/dicom/dictionary.ts';
import { elementOf, formatTag, groupOf, type Tag } from '#shared/dicom/tag.ts';
import { DataSetError } from './data-set-error.ts';
import {
  encodeElementHeader,
  ITEM,
  ITEM_DELIMITATION,
  SEQUENCE_DELIMITATION,
  UNDEFINED_LENGTH,
} from './element-header.ts';
import { MAX_DEPTH } from './element-walker.ts';
import { type ElementList, type ElementRef, encodingInside, itemsOf, parseElements } from './elements.ts';
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

/**
 * The pieces of the rewritten level, or undefined when nothing changes. Lengths of sequences, items and groups
 * (PS3.5 7.2, 7.5) follow; what has an undefined length keeps it.
 */
export function rewriteLevel(level: Level, plan: Plan): Uint8Array[] | undefined {
  const { bytes, elements, encoding } = level;
  // Made when something changes: most levels of most objects stay as they are.
  let replaced: Map<ElementRef, Uint8Array[]> | undefined;
  let growth: Map<number, number> | undefined;
  const grow = (tag: Tag, by: number) => {
    growth ??= new Map();
    growth.set(groupOf(tag), (growth.get(groupOf(tag)) ?? 0) + by);
  };

  for (const element of elements) {
    const pieces = piecesFor(element, plan, level);
    if (pieces === undefined) continue;
    replaced ??= new Map();
    replaced.set(element, pieces);
    grow(element.tag, sizeOf(pieces) - (element.end - element.start));
  }
  const added = plan.added.map((element) => ({ tag: element.tag, pieces: piecesOf(element, encoding) }));
  for (const { tag, pieces } of added) grow(tag, sizeOf(pieces));
  const contentEnd = elements.at(-1)?.end ?? level.start;
  const end = plan.dropsTail ? contentEnd : level.end;
  if (growth === undefined && end === level.end) return undefined;
  replaced ??= new Map();
  for (const element of elements) {
    const by = growth?.get(groupOf(element.tag));
    if (elementOf(element.tag) === 0 && by !== undefined && !replaced.has(element)) {
      replaced.set(element, groupLength(element, level, by));
    }
  }

  const output: Uint8Array[] = [];
  let copied = level.start;
  const copyTo = (end: number) => {
    if (end > copied) output.push(bytes.subarray(copied, end));
    copied = end;
  };
  let next = 0;
  for (const element of elements) {
    while (next < added.length && added[next]!.tag < element.tag) {
      copyTo(element.start);
      output.push(...added[next++]!.pieces);
    }
    const pieces = replaced.get(element);
    if (pieces === undefined) continue;
    copyTo(element.start);
    output.push(...pieces);
    copied = element.end;
  }
  copyTo(contentEnd);
  for (; next < added.length; next++) output.push(...added[next]!.pieces);
  copyTo(end);
  return output;
}

/** The new pieces of an element, none if it is dropped, undefined if it stays as it is. */
function piecesFor(element: ElementRef, plan: Plan, level: Level): Uint8Array[] | undefined {
  const change = plan.change(element);
  if (change === 'keep') return undefined;
  if (change === 'drop') return [];
  if (change === 'descend') return rewriteSequence(element, plan, level);
  return piecesOf({ tag: element.tag, ...change }, level.encoding);
}

function piecesOf({ tag, vr, value }: NewElement, encoding: Encoding): Uint8Array[] {
  return [encodeElementHeader(tag, vr, value.length, encoding), value];
}

function rewriteSequence(sequence: ElementRef, plan: Plan, level: Level): Uint8Array[] | undefined {
  if (level.depth >= MAX_DEPTH) {
    throw new DataSetError('too-deep', `more than ${MAX_DEPTH} nested sequences in ${formatTag(sequence.tag)}`);
  }
  const { bytes } = level;
  const inner = encodingInside(sequence, level.encoding);
  let changed = false;
  const items = itemsOf(bytes, sequence, level.encoding).flatMap((item, index) => {
    const { valueStart: start, valueEnd: end } = item;
    const elements = parseElements(bytes, inner, start, end);
    const itemLevel = { bytes, elements, encoding: inner, start, end, depth: level.depth + 1 };
    const inside = plan.inside(sequence, itemLevel, index);
    if (inside === 'drop') {
      changed = true;
      return [];
    }
    const content = rewriteLevel(itemLevel, inside);
    if (content === undefined) return [bytes.subarray(item.start, item.end)];
    changed = true;
    return wrapped(ITEM, 'UN', content, item.undefinedLength ? ITEM_DELIMITATION : undefined, inner, inner);
  });
  if (!changed) return undefined;
  const delimiter = sequence.undefinedLength ? SEQUENCE_DELIMITATION : undefined;
  return wrapped(sequence.tag, sequence.vr, items, delimiter, level.encoding, inner);
}

/** A sequence or an item around its content, with a length or with a delimiter. */
function wrapped(
  tag: Tag,
  vr: Vr,
  content: readonly Uint8Array[],
  delimiter: Tag | undefined,
  outer: Encoding,
  inner: Encoding,
): Uint8Array[] {
  const length = delimiter === undefined ? sizeOf(content) : UNDEFINED_LENGTH;
  const end = delimiter === undefined ? [] : [encodeElementHeader(delimiter, 'UN', 0, inner)];
  return [encodeElementHeader(tag, vr, length, outer), ...content, ...end];
}

/** The group length element with the length its group has now; none when it was not one that can hold it. */
function groupLength(element: ElementRef, { elements, encoding }: Level, growth: number): Uint8Array[] {
  if (element.valueEnd - element.valueStart !== 4) return [];
  const group = groupOf(element.tag);
  let length = growth;
  for (const other of elements) {
    if (groupOf(other.tag) === group && elementOf(other.tag) !== 0) length += other.end - other.start;
  }
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, length, encoding.littleEndian);
  return piecesOf({ tag: element.tag, vr: 'UL', value }, encoding);
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
