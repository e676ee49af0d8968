/** What de-identification leaves behind to say that it happened (PS3.15 E.1.1, PS3.3 C.7.1.1, PS3.16 CID 7050). */

import { joinBytes } from '#main/engine/dataset/byte-list.ts';
import { encodeElementHeader, ITEM } from '#main/engine/dataset/element-header.ts';
import type { NewElement } from '#main/engine/dataset/rewrite.ts';
import type { Encoding } from '#main/engine/dataset/transfer-syntax.ts';
import type { Vr } from '#shared/dicom/dictionary.ts';
import type { Tag } from '#shared/dicom/tag.ts';
import { PS315_EDITION, type Ps315Option, type RuleSet } from '#shared/rules.ts';

export const PATIENT_IDENTITY_REMOVED = 0x00120062;
const DEIDENTIFICATION_METHOD = 0x00120063;
const DEIDENTIFICATION_METHOD_CODE_SEQUENCE = 0x00120064;
const BURNED_IN_ANNOTATION = 0x00280301;
const LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED = 0x00280303;

/** CID 7050. */
const CODES: Readonly<Record<'basic' | Ps315Option, readonly [value: string, meaning: string]>> = {
  basic: ['113100', 'Basic Application Confidentiality Profile'],
  'clean-pixel-data': ['113101', 'Clean Pixel Data Option'],
  'clean-graphics': ['113103', 'Clean Graphics Option'],
  'clean-structured-content': ['113104', 'Clean Structured Content Option'],
  'clean-descriptors': ['113105', 'Clean Descriptors Option'],
  'retain-full-dates': ['113106', 'Retain Longitudinal Temporal Information Full Dates Option'],
  'retain-modified-dates': ['113107', 'Retain Longitudinal Temporal Information Modified Dates Option'],
  'retain-patient-characteristics': ['113108', 'Retain Patient Characteristics Option'],
  'retain-device': ['113109', 'Retain Device Identity Option'],
  'retain-uids': ['113110', 'Retain UIDs Option'],
  'retain-safe-private': ['113111', 'Retain Safe Private Option'],
  'retain-institution': ['113112', 'Retain Institution Identity Option'],
};

/** An element of the stamp; its text for reports. */
export interface StampElement extends NewElement {
  readonly text: string;
}

/** By tag, and in the order of their tags. */
export interface Stamp {
  readonly byTag: ReadonlyMap<Tag, StampElement>;
  readonly elements: readonly StampElement[];
}

/**
 * The elements that say what was done. A rule set without the profile of PS3.15 names its method, and claims
 * nothing more.
 * @param blanked regions of the pixels were overwritten
 */
export function stampFor(ruleSet: RuleSet, encoding: Encoding, blanked: boolean): Stamp {
  const elements = stampElements(ruleSet, encoding, blanked).sort((a, b) => a.tag - b.tag);
  return { byTag: new Map(elements.map((element) => [element.tag, element])), elements };
}

function stampElements(ruleSet: RuleSet, encoding: Encoding, blanked: boolean): StampElement[] {
  const stamp: StampElement[] = [];
  const add = (tag: Tag, vr: Vr, text: string, value = ascii(text)) => stamp.push({ tag, vr, value, text });
  const { base } = ruleSet;
  if (blanked) add(BURNED_IN_ANNOTATION, 'CS', 'NO');
  if (!ruleSet.stamp) return stamp;
  add(DEIDENTIFICATION_METHOD, 'LO', methodOf(ruleSet));
  if (base.kind === 'none') return stamp;
  const options = base.options.filter((option) => option !== 'clean-pixel-data' || blanked);
  add(PATIENT_IDENTITY_REMOVED, 'CS', 'YES');
  const codes = (['basic', ...options] as const).map((one) => CODES[one]);
  const items = joinBytes(codes.flatMap(([value, meaning]) => codeItem(value, meaning, encoding)));
  add(DEIDENTIFICATION_METHOD_CODE_SEQUENCE, 'SQ', codes.map(([value]) => value).join(', '), items);
  const dates = options.includes('retain-full-dates')
    ? 'UNMODIFIED'
    : options.includes('retain-modified-dates')
      ? 'MODIFIED'
      : 'REMOVED';
  add(LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED, 'CS', dates);
  return stamp;
}

/** Values of at most 64 characters (LO): the program, the edition, the options. */
function methodOf({ base }: RuleSet): string {
  const values = ['Studyport deid-profile/1'];
  if (base.kind === 'none') values.push('own rules, no profile of PS3.15');
  else values.push(`${PS315_EDITION} Basic Profile, ${base.prefer}`, ...base.options);
  return values.map((value) => value.slice(0, 64)).join('\\');
}

function codeItem(value: string, meaning: string, encoding: Encoding): Uint8Array[] {
  const content = [
    ...element(0x00080100, 'SH', value, encoding),
    ...element(0x00080102, 'SH', 'DCM', encoding),
    ...element(0x00080104, 'LO', meaning.slice(0, 64), encoding),
  ];
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  return [encodeElementHeader(ITEM, 'UN', length, encoding), ...content];
}

function element(tag: Tag, vr: Vr, text: string, encoding: Encoding): Uint8Array[] {
  const value = ascii(text);
  return [encodeElementHeader(tag, vr, value.length, encoding), value];
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text.length % 2 === 0 ? text : `${text} `);
}
