/** The receivers that are compared, each in its own process and with an empty folder. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStoreScp } from '../support/dcmtk.ts';
import { startOrthanc } from '../support/orthanc.ts';
import { findTool, freePort, type Server } from '../support/tools.ts';
import type { ReceiverCommand, ReceiverReport } from './receiver.ts';

const ROOT = join(import.meta.dirname, '../..');
const LIBRARY = join(ROOT, 'dist/index.js');

export type LoopDelay = { readonly p99: number; readonly max: number };

export type RunningReceiver = {
  readonly port: number;
  /** Called when the clock starts, and when it has stopped. */
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<{ readonly loop?: LoopDelay }>;
  readonly processes: () => readonly number[];
  readonly stop: () => Promise<void>;
};

export type ReceiverKind = {
  readonly name: string;
  readonly fsync: boolean;
  readonly missing: () => string | undefined;
  readonly start: (folder: string) => Promise<RunningReceiver>;
};

/** Everything in the process group that the server leads: DCMTK forks one process per association. */
function group(leader: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // The command in parentheses may hold spaces; the process group is the third field behind it.
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1')
        .replace(/^.*\) /, '')
        .split(' ');
      return Number(fields[2]) === leader ? [Number(name)] : [];
    } catch {
      // It has ended since the listing.
      return [];
    }
  });
}

function ofServer(server: Server): RunningReceiver {
  return {
    port: server.port,
    begin: async () => {},
    end: async () => ({}),
    processes: () => group(server.pid),
    stop: server.stop,
  };
}

export function studyport(name: string, options: { readonly fsync: boolean; readonly edit: boolean }): ReceiverKind {
  return {
    name,
    fsync: options.fsync,
    missing: () => (existsSync(LIBRARY) ? undefined : 'dist/index.js is not built'),
    start: async (folder) => {
      const port = await freePort();
      const child = fork(join(import.meta.dirname, 'receiver.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      const ask = (command: ReceiverCommand) => askChild<ReceiverCommand, ReceiverReport>(child, command);
      await ask({ type: 'start', options: { library: LIBRARY, outDir: join(folder, 'received'), port, ...options } });
      return {
        port,
        begin: async () => {
          await ask({ type: 'measure' });
        },
        end: async () => {
          const answer = await ask({ type: 'report' });
          return answer.type === 'loop' ? { loop: { p99: answer.p99, max: answer.max } } : {};
        },
        processes: () => (child.pid === undefined ? [] : [child.pid]),
        stop: async () => {
          const ended = new Promise((resolve) => child.once('exit', resolve));
          if (child.exitCode === null && child.kill('SIGKILL')) await ended;
        },
      };
    },
  };
}

export const DCMTK: ReceiverKind = {
  name: 'DCMTK storescp',
  fsync: false,
  missing: () => (findTool('storescp') ? undefined : 'storescp is not installed: apt-get install dcmtk'),
  start: async (folder) =>
    ofServer(
      await startStoreScp({ folder, args: ['--fork', '+xa', '+B', '-pdu', '131072'], env: { TCP_NODELAY: '1' } }),
    ),
};

export const ORTHANC: ReceiverKind = {
  name: 'Orthanc, fsync',
  fsync: true,
  missing: () => (findTool('Orthanc') ? undefined : 'Orthanc is not installed: apt-get install orthanc'),
  start: async (folder) =>
    ofServer(
      await startOrthanc({
        folder,
        rest: false,
        configuration: {
          StorageCompression: false,
          SyncStorageArea: true,
          MaximumPduLength: 131_072,
          DicomThreadsCount: 4,
        },
      }),
    ),
};

export const STUDYPORT = studyport('Studyport', { fsync: false, edit: false });
export const STUDYPORT_FSYNC = studyport('Studyport, fsync', { fsync: true, edit: false });
export const STUDYPORT_EDIT = studyport('Studyport, ten tags, two changed', { fsync: false, edit: true });

/** Sends one command to a child and waits for its one answer. */
export function askChild<Command extends object, Answer extends { readonly type: string }>(
  child: ChildProcess,
  command: Command,
): Promise<Exclude<Answer, { readonly type: 'failed' }>> {
  return new Promise((resolve, reject) => {
    const done = () => {
      child.off('message', answered);
      child.off('exit', ended);
    };
    const answered = (answer: Answer & { readonly reason?: string }) => {
      done();
      if (answer.type === 'failed') reject(new Error(answer.reason));
      else resolve(answer as Exclude<Answer, { readonly type: 'failed' }>);
    };
    const ended = (code: number | null) => {
      done();
      reject(new Error(`the process ended with ${code} while it was asked to ${JSON.stringify(command)}`));
    };
    child.on('message', answered);
    child.on('exit', ended);
    child.send(command);
  });
}

export type Memory = { readonly current: number; readonly peak: number };

/** Resident memory of several processes in bytes, summed: VmRSS and its peak VmHWM. */
export function memoryOf(processes: readonly number[]): Memory {
  let current = 0;
  let peak = 0;
  for (const pid of processes) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      current += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
      peak += Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    } catch {
      // It has ended since the listing.
    }
  }
  return { current, peak };
}

/** Starts the peak anew from what is resident now. */
export function forgetPeaks(processes: readonly number[]): void {
  for (const pid of processes) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
