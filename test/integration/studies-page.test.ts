/** The studies screen in Chromium around a scripted receiver whose objects are real files. */

import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { defaultSettings } from '#shared/contract.ts';
import { axeViolations } from '../support/axe.ts';
import { builtPage } from '../support/built-page.ts';
import { launchChromium } from '../support/chromium.ts';
import { createFakeReceiver, type FakeReceiver, openPage } from '../support/page-harness.ts';
import { requireRealFiles } from '../support/real-files.ts';
import { listeningProfile, SAMPLE_HOST, sampleState, stoppedProfile } from '../support/sample-state.ts';
import { type SampleStudies, sampleStudies } from '../support/sample-studies.ts';

const MANY = 1_000_000;
/** As long as a locator waits. */
const POLL = { timeout: 20_000 };

describe.skipIf(!existsSync('/usr/bin/chromium') || requireRealFiles())('the studies screen', () => {
  let browser: Browser;
  let samples: SampleStudies;
  beforeAll(async () => {
    samples = sampleStudies(MANY);
    // The first test is not to pay for it.
    await builtPage();
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  interface Opened {
    readonly page: Page;
    readonly receiver: FakeReceiver;
    readonly complaints: string[];
    readonly asked: (name: string) => unknown[];
  }
  async function open(
    options: { count?: number; dark?: boolean; canReveal?: boolean; listening?: boolean } = {},
  ): Promise<Opened> {
    const { count = MANY, dark = false, canReveal = false, listening = true } = options;
    const { answers, bytes } = count === MANY ? samples : sampleStudies(count);
    const profile = listening ? listeningProfile() : stoppedProfile();
    const state = sampleState([profile], {
      host: { ...SAMPLE_HOST, canReveal },
      settings: { ...defaultSettings, firstRunDone: true },
    });
    const receiver = createFakeReceiver({ state, answers, bytes });
    const opened = await openPage({
      browser,
      receiver,
      width: 1440,
      height: 900,
      hash: '#/studies',
      context: { colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' },
    });
    onTestFinished(opened.close);
    await opened.page.getByRole('heading', { name: 'Studies' }).waitFor();
    const asked = (name: string) => receiver.calls.filter((call) => call.name === name).map((call) => call.argument);
    return { page: opened.page, receiver, complaints: opened.complaints, asked };
  }
  const table = (page: Page) => page.getByRole('grid', { name: 'Received studies' });
  const panel = (page: Page) => page.getByRole('region', { name: 'Study' });

  test('a million studies: only what is in view is fetched and drawn, first row to last', async () => {
    const { page, asked, complaints } = await open();
    await table(page).getByText('Aalto, Anna').waitFor();
    await page.getByText('1,000,000 studies').waitFor();
    expect(await table(page).getByRole('row').count()).toBeLessThan(60);
    await table(page).focus();
    await page.keyboard.press('End');
    await table(page).getByText('P', { exact: false }).first().waitFor();
    await expect.poll(() => asked('studies-list').at(-1), POLL).toMatchObject({ offset: 999_900, limit: 100 });
    await expect.poll(() => table(page).locator('[aria-rowindex="1000001"]').textContent(), POLL).toContain('Complete');
    expect(complaints).toEqual([]);
  });

  test('a study says what of it is not uploaded, and what is gone from the spool', async () => {
    const { page, complaints } = await open();
    await table(page).getByText('3 not uploaded yet').waitFor();
    await table(page).getByText('1 gone from the spool').click();
    await panel(page).getByText('Complete').waitFor();
    await panel(page).getByText('1 gone from the spool').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('search, filters and order become one question, once the typing pauses', async () => {
    const { page, asked } = await open();
    await table(page).getByText('Aalto, Anna').waitFor();
    await page.keyboard.press('Control+f');
    await page.keyboard.type('dupont');
    await page.getByText('500 studies match').waitFor();
    expect(asked('studies-list').at(-1)).toMatchObject({ search: 'dupont', offset: 0 });
    await page.getByRole('button', { name: 'Filters', exact: true }).click();
    await page.getByRole('textbox', { name: 'Modality' }).fill('dx');
    await expect.poll(() => asked('studies-list').at(-1), POLL).toMatchObject({ search: 'dupont', modality: 'DX' });
    await page.getByTitle('Sort by Images').click();
    await expect.poll(() => asked('studies-list').at(-1), POLL).toMatchObject({ sort: 'instances', descending: true });
    await page.getByRole('textbox', { name: 'Modality' }).fill('xx');
    await page.getByText('No study matches').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).last().click();
    await page.getByText('1,000,000 studies').waitFor();
  });

  test('a study that is being received counts down by studyTimeout, and events change its row without a new list', async () => {
    const { page, receiver } = await open();
    const row = table(page)
      .getByRole('row', { name: /Aalto, Anna/ })
      .first();
    await row.getByText('Receiving 12').waitFor();
    await row.getByText(/quiet for \d+ s/).waitFor();
    const study = samples.studies[0]!;
    const live = {
      studyInstanceUid: study.studyInstanceUid,
      patientName: study.patientName,
      description: study.description,
      modality: 'CT',
      instances: 77,
      lastReceived: Date.now(),
      status: 'receiving',
    } as const;
    receiver.emit({ type: 'studies-changed', profileId: 'profile-1', studies: [live] });
    await row.getByText('Receiving 77').waitFor();
    receiver.emit({ type: 'studies-changed', profileId: 'profile-1', studies: [{ ...live, status: 'complete' }] });
    await row.getByText('Complete').waitFor();
  });

  test('many events are one new question, and rows never vanish meanwhile', async () => {
    const { page, receiver, asked } = await open();
    await table(page).getByText('Aalto, Anna').waitFor();
    const before = asked('studies-list').length;
    let isSlow = true;
    const list = samples.answers['studies-list']!;
    receiver.answer({
      'studies-list': async (argument) => {
        while (isSlow) await new Promise((resolve) => setTimeout(resolve, 20));
        return list(argument);
      },
    });
    for (let index = 0; index < 20; index++) receiver.emit({ type: 'history-changed' });
    await expect.poll(() => asked('studies-list').length, { timeout: 15_000 }).toBe(before + 1);
    expect(await table(page).getByText('Aalto, Anna').count()).toBeGreaterThan(0);
    isSlow = false;
    await page.waitForTimeout(900);
    expect(asked('studies-list').length).toBe(before + 1);
  });

  test('by keyboard alone: a study, its objects, a picture, its elements, and back', async () => {
    const { page, complaints } = await open();
    await table(page).getByText('Aalto, Anna').waitFor();
    await table(page).focus();
    await page.keyboard.press('ArrowDown');
    await panel(page).waitFor();
    const grid = panel(page).getByRole('grid', { name: /Native/ });
    await grid.getByRole('row').first().waitFor();
    await grid.getByRole('row').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('MR Image Storage').waitFor();
    await dialog.getByRole('img', { name: /Picture/ }).waitFor();
    await dialog.getByRole('tab', { name: 'Image' }).focus();
    await page.keyboard.press('ArrowRight');
    await dialog.getByText('Transfer Syntax UID', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await table(page).focus();
    await page.keyboard.press('Escape');
    await panel(page).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('thumbnails of every syntax, frames by slider, and words where there is no picture', async () => {
    const { page, complaints } = await open();
    await table(page).getByText('Horvat, David').first().click();
    await panel(page)
      .getByRole('button', { name: /Compressed/ })
      .click();
    const compressed = panel(page).getByRole('grid', { name: /Compressed/ });
    await compressed.scrollIntoViewIfNeeded();
    await compressed.getByRole('row').last().scrollIntoViewIfNeeded();
    // Seven of eight: a JPEG of 12 bits has no decoder here.
    await expect.poll(() => compressed.locator('canvas').count(), { timeout: 20_000 }).toBe(7);
    await compressed.getByTitle(/JPEG of 12 bits/).waitFor();
    await panel(page)
      .getByRole('button', { name: /Many frames/ })
      .click();
    const many = panel(page).getByRole('grid', { name: /Many frames/ });
    await many.getByRole('row').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('8 of 15').waitFor();
    await dialog.getByRole('slider', { name: 'Frame' }).focus();
    await page.keyboard.press('ArrowRight');
    await dialog.getByText('9 of 15').waitFor();
    await page.keyboard.press('Escape');
    await panel(page)
      .getByRole('button', { name: /Report/ })
      .click();
    await panel(page)
      .getByTitle(/report/i)
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
  });

  test('elements: search, nested items, bytes, and "extract this" for the profile', async () => {
    const { page, receiver } = await open();
    receiver.answer({
      'profile-save': ({ id, options }) => {
        const { profile } = receiver.state.profiles.find((one) => one.profile.id === id)!;
        const saved = { ...profile, options: options as typeof profile.options };
        receiver.emit({ type: 'profile-saved', profile: saved });
        return saved;
      },
    });
    await table(page).getByText('Horvat, David').first().click();
    await panel(page)
      .getByRole('grid', { name: /Native/ })
      .getByRole('row')
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('tab', { name: 'Tags' }).click();
    const search = dialog.getByRole('searchbox', { name: /Search tag/ });
    await search.fill('KVP');
    await dialog.getByRole('row', { name: /KVP/ }).click();
    await dialog.getByRole('button', { name: 'Extract this' }).click();
    await dialog.getByText('Extracted already').waitFor();
    expect(receiver.state.profiles[0]!.profile.options.extractTags).toEqual(['KVP']);
    await search.fill('(7FE0,0010)');
    await dialog.getByRole('row', { name: /Pixel Data/ }).click();
    await dialog.getByRole('button', { name: 'Show bytes' }).click();
    await dialog.getByText('000010', { exact: false }).first().waitFor();
    await search.fill('GEMS_IDEN_01');
    await dialog
      .getByRole('row', { name: /GEMS_IDEN_01/ })
      .nth(1)
      .click();
    await dialog.getByRole('button', { name: 'Extract this' }).click();
    const naming = page.getByRole('dialog', { name: 'Extract a private element' });
    await naming.getByRole('textbox', { name: 'Name' }).fill('SuiteId');
    await naming.getByRole('button', { name: 'Extract', exact: true }).click();
    await naming.waitFor({ state: 'detached' });
    expect(receiver.state.profiles[0]!.profile.options.extractCustomTags).toMatchObject([
      { name: 'SuiteId', creator: 'GEMS_IDEN_01' },
    ]);
  });

  test('deleting asks first; showing in the folder only where the machine can', async () => {
    const { page, asked } = await open({ canReveal: true });
    await table(page).getByText('Horvat, David').first().click();
    await panel(page).getByRole('button', { name: 'Show in folder' }).click();
    await expect.poll(() => asked('study-reveal'), POLL).toEqual([{ studyId: 2 }]);
    await panel(page).getByRole('button', { name: 'Delete…' }).click();
    const question = page.getByRole('alertdialog');
    await question.getByText(/49 files/).waitFor();
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    expect(asked('study-trash')).toEqual([]);
    await panel(page).getByRole('button', { name: 'Delete…' }).click();
    await question.getByRole('button', { name: 'Move to trash' }).click();
    await page.getByText('12 files moved to the trash.').first().waitFor();
    expect(asked('study-trash')).toEqual([{ studyId: 2 }]);
    await panel(page).waitFor({ state: 'detached' });
  });

  test('an empty list teaches, sends test images, and finds studies in the folder', async () => {
    const { page, receiver, asked } = await open({ count: 0 });
    await page.getByText('No studies yet').waitFor();
    await page.getByText(/title STUDYPORT and port 11112/).waitFor();
    receiver.answer({
      'test-images-send': () => ({ sent: 4 }),
      'history-rebuild': async () => {
        receiver.emit({ type: 'rebuild-progress', profileId: 'profile-1', files: 1200, done: false });
        await page.getByText('Reading the folder: 1,200 files so far').first().waitFor();
        receiver.emit({ type: 'rebuild-progress', profileId: 'profile-1', files: 1234, done: true });
        return { found: 1234, added: 12, unreadable: 1 };
      },
    });
    await page.getByRole('button', { name: 'Send test images' }).click();
    await page.getByText('4 test images sent.').first().waitFor();
    await page.getByRole('button', { name: 'Find studies in the folder' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Rebuild' }).click();
    await page.getByText('1,234 files found, 12 added, 1 could not be read.').first().waitFor();
    expect(asked('history-rebuild')).toEqual([{ id: 'profile-1' }]);
  });

  test('a list that cannot be read says why and can be asked for again', async () => {
    const { page, receiver } = await open({ count: 0 });
    receiver.answer({
      'studies-list': () => ({ ok: false, error: { code: 'history', message: 'The disk is gone.' } }),
    });
    receiver.emit({ type: 'history-changed' });
    await page.getByText('The disk is gone.').waitFor();
    receiver.answer({ 'studies-list': sampleStudies(3).answers['studies-list']! });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('3 studies').waitFor();
  });

  test('patient data is blurred with one key, in list, study and elements', async () => {
    const { page } = await open();
    await table(page).getByText('Aalto, Anna').first().click();
    await page.keyboard.press('F9');
    const isBlurred = (words: string) =>
      page.evaluate(
        (wanted) =>
          [...document.querySelectorAll('main span')].some(
            (span) => span.textContent?.includes(wanted) && getComputedStyle(span).filter.includes('blur'),
          ),
        words,
      );
    await expect.poll(() => isBlurred('Aalto, Anna'), POLL).toBe(true);
    await expect.poll(() => isBlurred('P100000'), POLL).toBe(true);
    expect(await isBlurred('CT chest')).toBe(false);
  });

  test.each(['light', 'dark'] as const)(
    'axe finds nothing: list, filters, study, picture and elements (%s)',
    async (theme) => {
      const { page } = await open({ dark: theme === 'dark' });
      const check = async () => {
        expect(await axeViolations(page, theme)).toEqual([]);
      };
      await table(page).getByText('Horvat, David').first().waitFor();
      await page.getByRole('button', { name: 'Filters', exact: true }).click();
      await check();
      await table(page).getByText('Horvat, David').first().click();
      await panel(page).locator('canvas').first().waitFor();
      await check();
      await panel(page)
        .getByRole('grid', { name: /Native/ })
        .getByRole('row')
        .first()
        .click();
      await page.getByRole('dialog').getByRole('img').waitFor();
      await check();
      await page.getByRole('tab', { name: 'Tags' }).click();
      await page
        .getByRole('dialog')
        .getByRole('row', { name: /Image Type/ })
        .first()
        .click();
      await page.getByRole('dialog').getByRole('button', { name: 'Show bytes' }).click();
      await check();
      // axe reads the whole page again and again, each of them seconds on a busy machine.
    },
    120_000,
  );
});
