import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkFolder, createFolder, expandFolder, fileSystemOf, listFolder } from '#main/receiver/folder-check.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

async function home() {
  const folder = await createTempFolder('folders');
  onTestFinished(folder.remove);
  return folder;
}

test.each([
  ['~', '/home/me'],
  ['~/dicom', '/home/me/dicom'],
  ['dicom', '/home/me/dicom'],
  [' /a/../b/ ', '/b'],
  ['~other', '/home/me/~other'],
])('expandFolder %o is %o', (path, expanded) => {
  expect(expandFolder(path, '/home/me')).toBe(expanded);
});

describe('checkFolder', () => {
  test('a folder that is there: really tried, nothing left behind', async () => {
    const folder = await home();
    expect(await checkFolder('~', folder.path)).toMatchObject({
      path: folder.path,
      exists: true,
      writable: true,
      freeBytes: expect.any(Number),
    });
    expect(await readdir(folder.path)).toEqual([]);
  });

  test('one that is not there yet is judged by the nearest one above', async () => {
    const folder = await home();
    const check = await checkFolder('~/a/b/c', folder.path);
    expect(check).toMatchObject({ path: folder.join('a', 'b', 'c'), exists: false, writable: true });
    expect(await readdir(folder.path)).toEqual([]);
  });

  test('a file is no folder', async () => {
    const folder = await home();
    await writeFile(folder.join('file'), '');
    for (const path of ['~/file', '~/file/below']) {
      expect(await checkFolder(path, folder.path)).toMatchObject({
        writable: false,
        problem: { code: 'folder-is-file' },
      });
    }
  });

  test('nothing typed yet', async () => {
    expect(await checkFolder('  ', '/home/me')).toMatchObject({ writable: false, problem: { code: 'folder-missing' } });
  });
});

describe('listFolder', () => {
  test('folders only, in order, hidden ones left out', async () => {
    const folder = await home();
    for (const name of ['b', 'a', '.hidden']) await mkdir(folder.join(name));
    await writeFile(folder.join('file'), '');
    expect(await listFolder(undefined, folder.path)).toMatchObject({
      path: folder.path,
      folders: ['a', 'b'],
      writable: true,
    });
    expect((await listFolder('~/a', folder.path)).parent).toBe(folder.path);
    expect((await listFolder('/', folder.path)).parent).toBeUndefined();
  });

  test('says why it cannot', async () => {
    const folder = await home();
    await writeFile(folder.join('file'), '');
    await expect(listFolder('~/nowhere', folder.path)).rejects.toMatchObject({
      problems: [{ code: 'folder-not-found' }],
    });
    await expect(listFolder('~/file', folder.path)).rejects.toMatchObject({ problems: [{ code: 'folder-is-file' }] });
    await expect(createFolder('~/file/x', folder.path)).rejects.toMatchObject({
      problems: [{ code: 'folder-is-file' }],
    });
  });

  test('createFolder lists what it made', async () => {
    const folder = await home();
    expect(await createFolder('~/new/one', folder.path)).toMatchObject({
      path: folder.join('new', 'one'),
      folders: [],
    });
  });
});

test('fileSystemOf finds the mount that reaches deepest', () => {
  const mounts = [
    '/dev/sda1 / ext4 rw 0 0',
    'server:/x /mnt nfs4 rw 0 0',
    '//pacs/share /mnt/my\\040share cifs rw 0 0',
    'tmpfs /mnt/local tmpfs rw 0 0',
  ].join('\n');
  expect(fileSystemOf('/home', mounts)).toBe('ext4');
  expect(fileSystemOf('/mnt', mounts)).toBe('nfs4');
  expect(fileSystemOf('/mnt/my share/a', mounts)).toBe('cifs');
  expect(fileSystemOf('/mnt/local/a', mounts)).toBe('tmpfs');
  expect(fileSystemOf('/mntx', mounts)).toBe('ext4');
  expect(fileSystemOf('/home', '')).toBe('');
});
