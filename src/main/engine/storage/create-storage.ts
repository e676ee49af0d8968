/** Chooses the storage that the options ask for. */

import type { ResolvedOptions } from '#shared/options.ts';
import { FilesystemStorage } from './filesystem.ts';
import type { StorageBackend } from './storage-backend.ts';

type StorageOptions = Pick<
  ResolvedOptions,
  'storageBackend' | 'outDir' | 'fsync' | 'onDuplicate' | 'malformedObjects' | 's3Config'
>;

/** The backend for validated options; nothing is touched before its `open`. */
export function createStorage(options: StorageOptions): StorageBackend {
  const { outDir, fsync, onDuplicate } = options;
  if (options.storageBackend === 'S3') throw new Error('S3 storage is not built yet');
  if (outDir === undefined) throw new Error('the options were not validated: outDir is missing');
  return new FilesystemStorage({ outDir, fsync, onDuplicate });
}
