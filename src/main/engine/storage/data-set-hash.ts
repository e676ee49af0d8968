/** The fingerprint of a Data Set, whatever preamble and file meta come before it. */

import { createHash, type Hash } from 'node:crypto';
import { dataSetOffset, HEAD_BYTES } from './data-set-compare.ts';

/** What is compared with what is there: the Data Set without the file meta. */
export interface Content {
  /** Bytes in all, file meta included. */
  readonly size: number;
  readonly dataSetSize: number;
  /** SHA-256 of the Data Set. */
  readonly digest: string;
}

/** SHA-256 of what follows the file meta; where that ends is found out when it is not known. */
export class DataSetHash {
  readonly #hash: Hash = createHash('sha256');
  /** Kept while it is not known where the Data Set begins. */
  #head: Uint8Array[] = [];
  #size = 0;
  #offset: number | undefined;

  /** @param offset bytes before the Data Set; when it is not known, the first HEAD_BYTES given must stay as they are */
  constructor(offset: number | undefined) {
    this.#offset = offset;
  }

  update(chunk: Uint8Array): void {
    const before = this.#size;
    this.#size += chunk.length;
    if (this.#offset !== undefined) {
      this.#hash.update(before >= this.#offset ? chunk : chunk.subarray(this.#offset - before));
      return;
    }
    this.#head.push(chunk);
    if (this.#size >= HEAD_BYTES) this.#skipMeta();
  }

  finish(): Content {
    const offset = Math.min(this.#offset ?? this.#skipMeta(), this.#size);
    return { size: this.#size, dataSetSize: this.#size - offset, digest: this.#hash.digest('hex') };
  }

  #skipMeta(): number {
    const head = Buffer.concat(this.#head);
    this.#head = [];
    this.#offset = dataSetOffset(head) ?? 0;
    this.#hash.update(head.subarray(this.#offset));
    return this.#offset;
  }
}
