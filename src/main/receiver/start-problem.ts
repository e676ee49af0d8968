/** Why a receiver does not start: the engine's words with a code that page, log and tests share. */

import type { StorageErrorCode } from '#main/engine/index.ts';
import { ConfigurationError, StorageError, TlsError } from '#main/engine/index.ts';
import type { Problem, ProfileOptions } from '#shared/contract.ts';
import { errnoOf } from './problem.ts';

const NETWORK: Readonly<Record<string, string>> = {
  EADDRINUSE: 'port-in-use',
  EACCES: 'port-needs-rights',
  EADDRNOTAVAIL: 'address-not-available',
  ENOTFOUND: 'address-not-available',
};

const S3: Partial<Readonly<Record<StorageErrorCode, string>>> = {
  'not-found': 'bucket-not-found',
  'access-denied': 's3-access-denied',
  unreachable: 's3-unreachable',
  'timed-out': 's3-unreachable',
};

const FIELDS: Readonly<Record<string, string>> = {
  'port-in-use': 'port',
  'port-needs-rights': 'port',
  'address-not-available': 'host',
  'folder-in-use': 'outDir',
  'folder-not-writable': 'outDir',
  'folder-not-found': 'outDir',
  'bucket-not-found': 's3Config.bucket',
  's3-access-denied': 's3Config.accessKey',
  's3-unreachable': 's3Config.endpoint',
};

/** Where a receiver stores at first. */
type Place = 'folder' | 'bucket' | 'spool';

export function placeOf({ storageBackend, s3Config }: ProfileOptions): Place {
  return storageBackend !== 'S3' ? 'folder' : s3Config?.mode === 'spool' ? 'spool' : 'bucket';
}

/** Understands what `start()` rejected with, or what the constructor threw. */
export function startProblem(error: unknown, place: Place = 'folder'): Problem {
  if (error instanceof ConfigurationError) {
    const mistake = error.mistakes[0];
    const message = error.mistakes.map(({ path, message }) => `${path} ${message}`).join('; ');
    return { code: 'option', message: `The options are wrong: ${message}.`, ...(mistake && { field: mistake.path }) };
  }
  if (!(error instanceof Error)) return { code: 'start-failed', message: 'The receiver could not be started.' };
  if (error instanceof TlsError) return { code: error.code, message: sentence(error.message), field: error.option };
  const code = startCode(error, place === 'bucket');
  const field = place === 'spool' && FIELDS[code] === 'outDir' ? 's3Config.spoolDir' : FIELDS[code];
  return { code, message: sentence(error.message), ...(field !== undefined && { field }) };
}

function startCode(error: Error, inS3: boolean): string {
  if (error instanceof StorageError) {
    if (inS3) return S3[error.code] ?? 'storage-failed';
    switch (error.code) {
      case 'in-use':
        return 'folder-in-use';
      case 'permission-denied':
      case 'read-only':
        return 'folder-not-writable';
      case 'not-found':
        return 'folder-not-found';
      case 'disk-full':
        return 'disk-full';
      default:
        return 'storage-failed';
    }
  }
  const system = error.cause instanceof Error ? error.cause : error;
  return NETWORK[errnoOf(system)] ?? 'start-failed';
}

/** The same words with a capital letter and an end. */
export function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!)]$/.test(start) ? start : `${start}.`;
}
