/** Small texts that outlive a power failure: which folders are synchronized for it, and what a failure leaves behind. */
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { nodeFileSystem } from '#main/engine/storage/file-system.ts';
import { PendingFiles } from '#main/engine/storage/pending-files.ts';
import { createTempFolder } from '../../../../support/temp-folder.ts';

afterEach(() => vi.restoreAllMocks());

async function temporary() {
  const folder = await createTempFolder('pending');
  onTestFinished(folder.remove);
  return folder;
}

/** The folders that are synchronized while something is done, sorted. */
async function synchronized(action: () => Promise<void>): Promise<string[]> {
  const open = vi.spyOn(nodeFileSystem, 'open');
  await action();
  const folders = open.mock.calls.filter(([, flags]) => flags === 'r').map(([path]) => path);
  open.mockRestore();
  return folders.sort();
}

test('the first text makes durable every folder that was created for it, and those that were there as far as they are ours', async () => {
  const folder = await temporary();
  const [first, second] = [folder.join('a'), folder.join('a/b')];
  const files = new PendingFiles(folder.path, 'a', 'b');
  expect(await synchronized(() => files.put('one', '1'))).toEqual([folder.path, first, second]);
  expect(await synchronized(() => files.put('two', '2'))).toEqual([second]);
  // After a restart nobody knows whether the name of the folder itself had become durable.
  const again = new PendingFiles(second);
  expect(await synchronized(() => again.put('three', '3'))).toEqual([dirname(second), second]);
  await nodeFileSystem.removeTree(first);
  expect(await synchronized(() => again.put('four', '4'))).toEqual([folder.path, first, second]);
  expect(await again.load()).toEqual(['4']);
});

test('a text that cannot be written leaves nothing behind', async () => {
  const folder = await temporary();
  const files = new PendingFiles(folder.path);
  for (const step of ['writev', 'sync', 'rename'] as const) {
    vi.spyOn(nodeFileSystem, step).mockRejectedValueOnce(new Error('disk full'));
    await expect(files.put('one', '1')).rejects.toThrow('disk full');
    expect(readdirSync(folder.path), step).toEqual([]);
  }
  await files.put('one', '1');
  expect(await files.load()).toEqual(['1']);
});
