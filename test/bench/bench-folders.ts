/** Folders of the bench: emptied after each run, removed when the process ends. */
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';

const left: string[] = [];

process.on('exit', () => {
  for (const path of left) rmSync(path, { recursive: true, force: true });
});

/** @param parent where it is to be; @default the temporary folder of the system */
export async function createBenchFolder(parent?: string): Promise<TempFolder> {
  const folder = await createTempFolder('bench', parent);
  left.push(folder.path);
  return folder;
}

const MB = 1024 * 1024;

/**
 * Uses as much of the page cache as is about to be needed. A virtual machine gives memory that was free for two seconds
 * back to its host, and gets it again at ten times the cost: who starts a little later than the others would pay for that.
 */
export function warmPageCache(folder: TempFolder, bytes: number): void {
  const file = openSync(join(folder.path, 'ballast'), 'w');
  const block = Buffer.alloc(MB, 0x5a);
  for (let written = 0; written < bytes; written += MB) writeSync(file, block);
  ftruncateSync(file, 0);
  closeSync(file);
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
