/**
 * One receiver per folder: a lock file that names its holder, is held open by it and beats like a heart.
 *
 * A holder on the same machine is judged by its process (on Linux: does it live, with the same start time, and does it
 * hold this very file open), so that what a killed process or a crashed worker thread left behind is taken over at once.
 * A holder that cannot be judged (another machine, another container) is watched: it lives while its file changes.
 */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errnoOf, type FileSystem } from './file-system.ts';
import { StorageError } from './storage-backend.ts';

export const LOCK_NAME = '.studyport.lock';

export interface LockTimes {
  /** Milliseconds between two beats. */
  readonly beat: number;
  /** Milliseconds without a beat after which a holder that cannot be judged is taken for dead. */
  readonly silence: number;
}

const TIMES: LockTimes = { beat: 2_000, silence: 10_000 };

interface Holder {
  readonly token: string;
  readonly pid: number;
  /** Where `pid` means something: host, boot and process namespace. */
  readonly place: string;
  /** When the process started, in the system's own words; empty where that is not known. */
  readonly started: string;
}

type Verdict = 'alive' | 'dead' | 'unknown';

export class FolderLock {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #holder: Holder;
  #fd: number;
  #inode: bigint | undefined;
  #beats = 0;
  #lost = false;
  #beating: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  private constructor(fileSystem: FileSystem, path: string, holder: Holder, fd: number, times: LockTimes) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#holder = holder;
    this.#fd = fd;
    this.#timer = setInterval(() => {
      this.#beating = this.#beating.then(() => this.#beat());
    }, times.beat);
    this.#timer.unref();
  }

  /**
   * Takes the lock of `folder`, which must exist. Rejects with StorageError 'in-use' when another receiver holds it, and
   * with the system's error when the file cannot be written. Takes up to `silence` ms when a holder has to be watched.
   */
  static async acquire(fileSystem: FileSystem, folder: string, times: LockTimes = TIMES): Promise<FolderLock> {
    const path = join(folder, LOCK_NAME);
    const holder = await ownIdentity(fileSystem);
    let watched: { readonly text: string; readonly since: number } | undefined;
    for (;;) {
      const fd = await createOrNothing(fileSystem, path);
      if (fd !== undefined) {
        const lock = new FolderLock(fileSystem, path, holder, fd, times);
        await lock.#claim();
        return lock;
      }
      const text = (await textOrNothing(fileSystem, path)) ?? '';
      const verdict = await judge(fileSystem, path, parseHolder(text), holder.place);
      const changed = watched !== undefined && watched.text !== text && watched.text !== '';
      if (verdict === 'alive' || (verdict === 'unknown' && changed)) throw inUse(folder, path, parseHolder(text));
      if (watched?.text !== text) watched = { text, since: performance.now() };
      if (verdict === 'dead' || performance.now() - watched.since >= times.silence) {
        await takeAway(fileSystem, path, text);
      } else {
        await new Promise((resolve) => setTimeout(resolve, Math.min(times.beat / 4, 500)));
      }
    }
  }

  /** Whether somebody else has taken the folder (this machine slept, say): nothing may be stored any more. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Looks at once whether the lock still stands, and puts it back when the folder was deleted and created again. */
  async renew(): Promise<void> {
    this.#beating = this.#beating.then(() => this.#beat());
    await this.#beating;
  }

  /** Gives the folder free. Rejects with the system's error when the file cannot be removed. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    const mine = !this.#lost && (await this.#stands());
    await this.#fileSystem.close(this.#fd);
    if (mine) await this.#fileSystem.unlink(this.#path);
  }

  async #claim(): Promise<void> {
    try {
      await this.#write();
      this.#inode = (await this.#fileSystem.stat(this.#path))?.inode;
    } catch (error) {
      clearInterval(this.#timer);
      await this.#fileSystem.close(this.#fd).catch(() => undefined);
      await this.#fileSystem.unlink(this.#path).catch(() => undefined);
      throw error;
    }
  }

  async #write(): Promise<void> {
    const text = `${JSON.stringify({ ...this.#holder, beats: this.#beats })}\n`;
    await this.#fileSystem.writev(this.#fd, [Buffer.from(text)], 0);
  }

  async #stands(): Promise<boolean> {
    const facts = await this.#fileSystem.stat(this.#path).catch(() => undefined);
    return facts !== undefined && facts.inode === this.#inode;
  }

  async #beat(): Promise<void> {
    try {
      const facts = await this.#fileSystem.stat(this.#path);
      if (facts === undefined) {
        const fd = await createOrNothing(this.#fileSystem, this.#path);
        if (fd === undefined) return;
        await this.#fileSystem.close(this.#fd);
        this.#fd = fd;
        await this.#write();
        this.#inode = (await this.#fileSystem.stat(this.#path))?.inode;
      } else if (facts.inode !== this.#inode) {
        this.#lost = true;
      } else {
        this.#beats += 1;
        await this.#write();
      }
    } catch {
      // The folder is away or the disk is full: whatever is stored next says so, in better words.
    }
  }
}

function inUse(folder: string, path: string, holder: Holder | undefined): StorageError {
  const who = holder === undefined ? 'Another receiver' : `Another receiver (process ${holder.pid})`;
  return new StorageError(
    'in-use',
    `${who} already stores to ${folder}: stop it, or choose another folder. (The lock is ${path}.)`,
    'storage folder is in use',
  );
}

async function createOrNothing(fileSystem: FileSystem, path: string): Promise<number | undefined> {
  try {
    return await fileSystem.open(path, 'wx');
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

async function textOrNothing(fileSystem: FileSystem, path: string): Promise<string | undefined> {
  try {
    return await fileSystem.readText(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Removes the lock that `text` was read from. Between reading and removing, another one may have done the same and set up
 * its own lock: then that is put back.
 */
async function takeAway(fileSystem: FileSystem, path: string, text: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await fileSystem.rename(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await textOrNothing(fileSystem, aside)) !== text) {
    await fileSystem.link(aside, path).catch(() => undefined);
  }
  await fileSystem.unlink(aside);
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    if (typeof holder?.pid !== 'number' || typeof holder.token !== 'string') return undefined;
    return { token: holder.token, pid: holder.pid, place: holder.place ?? '', started: holder.started ?? '' };
  } catch {
    return undefined;
  }
}

async function ownIdentity(fileSystem: FileSystem): Promise<Holder> {
  const boot = (await fileSystem.readText('/proc/sys/kernel/random/boot_id').catch(() => '')).trim();
  const namespace = await fileSystem.stat('/proc/self/ns/pid').catch(() => undefined);
  return {
    token: randomUUID(),
    pid: process.pid,
    place: [hostname(), boot, namespace?.inode ?? ''].join(' '),
    started: (await startOf(fileSystem, process.pid)) ?? '',
  };
}

async function judge(fileSystem: FileSystem, path: string, holder: Holder | undefined, here: string): Promise<Verdict> {
  if (holder === undefined || holder.place !== here) return 'unknown';
  if (process.platform !== 'linux') return isRunning(holder.pid) ? 'unknown' : 'dead';
  if ((await startOf(fileSystem, holder.pid)) !== holder.started) return 'dead';
  return (await holdsOpen(fileSystem, holder.pid, path)) ? 'alive' : 'dead';
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** Field 22 of /proc/pid/stat: the ticks since the machine started; the name before it may hold anything. */
async function startOf(fileSystem: FileSystem, pid: number): Promise<string | undefined> {
  const stat = await fileSystem.readText(`/proc/${pid}/stat`).catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie holds nothing any more.
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
}

/** Whether the process has this very file open; true when the system does not let us look. */
async function holdsOpen(fileSystem: FileSystem, pid: number, path: string): Promise<boolean> {
  const file = await fileSystem.stat(path);
  const folder = `/proc/${pid}/fd`;
  let names: string[];
  try {
    names = await fileSystem.list(folder);
  } catch (error) {
    return errnoOf(error) !== 'ENOENT';
  }
  for (const name of names) {
    const facts = await fileSystem.stat(join(folder, name)).catch(() => undefined);
    if (facts !== undefined && facts.inode === file?.inode && facts.device === file.device) return true;
  }
  return false;
}
