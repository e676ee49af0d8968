/** A rule set on its way to a thread that applies it: as data, with the key, tables and pseudonyms that it needs. */

import {
  type CompiledRuleSet,
  compileRuleSet,
  type LookupTable,
  PseudonymStore,
  parseLookupTable,
  RuleSetError,
} from '#main/rules/index.ts';
import type { Problem } from '#shared/contract.ts';
import type { RuleSet } from '#shared/rules.ts';

/** Which version of which rule set. */
export interface RuleSetVersion {
  readonly id: string;
  readonly version: number;
  readonly name: string;
}

/** What a rule set needs besides itself. */
export interface RuleNeeds {
  readonly key?: Uint8Array;
  /** CSV text of lookup tables, by name. */
  readonly tables: Readonly<Record<string, string>>;
  /** The file of the database of pseudonyms, or `:memory:`. */
  readonly pseudonyms: string;
}

/** Secrets travel here and nowhere else. */
export interface AppliedRules extends RuleNeeds {
  readonly of: RuleSetVersion;
  readonly ruleSet: RuleSet;
}

/** The tables that its rules look things up in. */
export function tablesOf({ rules }: RuleSet): readonly string[] {
  return [...new Set(rules.flatMap(({ action }) => (action.do === 'lookup' ? [action.table] : [])))];
}

/** Reads tables; one that cannot be read is left out, so that the rule that needs it says so. */
export function parseTables(texts: RuleNeeds['tables']): ReadonlyMap<string, LookupTable> {
  return new Map(
    Object.entries(texts).flatMap(([name, text]) => {
      const table = parseLookupTable(text);
      return 'mistakes' in table ? [] : [[name, table] as const];
    }),
  );
}

/** Compiles rule sets on one thread, whose connections to databases of pseudonyms it keeps. */
export class RuleCompiler {
  readonly #stores = new Map<string, PseudonymStore>();

  /** @throws RuleSetError; what the database says that cannot be opened */
  compile(ruleSet: unknown, { key, tables, pseudonyms }: RuleNeeds, record: boolean): CompiledRuleSet {
    return compileRuleSet(ruleSet, { key, tables: parseTables(tables), pseudonyms: this.#store(pseudonyms), record });
  }

  close(): void {
    for (const store of this.#stores.values()) store.close();
    this.#stores.clear();
  }

  #store(path: string): PseudonymStore {
    const store = this.#stores.get(path) ?? new PseudonymStore(path);
    this.#stores.set(path, store);
    return store;
  }
}

/** Why a rule set cannot be applied, in words. */
export function ruleSetProblem(error: unknown, name: string): Problem {
  const code = 'rule-set-wrong';
  if (!(error instanceof RuleSetError)) {
    const reason = error instanceof Error ? error.message : 'it is not known why';
    return { code, field: 'ruleSetId', message: `The rule set "${name}" cannot be applied: ${reason}` };
  }
  const mistakes = error.mistakes.map(({ path, message }) => `${path || 'it'} ${message}`);
  const shown = mistakes.slice(0, 3).join('; ');
  const more = mistakes.length > 3 ? ` and ${mistakes.length - 3} more` : '';
  const message = `The rule set "${name}" cannot be applied: ${shown}${more}. Correct it in "Rules", or choose another one for this profile.`;
  return { code, field: 'ruleSetId', message };
}
