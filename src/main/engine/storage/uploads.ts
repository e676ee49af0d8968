/** What a spool says of its uploads. */

import type { StoredInstance } from './storage-backend.ts';

/** What is known of an object of a spool by its place; text that is not known (in quarantine) is ''. */
interface SpooledObject {
  /** Where it was said to be stored when it was received: `s3://bucket/key`. */
  readonly storedAs: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** In quarantine the name under which it is kept. */
  readonly sopInstanceUid: string;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Attempts until now, this one included. */
  readonly attempts: number;
}

export interface FileUploadedData extends SpooledObject {
  /** Where it is: usually `storedAs`, unless another content was under that key already. */
  readonly file: string;
  /**
   * `equal`: the same content was in the bucket already. `quarantined`: it was put aside when it was received, or another
   * content was there already and is kept (`keep-first`): it is under `quarantine/`, with the reason.
   */
  readonly outcome: Exclude<StoredInstance['outcome'], 'refused'> | 'quarantined';
  /** SHA-256 of the data set. */
  readonly sha256?: string;
  /** The local copy, where it is kept (`spoolKeepDays`). */
  readonly spooled?: string;
  /** Of the last attempt. */
  readonly milliseconds: number;
}

export interface UploadFailedData extends SpooledObject {
  /** The code of the StorageError: `unreachable`, `access-denied` …; `file-gone`: the spool does not have it any more. */
  readonly code: string;
  /** False only when nothing is left to be uploaded. */
  readonly willRetry: boolean;
  /** When, in milliseconds since 1970. */
  readonly retryAt?: number;
}

/** Whoever is told. Must not throw. */
export interface UploadListener {
  uploaded(data: FileUploadedData): void;
  failed(error: Error, data: UploadFailedData): void;
  /** Something about the spool as a whole that is worth a line in the log. */
  note(message: string, error?: Error): void;
}
