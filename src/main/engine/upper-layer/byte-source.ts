/** The incoming side of a socket as chunks to pull, with backpressure and without joining them. */

import type { Readable } from 'node:stream';

/** Bytes read ahead of the consumer before the socket is paused. */
const HIGH_WATER_MARK = 512 * 1024;

/**
 * Pulls chunks in the order they came. Unlike the stream's own async iterator it never concatenates what has piled up,
 * and it hands out what is there without a promise.
 */
export class ByteSource {
  readonly #socket: Readable;
  readonly #chunks: Uint8Array[] = [];
  #head = 0;
  #held = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Readable) {
    this.#socket = socket;
    socket.on('data', (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.#held += chunk.length;
      if (this.#held >= HIGH_WATER_MARK) socket.pause();
      this.#wakeUp();
    });
    for (const event of ['end', 'close', 'error'] as const) socket.on(event, () => this.#end());
  }

  /** The next chunk, or undefined when none has arrived. */
  take(): Uint8Array | undefined {
    const chunk = this.#chunks[this.#head];
    if (!chunk) return undefined;
    this.#head++;
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#head = 0;
    }
    this.#held -= chunk.length;
    if (this.#held < HIGH_WATER_MARK / 2 && this.#socket.isPaused()) this.#socket.resume();
    return chunk;
  }

  /** Resolves when `take` has something to give (true) or never will again (false). */
  async wait(): Promise<boolean> {
    if (this.#head < this.#chunks.length) return true;
    if (this.#ended) return false;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    return this.#head < this.#chunks.length;
  }

  #end(): void {
    this.#ended = true;
    this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
