/** Instances in a folder: `{outDir}/{Study}/{Series}/{SOPInstance}.dcm`, each complete or not there at all. */

import { randomUUID } from 'node:crypto';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { BlockingGate, isLocalVolume } from './blocking-gate.ts';
import { sameDataSet } from './data-set-compare.ts';
import { DataSetHash } from './data-set-hash.ts';
import { DurableFolders } from './durable-folders.ts';
import { fileFailure } from './file-failure.ts';
import { errnoOf, type FileFacts, type FileSystem, nodeFileSystem } from './file-system.ts';
import { FolderLock, type LockTimes } from './folder-lock.ts';
import { BlockPool } from './fragments.ts';
import { folderOf, numberedName, safeName, uidOfName } from './instance-key.ts';
import { KeyMutex } from './key-mutex.ts';
import { limitedFileSystem } from './limited-file-system.ts';
import { BufferBudget, type BufferLimits, PartFile } from './part-file.ts';
import {
  type DuplicatePolicy,
  type InstanceSink,
  type SinkTarget,
  type StorageBackend,
  StorageError,
  type StoredInstance,
} from './storage-backend.ts';

const MB = 1024 * 1024;

/** Instances on their way live here, on the same volume as the archive, so that the last step is a rename. */
export const INCOMING = '.incoming';
export const QUARANTINE = '.quarantine';

export interface StorageLimits {
  /** Bytes of an instance that may be stored in one blocking go where the volume is local and `fsync` is off. */
  readonly small: number;
  /** Bytes per write on a thread. */
  readonly perWrite: number;
  /** Bytes per write that blocks. */
  readonly perBlockingWrite: number;
  /** Writes in flight per instance. */
  readonly writes: number;
  /** Bytes in memory per instance before its sender has to wait. */
  readonly perInstance: number;
  /** Bytes in memory for all instances together. */
  readonly total: number;
}

// Measured: larger writes than 256 KB are cheaper (larger folios in the page cache), more than a few in flight only wait
// for each other, and a mark below some megabytes starves the sender.
const LIMITS: StorageLimits = {
  small: MB / 4,
  perWrite: MB,
  perBlockingWrite: MB / 4,
  writes: 4,
  perInstance: 16 * MB,
  total: 256 * MB,
};

export interface FilesystemStorageOptions {
  /** Created when missing; relative to the working directory at the time of construction. */
  readonly outDir: string;
  /** Whether file and folder are on the disk before `commit` resolves. Default true. */
  readonly fsync?: boolean;
  /** Default 'keep-both'. */
  readonly onDuplicate?: DuplicatePolicy;
  /** Whether the SHA-256 of each Data Set is computed while it is written. Default false. */
  readonly checksums?: boolean;
  /** Milliseconds that one call to the file system may take. Default 60,000. */
  readonly operationTimeout?: number;
  readonly limits?: Partial<StorageLimits>;
  readonly lockTimes?: LockTimes;
  /** For tests: a file system that fails or hangs. */
  readonly fileSystem?: FileSystem;
}

// Milliseconds before a rename is tried again: an antivirus or indexer on Windows lets go of a new file within a second.
const RENAME_PAUSES = [10, 20, 50, 100, 200, 400, 800];
const HELD_BY_OTHERS = new Set(['EBUSY', 'EPERM', 'EACCES']);

const FREE_SPACE_AGE = 1_000;

export class FilesystemStorage implements StorageBackend {
  readonly #outDir: string;
  readonly #incoming: string;
  readonly #fileSystem: FileSystem;
  readonly #fsync: boolean;
  readonly #onDuplicate: DuplicatePolicy;
  readonly #checksums: boolean;
  readonly #limits: StorageLimits;
  readonly #lockTimes: LockTimes | undefined;
  readonly #budget: BufferBudget;
  readonly #pool = new BlockPool();
  readonly #mutex: KeyMutex;
  readonly #folders: DurableFolders;
  readonly #run = randomUUID().slice(0, 8);
  readonly #sinks = new Set<FileSink>();
  /** Folders of series from which something was removed. */
  readonly #emptied = new Set<string>();
  #count = 0;
  #lock: FolderLock | undefined;
  #device: bigint | undefined;
  #gate = new BlockingGate(false);
  #freeSpace: { readonly at: number; readonly bytes: Promise<number | undefined> } | undefined;

  constructor(options: FilesystemStorageOptions) {
    const timeout = options.operationTimeout ?? 60_000;
    this.#outDir = resolve(options.outDir);
    this.#incoming = join(this.#outDir, INCOMING);
    this.#fileSystem = limitedFileSystem(options.fileSystem ?? nodeFileSystem, timeout, this.#outDir);
    this.#fsync = options.fsync ?? true;
    this.#onDuplicate = options.onDuplicate ?? 'keep-both';
    this.#checksums = options.checksums ?? false;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#lockTimes = options.lockTimes;
    this.#budget = new BufferBudget(this.#limits.total);
    this.#mutex = new KeyMutex(timeout);
    this.#folders = new DurableFolders(this.#fileSystem, this.#outDir);
  }

  /** The folder, absolute. */
  get outDir(): string {
    return this.#outDir;
  }

  async open(): Promise<void> {
    try {
      await this.#fileSystem.makeFolder(this.#outDir);
      this.#lock = await FolderLock.acquire(this.#fileSystem, this.#outDir, this.#lockTimes);
      // Only whoever holds the lock may sweep: the parts of a living receiver look the same.
      await this.#fileSystem.removeTree(this.#incoming);
      await this.#fileSystem.makeFolder(this.#incoming);
      const probe = this.#partPath();
      await this.#fileSystem.writeText(probe, 'Can this folder be written to?');
      await this.#fileSystem.unlink(probe);
      this.#device = (await this.#fileSystem.stat(this.#outDir))?.device;
      const volume = await this.#fileSystem.volume(this.#outDir);
      this.#gate = new BlockingGate(isLocalVolume(volume.kind));
    } catch (error) {
      await this.#lock?.release().catch(() => undefined);
      this.#lock = undefined;
      throw fileFailure(error, this.#outDir);
    }
  }

  createSink(target: SinkTarget): InstanceSink {
    const limits: BufferLimits = {
      held: this.#gate.open && !this.#fsync ? this.#limits.small : 0,
      perWrite: this.#limits.perWrite,
      perBlockingWrite: this.#limits.perBlockingWrite,
      writes: this.#limits.writes,
      perFile: this.#limits.perInstance,
    };
    const part = new PartFile(
      this.#partPath(),
      (path) => this.#createPart(path),
      this.#fileSystem,
      limits,
      this.#budget,
      this.#pool,
      this.#gate,
    );
    const hash = this.#checksums && target.place === 'archive' ? new DataSetHash(target.metaLength) : undefined;
    const sink: FileSink = new FileSink(part, hash, this.#outDir, target, {
      store: (place) => this.#store(part, place),
      ended: () => {
        this.#sinks.delete(sink);
        this.#removeEmptied();
      },
    });
    this.#sinks.add(sink);
    return sink;
  }

  /** Whatever `fsync` says: the file may come from a time without it, and who asks relies on it from now on. */
  async holds(location: string): Promise<boolean> {
    if (!this.#isInArchive(location)) return false;
    try {
      const facts = await this.#fileSystem.stat(location);
      if (facts === undefined || facts.size === 0) return false;
      await this.#datasync(location);
      await this.#folders.sync(dirname(location));
      return true;
    } catch (error) {
      throw fileFailure(error, this.#outDir);
    }
  }

  async search(uids: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, string[]>();
    try {
      for (const study of await this.#namesIn(this.#outDir)) {
        for (const series of await this.#namesIn(join(this.#outDir, study))) {
          signal.throwIfAborted();
          const folder = join(this.#outDir, study, series);
          for (const name of await this.#namesIn(folder)) {
            const uid = uidOfName(name);
            if (uid === undefined || !uids.has(uid)) continue;
            found.set(uid, [...(found.get(uid) ?? []), join(folder, name)]);
          }
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      throw fileFailure(error, this.#outDir);
    }
    return found;
  }

  async head(location: string, length: number): Promise<Uint8Array> {
    try {
      const fd = await this.#fileSystem.open(location, 'r');
      try {
        const bytes = new Uint8Array(length);
        return bytes.subarray(0, await this.#fileSystem.read(fd, bytes, 0));
      } finally {
        await this.#fileSystem.close(fd);
      }
    } catch (error) {
      throw fileFailure(error, this.#outDir);
    }
  }

  /** `{study}/{series}/{name}` below the folder; what begins with a dot is on its way or in quarantine. */
  #isInArchive(location: string): boolean {
    const parts = relative(this.#outDir, location).split(sep);
    return parts.length === 3 && parts.every((part) => part !== '' && !part.startsWith('.'));
  }

  /** What is in a folder, hidden names left out; nothing where there is no such folder. */
  async #namesIn(folder: string): Promise<readonly string[]> {
    try {
      return (await this.#fileSystem.list(folder)).filter((name) => !name.startsWith('.'));
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return [];
      throw error;
    }
  }

  /** What is at a location now; undefined when nothing is. */
  async facts(location: string): Promise<FileFacts | undefined> {
    try {
      return await this.#fileSystem.stat(location);
    } catch (error) {
      throw fileFailure(error, this.#outDir);
    }
  }

  /**
   * Removes an instance, and the sentence beside it, unless another one has come to its place since `facts` were read.
   * Nobody who is being compared with it sees it go.
   */
  async remove(location: string, facts: FileFacts): Promise<void> {
    const folder = dirname(location);
    const name = basename(location).replace(/(?:~\d+)?\.dcm$/, '');
    try {
      await this.#mutex.run(join(folder, numberedName(name, 1)), async () => {
        const now = await this.#fileSystem.stat(location);
        if (now === undefined || now.inode !== facts.inode || now.device !== facts.device) return;
        await this.#fileSystem.unlink(location);
        if (basename(folder) === QUARANTINE) await this.#unlinkIfThere(location.replace(/\.dcm$/, '.txt'));
      });
    } catch (error) {
      throw fileFailure(error, this.#outDir);
    }
    if (basename(folder) !== QUARANTINE) this.#emptied.add(folder);
    this.#removeEmptied();
  }

  async #unlinkIfThere(path: string): Promise<void> {
    try {
      await this.#fileSystem.unlink(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }

  /** Folders without instances go when nothing is being stored that might be about to come into one of them. */
  #removeEmptied(): void {
    if (this.#sinks.size > 0 || this.#emptied.size === 0) return;
    for (const folder of this.#emptied) {
      for (const one of [folder, dirname(folder)]) this.#fileSystem.blocking.removeEmpty(one);
    }
    this.#emptied.clear();
    this.#folders.forget();
  }

  /** Undefined, too, when the volume does not answer: storing then says why. */
  freeSpace(): Promise<number | undefined> {
    const now = performance.now();
    if (this.#freeSpace === undefined || now - this.#freeSpace.at > FREE_SPACE_AGE) {
      const bytes = this.#fileSystem.volume(this.#outDir).then(
        (volume) => volume.free,
        () => undefined,
      );
      this.#freeSpace = { at: now, bytes };
    }
    return this.#freeSpace.bytes;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sinks].map((sink) => sink.abort()));
    const lock = this.#lock;
    this.#lock = undefined;
    try {
      await lock?.release();
    } catch (error) {
      throw fileFailure(error, this.#outDir);
    }
  }

  #partPath(): string {
    this.#count += 1;
    return `${this.#incoming}${sep}${this.#run}-${this.#count}.part`;
  }

  #checkLock(): void {
    if (this.#lock === undefined) throw new StorageError('failed', 'The storage is not open.', 'storage is closed');
    if (this.#lock.lost) {
      const message = `Another receiver has taken ${this.#outDir} over while this one could not be heard: restart one of them with another folder.`;
      throw new StorageError('in-use', message, 'storage folder is in use');
    }
  }

  async #createPart(path: string): Promise<number> {
    this.#checkLock();
    try {
      return await this.#fileSystem.open(path, 'wx');
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await this.#recreate();
      return await this.#fileSystem.open(path, 'wx');
    }
  }

  /** The folder was deleted while we run: once more from the start, but never on another volume. */
  async #recreate(): Promise<void> {
    await this.#fileSystem.makeFolder(this.#outDir);
    if ((await this.#fileSystem.stat(this.#outDir))?.device !== this.#device) {
      const message = `The disk or share at ${this.#outDir} is no longer connected: what is there now is another volume. Connect it again, or restart the receiver to store here.`;
      throw new StorageError('not-found', message, 'storage folder not found');
    }
    this.#folders.forget();
    await this.#lock?.renew();
    this.#checkLock();
    await this.#fileSystem.makeFolder(this.#incoming);
  }

  async #store(part: PartFile, place: Place): Promise<StoredInstance> {
    this.#checkLock();
    // Not join(), which costs as much as a system call.
    const first = `${place.folder}${sep}${numberedName(place.name, 1)}`;
    const stored = this.#storeAtOnce(part, first, place);
    if (stored !== undefined) return stored;
    await part.finish(this.#fsync);
    return await this.#mutex.run(first, async () => {
      place.checkWanted();
      const result = this.#moveAtOnce(part.path, first, place) ?? (await this.#settle(part, place));
      if (this.#fsync) await this.#folders.sync(place.folder);
      return result;
    });
  }

  /**
   * The quick way for a small instance on a quick volume. Undefined when it is not open, when the name is taken, or when
   * anything fails: the careful way then does it all again and says what is wrong.
   */
  #storeAtOnce(part: PartFile, path: string, place: Place): StoredInstance | undefined {
    const chunks = part.held;
    if (chunks === undefined || this.#fsync || !this.#gate.open || this.#mutex.busy(path)) return undefined;
    place.checkWanted();
    const { blocking } = this.#fileSystem;
    const stored = this.#gate.run(() => {
      let created = false;
      try {
        if (place.note !== undefined || blocking.exists(path)) return undefined;
        const fd = blocking.open(part.path);
        created = true;
        let complete = false;
        try {
          complete = blocking.writev(fd, chunks, 0) === part.size;
        } finally {
          blocking.close(fd);
        }
        if (complete) return this.#renameAtOnce(part.path, path, place);
      } catch {
        // The careful way says why.
      }
      if (created) this.#removeAtOnce(part.path);
      return undefined;
    });
    if (stored) part.release();
    return stored;
  }

  /** The quick end for a complete part whose name is free. Undefined, and nothing has happened, in all other cases. */
  #moveAtOnce(from: string, path: string, place: Place): StoredInstance | undefined {
    if (!this.#gate.open || place.note !== undefined) return undefined;
    return this.#gate.run(() => {
      try {
        return this.#fileSystem.blocking.exists(path) ? undefined : this.#renameAtOnce(from, path, place);
      } catch {
        return undefined;
      }
    });
  }

  #renameAtOnce(from: string, path: string, place: Place): StoredInstance {
    const { blocking } = this.#fileSystem;
    try {
      blocking.rename(from, path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      blocking.makeFolder(place.folder);
      this.#folders.created(place.folder);
      blocking.rename(from, path);
    }
    return { location: path, outcome: 'new' };
  }

  #removeAtOnce(path: string): void {
    try {
      this.#fileSystem.blocking.unlink(path);
    } catch {
      // The careful way will meet the same trouble and say so.
    }
  }

  /** Finds the name under which the complete part belongs, and moves it there. */
  async #settle(part: PartFile, place: Place): Promise<StoredInstance> {
    const policy = place.onDuplicate ?? this.#onDuplicate;
    const first = join(place.folder, numberedName(place.name, 1));
    for (let number = 1; ; number += 1) {
      const path = join(place.folder, numberedName(place.name, number));
      if ((await this.#fileSystem.stat(path)) === undefined) {
        if (number > 1 && policy === 'keep-first') {
          await this.#fileSystem.unlink(part.path);
          return { location: first, outcome: 'refused' };
        }
        await this.#move(part.path, path, place);
        return { location: path, outcome: number === 1 ? 'new' : 'kept-both' };
      }
      if (await sameDataSet(this.#fileSystem, { path: part.path, metaLength: place.metaLength }, { path })) {
        // The other one may come from a time without fsync: this sender is told that it is safe, so it has to be.
        if (this.#fsync) await this.#datasync(path);
        await this.#fileSystem.unlink(part.path);
        return { location: path, outcome: 'equal' };
      }
      if (policy === 'replace') {
        await this.#move(part.path, path, place);
        return { location: path, outcome: 'replaced' };
      }
    }
  }

  async #move(from: string, to: string, place: Place): Promise<void> {
    try {
      await this.#moveInto(from, to, place);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await this.#fileSystem.makeFolder(dirname(to));
      this.#folders.created(dirname(to));
      await this.#moveInto(from, to, place);
    }
  }

  async #moveInto(from: string, to: string, place: Place): Promise<void> {
    // First the note, so that nobody ever finds an instance in quarantine without the reason.
    if (place.note !== undefined) await this.#fileSystem.writeText(to.replace(/\.dcm$/, '.txt'), `${place.note}\n`);
    for (const pause of [...RENAME_PAUSES, undefined]) {
      try {
        return await this.#fileSystem.rename(from, to);
      } catch (error) {
        if (pause === undefined || !HELD_BY_OTHERS.has(errnoOf(error) ?? '')) throw error;
        await new Promise((resume) => setTimeout(resume, pause));
      }
    }
  }

  async #datasync(path: string): Promise<void> {
    const fd = await this.#fileSystem.open(path, 'r+');
    try {
      await this.#fileSystem.datasync(fd);
    } finally {
      await this.#fileSystem.close(fd);
    }
  }
}

/** Where a part goes when it is complete. */
interface Place {
  readonly folder: string;
  /** The file's name without number and extension. */
  readonly name: string;
  /** What lies before the Data Set; undefined when only the file itself can tell. */
  readonly metaLength: number | undefined;
  /** Overrides the policy of the backend. */
  readonly onDuplicate: DuplicatePolicy | undefined;
  /** One sentence to be kept beside the file. */
  readonly note: string | undefined;
  /** Throws when the instance was given up in the meantime. */
  checkWanted(): void;
}

class FileSink implements InstanceSink {
  readonly #part: PartFile;
  readonly #hash: DataSetHash | undefined;
  readonly #outDir: string;
  readonly #target: SinkTarget;
  readonly #backend: { store(place: Place): Promise<StoredInstance>; ended(): void };
  #ending: Promise<StoredInstance> | undefined;
  #stored = false;
  #givenUp: Promise<void> | undefined;

  constructor(
    part: PartFile,
    hash: DataSetHash | undefined,
    outDir: string,
    target: SinkTarget,
    backend: { store(place: Place): Promise<StoredInstance>; ended(): void },
  ) {
    this.#part = part;
    this.#hash = hash;
    this.#outDir = outDir;
    this.#target = target;
    this.#backend = backend;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    // Before it is written: the memory of the chunk is its owner's again afterwards.
    this.#hash?.update(chunk);
    try {
      return this.#part.write(chunk)?.catch((error: unknown) => {
        throw fileFailure(error, this.#outDir);
      });
    } catch (error) {
      throw fileFailure(error, this.#outDir);
    }
  }

  commit(): Promise<StoredInstance> {
    const target = this.#target;
    if (target.place === 'quarantine') return this.quarantine(target.name, target.reason);
    return this.#end({
      folder: join(this.#outDir, folderOf(target.key)),
      name: safeName(target.key.sopInstanceUid),
      metaLength: target.metaLength,
      onDuplicate: undefined,
      note: undefined,
      checkWanted: () => this.#checkWanted(),
    });
  }

  quarantine(name: string, reason: string): Promise<StoredInstance> {
    return this.#end({
      folder: join(this.#outDir, QUARANTINE),
      name: safeName(name),
      metaLength: this.#target.place === 'archive' ? this.#target.metaLength : undefined,
      // What was put aside is evidence: nothing replaces it.
      onDuplicate: 'keep-both',
      note: reason,
      checkWanted: () => this.#checkWanted(),
    });
  }

  abort(): Promise<void> {
    if (this.#stored) return Promise.resolve();
    this.#givenUp ??= this.#giveUp();
    return this.#givenUp;
  }

  async #giveUp(): Promise<void> {
    // A commit under way sees that nobody wants it any more, or has stored the instance before: then it stays.
    await this.#ending?.catch(() => undefined);
    if (!this.#stored) await this.#part.discard();
    this.#backend.ended();
  }

  #end(place: Place): Promise<StoredInstance> {
    this.#ending ??= this.#backend.store(place).then(
      (stored) => {
        this.#stored = true;
        this.#backend.ended();
        return this.#hash ? { ...stored, sha256: this.#hash.finish().digest } : stored;
      },
      (error: unknown) => {
        throw fileFailure(error, this.#outDir);
      },
    );
    return this.#ending;
  }

  #checkWanted(): void {
    if (this.#givenUp !== undefined) throw new StorageError('failed', 'The instance was given up.', 'storage aborted');
  }
}
