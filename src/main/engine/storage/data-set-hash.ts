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
  #head: Uint8Array[] | undefined = [];
  #size = 0;
  #offset: number | undefined;

  constructor(offset: number | undefined) {
    this.#offset = offset;
  }

  update(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#head === undefined) {
      this.#hash.update(chunk);
      return;
    }
    this.#head.push(chunk);
    if (this.#size >= Math.max(HEAD_BYTES, this.#offset ?? 0)) this.#skipMeta();
  }

  finish(): Content {
    if (this.#head !== undefined) this.#skipMeta();
    return { size: this.#size, dataSetSize: this.#size - (this.#offset ?? 0), digest: this.#hash.digest('hex') };
  }

  #skipMeta(): void {
    const head = Buffer.concat(this.#head ?? []);
    this.#head = undefined;
    this.#offset = Math.min(this.#offset ?? dataSetOffset(head) ?? 0, head.length);
    this.#hash.update(head.subarray(this.#offset));
  }
}
