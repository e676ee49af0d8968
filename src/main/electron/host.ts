/** What a machine offers the receiver under Electron: a keychain, dialogs, the file manager and its trash. */

import { lstat, stat } from 'node:fs/promises';
import { app, dialog, shell } from 'electron';
import type { Host } from '#main/receiver/host.ts';
import { machineInfo } from '#main/receiver/machine.ts';
import { openSecrets } from './secrets.ts';
import { text } from './text.ts';

/** Must run after Electron is ready. */
export async function createElectronHost(dataFolder: string): Promise<Host> {
  const secrets = await openSecrets(dataFolder);
  return {
    dataFolder,
    secrets: secrets.store,
    info: () => ({
      kind: 'electron',
      version: app.getVersion(),
      ...machineInfo(),
      homeFolder: app.getPath('home'),
      canPickFolder: true,
      canReveal: true,
      // A checkout would register the bare Electron.
      canStartAtLogin: app.isPackaged,
      canTray: true,
      secrets: secrets.info,
      dataFolder,
    }),
    pickFolder: async (start) => {
      const { canceled, filePaths } = await dialog.showOpenDialog({
        title: text.pickFolder,
        properties: ['openDirectory', 'createDirectory'],
        ...(start === undefined ? {} : { defaultPath: start }),
      });
      return canceled ? undefined : filePaths[0];
    },
    reveal: async (path) => {
      // A folder is opened; never a file, which could be a program.
      if (!(await stat(path)).isDirectory()) return shell.showItemInFolder(path);
      const problem = await shell.openPath(path);
      if (problem !== '') throw new Error(problem);
    },
    trash: async (paths) => {
      // Files that are gone already are no mistake.
      for (const path of paths) if (await isThere(path)) await shell.trashItem(path);
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}
