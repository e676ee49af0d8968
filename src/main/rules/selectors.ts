/** Selectors: which elements a rule means. What tag and VR decide is decided once per tag, not once per element. */

import type { ElementRef } from '#main/engine/dataset/elements.ts';
import { entryOfTag, type Vr } from '#shared/dicom/dictionary.ts';
import { elementOf, groupOf, isPrivate, type Tag, tagOf } from '#shared/dicom/tag.ts';
import { attributeTag, type NamedList, parsePath, type Selector } from '#shared/rules.ts';
import { TEXTUAL } from './actions.ts';
import { foldText } from './fold.ts';
import { ownTokens } from './own-values.ts';
import { compilePattern } from './patterns.ts';
import { isCreator, type Place } from './place.ts';
import { isSafePrivate, ps315Row } from './ps315.ts';
import type { Subject } from './subject.ts';
import { findToken } from './token-search.ts';

/** What a selector sees when tag and VR were not enough. */
export interface Candidate {
  readonly element: ElementRef;
  readonly vr: Vr;
  readonly place: Place;
  readonly subject: Subject;
}

export interface CompiledSelector {
  /** True or false when tag and VR decide; undefined: `looks` does. */
  byTag(tag: Tag, vr: Vr): boolean | undefined;
  looks(candidate: Candidate): boolean;
}

const never = () => false;
const byTag = (matches: (tag: Tag, vr: Vr) => boolean): CompiledSelector => ({ byTag: matches, looks: never });

/** `fail` hears of what the schema cannot see. */
export function compileSelector(selector: Selector, fail: (path: string, message: string) => void): CompiledSelector {
  switch (selector.kind) {
    case 'attribute': {
      const wanted = attributeTag(selector.attribute)!;
      const pattern = entryOfTag(wanted)?.pattern ?? '';
      // The keyword of a repeating group means all of it (PS3.5 7.6).
      if (
        pattern.includes('x') &&
        attributeTag(selector.attribute) !== undefined &&
        !/^[0-9(]/.test(selector.attribute)
      ) {
        return byTag(maskTest(pattern));
      }
      return byTag((tag) => tag === wanted);
    }
    case 'wildcard':
      return byTag(maskTest(selector.tag));
    case 'range': {
      const from = attributeTag(selector.from)!;
      const to = attributeTag(selector.to)!;
      if (from > to) fail('.to', 'must not be below the beginning of the range');
      return byTag((tag) => tag >= from && tag <= to);
    }
    case 'vr':
      return byTag((_tag, vr) => vr === selector.vr);
    case 'keyword': {
      const pattern = compilePattern(selector);
      if (typeof pattern === 'string') {
        fail('.pattern', pattern);
        return byTag(never);
      }
      return byTag((tag) => {
        const keyword = entryOfTag(tag)?.keyword;
        return keyword !== undefined && keyword !== '' && pattern.test(keyword);
      });
    }
    case 'private':
      return privateSelector(selector);
    case 'path':
      return pathSelector(selector.path);
    case 'list':
      return listSelector(selector.list);
    case 'value':
      return valueSelector(selector.contains, fail);
  }
}

function maskTest(pattern: string): (tag: Tag) => boolean {
  const mask = Number.parseInt(pattern.replace(/[^x]/gi, 'F').replace(/x/gi, '0'), 16);
  const value = Number.parseInt(pattern.replace(/x/gi, '0'), 16);
  // Tags are beyond the 31 bits of bitwise operators: >>> 0 brings both sides back.
  return (tag) => (tag & mask) >>> 0 === value;
}

function privateSelector({ group, creator, element }: Extract<Selector, { kind: 'private' }>): CompiledSelector {
  const wantedGroup = Number.parseInt(group, 16);
  const number = element === undefined ? undefined : Number.parseInt(element, 16);
  return {
    byTag: (tag) => {
      if (groupOf(tag) !== wantedGroup) return false;
      if (isCreator(tag)) return number === undefined ? undefined : false;
      return number === undefined || (tag & 0xff) === number ? undefined : false;
    },
    looks: ({ element: { tag }, place }) =>
      place.creatorOf(isCreator(tag) ? tagOf(groupOf(tag), elementOf(tag) * 0x100) : tag) === creator.trim(),
  };
}

function pathSelector(path: string): CompiledSelector {
  const steps = parsePath(path)!;
  const last = steps.at(-1)!.tag;
  const around = steps.slice(0, -1);
  return {
    byTag: (tag) => (tag === last ? undefined : false),
    looks: ({ place }) =>
      place.steps.length === around.length &&
      around.every(({ tag, item }, index) => {
        const step = place.steps[index]!;
        return step.tag === tag && (item === undefined || step.item === item);
      }),
  };
}

const DATES: ReadonlySet<Vr> = new Set<Vr>(['DA', 'TM', 'DT']);

function listSelector(list: NamedList): CompiledSelector {
  switch (list) {
    case 'ps315-listed':
      return byTag((tag) => ps315Row(tag) !== undefined);
    case 'dates':
      return byTag((_tag, vr) => DATES.has(vr));
    case 'uids':
      return byTag((_tag, vr) => vr === 'UI');
    case 'names':
      return byTag((_tag, vr) => vr === 'PN');
    case 'descriptors':
      return byTag((tag) => ps315Row(tag)?.options['clean-descriptors'] !== undefined);
    case 'device':
      return byTag((tag) => ps315Row(tag)?.options['retain-device'] !== undefined);
    case 'institution':
      return byTag((tag) => ps315Row(tag)?.options['retain-institution'] !== undefined);
    case 'patient-characteristics':
      return byTag((tag) => ps315Row(tag)?.options['retain-patient-characteristics'] !== undefined);
    case 'private':
      return byTag((tag) => isPrivate(tag));
    case 'unlisted':
      return byTag((tag) => !isPrivate(tag) && entryOfTag(tag) === undefined);
    case 'safe-private':
      return {
        byTag: (tag) => (isPrivate(tag) && elementOf(tag) >= 0x1000 ? undefined : false),
        looks: ({ element: { tag }, place }) => isSafe(tag, place),
      };
  }
}

/** A private element of PS3.15 Table E.3.10-1. */
export function isSafe(tag: Tag, place: Place): boolean {
  const creator = place.creatorOf(tag);
  return creator !== undefined && isSafePrivate(creator, groupOf(tag), tag & 0xff);
}

function valueSelector(
  contains: Extract<Selector, { kind: 'value' }>['contains'],
  fail: (path: string, message: string) => void,
): CompiledSelector {
  const onText = (_tag: Tag, vr: Vr) => (TEXTUAL.has(vr) ? undefined : false);
  if (typeof contains !== 'string') {
    const pattern = compilePattern(contains);
    if (typeof pattern === 'string') {
      fail('.contains.pattern', pattern);
      return byTag(never);
    }
    return { byTag: onText, looks: ({ element, place, vr }) => pattern.test(place.textOf(element, vr)) };
  }
  const nothing = { name: [], ids: [], accessions: [], birthDate: '' };
  return {
    byTag: onText,
    looks: ({ element, place, vr, subject }) => {
      const { own } = subject;
      const part = {
        name: { ...nothing, name: own.name },
        id: { ...nothing, ids: own.ids },
        accession: { ...nothing, accessions: own.accessions },
        'birth-date': { ...nothing, birthDate: own.birthDate },
      }[contains];
      const text = foldText(place.textOf(element, vr));
      return ownTokens(part).some((token) => findToken(text, token.text) !== undefined);
    },
  };
}
