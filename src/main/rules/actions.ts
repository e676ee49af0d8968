/** What actions make of a value: text in, text out. What does not fit the VR is emptied, never left as it was. */

import { splitValues } from '#main/engine/dataset/values.ts';
import type { Vr } from '#shared/dicom/dictionary.ts';
import type { Action } from '#shared/rules.ts';
import { shiftDate, shiftDateTime, truncateDate } from './dates.ts';
import type { Identifiers } from './identifiers.ts';
import type { LookupTable } from './lookup-table.ts';
import { compilePattern } from './patterns.ts';
import { ObjectVerdict } from './rule-set-error.ts';
import type { Subject } from './subject.ts';
import { compileTemplate, type SequenceScope, type Template, type TemplateScope } from './template.ts';
import { createTextCleaner } from './text-cleaner.ts';

/** What a rule set has besides itself. */
export interface ActionResources {
  /** Undefined: no action needs a key. */
  readonly identifiers: Identifiers | undefined;
  readonly tables: ReadonlyMap<string, LookupTable>;
  /** The number of somebody in a sequence; throws where there is no table of pseudonyms. */
  number(scope: SequenceScope, identity: string): number;
}

/** One value on its way through an action. */
export interface ValueScope {
  readonly subject: Subject;
  readonly vr: Vr;
  /** For error messages: the keyword or the tag, never a value. */
  readonly attribute: string;
}

/** The new text of a value field; null: the element goes; undefined: the action does not fit the VR. */
export type TextAction = (text: string, scope: ValueScope) => string | null | undefined;

/** `text`: a function of the value. */
export type CompiledAction =
  | { readonly kind: 'keep' | 'remove' | 'empty' | 'dummy' }
  | { readonly kind: 'text'; readonly apply: TextAction; readonly adds: boolean };

export interface Needs {
  key: boolean;
  sequence: boolean;
  readonly tables: Set<string>;
}

/** VRs whose values are text, or may be (UN). */
export const TEXTUAL: ReadonlySet<Vr> = new Set(
  'AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UN UR UT'.split(' ') as Vr[],
);
const NUMERIC: ReadonlySet<Vr> = new Set('DS IS US SS UL SL UV SV FL FD'.split(' ') as Vr[]);
const FREE_TEXT: ReadonlySet<Vr> = new Set<Vr>(['SH', 'LO', 'ST', 'LT', 'UC', 'UT']);

/** Whether free text stands in it, out of which names can be cleaned. */
export function isFreeText(vr: Vr): boolean {
  return FREE_TEXT.has(vr);
}

/** Every value of a field on its own. */
export function mapValues(text: string, vr: Vr, change: (value: string) => string | undefined): string | undefined {
  if (text === '') return '';
  if (!text.includes('\\')) return change(text);
  const values: string[] = [];
  for (const value of splitValues(text, vr)) {
    const changed = value === '' ? '' : change(value);
    if (changed === undefined) return undefined;
    values.push(changed);
  }
  return values.join('\\');
}

/** PS3.6 annex A: UIDs of the standard itself are the same everywhere. */
export function isWellKnown(uid: string): boolean {
  return uid.startsWith('1.2.840.10008.');
}

/** UIDs replaced one by one, those of the standard kept. `areRemembered`: references, which come again in other objects. */
export function replaceUids(text: string, vr: Vr, identifiers: Identifiers, areRemembered = true): string | undefined {
  if (vr !== 'UI') return undefined;
  return mapValues(text, vr, (uid) => (isWellKnown(uid) ? uid : identifiers.uid(uid, areRemembered)));
}

/** Dates and date-times moved by whole days; times stay. Undefined for other VRs, and for what is no date. */
export function shiftDates(text: string, vr: Vr, days: number): string | undefined {
  if (vr === 'TM') return text;
  if (vr === 'DA') return shiftDate(text, days);
  return vr === 'DT' ? shiftDateTime(text, days) : undefined;
}

/** Free text without the patient's own values and what looks like names, dates and numbers. */
export function cleanText(text: string, vr: Vr, subject: Subject): string | undefined {
  if (!TEXTUAL.has(vr) || vr === 'UN') return undefined;
  const cleaner = cleanerOf(subject);
  const most = LONGEST[vr] ?? Number.POSITIVE_INFINITY;
  // What stands for what was removed may be longer than it was: a value that no longer fits is cut.
  return mapValues(text, vr, (value) => [...cleaner(value)].slice(0, most).join(''));
}

/** PS3.5 6.2, in characters. */
const LONGEST: Readonly<Partial<Record<Vr, number>>> = { SH: 16, LO: 64, ST: 1024, LT: 10240, PN: 64 };

const cleaners = new WeakMap<Subject, (text: string) => string>();

function cleanerOf(subject: Subject): (text: string) => string {
  let cleaner = cleaners.get(subject);
  if (!cleaner) {
    cleaner = createTextCleaner(subject.own);
    cleaners.set(subject, cleaner);
  }
  return cleaner;
}

/** A value that says nothing, right for its VR; as `encodeValue` takes it. */
export function dummyText(vr: Vr): string {
  switch (vr) {
    case 'PN':
      return 'Anonymized';
    case 'DA':
      return '19000101';
    case 'TM':
      return '000000';
    case 'DT':
      return '19000101000000';
    case 'AS':
      return '000Y';
    case 'UI':
      return '2.25.0';
    case 'UR':
      return 'urn:anonymized';
    case 'AE':
    case 'CS':
    case 'SH':
    case 'LO':
    case 'ST':
    case 'LT':
    case 'UC':
    case 'UT':
      return 'ANONYMIZED';
    case 'AT':
      return '(0000,0000)';
    case 'OB':
    case 'OW':
      return '0000';
    case 'OF':
    case 'OL':
      return '00000000';
    case 'OD':
    case 'OV':
      return '0000000000000000';
    case 'UN':
      return '';
    default:
      return '0';
  }
}

/**
 * An action of a rule, ready to be applied. `fail` hears of what the schema cannot see; `needs` of what it needs.
 */
export function compileAction(
  action: Action,
  resources: ActionResources,
  needs: Needs,
  fail: (path: string, message: string) => void,
): CompiledAction {
  const text = (apply: TextAction, adds = false): CompiledAction => ({ kind: 'text', apply, adds });
  const onText = (change: (value: string, scope: ValueScope) => string | undefined): CompiledAction =>
    text((before, scope) =>
      TEXTUAL.has(scope.vr) ? mapValues(before, scope.vr, (value) => change(value, scope)) : undefined,
    );
  const template = (source: string, pseudonym = false): Template => {
    const compiled = compileTemplate(source, { pseudonym });
    if (typeof compiled === 'string') {
      fail('.template', compiled);
      return { fill: () => '', needsKey: false, needsSequence: false };
    }
    needs.key ||= compiled.needsKey;
    needs.sequence ||= compiled.needsSequence;
    return compiled;
  };
  const scopeOf = (value: string, { subject }: ValueScope, n?: string | number | bigint): TemplateScope => ({
    subject,
    value,
    ...(n !== undefined && { n }),
    identifiers: resources.identifiers,
    sequence: (of) => resources.number(of, identityOf(of, value, subject)),
  });

  switch (action.do) {
    case 'keep':
    case 'remove':
    case 'empty':
    case 'dummy':
      return { kind: action.do };
    case 'set': {
      const { fill } = template(action.template);
      // A whole new value field: what was there does not matter, save in {value}.
      return text((before, scope) => fill(scopeOf(before, scope)), true);
    }
    case 'uid':
      needs.key = true;
      return text((before, { vr }) => replaceUids(before, vr, resources.identifiers!));
    case 'date':
      return text(dateAction(action.how, resources, needs));
    case 'pseudonym': {
      const filled = template(action.template, true);
      const source = pseudonymSource(action, resources, needs, fail);
      return text((before, scope) => {
        if (!TEXTUAL.has(scope.vr)) return undefined;
        return filled.fill(scopeOf(before, scope, source(before, scope)));
      });
    }
    case 'hash':
      needs.key = true;
      return onText((value) => resources.identifiers!.hex('hash', value, action.length));
    case 'replace': {
      const pattern = compilePattern(action);
      if (typeof pattern === 'string') {
        fail('.pattern', pattern);
        return { kind: 'empty' };
      }
      return onText((value) => pattern.replace(value, action.with));
    }
    case 'round':
      return text((before, { vr }) => roundValues(before, vr, action.to, action.cap));
    case 'lookup':
      return text(lookupAction(action, resources, needs, fail));
    case 'clean':
      return text((before, { vr, subject }) => cleanText(before, vr, subject));
    case 'case':
      return onText((value) => (action.to === 'upper' ? value.toUpperCase() : value.toLowerCase()));
  }
}

function identityOf(of: SequenceScope, value: string, subject: Subject): string {
  if (of === 'patient') return subject.patientKey;
  return of === 'study' ? (subject.text(0x0020000d) ?? '') : value;
}

function dateAction(how: Extract<Action, { do: 'date' }>['how'], resources: ActionResources, needs: Needs): TextAction {
  switch (how.by) {
    case 'shift':
      needs.key = true;
      return (before, { vr, subject }) =>
        shiftDates(before, vr, resources.identifiers!.shiftDays(subject.patientKey, how));
    case 'truncate':
      return (before, { vr }) => {
        if (vr === 'TM') return '';
        return vr === 'DA' || vr === 'DT' ? truncateDate(before, how.to) : undefined;
      };
    case 'fixed':
      return (before, { vr }) => {
        if (vr === 'TM') return '';
        return vr === 'DA' || vr === 'DT' ? mapValues(before, vr, () => how.date) : undefined;
      };
  }
}

function pseudonymSource(
  action: Extract<Action, { do: 'pseudonym' }>,
  resources: ActionResources,
  needs: Needs,
  fail: (path: string, message: string) => void,
): (value: string, scope: ValueScope) => string | number | bigint {
  const { from, of, list = [] } = action;
  if (from === 'hmac') {
    needs.key = true;
    // Six digits: enough for a few hundred patients; who needs more takes a sequence.
    return (value, { subject }) =>
      resources.identifiers!.number(`pseudonym ${of}`, identityOf(of, value, subject)) % 1_000_000n;
  }
  needs.sequence = true;
  const number = (value: string, { subject }: ValueScope) => resources.number(of, identityOf(of, value, subject));
  if (from === 'sequence') return number;
  if (list.length === 0) fail('.list', 'must have at least one pseudonym');
  return (value, scope) => {
    const at = number(value, scope);
    const found = list[at - 1];
    if (found === undefined)
      throw new ObjectVerdict('quarantine', `${scope.attribute}: the list of pseudonyms is used up`);
    return found;
  };
}

function roundValues(text: string, vr: Vr, to: number, cap = Number.POSITIVE_INFINITY): string | undefined {
  if (vr === 'AS') {
    return mapValues(text, vr, (value) => {
      const found = /^(\d{3})([DWMY])$/.exec(value);
      if (!found) return undefined;
      // Only years are rounded and capped: months are for infants.
      if (found[2] !== 'Y') return value;
      const years = Math.min(Math.round(Number(found[1]) / to) * to, cap, 999);
      return `${String(Math.floor(years)).padStart(3, '0')}Y`;
    });
  }
  if (!NUMERIC.has(vr)) return undefined;
  return mapValues(text, vr, (value) => {
    const number = Number(value);
    if (value.trim() === '' || !Number.isFinite(number)) return undefined;
    const rounded = Math.min(Math.round(number / to) * to, cap);
    return String(Number(rounded.toPrecision(12)));
  });
}

function lookupAction(
  action: Extract<Action, { do: 'lookup' }>,
  resources: ActionResources,
  needs: Needs,
  fail: (path: string, message: string) => void,
): TextAction {
  needs.tables.add(action.table);
  const table = resources.tables.get(action.table);
  if (!table) {
    fail('.table', `there is no table "${action.table}"`);
    return () => '';
  }
  if (!table.columns.includes(action.column)) {
    fail('.column', `the table "${action.table}" has no column "${action.column}"`);
  }
  const lookUp = (value: string, attribute: string): string | null => {
    const found = table.get(value, action.column);
    if (found !== undefined) return found;
    switch (action.missing) {
      case 'keep':
        return value;
      case 'empty':
        return '';
      case 'remove':
        return null;
      default:
        throw new ObjectVerdict(action.missing, `${attribute}: its value is not in the table "${action.table}"`);
    }
  };
  return (before, { vr, attribute }) => {
    if (!TEXTUAL.has(vr)) return undefined;
    const found = splitValues(before, vr).map((value) => lookUp(value, attribute));
    const left = found.filter((value) => value !== null);
    return left.length === 0 ? null : left.join('\\');
  };
}
