/** Who decided how many elements in a dry run. Pure. */

import { text } from '#renderer/text/en.ts';
import type { RuleSet } from '#shared/rules.ts';
import { gateSentence, pixelSentence, ruleSentence } from './sentences.ts';

export interface Decider {
  readonly id: string;
  readonly label: string;
  readonly count: number;
}

/** Rules in their order, those that never fired too; then what decided besides them. */
export function dryRunCounts(ruleSet: RuleSet, counts: Readonly<Record<string, number>>): readonly Decider[] {
  const own: Decider[] = [
    ...ruleSet.gates.map((gate) => ({ id: gate.id, label: gateSentence(gate), count: counts[gate.id] ?? 0 })),
    ...ruleSet.rules.map((rule, index) => ({
      id: rule.id,
      label: `${index + 1}. ${ruleSentence(rule)}`,
      count: counts[rule.id] ?? 0,
    })),
    ...ruleSet.pixels.map((pixels) => ({ id: pixels.id, label: pixelSentence(pixels), count: counts[pixels.id] ?? 0 })),
  ].filter(({ id, count }) => count > 0 || ruleSet.rules.some((rule) => rule.id === id && rule.on));
  const known = new Set(own.map(({ id }) => id));
  const others = Object.entries(counts)
    .filter(([id]) => !known.has(id))
    .map(([id, count]) => ({ id, label: text.rules.dryRun.deciders[id] ?? id, count }));
  return [...own, ...others];
}
