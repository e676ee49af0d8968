/** One instance on its way to a bucket: held while it is small, else streamed in parts. */

import { Readable } from 'node:stream';
import { type Content, DataSetHash } from './data-set-hash.ts';
import { BlockPool, Fragments } from './fragments.ts';
import { DICOM, type ObjectFacts, PART_SIZE, type RunningUpload, type S3Bucket } from './s3-bucket.ts';
import { EtagHash } from './s3-etag.ts';
import { type DuplicatePolicy, type InstanceSink, StorageError, type StoredInstance } from './storage-backend.ts';
import { withTimeLimit } from './time-limit.ts';

// Bytes in the stream before the sender has to wait; the parts on their way come on top.
const HIGH_WATER = 4 * 1024 * 1024;

/** Where an instance belongs, as keys without number and extension. */
export interface S3Base {
  readonly key: string;
  readonly onDuplicate: DuplicatePolicy;
  /** One sentence to be kept beside the object. */
  readonly note: string | undefined;
}

/** A complete instance that waits for its name. */
export interface Delivery {
  readonly content: Content;
  /** What S3 calls these bytes, where that is to be compared. */
  readonly etag: string | undefined;
  /** The number in its name when that was fixed at the beginning. */
  readonly number: number | undefined;
  /** Makes the object appear under the key; with `ifAbsent` it rejects with KeyTakenError rather than replace one. */
  deliver(key: string, ifAbsent: boolean): Promise<void>;
}

/** What a sink needs of its backend. */
export interface S3SinkHost {
  readonly bucket: S3Bucket;
  /** Milliseconds to wait for S3 to take more. */
  readonly limit: number;
  /** Whether the bytes in the bucket are compared with those that were sent. */
  readonly verify: boolean;
  /** A fresh temporary key, where uploads are staged; undefined where they are not. */
  readonly stage: (() => string) | undefined;
  quarantineBase(name: string, reason: string): S3Base;
  reserve(base: S3Base, end: Promise<void>): Promise<{ number: number; key: string }>;
  settle(base: S3Base, delivery: Delivery): Promise<StoredInstance>;
  ended(): void;
}

/** The body of an upload: a stream that says when it wants more. */
class UploadBody {
  #wake: () => void = () => undefined;
  readonly stream = new Readable({ highWaterMark: HIGH_WATER, read: () => this.#wake() });

  constructor() {
    // Whoever reads it hears of the error too; before anybody does, nobody needs to.
    this.stream.on('error', () => undefined);
  }

  /** A promise means: wait before you add more. */
  add(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    let room = true;
    for (const chunk of chunks) room = this.stream.push(chunk);
    if (room) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  end(): void {
    this.stream.push(null);
  }

  giveUp(error: Error): void {
    this.stream.destroy(error);
    this.#wake();
  }
}

export class S3Sink implements InstanceSink {
  readonly #host: S3SinkHost;
  readonly #base: S3Base;
  readonly #metaLength: number | undefined;
  readonly #facts: ObjectFacts;
  readonly #etag: EtagHash | undefined;
  // Not shared: nobody says when the client has read a block for the last time.
  readonly #waiting = new Fragments(new BlockPool());
  readonly #body = new UploadBody();
  #hash: DataSetHash | undefined;
  #starting: Promise<void> | undefined;
  #upload: RunningUpload | undefined;
  #number: number | undefined;
  #staged = false;
  #failure: unknown;
  #ending: Promise<StoredInstance> | undefined;
  #stored = false;
  #givenUp: Promise<void> | undefined;
  #end: () => void = () => undefined;
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  constructor(host: S3SinkHost, base: S3Base, metaLength: number | undefined, facts: ObjectFacts = {}) {
    this.#host = host;
    this.#base = base;
    this.#metaLength = metaLength;
    this.#facts = facts;
    this.#etag = host.verify ? new EtagHash() : undefined;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (chunk.length > 0) this.#waiting.push(chunk);
    if (this.#upload !== undefined) return this.#feed();
    if (this.#waiting.bytes <= PART_SIZE) return undefined;
    this.#starting ??= this.#start();
    return this.#starting;
  }

  commit(): Promise<StoredInstance> {
    return this.#finish(this.#base);
  }

  quarantine(name: string, reason: string): Promise<StoredInstance> {
    if (this.#upload !== undefined && !this.#staged) {
      const message =
        'The upload is under way to its place in the archive: it cannot be put aside any more (staging is off).';
      return Promise.reject(new StorageError('failed', message, 'S3: cannot be quarantined'));
    }
    return this.#finish(this.#host.quarantineBase(name, reason));
  }

  abort(): Promise<void> {
    if (this.#stored) return Promise.resolve();
    this.#givenUp ??= this.#giveUp();
    return this.#givenUp;
  }

  async #giveUp(): Promise<void> {
    this.#fail(new StorageError('failed', 'The instance was given up.', 'storage aborted'));
    await this.#starting?.catch(() => undefined);
    await this.#ending?.catch(() => undefined);
    if (!this.#stored) await this.#cancel();
    this.#close();
  }

  /** Ends the upload without an object; resolves when its parts are gone. */
  async #cancel(): Promise<void> {
    this.#waiting.takeAll();
    const upload = this.#upload;
    if (upload === undefined) return;
    this.#body.giveUp(new Error('given up'));
    const completed = await withTimeLimit(upload.done, this.#host.limit, () => '').then(
      () => true,
      () => false,
    );
    // Only what was staged is safe to remove: under a final name it may be what somebody was told is stored.
    if (completed && this.#staged) await this.#host.bucket.remove(upload.key).catch(() => undefined);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#body.giveUp(new Error('given up'));
  }

  #close(): void {
    this.#end();
    this.#host.ended();
  }

  async #start(): Promise<void> {
    const { bucket, stage } = this.#host;
    try {
      let key = stage?.();
      if (key === undefined) {
        const reserved = await this.#host.reserve(this.#base, this.#ended);
        this.#number = reserved.number;
        key = reserved.key;
      } else {
        this.#staged = true;
      }
      const ifAbsent = !this.#staged && this.#base.onDuplicate !== 'replace';
      this.#hash = new DataSetHash(this.#metaLength);
      this.#upload = await bucket.upload(key, this.#body.stream, DICOM, ifAbsent, this.#facts);
      this.#upload.done.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    await this.#feed();
  }

  /** Passes on what waits. */
  #feed(): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const chunks = this.#waiting.takeAll();
    for (const chunk of chunks) {
      this.#hash?.update(chunk);
      this.#etag?.update(chunk);
    }
    const room = this.#body.add(chunks);
    if (room === undefined) return undefined;
    return withTimeLimit(room, this.#host.limit, () => 'S3 takes no more data: check the network and the server.').then(
      () => {
        if (this.#failure !== undefined) throw this.#failure;
      },
      (error: unknown) => {
        this.#fail(error);
        throw error;
      },
    );
  }

  #finish(base: S3Base): Promise<StoredInstance> {
    this.#ending ??= this.#settle(base).then((stored) => {
      this.#stored = true;
      this.#close();
      return stored;
    });
    return this.#ending;
  }

  async #settle(base: S3Base): Promise<StoredInstance> {
    await this.#starting;
    if (this.#failure !== undefined) throw this.#failure;
    const delivery = this.#upload === undefined ? this.#held() : this.#streamed(this.#upload);
    const stored = await this.#host.settle(base, delivery);
    // Equal or refused: nothing of this one is needed.
    if (stored.outcome === 'equal' || stored.outcome === 'refused') await this.#cancel();
    return stored;
  }

  /** Nothing appears in the bucket that is not what was received, where that is known. */
  #checked(content: Content): Content {
    const { sha256 } = this.#facts;
    if (sha256 === undefined || sha256 === content.digest) return content;
    const message =
      'An object of the spool is not what was received: its SHA-256 is another one. The disk or another program has changed it; it is kept there, and not uploaded.';
    throw new StorageError('failed', message, 'SHA-256 differs');
  }

  #held(): Delivery {
    const bytes = Buffer.concat(this.#waiting.takeAll());
    const hash = new DataSetHash(this.#metaLength);
    hash.update(bytes);
    this.#etag?.update(bytes);
    const content = this.#checked(hash.finish());
    return {
      content,
      etag: this.#etag?.finish(),
      number: undefined,
      deliver: (key, ifAbsent) => {
        if (this.#failure !== undefined) throw this.#failure;
        return this.#host.bucket.put(key, bytes, DICOM, ifAbsent, { sha256: content.digest });
      },
    };
  }

  #streamed(upload: RunningUpload): Delivery {
    const { bucket } = this.#host;
    // Not before the comparison with what is there: without an end there is no object.
    const content = this.#checked((this.#hash ?? new DataSetHash(undefined)).finish());
    return {
      content,
      etag: this.#etag?.finish(),
      number: this.#number,
      deliver: async (key) => {
        if (this.#failure !== undefined) throw this.#failure;
        this.#body.end();
        await upload.finish();
        if (!this.#staged) return;
        await bucket.copy(upload.key, key, content.size);
        await bucket.remove(upload.key);
      },
    };
  }
}
