/** A host that a test makes for the receiver: a data folder of its own, secrets in memory, and what was revealed and trashed. */
import { rm } from 'node:fs/promises';
import type { Host } from '#main/receiver/host.ts';
import type { HostInfo } from '#shared/events.ts';
import { createTempFolder } from './temp-folder.ts';

export type TestHost = Host & {
  readonly home: string;
  readonly stored: Map<string, string>;
  readonly revealed: string[];
  readonly trashed: string[];
  readonly remove: () => Promise<void>;
};

/** A data folder and a home folder under one temporary folder. */
export async function createTestHost(change: Partial<HostInfo> = {}): Promise<TestHost> {
  const folder = await createTempFolder('application');
  const stored = new Map<string, string>();
  const revealed: string[] = [];
  const trashed: string[] = [];
  const info: HostInfo = {
    kind: 'headless',
    version: '0.0.0-test',
    platform: process.platform,
    hostName: 'test-machine',
    addresses: [],
    canPickFolder: false,
    canReveal: true,
    canStartAtLogin: false,
    canTray: false,
    secrets: { kind: 'file', message: 'in memory' },
    dataFolder: folder.join('data'),
    homeFolder: folder.join('home'),
    ...change,
  };
  return {
    dataFolder: info.dataFolder,
    home: info.homeFolder,
    stored,
    revealed,
    trashed,
    secrets: {
      get: async (key) => stored.get(key),
      set: async (key, value) => {
        if (value === undefined) stored.delete(key);
        else stored.set(key, value);
      },
    },
    info: () => info,
    pickFolder: async () => undefined,
    reveal: async (path) => {
      revealed.push(path);
    },
    trash: async (paths) => {
      for (const path of paths) {
        await rm(path);
        trashed.push(path);
      }
    },
    remove: folder.remove,
  };
}
