/** Ways into the page, in a real browser: the link, the file that opens the browser, and a link on somebody else's page. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createHttpHost, type HttpHost } from '#headless/http-host.ts';
import type { ReceiverForHost } from '#main/receiver/host.ts';
import { CHROMIUM, launchChromium } from '../support/chromium.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';

const called: string[] = [];
const receiver: ReceiverForHost = {
  call: async (name) => {
    called.push(name);
    return { ok: true, value: name };
  },
  subscribe: () => () => {},
  bytes: async () => ({ ok: false, error: { code: 'none', message: 'none' } }),
  close: async () => {},
};

if (!existsSync(CHROMIUM) && process.env.REQUIRE_INTEROP === '1') throw new Error(`${CHROMIUM} is missing`);

describe.skipIf(!existsSync(CHROMIUM))('in Chromium', () => {
  let folder: TempFolder;
  let host: HttpHost;
  let browser: Browser;

  beforeAll(async () => {
    folder = await createTempFolder('link');
    await mkdir(folder.join('page'));
    await writeFile(folder.join('page/index.html'), '<title>the page</title><h1>in</h1>');
    host = await createHttpHost({ receiver, pageFolder: folder.join('page'), port: 0 });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await host?.close();
    await folder?.remove();
  });

  async function newPage() {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    return context.newPage();
  }
  const inside = () => `http://127.0.0.1:${host.port}/`;

  test('the link leads in, the token leaves the address, and the page can ask', async () => {
    const page = await newPage();
    await page.goto(host.url);
    expect(page.url()).toBe(inside());
    expect(await page.textContent('h1')).toBe('in');
    const answer = await page.evaluate(async () => {
      const response = await fetch('./api/snapshot', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
      });
      return response.json();
    });
    expect(answer).toEqual({ ok: true, value: 'snapshot' });
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.reload();
    expect(await page.textContent('h1')).toBe('in');
  });

  test('so does a file of this user that leads to the link, as it opens the browser', async () => {
    const page = await newPage();
    const file = folder.join('open.html');
    await writeFile(file, `<!doctype html><meta http-equiv="refresh" content="0;url=${host.url}">`);
    await page.goto(pathToFileURL(file).href);
    await page.waitForURL(inside());
    await page.waitForSelector('h1:has-text("in")');
  });

  test('a link on a page of another site leads in who has been here, and tells others what they need', async () => {
    const other = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<a href="${inside()}">go</a>`);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const elsewhere = `http://localhost:${(other.address() as AddressInfo).port}/`;

    const known = await newPage();
    await known.goto(host.url);
    await known.goto(elsewhere);
    await known.click('a');
    await known.waitForSelector('h1:has-text("in")');

    const stranger = await newPage();
    await stranger.goto(elsewhere);
    await stranger.click('a');
    await stranger.waitForSelector('text=opens only with the link');
  });

  test('a page of another port can neither command nor read', async () => {
    const other = createServer((_, response) => response.end('<h1>other</h1>')).listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const page = await newPage();
    // The browser has the cookie, and cookies ignore ports.
    await page.goto(host.url);
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    called.length = 0;
    const answers = await page.evaluate(async (base) => {
      const command = { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' } as const;
      const ask = (path: string, options: RequestInit) =>
        fetch(base + path, options).then(
          (response) => response.type,
          () => 'refused',
        );
      return [
        await ask('api/snapshot', command),
        await ask('events', { mode: 'no-cors', credentials: 'include' }),
        await ask('index.html', { mode: 'no-cors', credentials: 'include' }),
      ];
    }, inside());
    expect(answers).toEqual(['refused', 'refused', 'refused']);
    expect(called).toEqual([]);
  });
});
