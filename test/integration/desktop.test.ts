/** The built desktop application (main, preload and page) over the stand-in for Electron, in real Chromium. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppCopy, closeBrowser, copyApp, launchDesktop, preparePlace } from '../support/desktop.ts';
import { CHECKS, type CheckName, runCheck } from '../support/desktop-checks.ts';

let app: AppCopy;

beforeAll(async () => {
  app = await copyApp();
});

afterAll(async () => {
  await closeBrowser();
  await app?.remove();
});

describe('the desktop application', { concurrent: true, timeout: 180_000 }, () => {
  for (const name of Object.keys(CHECKS) as CheckName[]) {
    test(name, () => runCheck(CHECKS[name], app.path));
  }

  test('the page itself runs in the window, under its policy', async () => {
    const place = await preparePlace();
    const { page, dispose } = await launchDesktop({ dataFolder: place.dataFolder });
    try {
      const complaints: string[] = [];
      page.on('pageerror', ({ message }) => complaints.push(message));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      await page.reload();
      // Something to read is there: the state came over IPC, React has drawn it.
      await page.waitForFunction('document.body.innerText.trim().length > 80', undefined, { timeout: 60_000 });
      expect(complaints).toEqual([]);
    } finally {
      await dispose();
      await place.remove();
    }
  });
});
