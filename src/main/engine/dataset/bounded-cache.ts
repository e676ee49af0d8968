/** A map that forgets what was not used for long. */

/** Holds at least the last `size` entries used, and at most twice as many. */
export class BoundedCache<Value> {
  readonly #size: number;
  // Two generations instead of a list in the order of use: a hit costs one look-up, and nothing is moved.
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(size: number) {
    this.#size = size;
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
