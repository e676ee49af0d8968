/** Finding attributes of PS3.6 by keyword, name or number. Pure. */

import { allEntries, type DictionaryEntry, entryOfKeyword, entryOfTag } from '#shared/dicom/dictionary.ts';
import { formatTag, parseTag } from '#shared/dicom/tag.ts';

/** Every named element of PS3.6 that a Data Set can hold: no group lengths, items or delimiters. */
export function dataSetEntries(): DictionaryEntry[] {
  return allEntries().filter(({ keyword, vrs, tag }) => keyword !== '' && vrs.length > 0 && tag >= 0x00080000);
}

/** Entries that match every word in keyword, name or tag; those whose keyword starts with the query first. */
export function searchEntries(entries: readonly DictionaryEntry[], query: string): readonly DictionaryEntry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries;
  const found = entries.filter(({ keyword, name, tag, pattern }) => {
    const text = `${keyword} ${name} ${formatTag(tag)} ${pattern}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const start = words.join('');
  const rank = ({ keyword, retired }: DictionaryEntry) =>
    (keyword.toLowerCase().startsWith(start) ? 0 : 2) + Number(retired);
  return found.toSorted((a, b) => rank(a) - rank(b));
}

/** What a tag of the list is, for its chip: keyword and tag, whichever of the two was given. */
export function describeTag(text: string): {
  readonly label: string;
  readonly detail: string;
  readonly known: boolean;
} {
  const byKeyword = entryOfKeyword(text);
  if (byKeyword) return { label: text, detail: `${formatTag(byKeyword.tag)} ${byKeyword.name}`, known: true };
  const tag = parseTag(text);
  if (tag === undefined) return { label: text, detail: '', known: false };
  const entry = entryOfTag(tag);
  return {
    label: entry?.keyword || formatTag(tag),
    detail: `${formatTag(tag)} ${entry?.name ?? ''}`.trim(),
    known: true,
  };
}
