/** Gates, rules and pixel rectangles of a rule set: adding, taking away, copying, moving. Pure. */

import type { Gate, PixelRule, Rule, RuleSet } from '#shared/rules.ts';

interface Entries {
  readonly gates: Gate;
  readonly rules: Rule;
  readonly pixels: PixelRule;
}
/** The three lists whose order counts. */
export type ListName = keyof Entries;
export type Entry<Name extends ListName = ListName> = Entries[Name];

/** What the inspector shows. */
export type Place =
  | { readonly kind: 'general' | 'base' | 'defaults' | 'safety' }
  | { readonly kind: ListName; readonly id: string };

/** Names a place, for keys and comparisons. */
export function placeKey(place: Place): string {
  return 'id' in place ? `${place.kind}/${place.id}` : place.kind;
}

/** Rule sets are read as lists of entries; only here is it forgotten which of the three. */
function listOf<Name extends ListName>(ruleSet: RuleSet, name: Name): readonly Entry<Name>[] {
  return ruleSet[name] as readonly Entry[] as readonly Entry<Name>[];
}

function withList(ruleSet: RuleSet, name: ListName, list: readonly Entry[]): RuleSet {
  return { ...ruleSet, [name]: list };
}

export function entryOf<Name extends ListName>(ruleSet: RuleSet, name: Name, id: string): Entry<Name> | undefined {
  return listOf(ruleSet, name).find((entry) => entry.id === id);
}

/** An identifier that nothing in the rule set has: `rule-7`. */
export function freshId(ruleSet: RuleSet, name: ListName): string {
  const prefix = { gates: 'gate', rules: 'rule', pixels: 'pixels' }[name];
  const taken = [...ruleSet.gates, ...ruleSet.rules, ...ruleSet.pixels].map(({ id }) =>
    id.startsWith(`${prefix}-`) ? Number(id.slice(prefix.length + 1)) : Number.NaN,
  );
  return `${prefix}-${Math.max(0, ...taken.filter(Number.isInteger)) + 1}`;
}

/** @param at the place of the new entry, from 0; default: the end */
export function inserted<Name extends ListName>(
  ruleSet: RuleSet,
  name: Name,
  entry: Entry<Name>,
  at = listOf(ruleSet, name).length,
): RuleSet {
  return withList(ruleSet, name, listOf(ruleSet, name).toSpliced(at, 0, entry));
}

export function changed<Name extends ListName>(ruleSet: RuleSet, name: Name, entry: Entry<Name>): RuleSet {
  const list = listOf(ruleSet, name).map((other) => (other.id === entry.id ? entry : other));
  return withList(ruleSet, name, list);
}

export function removed(ruleSet: RuleSet, name: ListName, id: string): RuleSet {
  return withList(
    ruleSet,
    name,
    listOf(ruleSet, name).filter((entry) => entry.id !== id),
  );
}

/** The entry once more, right behind itself. */
export function copied(ruleSet: RuleSet, name: ListName, id: string): { ruleSet: RuleSet; id: string } {
  const list = listOf(ruleSet, name);
  const at = list.findIndex((entry) => entry.id === id);
  const copy = { ...list[at]!, id: freshId(ruleSet, name) };
  return { ruleSet: withList(ruleSet, name, list.toSpliced(at + 1, 0, copy)), id: copy.id };
}

/** The same rule set when it cannot move further. */
export function moved(ruleSet: RuleSet, name: ListName, id: string, by: number): RuleSet {
  const list = listOf(ruleSet, name);
  const from = list.findIndex((entry) => entry.id === id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= list.length) return ruleSet;
  return withList(ruleSet, name, list.toSpliced(from, 1).toSpliced(to, 0, list[from]!));
}

/** Puts entries before or behind another one, as after a drag. */
export function placed(
  ruleSet: RuleSet,
  name: ListName,
  ids: ReadonlySet<string>,
  target: string,
  behind: boolean,
): RuleSet {
  if (ids.has(target)) return ruleSet;
  const list = listOf(ruleSet, name);
  const rest = list.filter(({ id }) => !ids.has(id));
  const at = rest.findIndex(({ id }) => id === target) + (behind ? 1 : 0);
  return withList(ruleSet, name, rest.toSpliced(at, 0, ...list.filter(({ id }) => ids.has(id))));
}

/** What is shown once an entry is gone: its neighbour. */
export function neighbour(ruleSet: RuleSet, name: ListName, id: string): Place {
  const list = listOf(ruleSet, name);
  const at = list.findIndex((entry) => entry.id === id);
  const next = list[at + 1] ?? list[at - 1];
  return next ? { kind: name, id: next.id } : { kind: 'general' };
}
