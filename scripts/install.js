/**
 * Installs node_modules when it is missing or older than package-lock.json.
 * Everything here runs on Node 20 with nothing installed: it is what `npm start` and `npm test` begin with. What it has
 * to say goes to stderr, because programs read the stdout of `npm run -s receive -- --json`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT, restoreManifest } from './manifest.js';

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Node 24 where npm has brought it along as an optional package, else the Node that runs this. */
export function nodeBinary() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const binary = join(ROOT, 'node_modules', `node-${platform}-${process.arch}`, 'bin', name);
  return existsSync(binary) ? binary : process.execPath;
}

/** The environment for tools of this project: their own Node comes first. */
export function toolEnvironment() {
  return { ...process.env, PATH: `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}` };
}

function isInstalled() {
  // A linked folder belongs to another checkout: never install through the link.
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  // npm writes this file last, so a half-finished installation does not count.
  const written = join(ROOT, 'node_modules', '.package-lock.json');
  return existsSync(written) && statSync(written).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs;
}

/** Throws when npm fails. */
export function ensureInstalled() {
  restoreManifest();
  if (isInstalled()) return;
  say('Installing dependencies (npm ci) …');
  const windows = process.platform === 'win32';
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    // stdout of npm goes to our stderr.
    stdio: ['ignore', 2, 2],
    // npm is a script on Windows.
    shell: windows,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ci ended with ${status}`);
}
