/** Folders of the bench: emptied after each run, removed when the process ends. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';

const left: string[] = [];

process.on('exit', () => {
  for (const path of left) rmSync(path, { recursive: true, force: true });
});

export async function createBenchFolder(): Promise<TempFolder> {
  const folder = await createTempFolder('bench');
  left.push(folder.path);
  return folder;
}

/**
 * Whatever is measured next must find the machine as this one did. ext4 avoids inodes that were freed a moment ago, so files
 * are removed only when everything has been measured; but their memory, which a virtual machine gets faster the second
 * time, is given back at once.
 */
export async function emptyBenchFolder(folder: TempFolder): Promise<void> {
  for (const entry of await readdir(folder.path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await truncate(join(entry.parentPath, entry.name), 0);
  }
  // What the last one left unwritten must not be paid by the next one.
  execFileSync('sync');
}
