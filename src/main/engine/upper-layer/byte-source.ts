/** How an association gets its bytes: chunk by chunk, and none while it is busy with the last one. */

import type { Duplex } from 'node:stream';

/** Takes a chunk. The chunk is valid until the function has returned, or the promise it returned has settled. */
export type ChunkConsumer = (chunk: Uint8Array) => Promise<void> | undefined;

/** A connection that hands out its chunks itself instead of emitting them (`scp/reusing-socket.ts`). */
export interface ChunkSource extends Duplex {
  consumer: ChunkConsumer | undefined;
}

/** Starts the reading. The consumer must not reject; while its promise is pending nothing more is read. */
export function readChunks(socket: Duplex | ChunkSource, consumer: ChunkConsumer): void {
  if ('consumer' in socket) {
    socket.consumer = consumer;
    return;
  }
  socket.on('data', (chunk: Uint8Array) => {
    const pending = consumer(chunk);
    if (!pending) return;
    socket.pause();
    void pending.then(() => socket.resume());
  });
}
