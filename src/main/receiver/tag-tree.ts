/** The elements of a stored instance as the tag browser shows them, and single values by their path. */

import type { StoredElement, StoredFile } from '#main/engine/index.ts';
import type { TagNode } from '#shared/contract.ts';
import { type DictionaryEntry, entryOfTag } from '#shared/dicom/dictionary.ts';
import { parseTag, type Tag, tagHex } from '#shared/dicom/tag.ts';

/** Characters of a value that are shown. */
const LONGEST = 1000;
/** Elements that are listed in all; sequences beyond have their bytes only. */
const MOST_NODES = 50_000;

/** The tree of all elements, file meta first. */
export function tagTree(file: StoredFile): readonly TagNode[] {
  const listing: Listing = { left: MOST_NODES, entries: new Map() };
  return [...file.metaElements, ...file.elements].map((element) => nodeOf(element, listing));
}

/** The element at a path like `00081140.0.00081155`: tags, and between them the number of an item. */
export function elementAt(file: StoredFile, path: string): StoredElement | undefined {
  const [first = '', ...rest] = path.split('.');
  let element = find([...file.metaElements, ...file.elements], first);
  for (let index = 0; index + 1 < rest.length && element !== undefined; index += 2) {
    const item = /^\d{1,9}$/.test(rest[index]!) ? element.items()?.[Number(rest[index])] : undefined;
    element = item && find(item, rest[index + 1]!);
  }
  return rest.length % 2 === 0 ? element : undefined;
}

function find(elements: readonly StoredElement[], text: string): StoredElement | undefined {
  const tag = text.length === 8 ? parseTag(text) : undefined;
  return elements.find((element) => element.tag === tag);
}

interface Listing {
  left: number;
  /** Rows of the dictionary that were read: items repeat the same tags. */
  readonly entries: Map<Tag, DictionaryEntry | undefined>;
}

function nodeOf(element: StoredElement, listing: Listing): TagNode {
  listing.left -= 1;
  if (!listing.entries.has(element.tag)) listing.entries.set(element.tag, entryOfTag(element.tag));
  const entry = listing.entries.get(element.tag);
  const { creator } = element;
  const head = {
    tag: tagHex(element.tag),
    vr: element.vr,
    name: entry?.name ?? '',
    keyword: entry?.keyword ?? '',
    length: element.length,
    ...(creator === undefined ? {} : { privateCreator: creator }),
  };
  const items = listing.left > 0 ? element.items() : undefined;
  if (items) return { ...head, items: items.map((item) => item.map((inner) => nodeOf(inner, listing))) };
  const { text, cut } = element.text(LONGEST);
  // Bytes without a text: binary, a sequence too large or too broken to take apart, UN that is no text.
  const hidden = text === '' && element.size > 0 && (element.binary || element.vr === 'SQ' || element.vr === 'UN');
  if (hidden) return { ...head, more: true };
  return { ...head, value: text, ...(cut ? { more: true } : {}) };
}
