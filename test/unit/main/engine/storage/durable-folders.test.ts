import { describe, expect, it } from 'vitest';
import { DurableFolders } from '#main/engine/storage/durable-folders.ts';
import { nodeFileSystem } from '#main/engine/storage/file-system.ts';

/** A file system whose fsyncs end when told to. */
function controlled() {
  const synced: string[] = [];
  const waiting: { path: string; end: (error?: Error) => void }[] = [];
  const paths = new Map<number, string>();
  const fileSystem = {
    ...nodeFileSystem,
    open: async (path: string) => {
      paths.set(paths.size + 100, path);
      return paths.size + 99;
    },
    close: async () => undefined,
    sync: (fd: number) =>
      new Promise<void>((resolve, reject) => {
        const path = paths.get(fd) ?? '';
        synced.push(path);
        waiting.push({ path, end: (error) => (error ? reject(error) : resolve()) });
      }),
  };
  return { fileSystem, synced, waiting };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('folders made durable', () => {
  it('are synchronized with those above them the first time, alone afterwards', async () => {
    const { fileSystem, synced, waiting } = controlled();
    const folders = new DurableFolders(fileSystem, '/out');
    for (const expected of [['/out', '/out/1', '/out/1/2'], ['/out/1/2']]) {
      synced.length = 0;
      const done = folders.sync('/out/1/2');
      await turn();
      expect([...synced].sort()).toEqual(expected);
      for (const { end } of waiting.splice(0)) end();
      await done;
    }
  });

  it('are synchronized with those above them again when they had to be created again', async () => {
    const { fileSystem, synced, waiting } = controlled();
    const folders = new DurableFolders(fileSystem, '/out');
    const syncAll = async () => {
      synced.length = 0;
      const done = folders.sync('/out/1/2');
      await turn();
      for (const { end } of waiting.splice(0)) end();
      await done;
      return [...synced].sort();
    };
    await syncAll();
    folders.created('/out/1/2');
    expect(await syncAll()).toEqual(['/out', '/out/1', '/out/1/2']);
    expect(await syncAll()).toEqual(['/out/1/2']);
  });

  it('share the sync after the one that runs', async () => {
    const { fileSystem, synced, waiting } = controlled();
    const folders = new DurableFolders(fileSystem, '/out');
    const order: number[] = [];
    const all = [0, 1, 2, 3].map((index) => folders.sync('/out').then(() => order.push(index)));
    await turn();
    expect(synced).toEqual(['/out']);
    waiting.shift()?.end();
    await turn();
    expect(order).toEqual([0]);
    expect(synced).toEqual(['/out', '/out']);
    const late = folders.sync('/out');
    waiting.shift()?.end();
    await Promise.all(all);
    expect(order).toEqual([0, 1, 2, 3]);
    await turn();
    expect(synced).toHaveLength(3);
    waiting.shift()?.end();
    await late;
  });

  it('fail for those who waited, and are tried again for the next', async () => {
    const { fileSystem, synced, waiting } = controlled();
    const folders = new DurableFolders(fileSystem, '/out');
    const first = folders.sync('/out/1');
    await turn();
    for (const { end } of waiting.splice(0)) end(Object.assign(new Error('EIO'), { code: 'EIO' }));
    await expect(first).rejects.toThrow('EIO');
    synced.length = 0;
    const second = folders.sync('/out/1');
    await turn();
    expect([...synced].sort()).toEqual(['/out', '/out/1']);
    for (const { end } of waiting.splice(0)) end();
    await second;
  });

  it('are as good as they get where folders cannot be synchronized', async () => {
    const { fileSystem, waiting } = controlled();
    const done = new DurableFolders(fileSystem, '/out').sync('/out');
    await turn();
    for (const { end } of waiting.splice(0)) end(Object.assign(new Error('EINVAL'), { code: 'EINVAL' }));
    await done;
  });
});
