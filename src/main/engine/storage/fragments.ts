/** Bytes waiting in order, as the views they came in. */

// So many fragments in a row are joined when they are small: a view of few bytes costs far more memory than it holds.
const MANY = 512;
const SMALL = 1024;

export class Fragments {
  #list: Uint8Array[] = [];
  #bytes = 0;
  /** Fragments since the last join, and their bytes. */
  #loose = 0;
  #looseBytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Everything, in order. */
  get list(): readonly Uint8Array[] {
    return this.#list;
  }

  push(fragment: Uint8Array): void {
    this.#list.push(fragment);
    this.#bytes += fragment.length;
    this.#loose += 1;
    this.#looseBytes += fragment.length;
    if (this.#loose < MANY) return;
    if (this.#looseBytes < MANY * SMALL) {
      this.#list.push(Buffer.concat(this.#list.splice(Math.max(0, this.#list.length - MANY))));
    }
    this.#loose = 0;
    this.#looseBytes = 0;
  }

  /** Removes and returns the first fragments, up to the one that reaches `bytes`. */
  take(bytes: number): Uint8Array[] {
    let count = 0;
    let taken = 0;
    while (count < this.#list.length && taken < bytes) taken += this.#list[count++]!.length;
    this.#bytes -= taken;
    return this.#list.splice(0, count);
  }

  /** Removes and returns everything. */
  takeAll(): Uint8Array[] {
    const all = this.#list;
    this.#list = [];
    this.#bytes = 0;
    return all;
  }
}
