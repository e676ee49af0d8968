/**
 * A bucket that may be away: instances are stored in a folder first, as durably as in an archive, and uploaded from there.
 * The folder is the truth; the queue knows how far each of its files is.
 */

import { join, relative, sep } from 'node:path';
import type { UploadsState } from '#shared/uploads.ts';
import { type FileFacts, nodeFileSystem } from './file-system.ts';
import { FilesystemStorage } from './filesystem.ts';
import { S3Storage, type S3StorageOptions } from './s3.ts';
import { bucketKey, type SpoolPath, spoolPathOf, uploadPlace } from './spool-paths.ts';
import { type SpoolLimits, whyFull } from './spool-policy.ts';
import { type QueuedUpload, SpoolQueue } from './spool-queue.ts';
import { SpoolUploader } from './spool-uploader.ts';
import { spooledFiles } from './spool-walk.ts';
import type {
  InstanceSink,
  SinkTarget,
  StorageBackend,
  StorageError,
  StoredInstance,
  Uploads,
} from './storage-backend.ts';
import type { UploadListener } from './uploads.ts';

const DAY = 24 * 60 * 60 * 1000;
/** Milliseconds between two looks for copies that have been kept long enough. */
const TIDY_PERIOD = 60_000;
/** Copies that go in one of them. */
const TIDY_BATCH = 1000;
/** Milliseconds before the folder is looked through once more when that has failed. */
const WALK_AGAIN = 30_000;
/** Milliseconds that uploads may take to end when the receiver stops. */
const PATIENCE = 3_000;
/** Bytes per second to which a line may fall before an upload counts as failed. */
const SLOWEST_RATE = 16 * 1024;

export interface SpoolStorageOptions extends S3StorageOptions {
  /** The folder, created when missing; for this receiver alone. */
  readonly spoolDir: string;
  readonly limits: SpoolLimits;
  /** Days that a copy stays after its upload; 0: none. */
  readonly keepDays: number;
  /** Bytes that copies leave free: they go before instances are refused. */
  readonly reserve: number;
  /** Uploads at the same time. */
  readonly parallelUploads: number;
  readonly listener: UploadListener;
}

export class SpoolStorage implements StorageBackend {
  readonly #options: SpoolStorageOptions;
  readonly #files: FilesystemStorage;
  readonly #s3: S3Storage;
  readonly #uploader: SpoolUploader;
  readonly #closing = new AbortController();
  #queue: SpoolQueue | undefined;
  /** The queue is about to be begun anew. */
  #renewing: Promise<void> | undefined;
  /** What was told last. */
  #shown: UploadsState = { state: 'uploading', waiting: 0, bytes: 0, active: 0, bytesPerSecond: 0 };
  #timer: NodeJS.Timeout | undefined;
  #walk: Promise<void> = Promise.resolve();
  /** The queue knows every file of the folder. */
  #isComplete = false;
  #tidying: Promise<void> | undefined;
  /** The last look for copies met one that could not be removed. */
  #isUntidy = false;
  #walkAgain: NodeJS.Timeout | undefined;

  constructor(options: SpoolStorageOptions) {
    this.#options = options;
    this.#files = new FilesystemStorage({
      outDir: options.spoolDir,
      // What is answered with success has to survive until it is in the bucket.
      fsync: true,
      checksums: true,
      ...(options.onDuplicate !== undefined && { onDuplicate: options.onDuplicate }),
    });
    this.#s3 = new S3Storage({ ...options, stageForQuarantine: false, verify: true, slowestRate: SLOWEST_RATE });
    this.#uploader = new SpoolUploader({
      s3: this.#s3,
      listener: options.listener,
      parallel: options.parallelUploads,
      queue: () => this.#open(),
      fileOf: (path) => this.#fileOf(path),
      facts: (path) => this.#files.facts(this.#fileOf(path)),
      complete: () => this.#isComplete,
      uploaded: (entry, facts, location) => this.#uploaded(entry, facts, location),
      damaged: (error) => this.#damaged(error),
    });
  }

  /** S3 is not asked for anything: it may be away. */
  async open(): Promise<void> {
    await this.#files.open();
    try {
      this.#queue = await SpoolQueue.open(this.#files.outDir, uploadPlace(this.#options));
      await this.#s3.connect();
    } catch (error) {
      await this.#files.close();
      throw error;
    }
    this.#look();
    this.#timer = setInterval(() => void this.#tidy(), TIDY_PERIOD);
    this.#timer.unref();
    void this.#tidy();
    this.#uploader.start();
  }

  readonly uploads: Uploads = {
    state: () => {
      try {
        this.#shown = this.#uploader.state();
      } catch (error) {
        this.#damaged(error);
      }
      return this.#shown;
    },
    retry: () => {
      try {
        this.#uploader.retry();
      } catch (error) {
        this.#damaged(error);
      }
    },
  };

  createSink(target: SinkTarget): InstanceSink {
    this.#open();
    const sink = this.#files.createSink(target);
    let size = 0;
    return {
      write: (chunk) => {
        size += chunk.length;
        return sink.write(chunk);
      },
      commit: async () => this.#stored(await sink.commit(), size),
      quarantine: async (name, reason) => this.#stored(await sink.quarantine(name, reason), size),
      abort: () => sink.abort(),
    };
  }

  full(): StorageError | undefined {
    const { objects, bytes } = this.#options.limits;
    return whyFull(this.#open().waiting, { objects, bytes });
  }

  async freeSpace(): Promise<number | undefined> {
    const free = await this.#files.freeSpace();
    if (this.#isTight(free)) void this.#tidy();
    return free;
  }

  async holds(location: string): Promise<boolean> {
    const local = this.#waitingCopy(location);
    return (local !== undefined && (await this.#files.holds(local))) || (await this.#s3.holds(location));
  }

  async search(uids: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>();
    for (const [uid, files] of await this.#files.search(uids, signal)) {
      const locations = files.map((file) => this.#locationOf(this.#pathOf(file)));
      found.set(uid, locations);
    }
    const missing = new Set([...uids].filter((uid) => !found.has(uid)));
    if (missing.size === 0) return found;
    return new Map([...found, ...(await this.#s3.search(missing, signal))]);
  }

  async head(location: string, length: number): Promise<Uint8Array> {
    const local = this.#waitingCopy(location);
    return await (local === undefined ? this.#s3.head(location, length) : this.#files.head(local, length));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#walkAgain);
    this.#closing.abort();
    await this.#uploader.close(PATIENCE);
    await this.#walk;
    await this.#tidying;
    await this.#renewing;
    await withinPatience(this.#s3.close());
    this.#queue?.close();
    this.#queue = undefined;
    await this.#files.close();
  }

  #open(): SpoolQueue {
    if (this.#queue === undefined) throw new Error('the spool is not open');
    return this.#queue;
  }

  #fileOf(path: SpoolPath): string {
    return join(this.#files.outDir, ...path.split('/'));
  }

  #pathOf(file: string): SpoolPath {
    return relative(this.#files.outDir, file).split(sep).join('/');
  }

  #locationOf(path: SpoolPath): string {
    return `s3://${this.#options.bucket}/${bucketKey(this.#options.prefix ?? '', path)}`;
  }

  /** The local copy of what waits for its upload to a location. */
  #waitingCopy(location: string): string | undefined {
    const path = spoolPathOf(this.#options.bucket, this.#options.prefix ?? '', location);
    return path !== undefined && this.#open().stateOf(path) === 'waiting' ? this.#fileOf(path) : undefined;
  }

  /** An instance lies in the folder, complete and durable: from now on it waits. */
  #stored(stored: StoredInstance, size: number): StoredInstance {
    const path = this.#pathOf(stored.location);
    const location = this.#locationOf(path);
    if (stored.outcome === 'refused') return { ...stored, location };
    try {
      const queue = this.#open();
      // At once: between this and what the queue says nothing may happen.
      const there = nodeFileSystem.blocking.stat(stored.location);
      const state = queue.stateOf(path, there);
      if (stored.outcome === 'equal') {
        // Its upload may have ended while it was compared; then nothing is left to do.
        if (state === 'uploaded' || (there === undefined && state !== 'waiting')) return { ...stored, location };
      }
      if (stored.outcome !== 'equal' || state !== 'waiting') {
        const facts = there ?? { size, inode: 0n, modified: 0n };
        queue.add({ path, file: location, facts, sha256: stored.sha256, added: Date.now() });
      }
      this.#uploader.kick();
    } catch (error) {
      // It is stored all the same, and will be found.
      this.#damaged(error);
    }
    return { ...stored, location, spooled: stored.location };
  }

  async #uploaded(entry: QueuedUpload, facts: FileFacts, location: string): Promise<string | undefined> {
    // False: another content has come to this place meanwhile, and waits.
    if (!this.#open().finish(entry, facts, Date.now())) return undefined;
    // Under another name in the bucket it would be taken for what is there under its own.
    const isKept = this.#options.keepDays > 0 && location === this.#locationOf(entry.path);
    if (isKept) return this.#fileOf(entry.path);
    try {
      await this.#files.remove(this.#fileOf(entry.path), facts);
      this.#queue?.forget(entry);
    } catch (error) {
      // The next look for copies tries it again.
      this.#options.listener.note(
        'The copy of an uploaded object could not be removed from the spool.',
        asError(error),
      );
    }
    return undefined;
  }

  #isTight(free: number | undefined): boolean {
    return free !== undefined && free < 2 * this.#options.reserve;
  }

  /** Removes copies that have been kept long enough, or that are in the way. */
  #tidy(): Promise<void> {
    this.#tidying ??= this.#tidyOnce().finally(() => {
      this.#tidying = undefined;
    });
    return this.#tidying;
  }

  async #tidyOnce(): Promise<void> {
    let failure: unknown;
    try {
      const until = Date.now() - (this.#isTight(await this.#files.freeSpace()) ? 0 : this.#options.keepDays * DAY);
      for (const entry of this.#queue?.uploadedBefore(until, TIDY_BATCH) ?? []) {
        if (this.#closing.signal.aborted) return;
        await this.#removeCopy(entry).catch((error: unknown) => {
          failure ??= error;
        });
      }
    } catch (error) {
      failure = error;
    }
    // Once, not with every look.
    if (failure !== undefined && !this.#isUntidy) {
      const message = 'A copy of an uploaded object could not be removed from the spool; it is tried again.';
      this.#options.listener.note(message, asError(failure));
    }
    this.#isUntidy = failure !== undefined;
  }

  async #removeCopy(entry: QueuedUpload): Promise<void> {
    const file = this.#fileOf(entry.path);
    const facts = await this.#files.facts(file);
    const state = this.#queue?.stateOf(entry.path);
    // Whatever came to its place meanwhile has begun to wait, and stays.
    if (state === undefined || state === 'waiting') return;
    if (facts && this.#queue?.stateOf(entry.path, facts) === undefined) return this.#found(entry.path, facts);
    if (facts) await this.#files.remove(file, facts);
    this.#queue?.forget(entry);
  }

  /** A file that the queue does not know waits since it was written. */
  #found(path: SpoolPath, facts: FileFacts): void {
    const added = Math.min(Date.now(), Number(facts.modified / 1_000_000n));
    this.#queue?.add({ path, file: this.#locationOf(path), facts, sha256: undefined, added });
    this.#uploader.kick();
  }

  /** Looks through the folder for files that the queue does not know, beside everything else. */
  #look(): void {
    this.#isComplete = false;
    this.#walk = this.#walk.then(() => this.#lookOnce());
  }

  async #lookOnce(): Promise<void> {
    try {
      for await (const path of spooledFiles(this.#files.outDir, this.#closing.signal)) {
        const before = this.#queue?.stateOf(path);
        const facts = await this.#files.facts(this.#fileOf(path));
        if (facts === undefined || this.#queue?.stateOf(path, facts) !== undefined) continue;
        // Its upload has ended meanwhile, and its copy has gone.
        if (before !== undefined && this.#queue?.stateOf(path) === undefined) continue;
        this.#found(path, facts);
      }
      this.#isComplete = true;
    } catch (error) {
      this.#options.listener.note('The spool could not be looked through; it is tried again.', asError(error));
      this.#walkAgain = setTimeout(() => this.#look(), WALK_AGAIN);
      this.#walkAgain.unref();
    }
  }

  /** The queue cannot be used any more: another one is begun, and the folder says what belongs into it. */
  #damaged(error: unknown): void {
    if (this.#renewing !== undefined || this.#closing.signal.aborted) return;
    this.#options.listener.note('The upload queue has failed; it is rebuilt from the spool folder.', asError(error));
    this.#renewing = this.#renew().finally(() => {
      this.#renewing = undefined;
    });
  }

  async #renew(): Promise<void> {
    this.#queue?.close();
    const fresh = await SpoolQueue.open(this.#files.outDir, uploadPlace(this.#options), true);
    if (this.#closing.signal.aborted) return fresh.close();
    this.#queue = fresh;
    this.#look();
    this.#uploader.kick();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function withinPatience(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
