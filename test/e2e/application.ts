/**
 * The built application, as a person starts it: without Electron with its page in a browser, and with the desktop shell
 * around the stand-in. One suite runs over both.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Application as Headless } from '../support/application.ts';
import { pageShown } from '../support/chromium.ts';
import { launchDesktop, openBrowser } from '../support/desktop.ts';
import { endProfileThreads } from '../support/end-profile-threads.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { freePort } from '../support/tools.ts';

const KILLER = join(import.meta.dirname, '../support/end-profile-threads.ts');
const HEADLESS = join(import.meta.dirname, '../../out/main/headless.js');

export interface Application {
  readonly page: Page;
  /** Profiles, history, logs. */
  readonly dataFolder: string;
  /** Where its first profile stores. */
  readonly folder: string;
  /** Where the profile that is there listens. */
  readonly port: number;
  /** The home folder of the user. */
  readonly home: string;
  /** What the page complained about: errors, violated policy. */
  readonly complaints: string[];
  /** Stops it, starts it again on the same data and opens its page. */
  restart(): Promise<void>;
  /** Ends the thread of its profile, as a crash would. */
  crash(): void;
  dispose(): Promise<void>;
}

export interface LaunchOptions {
  /** Without it there is a profile already and the first run is over. */
  readonly firstRun?: boolean;
  /** Options of the profile that is there. */
  readonly options?: Record<string, unknown>;
  /** More files in the data folder before the start. */
  readonly prepare?: (dataFolder: string) => void | Promise<void>;
}

export interface Target {
  readonly name: 'headless' | 'desktop';
  launch(options?: LaunchOptions): Promise<Application>;
}

/** What lies in a data folder of a receiver that has been used before. */
function writeProfile(dataFolder: string, options: Record<string, unknown>): void {
  const profile = { id: 'first', name: 'Receiver', autoStart: true, options, secrets: [] };
  writeFileSync(join(dataFolder, 'profiles.json'), JSON.stringify({ version: 1, profiles: [profile] }));
  writeFileSync(join(dataFolder, 'settings.json'), JSON.stringify({ version: 1, settings: { firstRunDone: true } }));
}

/** Keeps what a page complains about. */
function listen(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A page whose server is stopped on purpose says so; that is no complaint.
    if (message.type() === 'error' && !/ERR_CONNECTION|ERR_INCOMPLETE|Failed to load/.test(message.text())) {
      complaints.push(message.text());
    }
  });
}

/** A started application, whatever it is made of. */
interface Started {
  readonly page: Page;
  /** Ends it as a person does. */
  stop(): Promise<void>;
  /** Ends the thread of its profile, as a crash would. */
  crash(): void;
}

type Start = (place: { dataFolder: string; home: string }, complaints: string[]) => Promise<Started>;

function target(name: Target['name'], start: Start): Target {
  return {
    name,
    launch: async ({ firstRun = false, options = {}, prepare } = {}) => {
      const temp = await createTempFolder('e2e');
      const dataFolder = temp.join('data');
      const folder = temp.join('received');
      mkdirSync(dataFolder, { mode: 0o700 });
      const port = await freePort();
      if (!firstRun) {
        const usual = {
          port,
          callingAeTitle: 'STUDYPORT',
          outDir: folder,
          storeWithFileMeta: true,
          minimumFreeSpace: 0,
        };
        writeProfile(dataFolder, { ...usual, ...options });
      }
      await prepare?.(dataFolder);
      const complaints: string[] = [];
      const begin = () => start({ dataFolder, home: temp.path }, complaints);
      let running = await begin().catch(async (error: unknown) => {
        await temp.remove();
        throw error;
      });
      return {
        get page() {
          return running.page;
        },
        dataFolder,
        folder,
        home: temp.path,
        port,
        complaints,
        crash: () => running.crash(),
        restart: async () => {
          await running.stop();
          running = await begin();
        },
        dispose: async () => {
          await running.stop();
          await temp.remove();
        },
      };
    },
  };
}

export const HEADLESS_TARGET = target('headless', async ({ dataFolder, home }, complaints) => {
  const headless = new Headless({
    data: dataFolder,
    command: [process.execPath, '--import', KILLER, HEADLESS],
    environment: { HOME: home },
  });
  const url = await headless.url();
  const browser = await openBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: 'light' });
  const page = await context.newPage();
  listen(page, complaints);
  await page.goto(url);
  await pageShown(page);
  return {
    page,
    crash: () => void headless.process.kill('SIGUSR2'),
    stop: async () => {
      await context.close();
      await headless.end();
    },
  };
});

/** Over the stand-in, or in Electron itself where its binary is (test/support/desktop.ts). */
export const DESKTOP_TARGET = target('desktop', async ({ dataFolder }, complaints) => {
  const { page, dispose } = await launchDesktop({ dataFolder, viewport: { width: 1280, height: 860 } });
  listen(page, complaints);
  await pageShown(page);
  return { page, stop: dispose, crash: () => void endProfileThreads() };
});

export const TARGETS = [HEADLESS_TARGET, DESKTOP_TARGET];
