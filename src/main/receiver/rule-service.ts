/** Everything about rules that a receiver has: rule sets, keys, tables, pseudonyms, and threads to try them out on. */

import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '#shared/contract.ts';
import type { DryRun, RuleSetCheck } from '#shared/rule-commands.ts';
import { parseRuleSet, type RuleRun, type RuleSet } from '#shared/rules.ts';
import { type AppliedRules, type RuleNeeds, tablesOf } from './applied-rules.ts';
import { DRY_RUN_END, DRY_RUN_FILES, type DryRunShared } from './dry-run.ts';
import type { SecretStore } from './host.ts';
import { ProblemError, problem } from './problem.ts';
import { type KnownKey, RuleKeys } from './rule-keys.ts';
import type { Sample } from './rule-samples.ts';
import { RuleSetStore, type StoredRuleSet } from './rule-set-store.ts';
import { readTables } from './rule-tables.ts';
import type { RuleWork } from './rule-worker.ts';
import { WorkerClient } from './worker-client.ts';
import { workerUrl } from './worker-url.ts';

/** Rules are tried out with a key of no meaning until the real one is needed. */
const TRIAL_KEY = new Uint8Array(32).fill(1);

/** Milliseconds between two words about a dry run. */
const PROGRESS_PERIOD = 300;

export class RuleService {
  readonly sets: RuleSetStore;
  readonly keys: RuleKeys;
  readonly #folder: string;
  readonly #worker: WorkerClient;
  readonly #dryRuns = new Set<{
    readonly runId: string;
    readonly thread: WorkerClient;
    readonly shared: DryRunShared;
  }>();
  readonly #conformant = new WeakMap<RuleSet, Promise<boolean>>();

  private constructor(folder: string, sets: RuleSetStore, keys: RuleKeys) {
    this.#folder = folder;
    this.sets = sets;
    this.keys = keys;
    this.#worker = this.#thread();
  }

  /**
   * Opens `rules` in a data folder.
   * @param created hears of a key that was made because a rule set needed it
   */
  static async open(
    dataFolder: string,
    secrets: SecretStore,
    created: (key: KnownKey) => void,
  ): Promise<{ rules: RuleService; notices: readonly Problem[] }> {
    const folder = join(dataFolder, 'rules');
    // A full disk is no reason for the application not to start: what needs the folder says so when it does.
    await prepare(folder).catch(() => undefined);
    const { store, notices } = await RuleSetStore.open(folder);
    const { keys, notice } = await RuleKeys.open(folder, secrets, created);
    return { rules: new RuleService(folder, store, keys), notices: notice ? [...notices, notice] : notices };
  }

  get tablesFolder(): string {
    return join(this.#folder, 'tables');
  }

  /** Ends the threads; what they were doing is given up. */
  async close(): Promise<void> {
    await Promise.all(
      [this.#worker, ...[...this.#dryRuns].map(({ thread }) => thread)].map((client) => client.close()),
    );
  }

  /**
   * What a profile's thread applies: the newest version of a rule set with all that it needs. Its key is made where it
   * has none yet.
   * @throws ProblemError: then nothing is to be received
   */
  async applied(id: string): Promise<AppliedRules> {
    const { version, ruleSet } = this.sets.usable(id);
    const needs = await this.#needs(ruleSet, wantsKey(ruleSet) ? await this.keys.use(ruleSet.keyRef) : undefined);
    return { of: { id, version, name: ruleSet.name }, ruleSet, ...needs };
  }

  /** What is wrong with a rule set, and what can be said about it. Tables that are about to change may be given. */
  async check(input: unknown, changed: Readonly<Record<string, string | undefined>> = {}): Promise<RuleSetCheck> {
    const tables = { ...(await this.#tables(input)) };
    for (const [name, text] of Object.entries(changed)) {
      if (text === undefined) delete tables[name];
      else tables[name] = text;
    }
    return this.work('check', { ruleSet: input, tables });
  }

  /** The rule set, when nothing is wrong with it. @throws ProblemError with every mistake */
  async right(input: unknown): Promise<RuleSet> {
    const { mistakes } = await this.check(input);
    const parsed = parseRuleSet(input);
    if ('ruleSet' in parsed && mistakes.length === 0) return parsed.ruleSet;
    throw new ProblemError(
      ...mistakes.map(({ path, message }) => ({ code: 'rule-set-wrong', message: message, field: `ruleSet.${path}` })),
    );
  }

  /** It is the Basic Profile of PS3.15 with options, and nothing weakens that. */
  async isConformant(ruleSet: RuleSet): Promise<boolean> {
    const known = this.#conformant.get(ruleSet) ?? this.check(ruleSet).then(({ conformant }) => conformant);
    this.#conformant.set(ruleSet, known);
    // Whoever asks after a failure asks anew.
    known.catch(() => this.#conformant.delete(ruleSet));
    return known;
  }

  /** What a rule set would do to an object. @throws ProblemError */
  async preview(ruleSet: unknown, sample: Sample): Promise<RuleRun> {
    return this.work('preview', { ruleSet, sample, ...(await this.#trialNeeds(ruleSet)) });
  }

  /**
   * What it would do to many, on a thread of its own. `heard` is told now and then how many files have been read.
   * @throws ProblemError
   */
  async dryRun(
    ruleSet: unknown,
    { of, limit, runId }: { of: RuleWork['dry-run'][0]['of']; limit: number; runId: string },
    heard: (files: number) => void,
  ): Promise<DryRun> {
    const needs = await this.#trialNeeds(ruleSet);
    const thread = this.#thread();
    const shared: DryRunShared = new Int32Array(new SharedArrayBuffer(8));
    const run = { runId, thread, shared };
    this.#dryRuns.add(run);
    const timer = setInterval(() => heard(Atomics.load(shared, DRY_RUN_FILES)), PROGRESS_PERIOD);
    try {
      return (await thread.request('dry-run', { ruleSet, of, limit, shared, ...needs })) as DryRun;
    } finally {
      clearInterval(timer);
      this.#dryRuns.delete(run);
      await thread.close();
    }
  }

  /** Ends a dry run after the file that it reads; one that has ended is nothing to complain about. */
  endDryRun(runId: string): void {
    for (const run of this.#dryRuns) if (run.runId === runId) Atomics.store(run.shared, DRY_RUN_END, 1);
  }

  /** How many patients have a number under each of these keys. */
  async pseudonymCounts(fingerprints: readonly string[]): Promise<readonly number[]> {
    if (!existsSync(this.#pseudonyms)) return fingerprints.map(() => 0);
    return this.work('pseudonyms-count', { path: this.#pseudonyms, fingerprints });
  }

  /** Who is who under a key. */
  async pseudonyms(fingerprint: string): Promise<RuleWork['pseudonyms-export'][1]> {
    if (!existsSync(this.#pseudonyms)) return [];
    return this.work('pseudonyms-export', { path: this.#pseudonyms, fingerprint });
  }

  /** Work for the thread. @throws ProblemError */
  async work<Name extends keyof RuleWork>(name: Name, argument: RuleWork[Name][0]): Promise<RuleWork[Name][1]> {
    return (await this.#worker.request(name, argument)) as RuleWork[Name][1];
  }

  get #pseudonyms(): string {
    return join(this.#folder, 'pseudonyms.db');
  }

  #thread(): WorkerClient {
    return new WorkerClient(workerUrl('rule-worker'), { folder: this.#folder });
  }

  async #trialNeeds(input: unknown): Promise<RuleNeeds> {
    const parsed = parseRuleSet(input);
    const keyRef = 'ruleSet' in parsed ? parsed.ruleSet.keyRef : undefined;
    const key = keyRef === undefined ? undefined : await this.keys.find(keyRef);
    return this.#needs(input, key ?? TRIAL_KEY);
  }

  async #needs(input: unknown, key: Uint8Array | undefined): Promise<RuleNeeds> {
    return { ...(key && { key }), tables: await this.#tables(input), pseudonyms: this.#pseudonyms };
  }

  #tables(input: unknown): Promise<Readonly<Record<string, string>>> {
    const parsed = parseRuleSet(input);
    return 'ruleSet' in parsed ? readTables(this.tablesFolder, tablesOf(parsed.ruleSet)) : Promise.resolve({});
  }
}

/** For nobody else's eyes, and without what was under way when the application ended. */
async function prepare(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.platform !== 'win32') await chmod(folder, 0o700);
  for (const name of await readdir(folder)) {
    if (name.startsWith('.')) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Numbers are counted for each key: a rule set that got its key later would count anew. */
function wantsKey({ base, rules }: RuleSet): boolean {
  return base.kind !== 'none' || rules.length > 0;
}

/** A name for the copy of a rule set. */
export function copyName(name: string, taken: readonly StoredRuleSet[]): string {
  const names = taken.map(({ ruleSet }) => ruleSet.name);
  for (let number = 1; ; number++) {
    const ending = number === 1 ? ' (copy)' : ` (copy ${number})`;
    const copy = `${name.replace(/ \(copy(?: \d+)?\)$/, '').slice(0, 60 - ending.length)}${ending}`;
    if (!names.includes(copy)) return copy;
  }
}

/** @throws ProblemError when another rule set has the name */
export function requireFreeRuleSetName(name: string, all: readonly StoredRuleSet[], id?: string): void {
  if (all.some((one) => one.ruleSet.name === name && one.id !== id)) {
    throw problem('name-taken', `There is a rule set "${name}" already. Choose another name.`, 'ruleSet.name');
  }
}
