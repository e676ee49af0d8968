/** Where the elements of a Data Set are: positions in bytes, no values (PS3.5 7). */

import { entryOfTag, type Vr, vrOfTag } from '#shared/dicom/dictionary.ts';
import type { Tag } from '#shared/dicom/tag.ts';
import { type Contents, contentsOf, ElementWalker } from './element-walker.ts';
import { type Encoding, IMPLICIT_LITTLE } from './transfer-syntax.ts';

/** One element, or one item of a sequence (then the tag is FFFE,E000 and the VR says nothing). */
export interface ElementRef {
  readonly tag: Tag;
  /** As written, or of the dictionary where the encoding has none; UN where nobody knows. */
  readonly vr: Vr;
  /** First byte of the header. */
  readonly start: number;
  readonly valueStart: number;
  /** Behind the last byte of the value; a delimiter is not part of it. */
  readonly valueEnd: number;
  /** Behind the last byte of the element, its delimiter included. */
  readonly end: number;
  readonly undefinedLength: boolean;
  /** What is inside, where it was looked for: the items of a sequence, the elements of an item. */
  readonly children?: readonly ElementRef[] | undefined;
}

/** Bytes together with the elements found in them. */
export interface ElementList {
  readonly bytes: Uint8Array;
  readonly elements: readonly ElementRef[];
}

/**
 * The elements of a Data Set, or of an item's contents, between `start` and `end` (PS3.5 7.1). Throws a DataSetError
 * when they cannot be read to the last byte.
 */
export function parseElements(
  bytes: Uint8Array,
  encoding: Encoding,
  start = 0,
  end = bytes.length,
): readonly ElementRef[] {
  return resolveSigned({ bytes, elements: walk(bytes, encoding, 'data-set', start, end) }, encoding);
}

/** The elements of a whole Data Set whose sequences have been read before: those of a known length are not read again. */
export function parseOutermost(bytes: Uint8Array, encoding: Encoding): readonly ElementRef[] {
  const elements = walk(bytes, encoding, 'data-set', 0, bytes.length, { trusts: true });
  return resolveSigned({ bytes, elements }, encoding);
}

/**
 * The items of a sequence with everything inside them, found in one go: `elementsOf` reads what is in an item.
 * Throws a DataSetError when they cannot be read to the last byte.
 */
export function itemsWithin(bytes: Uint8Array, element: ElementRef, encoding: Encoding): readonly ElementRef[] {
  if (element.children) return element.children;
  const inner = encodingInside(element, encoding);
  return walk(bytes, inner, 'sequence', element.valueStart, element.valueEnd, { isDeep: true });
}

/** The elements of an item of `itemsWithin`. */
export function elementsOf(bytes: Uint8Array, item: ElementRef, encoding: Encoding): readonly ElementRef[] {
  return resolveSigned({ bytes, elements: item.children ?? [] }, encoding);
}

/** The items of a sequence, or the fragments of encapsulated Pixel Data, delimiters left out (PS3.5 7.5, A.4). */
export function itemsOf(bytes: Uint8Array, element: ElementRef, encoding: Encoding): readonly ElementRef[] {
  const contents = contentsOf(element.tag, element.vr, element.undefinedLength) ?? 'sequence';
  return walk(bytes, encodingInside(element, encoding), contents, element.valueStart, element.valueEnd);
}

/** The encoding of a sequence's items: UN hides Implicit VR Little Endian, whatever is around it (PS3.5 6.2.2). */
export function encodingInside(element: Pick<ElementRef, 'vr'>, encoding: Encoding): Encoding {
  return element.vr === 'UN' ? IMPLICIT_LITTLE : encoding;
}

/** The first element with a tag, or undefined. */
export function findElement(elements: readonly ElementRef[], tag: Tag): ElementRef | undefined {
  // Without a closure: every item of every sequence is asked.
  for (let index = 0; index < elements.length; index++) if (elements[index]!.tag === tag) return elements[index];
  return undefined;
}

/** The bytes of a value, as a view. */
export function valueBytes(bytes: Uint8Array, element: ElementRef): Uint8Array {
  return bytes.subarray(element.valueStart, element.valueEnd);
}

/** The bytes of a value in memory of their own: that of a fragment is used again. */
export function copyOfValue(bytes: Uint8Array, element: ElementRef): Uint8Array {
  return Uint8Array.from(valueBytes(bytes, element));
}

/** Whether an element has this value. Compared from the end: that is where UIDs differ. */
export function hasValue(bytes: Uint8Array, { valueStart, valueEnd }: ElementRef, value: Uint8Array): boolean {
  if (valueEnd - valueStart !== value.length) return false;
  for (let at = value.length - 1; at >= 0; at--) if (value[at] !== bytes[valueStart + at]) return false;
  return true;
}

/**
 * Where the encoding has no VRs, an attribute that may be US or SS is SS when the Pixel Representation beside it says
 * that pixels are signed (PS3.5 A.1).
 */
export function resolveSigned(list: ElementList, encoding: Encoding): readonly ElementRef[] {
  return encoding.explicitVr || !hasSignedPixels(list) ? list.elements : asSigned(list.elements);
}

/** Elements of implicit VR beside a Pixel Representation that says signed (PS3.5 A.1). */
export function asSigned(elements: readonly ElementRef[]): readonly ElementRef[] {
  return elements.map((element) =>
    element.vr === 'US' && mayBeSigned(element.tag) ? { ...element, vr: 'SS' } : element,
  );
}

/** The VR that the dictionary gives an attribute of these elements, also one they do not have; UN when unknown. */
export function vrWithin(list: ElementList, tag: Tag): Vr {
  const vr = vrOfTag(tag);
  return vr === 'US' && mayBeSigned(tag) && hasSignedPixels(list) ? 'SS' : vr;
}

export const PIXEL_REPRESENTATION = 0x00280103;

function hasSignedPixels({ bytes, elements }: ElementList): boolean {
  const element = findElement(elements, PIXEL_REPRESENTATION);
  if (element === undefined) return false;
  // 0 or 1 in two bytes: no need to know their order.
  return valueBytes(bytes, element).includes(1);
}

// A dictionary row takes longer to read than the rest of an element; there are a few dozen of these tags.
const signedTags = new Map<Tag, boolean>();

function mayBeSigned(tag: Tag): boolean {
  let signed = signedTags.get(tag);
  if (signed === undefined) {
    signed = entryOfTag(tag)?.vrs.includes('SS') ?? false;
    signedTags.set(tag, signed);
  }
  return signed;
}

function walk(bytes: Uint8Array, encoding: Encoding, contents: Contents, start: number, end: number, options = {}) {
  const walker = new ElementWalker({ encoding, contents, start, ...options });
  walker.push(bytes.subarray(start, end));
  walker.finish();
  return walker.elements;
}
