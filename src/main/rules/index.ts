/** Rules as a library: `import { compileRuleSet } from 'studyport/rules'`. The only file that re-exports. */

export type { RuleAction } from '#main/engine/dataset/header-transform.ts';
export type { RuleMistake, RuleRun, RuleSet, RuleSetInput } from '#shared/rules.ts';
export { BUILT_IN_RULE_SETS } from './built-in.ts';
export type { CompiledRuleSet, ObjectToExplain, RuleResources } from './compile.ts';
export { checkRuleSet, compileRuleSet } from './compile.ts';
export type { LookupTable } from './lookup-table.ts';
export { parseLookupTable } from './lookup-table.ts';
export { PseudonymStore } from './pseudonym-store.ts';
export { createRuleKey, fingerprint, loadRuleKey, parseRecovery, recoveryText } from './rule-key.ts';
export { RuleSetError } from './rule-set-error.ts';
