/** How far the uploads of a spool are. Plain JSON; times are milliseconds since 1970. */

export interface UploadsState {
  /**
   * `idle`: everything is in the bucket, but for what `problem` tells of. `waiting`: S3 cannot be reached, it is tried again by itself. `stopped`: S3 refuses,
   * and somebody has to change something; it is still tried now and then.
   */
  readonly state: 'idle' | 'uploading' | 'waiting' | 'stopped';
  /** Objects that are not in the bucket yet, those on their way included. */
  readonly waiting: number;
  /** Their size. */
  readonly bytes: number;
  /** Objects on their way. */
  readonly active: number;
  /** When the oldest of them came. */
  readonly oldest?: number;
  /** Over the last ten seconds. */
  readonly bytesPerSecond: number;
  /** Why it waits or has stopped; otherwise of objects that can no longer be uploaded. */
  readonly problem?: { readonly code: string; readonly message: string };
  /** When it is tried again. */
  readonly retryAt?: number;
}
