import { mkdir, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createTempFolder } from '../../support/temp-folder.ts';

interface Facts {
  args: string[];
  env: Record<string, string>;
  platform: string;
  uid: number | undefined;
  binary: string | undefined;
  failedRecently: boolean;
}
interface Shell {
  chooseShell(facts: Facts): { shell: 'electron' | 'download' | 'headless'; reason?: string };
  electronBinary(folder: string, env: Record<string, string>): string | undefined;
}
// Plain JavaScript, because it runs before anything is installed.
const { chooseShell, electronBinary }: Shell = await import(new URL('../../../scripts/shell.js', import.meta.url).href);

const desktop: Facts = {
  args: [],
  env: { DISPLAY: ':0' },
  platform: 'linux',
  uid: 1000,
  binary: '/electron',
  failedRecently: false,
};

test.each<[string, Partial<Facts>, string, RegExp | undefined]>([
  ['a desktop with Electron', {}, 'electron', undefined],
  ['Wayland', { env: { WAYLAND_DISPLAY: 'w' } }, 'electron', undefined],
  ['no Electron yet', { binary: undefined }, 'download', undefined],
  ['asked for', { args: ['--headless', '--no-open'] }, 'headless', undefined],
  ['a question', { args: ['--help'] }, 'headless', undefined],
  ['no screen', { env: {} }, 'headless', /neither DISPLAY nor WAYLAND_DISPLAY/],
  ['no screen and no Electron', { env: {}, binary: undefined }, 'headless', /neither DISPLAY nor WAYLAND_DISPLAY/],
  ['root', { uid: 0 }, 'headless', /root/],
  ['CI without Electron', { env: { DISPLAY: ':0', CI: '1' }, binary: undefined }, 'headless', /CI/],
  ['a closed network', { binary: undefined, failedRecently: true }, 'headless', /today/],
  ['macOS', { platform: 'darwin', env: {} }, 'electron', undefined],
  [
    'Windows without Electron',
    { platform: 'win32', env: {}, uid: undefined, binary: undefined },
    'download',
    undefined,
  ],
])('%s', (_, facts, shell, reason) => {
  const choice = chooseShell({ ...desktop, ...facts });
  expect(choice.shell).toBe(shell);
  if (reason) expect(choice.reason).toMatch(reason);
  else expect(choice.reason).toBeUndefined();
  // One line.
  expect(choice.reason ?? '').not.toContain('\n');
});

test('Electron is there when its path file and what that names are', async () => {
  const folder = await createTempFolder('electron');
  onTestFinished(folder.remove);
  expect(electronBinary(folder.path, {})).toBeUndefined();
  await writeFile(folder.join('path.txt'), 'electron');
  expect(electronBinary(folder.path, {})).toBeUndefined();
  await mkdir(folder.join('dist'));
  await writeFile(folder.join('dist/electron'), '');
  expect(electronBinary(folder.path, {})).toBe(folder.join('dist/electron'));
  expect(electronBinary(folder.path, { ELECTRON_EXEC_PATH: folder.join('path.txt') })).toBe(folder.join('path.txt'));
  expect(electronBinary(folder.path, { ELECTRON_EXEC_PATH: folder.join('nothing') })).toBeUndefined();
});
