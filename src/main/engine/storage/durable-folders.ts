/** Makes names durable: fsync of folders, shared by everyone who waits for the same one. */

import { dirname } from 'node:path';
import { errnoOf, type FileSystem } from './file-system.ts';

const REMEMBERED = 10_000;
// What systems say that cannot fsync a folder (Windows, some network file systems): there is nothing more to be done.
const CANNOT = new Set(['EISDIR', 'EINVAL', 'ENOTSUP', 'ENOSYS', 'EBADF']);

interface Turn {
  readonly running: Promise<void>;
  /** Whoever comes while one runs needs the one after it: his rename may have come too late for this one. */
  next: Promise<void> | undefined;
}

export class DurableFolders {
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  readonly #turns = new Map<string, Turn>();
  readonly #durable = new Set<string>();

  /** `root`: the folder that is taken to be durable itself; nothing above it is touched. */
  constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem;
    this.#root = root;
  }

  /**
   * Resolves when what was renamed into `folder` before this call survives a power failure, and so does the folder: those
   * above it, up to the root, are synchronized the first time they are seen.
   */
  async sync(folder: string): Promise<void> {
    const waits = [this.#shared(folder)];
    const fresh: string[] = [];
    for (let child = folder; child !== this.#root && child !== dirname(child); child = dirname(child)) {
      if (this.#durable.has(child)) continue;
      fresh.push(child);
      waits.push(this.#shared(dirname(child)));
    }
    await Promise.all(waits);
    if (this.#durable.size + fresh.length > REMEMBERED) this.#durable.clear();
    for (const child of fresh) this.#durable.add(child);
  }

  /** `folder` was missing and has been created, perhaps again: it, and those above it, have to be made durable once more. */
  created(folder: string): void {
    for (let child = folder; child !== this.#root && child !== dirname(child); child = dirname(child)) {
      this.#durable.delete(child);
    }
  }

  /** Forgets what is known, after the folder was deleted and created again. */
  forget(): void {
    this.#durable.clear();
  }

  #shared(folder: string): Promise<void> {
    const turn = this.#turns.get(folder);
    if (turn !== undefined) {
      turn.next ??= turn.running.then(
        () => this.#begin(folder),
        () => this.#begin(folder),
      );
      return turn.next;
    }
    return this.#begin(folder);
  }

  #begin(folder: string): Promise<void> {
    const turn: Turn = { running: this.#fsync(folder), next: undefined };
    this.#turns.set(folder, turn);
    const end = () => {
      // With a successor the map entry is replaced when it begins, one microtask later.
      if (turn.next === undefined) this.#turns.delete(folder);
    };
    turn.running.then(end, end);
    return turn.running;
  }

  async #fsync(folder: string): Promise<void> {
    if (process.platform === 'win32') return;
    const fd = await this.#fileSystem.open(folder, 'r');
    try {
      await this.#fileSystem.sync(fd);
    } catch (error) {
      if (!CANNOT.has(errnoOf(error) ?? '')) throw error;
    } finally {
      await this.#fileSystem.close(fd);
    }
  }
}
