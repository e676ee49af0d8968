/** The rule set of `--rules` with its key, table of pseudonyms and lookup tables. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '#main/engine/index.ts';
import {
  BUILT_IN_RULE_SETS,
  type CompiledRuleSet,
  checkRuleSet,
  compileRuleSet,
  createRuleKey,
  fingerprint,
  type LookupTable,
  loadRuleKey,
  PseudonymStore,
  parseLookupTable,
  RuleSetError,
} from '#main/rules/index.ts';
import { parseRuleSet, type RuleSet } from '#shared/rules.ts';

export interface RulesChoice {
  /** The name of a built-in rule set, or a file. */
  readonly rules: string;
  /** Made where there is none. The table of pseudonyms is kept beside it. */
  readonly keyFile: string | undefined;
}

/**
 * Reads and compiles. Lookup tables are read from the folder of the rule set's file: `{name}.csv`.
 * @param say takes what a person must know
 * @throws ConfigurationError with every mistake, named by its flag
 */
export async function loadRules(
  { rules, keyFile }: RulesChoice,
  say: (line: string) => void,
): Promise<CompiledRuleSet> {
  const builtIn = BUILT_IN_RULE_SETS.get(rules);
  const parsed = parseRuleSet(builtIn ?? (await readRuleFile(rules, [...BUILT_IN_RULE_SETS.keys()])));
  if ('mistakes' in parsed) throw mistakesOf(parsed.mistakes);
  const { ruleSet } = parsed;
  const tables = builtIn ? new Map<string, LookupTable>() : await readTables(ruleSet, dirname(rules));
  const { mistakes, needs } = checkRuleSet(ruleSet, tables);
  if (mistakes.length > 0) throw mistakesOf(mistakes);
  if (needs.key && keyFile === undefined) {
    throw mistake(
      '--rules-key',
      `is required: the rule set "${ruleSet.name}" makes new UIDs, dates or numbers from a key. Give a file; it is made where there is none`,
    );
  }
  try {
    return compileRuleSet(ruleSet, {
      tables,
      ...(keyFile !== undefined && { key: keyOf(keyFile, say) }),
      ...(keyFile !== undefined && needs.numbers && { pseudonyms: new PseudonymStore(`${keyFile}.pseudonyms.db`) }),
    });
  } catch (error) {
    if (error instanceof RuleSetError) throw mistakesOf(error.mistakes);
    throw mistake('--rules-key', (error as Error).message);
  }
}

async function readRuleFile(file: string, names: readonly string[]): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw mistake(
      '--rules',
      `${file} is neither a built-in rule set (${names.join(', ')}) nor a file that can be read: ${code}`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw mistake('--rules', `${file} is not JSON: ${(error as Error).message}`);
  }
}

async function readTables({ rules }: RuleSet, folder: string): Promise<ReadonlyMap<string, LookupTable>> {
  const tables = new Map<string, LookupTable>();
  for (const { action } of rules) {
    if (action.do !== 'lookup' || tables.has(action.table)) continue;
    if (!/^[\w-]+$/.test(action.table)) {
      throw mistake('--rules', `the name of the lookup table "${action.table}" must be letters, digits and hyphens`);
    }
    const file = join(folder, `${action.table}.csv`);
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw mistake('--rules', `needs the lookup table ${file}, which cannot be read: ${error.code}`);
    });
    const table = parseLookupTable(text);
    if ('mistakes' in table)
      throw mistake('--rules', `needs ${file}, which cannot be read: ${table.mistakes.join('; ')}`);
    tables.set(action.table, table);
  }
  return tables;
}

function keyOf(file: string, say: (line: string) => void): Uint8Array {
  if (existsSync(file)) return loadRuleKey(file);
  const key = createRuleKey(file);
  say(
    `A new rule key was made: ${file} (${fingerprint(key)}). Keep a copy in a safe place: without it the same patients get other numbers, dates and UIDs.`,
  );
  return key;
}

function mistakesOf(mistakes: readonly { readonly path: string; readonly message: string }[]): ConfigurationError {
  return new ConfigurationError(mistakes.map(({ path, message }) => ({ path: `--rules ${path}`.trim(), message })));
}

function mistake(path: string, message: string): ConfigurationError {
  return new ConfigurationError([{ path, message }]);
}
