/** Raw deflate streams in both directions, in bounded pieces (PS3.5 A.5, RFC 1951). */

import { createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';
import { DataSetError } from './data-set-error.ts';

/** No piece is longer than this, and not much more is ever buffered. */
const PIECE = 65536;

/**
 * Pushes bytes through a zlib stream. zlib stops working while nobody takes its output, so a consumer that stops
 * iterating stops the inflating too; it has to `close()` then.
 */
class Pump {
  readonly #stream: DeflateRaw | InflateRaw;
  #error: Error | undefined;
  #ended = false;
  /** Resolves the wait for something to happen. */
  #wake: () => void = () => {};

  constructor(stream: DeflateRaw | InflateRaw) {
    this.#stream = stream;
    stream.on('readable', () => this.#wake());
    stream.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    stream.on('error', (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  /** The output that becomes available until `chunk` is used up. */
  push(chunk: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#drain((done) => this.#stream.write(chunk, done));
  }

  /** The rest of the output. */
  end(): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#drain(() => this.#stream.end());
  }

  close(): void {
    this.#stream.destroy();
  }

  async *#drain(start: (done: () => void) => void): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#ended) return;
    let done = false;
    let woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    start(() => {
      done = true;
      this.#wake();
    });
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      for (let output = this.#read(); output !== null; output = this.#read()) {
        for (let at = 0; at < output.length; at += PIECE) yield output.subarray(at, at + PIECE);
      }
      if (done || this.#ended || this.#stream.destroyed) return;
      await woken;
      woken = new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #read(): Buffer | null {
    return this.#stream.read() as Buffer | null;
  }
}

/**
 * Inflates a deflated Data Set. Whatever follows the end of the deflate stream is passed over: the standard puts a NUL
 * there when the length would be odd.
 */
export class Inflater {
  readonly #pump = new Pump(createInflateRaw({ chunkSize: PIECE }));

  /** The Data Set as far as `chunk` carries it. Throws a DataSetError when this is not deflate. */
  push(chunk: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    return typed(this.#pump.push(chunk));
  }

  /** Says that no more bytes come. Throws a DataSetError when the stream is not complete. */
  end(): AsyncGenerator<Uint8Array, void, undefined> {
    return typed(this.#pump.end());
  }

  /** Releases zlib's memory; needed when the end is not waited for. */
  close(): void {
    this.#pump.close();
  }
}

async function* typed(pieces: AsyncGenerator<Uint8Array, void, undefined>) {
  try {
    yield* pieces;
  } catch (error) {
    throw new DataSetError('bad-deflate', 'the bytes are not a complete deflate stream', { cause: error });
  }
}

/** Deflates a Data Set, padded with a NUL to an even length (PS3.5 A.5). */
export class Deflater {
  readonly #pump = new Pump(createDeflateRaw({ chunkSize: PIECE }));
  #length = 0;

  /** The deflated bytes that are ready. */
  push(chunk: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#counted(this.#pump.push(chunk));
  }

  /** The rest of the deflated bytes. */
  async *end(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#counted(this.#pump.end());
    if (this.#length % 2 === 1) yield Uint8Array.of(0);
  }

  /** Releases zlib's memory; needed when the end is not waited for. */
  close(): void {
    this.#pump.close();
  }

  async *#counted(pieces: AsyncGenerator<Uint8Array, void, undefined>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of pieces) {
      this.#length += piece.length;
      yield piece;
    }
  }
}
