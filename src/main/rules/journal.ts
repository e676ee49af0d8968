/** What a treatment did, written down: for the page with values, for the record without. */

import { itemsOf, valueBytes } from '#main/engine/dataset/elements.ts';
import type { RuleAction } from '#main/engine/dataset/header-transform.ts';
import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { formatTag, isPrivate, tagHex } from '#shared/dicom/tag.ts';
import type { ElementChange } from '#shared/rules.ts';
import type { Place } from './place.ts';
import type { Journal } from './treatment.ts';

/** Longer values are cut where people read them. */
const MOST_SHOWN = 200;

type Entry = Parameters<Journal['note']>[0];

/** Every element with its values before and after. Holds patient data: for the screen only. */
export class ExplainingJournal implements Journal {
  readonly changes: ElementChange[] = [];
  readonly counts = new Map<string, number>();

  note({ place, tag, element, vr, outcome, decision, after }: Entry): void {
    this.counts.set(decision.by, (this.counts.get(decision.by) ?? 0) + 1);
    const before = element ? shownValue(place, element, vr) : '';
    const entry = entryOfTag(tag);
    const creator = isPrivate(tag) ? place.creatorOf(tag) : undefined;
    this.changes.push({
      path: `${place.steps.map((step) => `${formatTag(step.tag)}[${step.item}].`).join('')}${formatTag(tag)}`,
      tag,
      keyword: entry?.keyword ?? '',
      name: entry?.name ?? (creator === undefined ? 'unknown' : `private: ${creator}`),
      vr,
      depth: place.level.depth,
      before,
      after: after === undefined ? (outcome === 'kept' ? before : '') : cut(after),
      outcome,
      ...(decision.rule !== undefined && { rule: decision.rule }),
      reason: decision.reason,
    });
  }
}

function shownValue(place: Place, element: NonNullable<Entry['element']>, vr: string): string {
  const { bytes, encoding } = place.level;
  if (vr === 'SQ' || (vr === 'UN' && element.undefinedLength)) {
    const count = itemsOf(bytes, element, encoding).length;
    return `(${count} ${count === 1 ? 'item' : 'items'})`;
  }
  if (element.undefinedLength) return '(fragments)';
  const text = place.textOf(element, vr as never);
  const { length } = valueBytes(bytes, element);
  return text === '' && length > 0 ? `(${length} bytes)` : cut(text);
}

function cut(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** Outcomes by path, without values: what may be kept for years. */
export class RecordingJournal implements Journal {
  readonly #actions = new Map<string, RuleAction>();

  note({ place, tag, outcome, decision }: Entry): void {
    const path = `${place.prefix}${tagHex(tag)}`;
    const key = `${path}${outcome}${decision.by}`;
    if (this.#actions.has(key)) return;
    const { reason, rule } = decision;
    this.#actions.set(key, { path, outcome, reason, ...(rule !== undefined && { rule }) });
  }

  get actions(): readonly RuleAction[] {
    return [...this.#actions.values()];
  }
}
