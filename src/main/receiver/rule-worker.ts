/** The threads that try rules out: one for checks, previews, tables and the quarantine, one more for each dry run. */

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { checkRuleSet, PseudonymStore, parseLookupTable } from '#main/rules/index.ts';
import type { Problem } from '#shared/contract.ts';
import type { DryRun, RuleSetCheck } from '#shared/rule-commands.ts';
import type { RuleRun } from '#shared/rules.ts';
import { parseTables, RuleCompiler, type RuleNeeds, ruleSetProblem } from './applied-rules.ts';
import { DRY_RUN_END, DRY_RUN_FILES, type DryRunShared, DryRunTotals } from './dry-run.ts';
import { filesBelow } from './folder-walk.ts';
import type { InstanceRecord } from './history-records.ts';
import { ProblemError, problem, withoutWords } from './problem.ts';
import { quarantinedFiles, quarantineRows, releaseQuarantined } from './quarantine.ts';
import { readSample, type Sample } from './rule-samples.ts';
import type { WorkerAnswer, WorkerRequest } from './worker-client.ts';

/** A rule set that is being written, with what it needs. */
export interface RuleTrial extends RuleNeeds {
  readonly ruleSet: unknown;
}

/** What such a thread does: argument and answer. */
export interface RuleWork {
  check: [Pick<RuleTrial, 'ruleSet' | 'tables'>, RuleSetCheck];
  preview: [RuleTrial & { readonly sample: Sample }, RuleRun];
  /** `of`: files, or a folder to be walked. */
  'dry-run': [
    RuleTrial & {
      readonly of: readonly string[] | { readonly folder: string };
      readonly limit: number;
      readonly shared: DryRunShared;
    },
    DryRun,
  ];
  'table-row': [{ readonly text: string }, { readonly columns: readonly string[]; readonly rows: number }];
  'pseudonyms-count': [{ readonly path: string; readonly fingerprints: readonly string[] }, readonly number[]];
  'pseudonyms-export': [
    { readonly path: string; readonly fingerprint: string },
    readonly { readonly scope: string; readonly identity: string; readonly number: number }[],
  ];
  'quarantine-list': [{ readonly outDir: string }, ReturnType<typeof quarantineRows>];
  'quarantine-release': [
    { readonly outDir: string; readonly profileId: string; readonly name: string },
    InstanceRecord,
  ];
  'quarantine-files': [{ readonly outDir: string; readonly name: string }, readonly string[]];
}

type Work = { readonly [Name in keyof RuleWork]: (argument: RuleWork[Name][0]) => RuleWork[Name][1] };

/** The dot says: to be swept away when the application starts. */
const TRIALS = '.trial-';

const work: Work = {
  check: ({ ruleSet, tables }) => checkRuleSet(ruleSet, parseTables(tables)),

  preview: ({ sample, ...trial }) => trying(trial, (compiled) => compiled.explain(readSample(sample))),

  'dry-run': ({ of, limit, shared, ...trial }) =>
    trying(trial, (compiled) => {
      const totals = new DryRunTotals();
      const files = 'folder' in of ? filesBelow(of.folder) : of;
      for (const path of files) {
        Atomics.store(shared, DRY_RUN_FILES, totals.files);
        if (totals.files === limit || Atomics.load(shared, DRY_RUN_END) === 1) return totals.result(true);
        try {
          totals.add(compiled.explain(readSample({ kind: 'file', path: path ?? '' })));
        } catch {
          totals.addUnreadable();
        }
      }
      return totals.result(false);
    }),

  'table-row': ({ text }) => {
    const table = parseLookupTable(text);
    if (!('mistakes' in table)) return { columns: table.columns, rows: table.size };
    throw problem(
      'table-wrong',
      `The table cannot be read. ${table.mistakes.map((one) => `${one}.`).join(' ')}`,
      'text',
    );
  },

  'pseudonyms-count': ({ path, fingerprints }) =>
    withPseudonyms(path, (store) => fingerprints.map((fingerprint) => store.count(fingerprint))),

  'pseudonyms-export': ({ path, fingerprint }) => withPseudonyms(path, (store) => store.export(fingerprint)),

  'quarantine-list': ({ outDir }) => quarantineRows(outDir),
  'quarantine-release': ({ outDir, profileId, name }) => releaseQuarantined(outDir, profileId, name),
  'quarantine-files': ({ outDir, name }) => quarantinedFiles(outDir, name),
};

/** Compiles and applies; numbers come from a copy, so that nobody gets one because somebody looked. */
function trying<Value>(trial: RuleTrial, use: (compiled: ReturnType<RuleCompiler['compile']>) => Value): Value {
  const folder = mkdtempSync(join(workFolder, TRIALS));
  const compiler = new RuleCompiler();
  try {
    const copy = join(folder, 'pseudonyms.db');
    copyDatabase(trial.pseudonyms, copy);
    let compiled: ReturnType<RuleCompiler['compile']>;
    try {
      compiled = compiler.compile(trial.ruleSet, { ...trial, pseudonyms: copy }, false);
    } catch (error) {
      const { name } = Object(trial.ruleSet) as { name?: unknown };
      throw new ProblemError(ruleSetProblem(error, typeof name === 'string' ? name : ''));
    }
    return use(compiled);
  } finally {
    compiler.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyDatabase(from: string, to: string): void {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(from, { readOnly: true });
  } catch {
    // Nobody has a number yet.
    return;
  }
  try {
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
}

function withPseudonyms<Value>(path: string, use: (store: PseudonymStore) => Value): Value {
  const store = new PseudonymStore(path);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

function problemOf(error: unknown): Problem {
  const known = error instanceof ProblemError ? error.problems[0] : undefined;
  // The words of what was not foreseen may quote a value.
  if (known) return known;
  const message = `This could not be done: something went wrong inside Studyport (${withoutWords(error)}).`;
  return { code: 'rules-failed', message };
}

const port = parentPort!;
const { folder: workFolder } = workerData as { readonly folder: string };

port.on('message', ({ id, name, argument }: WorkerRequest) => {
  let answer: WorkerAnswer;
  try {
    const run = work[name as keyof RuleWork] as (argument: unknown) => unknown;
    answer = { id, ok: true, value: run(argument) };
  } catch (error) {
    answer = { id, ok: false, error: problemOf(error) };
  }
  port.postMessage(answer);
});
