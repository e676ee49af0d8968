/** Which mistake belongs to which entry and field. Pure. */

import type { RuleMistake, RuleSet } from '#shared/rules.ts';
import { type Place, placeKey } from './entries.ts';

/** A mistake at the place where it can be corrected. */
export interface PlacedMistake {
  readonly place: Place;
  /** Below the entry: `select[0].attribute`; for what is no entry from the top: `base.options`. */
  readonly path: string;
  readonly message: string;
}

/**
 * Mistakes by the identifiers of entries instead of their numbers, which change while the check is under way.
 * @param checked the rule set that was checked
 */
export function placeMistakes(checked: RuleSet, mistakes: readonly RuleMistake[]): readonly PlacedMistake[] {
  return mistakes.map(({ path, message }) => {
    const found = /^(gates|rules|pixels)\[(\d+)\]\.?(.*)$/.exec(path);
    const list = found?.[1] as 'gates' | 'rules' | 'pixels' | undefined;
    const id = list && checked[list][Number(found?.[2])]?.id;
    if (list && id !== undefined) return { place: { kind: list, id }, path: found?.[3] ?? '', message };
    return { place: { kind: sectionOf(path) }, path, message };
  });
}

function sectionOf(path: string): Exclude<Place, { id: string }>['kind'] {
  const [, first = ''] = /^(\w+)/.exec(path) ?? [];
  if (first === 'base' || first === 'defaults') return first;
  return first === 'safety' || first === 'stamp' || first === 'keyRef' ? 'safety' : 'general';
}

export function mistakesAt(mistakes: readonly PlacedMistake[], place: Place): readonly PlacedMistake[] {
  const key = placeKey(place);
  return mistakes.filter((mistake) => placeKey(mistake.place) === key);
}

/** The first message of a field, or of something within it. */
export function messageAt(mistakes: readonly PlacedMistake[], path: string): string | undefined {
  return mistakes.find(({ path: at }) => at === path || at.startsWith(`${path}.`) || at.startsWith(`${path}[`))
    ?.message;
}

/** The message as a sentence about a field. */
export function mistakeSentence(label: string, message: string): string {
  const isSentence = /^["{(A-Z]/.test(message);
  return `${isSentence ? message : `${label} ${message}`}${/[.!?]$/.test(message) ? '' : '.'}`;
}
