/** Lets old studies go as each profile wants it: every hour, after a change, and never by surprise. */

import { setTimeout as delay } from 'node:timers/promises';
import type { LogLine } from '#shared/contract.ts';
import type { Retention } from '#shared/guards.ts';
import type { History } from './history.ts';
import type { ManagedProfile } from './managed-profile.ts';
import { need, withoutWords } from './problem.ts';
import { isWithin, planRetention, type RetentionPlan, type RetentionRow, reasonToKeep } from './retention.ts';
import { filesAside, putAside, putBack, removeAside, removeEmptied, studiesAside } from './retention-removal.ts';

/** Milliseconds in which a sender's word that a file is stored reaches the history. */
const SETTLE = 2000;
/** Studies that go together, and wait together for that word. */
const TOGETHER = 20;
/** A clock that ran away by more than this since the last run, in milliseconds, is not believed at once. */
const CLOCK_JUMP = 60 * 60 * 1000;

export interface RetentionHost {
  readonly history: History;
  trash(files: readonly string[]): Promise<void>;
  /** Studies have gone from the history. */
  changed(studyIds: readonly number[]): void;
  /** It was not deleted in the meantime. */
  isManaged(managed: ManagedProfile): boolean;
  line(level: LogLine['level'], message: string, more: { readonly code: string; readonly profileId: string }): void;
}

interface Run {
  readonly managed: ManagedProfile;
  readonly retention: Retention;
  readonly outDir: string;
  /** Why studies could not go. */
  readonly failures: unknown[];
}

/** A study whose files are aside. */
interface Aside {
  readonly row: RetentionRow;
  readonly files: readonly string[];
}

export class RetentionService {
  readonly #host: RetentionHost;
  readonly #settle: number;
  /** One run after the other, of whatever profile. */
  #turn: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();
  /** What the clock says when no time has passed: constant, unless somebody sets it, or the machine sleeps. */
  readonly #clock = clockNow();
  /** The same, as each profile's last run has found it. */
  readonly #clocks = new Map<string, number>();

  constructor(host: RetentionHost, settle = SETTLE) {
    this.#host = host;
    this.#settle = settle;
  }

  /** What would go now. @throws ProblemError when the history does not answer */
  async plan(managed: ManagedProfile, retention: Retention): Promise<RetentionPlan> {
    return planRetention(await this.#rows(managed.profile.id), retention, folderOf(managed), Date.now());
  }

  /** Lets go what the profile's retention says. Never rejects; what went wrong is in the log. */
  run(managed: ManagedProfile): Promise<void> {
    this.#turn = this.#turn.then(() => this.#run(managed)).catch((error: unknown) => this.#failed(managed, error));
    return this.#turn;
  }

  /** For the time when the application opens: what a crash has left half gone. Never rejects. */
  tidy(managed: ManagedProfile): Promise<void> {
    this.#turn = this.#turn.then(() => this.#leftovers(managed));
    return this.#turn;
  }

  /** Ends: a study that is on its way out stays. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#turn;
  }

  async #run(managed: ManagedProfile): Promise<void> {
    await this.#leftovers(managed);
    const { id: profileId, retention } = managed.profile;
    const outDir = folderOf(managed);
    const isClockSet = this.#isClockSet(profileId);
    if (!retention || outDir === undefined) return;
    const { days, ...bySize } = retention;
    if (isClockSet && days !== undefined) {
      const message =
        'The clock of this machine was changed by more than an hour, or it slept: this time no study is removed for its age.';
      this.#host.line('warn', message, { code: 'retention-clock', profileId });
    }
    const run: Run = { managed, retention, outDir, failures: [] };
    const { remove } = await this.plan(managed, isClockSet ? bySize : retention);
    for (let at = 0; at < remove.length && this.#isWanted(run); at += TOGETHER) {
      await this.#removeSome(remove.slice(at, at + TOGETHER), run);
    }
    if (run.failures.length > 0) this.#failed(managed, run.failures[0], run.failures.length);
  }

  /** Whether the clock was set since this profile's last run. */
  #isClockSet(profileId: string): boolean {
    const clock = clockNow();
    const before = this.#clocks.get(profileId) ?? this.#clock;
    this.#clocks.set(profileId, clock);
    return Math.abs(clock - before) > CLOCK_JUMP;
  }

  /** Nothing has been switched off, changed, deleted or closed since the run began. */
  #isWanted({ managed, retention }: Run): boolean {
    return !this.#closing.signal.aborted && managed.profile.retention === retention && this.#host.isManaged(managed);
  }

  /** What a crash has left half gone: away when the history had let it go, else back. Never rejects. */
  async #leftovers(managed: ManagedProfile): Promise<void> {
    const outDir = folderOf(managed);
    if (outDir === undefined) return;
    const failed = (error: unknown) => {
      const message = `Studies whose removal was interrupted could not be put back: ${withoutWords(error)}. It is tried again in an hour.`;
      this.#host.line('error', message, { code: 'retention-failed', profileId: managed.profile.id });
    };
    const studyIds = await studiesAside(outDir).catch((error: unknown) => {
      failed(error);
      return [];
    });
    for (const studyId of studyIds) await putBack(outDir, studyId).catch(failed);
  }

  /** One that cannot go keeps no other from going. */
  async #removeSome(rows: readonly RetentionRow[], run: Run): Promise<void> {
    const aside: Aside[] = [];
    for (const row of rows) {
      const out = await this.#orBack(row, run, () => this.#takeOut(row, run));
      if (out) aside.push(out);
    }
    if (aside.length > 0) {
      await delay(this.#settle, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
    const gone: number[] = [];
    for (const one of aside) {
      if (await this.#orBack(one.row, run, () => this.#letGo(one, run))) gone.push(one.row.studyId);
    }
    if (gone.length > 0) this.#host.changed(gone);
  }

  /** What has not left the history is back in the archive, whatever went wrong; what cannot be put back now is later. */
  async #orBack<Value>(
    { studyId }: RetentionRow,
    { outDir, failures }: Run,
    work: () => Promise<Value | undefined>,
  ): Promise<Value | undefined> {
    try {
      const value = await work();
      if (value === undefined) await putBack(outDir, studyId);
      return value;
    } catch (error) {
      failures.push(error);
      await putBack(outDir, studyId).catch(() => undefined);
      return undefined;
    }
  }

  /** Moves the files of a study out of the archive; undefined: it stays after all. */
  async #takeOut(row: RetentionRow, run: Run): Promise<Aside | undefined> {
    const { outDir } = run;
    if (!(await this.#isUnchanged(row, run))) return undefined;
    const { files } = need(await this.#host.history.call('study-files', { studyId: row.studyId }));
    if (!files.every((file) => isWithin(outDir, file))) return undefined;
    await putAside(outDir, row.studyId, files);
    return { row, files };
  }

  /** Removes a study whose files are aside; undefined: it was sent again in that moment. */
  async #letGo({ row, files }: Aside, run: Run): Promise<true | undefined> {
    const { studyId, instances, bytes, lastReceived } = row;
    const { outDir, failures, managed, retention } = run;
    if (!(await this.#isUnchanged(row, run))) return undefined;
    if (retention.mode === 'trash') await this.#host.trash(await filesAside(outDir, studyId));
    const { removed } = need(await this.#host.history.call('study-trash', { studyId, lastReceived }));
    if (!removed) return undefined;
    await removeAside(outDir, studyId).catch((error: unknown) => failures.push(error));
    await removeEmptied(outDir, files);
    const day = new Date(lastReceived).toISOString().slice(0, 10);
    const how = retention.mode === 'trash' ? 'moved to the trash' : 'deleted';
    const message = `Retention: a study was ${how} (${instances} objects, ${bytes} bytes, last received on ${day})`;
    this.#host.line('info', message, { code: 'retention', profileId: managed.profile.id });
    return true;
  }

  /** The history knows all that has come, and nothing of this study has since it was planned. */
  async #isUnchanged(planned: RetentionRow, run: Run): Promise<boolean> {
    if (!this.#isWanted(run)) return false;
    await this.#host.history.flush();
    if (this.#host.history.waiting > 0) return false;
    const row = (await this.#rows(run.managed.profile.id, planned.studyId)).at(0);
    return row?.lastReceived === planned.lastReceived && reasonToKeep(row, run.outDir) === undefined;
  }

  #failed({ profile: { id: profileId } }: ManagedProfile, error: unknown, studies?: number): void {
    const what = studies === undefined ? 'Old studies' : `${studies} old ${studies === 1 ? 'study' : 'studies'}`;
    const message = `${what} could not be removed: ${withoutWords(error)}. It is tried again in an hour.`;
    this.#host.line('error', message, { code: 'retention-failed', profileId });
  }

  async #rows(profileId: string, studyId?: number): Promise<readonly RetentionRow[]> {
    const asked = { profileId, ...(studyId !== undefined && { studyId }) };
    return need(await this.#host.history.call('retention-rows', asked)).rows;
  }
}

/** Where a profile stores, when that is a folder. What is in a bucket is left to the bucket's own lifecycle rules. */
function folderOf({ options }: ManagedProfile): string | undefined {
  return options.storageBackend === 'S3' ? undefined : options.outDir;
}

function clockNow(): number {
  return Date.now() - performance.now();
}
