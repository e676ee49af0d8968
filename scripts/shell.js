/** Which face Studyport shows: a window of its own (Electron), or its page in a browser, and why. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nodeBinary, say } from './install.js';
import { ROOT } from './manifest.js';

/** Electron is some 120 MB. */
const DOWNLOAD_LIMIT = 180_000;
/** A closed network stays closed for a while: not every start has to wait for that. */
const TRY_AGAIN_AFTER = 24 * 3_600_000;
const FAILED = join(ROOT, 'node_modules', '.cache', 'studyport-electron-failed');

/** The program of Electron, where it has been installed. */
export function electronBinary(folder = join(ROOT, 'node_modules', 'electron'), env = process.env) {
  if (env.ELECTRON_EXEC_PATH) return existsSync(env.ELECTRON_EXEC_PATH) ? env.ELECTRON_EXEC_PATH : undefined;
  const pathFile = join(folder, 'path.txt');
  if (!existsSync(pathFile)) return undefined;
  const binary = join(folder, 'dist', readFileSync(pathFile, 'utf8').trim());
  return existsSync(binary) ? binary : undefined;
}

/**
 * Decides without doing anything: `{ shell: 'electron' | 'download' | 'headless', reason? }`. A reason is a sentence for
 * people who may have expected a window; who asked for `--headless` needs none.
 */
export function chooseShell({ args, env, platform, uid, binary, failedRecently }) {
  if (args.includes('--headless') || args.includes('--help')) return { shell: 'headless' };
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) {
    return headless('there is no desktop here (neither DISPLAY nor WAYLAND_DISPLAY is set)');
  }
  if (platform === 'linux' && uid === 0) return headless('a window of its own is not opened for root');
  if (binary !== undefined) return { shell: 'electron' };
  if (env.CI) return headless('Electron is not installed, and is not downloaded in CI');
  if (failedRecently) return headless('Electron could not be downloaded today; it is tried again tomorrow');
  return { shell: 'download' };
}

const headless = (why) => ({ shell: 'headless', reason: `The page opens in your browser: ${why}.` });

/** Chooses, and downloads Electron when that is what it takes. Returns the program to run, or the reason for none. */
export function prepareShell(args) {
  const facts = () => ({
    args,
    env: process.env,
    platform: process.platform,
    uid: process.getuid?.(),
    binary: electronBinary(),
    failedRecently: existsSync(FAILED) && Date.now() - statSync(FAILED).mtimeMs < TRY_AGAIN_AFTER,
  });
  const choice = chooseShell(facts());
  if (choice.shell === 'electron') return { binary: electronBinary() };
  if (choice.shell === 'headless') return { reason: choice.reason };
  say('Downloading Electron for the window (only the first time) …');
  const { status, error } = spawnSync(nodeBinary(), [join(ROOT, 'node_modules', 'electron', 'install.js')], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: DOWNLOAD_LIMIT,
    killSignal: 'SIGKILL',
  });
  const binary = electronBinary();
  if (status === 0 && binary !== undefined) {
    rmSync(FAILED, { force: true });
    return { binary };
  }
  mkdirSync(dirname(FAILED), { recursive: true });
  writeFileSync(FAILED, '');
  const why =
    error?.code === 'ETIMEDOUT' ? 'it took longer than three minutes' : 'this machine does not reach its server';
  return { reason: headless(`Electron could not be downloaded (${why})`).reason };
}
