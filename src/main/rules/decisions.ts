/** Who decides about an element: lock, rule, base, default. What tag and VR decide is remembered per tag. */

import type { Vr } from '#shared/dicom/dictionary.ts';
import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { groupOf, isPrivate, type Tag } from '#shared/dicom/tag.ts';
import { PS315_OPTIONS, type Ps315Option, type Rule, type RuleSet } from '#shared/rules.ts';
import type { CompiledAction, TextAction } from './actions.ts';
import { isFreeText } from './actions.ts';
import type { Test } from './conditions.ts';
import { lockOf } from './locked.ts';
import { isCreator } from './place.ts';
import { type Ps315Code, ps315Code } from './ps315.ts';
import { type Candidate, type CompiledSelector, isSafe } from './selectors.ts';

/**
 * What is to be done with an element. `inside`: a sequence is looked into, and every other value kept; `clean` and
 * `structured` are ways to do so.
 */
export type Act =
  | { readonly kind: 'keep' | 'remove' | 'empty' | 'dummy' | 'uid' | 'shift' | 'clean' | 'structured' }
  | { readonly kind: 'text'; readonly apply: TextAction };

export interface Decision {
  readonly act: Act;
  readonly reason: string;
  /** The id of the rule that decided. */
  readonly rule?: string;
  /** For counts: the rule's id, `base`, `defaults` or `locked`. */
  readonly by: string;
}

export interface CompiledRule {
  readonly rule: Rule;
  readonly position: number;
  readonly when: Test | undefined;
  readonly select: readonly CompiledSelector[];
  readonly except: readonly CompiledSelector[];
  readonly action: CompiledAction;
  readonly decision: Decision;
}

/** A rule that may concern a tag. */
interface Chance {
  readonly rule: CompiledRule;
  /** Selectors that still have to look; undefined: the tag was enough. */
  readonly looks: readonly CompiledSelector[] | undefined;
  readonly excepts: readonly CompiledSelector[];
}

/** More tags than PS3.6 has: beyond that, an object plays with us. */
const MOST_REMEMBERED = 20_000;

const KEPT: Decision = { act: { kind: 'keep' }, reason: 'kept: nothing asks for a change', by: 'defaults' };
const PRIVATE_REMOVED: Decision = { act: { kind: 'remove' }, reason: 'private elements are removed', by: 'defaults' };
const PRIVATE_KEPT: Decision = { act: { kind: 'keep' }, reason: 'private elements are kept', by: 'defaults' };
const PRIVATE_SAFE: Decision = {
  act: { kind: 'keep' },
  reason: 'safe private (PS3.15 Table E.3.10-1)',
  by: 'defaults',
};
const PRIVATE_UNSAFE: Decision = {
  act: { kind: 'remove' },
  reason: 'private, and not in PS3.15 Table E.3.10-1',
  by: 'defaults',
};
const BLOCK_KEPT: Decision = {
  act: { kind: 'keep' },
  reason: 'names a private block of which something stays',
  by: 'defaults',
};
const BLOCK_REMOVED: Decision = {
  act: { kind: 'remove' },
  reason: 'names a private block of which nothing stays',
  by: 'defaults',
};
const NAME: Decision = { act: { kind: 'dummy' }, reason: 'a person name that PS3.15 does not list', by: 'base' };
const UNLISTED: Decision = { act: { kind: 'remove' }, reason: 'PS3.6 does not know it', by: 'defaults' };
const OVERLAY: Decision = { act: { kind: 'remove' }, reason: 'overlays are removed', by: 'defaults' };
const CURVE: Decision = { act: { kind: 'remove' }, reason: 'curves are removed', by: 'defaults' };
/** Text within graphics that are cleaned, where nothing else decides. */
export const CLEANED: Decision = { act: { kind: 'clean' }, reason: 'text inside is cleaned', by: 'base' };

/** What is known of a tag with a VR at a depth, whatever object it is in. */
interface Known {
  readonly vr: Vr;
  /** The same tag with another VR. */
  readonly next: Known | undefined;
  /** Rules that may concern it, before anything else does. */
  readonly chances: readonly Chance[];
  /** What holds when no rule does; undefined for private elements, where the place decides. */
  readonly otherwise: Decision | undefined;
}

export class Decisions {
  readonly #ruleSet: RuleSet;
  readonly #rules: readonly CompiledRule[];
  readonly #options: ReadonlySet<Ps315Option>;
  readonly #private: 'remove' | 'safe' | 'keep';
  readonly #outer = new Map<Tag, Known>();
  readonly #nested = new Map<Tag, Known>();

  constructor(ruleSet: RuleSet, rules: readonly CompiledRule[]) {
    this.#ruleSet = ruleSet;
    this.#rules = rules.filter(({ rule }) => rule.on);
    const { base, defaults } = ruleSet;
    this.#options = new Set(base.kind === 'none' ? [] : base.options);
    // Table E.1-1 removes private elements; the option keeps the safe ones.
    this.#private =
      this.#options.has('retain-safe-private') && defaults.private === 'remove' ? 'safe' : defaults.private;
  }

  get options(): ReadonlySet<Ps315Option> {
    return this.#options;
  }

  /** What tag and VR decide alone, whatever is in the element and around it. */
  certain(tag: Tag, vr: Vr, nested: boolean): Decision | undefined {
    const { chances, otherwise } = this.#known(tag, vr, nested);
    return chances.length === 0 ? otherwise : undefined;
  }

  /** @param holds whether a rule's condition is true of the object */
  decide(candidate: Candidate, holds: (rule: CompiledRule) => boolean): Decision {
    const { element, vr, place } = candidate;
    const { chances, otherwise } = this.#known(element.tag, vr, place.isNested);
    for (const { rule, looks, excepts } of chances) {
      if (looks && !looks.some((selector) => selector.looks(candidate))) continue;
      if (excepts.some((selector) => selector.looks(candidate))) continue;
      if (holds(rule)) return rule.decision;
    }
    return otherwise ?? this.#decidePrivate(candidate, holds);
  }

  /** For what has gone past when its value could be seen: whether it may stay. */
  keepsUnseen(tag: Tag, holds: (rule: CompiledRule) => boolean): boolean {
    const vr = entryOfTag(tag)?.vr ?? 'UN';
    if (vr === 'SQ') return false;
    const { chances, otherwise } = this.#known(tag, vr, false);
    for (const { rule, looks, excepts } of chances) {
      if (!holds(rule)) continue;
      // What would have to be looked at cannot be: it goes.
      return looks === undefined && excepts.length === 0 && rule.decision.act.kind === 'keep';
    }
    return otherwise ? otherwise.act.kind === 'keep' : this.#private === 'keep';
  }

  #known(tag: Tag, vr: Vr, nested: boolean): Known {
    const byTag = nested ? this.#nested : this.#outer;
    const first = byTag.get(tag);
    let known = first;
    while (known && known.vr !== vr) known = known.next;
    if (!known) {
      if (byTag.size >= MOST_REMEMBERED) byTag.clear();
      known = { vr, next: first, ...this.#learn(tag, vr, nested) };
      byTag.set(tag, known);
    }
    return known;
  }

  #learn(tag: Tag, vr: Vr, nested: boolean): Pick<Known, 'chances' | 'otherwise'> {
    const lock = lockOf(tag);
    if (lock) return { chances: [], otherwise: { act: { kind: lock.act }, reason: lock.reason, by: 'locked' } };
    return {
      chances: this.#rules.flatMap((rule) => chanceOf(rule, tag, vr, nested) ?? []),
      otherwise: this.#baseOf(tag, vr) ?? (isPrivate(tag) ? undefined : this.#decideDefault(tag)),
    };
  }

  #baseOf(tag: Tag, vr: Vr): Decision | undefined {
    const { base } = this.#ruleSet;
    if (base.kind === 'none') return undefined;
    const found = ps315Code(tag, this.#options, base.prefer);
    if (found) return baseDecision(found.code, found.column, vr);
    // Table E.1-1 lists the names of the attributes in use; retired and new ones are names all the same.
    return vr === 'PN' && !isPrivate(tag) ? NAME : undefined;
  }

  #decidePrivate(candidate: Candidate, holds: (rule: CompiledRule) => boolean): Decision {
    const { element, place } = candidate;
    const { tag } = element;
    if (isCreator(tag)) {
      if (this.#private === 'keep') return PRIVATE_KEPT;
      const stays = place.blockOf(tag).some((one) => {
        const vr = place.vrOf(one);
        return this.decide({ ...candidate, element: one, vr }, holds).act.kind !== 'remove';
      });
      return stays ? BLOCK_KEPT : BLOCK_REMOVED;
    }
    if (this.#private === 'keep') return PRIVATE_KEPT;
    if (this.#private === 'remove') return PRIVATE_REMOVED;
    return isSafe(tag, place) ? PRIVATE_SAFE : PRIVATE_UNSAFE;
  }

  #decideDefault(tag: Tag): Decision {
    const { overlays, curves, unlisted } = this.#ruleSet.defaults;
    // PS3.5 7.6: repeating groups, even ones.
    const family = groupOf(tag) & 0xff01;
    if (family === 0x6000 && overlays === 'remove') return OVERLAY;
    if (family === 0x5000 && curves === 'remove') return CURVE;
    if (unlisted === 'remove' && entryOfTag(tag) === undefined) return UNLISTED;
    return KEPT;
  }
}

function chanceOf(rule: CompiledRule, tag: Tag, vr: Vr, nested: boolean): Chance | undefined {
  const { depth } = rule.rule;
  if ((depth === 'top' && nested) || (depth === 'nested' && !nested)) return undefined;
  const excepts: CompiledSelector[] = [];
  for (const selector of rule.except) {
    const known = selector.byTag(tag, vr);
    if (known === true) return undefined;
    if (known === undefined) excepts.push(selector);
  }
  const looks: CompiledSelector[] = [];
  for (const selector of rule.select) {
    const known = selector.byTag(tag, vr);
    if (known === true) return { rule, looks: undefined, excepts };
    if (known === undefined) looks.push(selector);
  }
  return looks.length > 0 ? { rule, looks, excepts } : undefined;
}

/** What a code of Table E.1-1 means for a VR. */
function baseDecision(code: Ps315Code, column: 'basic' | Ps315Option, vr: Vr): Decision {
  const where = column === 'basic' ? 'basic' : PS315_OPTIONS[column];
  return { act: { kind: actOf(code, column, vr) }, reason: `PS3.15 ${where}: ${code}`, by: 'base' };
}

function actOf(code: Ps315Code, column: 'basic' | Ps315Option, vr: Vr): Exclude<Act['kind'], 'text'> {
  switch (code) {
    case 'X':
      return 'remove';
    case 'Z':
      return 'empty';
    case 'D':
      return 'dummy';
    case 'K':
      return 'keep';
    case 'U':
      // `U*` on a sequence: the UIDs inside.
      return vr === 'SQ' ? 'keep' : 'uid';
    case 'C':
      if (column === 'retain-modified-dates') return cleanedDate(vr);
      if (column === 'clean-structured-content') return vr === 'SQ' ? 'structured' : 'remove';
      // Bitmaps and curves cannot be read: only text and what is in sequences can be cleaned.
      return vr === 'SQ' || isFreeText(vr) ? 'clean' : 'remove';
  }
}

/** With whole days moved, times and the offset of the time zone may stay. */
function cleanedDate(vr: Vr): 'shift' | 'keep' | 'remove' {
  if (vr === 'DA' || vr === 'DT') return 'shift';
  return vr === 'TM' || vr === 'SH' ? 'keep' : 'remove';
}
