/** What is different between two versions of a rule set, path by path, in words that a list can show. */

import type { RuleSet } from '#shared/rules.ts';

export interface RuleSetChange {
  /** `rules[patient-id].action.template`: rules, gates and rectangles by their ids, so that moving one changes nothing else. */
  readonly path: string;
  /** '' where it is absent. */
  readonly before: string;
  readonly after: string;
}

/** Every path whose value differs, in the order of the newer version; what is gone comes last. */
export function ruleSetDifferences(before: RuleSet, after: RuleSet): readonly RuleSetChange[] {
  const [old, now] = [flatten(before), flatten(after)];
  const changes = [...new Set([...now.keys(), ...old.keys()])]
    .map((path) => ({ path, before: old.get(path) ?? '', after: now.get(path) ?? '' }))
    .filter((change) => change.before !== change.after);
  return [...moves(before, after), ...changes];
}

/** The order of what both have, where it is another one. */
function moves(before: RuleSet, after: RuleSet): RuleSetChange[] {
  return (['gates', 'rules', 'pixels'] as const).flatMap((list) => {
    const [old, now] = [before[list].map(({ id }) => id), after[list].map(({ id }) => id)];
    const order = (ids: readonly string[], others: readonly string[]) =>
      ids.filter((id) => others.includes(id)).join(', ');
    const change = { path: list, before: order(old, now), after: order(now, old) };
    return change.before === change.after ? [] : [change];
  });
}

function flatten(value: unknown, path = '', into = new Map<string, string>()): ReadonlyMap<string, string> {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object')) {
      if (value.length > 0) into.set(path, value.join(', '));
      return into;
    }
    for (const [index, item] of value.entries()) {
      const { id } = item as { id?: unknown };
      flatten(item, `${path}[${typeof id === 'string' ? id : index}]`, into);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) flatten(item, path === '' ? key : `${path}.${key}`, into);
  } else if (value !== undefined && value !== '') into.set(path, String(value));
  return into;
}
