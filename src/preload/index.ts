/** The bridge: gives the page `window.receiver` and nothing else. Runs in the sandbox. */

import { contextBridge, ipcRenderer } from 'electron';
import type { EventBatch, ReceiverApi } from '#shared/contract.ts';

const listeners = new Set<(batch: EventBatch) => void>();

ipcRenderer.on('receiver:batch', (_event, batch: EventBatch) => {
  for (const listener of listeners) listener(batch);
});

const receiver: ReceiverApi = {
  call: (name, argument) => ipcRenderer.invoke('receiver:call', name, argument),
  subscribe: (listener) => {
    // One function may subscribe twice and unsubscribe once.
    const own = (batch: EventBatch) => listener(batch);
    listeners.add(own);
    return () => {
      listeners.delete(own);
    };
  },
};

contextBridge.exposeInMainWorld('receiver', receiver);
