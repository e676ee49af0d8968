/** What lies in the `.quarantine` of a storage folder: listed, moved into the archive, or handed out to be discarded. Synchronous, for a thread. */

import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isQuarantinedName, noteOf, reasonOf } from '#main/engine/index.ts';
import type { QuarantineRow } from '#shared/rule-commands.ts';
import { recordOf } from './folder-walk.ts';
import type { InstanceRecord } from './history-records.ts';
import { errnoOf, type ProblemError, problem } from './problem.ts';

/** Where the engine's storage puts aside what is not to be in the archive: `{name}.dcm`, and the reason in `{name}.txt`. */
const FOLDER = '.quarantine';
/** PS3.5 9.1: no empty part, so that none can be a way out of the folder. */
const UID = /^\d+(?:\.\d+)*$/;
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK', 'EACCES']);
const CANNOT_SYNC = new Set(['EISDIR', 'EINVAL', 'ENOTSUP', 'ENOSYS', 'EBADF', 'EPERM', 'EACCES']);

/** Newest first. */
export function quarantineRows(outDir: string): readonly QuarantineRow[] {
  const folder = join(outDir, FOLDER);
  const names = namesIn(folder).filter(isQuarantinedName);
  const rows = names.flatMap((name): QuarantineRow[] => {
    const facts = statSync(join(folder, name), { throwIfNoEntry: false });
    if (!facts?.isFile()) return [];
    return [{ name, reason: readReason(folder, name), time: Math.round(facts.mtimeMs), bytes: facts.size }];
  });
  return rows.sort((a, b) => b.time - a.time || a.name.localeCompare(b.name));
}

/**
 * Moves an object into the archive under its own UIDs, beside what has the same ones already, never over it. When this
 * returns it is there even after a power failure, and no longer in quarantine.
 * @throws ProblemError
 */
export function releaseQuarantined(outDir: string, profileId: string, name: string): InstanceRecord {
  const from = existing(outDir, name);
  const record = recordOf(profileId, from);
  if (!isFileable(record)) throw noInstance();
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = record;
  const folder = join(outDir, studyInstanceUid, seriesInstanceUid);
  try {
    mkdirSync(folder, { recursive: true });
    sync(from);
    const file = moveBeside(from, folder, sopInstanceUid);
    for (const path of [folder, dirname(folder), outDir]) sync(path);
    rmSync(noteOf(from), { force: true });
    sync(dirname(from));
    return { ...record, file };
  } catch (error) {
    const code = errnoOf(error);
    if (code === '') throw error;
    throw problem(
      'quarantine-not-moved',
      `The object could not be moved into the archive (${code}). It is still in quarantine.`,
    );
  }
}

/** The files of an object: itself, and the note with the reason where there is one. @throws ProblemError */
export function quarantinedFiles(outDir: string, name: string): readonly string[] {
  const path = existing(outDir, name);
  return [path, noteOf(path)].filter((one) => existsSync(one));
}

/** A name that came from outside, as a path that cannot lead anywhere else. */
function existing(outDir: string, name: string): string {
  const path = join(outDir, FOLDER, name);
  if (!isQuarantinedName(name) || !statSync(path, { throwIfNoEntry: false })?.isFile()) throw gone();
  return path;
}

export function gone(): ProblemError {
  return problem('quarantine-gone', 'This object is not in quarantine any more. Load the list again.', 'name');
}

/** Whether it has UIDs that may be folders and names. */
export function isFileable(record: InstanceRecord | undefined): record is InstanceRecord {
  const uids = record && [record.studyInstanceUid, record.seriesInstanceUid, record.sopInstanceUid];
  return uids?.every((uid) => UID.test(uid)) ?? false;
}

/** Nothing by which it could be filed. */
export function noInstance(): ProblemError {
  return problem(
    'quarantine-no-instance',
    'This object has no UIDs by which it could be filed, or cannot be read. It stays in quarantine; look at it with other tools, or discard it.',
    'name',
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT') return [];
    throw problem('quarantine-unreadable', `The quarantine in ${folder} cannot be read (${code}).`);
  }
}

function readReason(folder: string, name: string): string {
  try {
    return reasonOf(readFileSync(noteOf(join(folder, name)), 'utf8'));
  } catch {
    return '';
  }
}

/** `{UID}.dcm`, or the first of `{UID}~2.dcm`, `{UID}~3.dcm` … that nobody has. */
function moveBeside(from: string, folder: string, uid: string): string {
  for (let number = 1; ; number++) {
    const path = join(folder, number === 1 ? `${uid}.dcm` : `${uid}~${number}.dcm`);
    if (moveTo(from, path)) return path;
  }
}

/** False, and nothing has happened, when something is there. */
function moveTo(from: string, to: string): boolean {
  try {
    // A link, unlike a rename, never replaces.
    linkSync(from, to);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EEXIST') return false;
    if (!NO_HARD_LINKS.has(code)) throw error;
    // Volumes without links: nobody else writes objects of these UIDs but a sender in this very moment.
    if (existsSync(to)) return false;
    renameSync(from, to);
    return true;
  }
  unlinkSync(from);
  return true;
}

function sync(path: string): void {
  try {
    const file = openSync(path, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (!CANNOT_SYNC.has(errnoOf(error))) throw error;
  }
}
