/** Secrets, encrypted by the keychain of the system, in one file that only this user can read. */

import { join } from 'node:path';
import { safeStorage } from 'electron';
import type { SecretStore } from '#main/receiver/host.ts';
import { readJson, writeJson } from '#main/receiver/json-file.ts';
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
    const known = await readJson(file);
    if (known.kind === 'missing') return {};
    if (known.kind === 'broken') throw new Error(text.secrets.unreadable);
    return Object.fromEntries(
      Object.entries(Object(known.value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  }

  async function change(key: string, encrypted: string | undefined): Promise<void> {
    // What cannot be read any more is lost in any case; new secrets must still find a place.
    const { [key]: _old, ...others } = await read().catch((): Record<string, string> => ({}));
    await writeJson(file, encrypted === undefined ? others : { ...others, [key]: encrypted });
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
