import { expect, test } from 'vitest';
import { ConfigurationError, StorageError } from '#main/engine/index.ts';
import { spaceProblem } from '#main/receiver/managed-profile.ts';
import { pauseAfter } from '#main/receiver/profile-runner.ts';
import { startProblem } from '#main/receiver/start-problem.ts';

const GiB = 1024 ** 3;
const options = { port: 1, outDir: '/archive' };

test.each([
  [undefined, undefined],
  [5 * GiB, undefined],
  [2 * GiB, undefined],
  [2 * GiB - 1, 'free-space-warning'],
  [GiB, 'free-space-warning'],
  [GiB - 1, 'free-space-low'],
  [0, 'free-space-low'],
])('%o bytes free with the usual reserve: %o', (free, code) => {
  expect(spaceProblem(free, options)?.code).toBe(code);
});

test('no reserve and no folder: nothing to say', () => {
  expect(spaceProblem(0, { ...options, minimumFreeSpace: 0 })).toBeUndefined();
  expect(spaceProblem(0, { ...options, storageBackend: 'S3' })).toBeUndefined();
});

test('pauses double up to a minute', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map(pauseAfter)).toEqual(
    [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000),
  );
});

const failed = (code: string) => Object.assign(new Error('system'), { code });

test.each([
  [new Error('port 104 needs rights', { cause: failed('EACCES') }), 'port-needs-rights', 'port'],
  [new Error('port 11112 is in use', { cause: failed('EADDRINUSE') }), 'port-in-use', 'port'],
  [new Error('not an address', { cause: failed('EADDRNOTAVAIL') }), 'address-not-available', 'host'],
  [new StorageError('in-use', 'Another receiver', ''), 'folder-in-use', 'outDir'],
  [new StorageError('read-only', 'It is read-only', ''), 'folder-not-writable', 'outDir'],
  [new StorageError('permission-denied', 'It is not permitted', ''), 'folder-not-writable', 'outDir'],
  [new StorageError('unreachable', 'S3 cannot be reached', ''), 'storage-failed', undefined],
  [new ConfigurationError([{ path: 'port', message: 'is required' }]), 'option', 'port'],
  [new Error('something else'), 'start-failed', undefined],
])('%s', (error, code, field) => {
  const problem = startProblem(error);
  expect(problem.code).toBe(code);
  expect(problem.field).toBe(field);
  expect(problem.message).toMatch(/^[A-Z].*[.)]$/);
});

test.each([
  ['not-found', 'bucket-not-found', 's3Config.bucket'],
  ['access-denied', 's3-access-denied', 's3Config.accessKey'],
  ['unreachable', 's3-unreachable', 's3Config.endpoint'],
  ['failed', 'storage-failed', undefined],
] as const)('a bucket: %s is %s', (storageCode, code, field) => {
  expect(startProblem(new StorageError(storageCode, 'It is so', ''), 'bucket')).toEqual({
    code,
    message: 'It is so.',
    ...(field !== undefined && { field }),
  });
});
