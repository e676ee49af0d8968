/** One file being written: buffered, positional, a few writes in flight, never more memory than its marks allow. */

import type { BlockingGate } from './blocking-gate.ts';
import type { FileSystem } from './file-system.ts';
import { type BlockPool, Fragments } from './fragments.ts';
import { StorageError } from './storage-backend.ts';
import { TimedOutError } from './time-limit.ts';

export interface BufferLimits {
  /** Bytes held back in memory before the file is created at all; 0 creates it at the first data. */
  readonly held: number;
  /** Bytes that make one write on a thread worth its while. */
  readonly perWrite: number;
  /** Bytes per write while the volume is quick enough to be written to without a thread. */
  readonly perBlockingWrite: number;
  /** Writes in flight for one file. */
  readonly writes: number;
  /** Bytes one file may have in memory before its writer is asked to wait. */
  readonly perFile: number;
}

// One write takes at most so many times `perWrite`, so that room comes back step by step.
const LARGEST_WRITE = 4;

/** The bytes that all files of one backend hold in memory together. */
export class BufferBudget {
  readonly #limit: number;
  #used = 0;
  readonly #sleepers = new Set<() => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get exceeded(): boolean {
    return this.#used > this.#limit;
  }

  get used(): number {
    return this.#used;
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  /** Returns bytes and lets everyone who waits look again. */
  give(bytes: number): void {
    this.#used -= bytes;
    for (const look of [...this.#sleepers]) look();
  }

  /** Resolves when `ready` returns true, rejects with what it throws; it is asked again after every `give`. */
  until(ready: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          if (!ready()) return;
          resolve();
        } catch (error) {
          reject(error);
        }
        this.#sleepers.delete(look);
      };
      this.#sleepers.add(look);
      look();
    });
  }
}

export class PartFile {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #create: (path: string) => Promise<number>;
  readonly #limits: BufferLimits;
  readonly #budget: BufferBudget;
  readonly #gate: BlockingGate;

  #size = 0;
  readonly #pool: BlockPool;
  readonly #waiting: Fragments;
  #inFlight = new Set<Promise<void>>();
  #inFlightBytes = 0;
  #position = 0;
  #opening: Promise<void> | undefined;
  #fd: number | undefined;
  #flushing = false;
  #failure: unknown;
  /** Calls that timed out and may still be at work. */
  readonly #late: Promise<void>[] = [];

  /** `create` creates the file and resolves with its descriptor; it is called once at most. */
  constructor(
    path: string,
    create: (path: string) => Promise<number>,
    fileSystem: FileSystem,
    limits: BufferLimits,
    budget: BufferBudget,
    pool: BlockPool,
    gate: BlockingGate,
  ) {
    this.path = path;
    this.#pool = pool;
    this.#waiting = new Fragments(pool);
    this.#create = create;
    this.#fileSystem = fileSystem;
    this.#limits = limits;
    this.#budget = budget;
    this.#gate = gate;
  }

  /** Bytes taken so far. */
  get size(): number {
    return this.#size;
  }

  /** Everything, in order, while nothing has gone to the disk yet; afterwards undefined. */
  get held(): readonly Uint8Array[] | undefined {
    return this.#opening === undefined ? this.#waiting.list : undefined;
  }

  /** Takes the next bytes; a promise means: wait for it first. Throws or rejects with what made an earlier write fail. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (chunk.length === 0) return undefined;
    this.#waiting.push(chunk);
    this.#size += chunk.length;
    this.#budget.take(chunk.length);
    this.#pump();
    return this.#hasRoom() ? undefined : this.#budget.until(() => this.#hasRoom());
  }

  /** Resolves when the file is complete, closed and, with `durable`, on the disk. */
  async finish(durable: boolean): Promise<void> {
    this.#flushing = true;
    this.#pump();
    this.#opening ??= this.#open();
    await this.#opening;
    await this.#budget.until(() => this.#checked(this.#waiting.bytes + this.#inFlightBytes === 0));
    if (this.#fd === undefined) throw new StorageError('failed', 'The file was closed too early.', 'storage failed');
    try {
      if (durable) await this.#fileSystem.datasync(this.#fd);
      await this.#close();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** Gives the memory back when `held` has been stored by other means. */
  release(): void {
    const { bytes } = this.#waiting;
    this.#pool.give(this.#waiting.takeAll());
    this.#budget.give(bytes);
  }

  /** Ends the writing, closes and removes the file. Never rejects; what cannot be removed is swept at the next start. */
  async discard(): Promise<void> {
    this.#failure ??= new StorageError('failed', 'The instance was given up.', 'storage failed');
    this.release();
    if (this.#opening === undefined) return;
    await this.#opening.catch(() => undefined);
    await Promise.all(this.#inFlight);
    const removal = async () => {
      await this.#close().catch(() => undefined);
      await this.#fileSystem.unlink(this.path).catch(() => undefined);
    };
    // A write that timed out may still be at work: closing now could give its descriptor to another file.
    if (this.#late.length > 0) void Promise.all(this.#late).then(removal);
    else await removal();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    if (error instanceof TimedOutError) this.#late.push(error.late);
  }

  /** `value`, unless a write has failed: then throws that. */
  #checked(value: boolean): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return value;
  }

  #hasRoom(): boolean {
    const mine = this.#waiting.bytes + this.#inFlightBytes;
    if (this.#budget.exceeded) this.#pump();
    return this.#checked(mine <= this.#limits.perFile && (!this.#budget.exceeded || mine === 0));
  }

  #open(): Promise<void> {
    return this.#create(this.path).then(
      (fd) => {
        this.#fd = fd;
        this.#pump();
      },
      (error: unknown) => {
        this.#fail(error);
        this.#budget.give(0);
      },
    );
  }

  #pump(): void {
    if (this.#failure !== undefined) return;
    const urgent = this.#flushing || this.#budget.exceeded;
    if (this.#opening === undefined && this.#waiting.bytes > (urgent ? 0 : this.#limits.held))
      this.#opening = this.#openAtOnce() ?? this.#open();
    if (this.#fd === undefined) return;
    // Not while a thread is at work on the file: what is written stays in order, and a slow volume stays with the threads.
    while (
      this.#gate.open &&
      this.#inFlight.size === 0 &&
      (this.#waiting.bytes >= this.#limits.perBlockingWrite || (urgent && this.#waiting.bytes > 0))
    ) {
      if (!this.#writeAtOnce(this.#fd)) return;
    }
    while (
      this.#inFlight.size < this.#limits.writes &&
      (this.#waiting.bytes >= this.#limits.perWrite || (urgent && this.#waiting.bytes > 0))
    ) {
      this.#writeSome(this.#fd);
    }
  }

  /** Undefined when the careful way has to do it, and to say what is wrong. */
  #openAtOnce(): Promise<void> | undefined {
    if (!this.#gate.open) return undefined;
    try {
      this.#fd = this.#gate.run(() => this.#fileSystem.blocking.open(this.path));
      return Promise.resolve();
    } catch {
      return undefined;
    }
  }

  /** False when the write failed. */
  #writeAtOnce(fd: number): boolean {
    const before = this.#waiting.bytes;
    const chunks = this.#waiting.take(this.#limits.perBlockingWrite);
    const bytes = before - this.#waiting.bytes;
    try {
      for (let rest: readonly Uint8Array[] = chunks; rest.length > 0; ) {
        const written = this.#gate.run(() => this.#fileSystem.blocking.writev(fd, rest, this.#position));
        this.#position += written;
        rest = unwritten(rest, written);
      }
      this.#pool.give(chunks);
    } catch (error) {
      this.#fail(error);
    }
    this.#budget.give(bytes);
    return this.#failure === undefined;
  }

  #writeSome(fd: number): void {
    const before = this.#waiting.bytes;
    const chunks = this.#waiting.take(this.#limits.perWrite * LARGEST_WRITE);
    const bytes = before - this.#waiting.bytes;
    this.#inFlightBytes += bytes;
    const writing = this.#writeAll(fd, chunks, this.#position).then(
      () => this.#pool.give(chunks),
      // The blocks are not given back: a call that timed out may still be reading them.
      (error: unknown) => this.#fail(error),
    );
    this.#position += bytes;
    this.#inFlight.add(writing);
    void writing.then(() => {
      this.#inFlight.delete(writing);
      this.#inFlightBytes -= bytes;
      this.#pump();
      this.#budget.give(bytes);
    });
  }

  async #writeAll(fd: number, chunks: readonly Uint8Array[], position: number): Promise<void> {
    let at = position;
    for (let rest: readonly Uint8Array[] = chunks; rest.length > 0; ) {
      const written = await this.#fileSystem.writev(fd, rest, at);
      at += written;
      rest = unwritten(rest, written);
    }
  }

  async #close(): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) return;
    if (this.#gate.open) this.#gate.run(() => this.#fileSystem.blocking.close(fd));
    else await this.#fileSystem.close(fd);
  }
}

/** What a short write left over: no error yet, the next one says what is wrong (the disk is full, say). */
function unwritten(chunks: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  if (written === 0) throw new StorageError('failed', 'The disk takes no more bytes.', 'storage failed');
  let left = written;
  let whole = 0;
  while (whole < chunks.length && left >= chunks[whole]!.length) left -= chunks[whole++]!.length;
  const rest = chunks.slice(whole);
  if (left > 0) rest[0] = rest[0]!.subarray(left);
  return rest;
}
