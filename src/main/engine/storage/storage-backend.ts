/** What every place that keeps instances has to offer: the contract of the file system and of S3. */

import type { UploadsState } from '#shared/uploads.ts';

/** Where an instance belongs: three checked UIDs (or a hashed name in quarantine), never raw text of a peer. */
export interface InstanceKey {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
}

/** Where one instance is to be written. */
export type SinkTarget = ArchiveTarget | QuarantineTarget;

export interface ArchiveTarget {
  readonly place: 'archive';
  readonly key: InstanceKey;
  /** Bytes of preamble and group 0002 before the Data Set; 0 when the Data Set is stored bare. */
  readonly metaLength: number;
}

export interface QuarantineTarget {
  readonly place: 'quarantine';
  /** A safe file name without extension: a UID or a `hashedName`. */
  readonly name: string;
  /** One sentence for whoever looks after the archive, free of patient data; kept beside the instance. */
  readonly reason: string;
}

/** What became of a committed instance. */
export interface StoredInstance {
  /** The path of the file, or `s3://bucket/key`. */
  readonly location: string;
  /**
   * `new`: nothing was there. `equal`: the same Data Set was there already and stays. `replaced`: the older one is gone.
   * `kept-both`: stored as `{SOPInstanceUID}~N.dcm`. `refused`: `keep-first` and another content was there; nothing of
   * this instance was kept.
   */
  readonly outcome: 'new' | 'equal' | 'replaced' | 'kept-both' | 'refused';
  /** SHA-256 of the Data Set as stored, in hexadecimal digits, where the backend has computed one. */
  readonly sha256?: string;
  /** Where the local copy is while the instance waits to be uploaded to `location`. */
  readonly spooled?: string;
}

/** One instance being written; invisible under its final name until `commit` has resolved. */
export interface InstanceSink {
  /**
   * Takes the next bytes in order and copies them: their memory is the caller's again. A returned promise means: wait before
   * you send more. Throws or rejects with a StorageError; after that only `abort` may follow.
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** Resolves when the instance is complete under its final name and, where asked for, durable. */
  commit(): Promise<StoredInstance>;
  /**
   * The other end, for an instance that turns out malformed in mid-stream: what has arrived so far goes to the quarantine
   * under a safe name, with one sentence beside it. Not every backend can always do it (S3 only with `stageForQuarantine`
   * or while the instance is still in memory): it then rejects with a StorageError and `abort` is due.
   */
  quarantine(name: string, reason: string): Promise<StoredInstance>;
  /**
   * Removes every trace of an instance that was not committed. Never rejects; may be called at any time, also after a
   * failed commit; after a commit that has resolved it does nothing.
   */
  abort(): Promise<void>;
}

export interface StorageBackend {
  /** Prepares the place: creates and locks it, sweeps leftovers, checks that it can be written. Rejects with StorageError. */
  open(): Promise<void>;
  createSink(target: SinkTarget): InstanceSink;
  /** Whether what `commit` gave as `location` is there and durable now. Rejects with StorageError where nobody can tell. */
  holds(location: string): Promise<boolean>;
  /**
   * Looks through the archive for instances of which only the SOP Instance UID is known; gives the locations of each
   * that was found, those kept beside it (`~2`) included. Rejects when it cannot look everywhere, or is aborted.
   */
  search(sopInstanceUids: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>>;
  /** The first bytes of what lies at a location, fewer than `length` only at its end. Rejects with StorageError. */
  head(location: string, length: number): Promise<Uint8Array>;
  /** Free bytes of the volume, or undefined where that has no meaning (S3). Cheap: may be a second old. */
  freeSpace(): Promise<number | undefined>;
  /** Why no further instance may come although the disk has room; undefined when it may. */
  full?(): StorageError | undefined;
  /** Where instances are uploaded after they have been stored here. */
  readonly uploads?: Uploads;
  /** Releases the place (lock, clients). Sinks still open are aborted. */
  close(): Promise<void>;
}

/** What goes on behind the sinks of a spool. */
export interface Uploads {
  state(): UploadsState;
  /** Tries at once what waits for a later attempt. */
  retry(): void;
}

export type DuplicatePolicy = 'replace' | 'keep-first' | 'keep-both';

export type StorageErrorCode =
  | 'disk-full'
  | 'permission-denied'
  | 'read-only'
  | 'not-found'
  | 'in-use'
  | 'timed-out'
  | 'access-denied'
  | 'unreachable'
  /** The bucket is in another region. */
  | 'wrong-place'
  | 'failed';

/** A failure of the storage. `comment` goes to the peer (Error Comment, at most 64 characters, no patient data, no path). */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly comment: string;

  constructor(code: StorageErrorCode, message: string, comment: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageError';
    this.code = code;
    this.comment = comment.slice(0, 64);
  }
}
