/** `page.json` of the data folder, for its owner alone: the token, so that the link stays, and the link while there is a page. */

import { join } from 'node:path';
import { readJson, writeJson } from '#main/receiver/json-file.ts';
import { createToken, isToken } from './access.ts';

interface PageFile {
  readonly token?: string;
  readonly url?: string;
}

const fileOf = (folder: string) => join(folder, 'page.json');

/** The token of this data folder, made at its first use. */
export async function pageToken(folder: string): Promise<string> {
  const { token = createToken() } = await readPage(folder);
  await writeJson(fileOf(folder), { token });
  return token;
}

/** Lets `studyport page-url` find the link; undefined when the page ends. */
export async function keepLink(folder: string, url: string | undefined): Promise<void> {
  const { token } = await readPage(folder);
  await writeJson(fileOf(folder), { token, url });
}

/** undefined: no Studyport has a page for this folder. */
export async function readLink(folder: string): Promise<string | undefined> {
  return (await readPage(folder)).url;
}

/** What cannot be understood is not there: a new token is no loss but that of the old link. */
async function readPage(folder: string): Promise<PageFile> {
  const read = await readJson(fileOf(folder));
  if (read.kind !== 'json' || typeof read.value !== 'object' || read.value === null) return {};
  const { token, url } = read.value as { readonly token?: unknown; readonly url?: unknown };
  return {
    ...(typeof token === 'string' && isToken(token) && { token }),
    ...(typeof url === 'string' && { url }),
  };
}
