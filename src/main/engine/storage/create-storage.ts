/** Chooses the storage that the options ask for. */

import type { ResolvedOptions } from '#shared/options.ts';
import { FilesystemStorage } from './filesystem.ts';
import { S3Storage } from './s3.ts';
import type { StorageBackend } from './storage-backend.ts';

type StorageOptions = Pick<
  ResolvedOptions,
  'storageBackend' | 'outDir' | 'fsync' | 'onDuplicate' | 'malformedObjects' | 's3Config'
>;

/** The backend for validated options; nothing is touched before its `open`. */
export function createStorage(options: StorageOptions): StorageBackend {
  const { outDir, fsync, onDuplicate } = options;
  if (options.storageBackend === 'S3') {
    const { s3Config } = options;
    if (s3Config?.bucket === undefined) throw new Error('the options were not validated: s3Config.bucket is missing');
    const stageForQuarantine = options.malformedObjects === 'quarantine';
    return new S3Storage({ ...s3Config, bucket: s3Config.bucket, onDuplicate, stageForQuarantine });
  }
  if (outDir === undefined) throw new Error('the options were not validated: outDir is missing');
  return new FilesystemStorage({ outDir, fsync, onDuplicate });
}
