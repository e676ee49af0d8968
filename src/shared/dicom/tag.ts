/** Attribute tags as numbers (PS3.5 7.1): group in the upper, element in the lower 16 bits. */

/** An attribute tag: `group * 0x10000 + element`, an unsigned 32-bit integer. */
export type Tag = number;

/** Builds a tag from its group and element numbers. */
export function tagOf(group: number, element: number): Tag {
  return group * 0x10000 + element;
}

/** The tag as 8 upper-case hexadecimal digits: `00100010`. */
export function tagHex(tag: Tag): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}

/** The tag as people read it: `(0010,0010)`. */
export function formatTag(tag: Tag): string {
  const hex = tagHex(tag);
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

/** Reads `(GGGG,EEEE)` or 8 hexadecimal digits; undefined when the text is neither. */
export function parseTag(text: string): Tag | undefined {
  const match = /^(?:\(([0-9a-f]{4}),\s*([0-9a-f]{4})\)|([0-9a-f]{4})([0-9a-f]{4}))$/i.exec(text.trim());
  if (!match) return undefined;
  return Number.parseInt(`${match[1] ?? match[3]}${match[2] ?? match[4]}`, 16);
}

/** True for private groups (odd group numbers, PS3.5 7.8). */
export function isPrivate(tag: Tag): boolean {
  return (tag & 0x10000) !== 0;
}

/** The group number of a tag. */
export function groupOf(tag: Tag): number {
  return Math.floor(tag / 0x10000);
}

/** The element number of a tag. */
export function elementOf(tag: Tag): number {
  return tag & 0xffff;
}
