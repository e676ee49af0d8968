/** What a failed system call means, in words that say what is wrong and what to do about it. */

import { errnoOf } from './file-system.ts';
import { StorageError, type StorageErrorCode } from './storage-backend.ts';

interface Meaning {
  readonly code: StorageErrorCode;
  readonly comment: string;
  readonly message: (folder: string) => string;
}

const DISK_FULL: Meaning = {
  code: 'disk-full',
  comment: 'disk full',
  message: (folder) => `The disk that holds ${folder} is full: free some space, or choose a folder on another disk.`,
};
const DENIED: Meaning = {
  code: 'permission-denied',
  comment: 'storage: permission denied',
  message: (folder) =>
    `Writing to ${folder} is not permitted: give the user that runs the receiver the right to write there, or choose another folder.`,
};
const GONE: Meaning = {
  code: 'not-found',
  comment: 'storage folder not found',
  message: (folder) => `The folder ${folder} cannot be found: check that its disk or network share is connected.`,
};
const TOO_MANY_FILES: Meaning = {
  code: 'failed',
  comment: 'storage: too many open files',
  message: () =>
    'The system allows no more open files: raise the limit (ulimit -n), or accept fewer associations at a time.',
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: DISK_FULL,
  EDQUOT: { ...DISK_FULL, message: (folder) => `The quota for ${folder} is used up: free some space, or raise it.` },
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: {
    code: 'read-only',
    comment: 'storage is read-only',
    message: (folder) => `${folder} is on a read-only disk: mount it writable, or choose another folder.`,
  },
  ENOENT: GONE,
  ENODEV: GONE,
  ENXIO: GONE,
  ESTALE: GONE,
  ENOTCONN: GONE,
  EHOSTDOWN: GONE,
  EHOSTUNREACH: GONE,
  ENOTDIR: {
    code: 'failed',
    comment: 'storage: a file is in the way',
    message: (folder) => `A file is where a folder should be, at or below ${folder}: move it away.`,
  },
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  EBUSY: {
    code: 'failed',
    comment: 'storage: file is in use',
    message: (folder) =>
      `A file below ${folder} is held by another program (an antivirus or an indexer, perhaps): exclude the folder there.`,
  },
  EFBIG: {
    code: 'failed',
    comment: 'storage: file too large',
    message: (folder) => `The file system that holds ${folder} cannot keep a file of this size: choose another disk.`,
  },
  EIO: {
    code: 'failed',
    comment: 'storage: input/output error',
    message: (folder) => `The disk that holds ${folder} reports an input/output error: check the disk.`,
  },
};

/** The StorageError for whatever went wrong below `folder`; one that is a StorageError already stays as it is. */
export function fileFailure(error: unknown, folder: string): StorageError {
  if (error instanceof StorageError) return error;
  const errno = errnoOf(error);
  const meaning = errno === undefined ? undefined : MEANINGS[errno];
  const detail = error instanceof Error ? error.message : String(error);
  if (meaning === undefined) {
    return new StorageError('failed', `Storing below ${folder} failed: ${detail}`, 'storage failed', { cause: error });
  }
  return new StorageError(meaning.code, `${meaning.message(folder)} (${errno})`, meaning.comment, { cause: error });
}
