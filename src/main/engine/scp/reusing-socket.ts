/** A connection that reads into the same memory over and over. */

import { Socket } from 'node:net';
import type { ChunkConsumer, ChunkSource } from '#main/engine/upper-layer/byte-source.ts';

/** Large enough for one system call to be worth it, small enough to stay in the processor's cache. */
const BUFFER = 128 * 1024;

/**
 * Milliseconds of one connection's bytes before others, and timers, have their turn. Node itself would go on for 32 reads,
 * which a slow disk turns into a stall.
 */
const LONGEST_TURN = 3;

const DONE = Promise.resolve();

/** What Node's own classes know of each other; not documented, so nothing relies on it. */
type WithHandle = { _handle?: object | null };

/**
 * Node allocates fresh memory for whatever arrives, and the page faults of that cost more than the reading: a socket
 * with `onread` has four times the throughput on loopback. A server cannot ask for one, so it gets the handle of the
 * connection that was accepted.
 */
class ReusingSocket extends Socket implements ChunkSource {
  #consumer: ChunkConsumer | undefined;
  /** When the chunks that fill the memory, one after the other, began. */
  #fullSince: number | undefined;

  constructor(handle: object) {
    const buffer = Buffer.allocUnsafeSlow(BUFFER);
    super({
      ...({ handle, manualStart: true } as object),
      onread: { buffer, callback: (length) => this.#take(buffer.subarray(0, length)) },
    });
  }

  get consumer(): ChunkConsumer | undefined {
    return this.#consumer;
  }

  set consumer(consumer: ChunkConsumer | undefined) {
    this.#consumer = consumer;
    this.resume();
  }

  /** False stops the reading at once, which leaves the memory alone until `resume`. */
  #take(chunk: Uint8Array): boolean {
    const isFull = chunk.length === BUFFER;
    if (isFull) this.#fullSince ??= performance.now();
    const pending = this.#consumer?.(chunk);
    if (!isFull) {
      this.#fullSince = undefined;
      if (pending) this.#pauseUnlessDone(pending);
      return true;
    }
    // With the memory filled the system is asked for more right away.
    if (pending) {
      this.#fullSince = undefined;
      void pending.then(() => this.resume());
      return false;
    }
    if (performance.now() - this.#fullSince! < LONGEST_TURN) return true;
    this.#fullSince = undefined;
    setImmediate(() => this.resume());
    return false;
  }

  /**
   * Most objects are stored within this turn, and stopping the reading costs two system calls. Nothing is read before the
   * ticks and microtasks of the turn are over.
   */
  #pauseUnlessDone(pending: Promise<void>): void {
    let isDone = false;
    let isPaused = false;
    void pending.then(() => {
      isDone = true;
      if (isPaused) this.resume();
    });
    // The tick comes when no microtask is left.
    void DONE.then(() =>
      process.nextTick(() => {
        if (isDone) return;
        isPaused = true;
        this.pause();
      }),
    );
  }
}

/**
 * The socket to use for a connection that a server accepted with `pauseOnConnect`: one that reuses its memory, or the
 * accepted one itself where there is no handle to hand over (TLS, other runtimes).
 */
export function reusingSocket(accepted: Socket): Socket {
  const owner = accepted as WithHandle;
  const handle = owner._handle;
  if (!handle || Object.getPrototypeOf(accepted) !== Socket.prototype) return accepted;
  owner._handle = null;
  // Without a handle this closes nothing; it tells the server that it need not wait for this one.
  accepted.destroy();
  return new ReusingSocket(handle);
}
