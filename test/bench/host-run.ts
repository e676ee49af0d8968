/** One run of a receiver and a sender, each in a process of its own: how fast, how late the receiver's main thread was, what it cost. */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/tools.ts';
import { createBenchFolder, emptyBenchFolder, warmPageCache } from './bench-folders.ts';
import type { HostCommand, HostKind, HostReport } from './host-child.ts';
import { askChild } from './receivers.ts';
import type { SenderCommand, SenderReport } from './sender.ts';

export interface Workload {
  readonly name: string;
  /** Bytes of one object. */
  readonly size: number;
  readonly count: number;
  readonly associations: number;
  /** Objects of each association before anything counts; a quarter of the others unless told. */
  readonly warmUp?: number;
}

/** What one run has measured. */
export interface Measured {
  readonly perSecond: number;
  /** Milliseconds by which the main thread was late. */
  readonly p99: number;
  readonly max: number;
  /** While it was warming up. */
  readonly warmUpMax: number;
  /** Processor milliseconds for each object. */
  readonly cpu: number;
}

/**
 * Studyport is compared with itself here: a file system in memory, where there is one, because a disk makes runs differ by
 * more than what is looked for.
 */
const MEMORY = '/dev/shm';
const parent = existsSync(MEMORY) ? MEMORY : undefined;

/** @throws Error when not every object was stored and reported */
export async function runOnce(workload: Workload, kind: HostKind): Promise<Measured> {
  const folder = await createBenchFolder(parent);
  const port = await freePort();
  const child = fork(join(import.meta.dirname, 'host-child.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const sender = fork(join(import.meta.dirname, 'sender.ts'), { serialization: 'advanced' });
  const askHost = (command: HostCommand) => askChild<HostCommand, HostReport>(child, command);
  const askSender = (command: SenderCommand) => askChild<SenderCommand, SenderReport>(sender, command);
  try {
    await askHost({ type: 'start', kind, folder: folder.path, port });
    const { size, associations, count, warmUp = Math.ceil(count / 4 / associations) } = workload;
    await askHost({ type: 'measure' });
    await askSender({ type: 'prepare', job: { port, size, count, associations, warmUp } });
    const first = await askHost({ type: 'report' });
    warmPageCache(folder, size * count);
    await askHost({ type: 'measure' });
    const done = await askSender({ type: 'go' });
    const figures = await askHost({ type: 'report' });
    await askSender({ type: 'release' });
    if (done.type !== 'done' || first.type !== 'figures' || figures.type !== 'figures')
      throw new Error('an answer to another question came');
    const expected = done.latencies.length + warmUp * associations;
    if (figures.reported !== expected) throw new Error(`${figures.reported} of ${expected} files were reported`);
    return {
      perSecond: done.latencies.length / done.seconds,
      p99: figures.p99,
      max: figures.max,
      warmUpMax: first.max,
      cpu: figures.cpu / done.latencies.length,
    };
  } finally {
    sender.kill('SIGKILL');
    child.kill('SIGKILL');
    await emptyBenchFolder(folder);
  }
}
