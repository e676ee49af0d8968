import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FileSystem, nodeFileSystem } from '#main/engine/storage/file-system.ts';
import { FilesystemStorage, type FilesystemStorageOptions, INCOMING } from '#main/engine/storage/filesystem.ts';
import { LOCK_NAME } from '#main/engine/storage/folder-lock.ts';
import type { StorageError } from '#main/engine/storage/storage-backend.ts';
import { filesIn, partsIn } from '../support/file-bench.ts';
import { freshKey, patterned, store } from '../support/sink-suite.ts';
import { createTempFolder } from '../support/temp-folder.ts';

const MB = 1024 * 1024;
const NOBODY = 65534;
const CHILD = new URL('../support/storage-child.ts', import.meta.url).pathname;
const root = process.platform === 'linux' && process.getuid?.() === 0;

async function failureOf(work: Promise<unknown>): Promise<StorageError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as StorageError,
  );
  expect(error?.name).toBe('StorageError');
  expect(error!.comment.length).toBeLessThanOrEqual(64);
  expect(error!.comment).not.toContain(tmpdir());
  return error!;
}

async function tempFolder(): Promise<string> {
  const folder = await createTempFolder('faults');
  onTestFinished(folder.remove);
  return folder.path;
}

async function opened(outDir: string, options: Partial<FilesystemStorageOptions> = {}): Promise<FilesystemStorage> {
  const backend = new FilesystemStorage({ fsync: false, ...options, outDir });
  await backend.open();
  onTestFinished(() => backend.close());
  return backend;
}

function failing(code: string): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error(`${code}: injected`), { code }));
}

function failingBlocking(code: string): FileSystem['blocking'] {
  const fail = () => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
  return { ...nodeFileSystem.blocking, rename: fail };
}

interface Child {
  readonly process: ChildProcess;
  /** The next line it prints; undefined when it has ended. */
  next(): Promise<Record<string, unknown> | undefined>;
  kill(): Promise<void>;
}

function startChild(...args: string[]): Child {
  const child = spawn(process.execPath, ['--no-warnings', CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  return {
    process: child,
    kill,
    next: async () => {
      const line = await lines.next();
      return line.done ? undefined : (JSON.parse(line.value) as Record<string, unknown>);
    },
  };
}

describe.skipIf(!root)('a volume of its own (needs root)', () => {
  async function mounted(options: string): Promise<string> {
    const folder = join(await tempFolder(), 'volume');
    await mkdir(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
    onTestFinished(() => {
      execFileSync('umount', ['-l', folder]);
    });
    return folder;
  }

  for (const fsync of [false, true]) {
    it(`says that the disk is full while a large instance is written, and goes on (fsync ${fsync})`, async () => {
      const outDir = await mounted('size=24m');
      const backend = await opened(outDir, { fsync });
      const failure = await failureOf(store(backend, freshKey(), patterned(40 * MB)));
      expect(failure).toMatchObject({ code: 'disk-full', comment: 'disk full' });
      expect(failure.message).toContain(outDir);
      expect(await partsIn(outDir)).toEqual([]);
      expect((await store(backend, freshKey(), patterned(4 * MB))).outcome).toBe('new');
    });

    it(`says that the disk is full at the end of a small instance, and goes on (fsync ${fsync})`, async () => {
      const outDir = await mounted('size=1m');
      const backend = await opened(outDir, { fsync });
      expect((await failureOf(store(backend, freshKey(), patterned(MB)))).code).toBe('disk-full');
      expect(await partsIn(outDir)).toEqual([]);
      expect(await filesIn(outDir)).toEqual([]);
      expect((await store(backend, freshKey(), patterned(100_000))).outcome).toBe('new');
    });

    it(`says that the disk is full when not even a name fits (fsync ${fsync})`, async () => {
      const outDir = await mounted('size=8m,nr_inodes=20');
      const backend = await opened(outDir, { fsync });
      const all = await Promise.allSettled(
        Array.from({ length: 20 }, () => store(backend, freshKey(), patterned(1000))),
      );
      const failed = all.filter((one) => one.status === 'rejected').map((one) => (one.reason as StorageError).code);
      expect(failed.length).toBeGreaterThan(0);
      expect(new Set(failed)).toEqual(new Set(['disk-full']));
      expect(await filesIn(outDir)).toHaveLength(20 - failed.length);
      expect(await partsIn(outDir)).toEqual([]);
    });
  }

  it('says at the start that the disk is full', async () => {
    const outDir = await mounted('size=1m');
    await writeFile(join(outDir, 'filler'), patterned(MB));
    expect((await failureOf(new FilesystemStorage({ outDir }).open())).code).toBe('disk-full');
  });

  it('says at the start that the disk is read-only', async () => {
    const volume = await mounted('size=8m');
    await mkdir(join(volume, 'old'));
    execFileSync('mount', ['-o', 'remount,ro', volume]);
    for (const outDir of [volume, join(volume, 'old'), join(volume, 'new')]) {
      const failure = await failureOf(new FilesystemStorage({ outDir }).open());
      expect(failure.code).toBe('read-only');
      expect(failure.message).toContain(outDir);
    }
  });

  it('does not go on on another volume when its own is gone', async () => {
    const volume = await mounted('size=8m');
    const backend = new FilesystemStorage({ outDir: volume, fsync: false });
    await backend.open();
    execFileSync('umount', ['-l', volume]);
    onTestFinished(() => {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', volume]);
    });
    const failure = await failureOf(store(backend, freshKey(), patterned(1000)));
    expect(failure.code).toBe('not-found');
    expect(failure.message).toContain('no longer connected');
    expect(await readdir(volume)).toEqual([]);
    await backend.close();
  });

  it('says that it has no right to write there', async () => {
    const folder = await tempFolder();
    chmodSync(folder, 0o755);
    const outDir = join(folder, 'archive');
    const first = startChild(outDir, 'open', String(NOBODY), String(NOBODY));
    const said = await first.next();
    expect(said).toMatchObject({ code: 'permission-denied' });
    expect(said?.message).toContain(outDir);
    await mkdir(outDir);
    await chown(outDir, NOBODY, NOBODY);
    expect(await startChild(outDir, 'open', String(NOBODY), String(NOBODY)).next()).toEqual({ open: true });
  });
});

describe('a folder that goes away', () => {
  for (const size of [1000, 3 * MB]) {
    it(`is created again for the next instance of ${size} bytes`, async () => {
      const outDir = join(await tempFolder(), 'archive');
      const backend = await opened(outDir, { fsync: size > MB });
      await store(backend, freshKey(), patterned(size));
      await rm(outDir, { recursive: true });
      expect((await store(backend, freshKey(), patterned(size))).outcome).toBe('new');
      expect((await failureOf(new FilesystemStorage({ outDir }).open())).code).toBe('in-use');
    });
  }

  it('fails the instance that was under way, and only that', async () => {
    const outDir = join(await tempFolder(), 'archive');
    const backend = await opened(outDir);
    const sink = backend.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
    await sink.write(patterned(20 * MB));
    await rm(outDir, { recursive: true });
    expect((await failureOf(sink.commit())).code).toBe('not-found');
    await sink.abort();
    expect((await store(backend, freshKey(), patterned(1000))).outcome).toBe('new');
  });

  it('is named when a file is in its way', async () => {
    const outDir = join(await tempFolder(), 'archive');
    await writeFile(outDir, 'not a folder');
    const failure = await failureOf(new FilesystemStorage({ outDir }).open());
    expect(failure.message).toContain(outDir);
  });
});

describe('the lock of a folder', () => {
  const quick = { beat: 40, silence: 400 };

  it('keeps a second receiver in the same process out, and lets it in afterwards', async () => {
    const outDir = await tempFolder();
    const first = new FilesystemStorage({ outDir });
    await first.open();
    const second = new FilesystemStorage({ outDir });
    const failure = await failureOf(second.open());
    expect(failure.code).toBe('in-use');
    expect(failure.message).toContain(outDir);
    expect(failure.message).toContain(String(process.pid));
    await first.close();
    await second.open();
    await second.close();
    expect(existsSync(join(outDir, LOCK_NAME))).toBe(false);
  });

  it('goes to one of many that come at the same time', async () => {
    const outDir = await tempFolder();
    const all = Array.from({ length: 8 }, () => new FilesystemStorage({ outDir }));
    const results = await Promise.allSettled(all.map((backend) => backend.open()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await Promise.all(all.map((backend) => backend.close()));
  });

  it('keeps another process out; when that is killed, it is taken over and the parts are swept', async () => {
    const outDir = await tempFolder();
    const holder = startChild(outDir, 'hold');
    expect(await holder.next()).toEqual({ open: true });
    expect(await holder.next()).toEqual({ writing: true });
    expect(await partsIn(outDir)).toHaveLength(1);
    const failure = await failureOf(new FilesystemStorage({ outDir }).open());
    expect(failure.code).toBe('in-use');
    expect(failure.message).toContain(String(holder.process.pid));
    expect(await partsIn(outDir)).toHaveLength(1);
    await holder.kill();
    await opened(outDir);
    expect(await partsIn(outDir)).toEqual([]);
    expect(await filesIn(outDir)).toEqual([]);
  });

  it('loses nothing that was acknowledged when the process is killed', async () => {
    const outDir = await tempFolder();
    const child = startChild(outDir, 'flood');
    expect(await child.next()).toEqual({ open: true });
    const acknowledged: { location: string; seed: number }[] = [];
    for (let count = 0; count < 20; count += 1) acknowledged.push((await child.next()) as (typeof acknowledged)[0]);
    await child.kill();
    for (let line = await child.next(); line; line = await child.next()) acknowledged.push(line as never);
    await opened(outDir);
    for (const { location, seed } of acknowledged) {
      expect(Buffer.compare(await readFile(location), patterned(100_000, seed))).toBe(0);
    }
    for (const name of await filesIn(outDir)) expect(await readFile(join(outDir, name))).toHaveLength(100_000);
  });

  it.skipIf(process.platform !== 'linux')('is taken over at once from a worker thread that ended', async () => {
    const outDir = await tempFolder();
    const file = JSON.stringify(new URL('../../src/main/engine/storage/filesystem.ts', import.meta.url).href);
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       import(${file}).then(async ({ FilesystemStorage }) => {
         await new FilesystemStorage({ outDir: ${JSON.stringify(outDir)} }).open();
         parentPort.postMessage('open');
         setInterval(() => {}, 1000);
       });`,
      { eval: true },
    );
    await new Promise((resolve) => worker.once('message', resolve));
    expect((await failureOf(new FilesystemStorage({ outDir }).open())).code).toBe('in-use');
    await worker.terminate();
    await opened(outDir);
  });

  it.skipIf(process.platform !== 'linux')('is not kept by a process that only has the same number', async () => {
    const outDir = await tempFolder();
    const backend = new FilesystemStorage({ outDir });
    await backend.open();
    const text = await readFile(join(outDir, LOCK_NAME), 'utf8');
    await backend.close();
    await writeFile(join(outDir, LOCK_NAME), text.replace(/"started":"\d+"/, '"started":"1"'));
    await opened(outDir);
  });

  it('is taken over from a holder elsewhere when its heart has stopped', async () => {
    const outDir = await tempFolder();
    await writeFile(
      join(outDir, LOCK_NAME),
      JSON.stringify({ token: 'x', pid: 1, place: 'elsewhere', started: '', beats: 7 }),
    );
    await opened(outDir, { lockTimes: quick });
  });

  it('is left to a holder elsewhere whose heart beats', async () => {
    const outDir = await tempFolder();
    const beat = (beats: number) =>
      writeFile(
        join(outDir, LOCK_NAME),
        JSON.stringify({ token: 'x', pid: 1, place: 'elsewhere', started: '', beats }),
      );
    await beat(0);
    let beats = 0;
    const heart = setInterval(() => void beat(++beats), 50);
    onTestFinished(() => clearInterval(heart));
    expect((await failureOf(new FilesystemStorage({ outDir, lockTimes: quick }).open())).code).toBe('in-use');
  });

  it('stops a receiver whose folder somebody else has taken', async () => {
    const outDir = await tempFolder();
    const backend = await opened(outDir, { lockTimes: quick });
    await rename(join(outDir, LOCK_NAME), join(outDir, 'moved'));
    await writeFile(join(outDir, LOCK_NAME), 'another receiver');
    await expect
      .poll(() => store(backend, freshKey(), patterned(10)).catch((error: StorageError) => error.code))
      .toBe('in-use');
  });

  it('survives rubbish in its file', async () => {
    for (const rubbish of ['', 'null', '{', '{"pid":"x"}']) {
      const outDir = await tempFolder();
      await writeFile(join(outDir, LOCK_NAME), rubbish);
      await opened(outDir, { lockTimes: quick });
    }
  });
});

describe('a file held by an antivirus or an indexer', () => {
  for (const code of ['EBUSY', 'EPERM', 'EACCES']) {
    it(`is renamed when it is let go (${code})`, async () => {
      let refusals = 3;
      const rename: FileSystem['rename'] = (from, to) =>
        refusals-- > 0 ? failing(code)() : nodeFileSystem.rename(from, to);
      const outDir = await tempFolder();
      const backend = await opened(outDir, {
        fileSystem: { ...nodeFileSystem, rename, blocking: failingBlocking(code) },
      });
      const bytes = patterned(5000);
      const stored = await store(backend, freshKey(), bytes);
      expect(Buffer.compare(await readFile(stored.location), bytes)).toBe(0);
      expect(await partsIn(outDir)).toEqual([]);
    });
  }

  it('fails the instance when it is never let go, and leaves nothing', async () => {
    const outDir = await tempFolder();
    const backend = await opened(outDir, {
      fileSystem: { ...nodeFileSystem, rename: failing('EBUSY'), blocking: failingBlocking('EBUSY') },
    });
    const failure = await failureOf(store(backend, freshKey(), patterned(5000)));
    expect(failure).toMatchObject({ code: 'failed', comment: 'storage: file is in use' });
    expect(await partsIn(outDir)).toEqual([]);
    expect(await filesIn(outDir)).toEqual([]);
  });
});

describe('calls that fail', () => {
  const remote = { ...nodeFileSystem, volume: async () => ({ free: 1e12, kind: 0 }) };

  for (const call of ['open', 'writev', 'datasync', 'close', 'rename', 'stat'] as const) {
    for (const [code, expected] of [
      ['ENOSPC', 'disk-full'],
      ['EDQUOT', 'disk-full'],
      ['EROFS', 'read-only'],
      ['EIO', 'failed'],
      ['EMFILE', 'failed'],
      ['ESTALE', 'not-found'],
    ] as const) {
      it(`${call} with ${code} fails the instance, leaves nothing and the next one succeeds`, async () => {
        const outDir = await tempFolder();
        let armed = false;
        const fileSystem = {
          ...remote,
          [call]: (...args: unknown[]) => {
            const path = String(args[0]);
            // The lock beats through the same calls.
            const ours = call === 'stat' || call === 'open' ? path.endsWith('.dcm') || path.endsWith('.part') : true;
            if (armed && ours) {
              armed = false;
              if (call === 'close') void nodeFileSystem.close(args[0] as number);
              return failing(code)();
            }
            return (nodeFileSystem[call] as (...args: unknown[]) => Promise<unknown>)(...args);
          },
        };
        const backend = await opened(outDir, { fsync: true, fileSystem, lockTimes: { beat: 60_000, silence: 1 } });
        armed = true;
        expect((await failureOf(store(backend, freshKey(), patterned(3 * MB)))).code).toBe(expected);
        expect(await filesIn(outDir)).toEqual([]);
        expect(await partsIn(outDir)).toEqual([]);
        expect((await store(backend, freshKey(), patterned(3 * MB))).outcome).toBe('new');
      });
    }
  }

  it('a write that takes only a part is continued', async () => {
    const outDir = await tempFolder();
    const writev: FileSystem['writev'] = async (fd, chunks, position) => {
      const first = chunks[0]!;
      return await nodeFileSystem.writev(fd, [first.subarray(0, Math.ceil(first.length / 2))], position);
    };
    const backend = await opened(outDir, { fileSystem: { ...remote, writev } });
    const bytes = patterned(3 * MB + 5);
    const stored = await store(backend, freshKey(), bytes, { chunk: 10_001 });
    expect(Buffer.compare(await readFile(stored.location), bytes)).toBe(0);
  });
});

/** A volume that is not known to be local: what may hang is left to threads there. */
const networkShare: FileSystem = {
  ...nodeFileSystem,
  volume: async (path) => ({ ...(await nodeFileSystem.volume(path)), kind: 0x6969 }), // NFS
};

describe('calls that hang', () => {
  const never = () => new Promise<never>(() => undefined);

  for (const call of ['open', 'writev', 'datasync', 'close', 'rename', 'stat', 'unlink'] as const) {
    it(`${call}: the instance fails in time, and abort ends`, async () => {
      const outDir = await tempFolder();
      const key = freshKey();
      // With all the time that a busy machine needs.
      const before = await opened(outDir, { fsync: true });
      await store(before, key, patterned(3 * MB));
      await before.close();
      let armed = false;
      const hang = (...args: unknown[]) => {
        if (armed) return never();
        return (nodeFileSystem[call] as (...args: unknown[]) => Promise<unknown>)(...args);
      };
      const backend = await opened(outDir, {
        fsync: true,
        operationTimeout: 100,
        lockTimes: { beat: 60_000, silence: 1 },
        fileSystem: { ...networkShare, [call]: hang },
      });
      armed = true;
      // Equal content ends in unlink, other content in rename.
      const bytes = patterned(3 * MB, call === 'rename' ? 2 : 1);
      expect((await failureOf(store(backend, key, bytes))).code).toBe('timed-out');
      armed = false;
    });
  }

  it('closes and removes a file that was opened too late', async () => {
    const outDir = await tempFolder();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let armed = false;
    const fileSystem = {
      ...networkShare,
      open: async (path: string, flags: string) => {
        if (armed) await gate;
        return await nodeFileSystem.open(path, flags);
      },
    };
    const backend = await opened(outDir, { fsync: true, operationTimeout: 100, fileSystem });
    armed = true;
    expect((await failureOf(store(backend, freshKey(), patterned(1000)))).code).toBe('timed-out');
    release();
    armed = false;
    await expect.poll(() => partsIn(outDir)).toEqual([]);
  });

  it('a rename that comes late never lands on what was stored after it', async () => {
    const outDir = await tempFolder();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let armed = false;
    const fileSystem: FileSystem = {
      ...networkShare,
      rename: async (from, to) => {
        if (armed) {
          armed = false;
          await gate;
        }
        await nodeFileSystem.rename(from, to);
      },
    };
    const backend = await opened(outDir, { fsync: true, operationTimeout: 100, fileSystem });
    const key = freshKey();
    await store(backend, { ...key, sopInstanceUid: '1.2' }, patterned(10));
    armed = true;
    const late = backend.createSink({ place: 'archive', key, metaLength: 0 });
    await late.write(patterned(1000, 1));
    expect((await failureOf(late.commit())).code).toBe('timed-out');
    // While the rename may still come, nobody may store under the same name.
    expect((await failureOf(store(backend, key, patterned(1000, 2)))).code).toBe('timed-out');
    release();
    await expect.poll(() => filesIn(outDir)).toHaveLength(2);
    expect((await store(backend, key, patterned(1000, 2))).outcome).toBe('kept-both');
    await late.abort();
    expect(await filesIn(outDir)).toHaveLength(3);
  });
});

describe('memory', () => {
  it('asks the sender to wait above the mark, and lets it go on below', async () => {
    const outDir = await tempFolder();
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const writev: FileSystem['writev'] = async (fd, chunks, position) => {
      await gate;
      return await nodeFileSystem.writev(fd, chunks, position);
    };
    const backend = await opened(outDir, { fsync: true, lockTimes: { beat: 60_000, silence: 1 } });
    await backend.close();
    const slow = new FilesystemStorage({
      outDir,
      fsync: true,
      fileSystem: {
        ...networkShare,
        writev: (fd, chunks, position) =>
          chunks[0]!.length < 1000 ? nodeFileSystem.writev(fd, chunks, position) : writev(fd, chunks, position),
      },
    });
    await slow.open();
    onTestFinished(() => slow.close());
    const sink = slow.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
    const bytes = patterned(20 * MB);
    let waited: Promise<void> | undefined;
    let at = 0;
    for (; at < bytes.length && waited === undefined; at += MB) waited = sink.write(bytes.subarray(at, at + MB));
    expect(at).toBe(17 * MB);
    open();
    await waited;
    for (; at < bytes.length; at += MB) await sink.write(bytes.subarray(at, at + MB));
    const stored = await sink.commit();
    expect(Buffer.compare(await readFile(stored.location), bytes)).toBe(0);
  });

  it('stays within the total of all sinks together, and all of them end', async () => {
    const outDir = await tempFolder();
    const backend = await opened(outDir, { limits: { total: 4 * MB, small: MB } });
    const bytes = patterned(6 * MB);
    const all = await Promise.all(
      Array.from({ length: 12 }, () => store(backend, freshKey(), bytes, { chunk: 300_000 })),
    );
    for (const { location } of all) expect(Buffer.compare(await readFile(location), bytes)).toBe(0);
  });
});

describe('leftovers', () => {
  it('are swept at the start, and nothing else is', async () => {
    const outDir = await tempFolder();
    await mkdir(join(outDir, INCOMING));
    await writeFile(join(outDir, INCOMING, 'x-1.part'), 'left');
    await mkdir(join(outDir, '1.2', '1.3'), { recursive: true });
    await writeFile(join(outDir, '1.2', '1.3', '1.4.dcm'), 'kept');
    await opened(outDir);
    expect(await partsIn(outDir)).toEqual([]);
    expect(await filesIn(outDir)).toEqual(['1.2/1.3/1.4.dcm']);
  });

  it('free space is that of the volume, and unknown when it does not answer', async () => {
    const backend = await opened(await tempFolder());
    expect(await backend.freeSpace()).toBeGreaterThan(0);
    const silent = await opened(await tempFolder(), {
      operationTimeout: 50,
      fileSystem: {
        ...networkShare,
        volume: (() => {
          let calls = 0;
          return (path: string) => (calls++ === 0 ? nodeFileSystem.volume(path) : new Promise<never>(() => undefined));
        })(),
      },
    });
    expect(await silent.freeSpace()).toBeUndefined();
  });
});
