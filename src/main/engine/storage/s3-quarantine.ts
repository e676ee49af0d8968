/** What storage has put aside in a bucket, for a person to decide about: listed, moved into the archive, removed. */

import type { S3Config } from '#shared/options.ts';
import { folderOf, numberedName, safeName } from './instance-key.ts';
import { S3Bucket, type StoredObject } from './s3-bucket.ts';
import { type InstanceKey, StorageError } from './storage-backend.ts';

export interface QuarantinedObject {
  /** `{name}.dcm`, below the quarantine. */
  readonly name: string;
  /** '' where there is no note; of the newest {@link MOST_REASONS} only. */
  readonly reason: string;
  /** When it was stored, in milliseconds since 1970. */
  readonly time: number;
  readonly bytes: number;
}

/** The names that storage gives: no separator, no dot in front. */
const NAME = /^[0-9A-Za-z][0-9A-Za-z._~-]{0,150}\.dcm$/;
/** Each costs a request. */
const MOST_REASONS = 1000;
const REASONS_AT_ONCE = 16;
/** The engine writes one sentence. */
const LONGEST_REASON = 2000;

export class S3Quarantine {
  readonly #bucket: S3Bucket;
  readonly #prefix: string;
  /** Of the keys of what was put aside. */
  readonly #folder: string;

  private constructor(bucket: S3Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#folder = `${prefix}quarantine/`;
  }

  /**
   * Gives `work` the quarantine of a configured bucket, and closes the connections afterwards.
   * @param timeLimit milliseconds that a request may take
   * @throws StorageError when S3 refuses or does not answer
   */
  static async use<Value>(
    config: S3Config,
    work: (quarantine: S3Quarantine) => Promise<Value>,
    timeLimit = 30_000,
  ): Promise<Value> {
    const bucket = await S3Bucket.connect({ ...config, bucket: config.bucket ?? '' }, timeLimit);
    try {
      return await work(new S3Quarantine(bucket, config.prefix ?? ''));
    } finally {
      bucket.destroy();
    }
  }

  /** Newest first. */
  async list(): Promise<readonly QuarantinedObject[]> {
    const found: StoredObject[] = [];
    const notes = new Set<string>();
    for await (const object of this.#bucket.walk(this.#folder)) {
      if (NAME.test(object.key.slice(this.#folder.length))) found.push(object);
      else if (object.key.endsWith('.txt')) notes.add(object.key);
    }
    found.sort((a, b) => (b.modified ?? 0) - (a.modified ?? 0) || a.key.localeCompare(b.key));
    const reasons = new Map<string, string>();
    const wanted = found
      .slice(0, MOST_REASONS)
      .map(({ key }) => noteOf(key))
      .filter((key) => notes.has(key));
    const readNext = async () => {
      for (let key = wanted.shift(); key !== undefined; key = wanted.shift()) reasons.set(key, await this.#note(key));
    };
    await Promise.all(Array.from({ length: REASONS_AT_ONCE }, readNext));
    return found.map(({ key, size, modified }) => ({
      name: key.slice(this.#folder.length),
      reason: reasons.get(noteOf(key)) ?? '',
      time: modified ?? 0,
      bytes: size,
    }));
  }

  /** The first bytes of an object and how many it has; undefined when it is not there any more. */
  async head(name: string, length: number): Promise<{ readonly bytes: Uint8Array; readonly size: number } | undefined> {
    const key = this.#keyOf(name);
    const there = key === undefined ? undefined : await this.#bucket.find(key);
    if (!there) return undefined;
    const chunks: Uint8Array[] = [];
    let read = 0;
    for await (const chunk of this.#bucket.read(there.key)) {
      chunks.push(chunk);
      read += chunk.length;
      if (read >= length) break;
    }
    return { bytes: Buffer.concat(chunks).subarray(0, length), size: there.size };
  }

  /**
   * Moves an object into the archive, beside what is there under its UIDs already, never over it. Only when the copy is
   * complete does it leave the quarantine.
   * @returns where it is now, or undefined when it was gone
   * @throws StorageError; then it is still in quarantine
   */
  async release(name: string, key: InstanceKey): Promise<string | undefined> {
    const from = this.#keyOf(name);
    const there = from === undefined ? undefined : await this.#bucket.find(from);
    if (!there) return undefined;
    const base = `${this.#prefix}${folderOf(key)}/${safeName(key.sopInstanceUid)}`;
    let number = 1;
    // Between this look and the copy only a sender of these very UIDs could come.
    while (await this.#bucket.find(numberedName(base, number))) number += 1;
    const to = numberedName(base, number);
    await this.#bucket.copy(there.key, to, there.size);
    const copy = await this.#bucket.find(to);
    if (copy?.size !== there.size) {
      throw new StorageError(
        'failed',
        `S3 holds ${copy?.size ?? 0} of ${there.size} bytes of ${to}.`,
        'S3: incomplete',
      );
    }
    await this.#removeBoth(there.key);
    return `s3://${this.#bucket.name}/${to}`;
  }

  /** Deletes an object and its note; false when it was gone. */
  async discard(name: string): Promise<boolean> {
    const key = this.#keyOf(name);
    if (key === undefined || !(await this.#bucket.find(key))) return false;
    await this.#removeBoth(key);
    return true;
  }

  /** The note last: nobody finds an object without its reason. */
  async #removeBoth(key: string): Promise<void> {
    await this.#bucket.remove(key);
    await this.#bucket.remove(noteOf(key));
  }

  /** A name that came from outside, as a key that cannot be anywhere else. */
  #keyOf(name: string): string | undefined {
    return NAME.test(name) ? this.#folder + name : undefined;
  }

  async #note(key: string): Promise<string> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of this.#bucket.read(key)) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length >= LONGEST_REASON) break;
    }
    return text.slice(0, LONGEST_REASON).trim();
  }
}

function noteOf(key: string): string {
  return key.replace(/\.dcm$/, '.txt');
}
