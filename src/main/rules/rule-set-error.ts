/** Rule sets that cannot be compiled, and objects that cannot be treated. */

import type { RuleMistake } from '#shared/rules.ts';

/** A rule set with mistakes; its message lists every one of them. */
export class RuleSetError extends Error {
  readonly mistakes: readonly RuleMistake[];

  constructor(mistakes: readonly RuleMistake[]) {
    const list = mistakes.map(({ path, message }) => `  ${path || 'the rule set'} ${message}`).join('\n');
    super(
      `${mistakes.length === 1 ? 'The rule set has a mistake' : `The rule set has ${mistakes.length} mistakes`}:\n${list}`,
    );
    this.name = 'RuleSetError';
    this.mistakes = mistakes;
  }
}

/** What an action wants for the whole object instead of a value. The reason names an attribute, never a value. */
export class ObjectVerdict extends Error {
  readonly verdict: 'quarantine' | 'reject';

  constructor(verdict: 'quarantine' | 'reject', reason: string) {
    super(reason);
    this.name = 'ObjectVerdict';
    this.verdict = verdict;
  }
}

/** A new value that the object's character set lacks: everything is done again in ISO_IR 192. */
export class NeedsUnicode extends Error {
  override readonly name = 'NeedsUnicode';
}
