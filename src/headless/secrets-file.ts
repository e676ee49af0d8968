/** Secrets in one file that only this user can read, replaced as a whole. */

import { join } from 'node:path';
import type { SecretStore } from '#main/receiver/host.ts';
import { keepAside, readJson, writeJson } from '#main/receiver/json-file.ts';

export interface SecretsFile {
  readonly store: SecretStore;
  /** Where secrets are, and what went wrong with them, in words. */
  readonly message: string;
}

/** Opens `secrets.json` of a folder; one that cannot be read is kept aside, and the message says so. */
export async function openSecretsFile(folder: string): Promise<SecretsFile> {
  const file = join(folder, 'secrets.json');
  let message = `Secrets are kept in ${file}, which only this user can read.`;
  let secrets = new Map<string, string>();
  const read = await readJson(file);
  const parsed = read.kind === 'json' ? parse(read.value) : undefined;
  if (parsed) secrets = parsed;
  else if (read.kind !== 'missing') {
    message = `Secrets could not be read from ${file} and were kept as ${await keepAside(file)}: enter them again. ${message}`;
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
          await writeJson(file, Object.fromEntries(changed));
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

function parse(value: unknown): Map<string, string> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')
    ? new Map(entries)
    : undefined;
}
