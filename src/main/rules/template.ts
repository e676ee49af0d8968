/** Text with functions in braces: `{PatientID}`, `TRIAL-{seq:patient:4}`, `{upper:{Modality}}`. */

import { attributeTag } from '#shared/rules.ts';
import type { Identifiers } from './identifiers.ts';
import type { Subject } from './subject.ts';

/** What the functions of a template may need. */
export interface TemplateScope {
  readonly subject: Subject;
  /** The value that is being replaced; '' where there is none. */
  readonly value: string;
  /** Of the pseudonym, in a pseudonym's template. */
  readonly n?: string | number | bigint;
  readonly identifiers: Identifiers | undefined;
  /** The number of the patient, study or value in its sequence. */
  sequence(of: SequenceScope): number;
}

export const SEQUENCE_SCOPES = ['patient', 'study', 'value'] as const;
export type SequenceScope = (typeof SEQUENCE_SCOPES)[number];

export interface Template {
  fill(scope: TemplateScope): string;
  readonly needsKey: boolean;
  readonly needsSequence: boolean;
}

type Part = (scope: TemplateScope) => string;

interface Needs {
  key: boolean;
  sequence: boolean;
}

const DATE_PARTS: Readonly<Record<string, readonly [number, number]>> = { year: [0, 4], month: [4, 6], day: [6, 8] };

/**
 * A template, or what is wrong with it in words.
 * @param pseudonym `{n}` has a meaning
 */
export function compileTemplate(text: string, { pseudonym = false } = {}): Template | string {
  const needs: Needs = { key: false, sequence: false };
  const part = compileText(text, pseudonym, needs);
  if (typeof part === 'string') return part;
  return { fill: part, needsKey: needs.key, needsSequence: needs.sequence };
}

function compileText(text: string, pseudonym: boolean, needs: Needs): Part | string {
  const parts: Part[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{', at);
    const plain = text.slice(at, open === -1 ? undefined : open);
    if (plain.includes('}')) return 'has a } without its {';
    if (plain !== '') parts.push(() => plain);
    if (open === -1) break;
    const close = closing(text, open);
    if (close === undefined) return 'has a { without its }';
    const part = compileFunction(text.slice(open + 1, close), pseudonym, needs);
    if (typeof part === 'string') return part;
    parts.push(part);
    at = close + 1;
  }
  return (scope) => parts.map((part) => part(scope)).join('');
}

function closing(text: string, open: number): number | undefined {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return at;
  }
  return undefined;
}

/** The arguments between colons, braces taken as one. */
function splitArguments(body: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= body.length; at++) {
    if (body[at] === '{') depth++;
    if (body[at] === '}') depth--;
    if (at === body.length || (body[at] === ':' && depth === 0)) {
      found.push(body.slice(start, at));
      start = at + 1;
    }
  }
  return found;
}

function digits(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise;
  return /^\d{1,2}$/.test(text) ? Number(text) : undefined;
}

function compileFunction(body: string, pseudonym: boolean, needs: Needs): Part | string {
  const [name = '', ...given] = splitArguments(body);
  const wrong = (what: string) => `{${body}}: ${what}`;
  const most = (count: number) =>
    given.length > count ? wrong(`takes at most ${count} values after its name`) : undefined;
  const inner = (text: string | undefined): Part | string => {
    if (text === undefined || text === '') return wrong('needs what it is applied to');
    return text.includes('{') ? compileText(text, pseudonym, needs) : compileFunction(text, pseudonym, needs);
  };
  switch (name) {
    case 'value':
      return most(0) ?? ((scope) => scope.value);
    case 'calling-ae':
      return most(0) ?? (({ subject }) => subject.origin.callingAeTitle);
    case 'called-ae':
      return most(0) ?? (({ subject }) => subject.origin.calledAeTitle);
    case 'n': {
      const width = digits(given[0], 1);
      if (!pseudonym) return wrong('has a meaning in pseudonyms only; use {seq:patient:4}');
      return (
        most(1) ??
        (width === undefined
          ? wrong('the number of digits is expected')
          : ({ n = '' }) => String(n).padStart(width, '0'))
      );
    }
    case 'upper':
    case 'lower': {
      const part = inner(given.join(':'));
      if (typeof part === 'string') return part;
      return name === 'upper' ? (scope) => part(scope).toUpperCase() : (scope) => part(scope).toLowerCase();
    }
    case 'pad':
    case 'first': {
      const width = digits(given.at(-1), 1);
      if (given.length < 2 || width === undefined) return wrong('ends with a number of characters');
      const part = inner(given.slice(0, -1).join(':'));
      if (typeof part === 'string') return part;
      return name === 'pad'
        ? (scope) => part(scope).padStart(width, '0')
        : (scope) => [...part(scope)].slice(0, width).join('');
    }
    case 'hmac': {
      const tag = attributeTag(given[0] ?? '');
      const length = digits(given[1], 16);
      if (tag === undefined) return wrong('needs an attribute of PS3.6');
      if (length === undefined || length < 4 || length > 64) return wrong('4 to 64 digits are possible');
      needs.key = true;
      return most(2) ?? (({ subject, identifiers }) => identifiers!.hex('template', subject.text(tag) ?? '', length));
    }
    case 'seq': {
      const of = SEQUENCE_SCOPES.find((scope) => scope === (given[0] ?? 'patient'));
      const width = digits(given[1], 1);
      if (of === undefined) return wrong(`counts ${SEQUENCE_SCOPES.join(', ')}`);
      if (width === undefined) return wrong('the number of digits is expected');
      needs.sequence = true;
      return most(2) ?? ((scope) => String(scope.sequence(of)).padStart(width, '0'));
    }
    default: {
      const tag = attributeTag(name);
      if (tag === undefined) return wrong('is neither a function nor an attribute of PS3.6');
      if (given.length === 0) return ({ subject }) => subject.text(tag) ?? '';
      const range = DATE_PARTS[given[0]!];
      if (range === undefined) return wrong('a part of a date is expected: year, month or day');
      return most(1) ?? (({ subject }) => (subject.text(tag) ?? '').slice(...range));
    }
  }
}
