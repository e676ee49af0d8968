/**
 * How files of a study go for good: first aside, within the folder of the archive; then, when nobody has sent them again in
 * the meantime, away. A sender who was told "that is stored already" while they went aside is right: they come back.
 */

import { access, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { errnoOf } from './problem.ts';

/** Where files wait; a name with a dot, so that no rebuild takes them for the archive. */
const ASIDE = '.removing';

/** Moves the files of a study aside. Those that are gone already are no mistake. */
export async function putAside(outDir: string, studyId: number, files: readonly string[]): Promise<void> {
  for (const file of files) await move(file, join(asideOf(outDir, studyId), relative(resolve(outDir), file)));
}

/** Removes what was put aside of a study, for good. */
export async function removeAside(outDir: string, studyId: number): Promise<void> {
  await rm(asideOf(outDir, studyId), { recursive: true, force: true });
  await rmdir(join(outDir, ASIDE)).catch(() => undefined);
}

/** Puts the files of a study back. Where something else has come under a name since then, that stays. */
export async function putBack(outDir: string, studyId: number): Promise<void> {
  const aside = asideOf(outDir, studyId);
  for (const entry of await readdir(aside, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const target = join(outDir, relative(aside, file));
    const isTaken = await access(target).then(
      () => true,
      () => false,
    );
    if (!isTaken) await move(file, target);
  }
  await removeAside(outDir, studyId);
}

/** Studies that something has kept from going all the way: a crash, a full disk. */
export async function studiesAside(outDir: string): Promise<readonly number[]> {
  const names = await readdir(join(outDir, ASIDE)).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  return names.map(Number).filter(Number.isInteger);
}

function asideOf(outDir: string, studyId: number): string {
  return join(outDir, ASIDE, String(studyId));
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
