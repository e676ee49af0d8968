/** What a person does from the first start on: over HTTP and over the desktop's IPC, with senders that nobody here wrote. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { text } from '#renderer/text/en.ts';
import { echoscu, storescu } from '../support/dcmtk.ts';
import { closeBrowser } from '../support/desktop.ts';
import { realFiles } from '../support/real-files.ts';
import { filesIn } from '../support/test-receiver.ts';
import { freePort } from '../support/tools.ts';
import { TARGETS } from './application.ts';
import { applyChanges, openScreen, setOptions, waitForCondition } from './page-driver.ts';

const TITLE = { calledAeTitle: 'STUDYPORT', callingAeTitle: 'CT01' };

/** A hundred real files that storescu can send as they are. */
function hundredFiles(): string[] {
  const plain = realFiles().filter(
    // Files that storescu itself cannot send: cut off, without UIDs, of a class that it does not propose.
    ({ name, meta: { transferSyntaxUid, sopClassUid, sopInstanceUid } }) =>
      !/charset_files|truncated|no_meta|priv_SQ|liver/.test(name) &&
      /^1\.2\.840\.10008\.1\.2(\.1)?$/.test(transferSyntaxUid ?? '') &&
      /^1\.2\.840\.10008\.5\.1\.4\.1\.1\./.test(sopClassUid ?? '') &&
      sopInstanceUid,
  );
  const paths = plain.map(({ path }) => path);
  expect(paths.length).toBeGreaterThan(20);
  return Array.from({ length: 100 }, (_, index) => paths[index % paths.length]!);
}

afterAll(closeBrowser);

describe.each(TARGETS)('$name', ({ launch }) => {
  test('first run: folder, name and port, firewall, test, then waiting for the first call', {
    timeout: 120_000,
  }, async () => {
    const app = await launch({ firstRun: true });
    const { page } = app;
    try {
      const folder = join(app.home, 'chosen');
      const port = await freePort();
      await page.getByRole('heading', { name: text.firstRun.folder.title }).waitFor();
      await page.getByRole('textbox', { name: text.firstRun.folder.label }).fill(folder);
      await page.getByText(text.common.folder.willBeCreated).waitFor();
      await page.getByRole('button', { name: text.firstRun.next }).click();
      await page.getByRole('heading', { name: text.firstRun.address.title }).waitFor();
      await page.getByRole('textbox', { name: text.firstRun.address.aeTitle }).fill('FIRST_RUN');
      await page.getByRole('textbox', { name: text.firstRun.address.port }).fill(String(port));
      await page.keyboard.press('Tab');
      await page.getByText(text.firstRun.address.free).waitFor();
      await page.getByRole('button', { name: text.firstRun.next }).click();
      await page.getByRole('heading', { name: text.firstRun.firewall.title }).waitFor();
      await page.getByRole('button', { name: text.firstRun.next }).click();
      await page.getByRole('button', { name: text.firstRun.test.run }).click();
      await page.getByText(text.firstRun.test.passed).waitFor({ timeout: 60_000 });
      await page.getByRole('button', { name: text.firstRun.finish }).click();
      await waitForCondition(page, 'Listening');
      expect(filesIn(folder).filter((file) => file.endsWith('.dcm')).length).toBeGreaterThanOrEqual(4);
      expect((await echoscu({ port, calledAeTitle: 'FIRST_RUN' })).code).toBe(0);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.dispose();
    }
  });

  test('a hundred real files from DCMTK arrive while one watches, and are there after a restart', {
    timeout: 120_000,
  }, async () => {
    const app = await launch();
    try {
      const files = hundredFiles();
      await waitForCondition(app.page, 'Listening');
      const sent = await storescu({ port: app.port, ...TITLE }, files);
      expect(sent.code, sent.stderr).toBe(0);
      const region = app.page.getByRole('region', { name: text.receiver.files.title });
      await region.getByText(text.receiver.files.count('100')).waitFor();
      await app.page.getByText(/Last contact .* from CT01 \(127\.0\.0\.1\)/).waitFor();
      expect(await region.getByRole('row').count()).toBeGreaterThan(3);
      const before = await studyCount(app.page);
      expect(before).toBeGreaterThan(5);
      await app.restart();
      expect(await studyCount(app.page)).toBe(before);
      // The pictures and elements of a study that was received before the restart.
      const row = app.page.getByRole('grid', { name: text.studies.list }).getByRole('row').nth(1);
      await row.dblclick();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.dispose();
    }
  });

  test('a refused caller is let in with one click', { timeout: 90_000 }, async () => {
    const app = await launch({ options: { acceptedCalledAeTitles: ['STUDYPORT'] } });
    try {
      await waitForCondition(app.page, 'Listening');
      const wrong = { port: app.port, calledAeTitle: 'STORESCP', callingAeTitle: 'CT02' };
      expect((await echoscu(wrong)).code).not.toBe(0);
      const refused = app.page.getByRole('region', { name: text.receiver.refusals.title });
      await refused.getByText('CT02').first().waitFor();
      await refused
        .getByRole('button', { name: /STORESCP/ })
        .first()
        .click();
      await expect.poll(async () => (await echoscu(wrong)).code, { timeout: 20_000 }).toBe(0);
    } finally {
      await app.dispose();
    }
  });

  test('two profiles receive side by side, each into its own folder', { timeout: 120_000 }, async () => {
    const app = await launch();
    const { page } = app;
    try {
      await openScreen(page, 'Settings');
      await page.getByRole('button', { name: text.settings.profile.actions }).click();
      await page.getByRole('menuitem', { name: text.settings.profile.create }).click();
      const dialog = page.getByRole('dialog');
      const second = join(app.home, 'second');
      await dialog.getByRole('textbox', { name: text.settings.profile.name }).fill('Second');
      await dialog.getByRole('textbox', { name: text.settings.folder }).fill(second);
      await dialog.getByRole('button', { name: text.settings.profile.createIt }).click();
      await dialog.waitFor({ state: 'detached' });
      const port = await freePort();
      await setOptions(page, { port, callingAeTitle: 'SECOND' });
      await expect.poll(async () => (await echoscu({ port })).code, { timeout: 20_000 }).toBe(0);
      const files = hundredFiles().slice(0, 4);
      const sent = await Promise.all([
        storescu({ port: app.port, ...TITLE }, files),
        storescu({ port, calledAeTitle: 'SECOND' }, files),
      ]);
      expect(sent.map(({ code }) => code)).toEqual([0, 0]);
      const stored = (folder: string) => filesIn(folder).filter((file) => file.endsWith('.dcm')).length;
      expect(stored(app.folder)).toBeGreaterThan(0);
      expect(stored(second)).toBe(stored(app.folder));
    } finally {
      await app.dispose();
    }
  });

  test('a port that is taken is named, and another one works', { timeout: 90_000 }, async () => {
    const taken = createServer().listen(0);
    const port = (taken.address() as { port: number }).port;
    const app = await launch({ options: { port } });
    try {
      await waitForCondition(app.page, 'Error');
      await app.page
        .getByText(new RegExp(`port ${port} is (in use|taken)`, 'i'))
        .first()
        .waitFor();
      const other = await freePort();
      await setOptions(app.page, { port: other });
      await openScreen(app.page, 'Receiver');
      const start = app.page.getByRole('button', { name: /^Start / });
      if (await start.isVisible()) await start.click();
      await waitForCondition(app.page, 'Listening');
      expect((await echoscu({ port: other })).code).toBe(0);
    } finally {
      await app.dispose();
      taken.close();
    }
  });

  test('a receiver that crashes says so and comes back by itself', { timeout: 90_000 }, async () => {
    const app = await launch();
    try {
      await waitForCondition(app.page, 'Listening');
      app.crash();
      await waitForCondition(app.page, 'Error');
      await waitForCondition(app.page, 'Listening');
      await expect.poll(async () => (await echoscu({ port: app.port })).code, { timeout: 20_000 }).toBe(0);
      await openScreen(app.page, 'Log');
      await app.page.getByRole('row', { name: /Error/ }).first().waitFor();
    } finally {
      await app.dispose();
    }
  });

  test('a folder that cannot be written to is named', { timeout: 90_000 }, async () => {
    // A file stands where the folder should be: root ignores file modes.
    const app = await launch({ prepare: (data) => writeFileSync(join(data, '../received'), 'in the way') });
    try {
      await waitForCondition(app.page, 'Error');
      await app.page
        .getByText(/received/)
        .first()
        .waitFor();
      expect(readFileSync(app.folder, 'utf8')).toBe('in the way');
    } finally {
      await app.dispose();
    }
  });

  test('a broken profile file is kept and said, and nothing is lost', { timeout: 90_000 }, async () => {
    const broken = '{ "version": 1, "prof';
    const app = await launch({
      prepare: (data) => writeFileSync(join(data, 'profiles.json'), '{ "version": 1, "prof'),
    });
    try {
      const notices = app.page.getByRole('region', { name: text.common.notices.label });
      await notices
        .getByText(/profiles/)
        .first()
        .waitFor();
      const kept = filesIn(app.dataFolder).filter((file) => /^profiles\.broken-.*\.json$/.test(file));
      expect(kept.length, await notices.innerText()).toBe(1);
      expect(readFileSync(join(app.dataFolder, kept[0]!), 'utf8')).toBe(broken);
    } finally {
      await app.dispose();
    }
  });

  test('a page that is loaded again in the middle of a stream shows every file', { timeout: 120_000 }, async () => {
    const app = await launch();
    try {
      await waitForCondition(app.page, 'Listening');
      const sending = storescu({ port: app.port, ...TITLE }, [...hundredFiles(), ...hundredFiles()]);
      await app.page.getByText(/[1-9]\d* since start/).waitFor();
      await app.page.reload();
      expect((await sending).code).toBe(0);
      await waitForCondition(app.page, 'Listening');
      await app.page.getByText(text.receiver.files.count('200')).waitFor();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.dispose();
    }
  });

  test('settings in a field that is wrong are neither applied nor lost', { timeout: 90_000 }, async () => {
    const app = await launch();
    const { page } = app;
    try {
      await openScreen(page, 'Settings');
      const port = page.locator('[data-option="port"]').getByRole('textbox');
      await port.fill('70000');
      await port.press('Tab');
      await page.getByText(/must be 0 to 65535/).waitFor();
      expect(await page.getByRole('button', { name: text.settings.apply.review }).count()).toBe(0);
      const good = await freePort();
      await port.fill(String(good));
      await port.press('Tab');
      await applyChanges(page);
      await expect.poll(async () => (await echoscu({ port: good })).code, { timeout: 20_000 }).toBe(0);
    } finally {
      await app.dispose();
    }
  });
});

async function studyCount(page: Page): Promise<number> {
  await openScreen(page, 'Studies');
  const words = page.getByText(/^[\d,]+ stud(y|ies)$/);
  await words.waitFor();
  return Number((await words.textContent())!.replace(/\D/g, ''));
}
