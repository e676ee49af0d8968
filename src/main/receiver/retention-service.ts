/** Lets old studies go as each profile wants it: every hour, after a change, and never by surprise. */

import { setTimeout as delay } from 'node:timers/promises';
import type { LogLine } from '#shared/contract.ts';
import type { Retention } from '#shared/guards.ts';
import type { History } from './history.ts';
import type { ManagedProfile } from './managed-profile.ts';
import { need, withoutWords } from './problem.ts';
import { isWithin, planRetention, type RetentionPlan, type RetentionRow, reasonToKeep } from './retention.ts';
import { putAside, putBack, removeAside, studiesAside } from './retention-removal.ts';

/** Milliseconds in which a sender's word that a file is stored reaches the history. */
const SETTLE = 2000;
/** Studies that go together, and wait together for that word. */
const TOGETHER = 20;
/** A clock that runs away by more than this since the start, in milliseconds, is not believed. */
const CLOCK_JUMP = 60 * 60 * 1000;

export interface RetentionHost {
  readonly history: History;
  trash(files: readonly string[]): Promise<void>;
  /** Studies have gone from the history. */
  changed(studyIds: readonly number[]): void;
  line(level: LogLine['level'], message: string, more: { readonly code: string; readonly profileId: string }): void;
}

interface Where {
  readonly outDir: string;
  readonly profileId: string;
  readonly mode: Retention['mode'];
}

export class RetentionService {
  readonly #host: RetentionHost;
  readonly #settle: number;
  /** One run after the other, of whatever profile. */
  #turn: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();
  /** What the clock says when no time has passed: constant, unless somebody sets it. */
  readonly #clock = Date.now() - performance.now();

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
    const { id } = managed.profile;
    this.#turn = this.#turn
      .then(() => this.#run(managed))
      .catch((error: unknown) => {
        const message = `Old studies could not be removed: ${withoutWords(error)}. It is tried again in an hour.`;
        this.#host.line('error', message, { code: 'retention-failed', profileId: id });
      });
    return this.#turn;
  }

  /** Ends: a study that is on its way out stays. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#turn;
  }

  async #run(managed: ManagedProfile): Promise<void> {
    const { id: profileId } = managed.profile;
    const outDir = folderOf(managed);
    if (outDir !== undefined) await this.#leftovers(outDir);
    const { retention } = managed.profile;
    if (!retention || outDir === undefined) return;
    if (Math.abs(Date.now() - performance.now() - this.#clock) > CLOCK_JUMP) {
      const message =
        'The clock of this machine was changed by more than an hour: no study is removed for its age until the application is started again.';
      this.#host.line('warn', message, { code: 'retention-clock', profileId });
      return;
    }
    const { remove } = await this.plan(managed, retention);
    for (let at = 0; at < remove.length; at += TOGETHER) {
      // Switched off, or changed, in the meantime: the next run knows.
      if (this.#closing.signal.aborted || managed.profile.retention !== retention) break;
      await this.#removeSome(remove.slice(at, at + TOGETHER), { outDir, profileId, mode: retention.mode });
    }
  }

  /** What a crash has left half gone: away when the history has let it go, else back. */
  async #leftovers(outDir: string): Promise<void> {
    for (const studyId of await studiesAside(outDir)) {
      const known = await this.#host.history.call('study-get', { studyId });
      await (known.ok ? putBack(outDir, studyId) : removeAside(outDir, studyId));
    }
  }

  async #removeSome(rows: readonly RetentionRow[], where: Where): Promise<void> {
    const out: RetentionRow[] = [];
    const gone: number[] = [];
    try {
      for (const row of rows) if (await this.#takeOut(row, where)) out.push(row);
      if (where.mode === 'delete' && out.length > 0) {
        await delay(this.#settle, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
      for (const row of out) if (await this.#letGo(row, where)) gone.push(row.studyId);
    } finally {
      if (gone.length > 0) this.#host.changed(gone);
    }
  }

  /** Moves the files of a study out of the archive; false: it stays after all. */
  async #takeOut(row: RetentionRow, { outDir, profileId, mode }: Where): Promise<boolean> {
    if (!(await this.#isUnchanged(row, outDir, profileId))) return false;
    const { files } = need(await this.#host.history.call('study-files', { studyId: row.studyId }));
    if (!files.every((file) => isWithin(outDir, file))) return false;
    if (mode === 'trash') await this.#host.trash(files);
    else await putAside(outDir, row.studyId, files);
    return true;
  }

  /** Removes a study whose files have left the archive; false: it was sent again in that moment, and is back. */
  async #letGo(row: RetentionRow, { outDir, profileId, mode }: Where): Promise<boolean> {
    const { studyId, instances, bytes, lastReceived } = row;
    if (mode === 'delete') {
      if (this.#closing.signal.aborted || !(await this.#isUnchanged(row, outDir, profileId))) {
        await putBack(outDir, studyId);
        return false;
      }
    }
    need(await this.#host.history.call('study-trash', { studyId }));
    if (mode === 'delete') await removeAside(outDir, studyId);
    const day = new Date(lastReceived).toISOString().slice(0, 10);
    const how = mode === 'trash' ? 'moved to the trash' : 'deleted';
    const message = `Retention: a study was ${how} (${instances} objects, ${bytes} bytes, last received on ${day})`;
    this.#host.line('info', message, { code: 'retention', profileId });
    return true;
  }

  async #isUnchanged(planned: RetentionRow, outDir: string, profileId: string): Promise<boolean> {
    await this.#host.history.flush();
    const row = (await this.#rows(profileId, planned.studyId)).at(0);
    return row?.lastReceived === planned.lastReceived && reasonToKeep(row, outDir) === undefined;
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
