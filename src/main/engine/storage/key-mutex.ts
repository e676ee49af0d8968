/** One commit at a time for the same name; different names do not wait for each other. */

import { reallyEnded, withTimeLimit } from './time-limit.ts';

export class KeyMutex {
  readonly #tails = new Map<string, Promise<void>>();
  readonly #limit: number;

  /** `limit`: how long anyone waits for those before him, in milliseconds. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether somebody is at work under this key. */
  busy(key: string): boolean {
    return this.#tails.has(key);
  }

  /**
   * Runs `work` when everybody before has ended. The key stays taken while a call that timed out is still at work in the
   * system: a rename that comes late must not land on what the next one has stored.
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    let release: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    const tail = before.then(() => mine);
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    try {
      await withTimeLimit(before, this.#limit, () => 'An earlier copy of this instance is still being stored.');
      const result = await work();
      release();
      return result;
    } catch (error) {
      void reallyEnded(error).then(release);
      throw error;
    }
  }
}
