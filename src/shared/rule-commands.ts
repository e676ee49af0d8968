/** What a page can ask about rules: arguments by schema, results as types. Part of the contract. */

import * as z from 'zod';
import type { RuleMistake, RuleRun, RuleSet } from './rules.ts';

const text = (most: number) => z.string().max(most);
/** Of a rule set: `basic` and its like for the built-in ones. */
const ruleSetId = z.string().regex(/^[\w-]{1,60}$/, 'is not an identifier');
const rowId = z.int().min(1);
/** Parsed by `parseRuleSet`, which names every mistake. */
const ruleSet = z.record(z.string(), z.unknown());
const keyName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be small letters, digits and hyphens');
const tableName = z.string().regex(/^[\w-]{1,60}$/, 'must be letters, digits and hyphens');

/** An object to look at. */
export const sampleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('synthetic'), modality: z.enum(['CT', 'MR', 'US', 'SR']) }),
  z.strictObject({ kind: z.literal('instance'), instanceId: rowId }),
  z.strictObject({ kind: z.literal('file'), path: text(4096) }),
]);
export type SampleRef = z.infer<typeof sampleSchema>;

/** Many objects to look at. */
export const dryRunTargetSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('study'), studyId: rowId }),
  z.strictObject({ kind: z.literal('folder'), path: text(4096) }),
]);

export const ruleCommandArguments = {
  'rule-sets-list': z.undefined(),
  'rule-set-get': z.strictObject({ id: ruleSetId, version: z.int().min(1).optional() }),
  'rule-set-check': z.strictObject({ ruleSet }),
  /** Without an id a new one is made. Every change is a new version; running receivers use it for new associations. */
  'rule-set-save': z.strictObject({ id: ruleSetId.optional(), ruleSet }),
  'rule-set-duplicate': z.strictObject({ id: ruleSetId, name: text(60).optional() }),
  'rule-set-delete': z.strictObject({ id: ruleSetId }),
  'rule-set-import': z.strictObject({ text: text(5_000_000) }),
  'rule-set-export': z.strictObject({ id: ruleSetId }),
  'rule-set-difference': z.strictObject({ id: ruleSetId, from: z.int().min(1), to: z.int().min(1) }),
  /** Which rule set a profile applies; null: none. */
  'rule-set-use': z.strictObject({ profileId: z.string().max(120), ruleSetId: ruleSetId.nullable() }),

  'rule-samples': z.undefined(),
  'rule-preview': z.strictObject({ ruleSet, sample: sampleSchema }),
  'rule-dry-run': z.strictObject({
    ruleSet,
    target: dryRunTargetSchema,
    limit: z.int().min(1).max(10_000).default(1000),
    /** Chosen by who asks: names it while it runs, in `dry-run-progress` and to end it. */
    runId: z
      .string()
      .regex(/^[\w-]{0,60}$/, 'is not an identifier')
      .default(''),
  }),
  /** Ends a dry run: it answers with what it has seen so far. */
  'rule-dry-run-cancel': z.strictObject({ runId: text(60) }),
  /** What was done to every element of a received study. */
  'rule-report': z.strictObject({ studyId: rowId, format: z.enum(['html', 'csv']) }),

  'quarantine-list': z.strictObject({ profileId: z.string().max(120) }),
  /** Moves it into the archive as it is: confirmed, for it may hold the patient's data. */
  'quarantine-release': z.strictObject({ profileId: z.string().max(120), name: text(255), confirmed: z.literal(true) }),
  'quarantine-discard': z.strictObject({ profileId: z.string().max(120), name: text(255), confirmed: z.literal(true) }),

  'rule-keys-list': z.undefined(),
  /** A new key under a name that has none. */
  'rule-key-create': z.strictObject({ name: keyName }),
  /** The key as text to keep in a safe place. */
  'rule-key-recovery': z.strictObject({ name: keyName, confirmed: z.literal(true) }),
  /** Puts a recovery file back. Refused when another key has the name. */
  'rule-key-restore': z.strictObject({ name: keyName, text: text(10_000) }),
  /** A new key in the place of the old one: new UIDs, dates and pseudonyms from now on. The old one is kept beside it. */
  'rule-key-rotate': z.strictObject({ name: keyName, confirmed: z.literal(true) }),
  /** CSV of who is who; logged. */
  'pseudonyms-export': z.strictObject({ keyName, confirmed: z.literal(true) }),

  'rule-tables-list': z.undefined(),
  'rule-table-import': z.strictObject({ name: tableName, text: text(20_000_000) }),
  'rule-table-delete': z.strictObject({ name: tableName }),
} as const;

export interface RuleSetRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly builtIn: boolean;
  /** 1 for built-in ones. */
  readonly version: number;
  /** Milliseconds since 1970; 0 for built-in ones. */
  readonly saved: number;
  /** Profiles that apply it. */
  readonly usedBy: readonly string[];
  /** False: not PS3.15 conformant, and said so. */
  readonly conformant: boolean;
}

/** A rule that can never fire, and why. */
export interface DeadRule {
  readonly id: string;
  readonly reason: string;
}

export interface RuleSetCheck {
  readonly mistakes: readonly RuleMistake[];
  readonly dead: readonly DeadRule[];
  /** What it needs besides itself. */
  readonly needs: {
    readonly key: boolean;
    /** Counts patients, studies or values: a table of pseudonyms. */
    readonly numbers: boolean;
    readonly tables: readonly string[];
  };
  readonly conformant: boolean;
}

export interface SampleRow {
  readonly sample: SampleRef;
  /** `CT, received 12:04` – never a name. */
  readonly label: string;
  readonly modality: string;
}

export interface DryRun {
  readonly files: number;
  readonly stored: number;
  readonly quarantined: number;
  readonly rejected: number;
  readonly unreadable: number;
  /** Elements by rule id, `base`, `defaults`, `locked`. */
  readonly counts: Readonly<Record<string, number>>;
  /** What is left of the patient's own, by element; the files it is in. */
  readonly residual: readonly { readonly keyword: string; readonly what: string; readonly files: number }[];
  /** Reasons for which files would not be stored. */
  readonly reasons: readonly { readonly reason: string; readonly files: number }[];
  /** There were more files than the limit. */
  readonly cut: boolean;
}

export interface QuarantineRow {
  readonly name: string;
  readonly reason: string;
  readonly time: number;
  readonly bytes: number;
}

export interface RuleKeyRow {
  readonly name: string;
  readonly created: number;
  /** How many patients have a number under it. */
  readonly pseudonyms: number;
  /** The first digits of its hash, to compare two machines. */
  readonly fingerprint: string;
}

export interface RuleTableRow {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: number;
}

export interface RuleCommandResults {
  'rule-sets-list': { readonly ruleSets: readonly RuleSetRow[] };
  'rule-set-get': {
    readonly row: RuleSetRow;
    readonly ruleSet: RuleSet;
    readonly versions: readonly { readonly version: number; readonly saved: number }[];
  };
  'rule-set-check': RuleSetCheck;
  'rule-set-save': RuleSetRow;
  'rule-set-duplicate': RuleSetRow;
  'rule-set-delete': null;
  'rule-set-import': RuleSetRow;
  'rule-set-export': { readonly text: string };
  'rule-set-difference': {
    readonly changes: readonly { readonly path: string; readonly before: string; readonly after: string }[];
  };
  'rule-set-use': null;
  'rule-samples': { readonly samples: readonly SampleRow[] };
  'rule-preview': RuleRun;
  'rule-dry-run': DryRun;
  'rule-dry-run-cancel': null;
  'rule-report': { readonly text: string; readonly name: string };
  'quarantine-list': { readonly rows: readonly QuarantineRow[] };
  'quarantine-release': { readonly file: string };
  'quarantine-discard': null;
  'rule-keys-list': { readonly keys: readonly RuleKeyRow[] };
  'rule-key-create': RuleKeyRow;
  'rule-key-recovery': { readonly text: string };
  'rule-key-restore': RuleKeyRow;
  'rule-key-rotate': RuleKeyRow;
  'pseudonyms-export': { readonly text: string };
  'rule-tables-list': { readonly tables: readonly RuleTableRow[] };
  'rule-table-import': RuleTableRow;
  'rule-table-delete': null;
}
