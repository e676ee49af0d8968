/** Why a receiver does not start: the engine's words with a code that page, log and tests share. */

import type { StorageErrorCode } from '#main/engine/index.ts';
import { ConfigurationError, StorageError } from '#main/engine/index.ts';
import type { Problem } from '#shared/contract.ts';
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

/** Understands what `start()` rejected with, or what the constructor threw; `inS3`: the receiver stores to a bucket. */
export function startProblem(error: unknown, inS3 = false): Problem {
  if (error instanceof ConfigurationError) {
    const mistake = error.mistakes[0];
    const message = error.mistakes.map(({ path, message }) => `${path} ${message}`).join('; ');
    return { code: 'option', message: `The options are wrong: ${message}.`, ...(mistake && { field: mistake.path }) };
  }
  if (!(error instanceof Error)) return { code: 'start-failed', message: 'The receiver could not be started.' };
  const code = startCode(error, inS3);
  const field = FIELDS[code];
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

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!)]$/.test(start) ? start : `${start}.`;
}
