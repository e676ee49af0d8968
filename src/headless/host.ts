/** What a machine offers the receiver without Electron: addresses, a file for secrets, and a desktop if there is one. */

import { readFileSync } from 'node:fs';
import type { Host } from '#main/receiver/host.ts';
import { machineInfo } from '#main/receiver/machine.ts';
import { hasDesktop, reveal } from './desktop.ts';
import { openSecretsFile } from './secrets-file.ts';
import { moveToTrash } from './trash.ts';

/** @param version of the application */
export async function createHeadlessHost(dataFolder: string, version: string): Promise<Host> {
  const { store, message } = await openSecretsFile(dataFolder);
  return {
    dataFolder,
    secrets: store,
    info: () => ({
      kind: 'headless',
      version,
      ...machineInfo(),
      canPickFolder: false,
      canReveal: hasDesktop(process.platform, process.env),
      canStartAtLogin: false,
      canTray: false,
      secrets: { kind: 'file', message },
      dataFolder,
    }),
    pickFolder: async () => undefined,
    reveal,
    trash: (paths) => moveToTrash(dataFolder, paths),
  };
}

/** The version in the package.json of the application, two folders above its entry in the sources as in what is built. */
export function applicationVersion(entryFolder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', `file://${entryFolder}/`), 'utf8'));
  return String((manifest as { version?: unknown }).version);
}
