/** What S3 calls an object by its bytes: the ETag that nearly every service gives unless it encrypts. */

import { createHash, type Hash } from 'node:crypto';
import { PART_SIZE } from './s3-bucket.ts';

/**
 * Of an object of one part the MD5; of several the MD5 of their MD5s and their number. Not a promise of S3: an ETag that
 * differs says nothing, one that is the same says that the bytes are.
 */
export class EtagHash {
  #part: Hash = createHash('md5');
  #filled = 0;
  readonly #parts: Buffer[] = [];

  update(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#filled === PART_SIZE) this.#nextPart();
      const piece = chunk.subarray(at, at + PART_SIZE - this.#filled);
      this.#part.update(piece);
      this.#filled += piece.length;
      at += piece.length;
    }
  }

  finish(): string {
    const last = this.#part.digest();
    if (this.#parts.length === 0) return last.toString('hex');
    const all = Buffer.concat([...this.#parts, last]);
    return `${createHash('md5').update(all).digest('hex')}-${this.#parts.length + 1}`;
  }

  #nextPart(): void {
    this.#parts.push(this.#part.digest());
    this.#part = createHash('md5');
    this.#filled = 0;
  }
}
