/** A folder storage in a temporary folder, for the sink suite and for tests of its own. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import {
  FilesystemStorage,
  type FilesystemStorageOptions,
  INCOMING,
  QUARANTINE,
} from '#main/engine/storage/filesystem.ts';
import { LOCK_NAME } from '#main/engine/storage/folder-lock.ts';
import type { SinkBench } from './sink-suite.ts';

/** Files below a folder, relative, sorted; without the lock and the parts. */
export async function filesIn(folder: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => name !== LOCK_NAME && !name.startsWith(`${INCOMING}/`))
    .sort();
}

/** Unfinished files of the storage in `folder`. */
export function partsIn(folder: string): Promise<string[]> {
  return readdir(join(folder, INCOMING)).catch(() => []);
}

export interface FileBench extends SinkBench {
  readonly outDir: string;
  readonly backend: FilesystemStorage;
}

export async function openFileBench(options: Partial<FilesystemStorageOptions> = {}): Promise<FileBench> {
  const folder = await mkdtemp(join(tmpdir(), 'studyport-storage-'));
  const outDir = options.outDir ?? join(folder, 'archive');
  const backend = new FilesystemStorage({ checksums: true, fsync: false, ...options, outDir });
  await backend.open();
  return {
    outDir,
    backend,
    read: (location) => readFile(location),
    list: () => filesIn(outDir),
    leftovers: () => partsIn(outDir),
    quarantine: QUARANTINE,
    close: async () => {
      await backend.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
