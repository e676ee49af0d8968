/** Launches the built application over the stand-in. Loaded by Node itself, never by a test runner (see index.ts). */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Driver, StandInOptions } from './electron.ts';
import { createElectron } from './electron.ts';
import { register } from './registry.ts';

export interface LaunchOptions
  extends Partial<Pick<StandInOptions, 'isPackaged' | 'isFirst' | 'displays' | 'keychain'>> {
  /** Given: kept at the end, so that another launch can find it. */
  readonly dataFolder?: string;
  readonly hidden?: boolean;
  /** Milliseconds of every wait. */
  readonly limit?: number;
}

export interface Launched {
  readonly driver: Driver;
  readonly dataFolder: string;
  /** Waits for something that is looked at again and again. */
  until<Value>(look: () => Value | Promise<Value>, what: string): Promise<NonNullable<Value>>;
  /** The page of the window, when it is there. */
  page(): Promise<Page>;
  /** The exit code, when it has ended by itself. */
  exited(): Promise<number>;
  /** Ends the application, however it is, and gives everything back. */
  dispose(): Promise<void>;
}

/** Generous: a machine may have other things to do. */
const LIMIT = 45_000;

/** @param appPath the folder with package.json, `out` and `resources` */
export async function launch(browser: Browser, appPath: string, options: LaunchOptions = {}): Promise<Launched> {
  const { limit = LIMIT } = options;
  const main = join(appPath, 'out', 'main', 'index.js');
  if (!existsSync(main)) throw new Error(`${main} is not there. Build it with: npm run build`);
  const home = await mkdtemp(join(tmpdir(), 'studyport-desktop-'));
  const dataFolder = options.dataFolder ?? join(home, 'data');
  const context = await browser.newContext({ serviceWorkers: 'block', acceptDownloads: true });
  const { electron, driver } = createElectron({
    context,
    appPath,
    home,
    switches: { data: dataFolder, ...(options.hidden ? { hidden: '' } : {}) },
    isPackaged: options.isPackaged ?? false,
    isFirst: options.isFirst ?? true,
    displays: options.displays ?? [{ x: 0, y: 0, width: 1920, height: 1040 }],
    keychain: options.keychain ?? 'gnome_libsecret',
  });
  await context.route('**/*', (route) =>
    driver.answer(route).catch((error: unknown) => {
      driver.strays.push(`${route.request().url()}: ${error}`);
      return route.abort('failed').catch(() => {});
    }),
  );

  const dispose = async () => {
    driver.shutdown();
    // It asks nobody when the system goes down; what hangs all the same is left behind.
    await within(driver.exited, 'the end of the application', limit).catch(() => {});
    await context.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };
  try {
    await within(import(register(electron, join(appPath, 'out'), main)), 'the main module', limit);
    driver.ready();
  } catch (error) {
    await context.close();
    await rm(home, { recursive: true, force: true });
    throw error;
  }
  const until: Launched['until'] = async (look, what) => {
    const end = performance.now() + limit;
    for (;;) {
      const value = await look();
      if (value) return value;
      if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return {
    driver,
    dataFolder,
    dispose,
    until,
    exited: () => within(driver.exited, 'the end of the application', limit),
    page: async () => {
      const window = await until(() => {
        const broken = driver.dialogs.find(({ kind }) => kind === 'error');
        if (broken) throw new Error(`It did not start: ${JSON.stringify(broken.options)}`);
        return driver.windows[0];
      }, 'a window');
      const page = await within(window.page, 'the page', limit);
      await page.waitForURL('https://studyport.app.invalid/**', { timeout: limit, waitUntil: 'load' });
      return page;
    },
  };
}

async function within<Value>(promise: Promise<Value>, what: string, limit: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
