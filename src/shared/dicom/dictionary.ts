/** The data dictionary (PS3.6 chapters 6 to 9): keyword, name, VR and multiplicity of every attribute. */
import { PACKED_DICTIONARY } from './dictionary-data.ts';
import { keywordFromName, nameFromKeyword } from './keyword.ts';
import { elementOf, isPrivate, type Tag, tagHex } from './tag.ts';

/** A value representation (PS3.5 6.2). */
export type Vr =
  | 'AE'
  | 'AS'
  | 'AT'
  | 'CS'
  | 'DA'
  | 'DS'
  | 'DT'
  | 'FD'
  | 'FL'
  | 'IS'
  | 'LO'
  | 'LT'
  | 'OB'
  | 'OD'
  | 'OF'
  | 'OL'
  | 'OV'
  | 'OW'
  | 'PN'
  | 'SH'
  | 'SL'
  | 'SQ'
  | 'SS'
  | 'ST'
  | 'SV'
  | 'TM'
  | 'UC'
  | 'UI'
  | 'UL'
  | 'UN'
  | 'UR'
  | 'US'
  | 'UT'
  | 'UV';

/** One row of PS3.6, or what PS3.5 says about a tag that has no row of its own. */
export interface DictionaryEntry {
  /** The tag asked for; by keyword, and in `allEntries()`, the first tag of a repeating group. */
  readonly tag: Tag;
  /** The tag as PS3.6 writes it: 8 digits, `x` where a repeating group varies (`50xx0005`). */
  readonly pattern: string;
  /** Empty for the few retired rows that PS3.6 no longer names. */
  readonly keyword: string;
  readonly name: string;
  /** The first of `vrs`; UN when PS3.6 gives none. */
  readonly vr: Vr;
  /** Every VR the attribute may have: `['US', 'SS']`; empty for items and delimiters. */
  readonly vrs: readonly Vr[];
  readonly vm: string;
  readonly retired: boolean;
}

/**
 * The rows as they are packed, by tag. A row is read only when it is asked for: finding their places takes a
 * millisecond or two, reading all of them ten times that.
 */
interface Index {
  /** Keyed by tag, or by the pattern of a repeating group. */
  readonly rows: ReadonlyMap<Tag | string, string>;
  readonly vrs: ReadonlyMap<Tag, Vr>;
  /** For each mask of fixed digits that occurs (PS3.5 7.6), the patterns by those digits. */
  readonly patterns: ReadonlyMap<number, ReadonlyMap<Tag, string>>;
}

function buildIndex(): Index {
  const rows = new Map<Tag | string, string>();
  const vrs = new Map<Tag, Vr>();
  const patterns = new Map<number, Map<Tag, string>>();
  let group = '';
  let element = -1;
  for (const line of PACKED_DICTIONARY.split('\n')) {
    if (line.startsWith('=')) {
      group = line.slice(1);
      element = -1;
      continue;
    }
    const varies = line.startsWith('.');
    const end = varies ? 6 : stepEnd(line);
    if (!varies) element += Number.parseInt(line.slice(0, end), 36);
    const row = line.slice(end);
    if (varies || group.includes('x')) {
      const pattern = group + (varies ? line.slice(1, 5) : hex(element, 4));
      const mask = Number.parseInt(pattern.replace(/[^x]/g, 'F').replace(/x/g, '0'), 16);
      patterns.set(mask, (patterns.get(mask) ?? new Map<Tag, string>()).set(lowestTag(pattern), pattern));
      rows.set(pattern, row);
    } else {
      const tag = Number.parseInt(group, 16) * 0x10000 + element;
      rows.set(tag, row);
      vrs.set(tag, implicitVr(row));
    }
  }
  return { rows, vrs, patterns };
}

/** The length of the step to the next element at the start of a line, in base 36: digits and small letters. */
function stepEnd(line: string): number {
  let end = 0;
  for (let code = line.charCodeAt(0); code >= 0x61 || (code >= 0x30 && code <= 0x39); code = line.charCodeAt(end))
    end++;
  return end;
}

function lowestTag(pattern: string): Tag {
  return Number.parseInt(pattern.replace(/x/g, '0'), 16);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

/** PS3.5 A.1: the VR without an explicit one is the first PS3.6 gives, but OW for what may be OB or OW. */
function implicitVr(row: string): Vr {
  if (row.startsWith('OB|OW')) return 'OW';
  // A row without a VR starts with its multiplicity or its text's blank.
  return row.charCodeAt(0) >= 0x41 ? (row.slice(0, 2) as Vr) : 'UN';
}

/** VRs, multiplicity unless 1, `!` if retired, then keyword, or name if that yields it, or both. */
const ROW = /^([A-Z|]*)([^ !]*)(!?) ([^|]*)\|?(.*)$/;

function readRow(row: string, tag: Tag, pattern: string): DictionaryEntry {
  const [, vrText = '', count = '', bang, text = '', longName] = ROW.exec(row)!;
  const vrs = (vrText === '' ? [] : vrText.split('|')) as Vr[];
  const isKeyword = longName !== '' || isKeywordText(text);
  return {
    tag,
    pattern,
    keyword: isKeyword ? text : keywordFromName(text),
    name: longName || (isKeyword ? nameFromKeyword(text) : text),
    vr: vrs[0] ?? 'UN',
    vrs,
    vm: count === '' ? '1' : count === '?' ? '' : count.replace(/_/g, ' '),
    retired: bang === '!',
  };
}

function isKeywordText(text: string): boolean {
  return /^[A-Za-z0-9]*$/.test(text);
}

// Built on first need, so that importing this file costs nothing.
let builtIndex: Index | undefined;
let builtKeywords: ReadonlyMap<string, Tag | string> | undefined;

function index(): Index {
  builtIndex ??= buildIndex();
  return builtIndex;
}

function keywords(): ReadonlyMap<string, Tag | string> {
  builtKeywords ??= buildKeywords();
  return builtKeywords;
}

function buildKeywords(): ReadonlyMap<string, Tag | string> {
  const keys = new Map<string, Tag | string>();
  for (const [key, row] of index().rows) {
    const text = row.slice(row.indexOf(' ') + 1);
    const bar = text.indexOf('|');
    const keyword = bar >= 0 ? text.slice(0, bar) : isKeywordText(text) ? text : keywordFromName(text);
    if (keyword !== '') keys.set(keyword, key);
  }
  return keys;
}

/**
 * The first tag of a repeating group. That with zeros for x may be an attribute of its own, or a group length:
 * (0028,04x0) starts at (0028,0410) because (0028,0400) is another attribute.
 */
function firstTag(pattern: string): Tag {
  const lowest = lowestTag(pattern);
  const isTaken = index().rows.has(lowest) || elementOf(lowest) === 0;
  return isTaken ? lowest + 16 ** (7 - pattern.lastIndexOf('x')) : lowest;
}

function entryOfKey(key: Tag | string, row: string): DictionaryEntry {
  return typeof key === 'number' ? readRow(row, key, tagHex(key)) : readRow(row, firstTag(key), key);
}

const GROUP_LENGTH = { keyword: 'GenericGroupLength', name: 'Generic Group Length', retired: true };
const PRIVATE_CREATOR = { keyword: 'PrivateCreator', name: 'Private Creator', retired: false };

/** The repeating group a tag belongs to (PS3.5 7.6). */
function patternOf(tag: Tag): string | undefined {
  for (const [mask, patterns] of index().patterns) {
    const pattern = patterns.get((tag & mask) >>> 0);
    if (pattern) return pattern;
  }
  return undefined;
}

function unlisted(tag: Tag, vr: Vr, what: { keyword: string; name: string; retired: boolean }): DictionaryEntry {
  return { tag, pattern: tagHex(tag), vr, vrs: [vr], vm: '1', ...what };
}

/** What the standard says about a tag: repeating groups, group lengths (PS3.5 7.2) and private creators (7.8.1) too. */
export function entryOfTag(tag: Tag): DictionaryEntry | undefined {
  const { rows } = index();
  const row = rows.get(tag);
  if (row !== undefined) return readRow(row, tag, tagHex(tag));
  if (elementOf(tag) === 0) return unlisted(tag, 'UL', GROUP_LENGTH);
  if (isPrivate(tag)) {
    return elementOf(tag) >= 0x10 && elementOf(tag) <= 0xff ? unlisted(tag, 'LO', PRIVATE_CREATOR) : undefined;
  }
  const pattern = patternOf(tag);
  return pattern === undefined ? undefined : readRow(rows.get(pattern)!, tag, pattern);
}

/** The tag of a keyword (PS3.6 5), the first one for a repeating group. Quicker than its whole row. */
export function tagOfKeyword(keyword: string): Tag | undefined {
  const key = keywords().get(keyword);
  return typeof key === 'string' ? firstTag(key) : key;
}

/** The attribute of a keyword (PS3.6 5); for a repeating group with its first tag. */
export function entryOfKeyword(keyword: string): DictionaryEntry | undefined {
  const key = keywords().get(keyword);
  return key === undefined ? undefined : entryOfKey(key, index().rows.get(key)!);
}

/** Every row of PS3.6 chapters 6 to 9 in its order. */
export function allEntries(): DictionaryEntry[] {
  return [...index().rows].map(([key, row]) => entryOfKey(key, row));
}

/**
 * The VR of a tag where the data set does not say it (Implicit VR Little Endian, PS3.5 A.1); UN when unknown.
 * What may be OB or OW is OW there.
 */
export function vrOfTag(tag: Tag): Vr {
  const known = index().vrs.get(tag);
  if (known) return known;
  const entry = entryOfTag(tag);
  if (!entry) return 'UN';
  return entry.vr === 'OB' && entry.vrs.includes('OW') ? 'OW' : entry.vr;
}
