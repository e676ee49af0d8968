/** Rules that can never fire, and why: earlier rules or locks take everything they select. */

import { allEntries, entryOfTag, type Vr } from '#shared/dicom/dictionary.ts';
import type { Tag } from '#shared/dicom/tag.ts';
import type { DeadRule } from '#shared/rule-commands.ts';
import { attributeTag } from '#shared/rules.ts';
import type { CompiledRule } from './decisions.ts';
import { lockOf } from './locked.ts';

/** Only what is certain is said: rules that look at values or places are taken to fire. */
export function deadRules(rules: readonly CompiledRule[]): readonly DeadRule[] {
  const dead: DeadRule[] = [];
  const earlier: CompiledRule[] = [];
  for (const rule of rules) {
    if (!rule.rule.on) continue;
    const reason = reasonAgainst(rule, earlier);
    if (reason === undefined) earlier.push(rule);
    else dead.push({ id: rule.rule.id, reason });
  }
  return dead;
}

function reasonAgainst(rule: CompiledRule, earlier: readonly CompiledRule[]): string | undefined {
  const selected = selectedTags(rule);
  if (selected === undefined || selected.length === 0) return undefined;
  const open = selected.filter(({ tag }) => lockOf(tag) === undefined);
  if (open.length === 0) return 'what it selects is locked: the object needs it as it is';
  const takers = new Set<number>();
  for (const { tag, vr } of open) {
    const taker = earlier.find((one) => takes(one, tag, vr, rule));
    if (!taker) return undefined;
    takers.add(taker.position + 1);
  }
  const list = [...takers].sort((a, b) => a - b);
  return `everything it selects is taken by ${list.length === 1 ? 'rule' : 'rules'} ${list.join(', ')} before it`;
}

/** The tags a rule selects; undefined where that depends on more than tag and VR. */
function selectedTags(rule: CompiledRule): readonly { tag: Tag; vr: Vr }[] | undefined {
  const found: { tag: Tag; vr: Vr }[] = [];
  for (const [index, selector] of rule.select.entries()) {
    const source = rule.rule.select[index]!;
    if (['private', 'path', 'value'].includes(source.kind)) return undefined;
    const named = source.kind === 'attribute' ? attributeTag(source.attribute) : undefined;
    if (named === undefined && source.kind !== 'keyword') return undefined;
    const entries = named === undefined ? allEntries() : [entryOfTag(named) ?? []].flat();
    // What PS3.6 does not list may be selected as well: nobody can tell.
    if (named !== undefined && entries.length === 0) return undefined;
    for (const { tag, vr } of entries) {
      const matches = selector.byTag(tag, vr);
      if (matches === undefined) return undefined;
      if (matches) found.push({ tag, vr });
    }
  }
  return found;
}

/** Whether an earlier rule takes a tag wherever the later one would. */
function takes(earlier: CompiledRule, tag: Tag, vr: Vr, later: CompiledRule): boolean {
  if (earlier.when !== undefined) return false;
  if (earlier.rule.depth !== 'any' && earlier.rule.depth !== later.rule.depth) return false;
  if (earlier.except.some((selector) => selector.byTag(tag, vr) !== false)) return false;
  return earlier.select.some((selector) => selector.byTag(tag, vr) === true);
}
