/** Folders that a test or the bench gets for itself and gives back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TempFolder = {
  readonly path: string;
  readonly join: (...names: string[]) => string;
  readonly remove: () => Promise<void>;
};

/** In a test: `const folder = await createTempFolder(); onTestFinished(folder.remove);` */
export async function createTempFolder(name = 'test', parent = tmpdir()): Promise<TempFolder> {
  const path = await mkdtemp(join(parent, `studyport-${name}-`));
  return {
    path,
    join: (...names) => join(path, ...names),
    // Retries, because a process that was just stopped may still be writing its last file.
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
}
