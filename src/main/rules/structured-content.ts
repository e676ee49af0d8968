/** Content items of structured reports: what the concept they are about decides (PS3.15 E.3.4, Table E.3.4-1). */

import { itemsOf, parseElements } from '#main/engine/dataset/elements.ts';
import type { Vr } from '#shared/dicom/dictionary.ts';
import type { Tag } from '#shared/dicom/tag.ts';
import { PS315_OPTIONS, type Ps315Option } from '#shared/rules.ts';
import type { Act, Decision } from './decisions.ts';
import { Place } from './place.ts';
import { type Ps315Code, srConceptCode } from './ps315.ts';

const CONCEPT_NAME_CODE_SEQUENCE = 0x0040a043;
const VALUE_TYPE = 0x0040a040;
const CODE_VALUE = 0x00080100;
const CODING_SCHEME_DESIGNATOR = 0x00080102;
const TEXT_VALUE = 0x0040a160;
const PERSON_NAME = 0x0040a123;
const UID = 0x0040a124;
const CONCEPT_CODE_SEQUENCE = 0x0040a168;
const MEASURED_VALUE_SEQUENCE = 0x0040a300;
const DATES: ReadonlySet<Tag> = new Set([0x0040a120, 0x0040a121, 0x0040a122]);
const VALUES: ReadonlySet<Tag> = new Set([
  TEXT_VALUE,
  PERSON_NAME,
  UID,
  CONCEPT_CODE_SEQUENCE,
  MEASURED_VALUE_SEQUENCE,
  ...DATES,
]);

/** What holds in one content item. */
export interface StructuredContent {
  /** Undefined: the concept is not in the table. */
  readonly code: Ps315Code | undefined;
  readonly options: ReadonlySet<Ps315Option>;
  /** The whole item goes. */
  readonly drops: boolean;
  readonly decision: Decision;
}

export interface Concept {
  readonly value: string;
  readonly scheme: string;
  /** `TEXT`, `PNAME` … (PS3.3 C.17.3.2.1) */
  readonly valueType: string;
}

/** What a content item is about. */
export function conceptOf(place: Place): Concept | undefined {
  const { elements, bytes, encoding } = place.level;
  const type = elements.find(({ tag }) => tag === VALUE_TYPE);
  const sequence = elements.find(({ tag }) => tag === CONCEPT_NAME_CODE_SEQUENCE);
  if (!sequence) return undefined;
  const [item] = itemsOf(bytes, sequence, encoding);
  if (!item) return undefined;
  const { valueStart: start, valueEnd: end } = item;
  const inside = parseElements(bytes, encoding, start, end);
  const level = { bytes, elements: inside, encoding, start, end, depth: place.level.depth + 1 };
  const within = new Place(level, place.charset);
  const text = (wanted: Tag) => {
    const element = inside.find(({ tag }) => tag === wanted);
    return element ? within.textOf(element) : '';
  };
  return {
    value: text(CODE_VALUE),
    scheme: text(CODING_SCHEME_DESIGNATOR),
    valueType: type ? place.textOf(type) : '',
  };
}

/** What the table says about a concept under options. */
export function conceptDecision(concept: Concept | undefined, options: ReadonlySet<Ps315Option>): StructuredContent {
  const found =
    concept && srConceptCode(concept.value, concept.scheme, options, 'valid-iod', concept.valueType || undefined);
  const column = found && (found.column === 'basic' ? 'basic' : PS315_OPTIONS[found.column]);
  const reason = found
    ? `PS3.15 Table E.3.4-1 ${column}: ${found.code}`
    : 'content item of a concept that is not in PS3.15 Table E.3.4-1';
  const drops = found?.code === 'X';
  return {
    code: found?.code,
    options,
    drops,
    decision: { act: { kind: drops ? 'remove' : 'keep' }, reason, by: 'base' },
  };
}

/** What becomes of the value of a content item; undefined: the element is none of its values. */
export function valueDecision(tag: Tag, vr: Vr, content: StructuredContent): Decision | undefined {
  if (!VALUES.has(tag)) return undefined;
  return { ...content.decision, act: { kind: actOf(tag, vr, content) } };
}

function actOf(tag: Tag, vr: Vr, { code, options }: StructuredContent): Exclude<Act['kind'], 'text'> {
  const isDate = DATES.has(tag);
  switch (code) {
    case 'K':
      return 'keep';
    case 'Z':
      return 'empty';
    case 'D':
      return 'dummy';
    case 'C':
      if (isDate) return vr === 'TM' ? 'keep' : 'shift';
      return vr === 'PN' ? 'dummy' : tag === UID ? 'uid' : vr === 'SQ' ? 'keep' : 'clean';
    case 'U':
      return tag === UID ? 'uid' : 'keep';
    default:
      break;
  }
  // Not in the table: names never stay, text is cleaned, dates as the options say.
  if (tag === PERSON_NAME) return 'dummy';
  if (tag === TEXT_VALUE) return 'clean';
  if (tag === UID) return options.has('retain-uids') ? 'keep' : 'uid';
  if (!isDate || options.has('retain-full-dates')) return 'keep';
  if (options.has('retain-modified-dates')) return vr === 'TM' ? 'keep' : 'shift';
  return 'dummy';
}
