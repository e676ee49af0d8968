/** Every file system call that storage makes, in one object, so that a test can let any of them fail or hang. */

import * as fs from 'node:fs';
import { dirname } from 'node:path';

/** What `stat` tells; `device` and `inode` together identify a file. */
export interface FileFacts {
  readonly size: number;
  readonly device: bigint;
  readonly inode: bigint;
  /** When its bytes were changed last, in nanoseconds since 1970. */
  readonly modified: bigint;
}

function factsOf({ size, dev, ino, mtimeNs }: fs.BigIntStats): FileFacts {
  return { size: Number(size), device: dev, inode: ino, modified: mtimeNs };
}

type Done<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

// The callback API costs about half of what node:fs/promises does per call.
function promised<T>(call: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value)));
  });
}

// Not mkdir's own `recursive`: on a read-only disk that says ENOENT.
async function makeFolder(path: string): Promise<void> {
  const make = () => promised<void>((done) => fs.mkdir(path, done));
  try {
    await make().catch(async (error: unknown) => {
      if (errnoOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
      await makeFolder(dirname(path));
      await make();
    });
  } catch (error) {
    // Whatever mkdir says of a folder that is there (EEXIST, on some systems EROFS, EACCES, EISDIR), it is there.
    const there = await promised<fs.Stats | undefined>((done) => fs.stat(path, (_, facts) => done(null, facts)));
    if (there?.isDirectory()) return;
    if (there) throw Object.assign(new Error(`${path} is a file`), { code: 'ENOTDIR' });
    throw error;
  }
}

/** The real file system. All errors are Node's own, with `code`. */
export const nodeFileSystem = {
  open: (path: string, flags: string) => promised<number>((done) => fs.open(path, flags, done)),
  /** Resolves with the number of bytes written, which may be fewer than offered. */
  writev: (fd: number, chunks: readonly Uint8Array[], position: number) =>
    promised<number>((done) => fs.writev(fd, chunks, position, done)),
  /** Resolves with the number of bytes read; 0 at the end. */
  read: (fd: number, into: Uint8Array, position: number) =>
    promised<number>((done) => fs.read(fd, into, 0, into.length, position, done)),
  datasync: (fd: number) => promised<void>((done) => fs.fdatasync(fd, done)),
  sync: (fd: number) => promised<void>((done) => fs.fsync(fd, done)),
  close: (fd: number) => promised<void>((done) => fs.close(fd, done)),
  rename: (from: string, to: string) => promised<void>((done) => fs.rename(from, to, done)),
  link: (from: string, to: string) => promised<void>((done) => fs.link(from, to, done)),
  unlink: (path: string) => promised<void>((done) => fs.unlink(path, done)),
  removeTree: (path: string) => promised<void>((done) => fs.rm(path, { recursive: true, force: true }, done)),
  /** Creates the folder and those above it; a folder that exists is fine. */
  makeFolder,
  list: (path: string) => promised<string[]>((done) => fs.readdir(path, done)),
  readText: (path: string) => promised<string>((done) => fs.readFile(path, 'utf8', done)),
  writeText: (path: string, text: string) => promised<void>((done) => fs.writeFile(path, text, done)),
  /** Undefined when nothing is there. Follows links. */
  stat: (path: string) =>
    promised<FileFacts | undefined>((done) =>
      fs.stat(path, { bigint: true }, (error, facts) => {
        if (error?.code === 'ENOENT') done(null, undefined);
        else if (error) done(error, undefined);
        else done(null, factsOf(facts));
      }),
    ),
  /** `kind` is the magic number of Linux's statfs(2); it means something else on other systems. */
  volume: (path: string) =>
    promised<{ free: number; kind: number }>((done) =>
      fs.statfs(path, (error, facts) =>
        done(error, error ? { free: 0, kind: 0 } : { free: facts.bavail * facts.bsize, kind: facts.type >>> 0 }),
      ),
    ),

  /** Calls that block: quicker than any hand-over to a thread, while the volume is quick. */
  blocking: {
    exists: (path: string): boolean => fs.existsSync(path),
    /** Undefined when nothing is there. */
    stat: (path: string): FileFacts | undefined => {
      const facts = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
      return facts && factsOf(facts);
    },
    /** Creates the file. */
    open: (path: string): number => fs.openSync(path, 'wx'),
    /** Returns the number of bytes written, which may be fewer than offered. */
    writev: (fd: number, chunks: readonly Uint8Array[], position: number): number =>
      chunks.length === 1
        ? fs.writeSync(fd, chunks[0]!, 0, chunks[0]!.length, position)
        : fs.writevSync(fd, chunks, position),
    close: (fd: number): void => fs.closeSync(fd),
    rename: (from: string, to: string): void => fs.renameSync(from, to),
    makeFolder: (path: string): void => {
      fs.mkdirSync(path, { recursive: true });
    },
    unlink: (path: string): void => fs.unlinkSync(path),
    /** Removes a folder that is empty; any other stays. */
    removeEmpty: (path: string): void => {
      try {
        fs.rmdirSync(path);
      } catch {
        // Something is in it, or it is gone: both are fine.
      }
    },
  },
};

export type FileSystem = typeof nodeFileSystem;

/** The code of a failed system call ('ENOENT'), or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
