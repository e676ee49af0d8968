/** Watches the free space of the storage, without making anybody wait for it. */

import type { StorageBackend } from '#main/engine/storage/storage-backend.ts';

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

  /** True when less than the reserve was free at the last reading, which this renews when it is old. */
  isLow(): boolean {
    if (this.#reserve > 0 && performance.now() - this.#readAt > FRESH) void this.refresh();
    return this.#low;
  }

  /** Resolves to a fresh reading. Never rejects: where the space cannot be read, writing will tell. */
  async refresh(): Promise<boolean> {
    if (this.#reserve === 0) return false;
    this.#reading ??= this.#read();
    await this.#reading;
    return this.#low;
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
