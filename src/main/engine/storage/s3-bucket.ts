/** One bucket of an S3 service: the few requests storage makes, each with an end in time and errors in words. */

import type { Readable } from 'node:stream';
import type * as Sdk from '@aws-sdk/client-s3';
import { type S3Place, s3Failure, statusOf } from './s3-failure.ts';
import { StorageError } from './storage-backend.ts';
import { withTimeLimit } from './time-limit.ts';

const MB = 1024 * 1024;

/** The type of what is stored. */
export const DICOM = 'application/dicom';
/** Bytes per part of an upload: 10,000 parts make 80 GB. */
export const PART_SIZE = 8 * MB;
// Parts on their way for one instance; each costs up to PART_SIZE of memory.
const PARTS_IN_FLIGHT = 2;
// Copies within S3 go in pieces, so that each request is short (the limit of S3 for one piece is 5 GB).
const COPY_PIECE = 256 * MB;
const COPIES_IN_FLIGHT = 4;
const ATTEMPTS = 3;

export interface S3BucketOptions {
  readonly bucket: string;
  /** URL of the service; AWS when left out. */
  readonly endpoint?: string | undefined;
  /** Default 'us-east-1' with an endpoint, else the SDK's own configuration. */
  readonly region?: string | undefined;
  /** With `secretKey`; when left out the SDK's default credentials apply. */
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  /** Default: true for an endpoint that is not AWS. */
  readonly forcePathStyle?: boolean | undefined;
  /** How S3 encrypts what it stores; default: as the bucket says. */
  readonly serverSideEncryption?: 'AES256' | 'aws:kms' | undefined;
  /** The key of 'aws:kms'; default: that of the account. */
  readonly kmsKeyId?: string | undefined;
  readonly storageClass?: string | undefined;
  /** `key=value`, at every object. */
  readonly objectTags?: readonly string[] | undefined;
  /**
   * Bytes per second that a slow line may fall to before a transfer counts as failed; default: no transfer may take longer
   * than any other request.
   */
  readonly slowestRate?: number | undefined;
}

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  /** Where it was asked for by its key: without quotes, as S3 gives it. */
  readonly etag?: string | undefined;
  /** When it was stored, in milliseconds since 1970, where it was listed. */
  readonly modified?: number | undefined;
}

/** What is said of an object beside its bytes. */
export interface ObjectFacts {
  /** Of the Data Set, in hexadecimal digits, where it is known before the upload begins; kept as metadata. */
  readonly sha256?: string | undefined;
}

/** An upload under way; its object appears when it is complete. */
export interface RunningUpload {
  /** Resolves when S3 has put the object together; after a rejection its parts are gone, as far as S3 could be asked. */
  readonly done: Promise<void>;
  readonly key: string;
  /** As `done`, for when the body has ended; but rejects as soon as S3 has made no progress for the limit. */
  finish(): Promise<void>;
}

/** Somebody else was faster: there is an object under this key already. */
export class KeyTakenError extends StorageError {
  constructor(cause: unknown) {
    const message = 'Another receiver has stored an object under this key at the same time: send it again.';
    super('failed', message, 'S3: stored by another receiver', { cause });
  }
}

export class S3Bucket {
  readonly #sdk: typeof Sdk;
  readonly #client: Sdk.S3Client;
  readonly #place: S3Place;
  readonly #limit: number;
  readonly #slowestRate: number | undefined;
  /** Encryption, storage class, tags. */
  readonly #manner: Manner;
  readonly #orphans: { readonly key: string; readonly uploadId: string }[] = [];
  // Some stores do not know If-None-Match: then the look before the upload has to do.
  #conditional = true;

  private constructor(sdk: typeof Sdk, client: Sdk.S3Client, options: S3BucketOptions, limit: number) {
    this.#sdk = sdk;
    this.#client = client;
    this.#place = { bucket: options.bucket, service: options.endpoint ?? 'AWS' };
    this.#limit = limit;
    this.#slowestRate = options.slowestRate;
    this.#manner = mannerOf(options);
  }

  /** Loads the SDK and prepares a client; nothing is sent yet. `limit`: milliseconds a request may take. */
  static async connect(options: S3BucketOptions, limit: number): Promise<S3Bucket> {
    // Loading the SDK takes some 200 ms, which only those who use S3 should pay.
    const sdk = await import('@aws-sdk/client-s3');
    const { endpoint, region, accessKey, secretKey, sessionToken } = options;
    const elsewhere = endpoint !== undefined && !/(^|\.)amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
    const client = new sdk.S3Client({
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region !== undefined ? { region } : elsewhere ? { region: 'us-east-1' } : {}),
      ...(accessKey !== undefined && secretKey !== undefined
        ? {
            credentials: {
              accessKeyId: accessKey,
              secretAccessKey: secretKey,
              ...(sessionToken === undefined ? {} : { sessionToken }),
            },
          }
        : {}),
      forcePathStyle: options.forcePathStyle ?? elsewhere,
      // Stores other than AWS do not know the checksums that the SDK adds by default.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: ATTEMPTS,
      // Idle time, not total time: a slow line is no failure. All attempts together stay within the limit.
      requestHandler: {
        connectionTimeout: Math.min(5_000, limit / ATTEMPTS),
        // On a slow line the system holds for a long time what was handed to it at once.
        socketTimeout:
          options.slowestRate === undefined ? limit / ATTEMPTS : timeFor(PART_SIZE, limit, options.slowestRate),
      },
    });
    return new S3Bucket(sdk, client, options, limit);
  }

  get name(): string {
    return this.#place.bucket;
  }

  /** Milliseconds in which some progress of an upload is due. */
  get transferLimit(): number {
    return this.#limitFor(PART_SIZE * PARTS_IN_FLIGHT);
  }

  /** Rejects when the bucket cannot be used, with the reason. */
  async check(): Promise<void> {
    // Not HeadBucket: the answer to a HEAD has no body, and so no reason.
    await this.#send((options) =>
      this.#client.send(new this.#sdk.ListObjectsV2Command({ Bucket: this.name, MaxKeys: 1 }), options),
    );
  }

  /** Stores a whole object. With `ifAbsent` it rejects with KeyTakenError when there is one under the key. */
  async put(key: string, body: Uint8Array, type: string, ifAbsent: boolean, facts: ObjectFacts = {}): Promise<void> {
    const object = {
      Bucket: this.name,
      Key: key,
      Body: body,
      ContentType: type,
      ...this.#manner,
      ...metadataOf(facts),
    };
    await this.#conditionally(ifAbsent, (condition) =>
      this.#send(
        (options) => this.#client.send(new this.#sdk.PutObjectCommand({ ...object, ...condition }), options),
        this.#limitFor(body.length),
      ),
    );
  }

  /** Begins an upload of unknown length. The object appears only after `body` has ended; an error in `body` gives it up. */
  async upload(
    key: string,
    body: Readable,
    type: string,
    ifAbsent: boolean,
    facts: ObjectFacts = {},
  ): Promise<RunningUpload> {
    const { Upload } = await import('@aws-sdk/lib-storage');
    const upload = new Upload({
      client: this.#client,
      partSize: PART_SIZE,
      queueSize: PARTS_IN_FLIGHT,
      params: {
        Bucket: this.name,
        Key: key,
        Body: body,
        ContentType: type,
        ...this.#manner,
        ...metadataOf(facts),
        ...(ifAbsent && this.#conditional ? { IfNoneMatch: '*' } : {}),
      },
    });
    const done = upload.done().then(
      () => undefined,
      async (error: unknown) => {
        // The parts of what was begun cost money until they are removed.
        if (upload.uploadId !== undefined) await this.#abortUpload({ key, uploadId: upload.uploadId });
        throw this.#failure(error);
      },
    );
    done.catch(() => undefined);
    let progress = performance.now();
    upload.on('httpUploadProgress', () => {
      progress = performance.now();
    });
    const stalled = () => performance.now() - progress > this.transferLimit;
    return {
      key,
      done,
      finish: async () => {
        progress = performance.now();
        let watch: NodeJS.Timeout | undefined;
        const stall = new Promise<never>((_, reject) => {
          watch = setInterval(() => {
            if (stalled()) reject(this.#failure(Object.assign(new Error('no progress'), { name: 'TimeoutError' })));
          }, this.#limit / 4);
        });
        try {
          await Promise.race([done, stall]);
        } finally {
          clearInterval(watch);
        }
      },
    };
  }

  /** Every object whose key begins so, in the order of the keys. */
  async list(prefix: string): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for await (const object of this.walk(prefix)) found.push(object);
    return found;
  }

  /** The same, page after page. */
  async *walk(prefix: string): AsyncGenerator<StoredObject> {
    let token: string | undefined;
    do {
      const page = await this.#send((options) =>
        this.#client.send(
          new this.#sdk.ListObjectsV2Command({ Bucket: this.name, Prefix: prefix, ContinuationToken: token }),
          options,
        ),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key, size: Size ?? 0, modified: LastModified?.getTime() };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  /** The object under a key, or undefined when there is none. */
  async find(key: string): Promise<StoredObject | undefined> {
    try {
      const head = await this.#send((options) =>
        this.#client.send(new this.#sdk.HeadObjectCommand({ Bucket: this.name, Key: key }), options),
      );
      return { key, size: head.ContentLength ?? 0, etag: head.ETag?.replace(/^"(.*)"$/, '$1') };
    } catch (error) {
      if (statusOf((error as Error).cause) === 404) return undefined;
      throw error;
    }
  }

  /** The bytes of an object as they come. */
  async *read(key: string): AsyncGenerator<Uint8Array> {
    const answer = await this.#send((options) =>
      this.#client.send(new this.#sdk.GetObjectCommand({ Bucket: this.name, Key: key }), options),
    );
    const body = answer.Body as Readable;
    const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    try {
      for (;;) {
        const chunk = await withTimeLimit(
          chunks.next(),
          this.#limit,
          () => 'S3 has stopped in the middle of an object.',
        );
        if (chunk.done) return;
        yield chunk.value;
      }
    } catch (error) {
      throw this.#failure(error);
    } finally {
      body.destroy();
    }
  }

  /** The first bytes of an object, at most `length`. */
  async head(key: string, length: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.read(key)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= length) break;
    }
    return Buffer.concat(chunks).subarray(0, length);
  }

  /** Copies within the bucket; the copy appears when it is complete. */
  async copy(from: string, to: string, size: number): Promise<void> {
    const source = {
      Bucket: this.name,
      Key: to,
      CopySource: `${this.name}/${from.split('/').map(encodeURIComponent).join('/')}`,
    };
    if (size <= COPY_PIECE) {
      // Its tags come along.
      const { Tagging: _, ...manner } = this.#manner;
      await this.#send((options) =>
        this.#client.send(new this.#sdk.CopyObjectCommand({ ...source, ...manner }), options),
      );
      return;
    }
    // Put together from pieces, it has nothing of its own but what it is given.
    const { ContentType, Metadata } = await this.#send((options) =>
      this.#client.send(new this.#sdk.HeadObjectCommand({ Bucket: this.name, Key: from }), options),
    );
    const target = { Bucket: this.name, Key: to, ContentType, Metadata, ...this.#manner };
    const { UploadId } = await this.#send((options) =>
      this.#client.send(new this.#sdk.CreateMultipartUploadCommand(target), options),
    );
    try {
      const parts: { PartNumber: number; ETag: string | undefined }[] = [];
      const starts = Array.from({ length: Math.ceil(size / COPY_PIECE) }, (_, index) => index);
      const copyPieces = async () => {
        for (let index = starts.shift(); index !== undefined; index = starts.shift()) {
          const PartNumber = index + 1;
          const CopySourceRange = `bytes=${index * COPY_PIECE}-${Math.min(size, (index + 1) * COPY_PIECE) - 1}`;
          const piece = await this.#send((options) =>
            this.#client.send(
              new this.#sdk.UploadPartCopyCommand({ ...source, UploadId, PartNumber, CopySourceRange }),
              options,
            ),
          );
          parts[index] = { PartNumber, ETag: piece.CopyPartResult?.ETag };
        }
      };
      await Promise.all(Array.from({ length: COPIES_IN_FLIGHT }, copyPieces));
      const whole = { Bucket: this.name, Key: to, UploadId, MultipartUpload: { Parts: parts } };
      await this.#send((options) => this.#client.send(new this.#sdk.CompleteMultipartUploadCommand(whole), options));
    } catch (error) {
      if (UploadId !== undefined) await this.#abortUpload({ key: to, uploadId: UploadId });
      throw error;
    }
  }

  /** Removes an object; that there is none is fine. */
  async remove(key: string): Promise<void> {
    await this.#send((options) =>
      this.#client.send(new this.#sdk.DeleteObjectCommand({ Bucket: this.name, Key: key }), options),
    );
  }

  /** Removes parts of uploads that S3 could not be asked to remove when they failed. Never rejects. */
  async sweep(): Promise<void> {
    for (const orphan of this.#orphans.splice(0)) await this.#abortUpload(orphan);
  }

  /** Closes the connections. */
  destroy(): void {
    this.#client.destroy();
  }

  async #abortUpload(orphan: { readonly key: string; readonly uploadId: string }): Promise<void> {
    const command = new this.#sdk.AbortMultipartUploadCommand({
      Bucket: this.name,
      Key: orphan.key,
      UploadId: orphan.uploadId,
    });
    try {
      await this.#send((options) => this.#client.send(command, options));
    } catch (error) {
      // 404: it is gone already. Else another try is due when S3 answers again.
      if (statusOf((error as Error).cause) !== 404) this.#orphans.push(orphan);
    }
  }

  async #conditionally(
    ifAbsent: boolean,
    put: (condition: { IfNoneMatch?: string }) => Promise<unknown>,
  ): Promise<void> {
    const conditional = ifAbsent && this.#conditional;
    try {
      await put(conditional ? { IfNoneMatch: '*' } : {});
    } catch (error) {
      if (!conditional || statusOf((error as Error).cause) !== 501) throw error;
      this.#conditional = false;
      await put({});
    }
  }

  #limitFor(bytes: number): number {
    return timeFor(bytes, this.#limit, this.#slowestRate);
  }

  async #send<T>(
    request: (options: { abortSignal: AbortSignal }) => Promise<T>,
    limit: number = this.#limit,
  ): Promise<T> {
    try {
      return await request({ abortSignal: AbortSignal.timeout(limit) });
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): StorageError {
    // 409: two conditional writes at the same time.
    if (statusOf(error) === 412 || (error as Error).name === 'ConditionalRequestConflict') {
      return new KeyTakenError(error);
    }
    return s3Failure(error, this.#place);
  }
}

/** Milliseconds that so many bytes may take beside the limit of any request. */
function timeFor(bytes: number, limit: number, slowestRate: number | undefined): number {
  return limit + (slowestRate === undefined ? 0 : Math.ceil((bytes / slowestRate) * 1000));
}

type Manner = Pick<Sdk.PutObjectCommandInput, 'ServerSideEncryption' | 'SSEKMSKeyId' | 'StorageClass' | 'Tagging'>;

/** How objects are stored, as the SDK calls it. */
function mannerOf({ serverSideEncryption, kmsKeyId, storageClass, objectTags = [] }: S3BucketOptions): Manner {
  const tags = objectTags.map((tag) => {
    const [key = '', ...value] = tag.split('=');
    return `${encodeURIComponent(key)}=${encodeURIComponent(value.join('='))}`;
  });
  return {
    ...(serverSideEncryption !== undefined && { ServerSideEncryption: serverSideEncryption }),
    ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
    ...(storageClass !== undefined && { StorageClass: storageClass as Sdk.StorageClass }),
    ...(tags.length > 0 && { Tagging: tags.join('&') }),
  };
}

function metadataOf({ sha256 }: ObjectFacts): { Metadata?: Record<string, string> } {
  return sha256 === undefined ? {} : { Metadata: { sha256 } };
}
