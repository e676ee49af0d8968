/** What storage has put aside in a bucket, for a person to decide about: listed, moved into the archive, removed. */

import { Readable } from 'node:stream';
import type { S3Config } from '#shared/options.ts';
import { basePath, numberedName } from './instance-key.ts';
import { KeyMutex } from './key-mutex.ts';
import { BUCKET_QUARANTINE, isQuarantinedName, noteOf, reasonOf } from './quarantine-names.ts';
import { DICOM, KeyTakenError, S3Bucket, type StoredObject } from './s3-bucket.ts';
import { statusOf } from './s3-failure.ts';
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

/** An object that is in the archive now. */
export interface Released {
  readonly location: string;
  /** Why it could not be removed from quarantine as well. */
  readonly left?: StorageError;
}

/** How long one decision waits for others about the same bucket, in milliseconds: large objects take their time. */
const PATIENCE = 600_000;
const DECISIONS = new KeyMutex(PATIENCE);

/** Each costs a request. */
const MOST_REASONS = 1000;
const REASONS_AT_ONCE = 16;
/** Bytes of a note that are read. */
const NOTE = 8192;

export class S3Quarantine {
  readonly #bucket: S3Bucket;
  readonly #prefix: string;
  /** Of the keys of what was put aside. */
  readonly #folder: string;

  private constructor(bucket: S3Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#folder = prefix + BUCKET_QUARANTINE;
  }

  /**
   * Gives `work` the quarantine of a configured bucket, and closes the connections afterwards.
   * @param timeLimit milliseconds that a request may take
   * @throws StorageError when S3 refuses or does not answer
   */
  static async use<Value>(
    config: S3Config,
    work: (quarantine: S3Quarantine) => Promise<Value>,
    timeLimit = 60_000,
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
      if (isQuarantinedName(object.key.slice(this.#folder.length))) found.push(object);
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
    const there = await this.#find(name);
    return there && { bytes: await this.#bucket.head(there.key, length), size: there.size };
  }

  /**
   * Moves an object into the archive, beside what is there under its UIDs already, never over it. Only when S3 holds all of
   * the copy does it leave the quarantine.
   * @returns undefined when it was gone
   * @throws StorageError; then it is in quarantine, and nowhere else
   */
  async release(name: string, key: InstanceKey): Promise<Released | undefined> {
    return await this.#alone(async () => {
      const from = await this.#find(name);
      if (!from) return undefined;
      const to = await this.#copyBeside(from, this.#prefix + basePath(key));
      const location = `s3://${this.#bucket.name}/${to}`;
      try {
        await this.#remove(from.key);
        return { location };
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        return { location, left: error };
      }
    });
  }

  /**
   * Deletes an object and its note; false when it was gone.
   * @throws StorageError; then it is still there
   */
  async discard(name: string): Promise<boolean> {
    return await this.#alone(async () => {
      const there = await this.#find(name);
      if (there) await this.#remove(there.key);
      return there !== undefined;
    });
  }

  /** Two who decide about the same object at once: the second one finds it gone. */
  #alone<Value>(work: () => Promise<Value>): Promise<Value> {
    return DECISIONS.run(this.#folder + this.#bucket.name, work);
  }

  /** The key of the copy, which is new, or has been left by a release that could not be finished. */
  async #copyBeside(from: StoredObject, base: string): Promise<string> {
    for (let number = 1; ; number += 1) {
      const to = numberedName(base, number);
      const there = await this.#bucket.find(to);
      if (there && there.etag !== undefined && there.etag === from.etag && there.size === from.size) return to;
      if (there) continue;
      try {
        // Through here, because S3 copies over what a sender has stored since.
        const body = Readable.from(this.#bucket.read(from.key));
        await (await this.#bucket.upload(to, body, DICOM, true)).finish();
      } catch (error) {
        if (error instanceof KeyTakenError) continue;
        throw error;
      }
      const copy = await this.#bucket.find(to);
      if (copy?.size === from.size) return to;
      await this.#bucket.remove(to);
      const what = `S3 holds ${copy?.size ?? 0} of ${from.size} bytes of ${to}.`;
      throw new StorageError('failed', what, 'S3: object is incomplete');
    }
  }

  /** A note that stays behind alone is shown to nobody. */
  async #remove(key: string): Promise<void> {
    await this.#bucket.remove(key);
    await this.#bucket.remove(noteOf(key)).catch(() => undefined);
  }

  async #find(name: string): Promise<StoredObject | undefined> {
    const key = this.#keyOf(name);
    return key === undefined ? undefined : this.#bucket.find(key);
  }

  /** A name that came from outside, as a key that cannot be anywhere else. */
  #keyOf(name: string): string | undefined {
    return isQuarantinedName(name) ? this.#folder + name : undefined;
  }

  async #note(key: string): Promise<string> {
    try {
      return reasonOf(new TextDecoder().decode(await this.#bucket.head(key, NOTE)));
    } catch (error) {
      // Somebody has decided about the object since it was listed.
      if (statusOf((error as Error).cause) === 404) return '';
      throw error;
    }
  }
}
