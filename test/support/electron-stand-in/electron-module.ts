/** What `import … from 'electron'` gives to the built application under test. */

import { electronOf } from './registry.ts';

const electron = electronOf(import.meta.url);

export const {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
} = electron;
export default electron;
