/** The spool of a profile: where it is, what waits in it, and which of its files stands for an object in the bucket. */

import { join } from 'node:path';
import { spooledFile, waitingUploads } from '#main/engine/index.ts';
import type { Problem, ProfileOptions } from '#shared/contract.ts';
import type { UploadsState } from '#shared/uploads.ts';
import { type ProblemError, problem } from './problem.ts';

/** Milliseconds after which an object that still waits makes the profile degraded. */
const LATE = 10 * 60_000;

/** The options with a folder of the profile's own for the spool, where none was chosen. */
export function withSpoolFolder(options: ProfileOptions, dataFolder: string, id: string): ProfileOptions {
  const { s3Config } = options;
  if (typeof s3Config !== 'object' || s3Config?.mode !== 'spool' || s3Config.spoolDir !== undefined) return options;
  return { ...options, s3Config: { ...s3Config, spoolDir: join(dataFolder, 'spool', id) } };
}

/** The same, whatever folder another profile or another machine had. */
export function withOwnSpoolFolder(options: ProfileOptions, dataFolder: string, id: string): ProfileOptions {
  if (typeof options.s3Config !== 'object') return options;
  const { spoolDir: _, ...s3Config } = options.s3Config;
  return withSpoolFolder({ ...options, s3Config }, dataFolder, id);
}

/** The folder in which objects wait; undefined without a spool. */
export function spoolFolderOf({ storageBackend, s3Config }: ProfileOptions): string | undefined {
  return storageBackend === 'S3' && s3Config?.mode === 'spool' ? s3Config.spoolDir : undefined;
}

/** Whether what waits in the spool of a profile would be left there. */
export function leavesSpool(before: ProfileOptions, after: ProfileOptions | undefined): boolean {
  const folder = spoolFolderOf(before);
  return folder !== undefined && (after === undefined || spoolFolderOf(after) !== folder);
}

/**
 * Nobody uploads what waits in the spool of a profile that is no more, or that spools elsewhere.
 * @param after the options that are to hold; undefined: the profile is to be deleted
 * @throws ProblemError
 */
export async function requireUploaded(before: ProfileOptions, after: ProfileOptions | undefined): Promise<void> {
  const folder = spoolFolderOf(before);
  if (folder === undefined || !leavesSpool(before, after)) return;
  const waiting = await waitingUploads(folder).catch(() => {
    throw problem(
      'uploads-waiting',
      `Nobody can tell whether objects of this profile wait for their upload: the folder ${folder} cannot be read. Check its rights and its disk.`,
      's3Config.spoolDir',
    );
  });
  if (waiting === 0) return;
  const what = waiting === 1 ? '1 object of this profile is' : `${waiting} objects of this profile are`;
  throw problem(
    'uploads-waiting',
    `${what} not uploaded yet: let them be uploaded first. To give them up, stop the receiver and move the folder ${folder} away.`,
    's3Config.spoolDir',
  );
}

/** The local copy of an object of a profile, where there may be one. */
export function localCopyOf(options: ProfileOptions, location: string, waits: boolean): string | undefined {
  const { s3Config } = options;
  const folder = spoolFolderOf(options);
  if (folder === undefined || s3Config?.bucket === undefined) return undefined;
  // Without copies that are kept, what lies there is another content that waits under the same name.
  if (!waits && !s3Config.spoolKeepDays) return undefined;
  return spooledFile(s3Config.bucket, s3Config.prefix ?? '', folder, location);
}

/** What makes a profile degraded; undefined while uploads get on. */
export function uploadsProblem(uploads: UploadsState | undefined, now: number): Problem | undefined {
  if (uploads === undefined || uploads.waiting === 0) return undefined;
  const why = uploads.problem === undefined ? '' : ` ${uploads.problem.message}`;
  if (uploads.state === 'stopped') {
    return {
      code: 'uploads-stopped',
      field: 's3Config',
      message: `Uploads have stopped; objects are received all the same and wait.${why}`,
    };
  }
  if (uploads.oldest === undefined || now - uploads.oldest < LATE) return undefined;
  const message = `Objects have been waiting for their upload for more than ${LATE / 60_000} minutes.${why}`;
  return { code: 'uploads-late', field: 's3Config', message };
}

/** There is nothing here to look at: it is in the bucket. */
export function inBucket(): ProblemError {
  return problem(
    'stored-in-s3',
    'This object is in S3, and no copy of it is here: open it with the tools of your S3 service.',
  );
}
