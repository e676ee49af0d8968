/** Folders of the receiver's machine, for pickers. */

import type { FolderAccess } from '#renderer/components/folder-picker.tsx';
import { call } from '#renderer/store.ts';

/** @param canPick the host has a native dialog */
export function folderAccess(canPick: boolean): FolderAccess {
  const start = (path: string | undefined) => (path === undefined ? {} : { path });
  return {
    check: (path) => call('check-folder', { path }),
    list: (path) => call('folder-list', start(path)),
    create: (path) => call('folder-create', { path }),
    ...(canPick && { pick: (path: string | undefined) => call('folder-pick', start(path)) }),
  };
}
