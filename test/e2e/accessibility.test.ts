/** Every screen with something on it: axe in both themes, blurred patient data, and a way through with the keyboard alone. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text } from '#renderer/text/en.ts';
import { axeViolations } from '../support/axe.ts';
import { storescu } from '../support/dcmtk.ts';
import { closeBrowser } from '../support/desktop.ts';
import { realFiles } from '../support/real-files.ts';
import { type Application, TARGETS } from './application.ts';
import { openScreen, type Screen, waitForCondition } from './page-driver.ts';

const SCREENS: readonly Screen[] = ['Receiver', 'Studies', 'Rules', 'Log', 'Settings'];

afterAll(closeBrowser);

describe.each(TARGETS)('$name', ({ launch }) => {
  let app: Application;
  let page: Page;

  beforeAll(async () => {
    app = await launch();
    page = app.page;
    await waitForCondition(page, 'Listening');
    const files = realFiles().filter(({ name }) => /CT_small|MR_small\.dcm/.test(name));
    await storescu(
      { port: app.port, calledAeTitle: 'STUDYPORT' },
      files.map(({ path }) => path),
    );
    await page.getByText('CompressedSamples').first().waitFor();
  }, 90_000);
  afterAll(() => app.dispose());

  test.each(['light', 'dark'] as const)(
    'axe finds nothing on any screen, %s',
    { timeout: 120_000 },
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      for (const screen of SCREENS) {
        await openScreen(page, screen);
        expect(await axeViolations(page), screen).toEqual([]);
      }
    },
  );

  test('one key blurs every name of a patient, on every screen', async () => {
    for (const screen of ['Receiver', 'Studies'] as const) {
      await openScreen(page, screen);
      await page.locator('main').getByText('CompressedSamples').first().waitFor();
      expect(await namesInClear(page), screen).toBeGreaterThan(0);
      await page.getByRole('button', { name: text.common.view.blurOn }).click();
      await expect.poll(() => namesInClear(page)).toBe(0);
      await page.getByRole('button', { name: text.common.view.blurOff }).click();
      await expect.poll(() => namesInClear(page)).toBeGreaterThan(0);
    }
  });

  test('every screen is reached, and its first control used, with the keyboard alone', {
    timeout: 60_000,
  }, async () => {
    for (const [index, screen] of SCREENS.entries()) {
      await page.keyboard.press(`Control+${index + 1}`);
      await page.getByRole('heading', { name: screen, level: 1 }).waitFor();
      // Tab reaches something new within the screen and shows where it is.
      const seen = new Set<string>();
      for (let step = 0; step < 25; step++) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate(() => {
          const element = document.activeElement;
          if (!element || element === document.body) return undefined;
          const { outlineStyle, boxShadow } = getComputedStyle(element);
          const within =
            element.closest('[data-focus-visible]') !== null || outlineStyle !== 'none' || boxShadow !== 'none';
          return { name: element.outerHTML.slice(0, 120), isVisible: within };
        });
        if (focused) seen.add(focused.name);
      }
      expect(seen.size, screen).toBeGreaterThan(8);
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('Studies');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Studies', level: 1 }).waitFor();
    await page.keyboard.press('Control+f');
    expect(
      await page.evaluate(() => document.activeElement?.getAttribute('type') ?? document.activeElement?.tagName),
    ).toMatch(/search|INPUT/i);
    expect(app.complaints).toEqual([]);
  });
});

/** How many times a patient's name can be read on the page. */
function namesInClear(page: Page): Promise<number> {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let count = 0;
    while (walker.nextNode()) {
      if (!walker.currentNode.textContent?.includes('CompressedSamples')) continue;
      let element = walker.currentNode.parentElement;
      while (element && !/blur/.test(getComputedStyle(element).filter)) element = element.parentElement;
      if (!element) count++;
    }
    return count;
  });
}
