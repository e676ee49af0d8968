/** Chooses the storage that the options ask for. */

import { type ResolvedOptions, s3Defaults } from '#shared/options.ts';
import { FilesystemStorage } from './filesystem.ts';
import { S3Storage } from './s3.ts';
import { SpoolStorage } from './spool.ts';
import type { StorageBackend } from './storage-backend.ts';
import type { UploadListener } from './uploads.ts';

type StorageOptions = Pick<
  ResolvedOptions,
  | 'storageBackend'
  | 'outDir'
  | 'fsync'
  | 'onDuplicate'
  | 'checksums'
  | 'malformedObjects'
  | 'minimumFreeSpace'
  | 's3Config'
>;

/**
 * The backend for validated options; nothing is touched before its `open`.
 * @param listener hears of uploads where there is a spool
 */
export function createStorage(options: StorageOptions, listener: UploadListener): StorageBackend {
  const { outDir, fsync, onDuplicate, checksums } = options;
  if (options.storageBackend === 'S3') {
    const { s3Config } = options;
    if (s3Config?.bucket === undefined) throw new Error('the options were not validated: s3Config.bucket is missing');
    if (s3Config.mode === 'spool') {
      const { bucket, spoolDir } = s3Config;
      if (spoolDir === undefined) throw new Error('the options were not validated: s3Config.spoolDir is missing');
      return new SpoolStorage({
        ...s3Config,
        bucket,
        onDuplicate,
        spoolDir,
        limits: {
          objects: s3Config.spoolMaxObjects ?? s3Defaults.spoolMaxObjects,
          bytes: s3Config.spoolMaxBytes ?? s3Defaults.spoolMaxBytes,
        },
        keepDays: s3Config.spoolKeepDays ?? s3Defaults.spoolKeepDays,
        parallelUploads: s3Config.parallelUploads ?? s3Defaults.parallelUploads,
        reserve: options.minimumFreeSpace,
        listener,
      });
    }
    const stageForQuarantine = options.malformedObjects === 'quarantine';
    return new S3Storage({ ...s3Config, bucket: s3Config.bucket, onDuplicate, stageForQuarantine });
  }
  if (outDir === undefined) throw new Error('the options were not validated: outDir is missing');
  return new FilesystemStorage({ outDir, fsync, onDuplicate, checksums });
}
