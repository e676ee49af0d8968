/** The page when the receiver behind it dies, and when it is back: the built application, a real browser. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Application, writeProfile } from '../support/application.ts';
import { CHROMIUM, launchChromium } from '../support/chromium.ts';
import { createTempFolder } from '../support/temp-folder.ts';

test.skipIf(!existsSync(CHROMIUM))(
  'says that the connection is lost, and goes on by itself',
  { timeout: 90_000 },
  async () => {
    const folder = await createTempFolder('page-lost');
    onTestFinished(folder.remove);
    const data = folder.join('data');
    await writeProfile(data);
    await writeFile(join(data, 'settings.json'), JSON.stringify({ version: 1, settings: { firstRunDone: true } }));
    const first = new Application({ data });
    onTestFinished(() => first.destroy());
    const url = await first.url();
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(url);
    const lost = page.getByText('Connection lost');
    await page.getByText('Listening').first().waitFor();
    expect(await lost.count()).toBe(0);

    await first.end('SIGKILL');
    await lost.waitFor();
    // What was known stays readable, marked as old.
    await page.getByText('The receiver does not answer. What you see may be out of date').waitFor();
    await page.getByText('Test').first().waitFor();

    const args = ['start', '--headless', '--no-open', '--page-port', new URL(url).port];
    const second = new Application({ data, args });
    onTestFinished(() => second.destroy());
    expect(await second.url()).toBe(url);
    await lost.waitFor({ state: 'hidden' });
    await page.getByText('Listening').first().waitFor();
  },
);
