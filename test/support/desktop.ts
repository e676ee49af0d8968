/** The built desktop application for tests: over the stand-in, or in Electron itself where STUDYPORT_ELECTRON=1 asks for it. */

import { copyFile, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { _electron } from 'playwright-core';
import type { ProfileOptions } from '../../src/shared/contract.ts';
import { launchChromium } from './chromium.ts';
import type { Launched, LaunchOptions } from './electron-stand-in/index.ts';
import { launch } from './electron-stand-in/index.ts';
import { createTempFolder } from './temp-folder.ts';
import { freePort } from './tools.ts';

export const ROOT = join(import.meta.dirname, '../..');

let browser: Promise<Browser> | undefined;

/** One Chromium for all tests of a file; `closeBrowser` belongs in its `afterAll`. */
export function openBrowser(): Promise<Browser> {
  browser ??= launchChromium();
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

/** The identifier of the profile that is there before the first start. */
export const PROFILE = 'test-profile';

export interface Place {
  readonly dataFolder: string;
  readonly port: number;
  /** Where its objects go. */
  readonly archive: string;
  remove(): Promise<void>;
}

/** A data folder with one profile on a free port, so that no test meets another one's port or the user's folder. */
export async function preparePlace(options: Partial<ProfileOptions> = {}): Promise<Place> {
  const folder = await createTempFolder('desktop');
  const port = await freePort();
  const dataFolder = folder.join('data');
  const archive = folder.join('archive');
  await mkdir(dataFolder);
  const profile = {
    id: PROFILE,
    name: 'Main',
    autoStart: true,
    options: { port, outDir: archive, ...options },
    secrets: [],
  };
  await writeFile(join(dataFolder, 'profiles.json'), JSON.stringify({ version: 1, profiles: [profile] }));
  return { dataFolder, port, archive, remove: folder.remove };
}

export interface Desktop {
  readonly page: Page;
  readonly dataFolder: string;
  dispose(): Promise<void>;
}

export interface DesktopOptions {
  /** A folder of the caller's own; without it a first start in a temporary one. */
  readonly dataFolder?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** The window of the application, with its page loaded, as an end-to-end test wants it. */
export async function launchDesktop({ dataFolder, viewport }: DesktopOptions = {}): Promise<Desktop> {
  const folder = await createTempFolder('desktop');
  const data = dataFolder ?? folder.join('data');
  const desktop = process.env.STUDYPORT_ELECTRON === '1' ? await launchElectron(data) : await launchStandIn(data);
  if (viewport) await desktop.page.setViewportSize({ ...viewport });
  return {
    ...desktop,
    dispose: async () => {
      await desktop.dispose();
      await folder.remove();
    },
  };
}

async function launchStandIn(dataFolder: string): Promise<Desktop> {
  const launched = await launch(await openBrowser(), ROOT, { dataFolder });
  const page = await launched.page().catch(async (error: unknown) => {
    await launched.dispose();
    throw error;
  });
  return { page, dataFolder, dispose: launched.dispose };
}

async function launchElectron(dataFolder: string): Promise<Desktop> {
  const isRoot = process.getuid?.() === 0;
  const application = await _electron.launch({
    args: [ROOT, `--data=${dataFolder}`, ...(isRoot ? ['--no-sandbox'] : [])],
    cwd: ROOT,
  });
  const page = await application.firstWindow();
  await page.waitForLoadState('load');
  return {
    page,
    dataFolder,
    dispose: async () => {
      // Nobody is there to answer whether senders may be cut off.
      await application.evaluate(({ powerMonitor }) => powerMonitor.emit('shutdown')).catch(() => {});
      await application.close();
    },
  };
}

const LIGHT_PAGE = '<!doctype html><title>Studyport</title><main>A page that costs nothing to load</main>';

export interface AppCopy {
  readonly path: string;
  remove(): Promise<void>;
}

/** Exactly one place in a built file, and what is to be there instead. */
export interface Change {
  readonly file: 'main' | 'preload';
  readonly from: string;
  readonly to: string;
}

/** A copy of what is built, with a page that costs nothing to load: most of what the shell does needs no other. */
export async function copyApp(change?: Change): Promise<AppCopy> {
  const folder = await createTempFolder('app');
  await mkdir(folder.join('out', 'renderer'), { recursive: true });
  await copyFile(join(ROOT, 'package.json'), folder.join('package.json'));
  await symlink(join(ROOT, 'resources'), folder.join('resources'), 'junction');
  await cp(join(ROOT, 'out', 'main'), folder.join('out', 'main'), { recursive: true });
  await cp(join(ROOT, 'out', 'preload'), folder.join('out', 'preload'), { recursive: true });
  await writeFile(folder.join('out', 'renderer', 'index.html'), LIGHT_PAGE);
  if (change) {
    const path = folder.join(
      ...{ main: ['out', 'main', 'index.js'], preload: ['out', 'preload', 'index.cjs'] }[change.file],
    );
    const text = await readFile(path, 'utf8');
    const parts = text.split(change.from);
    if (parts.length !== 2) throw new Error(`${parts.length - 1} places have "${change.from}", not one`);
    await writeFile(path, parts.join(change.to));
  }
  return { path: folder.path, remove: folder.remove };
}

/** Launches over the stand-in with everything a check wants to look at. */
export async function launchForCheck(appPath: string, options: LaunchOptions): Promise<Launched> {
  return launch(await openBrowser(), appPath, options);
}
