/** What PS3.15 annex E asks for: attributes (Table E.1-1), safe private elements (E.3.10-1), SR concepts (E.3.4-1). */

import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { isPrivate, type Tag } from '#shared/dicom/tag.ts';
import type { Ps315Option } from '#shared/rules.ts';
import { PACKED_PS315 } from './ps315-data.ts';
import { PACKED_SAFE_PRIVATE } from './safe-private-data.ts';
import { PACKED_SR_CONCEPTS } from './sr-concepts-data.ts';

/**
 * What is to be done (PS3.15 E.1.1): X remove, Z empty or a dummy, D a dummy, U a UID replaced consistently (in a
 * sequence: look inside), K keep (a sequence: clean inside), C clean.
 */
export type Ps315Code = 'X' | 'Z' | 'D' | 'U' | 'K' | 'C';
/** `valid-iod` takes the branch of a compound code that every IOD allows, `strictest` the one that leaves least. */
export type Ps315Preference = 'valid-iod' | 'strictest';

export interface Ps315Row {
  /** 8 hexadecimal digits, `x` where a repeating group varies: `60xx3000`. */
  readonly pattern: string;
  readonly keyword: string;
  /** As in the table: `X`, `Z/D`, `X/Z/U*`. */
  readonly basic: string;
  readonly options: Readonly<Partial<Record<Ps315Option, 'K' | 'C'>>>;
}

/** A code, and the column of the table that gives it. */
export interface Ps315Decision {
  readonly code: Ps315Code;
  readonly column: 'basic' | Ps315Option;
}

/** The letters of the packed tables. */
const OPTION_OF: Readonly<Record<string, Ps315Option>> = {
  p: 'retain-safe-private',
  u: 'retain-uids',
  d: 'retain-device',
  i: 'retain-institution',
  c: 'retain-patient-characteristics',
  f: 'retain-full-dates',
  m: 'retain-modified-dates',
  e: 'clean-descriptors',
  s: 'clean-structured-content',
  g: 'clean-graphics',
};

type Treatment = Pick<Ps315Row, 'basic' | 'options'>;

/** `X/Z fKmC` */
function readTreatment(text: string): Treatment {
  const [basic = '', cells = ''] = text.split(' ');
  const options: Partial<Record<Ps315Option, 'K' | 'C'>> = {};
  for (let at = 0; at < cells.length; at += 2) options[OPTION_OF[cells[at]!]!] = cells[at + 1] as 'K' | 'C';
  return { basic, options };
}

/** The cell of an option overrides the basic code (E.3); where two options meet on a row, C beats K. */
function decide(
  { basic, options }: Treatment,
  chosen: ReadonlySet<Ps315Option>,
  prefer: Ps315Preference,
): Ps315Decision {
  let kept: Ps315Decision | undefined;
  for (const option of Object.keys(options) as Ps315Option[]) {
    if (!chosen.has(option)) continue;
    const code = options[option]!;
    if (code === 'C') return { code, column: option };
    kept ??= { code, column: option };
  }
  if (kept) return kept;
  const branches = basic.split('/');
  const branch = prefer === 'valid-iod' ? branches.at(-1)! : branches[0]!;
  return { code: branch.charAt(0) as Ps315Code, column: 'basic' };
}

// --- Table E.1-1 --------------------------------------------------------------------------------------------------

interface Table {
  readonly rows: readonly Ps315Row[];
  readonly byTag: ReadonlyMap<Tag, Ps315Row>;
  /** Repeating groups (PS3.5 7.6), few enough to be tried one by one. */
  readonly repeating: readonly { readonly mask: number; readonly value: number; readonly row: Ps315Row }[];
}

// Built on first need, so that importing this file costs nothing.
let builtTable: Table | undefined;

function table(): Table {
  builtTable ??= buildTable();
  return builtTable;
}

function buildTable(): Table {
  const rows: Ps315Row[] = [];
  for (const line of PACKED_PS315.split('\n')) {
    const [treatment = '', tags = ''] = line.split('|');
    const shared = readTreatment(treatment);
    for (const packed of tags.split(' ')) {
      const [pattern = '', keyword = entryOfTag(lowest(pattern))?.keyword ?? ''] = packed.split('=');
      rows.push({ pattern, keyword, ...shared });
    }
  }
  rows.sort((a, b) => (a.pattern < b.pattern ? -1 : 1));
  const byTag = new Map<Tag, Ps315Row>();
  const repeating: Table['repeating'][number][] = [];
  for (const row of rows) {
    if (!row.pattern.includes('x')) {
      byTag.set(lowest(row.pattern), row);
      continue;
    }
    const mask = Number.parseInt(row.pattern.replace(/[^x]/g, 'F').replace(/x/g, '0'), 16);
    repeating.push({ mask, value: lowest(row.pattern), row });
  }
  return { rows, byTag, repeating };
}

function lowest(pattern: string): Tag {
  return Number.parseInt(pattern.replace(/x/g, '0'), 16);
}

/** Every row in the order of tags, without that of the private attributes: those are decided elsewhere. */
export function ps315Rows(): readonly Ps315Row[] {
  return table().rows;
}

/** The row of a tag, that of its repeating group too; undefined when the table has none. */
export function ps315Row(tag: Tag): Ps315Row | undefined {
  const { byTag, repeating } = table();
  const row = byTag.get(tag);
  // Repeating groups have even numbers only.
  if (row || isPrivate(tag)) return row;
  return repeating.find(({ mask, value }) => (tag & mask) >>> 0 === value)?.row;
}

/**
 * What Table E.1-1 asks for under the options chosen; undefined when it has no row for the tag. `U*` (a sequence whose
 * UIDs are to be replaced) is given as `U`.
 */
export function ps315Code(
  tag: Tag,
  options: ReadonlySet<Ps315Option>,
  prefer: Ps315Preference,
): Ps315Decision | undefined {
  const row = ps315Row(tag);
  return row && decide(row, options, prefer);
}

// --- Table E.3.10-1 -----------------------------------------------------------------------------------------------

/** By creator: group and last two digits of the element as one number. */
let builtSafe: ReadonlyMap<string, ReadonlySet<number>> | undefined;

function buildSafe(): ReadonlyMap<string, ReadonlySet<number>> {
  const safe = new Map<string, Set<number>>();
  for (const line of PACKED_SAFE_PRIVATE.split('\n')) {
    const [group = '', creator = '', elements = ''] = line.split('|');
    const numbers = safe.get(creator) ?? new Set<number>();
    for (let at = 0; at < elements.length; at += 2) {
      numbers.add(Number.parseInt(group + elements.slice(at, at + 2), 16));
    }
    safe.set(creator, numbers);
  }
  return safe;
}

/**
 * Whether Table E.3.10-1 calls a private element safe.
 * @param element its last two digits: the first two depend on the block that was reserved
 */
export function isSafePrivate(creator: string, group: number, element: number): boolean {
  builtSafe ??= buildSafe();
  return builtSafe.get(creator.trim())?.has(group * 0x100 + (element & 0xff)) ?? false;
}

// --- Table E.3.4-1 ------------------------------------------------------------------------------------------------

interface Concept extends Treatment {
  readonly valueType: string;
}

/** By coding scheme and code value: a concept has a row for each of its value types. */
let builtConcepts: ReadonlyMap<string, readonly Concept[]> | undefined;

function buildConcepts(): ReadonlyMap<string, readonly Concept[]> {
  const concepts = new Map<string, Concept[]>();
  for (const line of PACKED_SR_CONCEPTS.split('\n')) {
    const [treatment = '', scheme = '', valueType = '', codes = ''] = line.split('|');
    const concept = { ...readTreatment(treatment), valueType };
    for (const code of codes.split(' ')) {
      const key = conceptKey(code, scheme);
      concepts.set(key, [...(concepts.get(key) ?? []), concept]);
    }
  }
  return concepts;
}

function conceptKey(codeValue: string, scheme: string): string {
  return `${codeValue}\0${scheme}`;
}

/** From what leaves least to what leaves most. */
const BY_CARE = 'XZDUCK';

/**
 * What Table E.3.4-1 asks for a content item, by its concept name; undefined when it has no row for it. A concept that
 * is treated differently by value type, and comes without one of those, gets the most careful of its codes.
 * @param valueType ValueType (0040,A040) of the content item
 */
export function srConceptCode(
  codeValue: string,
  scheme: string,
  options: ReadonlySet<Ps315Option>,
  prefer: Ps315Preference,
  valueType?: string,
): Ps315Decision | undefined {
  builtConcepts ??= buildConcepts();
  const concepts = builtConcepts.get(conceptKey(codeValue, scheme)) ?? [];
  const exact = concepts.filter((concept) => concept.valueType === valueType);
  const decisions = (exact.length > 0 ? exact : concepts).map((concept) => decide(concept, options, prefer));
  return decisions.sort((a, b) => BY_CARE.indexOf(a.code) - BY_CARE.indexOf(b.code))[0];
}
