/** The history as the receiver sees it: records go in and are never waited for, questions are answered by threads. */

import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { KnownInstance } from '#main/engine/index.ts';
import type { CommandResults, Problem, Result } from '#shared/contract.ts';
import type { WalkStep } from './folder-walk.ts';
import type { Written } from './history-database.ts';
import type { DatabaseCalls, HistoryCalls, HistoryRecord, InstanceRecord } from './history-records.ts';
import type { HistoryWorkerData } from './history-worker.ts';
import type { BytesAnswer } from './host.ts';
import { ProblemError } from './problem.ts';
import { inBucket } from './spool-folder.ts';
import { WorkerClient } from './worker-client.ts';
import { workerUrl } from './worker-url.ts';

export type { HistoryCalls, HistoryRecord, InstanceRecord } from './history-records.ts';
export { RECORDED_TAGS } from './history-records.ts';

/** What the history says unasked. */
export interface HistoryListener {
  /** Something is wrong; the same code again replaces what was said before. */
  problem(problem: Problem): void;
  /** It is no longer. */
  cleared(code: string): void;
}

export interface HistoryLimits {
  /** Records that wait for the database. Beyond it the oldest are dropped: their files can be found by a rebuild. */
  readonly queue: number;
  /** Records in one transaction. */
  readonly batch: number;
  /** Milliseconds in which records come together before they are written. */
  readonly gather: number;
  /** Milliseconds before a failed write is tried again. */
  readonly retry: number;
}

const LIMITS: HistoryLimits = { queue: 100_000, batch: 500, gather: 50, retry: 3_000 };
const SILENT: HistoryListener = { problem: () => {}, cleared: () => {} };
const BEHIND = 'history-behind';
const WORKER = workerUrl('history-worker');

export class History {
  readonly #limits: HistoryLimits;
  readonly #listener: HistoryListener;
  readonly #database: WorkerClient;
  readonly #files: WorkerClient;
  /** Rebuilds under way, by profile. */
  readonly #walks = new Map<string, WorkerClient>();
  #notice: Problem | undefined;
  #opened = false;
  #queue: HistoryRecord[] = [];
  #pump: Promise<void> | undefined;
  /** Ends a pause of the pump. */
  #hurry = new AbortController();
  #failing: string | undefined;
  #dropped = 0;
  #closed = false;
  #findCopy: (profileId: string, location: string, waits: boolean) => string | undefined = () => undefined;

  private constructor(folder: string, listener: HistoryListener, limits: Partial<HistoryLimits>) {
    this.#listener = listener;
    this.#limits = { ...LIMITS, ...limits };
    const database: HistoryWorkerData = { role: 'database', folder };
    const files: HistoryWorkerData = { role: 'files' };
    this.#database = new WorkerClient(WORKER, database, (notice) => this.#told(notice));
    this.#files = new WorkerClient(WORKER, files);
  }

  /**
   * Opens the history of a data folder, or begins one. Always gives a history that can be used; the notice says what is
   * wrong with it, or with the one that was there before.
   */
  static async open(
    folder: string,
    listener: HistoryListener = SILENT,
    limits: Partial<HistoryLimits> = {},
  ): Promise<{ history: History; notice?: Problem }> {
    const history = new History(folder, listener, limits);
    let notice: Problem | undefined;
    try {
      await history.#database.request('open', null);
      notice = history.#notice;
    } catch (error) {
      notice = problemOf(error);
    }
    history.#opened = true;
    return notice === undefined ? { history } : { history, notice };
  }

  /** Takes records in their order and returns at once. They are written within a tenth of a second. */
  record(records: readonly HistoryRecord[]): void {
    if (this.#closed) return;
    for (const record of records) this.#queue.push(record);
    const excess = this.#queue.length - this.#limits.queue;
    if (excess > 0) {
      this.#queue.splice(0, excess);
      this.#dropped += excess;
      this.#listener.problem(behind(this.#dropped));
    }
    this.#pump ??= this.#run(this.#limits.gather);
  }

  /** Records that wait to be written. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Resolves when all that was recorded before is written, or when that has failed. */
  async flush(): Promise<void> {
    this.#hurry.abort();
    await this.#pump;
  }

  /** Writes what waits and ends the threads. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#walks.values()].map((walk) => walk.close()));
    await this.flush();
    await this.#database.request('close', null).catch(() => undefined);
    await Promise.all([this.#database.close(), this.#files.close()]);
  }

  /** Answers a question. Never rejects. */
  async call<Name extends keyof HistoryCalls>(
    name: Name,
    argument: HistoryCalls[Name][0],
  ): Promise<Result<HistoryCalls[Name][1]>> {
    try {
      return { ok: true, value: (await this.#call(name, argument)) as HistoryCalls[Name][1] };
    } catch (error) {
      return { ok: false, error: problemOf(error) };
    }
  }

  async #call(name: keyof HistoryCalls, argument: unknown): Promise<unknown> {
    switch (name) {
      case 'instance-tags':
      case 'instance-image': {
        const { instanceId } = argument as { instanceId: number };
        const file = await this.#fileOf(instanceId);
        if (file !== undefined) return await this.#files.request(name, { path: file });
        if (name === 'instance-tags') throw inBucket();
        return { image: null, reason: inBucket().message };
      }
      // What is on its way belongs to it, too.
      case 'study-by-uid':
      case 'study-trash':
      case 'study-files':
      case 'study-treatment':
      case 'retention-rows':
      case 'verification-count':
      case 'test-images-remove':
        await this.flush();
        return await this.#database.request(name, argument);
      default:
        return await this.#database.request(name, argument);
    }
  }

  /**
   * Walks a profile's folder and adds the instances that are missing. `onProgress` hears how many files have been looked
   * at. Never rejects.
   */
  async rebuild(
    { profileId, folder }: { readonly profileId: string; readonly folder: string },
    onProgress: (files: number, done: boolean) => void,
  ): Promise<Result<CommandResults['history-rebuild']>> {
    const refusal = this.#reasonAgainstRebuild(profileId, folder);
    if (refusal) return { ok: false, error: refusal };
    const data: HistoryWorkerData = { role: 'walk', profileId, folder };
    const walk = new WorkerClient(WORKER, data);
    this.#walks.set(profileId, walk);
    let files = 0;
    try {
      await this.flush();
      for (let added = 0; ; ) {
        const step = (await walk.request('next', null)) as WalkStep;
        added += (await this.#database.request('add-missing', step.records)) as number;
        files = step.files;
        const { unreadable } = step;
        if (step.done) return { ok: true, value: { found: files - unreadable, added, unreadable } };
        onProgress(files, false);
      }
    } catch (error) {
      return { ok: false, error: problemOf(error) };
    } finally {
      this.#walks.delete(profileId);
      await walk.close();
      onProgress(files, true);
    }
  }

  #reasonAgainstRebuild(profileId: string, folder: string): Problem | undefined {
    if (folder.startsWith('s3://')) {
      const message = 'This profile stores to S3: only a folder can be searched for studies.';
      return { code: 'rebuild-not-local', message };
    }
    if (!this.#walks.has(profileId)) return undefined;
    return { code: 'rebuild-running', message: 'The folder is being searched already. Wait until that is done.' };
  }

  /** Where instances of a profile are. @throws ProblemError */
  async locate(profileId: string, sopInstanceUids: readonly string[]): Promise<readonly KnownInstance[]> {
    await this.flush();
    return await this.#ask('instances-by-uid', { profileId, sopInstanceUids });
  }

  /** Adds instances that have come to lie in a folder, unless they are known. @throws ProblemError */
  async add(records: readonly InstanceRecord[]): Promise<void> {
    await this.flush();
    await this.#database.request('add-missing', records);
  }

  /** The bytes of `/frame/{instanceId}/{frame}` or `/value/{instanceId}/{path}`. Never rejects. */
  async bytes(pathname: string): Promise<BytesAnswer> {
    const match = /^\/(frame|value)\/([1-9]\d{0,14})\/([0-9A-Fa-f.]{1,1000})$/.exec(pathname);
    if (!match) return { ok: false, error: { code: 'not-found', message: 'There is nothing at this address.' } };
    const [, kind, id, rest] = match;
    try {
      const path = await this.#fileOf(Number(id));
      if (path === undefined) throw inBucket();
      const answer = (await this.#files.request(kind!, { path, at: rest })) as { bytes: Uint8Array; type: string };
      return { ok: true, ...answer };
    } catch (error) {
      return { ok: false, error: problemOf(error) };
    }
  }

  /** Where a study's folder or an instance's file is: a copy of it on this machine, where there is one. Never rejects. */
  async location(of: { readonly studyId: number } | { readonly instanceId: number }): Promise<Result<string>> {
    if ('studyId' in of) {
      const asked = await this.call('study-location', of);
      return asked.ok ? { ok: true, value: asked.value.path } : asked;
    }
    const asked = await this.call('instance-location', of);
    return asked.ok ? { ok: true, value: this.#copyOf(asked.value) ?? asked.value.path } : asked;
  }

  /** Sets who knows the local copy of what is, or is about to be, in a bucket. */
  findCopiesWith(find: (profileId: string, location: string, waits: boolean) => string | undefined): void {
    this.#findCopy = find;
  }

  #copyOf({ profileId, path, waits }: HistoryCalls['instance-location'][1]): string | undefined {
    const copy = path.startsWith('s3://') ? this.#findCopy(profileId, path, waits) : undefined;
    return copy !== undefined && existsSync(copy) ? copy : undefined;
  }

  /** The file to read an instance from; undefined: it is in the bucket alone. */
  async #fileOf(instanceId: number): Promise<string | undefined> {
    const location = await this.#ask('instance-location', { instanceId });
    const file = this.#copyOf(location) ?? location.path;
    return file.startsWith('s3://') ? undefined : file;
  }

  async #ask<Name extends keyof DatabaseCalls>(
    name: Name,
    argument: DatabaseCalls[Name][0],
  ): Promise<DatabaseCalls[Name][1]> {
    return (await this.#database.request(name, argument)) as DatabaseCalls[Name][1];
  }

  /** Writes batch after batch until nothing waits. After a failure it pauses; in a hurry it leaves it at that for now. */
  async #run(pause: number): Promise<void> {
    this.#hurry = new AbortController();
    await this.#pause(pause);
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, this.#limits.batch);
      try {
        const { skipped } = (await this.#database.request('write', batch)) as Written;
        this.#succeeded(skipped);
      } catch (error) {
        this.#queue = [...batch, ...this.#queue];
        const problem = problemOf(error);
        this.#failing = problem.code;
        this.#listener.problem(problem);
        if (this.#hurry.signal.aborted) break;
        await this.#pause(this.#limits.retry);
      }
    }
    const again = this.#queue.length > 0 && !this.#closed;
    this.#pump = again ? this.#run(this.#limits.retry) : undefined;
  }

  #succeeded(skipped: number): void {
    if (this.#failing !== undefined) this.#listener.cleared(this.#failing);
    this.#failing = undefined;
    if (this.#queue.length === 0) this.#dropped = 0;
    if (skipped > 0) {
      this.#listener.problem({
        code: 'history-record-skipped',
        message: `${skipped} records were no records that the history can keep, and were passed over. "Rebuild from folder" brings back what was stored.`,
      });
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#hurry.signal }).catch(() => undefined);
  }

  #told(notice: Problem): void {
    if (this.#opened) this.#listener.problem(notice);
    else this.#notice = notice;
  }
}

function behind(dropped: number): Problem {
  return {
    code: BEHIND,
    message: `The history could not keep up: ${dropped} records were dropped. Every file that was acknowledged is stored; "Rebuild from folder" adds it to the list.`,
  };
}

function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problems[0]!;
  return { code: 'history-failed', message: error instanceof Error ? error.message : String(error) };
}
