/** One object under one rule set: what becomes of every element, at every depth. */

import { charsetOf } from '#main/engine/dataset/charset.ts';
import { encodeElementHeader, ITEM } from '#main/engine/dataset/element-header.ts';
import { contentsOf } from '#main/engine/dataset/element-walker.ts';
import { type ElementList, type ElementRef, findElement, vrWithin } from '#main/engine/dataset/elements.ts';
import {
  type Change,
  type Level,
  type NewElement,
  outermostLevel,
  type Plan,
  rewriteHeader,
} from '#main/engine/dataset/rewrite.ts';
import { encodeValue, ValueError } from '#main/engine/dataset/values.ts';
import { entryOfTag, type Vr } from '#shared/dicom/dictionary.ts';
import { formatTag, type Tag } from '#shared/dicom/tag.ts';
import { attributeTag, type Outcome } from '#shared/rules.ts';
import { cleanText, dummyText, isFreeText, replaceUids, shiftDates } from './actions.ts';
import { type Act, CLEANED, type CompiledRule, type Decision, type Decisions } from './decisions.ts';
import type { Identifiers } from './identifiers.ts';
import type { KeptText } from './kept-text.ts';
import type { LastUids } from './last-uids.ts';
import { isCreator, Place } from './place.ts';
import { NeedsUnicode } from './rule-set-error.ts';
import type { Stamp } from './stamp.ts';
import { conceptDecision, conceptOf, type StructuredContent, valueDecision } from './structured-content.ts';
import type { Subject } from './subject.ts';

/** Hears what becomes of every element. `after` is undefined for what stays, and for sequences. */
export interface Journal {
  note(entry: {
    readonly place: Place;
    readonly tag: Tag;
    /** Absent for elements that are added. */
    readonly element?: ElementRef;
    readonly vr: Vr;
    readonly outcome: Outcome;
    readonly decision: Decision;
    readonly after?: string;
  }): void;
}

/** What a treatment needs of the compiled rule set. */
export interface TreatmentRules {
  readonly decisions: Decisions;
  readonly rules: readonly CompiledRule[];
  readonly identifiers: Identifiers | undefined;
  /** Of dates in attributes that the modified-dates option cleans. */
  readonly shift: { readonly days: number; readonly wholeWeeks: boolean };
  /** Of the objects before this one. */
  readonly lastUids: LastUids;
  /** Takes the text that stays, for a quick look through it; of one object at a time. */
  readonly kept: KeptText;
}

/** How an item is looked at, besides what the rules say. */
interface Manner {
  /** Free text is cleaned where nothing else decides. */
  readonly cleans: boolean;
  /** The item is a content item (PS3.3 C.17.3). */
  readonly content: StructuredContent | undefined;
}

/** How the items of a sequence are looked at. */
interface Entering {
  readonly cleans: boolean;
  readonly structured: boolean;
}

const PLAIN: Manner = { cleans: false, content: undefined };
const CLEANING: Manner = { cleans: true, content: undefined };
const NOTHING_ADDED: readonly NewElement[] = [];
const STAMP: Decision = { act: { kind: 'keep' }, reason: 'says that it was de-identified', by: 'stamp' };

/** What is to happen on one level. A class, because an enhanced object has thousands of them. */
class LevelPlan implements Plan {
  readonly added: readonly NewElement[];
  readonly dropsTail = true;
  readonly #treatment: Treatment;
  readonly #place: Place;
  readonly #manner: Manner;
  #entered: Entering | undefined;

  constructor(treatment: Treatment, place: Place, manner: Manner, added = NOTHING_ADDED) {
    this.#treatment = treatment;
    this.#place = place;
    this.#manner = manner;
    this.added = added;
  }

  change(element: ElementRef): Change {
    const change = this.#treatment.change(element, this.#place, this.#manner);
    // Rewriting looks into a sequence right after it has asked what becomes of it; what is inside changes `entering`.
    if (change === 'descend') this.#entered = this.#treatment.entering;
    return change;
  }

  inside(sequence: ElementRef, item: Level, index: number): Plan | 'drop' {
    return this.#treatment.inside(sequence, item, index, this.#place, this.#entered!);
  }
}

export class Treatment {
  readonly #rules: TreatmentRules;
  readonly #subject: Subject;
  readonly #stamp: Stamp;
  readonly #journal: Journal | undefined;
  #held: Map<CompiledRule, boolean> | undefined;
  #days: number | undefined;
  /** Of the sequence that was decided last. */
  entering: Entering = { cleans: false, structured: false };
  readonly #kept: KeptText;

  constructor(rules: TreatmentRules, subject: Subject, stamp: Stamp, journal: Journal | undefined) {
    this.#rules = rules;
    this.#subject = subject;
    this.#stamp = stamp;
    this.#journal = journal;
    this.#kept = rules.kept;
  }

  /** Whether a rule's condition is true of the object; the same after `run`, when the object is gone. */
  readonly holds = (rule: CompiledRule): boolean => {
    if (!rule.when) return true;
    this.#held ??= new Map();
    let held = this.#held.get(rule);
    if (held === undefined) {
      held = rule.when(this.#subject);
      this.#held.set(rule, held);
    }
    return held;
  };

  /**
   * The header as the rules want it.
   * @throws NeedsUnicode when a new value does not fit the character set; ObjectVerdict; ValueError and DataSetError when
   * it cannot be done
   */
  run(): ElementList {
    const { header, encoding } = this.#subject.object;
    this.#kept.clear();
    const place = new Place(outermostLevel(header, encoding), charsetOf([]));
    // What is behind the pixels is decided when the memory of the header has been used again: all conditions are asked now.
    for (const rule of this.#rules.rules) if (rule.rule.on) this.holds(rule);
    return rewriteHeader(header, encoding, new LevelPlan(this, place, PLAIN, this.#additions(place)));
  }

  /** What becomes of an item of a sequence that `change` looks into. */
  inside(sequence: ElementRef, item: Level, index: number, outer: Place, entered: Entering): Plan | 'drop' {
    const place = new Place(item, outer.charset, outer, sequence.tag, index);
    if (!entered.structured) return new LevelPlan(this, place, entered.cleans ? CLEANING : PLAIN);
    const content = conceptDecision(conceptOf(place), this.#rules.decisions.options);
    if (content.drops) {
      const { decision } = content;
      this.#journal?.note({ place, tag: sequence.tag, element: sequence, vr: 'SQ', outcome: 'removed', decision });
      return 'drop';
    }
    return new LevelPlan(this, place, { cleans: false, content });
  }

  /** What becomes of an element; of a sequence that is looked into, `entering` says how. */
  change(element: ElementRef, place: Place, manner: Manner): Change {
    const vr = place.vrOf(element);
    const stamp = place.isNested ? undefined : this.#stamp.byTag.get(element.tag);
    if (stamp) {
      this.#note(element, place, vr, 'changed', STAMP, stamp.text);
      return stamp;
    }
    const decision = this.#decide(element, vr, place, manner);
    const isSequence = contentsOf(element.tag, vr, element.undefinedLength) === 'sequence';
    if (isSequence) return this.#changeSequence(element, vr, place, manner, decision);
    return this.#changeValue(element, vr, place, decision);
  }

  #decide(element: ElementRef, vr: Vr, place: Place, manner: Manner): Decision {
    const { decisions } = this.#rules;
    const decision =
      decisions.certain(element.tag, vr, place.isNested) ??
      decisions.decide({ element, vr, place, subject: this.#subject }, this.holds);
    // Rules and locks come first; then what the content item is; then the table.
    if (decision.rule !== undefined || decision.by === 'locked') return decision;
    if (manner.content) return valueDecision(element.tag, vr, manner.content) ?? decision;
    if (manner.cleans && decision.by === 'defaults' && decision.act.kind === 'keep') {
      if (vr === 'PN') return { ...CLEANED, act: { kind: 'dummy' } };
      if (isFreeText(vr)) return CLEANED;
    }
    return decision;
  }

  #changeSequence(element: ElementRef, vr: Vr, place: Place, manner: Manner, decision: Decision): Change {
    const { kind } = decision.act;
    switch (kind) {
      case 'remove':
        this.#note(element, place, vr, 'removed', decision);
        return 'drop';
      case 'empty':
        this.#note(element, place, vr, 'emptied', decision);
        return { vr: 'SQ', value: new Uint8Array(0) };
      case 'dummy':
        // Consistent with the VR and without anything in it: one item without elements.
        this.#note(element, place, vr, 'changed', decision, '(one empty item)');
        return { vr: 'SQ', value: encodeElementHeader(ITEM, 'UN', 0, place.level.encoding) };
      case 'text':
        this.#note(element, place, vr, 'emptied', {
          ...decision,
          reason: `${decision.reason}; a sequence has no text`,
        });
        return { vr: 'SQ', value: new Uint8Array(0) };
      default: {
        const structured = kind === 'structured' || (manner.content !== undefined && element.tag === CONTENT_SEQUENCE);
        this.entering = { cleans: kind === 'clean' || manner.cleans, structured };
        this.#note(element, place, vr, 'kept', decision);
        return 'descend';
      }
    }
  }

  #changeValue(element: ElementRef, vr: Vr, place: Place, decision: Decision): Change {
    const { act } = decision;
    switch (act.kind) {
      case 'keep':
      case 'structured':
        if (!element.undefinedLength) this.#kept.add(vr, place.level.bytes, element.valueStart, element.valueEnd);
        this.#note(element, place, vr, 'kept', decision);
        return 'keep';
      case 'remove':
        this.#note(element, place, vr, 'removed', decision);
        return 'drop';
      case 'empty':
        this.#note(element, place, vr, 'emptied', decision, '');
        return { vr, value: NOTHING };
      case 'uid': {
        const value = this.#lastUid(element, place);
        if (!value) break;
        this.#note(element, place, vr, 'changed', decision, value.text);
        return { vr, value: value.bytes };
      }
      case 'dummy': {
        if (vr === 'UI') break;
        const value = dummyBytes(vr, place.level.encoding.littleEndian);
        this.#kept.add(vr, value);
        this.#note(element, place, vr, value.length === 0 ? 'emptied' : 'changed', decision, dummyText(vr));
        return { vr, value };
      }
    }
    // A fragmented value has no text; nobody asks for that but a rule that means something else.
    const before = element.undefinedLength ? '' : place.textOf(element, vr);
    const after = element.undefinedLength ? undefined : this.#newText(act, before, vr, element.tag, place.isNested);
    if (after === null) {
      this.#note(element, place, vr, 'removed', decision);
      return 'drop';
    }
    if (after === undefined) {
      const reason = `${decision.reason}; its value does not fit, so it is emptied`;
      this.#note(element, place, vr, 'emptied', { ...decision, reason }, '');
      return { vr, value: new Uint8Array(0) };
    }
    if (after === before && act.kind !== 'dummy') {
      this.#kept.add(vr, place.level.bytes, element.valueStart, element.valueEnd);
      this.#note(element, place, vr, 'kept', decision);
      return 'keep';
    }
    // What was made by the key holds nothing of the patient's.
    const value = act.kind === 'uid' ? uidBytes(after) : this.#encode(element.tag, vr, after, place);
    if (act.kind !== 'uid') this.#kept.add(vr, value);
    else if (!place.isNested) this.#rules.lastUids.keep(element, place.level.bytes, after, value);
    this.#note(element, place, vr, after === '' ? 'emptied' : 'changed', decision, after);
    return { vr, value };
  }

  /** The new UID of an outermost element whose value is that of the object before. */
  #lastUid(element: ElementRef, place: Place) {
    return place.isNested ? undefined : this.#rules.lastUids.find(element, place.level.bytes);
  }

  #newText(act: Act, before: string, vr: Vr, tag: Tag, isNested: boolean): string | null | undefined {
    const { identifiers } = this.#rules;
    switch (act.kind) {
      case 'dummy':
        // A UID must be one that nobody else has.
        return vr === 'UI' && identifiers && before !== '' ? replaceUids(before, vr, identifiers) : dummyText(vr);
      case 'uid':
        // Outermost ones that come again are among `lastUids`.
        return replaceUids(before, vr, identifiers!, isNested);
      case 'shift':
        return shiftDates(before, vr, this.#shiftDays());
      case 'clean':
        return cleanText(before, vr, this.#subject);
      case 'text':
        return act.apply(before, { subject: this.#subject, vr, attribute: nameOf(tag) });
      default:
        return undefined;
    }
  }

  #shiftDays(): number {
    this.#days ??= this.#rules.identifiers!.shiftDays(this.#subject.patientKey, this.#rules.shift);
    return this.#days;
  }

  #encode(tag: Tag, vr: Vr, text: string, place: Place): Uint8Array {
    const { littleEndian } = place.level.encoding;
    try {
      return encodeValue(vr, text, { littleEndian, charset: place.charset, tag });
    } catch (error) {
      if (error instanceof ValueError && error.code === 'charset') throw new NeedsUnicode();
      throw error;
    }
  }

  /** What rules set by name and the object does not have, and the stamp. */
  #additions(place: Place): readonly NewElement[] {
    const { elements } = place.level;
    const missing = this.#stamp.elements.filter(({ tag }) => !findElement(elements, tag));
    let added: Map<Tag, NewElement> | undefined;
    for (const rule of this.#rules.rules) {
      if (!rule.rule.on || rule.action.kind !== 'text' || !rule.action.adds || rule.rule.depth === 'nested') continue;
      for (const selector of rule.rule.select) {
        const tag = selector.kind === 'attribute' ? attributeTag(selector.attribute)! : undefined;
        if (tag === undefined || findElement(elements, tag) || added?.has(tag) || !isAddable(tag) || !this.holds(rule))
          continue;
        const vr = vrWithin(place.level, tag);
        const text = rule.action.apply('', { subject: this.#subject, vr, attribute: nameOf(tag) });
        if (!text) continue;
        const value = this.#encode(tag, vr, text, place);
        this.#kept.add(vr, value);
        added ??= new Map();
        added.set(tag, { tag, vr, value });
        this.#journal?.note({ place, tag, vr, outcome: 'added', decision: rule.decision, after: text });
      }
    }
    for (const element of missing) {
      const { tag, vr, text } = element;
      added?.set(tag, element);
      this.#journal?.note({ place, tag, vr, outcome: 'added', decision: STAMP, after: text });
    }
    // The stamp is in order; most objects get nothing else.
    if (!added) return missing;
    return [...added.values()].sort((a, b) => a.tag - b.tag);
  }

  #note(element: ElementRef, place: Place, vr: Vr, outcome: Outcome, decision: Decision, after?: string): void {
    if (!this.#journal) return;
    this.#journal.note({
      place,
      tag: element.tag,
      element,
      vr,
      outcome,
      decision,
      ...(after !== undefined && { after }),
    });
  }
}

const NOTHING = new Uint8Array(0);
const dummies = new Map<string, Uint8Array>();

/** A dummy is the same bytes in every object: all character sets agree about its letters. */
function dummyBytes(vr: Vr, littleEndian: boolean): Uint8Array {
  const key = littleEndian ? vr : `${vr} big`;
  let bytes = dummies.get(key);
  if (!bytes) {
    bytes = encodeValue(vr, dummyText(vr), { littleEndian, charset: charsetOf([]) });
    dummies.set(key, bytes);
  }
  return bytes;
}

/** UIDs that the key has made, or that stay: digits, dots and backslashes (PS3.5 9.1). */
function uidBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length + (text.length % 2));
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

const CONTENT_SEQUENCE = 0x0040a730;

/** In the header, and of a VR that somebody knows. */
function isAddable(tag: Tag): boolean {
  return tag >= 0x00080000 && tag < 0x7fe00000 && !isCreator(tag) && entryOfTag(tag) !== undefined;
}

const names = new Map<Tag, string>();

/** As reasons and messages name an attribute. */
export function nameOf(tag: Tag): string {
  let name = names.get(tag);
  if (name === undefined) {
    // There are as many names as attributes: what an object makes up is not remembered for ever.
    if (names.size > 10_000) names.clear();
    name = entryOfTag(tag)?.keyword || formatTag(tag);
    names.set(tag, name);
  }
  return name;
}
