/** The tree of elements as rows of a table: what is expanded, what matches a search. Pure. */

import { text } from '#renderer/text/en.ts';
import type { TagNode } from '#shared/contract.ts';

export type TagRow = {
  /** `00081140.0.00081155`: tags, and between them the number of an item. */
  readonly path: string;
  /** From 1. */
  readonly level: number;
  /** undefined: nothing is below it. */
  readonly isExpanded?: boolean;
} & (
  | { readonly kind: 'element'; readonly node: TagNode }
  | { readonly kind: 'item'; readonly number: number; readonly count: number }
);

/** `(0008,1140)` */
export function tagWords(tag: string): string {
  return `(${tag.slice(0, 4)},${tag.slice(4)})`.toUpperCase();
}

/** An odd group number. */
export function isPrivateTag(tag: string): boolean {
  return Number.parseInt(tag.slice(3, 4), 16) % 2 === 1;
}

/** The name of the dictionary, or what can be said of an element that is in none. */
export function nameWords(node: TagNode): string {
  if (node.name !== '') return node.name;
  return isPrivateTag(node.tag) ? text.studies.tags.private : text.studies.tags.unknown;
}

/** `(0008,1140)[0].(0008,1155)`, as people and other tools write it. */
export function pathWords(path: string): string {
  return path
    .split('.')
    .map((part, index) => (index % 2 === 0 ? `${index > 0 ? '.' : ''}${tagWords(part)}` : `[${part}]`))
    .join('');
}

/** The rows that are visible when these paths are expanded. */
export function rowsOf(elements: readonly TagNode[], expanded: ReadonlySet<string>): readonly TagRow[] {
  const rows: TagRow[] = [];
  const addElements = (nodes: readonly TagNode[], before: string, level: number): void => {
    for (const node of nodes) {
      const path = before + node.tag;
      const hasItems = node.items !== undefined && node.items.length > 0;
      const isExpanded = expanded.has(path);
      rows.push({ kind: 'element', path, level, node, ...(hasItems && { isExpanded }) });
      if (!hasItems || !isExpanded) continue;
      node.items?.forEach((item, number) => {
        const itemPath = `${path}.${number}`;
        const isOpen = expanded.has(itemPath);
        rows.push({ kind: 'item', path: itemPath, level: level + 1, number, count: item.length, isExpanded: isOpen });
        if (isOpen) addElements(item, `${itemPath}.`, level + 2);
      });
    }
  };
  addElements(elements, '', 1);
  return rows;
}

/** Every path that can be expanded. */
export function expandablePaths(elements: readonly TagNode[], before = ''): string[] {
  return elements.flatMap(({ tag, items }) => {
    if (items === undefined || items.length === 0) return [];
    const path = before + tag;
    return [
      path,
      ...items.flatMap((item, number) => [`${path}.${number}`, ...expandablePaths(item, `${path}.${number}.`)]),
    ];
  });
}

/** How many elements there are, nested ones too. */
export function countElements(elements: readonly TagNode[]): number {
  return elements.reduce(
    (count, { items = [] }) => count + 1 + items.reduce((inner, item) => inner + countElements(item), 0),
    0,
  );
}

export interface Found {
  /** What matches, and what it is in. */
  readonly elements: readonly TagNode[];
  readonly count: number;
}

/** Keeps the elements that match, with everything around them; items keep their numbers. */
export function searchElements(elements: readonly TagNode[], search: string): Found {
  const wanted = search.trim().toLowerCase();
  const wantedTag = wanted.replace(/[(),\s]/g, '');
  const matches = ({ tag, name, keyword, value = '', privateCreator = '' }: TagNode): boolean =>
    (/^[0-9a-f]{2,8}$/.test(wantedTag) && tag.toLowerCase().startsWith(wantedTag)) ||
    [name, keyword, value, privateCreator].some((words) => words.toLowerCase().includes(wanted));
  let count = 0;
  const keep = (nodes: readonly TagNode[]): readonly TagNode[] =>
    nodes.flatMap((node) => {
      const isMatch = matches(node);
      if (isMatch) count += 1;
      if (node.items === undefined) return isMatch ? [node] : [];
      const items = node.items.map(keep);
      return isMatch || items.some((item) => item.length > 0) ? [{ ...node, items }] : [];
    });
  return { elements: keep(elements), count };
}
