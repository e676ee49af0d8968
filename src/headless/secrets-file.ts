/** Secrets in one file that only this user can read, replaced as a whole. */

import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretStore } from '#main/receiver/host.ts';

export interface SecretsFile {
  readonly store: SecretStore;
  /** Where secrets are, and what went wrong with them, in words. */
  readonly message: string;
}

/** Opens `secrets.json` of a folder; one that cannot be read is kept aside, and the message says so. */
export async function openSecretsFile(folder: string): Promise<SecretsFile> {
  const file = join(folder, 'secrets.json');
  let message = `Secrets are kept in ${file}, which only this user can read.`;
  let secrets: Map<string, string>;
  try {
    secrets = parse(await readFile(file, 'utf8'));
  } catch (error) {
    secrets = new Map();
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      const aside = `${file}.broken-${Date.now()}`;
      await rename(file, aside).catch(() => {});
      message = `Secrets could not be read from ${file} and were kept as ${aside}: enter them again. ${message}`;
    }
  }
  let writing: Promise<unknown> = Promise.resolve();
  return {
    message,
    store: {
      get: async (key) => secrets.get(key),
      set: async (key, value) => {
        const change = async () => {
          const changed = new Map(secrets);
          if (value === undefined) changed.delete(key);
          else changed.set(key, value);
          await replace(file, JSON.stringify(Object.fromEntries(changed)));
          secrets = changed;
        };
        const written = writing.then(change);
        // One after the other; a failure is told to who asked, not to the next.
        writing = written.catch(() => {});
        await written.catch((error: NodeJS.ErrnoException) => {
          throw new Error(
            `The secret could not be written to ${file} (${error.code ?? error.name}). Check the space and the rights there.`,
          );
        });
      },
    },
  };
}

function parse(text: string): Map<string, string> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not an object');
  const entries = Object.entries(value);
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
    throw new TypeError('not text');
  return new Map(entries);
}

/** Writes a file that only this user can read, under its name only when it is complete. */
export async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
