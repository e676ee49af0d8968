/** The table of a sample before and after: which rows are shown, and what rule can be made of one. Pure. */

import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { elementOf, formatTag, groupOf, isPrivate, tagOf } from '#shared/dicom/tag.ts';
import type { Action, ElementChange, Rule, RuleSet, Selector } from '#shared/rules.ts';
import { blankAction } from './blanks.ts';
import { freshId } from './entries.ts';

export const FILTERS = ['all', 'changed', 'removed', 'text', 'private', 'no-rule'] as const;
export type Filter = (typeof FILTERS)[number];

/** VRs whose values people type or read (PS3.5 6.2). */
const TEXT_VRS: ReadonlySet<string> = new Set(['AE', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT']);
const DATE_VRS: ReadonlySet<string> = new Set(['DA', 'DT']);
const NUMBER_VRS: ReadonlySet<string> = new Set(['AS', 'DS', 'IS']);

/** Whether a filter shows the row. */
export function passes(row: ElementChange, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'changed':
      return row.outcome === 'changed' || row.outcome === 'emptied' || row.outcome === 'added';
    case 'removed':
      return row.outcome === 'removed';
    case 'text':
      return row.outcome === 'kept' && TEXT_VRS.has(row.vr) && row.after !== '';
    case 'private':
      return isPrivate(row.tag);
    case 'no-rule':
      return row.rule === undefined;
  }
}

/** The rows of a filter that have every word of a search somewhere. */
export function shownRows(rows: readonly ElementChange[], filter: Filter, search: string): readonly ElementChange[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (!passes(row, filter)) return false;
    const { path, keyword, name, vr, before, after, reason } = row;
    const found = [path, keyword, name, vr, before, after, reason].join('\n').toLowerCase();
    return wanted.every((word) => found.includes(word));
  });
}

/** How many rows each filter shows. */
export function filterCounts(rows: readonly ElementChange[]): Readonly<Record<Filter, number>> {
  const count = (filter: Filter) => rows.filter((row) => passes(row, filter)).length;
  return Object.fromEntries(FILTERS.map((filter) => [filter, count(filter)])) as Record<Filter, number>;
}

/** Pixel Data and the like are kept whatever rules say. */
export function isLocked({ reason }: ElementChange): boolean {
  return reason.startsWith('locked');
}

/** The actions that make sense for a row, in the order of how often they are wanted. */
export function offeredActions(row: ElementChange): readonly Action['do'][] {
  if (isLocked(row)) return [];
  if (row.vr === 'SQ') return ['remove', 'empty', 'keep'];
  const own: Action['do'][] = DATE_VRS.has(row.vr)
    ? ['date']
    : row.vr === 'UI'
      ? ['uid']
      : TEXT_VRS.has(row.vr)
        ? ['pseudonym', 'clean']
        : NUMBER_VRS.has(row.vr)
          ? ['round']
          : [];
  return ['remove', 'empty', 'set', 'keep', ...own];
}

/** A rule for the attribute of a row, wherever it occurs. */
export function ruleFor(
  ruleSet: RuleSet,
  rows: readonly ElementChange[],
  row: ElementChange,
  kind: Action['do'],
): Rule {
  return {
    id: freshId(ruleSet, 'rules'),
    on: true,
    note: '',
    select: [selectorFor(rows, row)],
    except: [],
    depth: 'any',
    action: blankAction(kind),
  };
}

/**
 * By keyword where the standard has one. Where a private block lies differs from file to file, so a private element
 * is named by its creator, as far as the sample shows it.
 */
export function selectorFor(rows: readonly ElementChange[], row: ElementChange): Selector {
  const { tag } = row;
  const group = groupOf(tag);
  const number = elementOf(tag);
  if (isPrivate(tag)) {
    const isCreator = number >= 0x10 && number <= 0xff;
    const creatorTag = isCreator ? tag : tagOf(group, number >> 8);
    const level = row.path.slice(0, row.path.lastIndexOf('.') + 1);
    const creator = rows.find((other) => other.tag === creatorTag && other.path === `${level}${formatTag(creatorTag)}`);
    if (creator?.before) {
      return {
        kind: 'private',
        group: hex(group, 4),
        creator: creator.before,
        ...(!isCreator && { element: hex(number & 0xff, 2) }),
      };
    }
  }
  const entry = entryOfTag(tag);
  // The keyword of a repeating group would mean all of its groups.
  const isPlain = entry !== undefined && entry.keyword !== '' && !entry.pattern.includes('x') && !isPrivate(tag);
  return { kind: 'attribute', attribute: isPlain ? entry.keyword : formatTag(tag) };
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
