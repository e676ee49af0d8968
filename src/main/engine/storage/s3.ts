/** Instances in a bucket: `{prefix}{Study}/{Series}/{SOPInstance}.dcm`, each complete or not there at all. */

import { randomUUID } from 'node:crypto';
import { HEAD_BYTES } from './data-set-compare.ts';
import { type Content, DataSetHash } from './data-set-hash.ts';
import { basePath, numberedName, safeName, uidOfName } from './instance-key.ts';
import { KeyMutex } from './key-mutex.ts';
import { BUCKET_QUARANTINE } from './quarantine-names.ts';
import { KeyTakenError, type ObjectFacts, S3Bucket, type S3BucketOptions, type StoredObject } from './s3-bucket.ts';
import { type Delivery, type S3Base, S3Sink } from './s3-sink.ts';
import {
  type DuplicatePolicy,
  type InstanceSink,
  type SinkTarget,
  type StorageBackend,
  StorageError,
  type StoredInstance,
} from './storage-backend.ts';
import { withTimeLimit } from './time-limit.ts';

const TEXT = 'text/plain; charset=utf-8';
const TRIES = 5;

export interface S3StorageOptions extends S3BucketOptions {
  /** Put before every key; default none. */
  readonly prefix?: string | undefined;
  /** Default 'keep-both'. */
  readonly onDuplicate?: DuplicatePolicy | undefined;
  /**
   * Whether a large instance can still go to the quarantine in mid-stream. It is then uploaded under a temporary key and
   * copied within S3 at the end. Default false.
   */
  readonly stageForQuarantine?: boolean | undefined;
  /** Milliseconds that one request may take. Default 60,000. */
  readonly operationTimeout?: number | undefined;
  /** Whether the bytes that S3 holds are compared with those sent, not their number alone. Default false. */
  readonly verify?: boolean | undefined;
}

export class S3Storage implements StorageBackend {
  readonly #options: S3StorageOptions;
  readonly #limit: number;
  readonly #prefix: string;
  readonly #onDuplicate: DuplicatePolicy;
  readonly #mutex: KeyMutex;
  readonly #sinks = new Set<S3Sink>();
  /** Numbers that uploads under way will use, by base key, each with the end of that upload. */
  readonly #reserved = new Map<string, Map<number, Promise<void>>>();
  #bucket: S3Bucket | undefined;

  constructor(options: S3StorageOptions) {
    this.#options = options;
    this.#limit = options.operationTimeout ?? 60_000;
    this.#prefix = options.prefix ?? '';
    this.#onDuplicate = options.onDuplicate ?? 'keep-both';
    // Comparing with what is there may mean to read it.
    this.#mutex = new KeyMutex(this.#limit * 2);
  }

  async open(): Promise<void> {
    await this.connect();
    try {
      await this.check();
    } catch (error) {
      this.#bucket?.destroy();
      this.#bucket = undefined;
      throw error;
    }
  }

  /** Prepares everything without asking S3 anything, which may be away. */
  async connect(): Promise<void> {
    this.#bucket = await S3Bucket.connect(this.#options, this.#limit);
  }

  /** Rejects with a StorageError when the bucket cannot be used, with the reason that S3 gives. */
  async check(): Promise<void> {
    await this.#open().check();
  }

  /** @param facts what is known of the instance beforehand */
  createSink(target: SinkTarget, facts: ObjectFacts = {}): InstanceSink {
    const bucket = this.#open();
    const base: S3Base =
      target.place === 'quarantine'
        ? this.#quarantineBase(target.name, target.reason)
        : {
            key: this.#prefix + basePath(target.key),
            onDuplicate: this.#onDuplicate,
            note: undefined,
          };
    const sink: S3Sink = new S3Sink(
      {
        bucket,
        limit: bucket.transferLimit,
        verify: this.#options.verify ?? false,
        stage: this.#options.stageForQuarantine === true ? () => `${this.#prefix}.incoming/${randomUUID()}` : undefined,
        quarantineBase: (name, reason) => this.#quarantineBase(name, reason),
        reserve: (wanted, end) => this.#reserve(wanted, end),
        settle: (where, delivery) => this.#settle(where, delivery),
        ended: () => this.#sinks.delete(sink),
      },
      base,
      target.place === 'archive' ? target.metaLength : undefined,
      facts,
    );
    this.#sinks.add(sink);
    return sink;
  }

  async holds(location: string): Promise<boolean> {
    const { bucket, key } = this.#placeOf(location);
    return (
      key !== undefined && !key.startsWith(this.#prefix + BUCKET_QUARANTINE) && (await bucket.find(key)) !== undefined
    );
  }

  /** A bucket has no index by instance: it is listed, which may take one request for each thousand objects. */
  async search(uids: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, string[]>();
    const bucket = this.#open();
    for await (const { key } of bucket.walk(this.#prefix)) {
      signal.throwIfAborted();
      const parts = key.slice(this.#prefix.length).split('/');
      const uid = parts.length === 3 ? uidOfName(parts[2]!) : undefined;
      if (uid !== undefined && uids.has(uid)) {
        found.set(uid, [...(found.get(uid) ?? []), `s3://${bucket.name}/${key}`]);
      }
    }
    return found;
  }

  async head(location: string, length: number): Promise<Uint8Array> {
    const { bucket, key } = this.#placeOf(location);
    return key === undefined ? new Uint8Array(0) : await bucket.head(key, length);
  }

  #open(): S3Bucket {
    if (this.#bucket === undefined) {
      throw new StorageError('failed', 'The storage is not open.', 'storage is closed');
    }
    return this.#bucket;
  }

  /** The key of a location in this bucket and below its prefix. */
  #placeOf(location: string): { readonly bucket: S3Bucket; readonly key: string | undefined } {
    const bucket = this.#open();
    const start = `s3://${bucket.name}/`;
    const key = location.startsWith(start + this.#prefix) ? location.slice(start.length) : undefined;
    return { bucket, key };
  }

  /** A bucket has no end. */
  async freeSpace(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sinks].map((sink) => sink.abort()));
    await this.#bucket?.sweep();
    this.#bucket?.destroy();
    this.#bucket = undefined;
  }

  #quarantineBase(name: string, note: string): S3Base {
    // What was put aside is evidence: nothing replaces it.
    return { key: this.#prefix + BUCKET_QUARANTINE + safeName(name), onDuplicate: 'keep-both', note };
  }

  /** The number an upload has to use that cannot be renamed later, and the key that goes with it. */
  async #reserve(base: S3Base, end: Promise<void>): Promise<{ number: number; key: string }> {
    const existing = await this.#existing(base);
    const reserved = this.#reserved.get(base.key) ?? new Map<number, Promise<void>>();
    let number = 1;
    if (base.onDuplicate === 'keep-both') while (existing.has(number) || reserved.has(number)) number += 1;
    const mine = end.then(() => {
      if (reserved.get(number) !== mine) return;
      reserved.delete(number);
      if (reserved.size === 0) this.#reserved.delete(base.key);
    });
    reserved.set(number, mine);
    this.#reserved.set(base.key, reserved);
    return { number, key: numberedName(base.key, number) };
  }

  /** Finds the name under which a complete instance belongs, and lets it appear there. */
  async #settle(base: S3Base, delivery: Delivery): Promise<StoredInstance> {
    await this.#earlierUploads(base, delivery);
    return await this.#mutex.run(base.key, async () => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await this.#settleOnce(base, delivery);
        } catch (error) {
          // An upload that is under way cannot take another key; anything else looks again.
          if (!(error instanceof KeyTakenError) || delivery.number !== undefined || tries === TRIES) throw error;
        }
      }
    });
  }

  /** Of two uploads of the same instance the second one waits, because it may turn out to be equal to the first. */
  async #earlierUploads(base: S3Base, delivery: Delivery): Promise<void> {
    const own = delivery.number ?? Number.POSITIVE_INFINITY;
    const earlier = [...(this.#reserved.get(base.key) ?? [])].filter(([number]) => number < own).map(([, end]) => end);
    if (earlier.length === 0) return;
    await withTimeLimit(Promise.all(earlier), this.#limit, () => '').catch(() => undefined);
  }

  async #settleOnce(base: S3Base, delivery: Delivery): Promise<StoredInstance> {
    const bucket = this.#bucket;
    if (bucket === undefined) throw new StorageError('failed', 'The storage is not open.', 'storage is closed');
    const existing = await this.#existing(base);
    const location = (key: string) => `s3://${bucket.name}/${key}`;
    for (const [number, object] of existing) {
      if (base.onDuplicate === 'replace' && number > 1) continue;
      if (await sameContent(bucket, object, delivery.content))
        return { location: location(object.key), outcome: 'equal', sha256: delivery.content.digest };
    }
    const taken = existing.has(1);
    if (taken && base.onDuplicate === 'keep-first') {
      return { location: location(numberedName(base.key, 1)), outcome: 'refused' };
    }
    const replace = taken && base.onDuplicate === 'replace';
    let number = delivery.number ?? 1;
    const reserved = this.#reserved.get(base.key);
    if (!replace && delivery.number === undefined) while (existing.has(number) || reserved?.has(number)) number += 1;
    const key = numberedName(base.key, number);
    // First the note, so that nobody ever finds an instance in quarantine without the reason.
    if (base.note !== undefined) {
      await bucket.put(numberedName(base.key, number, '.txt'), Buffer.from(`${base.note}\n`), TEXT, false);
    }
    await delivery.deliver(key, !replace);
    await this.#confirm(bucket, key, delivery, base.onDuplicate === 'replace');
    void bucket.sweep();
    const outcome = replace ? 'replaced' : number === 1 ? 'new' : 'kept-both';
    return { location: location(key), outcome, sha256: delivery.content.digest };
  }

  async #confirm(bucket: S3Bucket, key: string, { content, etag }: Delivery, mayReplace: boolean): Promise<void> {
    const there = await bucket.find(key);
    const size = there?.size ?? 0;
    // Encrypted, or by a service that has other ETags, the bytes themselves have to tell.
    const isEqual =
      there !== undefined &&
      size === content.size &&
      (etag === undefined || etag === there.etag || (await sameContent(bucket, there, content)));
    if (isEqual) return;
    // Where objects are replaced, these may be the bytes of another receiver.
    if (!mayReplace) await bucket.remove(key);
    const what = size === content.size ? 'other bytes than were sent' : `${size} of ${content.size} bytes`;
    throw new StorageError('failed', `S3 holds ${what} of ${key}.`, 'S3: object is incomplete');
  }

  /** The objects of this base by their number: `{base}.dcm` is 1, `{base}~2.dcm` is 2 … */
  async #existing(base: S3Base): Promise<ReadonlyMap<number, StoredObject>> {
    const found = new Map<number, StoredObject>();
    const first = await this.#bucket?.find(numberedName(base.key, 1));
    if (first === undefined) return found;
    found.set(1, first);
    for (const object of (await this.#bucket?.list(`${base.key}~`)) ?? []) {
      const number = /^~(\d+)\.dcm$/.exec(object.key.slice(base.key.length));
      if (number) found.set(Number(number[1]), object);
    }
    return new Map([...found].sort(([a], [b]) => a - b));
  }
}

/** Whether the object in the bucket holds the same Data Set. Reads it only when its size allows that. */
async function sameContent(bucket: S3Bucket, object: StoredObject, content: Content): Promise<boolean> {
  const meta = object.size - content.dataSetSize;
  if (meta < 0 || meta > HEAD_BYTES) return false;
  const hash = new DataSetHash(undefined);
  for await (const chunk of bucket.read(object.key)) hash.update(chunk);
  const there = hash.finish();
  return there.dataSetSize === content.dataSetSize && there.digest === content.digest;
}
