/** The token and the link of the page, kept in the data folder for its owner: so that the link stays, and can be asked for. */

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createToken, isToken } from './access.ts';
import { replace } from './secrets-file.ts';

/** The token of this data folder, made at its first use. */
export async function pageToken(folder: string): Promise<string> {
  const file = join(folder, 'page-token');
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (isToken(kept)) return kept;
  const token = createToken();
  await replace(file, `${token}\n`);
  return token;
}

const linkFile = (folder: string) => join(folder, 'page-url');

/** Lets `studyport page-url` find it. */
export async function keepLink(folder: string, url: string): Promise<void> {
  await replace(linkFile(folder), `${url}\n`);
}

/** undefined: no Studyport has a page for this folder. */
export async function readLink(folder: string): Promise<string | undefined> {
  try {
    return (await readFile(linkFile(folder), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function forgetLink(folder: string): Promise<void> {
  await rm(linkFile(folder), { force: true });
}
