/** One profile as the receiver holds it: its thread, what is observed of it, and what makes it degraded. */

import type { KnownInstance } from '#main/engine/index.ts';
import { BURNED_IN_TAGS } from '#main/rules/burned-in.ts';
import type { LogLine, Problem, Profile, ProfileOptions } from '#shared/contract.ts';
import type { ReceiverEvent, RunState } from '#shared/events.ts';
import { optionDefaults } from '#shared/options.ts';
import type { AppliedRules } from './applied-rules.ts';
import { freeBytesOf } from './folder-check.ts';
import type { HistoryRecord } from './history.ts';
import { RECORDED_TAGS } from './history.ts';
import { ProblemError } from './problem.ts';
import { ProfileRunner } from './profile-runner.ts';
import { RunObserver } from './run-observer.ts';
import { requireUploaded, spoolFolderOf, uploadsProblem } from './spool-folder.ts';

/** What the feed, the history and the studies show besides what the history keeps. */
const DISPLAY_TAGS = [...new Set([...RECORDED_TAGS, ...BURNED_IN_TAGS, 'StudyTime'])];
/** How long `wait` lets open associations end, in milliseconds. */
const PATIENCE = 60_000;
/** Fields of problems with a profile's rules. */
const RULE_FIELDS = ['ruleSetId', 'keyRef'];

export interface ManagedProfileHost {
  /** Nothing of a profile waits for its upload any more; that has been recorded. */
  allUploaded(): void;
  emit(events: readonly ReceiverEvent[]): void;
  record(records: readonly HistoryRecord[]): void;
  log(line: Omit<LogLine, 'sequence'>): void;
  logLevel(): LogLine['level'];
  /** The options with their secrets. @throws ProblemError */
  optionsWithSecrets(profile: Profile): Promise<ProfileOptions>;
  /** What treats the objects of a profile. @throws ProblemError */
  rules(profile: Profile): Promise<AppliedRules | undefined>;
  /** Where instances of a profile are, as far as the history knows. */
  locate(profileId: string, sopInstanceUids: readonly string[]): Promise<readonly KnownInstance[]>;
  /** A study of a profile is complete. */
  studyCompleted(profileId: string, studyInstanceUid: string, time: number): void;
  /** Where reports of storage commitment may be sent to, by all profiles. */
  commitmentPeers(): readonly string[];
  /** Adds what only the whole application knows: another profile of ours has the port. */
  explain(profile: Profile, problem: Problem): Problem;
}

export class ManagedProfile {
  readonly #host: ManagedProfileHost;
  readonly runner: ProfileRunner;
  readonly observer: RunObserver;
  #profile: Profile;
  /** With what it runs, which may be older than the profile. */
  #running: ProfileOptions;
  /** The rule set that it runs with. */
  #runningRules: string | undefined;
  #degraded: readonly Problem[] = [];
  #filesProblem: Problem | undefined;
  #freeBytes: number | undefined;
  #shownFreeBytes: number | undefined;
  /** Counts changes, so that an older wait for open associations gives up. */
  #waits = 0;

  constructor(profile: Profile, host: ManagedProfileHost) {
    this.#profile = profile;
    this.#running = profile.options;
    this.#host = host;
    this.observer = new RunObserver(profile.id, () => this.#running, host);
    this.runner = new ProfileRunner({
      options: async () => {
        this.#running = this.#profile.options;
        return host.optionsWithSecrets(this.#profile);
      },
      rules: async () => {
        const profile = this.#profile;
        const rules = await host.rules(profile);
        this.#runningRules = profile.ruleSetId;
        return rules;
      },
      displayTags: DISPLAY_TAGS,
      logLevel: () => host.logLevel(),
      changed: (run) => this.#changed(run),
      locate: (sopInstanceUids) => host.locate(this.#profile.id, sopInstanceUids),
      reports: (run, reports) => this.observer.observe(run, reports),
      ended: (_run, crashed) => this.observer.ended(crashed),
      crashed: (problem) => this.#say('error', problem),
    });
  }

  get profile(): Profile {
    return this.#profile;
  }

  /** Set after it has been saved. */
  set profile(profile: Profile) {
    this.#profile = profile;
  }

  /** What the last verification of the stored files says; undefined: nothing bad. */
  set filesProblem(problem: Problem | undefined) {
    this.#filesProblem = problem;
    this.#judge();
  }

  get run(): RunState {
    return this.runner.state;
  }

  /** The options of the run, or those of the next one. */
  get options(): ProfileOptions {
    return this.isActive ? this.#running : this.#profile.options;
  }

  /** A rule set treats what the run receives. */
  get treats(): boolean {
    return this.#runningRules !== undefined;
  }

  /** It runs, or is about to. */
  get isActive(): boolean {
    return this.run.phase !== 'stopped' && this.run.phase !== 'failed';
  }

  start(): Promise<Problem | undefined> {
    return this.runner.start();
  }

  async stop(): Promise<void> {
    this.#waits++;
    await this.runner.stop();
  }

  /**
   * Stops before its spool is left; where that is refused, it goes on as before.
   * @param after the options that are to hold; undefined: the profile is to be deleted
   * @throws ProblemError while objects of it wait for their upload
   */
  async stopUploaded(after: ProfileOptions | undefined): Promise<void> {
    const { options, isActive } = this;
    await requireUploaded(options, after);
    await this.stop();
    // Once more, now that nothing can come any more.
    await requireUploaded(options, after).catch(async (error: unknown) => {
      if (isActive) await this.start();
      throw error;
    });
  }

  /** Lets the changed options take effect. Resolves at once for `wait` and `later`. */
  async applyChange(when: 'now' | 'wait' | 'later'): Promise<void> {
    const wait = ++this.#waits;
    switch (when) {
      case 'now':
        await this.runner.restart();
        break;
      case 'later':
        this.runner.markStale();
        break;
      case 'wait':
        if (this.observer.open === 0) {
          await this.runner.restart();
          break;
        }
        this.runner.markStale();
        void this.#restartWhenIdle(wait);
        break;
    }
  }

  /**
   * Lets the profile's rule set take effect as it is now: at once for associations that begin from now on; where there
   * was none before, or is none any more, after a restart. What cannot be applied ends the run.
   */
  async applyRules(): Promise<void> {
    // What has failed for want of its rules is tried again.
    if (this.run.phase === 'failed' && RULE_FIELDS.includes(this.run.problem?.field ?? '')) await this.start();
    if (!this.isActive) return;
    if (this.#runningRules === undefined || this.#profile.ruleSetId === undefined) {
      if (this.#runningRules !== this.#profile.ruleSetId) await this.runner.restart();
      return;
    }
    try {
      const rules = await this.#host.rules(this.#profile);
      if (rules) await this.runner.setRules(rules);
      this.#runningRules = this.#profile.ruleSetId;
    } catch (error) {
      const [first] = error instanceof ProblemError ? error.problems : [];
      if (!first) throw error;
      await this.runner.fail(first);
    }
  }

  /** Once a second while it listens. */
  sample(time: number): void {
    if (this.run.phase !== 'listening') return;
    const profileId = this.#profile.id;
    this.#host.emit([{ type: 'throughput', profileId, sample: { time, ...this.observer.takeSecond() } }]);
    this.#judge();
  }

  /** Reads the free space of the folder. */
  async readFreeSpace(): Promise<void> {
    const { storageBackend, outDir } = this.options;
    const folder = storageBackend === 'S3' ? spoolFolderOf(this.options) : outDir;
    if (typeof folder !== 'string') return;
    const bytes = await freeBytesOf(folder);
    if (bytes === undefined) return;
    this.#freeBytes = bytes;
    if (bytes !== this.#shownFreeBytes) {
      this.#host.emit([{ type: 'free-space', profileId: this.#profile.id, bytes }]);
    }
    this.#shownFreeBytes = bytes;
    this.#judge();
  }

  async #restartWhenIdle(wait: number): Promise<void> {
    const limit = performance.now() + PATIENCE;
    while (this.observer.open > 0 && performance.now() < limit) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (wait !== this.#waits) return;
    }
    if (this.isActive) await this.runner.restart();
  }

  #changed(run: RunState): void {
    const explained = run.problem ? { ...run, problem: this.#host.explain(this.#profile, run.problem) } : run;
    this.#host.emit([{ type: 'run-changed', profileId: this.#profile.id, run: explained }]);
    switch (run.phase) {
      case 'listening': {
        this.#degraded = [];
        const { address } = run;
        const host = address?.host === '::' ? '0.0.0.0' : address?.host;
        if (!run.stale) this.#line('info', `Listening on ${host}:${address?.port} as ${address?.aeTitle}`);
        void this.readFreeSpace();
        break;
      }
      case 'stopped':
        this.#line('info', 'Stopped');
        break;
      case 'failed':
        if (explained.problem) this.#say('error', explained.problem);
        break;
      case 'starting':
      case 'stopping':
      case 'restarting':
        break;
    }
  }

  /** Tells what makes it degraded when that has changed. */
  #judge(): void {
    if (this.run.phase !== 'listening') return;
    const { storageProblem, certificateProblems } = this.observer;
    const space = spaceProblem(this.#freeBytes, this.#running);
    const uploads = uploadsProblem(this.observer.uploads, Date.now());
    const problems = [space, storageProblem, uploads, ...certificateProblems, this.#filesProblem].filter(
      (problem) => problem !== undefined,
    );
    const words = (list: readonly Problem[]) => list.map(({ code, message }) => `${code} ${message}`).join('\n');
    if (words(problems) === words(this.#degraded)) return;
    for (const problem of problems) {
      if (!this.#degraded.some(({ code }) => code === problem.code)) this.#say('warn', problem);
    }
    this.#degraded = problems;
    this.#host.emit([{ type: 'degraded', profileId: this.#profile.id, problems }]);
  }

  #say(level: LogLine['level'], { code, message }: Problem): void {
    this.#line(level, message, code);
  }

  #line(level: LogLine['level'], message: string, code?: string): void {
    const profileId = this.#profile.id;
    this.#host.log({
      time: Date.now(),
      level,
      component: 'server',
      message,
      profileId,
      ...(code !== undefined && { code }),
    });
  }
}

/** Less than the reserve: nothing is taken any more; less than twice the reserve: soon. */
export function spaceProblem(free: number | undefined, options: ProfileOptions): Problem | undefined {
  const reserve = options.minimumFreeSpace ?? optionDefaults.minimumFreeSpace;
  const isLocal = options.storageBackend !== 'S3' || spoolFolderOf(options) !== undefined;
  if (free === undefined || reserve === 0 || !isLocal) return undefined;
  if (free < reserve) {
    return {
      code: 'free-space-low',
      field: 'minimumFreeSpace',
      message: `Less than the reserve of ${megabytes(reserve)} is free: objects are refused until there is more. Free some space, let old studies go (Settings › Keeping), or choose another folder.`,
    };
  }
  if (free < 2 * reserve) {
    return {
      code: 'free-space-warning',
      field: 'minimumFreeSpace',
      message: `Only ${megabytes(free)} are free. Below the reserve of ${megabytes(reserve)} objects will be refused.`,
    };
  }
  return undefined;
}

function megabytes(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return mebibytes >= 1024 ? `${(mebibytes / 1024).toFixed(1)} GiB` : `${Math.round(mebibytes)} MiB`;
}
