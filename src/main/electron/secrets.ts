/** Secrets, encrypted by the keychain of the system, in one file that only this user can read. */

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { safeStorage } from 'electron';
import type { SecretStore } from '#main/receiver/host.ts';
import type { HostInfo } from '#shared/events.ts';
import { text } from './text.ts';

export interface Secrets {
  readonly store: SecretStore;
  readonly info: HostInfo['secrets'];
}

/** On Linux without a keychain Electron would "encrypt" with a key that everybody knows. */
export function isRealKeychain(available: boolean, platform: string, backend: string): boolean {
  return available && (platform !== 'linux' || (backend !== 'basic_text' && backend !== 'unknown'));
}

/** Must run after Electron is ready. */
export async function openSecrets(dataFolder: string): Promise<Secrets> {
  const available = await safeStorage.isAsyncEncryptionAvailable().catch(() => false);
  const backend = process.platform === 'linux' ? safeStorage.getSelectedStorageBackend() : '';
  const hasKeychain = isRealKeychain(available, process.platform, backend);
  const file = join(dataFolder, 'secrets.keychain.json');
  /** Changes one after the other: each reads what the one before has written. */
  let writing: Promise<unknown> = Promise.resolve();

  async function read(): Promise<Record<string, string>> {
    let json: string;
    try {
      json = await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw new Error(text.secrets.unreadable);
    }
    try {
      return Object.fromEntries(
        Object.entries(JSON.parse(json) as object).filter(
          (entry): entry is [string, string] => typeof entry[1] === 'string',
        ),
      );
    } catch {
      throw new Error(text.secrets.unreadable);
    }
  }

  async function change(key: string, encrypted: string | undefined): Promise<void> {
    // What cannot be read any more is lost in any case; new secrets must still find a place.
    const { [key]: _old, ...others } = await read().catch((): Record<string, string> => ({}));
    const next = encrypted === undefined ? others : { ...others, [key]: encrypted };
    await writeFile(`${file}.new`, JSON.stringify(next), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  return {
    info: hasKeychain
      ? { kind: 'keychain', message: text.secrets.keychain }
      : { kind: 'none', message: text.secrets.noKeychain },
    store: {
      get: async (key) => {
        const encrypted = (await read())[key];
        if (encrypted === undefined) return undefined;
        if (!hasKeychain) throw new Error(text.secrets.noKeychain);
        try {
          return (await safeStorage.decryptStringAsync(Buffer.from(encrypted, 'base64'))).result;
        } catch {
          throw new Error(text.secrets.unreadable);
        }
      },
      set: async (key, value) => {
        if (value !== undefined && !hasKeychain) throw new Error(text.secrets.noKeychain);
        const encrypted =
          value === undefined ? undefined : (await safeStorage.encryptStringAsync(value)).toString('base64');
        const done = writing.then(() => change(key, encrypted));
        writing = done.catch(() => {});
        await done;
      },
    },
  };
}
