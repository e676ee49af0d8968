/** The user's desktop, where there is one: their browser and their file manager. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Is there somebody in front of a screen? */
export function hasDesktop(platform: string, environment: Readonly<Record<string, string | undefined>>): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  return Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
}

/** The program that shows a file, folder or address, and its arguments. */
export function openCommand(platform: string, target: string): readonly [command: string, ...args: string[]] {
  if (platform === 'darwin') return ['open', target];
  return platform === 'win32' ? ['explorer.exe', target] : ['xdg-open', target];
}

/** The program that shows a folder with a file in it selected, where there is such a thing. */
export function revealCommand(
  platform: string,
  path: string,
  isFolder: boolean,
): readonly [command: string, ...args: string[]] {
  if (isFolder) return openCommand(platform, path);
  if (platform === 'darwin') return ['open', '-R', path];
  return platform === 'win32' ? ['explorer.exe', `/select,${path}`] : openCommand(platform, dirname(path));
}

/** Shows a file or folder in the file manager. @throws when there is none, or no such path */
export async function reveal(path: string): Promise<void> {
  await run(revealCommand(process.platform, path, (await stat(path)).isDirectory()));
}

/** How long the browser may take to read the file that leads it to the page. */
const OPENING = 30_000;

/**
 * Opens the page in the browser. The link is not an argument, because every user of this machine can read those: it is in
 * a file that only this user can read, which leads to the page. The home folder is a place from which packaged browsers,
 * too, may read.
 * @returns what deletes that file; it is deleted by itself when the browser has had its time
 */
export async function openPage(url: string): Promise<() => Promise<void>> {
  const folder = process.platform === 'linux' ? homedir() : tmpdir();
  const file = join(folder, `studyport-${randomBytes(6).toString('hex')}.html`);
  const page = `<!doctype html><title>Studyport</title><meta http-equiv="refresh" content="0;url=${url}"><a href="${url}">Studyport</a>\n`;
  await writeFile(file, page, { mode: 0o600, flag: 'wx' });
  const timer = setTimeout(() => void remove(), OPENING);
  const remove = () => {
    clearTimeout(timer);
    return rm(file, { force: true });
  };
  try {
    await run(openCommand(process.platform, pathToFileURL(file).href));
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}

/** Resolves when the program could be started; what becomes of it is its own affair. */
function run([command, ...args]: readonly [string, ...string[]]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`${command} could not be started (${error.code ?? error.name}).`)),
    );
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}
