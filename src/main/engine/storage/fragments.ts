/** Bytes waiting in order: copied into blocks, because whoever brings them uses their memory again. */

const BLOCK = 256 * 1024;
/** Blocks kept for the next user; what is above that goes back to the system. */
const KEPT = 64;

/** Memory that is used again: fresh blocks cost a page fault every 4 KB, which is dearer than the copy into them. */
export class BlockPool {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
  }

  /** Returns the blocks behind these views. Nobody may read them any more. */
  give(views: readonly Uint8Array[]): void {
    for (const view of views) {
      if (this.#free.length < KEPT && view.buffer.byteLength === BLOCK) this.#free.push(new Uint8Array(view.buffer));
    }
  }
}

/** A growing list of bytes in blocks. */
export class Fragments {
  readonly #pool: BlockPool;
  /** Full blocks, then the one being filled. */
  #blocks: Uint8Array[] = [];
  /** Bytes used of the last block. */
  #used = BLOCK;
  #bytes = 0;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Everything, in order, as views of the blocks. */
  get list(): readonly Uint8Array[] {
    return this.#blocks.map((block, index) =>
      index < this.#blocks.length - 1 ? block : block.subarray(0, this.#used),
    );
  }

  /** Copies the bytes. */
  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      if (this.#used === BLOCK) {
        this.#blocks.push(this.#pool.take());
        this.#used = 0;
      }
      const block = this.#blocks[this.#blocks.length - 1]!;
      const taken = Math.min(BLOCK - this.#used, bytes.length - at);
      // A view costs more than a short copy of all.
      block.set(taken === bytes.length ? bytes : bytes.subarray(at, at + taken), this.#used);
      this.#used += taken;
      at += taken;
    }
  }

  /** Removes and returns the first blocks, of `bytes` at the most; the one being filled only when it is the last. */
  take(bytes: number): Uint8Array[] {
    const full = this.#used === BLOCK ? this.#blocks.length : this.#blocks.length - 1;
    const count = Math.min(full, Math.max(1, Math.floor(bytes / BLOCK)));
    if (count === 0) return this.takeAll();
    this.#bytes -= count * BLOCK;
    const taken = this.#blocks.splice(0, count);
    if (this.#blocks.length === 0) this.#used = BLOCK;
    return taken;
  }

  /** Removes and returns everything. */
  takeAll(): Uint8Array[] {
    const all = [...this.list];
    this.#blocks = [];
    this.#used = BLOCK;
    this.#bytes = 0;
    return all;
  }
}
