/** Watches whether the storage has room, without making anybody wait for it. */

import type { StorageBackend } from '#main/engine/storage/storage-backend.ts';
import { StorageError } from '#main/engine/storage/storage-backend.ts';

/** How old a reading may be, in milliseconds. */
const FRESH = 1000;

export class FreeSpaceGuard {
  readonly #storage: StorageBackend;
  readonly #reserve: number;
  #low = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  /** @param reserve bytes that must stay free; 0: no check */
  constructor(storage: StorageBackend, reserve: number) {
    this.#storage = storage;
    this.#reserve = reserve;
  }

  /** Why nothing more is taken, by the last reading, which this renews when it is old; undefined while there is room. */
  shortage(): StorageError | undefined {
    if (this.#reserve > 0 && performance.now() - this.#readAt > FRESH) void this.refresh();
    return this.#verdict();
  }

  /** The same by a fresh reading. Never rejects: where the space cannot be read, writing will tell. */
  async refresh(): Promise<StorageError | undefined> {
    await this.hasRoom();
    return this.#verdict();
  }

  /** Whether the reserve is free, by a fresh reading, however full the storage says it is. Never rejects. */
  async hasRoom(): Promise<boolean> {
    if (this.#reserve > 0) {
      this.#reading ??= this.#read();
      await this.#reading;
    }
    return !this.#low;
  }

  #verdict(): StorageError | undefined {
    if (!this.#low) return this.#storage.full?.();
    return new StorageError('disk-full', 'less than the reserve of free space (minimumFreeSpace) is left', 'Disk full');
  }

  async #read(): Promise<void> {
    try {
      const free = await this.#storage.freeSpace();
      this.#low = free !== undefined && free < this.#reserve;
    } catch {
      this.#low = false;
    } finally {
      this.#readAt = performance.now();
      this.#reading = undefined;
    }
  }
}
