/**
 * How files of a study go for good: first aside, within the folder of the archive; then, when nobody has sent them again in
 * the meantime, away. A sender who was told "that is stored already" while they went aside is right: they come back.
 */

import { access, link, mkdir, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { errnoOf } from './problem.ts';

/** Where files wait, each study in a folder of its number; a name with a dot, so that no rebuild takes them for the archive. */
const ASIDE = '.removing';
/** What the history has let go: never to come back. */
const GONE = '.gone';
/** What systems say of a file system without hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EISDIR', 'EMLINK'];

/** Moves the files of a study aside. Those that are gone already are no mistake. */
export async function putAside(outDir: string, studyId: number, files: readonly string[]): Promise<void> {
  for (const file of files) {
    const target = join(asideOf(outDir, studyId), relative(resolve(outDir), file));
    await mkdir(dirname(target), { recursive: true });
    await unlessGone(rename(file, target));
  }
}

/** The files that wait aside of a study. */
export async function filesAside(outDir: string, studyId: number): Promise<readonly string[]> {
  const entries = await orNone(readdir(asideOf(outDir, studyId), { recursive: true, withFileTypes: true }));
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Removes what was put aside of a study, for good: decided by one rename, so that a crash leaves all of it, or none. */
export async function removeAside(outDir: string, studyId: number): Promise<void> {
  const aside = asideOf(outDir, studyId);
  await rm(aside + GONE, { recursive: true, force: true });
  await unlessGone(rename(aside, aside + GONE));
  await rm(aside + GONE, { recursive: true, force: true });
  await rmdir(join(outDir, ASIDE)).catch(() => undefined);
}

/** Puts the files of a study back. Where something else has come under a name since then, that stays. */
export async function putBack(outDir: string, studyId: number): Promise<void> {
  const aside = asideOf(outDir, studyId);
  for (const file of await filesAside(outDir, studyId)) {
    const target = join(outDir, relative(aside, file));
    await mkdir(dirname(target), { recursive: true });
    await unlessGone(moveWithoutReplacing(file, target));
  }
  await removeAside(outDir, studyId);
}

/** Studies that something has kept from going all the way: a crash, a full disk. What the history had let go is removed. */
export async function studiesAside(outDir: string): Promise<readonly number[]> {
  const names = await orNone(readdir(join(outDir, ASIDE)));
  for (const name of names.filter((one) => /^\d+\.gone$/.test(one))) {
    await rm(join(outDir, ASIDE, name), { recursive: true, force: true });
  }
  await rmdir(join(outDir, ASIDE)).catch(() => undefined);
  return names.filter((one) => /^\d+$/.test(one)).map(Number);
}

/** Removes the folders that were left empty by files that went, up to that of the archive. */
export async function removeEmptied(outDir: string, files: readonly string[]): Promise<void> {
  const root = resolve(outDir);
  for (const folder of new Set(files.map((file) => dirname(resolve(file))))) {
    for (let empty = folder; empty !== root && empty !== dirname(empty); empty = dirname(empty)) {
      const isGone = await rmdir(empty).then(
        () => true,
        (error: unknown) => errnoOf(error) === 'ENOENT',
      );
      if (!isGone) break;
    }
  }
}

function asideOf(outDir: string, studyId: number): string {
  return join(outDir, ASIDE, String(studyId));
}

/** A name that was taken in this very moment stays with who took it: a link is refused, where a rename would replace. */
async function moveWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    if (!NO_LINKS.includes(errnoOf(error))) throw error;
    const isTaken = await access(to).then(
      () => true,
      () => false,
    );
    if (!isTaken) await rename(from, to);
    return;
  }
  await unlink(from);
}

async function unlessGone(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
}

function orNone<Entry>(read: Promise<Entry[]>): Promise<Entry[]> {
  return read.catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return [];
    throw error;
  });
}
