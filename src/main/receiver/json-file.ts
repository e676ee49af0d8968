/** Small JSON files that are either the old or the new content, never half of one; broken ones are kept aside. */

import { copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { errnoOf } from './problem.ts';

export type JsonRead =
  | { readonly kind: 'missing' }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'broken'; readonly reason: string };

/** Reads a JSON file; what cannot be parsed is an answer, what cannot be read is an error. */
export async function readJson(path: string): Promise<JsonRead> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { kind: 'missing' };
    throw error;
  }
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch {
    return { kind: 'broken', reason: 'it is not JSON' };
  }
}

/** Writes a JSON file that a crash leaves as it was, or as it is to be. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeText(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Writes beside, flushes to the disk, renames: a crash leaves the old file or the new one. Only this user can read it. */
export async function writeText(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${process.pid}.tmp`);
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Renames a file to `profiles.broken-20260102T030405678Z.json`, so that nothing of it is lost. Gives the new path. */
export async function keepAside(path: string): Promise<string> {
  const aside = asideOf(path);
  await rename(path, aside);
  return aside;
}

/** The same, where the file itself stays in use. */
export async function keepCopy(path: string): Promise<string> {
  const aside = asideOf(path);
  await copyFile(path, aside);
  return aside;
}

function asideOf(path: string): string {
  const extension = extname(path);
  const time = new Date().toISOString().replace(/[-:.]/g, '');
  return join(dirname(path), `${basename(path, extension)}.broken-${time}${extension}`);
}

/** The rename itself survives a power failure only once the folder is on the disk; not every system can do that. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'EBADF'].includes(errnoOf(error))) throw error;
  }
}
