import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { defaultDataFolder, lockDataFolder } from '#main/receiver/data-folder.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

test.each([
  ['linux', {}, '/home/u/.local/share/studyport'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/studyport'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/home/u/.local/share/studyport'],
  ['darwin', { XDG_DATA_HOME: '/data' }, '/home/u/Library/Application Support/Studyport'],
  ['win32', { APPDATA: '/roaming' }, '/roaming/Studyport'],
  ['win32', {}, '/home/u/AppData/Roaming/Studyport'],
])('on %s with %j the data is in %s', (platform, environment, folder) => {
  expect(defaultDataFolder(platform, environment, '/home/u')).toBe(folder);
});

describe('the lock', () => {
  async function temp() {
    const folder = await createTempFolder('data');
    onTestFinished(folder.remove);
    return folder;
  }

  test('makes the folder for nobody else, and lets nobody else in until it is given back', async () => {
    const folder = (await temp()).join('a/b');
    const lock = await lockDataFolder(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await expect(lockDataFolder(folder)).rejects.toMatchObject({
      code: 'data-folder-in-use',
      message: expect.stringMatching(new RegExp(`${folder} \\(process ${process.pid}\\).*--data`)),
    });
    await lock.release();
    await (await lockDataFolder(folder)).release();
  });

  test('ends with the process that held it, however it ended', async () => {
    const folder = (await temp()).path;
    const module = join(import.meta.dirname, '../../../../src/main/receiver/data-folder.ts');
    const code = `const { lockDataFolder } = await import(${JSON.stringify(module)});
      await lockDataFolder(${JSON.stringify(folder)}); console.log('locked'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    await expect(lockDataFolder(folder)).rejects.toThrow(`(process ${child.pid})`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await lockDataFolder(folder)).release();
  });

  test('that cannot be had says why and what to do', async () => {
    const folder = await temp();
    await writeFile(folder.join('file'), '');
    await expect(lockDataFolder(folder.join('file'))).rejects.toMatchObject({
      code: 'data-folder',
      message: expect.stringMatching(/file cannot be used \(EEXIST\).*--data/),
    });
    await mkdir(folder.join('broken'));
    await writeFile(folder.join('broken/lock.db'), 'this is not a database, but something else that is long enough');
    await expect(lockDataFolder(folder.join('broken'))).rejects.toMatchObject({ code: 'data-folder' });
  });

  test.skipIf(process.getuid?.() === 0)('in a folder without rights says so', async () => {
    const folder = await temp();
    await chmod(folder.path, 0o500);
    await expect(lockDataFolder(folder.join('data'))).rejects.toThrow('EACCES');
  });
});
