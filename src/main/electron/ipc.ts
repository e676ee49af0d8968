/** Commands from our page and batches to it, over two channels. */

import type { BrowserWindow } from 'electron';
import { ipcMain } from 'electron';
import type { ReceiverForHost } from '#main/receiver/host.ts';
import { isOwnUrl, maySend } from './security.ts';

/** Takes commands from the main frame of our own window; the receiver parses them. */
export function acceptCommands(receiver: ReceiverForHost, ownWindow: () => BrowserWindow | undefined): void {
  ipcMain.handle('receiver:call', (event, name: unknown, argument: unknown) => {
    const fromOwnWindow = ownWindow()?.webContents === event.sender;
    if (!maySend(event.senderFrame, fromOwnWindow)) throw new Error('This page may not call the receiver.');
    return receiver.call(String(name), argument);
  });
}

/** Sends every batch to the window while it shows our page. */
export function sendBatches(receiver: ReceiverForHost, ownWindow: () => BrowserWindow | undefined): void {
  receiver.subscribe((batch) => {
    const contents = ownWindow()?.webContents;
    if (contents !== undefined && !contents.isDestroyed() && isOwnUrl(contents.getURL())) {
      contents.send('receiver:batch', batch);
    }
  });
}
