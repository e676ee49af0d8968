/** Brings what waits in a spool into the bucket: several at a time, again and again until it is there. */

import type { UploadsState } from '#shared/uploads.ts';
import { fileFailure } from './file-failure.ts';
import type { FileFacts } from './file-system.ts';
import type { S3Storage } from './s3.ts';
import { PART_SIZE } from './s3-bucket.ts';
import { type SpooledName, type SpoolPath, spooledName } from './spool-paths.ts';
import { LONGEST_PAUSE, pauseAfter, pauseLeft, STOPPED_PROBE, verdictOf } from './spool-policy.ts';
import type { QueuedUpload, SpoolQueue } from './spool-queue.ts';
import { uploadFile } from './spool-upload.ts';
import { StorageError } from './storage-backend.ts';
import type { UploadListener } from './uploads.ts';

/** Seconds over which the rate is measured. */
const RATE_WINDOW = 10;

/** What an uploader needs of its spool. */
export interface UploaderHost {
  readonly s3: S3Storage;
  readonly listener: UploadListener;
  readonly parallel: number;
  /** It may be another one after damage. */
  queue(): SpoolQueue;
  /** The file of a path, absolute. */
  fileOf(path: SpoolPath): string;
  facts(path: SpoolPath): Promise<FileFacts | undefined>;
  /** Whether the queue knows every file of the folder. */
  complete(): boolean;
  /** It is in the bucket: says where the copy stays, if it does. */
  uploaded(entry: QueuedUpload, facts: FileFacts, location: string): Promise<string | undefined>;
  /** The queue itself has failed. */
  damaged(error: unknown): void;
}

/** S3 takes nothing: why, and until when it is left alone. */
interface Trouble {
  readonly state: 'waiting' | 'stopped';
  readonly problem: { readonly code: string; readonly message: string };
  readonly retryAt: number;
}

export class SpoolUploader {
  readonly #host: UploaderHost;
  readonly #closing = new AbortController();
  readonly #active = new Map<number, Promise<void>>();
  /** Bytes by second. */
  readonly #seconds = new Map<number, number>();
  #trouble: Trouble | undefined;
  /** In a row, of S3 as a whole. */
  #failures = 0;
  /** S3 has answered since the last trouble: it may be asked for something again. */
  #checked = false;
  /** The last failure that concerned one object alone. */
  #lastObject: Trouble['problem'] | undefined;
  /** Objects that were no longer there. */
  #lost = 0;
  #wake: () => void = () => undefined;
  #loop: Promise<void> | undefined;

  constructor(host: UploaderHost) {
    this.#host = host;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Something has come. */
  kick(): void {
    this.#wake();
  }

  retry(): void {
    this.#host.queue().hurry();
    if (this.#trouble) this.#trouble = { ...this.#trouble, retryAt: 0 };
    this.#failures = 0;
    this.#wake();
  }

  state(): UploadsState {
    const queue = this.#host.queue();
    const { objects: waiting, bytes } = queue.waiting;
    const { oldest, nextDue } = queue;
    const common = {
      waiting,
      bytes,
      active: this.#active.size,
      ...(oldest !== undefined && { oldest }),
      bytesPerSecond: this.#rate(),
      ...(this.#lost > 0 && { problem: lost(this.#lost) }),
    };
    if (this.#trouble) return { ...common, ...this.#trouble };
    // The last one is counted as uploaded before its copy has gone and anybody was told.
    const isDone = waiting === 0 && this.#active.size === 0 && this.#host.complete();
    if (isDone) return { ...common, state: 'idle' };
    if (this.#active.size === 0 && nextDue !== undefined && nextDue > Date.now()) {
      const problem = this.#lastObject;
      return { ...common, state: 'waiting', retryAt: nextDue, ...(problem && { problem }) };
    }
    return { ...common, state: 'uploading' };
  }

  /** Ends what is on its way; it is begun anew with the next start. Resolves within `patience` milliseconds. */
  async close(patience: number): Promise<void> {
    this.#closing.abort();
    this.#wake();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([Promise.all([this.#loop, ...this.#active.values()]), late]);
    clearTimeout(timer);
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#turn();
      } catch (error) {
        // Only the queue fails here: uploads deal with their own failures.
        this.#host.damaged(error);
        await this.#sleep(1000);
      }
    }
  }

  /** Begins what can be begun, and waits until there may be more. */
  async #turn(): Promise<void> {
    const now = Date.now();
    const pause = this.#trouble && pauseLeft(this.#trouble.retryAt, now);
    if (pause) return this.#sleep(pause);
    if (!this.#checked && this.#active.size === 0) {
      // A look first: it says why in words that the answer to a single upload need not have.
      const error = await this.#host.s3.check().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (this.#closed) return;
      if (error !== undefined) return this.#suffer(error);
      this.#checked = true;
      if (this.#host.queue().waiting.objects === 0) this.#recovered();
    }
    const queue = this.#host.queue();
    // Nothing is put off for longer, unless the clock was set back meanwhile.
    queue.hurry(now + LONGEST_PAUSE);
    // After trouble one goes ahead.
    const most = this.#trouble || !this.#checked ? Math.min(1, this.#host.parallel) : this.#host.parallel;
    const room = most - this.#active.size;
    if (room > 0) {
      const due = queue.due(now, most + this.#active.size).filter(({ id }) => !this.#active.has(id));
      for (const entry of due.slice(0, room)) this.#begin(entry);
    }
    const { nextDue } = queue;
    await this.#sleep(nextDue !== undefined && nextDue > now ? nextDue - now : undefined);
  }

  #begin(entry: QueuedUpload): void {
    const work = this.#upload(entry)
      .catch((error: unknown) => this.#host.damaged(error))
      .finally(() => {
        this.#active.delete(entry.id);
        this.#wake();
      });
    this.#active.set(entry.id, work);
  }

  async #upload(entry: QueuedUpload): Promise<void> {
    const name = spooledName(entry.path);
    if (name === undefined) return this.#host.queue().forget(entry);
    const start = performance.now();
    try {
      const facts = await this.#host.facts(entry.path);
      if (facts === undefined) return this.#gone(entry, name);
      const isLarge = facts.size > PART_SIZE;
      const stored = await uploadFile(
        this.#host.s3,
        // Of another file that has come to its place, and that the queue has not heard of, it is not known.
        { path: this.#host.fileOf(entry.path), name, sha256: entry.inode === facts.inode ? entry.sha256 : undefined },
        this.#closing.signal,
        (bytes) => isLarge && this.#count(bytes),
      );
      if (!isLarge) this.#count(facts.size);
      this.#recovered();
      const spooled = await this.#host.uploaded(entry, facts, stored.location);
      const { outcome, location, sha256 } = stored;
      if (outcome === 'refused') throw new Error('what was refused went to the quarantine');
      this.#host.listener.uploaded({
        ...describe(entry, name),
        file: location,
        outcome,
        ...(sha256 !== undefined && { sha256 }),
        ...(spooled !== undefined && { spooled }),
        milliseconds: Math.round(performance.now() - start),
      });
    } catch (error) {
      if (!this.#closed) await this.#failed(entry, name, error);
    }
  }

  #gone(entry: QueuedUpload, name: SpooledName): void {
    this.#host.queue().forget(entry);
    this.#lost += 1;
    const message =
      'An object that waited for its upload is no longer in the spool: something else has removed it, or its upload had ended just before this machine lost its power.';
    this.#host.listener.failed(new Error(message), { ...describe(entry, name), code: 'file-gone', willRetry: false });
  }

  async #failed(entry: QueuedUpload, name: SpooledName, reason: unknown): Promise<void> {
    let error = reason;
    const verdict = verdictOf(error);
    if (verdict === 'stop') {
      // The answer to a HEAD has no body: a look at the bucket tells what is wrong.
      const better = await this.#host.s3.check().then(
        () => undefined,
        (other: unknown) => other,
      );
      if (verdictOf(better) === 'stop') error = better;
    }
    const pause = pauseAfter(entry.attempts + 1, Math.random());
    if (verdict === 'object') {
      // Another content has come to its place, maybe while it was being read: that one has an attempt of its own.
      if (!this.#host.queue().postpone(entry, Date.now() + pause)) return;
      this.#lastObject = problemOf(error);
    } else {
      this.#host.queue().postpone(entry, 0);
      this.#suffer(error);
    }
    this.#host.listener.failed(asError(error), {
      ...describe(entry, name),
      code: problemOf(error).code,
      willRetry: true,
      retryAt: verdict === 'object' ? Date.now() + pause : (this.#trouble?.retryAt ?? Date.now() + pause),
    });
  }

  /** S3 takes nothing for now. Several uploads that fail together are one failure. */
  #suffer(error: unknown): void {
    if (this.#trouble && pauseLeft(this.#trouble.retryAt, Date.now()) > 0) return;
    this.#checked = false;
    this.#failures += 1;
    const stopped = verdictOf(error) === 'stop';
    const pause = stopped ? STOPPED_PROBE : pauseAfter(this.#failures, Math.random());
    const problem = problemOf(error);
    if (this.#trouble?.problem.code !== problem.code) {
      this.#host.listener.note(`Uploads ${stopped ? 'have stopped' : 'wait'}: ${problem.message}`, asError(error));
    }
    this.#trouble = { state: stopped ? 'stopped' : 'waiting', problem, retryAt: Date.now() + pause };
  }

  #recovered(): void {
    if (this.#trouble) this.#host.listener.note('Uploads go on.');
    this.#trouble = undefined;
    this.#lastObject = undefined;
    this.#failures = 0;
    this.#checked = true;
  }

  #count(bytes: number): void {
    const second = Math.floor(Date.now() / 1000);
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + bytes);
    for (const old of this.#seconds.keys()) if (old < second - RATE_WINDOW) this.#seconds.delete(old);
  }

  #rate(): number {
    const now = Math.floor(Date.now() / 1000);
    let sum = 0;
    for (const [second, bytes] of this.#seconds) if (second > now - RATE_WINDOW) sum += bytes;
    return Math.round(sum / RATE_WINDOW);
  }

  /** Until something happens, or that many milliseconds are over. */
  #sleep(milliseconds: number | undefined): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(() => this.#wake(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
    });
  }
}

function lost(count: number): Trouble['problem'] {
  const what =
    count === 1 ? '1 object that waited for its upload was' : `${count} objects that waited for their upload were`;
  return { code: 'file-gone', message: `${what} no longer in the spool; the log says which.` };
}

function describe({ file, size, attempts }: QueuedUpload, name: SpooledName) {
  const key =
    name.place === 'archive' ? name.key : { studyInstanceUid: '', seriesInstanceUid: '', sopInstanceUid: name.name };
  return { storedAs: file, ...key, bytes: size, attempts: attempts + 1 };
}

function problemOf(error: unknown): Trouble['problem'] {
  const code = error instanceof StorageError ? error.code : 'failed';
  return { code, message: asError(error).message };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : fileFailure(error, 'the spool');
}
