/**
 * The trash of a machine without a desktop. Files go to `trash/<time>/` of the data folder, under the path they had.
 * Where that is another volume they stay on theirs: in `.studyport-trash/<time>/` of the highest folder there in which
 * this user may write. Nothing is ever deleted.
 */

import { constants } from 'node:fs';
import { access, mkdir, rename, stat } from 'node:fs/promises';
import { dirname, join, parse, relative } from 'node:path';

/** Moves files away so that a person can put them back. Files that are gone already are no mistake. */
export async function moveToTrash(dataFolder: string, paths: readonly string[], now = new Date()): Promise<void> {
  // Sortable, and a name on every file system.
  const time = now.toISOString().replaceAll(':', '-');
  for (const path of paths) {
    const { root } = parse(path);
    try {
      await move(path, join(dataFolder, 'trash', time, relative(root, path)));
    } catch (error) {
      if (codeOf(error) !== 'EXDEV') throw error;
      const top = await highestWritable(dirname(path));
      await move(path, join(top, '.studyport-trash', time, relative(top, path)));
    }
  }
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** The highest folder above on the same volume that can be written to without a break. */
async function highestWritable(folder: string): Promise<string> {
  const { dev } = await stat(folder);
  let highest = folder;
  for (let next = dirname(folder); next !== highest; next = dirname(next)) {
    if ((await stat(next)).dev !== dev) break;
    try {
      await access(next, constants.W_OK);
    } catch {
      break;
    }
    highest = next;
  }
  return highest;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
