/** What `host-run.ts` measures, in a process of its own: the engine alone, with the Basic Profile, or the application around it. Watches its main thread. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { StoreScp } from '#main/engine/index.ts';
import { RECORDED_TAGS } from '#main/receiver/history.ts';
import type { Host } from '#main/receiver/host.ts';
import { openReceiver } from '#main/receiver/receiver.ts';
import { BUILT_IN_RULE_SETS, compileRuleSet } from '#main/rules/index.ts';
import { countingPseudonyms, KEY } from '../support/rules.ts';

export type HostKind = 'engine' | 'engine with tags' | 'engine with rules' | 'application';

export type HostCommand =
  | { readonly type: 'start'; readonly kind: HostKind; readonly folder: string; readonly port: number }
  | { readonly type: 'measure' }
  | { readonly type: 'report' };

export type HostReport =
  | { readonly type: 'started' | 'measuring' }
  /** Milliseconds by which the main thread was late; files reported by then; processor milliseconds of all threads. */
  | {
      readonly type: 'figures';
      readonly p99: number;
      readonly max: number;
      readonly reported: number;
      readonly cpu: number;
    }
  | { readonly type: 'failed'; readonly reason: string };

const RESOLUTION = 1;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
let reported = () => 0;
let cpuBefore = process.cpuUsage();

const say = (message: HostReport) => process.send?.(message);

function optionsFor(folder: string, port: number) {
  return {
    host: '127.0.0.1',
    port,
    outDir: join(folder, 'received'),
    fsync: false,
    storeWithFileMeta: true,
    maxPduLength: 131_072,
  };
}

async function startEngine(folder: string, port: number, kind: HostKind): Promise<void> {
  const tags = kind === 'engine with tags' ? { extractTags: [...RECORDED_TAGS, 'StudyTime'] } : {};
  const receiver = new StoreScp({ ...optionsFor(folder, port), ...tags });
  if (kind === 'engine with rules') {
    const needs = { key: KEY, pseudonyms: countingPseudonyms() };
    receiver.onBeforeStore(compileRuleSet(BUILT_IN_RULE_SETS.get('basic'), needs));
  }
  let files = 0;
  receiver.onFileStored((error) => {
    if (!error) files++;
  });
  reported = () => files;
  await receiver.start();
}

async function startApplication(folder: string, port: number): Promise<void> {
  const dataFolder = join(folder, 'data');
  const host: Host = {
    dataFolder,
    secrets: { get: async () => undefined, set: async () => {} },
    info: () => ({
      kind: 'headless',
      version: 'bench',
      platform: process.platform,
      hostName: 'bench',
      addresses: [],
      canPickFolder: false,
      canReveal: false,
      canStartAtLogin: false,
      canTray: false,
      secrets: { kind: 'none', message: '' },
      dataFolder,
      homeFolder: folder,
    }),
    pickFolder: async () => undefined,
    reveal: async () => {},
    trash: async (paths) => {
      for (const path of paths) await rm(path);
    },
  };
  const receiver = await openReceiver(host);
  // The first profile of a new data folder may have the port that is wanted: it goes.
  for (const { profile } of receiver.state.profiles) await receiver.call('profile-delete', { id: profile.id });
  const created = await receiver.call('profile-create', { name: 'Bench', options: optionsFor(folder, port) });
  if (!created.ok) throw new Error(created.error.message);
  // A page that listens, as there always is one.
  receiver.subscribe((batch) => JSON.stringify(batch));
  reported = () => receiver.state.profiles[0]?.totals.files ?? 0;
}

async function obey(command: HostCommand): Promise<void> {
  switch (command.type) {
    case 'start': {
      const { kind, folder, port } = command;
      if (kind === 'application') await startApplication(folder, port);
      else await startEngine(folder, port, kind);
      say({ type: 'started' });
      break;
    }
    case 'measure':
      cpuBefore = process.cpuUsage();
      delays.reset();
      delays.enable();
      say({ type: 'measuring' });
      break;
    case 'report': {
      delays.disable();
      // The histogram holds the time between two ticks, which is the resolution when the thread is never late.
      const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
      // What is written and reported after the last answer is part of the cost.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const { user, system } = process.cpuUsage(cpuBefore);
      say({
        type: 'figures',
        p99: late(delays.percentile(99)),
        max: late(delays.max),
        reported: reported(),
        cpu: (user + system) / 1000,
      });
      break;
    }
  }
}

process.on('message', (command: HostCommand) => {
  obey(command).catch((error: unknown) => {
    say({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exit(1);
  });
});
// The bench is gone: nobody is left to stop this process.
process.on('disconnect', () => process.exit(0));
