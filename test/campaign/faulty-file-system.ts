/**
 * The file system under a receiver of the campaign: any call can be made to fail, the process can be made to end at any
 * call, and it is known at every moment what a power failure would leave: bytes that were synchronized, under names whose
 * folders were synchronized, and nothing else.
 */
import { fstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FileSystem, nodeFileSystem } from '#main/engine/storage/file-system.ts';
import { LOCK_NAME } from '#main/engine/storage/folder-lock.ts';

type Call = (...argument: unknown[]) => unknown;
type Entry = { readonly inode: number; readonly isFolder: boolean };

/** The durable state of a disk, by the calls that were made. */
export class DurableDisk {
  readonly #paths = new Map<number, string>();
  readonly #contents = new Map<number, Buffer>();
  readonly #folders = new Map<string, ReadonlyMap<string, Entry>>();

  opened(fd: number, path: string, isNew: boolean): void {
    this.#paths.set(fd, path);
    // Numbers of files are used again.
    if (isNew) this.#contents.delete(fstatSync(fd).ino);
  }

  synchronized(fd: number): void {
    const path = this.#paths.get(fd);
    if (path === undefined) return;
    const facts = fstatSync(fd);
    if (!facts.isDirectory()) {
      this.#contents.set(facts.ino, readFileSync(path));
      return;
    }
    const entries = readdirSync(path, { withFileTypes: true }).flatMap((entry): [string, Entry][] => {
      const inode = statSync(join(path, entry.name), { throwIfNoEntry: false })?.ino;
      return inode === undefined ? [] : [[entry.name, { inode, isFolder: entry.isDirectory() }]];
    });
    this.#folders.set(path, new Map(entries));
  }

  /** Somebody removed a folder, and the disk knows. */
  removed(folder: string): void {
    for (const path of this.#folders.keys()) {
      if (path === folder || path.startsWith(`${folder}/`)) this.#folders.delete(path);
    }
    const above = new Map(this.#folders.get(dirname(folder)));
    above.delete(folder.slice(dirname(folder).length + 1));
    this.#folders.set(dirname(folder), above);
  }

  /** Writes what would be left of `folder` after a power failure. */
  restore(folder: string, to: string): void {
    mkdirSync(to, { recursive: true });
    for (const [name, { inode, isFolder }] of this.#folders.get(folder) ?? []) {
      // The lock is judged by the boot of its holder, which nobody here can change.
      if (name === LOCK_NAME) continue;
      if (isFolder) this.restore(join(folder, name), join(to, name));
      else writeFileSync(join(to, name), this.#contents.get(inode) ?? Buffer.alloc(0));
    }
  }
}

export interface Hooks {
  /** Throws what the call is to fail with. */
  before(call: string): void;
}

/** The real file system behind hooks, its durable state told to `disk` where there is one. */
export function faultyFileSystem(hooks: Hooks, disk?: DurableDisk): FileSystem {
  const heard = (call: string, argument: readonly unknown[], result: unknown) => {
    if (call === 'open')
      disk?.opened(result as number, String(argument[0]), argument[1] !== 'r' && argument[1] !== 'r+');
    if (call === 'datasync' || call === 'sync') disk?.synchronized(argument[0] as number);
  };
  const real: FileSystem = { ...nodeFileSystem, blocking: { ...nodeFileSystem.blocking } };
  const calls = Object.entries(real).flatMap(([name, call]): [string, unknown][] => {
    if (typeof call !== 'function') return [];
    const wrapped = async (...argument: unknown[]) => {
      hooks.before(name);
      const result = await (call as Call)(...argument);
      heard(name, argument, result);
      return result;
    };
    return [[name, wrapped]];
  });
  const blocking = Object.entries(real.blocking).map(([name, call]): [string, unknown] => {
    const wrapped = (...argument: unknown[]) => {
      hooks.before(name);
      const result = (call as Call)(...argument);
      heard(name, argument, result);
      return result;
    };
    return [name, wrapped];
  });
  return {
    ...(Object.fromEntries(calls) as FileSystem),
    blocking: Object.fromEntries(blocking) as FileSystem['blocking'],
  };
}
