/** Questions of a profile's thread that only the history, which is not in it, can answer. */

import type { KnownInstance } from '#main/engine/index.ts';

/** How long an answer is waited for, in milliseconds; whoever asks then does without. */
const TIMEOUT = 10_000;

export class InstanceQuestions {
  readonly #send: (id: number, sopInstanceUids: readonly string[]) => void;
  readonly #open = new Map<number, (known: readonly KnownInstance[]) => void>();
  #asked = 0;

  constructor(send: (id: number, sopInstanceUids: readonly string[]) => void) {
    this.#send = send;
  }

  /** Where the instances are, as far as it is known in time. Never rejects. */
  ask(sopInstanceUids: readonly string[]): Promise<readonly KnownInstance[]> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answer(id, []), TIMEOUT);
      this.#open.set(id, (known) => {
        clearTimeout(timer);
        resolve(known);
      });
      this.#send(id, sopInstanceUids);
    });
  }

  answer(id: number, known: readonly KnownInstance[]): void {
    this.#open.get(id)?.(known);
    this.#open.delete(id);
  }
}
