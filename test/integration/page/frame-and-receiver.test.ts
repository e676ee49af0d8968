/** The frame and the receiver screen in a browser, around a scripted receiver. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Result, Settings } from '#shared/contract.ts';
import type { ReceiverState } from '#shared/state.ts';
import type { UploadsState } from '#shared/uploads.ts';
import { axeViolations } from '../../support/axe.ts';
import { launchChromium, pageShown } from '../../support/chromium.ts';
import type { Answers } from '../../support/page-harness.ts';
import { createFakeReceiver, openPage } from '../../support/page-harness.ts';
import {
  busyProfile,
  listeningProfile,
  sampleFile,
  sampleProfile,
  sampleState,
  stoppedProfile,
} from '../../support/sample-state.ts';

// A browser on a busy machine is slow, and that is not what is tested.
vi.setConfig({ testTimeout: 120_000 });

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

interface Opening {
  readonly answers?: Answers;
  readonly width?: number;
  readonly height?: number;
  readonly hash?: string;
  readonly reducedMotion?: boolean;
}

async function open(state: ReceiverState, { answers = {}, reducedMotion, ...rest }: Opening = {}) {
  const receiver = createFakeReceiver({ state, answers });
  const opened = await openPage({
    browser,
    receiver,
    ...rest,
    ...(reducedMotion && { context: { reducedMotion: 'reduce' } }),
  });
  onTestFinished(() => opened.close());
  return { receiver, ...opened };
}

const problem = { code: 'port-in-use', message: 'Port 11112 is taken by another program.', field: 'port' };
const failed = { ...stoppedProfile(), run: { phase: 'failed' as const, since: 0, problem } };
const second = stoppedProfile(sampleProfile({ id: 'profile-2', name: 'Research' }, { port: 11113 }));

/** Of a spool whose bucket refuses everything. */
const stoppedUploads = (): UploadsState => ({
  state: 'stopped',
  waiting: 212,
  bytes: 111_700_000,
  active: 0,
  oldest: Date.now() - 3_723_000,
  bytesPerSecond: 0,
  problem: { code: 'access-denied', message: 'S3 does not accept the secret key (SignatureDoesNotMatch): correct it.' },
  retryAt: Date.now() + 125_000,
});

const withTheme = (state: ReceiverState, theme: 'light' | 'dark'): ReceiverState => ({
  ...state,
  settings: { ...state.settings, theme },
});

describe.each(['light', 'dark'] as const)('axe, %s', (theme) => {
  const notices = [{ code: 'settings-kept-aside', message: 'The settings file was broken and was kept aside.' }];
  const states: Record<string, () => ReceiverState> = {
    busy: () => sampleState([busyProfile(), second], { notices }),
    waiting: () => sampleState([{ ...listeningProfile(), uploads: stoppedUploads() }]),
    failed: () => sampleState([failed]),
    'without a profile': () => sampleState([]),
  };
  it.each(Object.keys(states))('finds nothing on the receiver screen: %s', async (name) => {
    const { page, complaints } = await open(withTheme(states[name]!(), theme));
    await page.getByRole('heading', { level: 1, name: 'Receiver' }).waitFor();
    expect(await axeViolations(page, theme)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('finds nothing in palette, sheet, menu and dialogs', async () => {
    const { page, complaints } = await open(withTheme(sampleState([busyProfile()]), theme));
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    expect(await axeViolations(page, theme)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('F1');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    expect(await axeViolations(page, theme)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /1 refused/ }).click();
    await page.getByRole('dialog', { name: 'Contexts of CT01' }).waitFor();
    expect(await axeViolations(page, theme)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'View and help' }).click();
    await page.getByRole('menu').waitFor();
    expect(await axeViolations(page, theme)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe('receiver screen', () => {
  it('says the state in one word, the address and who called last, and follows events', async () => {
    const { page, receiver } = await open(sampleState([listeningProfile()]));
    const card = page.getByRole('region', { name: 'State of the receiver' });
    await card.getByRole('heading', { name: 'Listening' }).waitFor();
    await card.getByText('Waiting for the first call…').waitFor();
    await page.getByRole('region', { name: 'Address' }).getByText('192.0.2.17', { exact: true }).waitFor();
    receiver.emit({
      type: 'contact',
      profileId: 'profile-1',
      time: Date.now(),
      callingAeTitle: 'CT01',
      remoteAddress: '10.1.2.3',
    });
    await card.getByText(/^Last contact .* from CT01 \(10\.1\.2\.3\)$/).waitFor();
    receiver.emit({ type: 'run-changed', profileId: 'profile-1', run: failed.run });
    await card.getByRole('heading', { name: 'Error' }).waitFor();
    await card.getByText(problem.message).waitFor();
    await expect.poll(() => page.title()).toBe('Error – Studyport');
    await card.getByRole('button', { name: 'Change the port' }).click();
    await expect.poll(() => new URL(page.url()).hash).toBe('#/settings/port');
  });

  it('starts and stops each of several profiles, and asks before it cuts associations', async () => {
    const { page, receiver } = await open(sampleState([busyProfile(), second]), {
      answers: { 'receiver-start': () => null, 'receiver-stop': () => null },
    });
    await page.getByRole('button', { name: 'Start Research' }).click();
    await expect.poll(() => receiver.calls.at(-1)).toEqual({ name: 'receiver-start', argument: { id: 'profile-2' } });
    const card = page.getByRole('region', { name: 'State of the receiver' });
    await card.getByRole('button', { name: 'Stop Reading room' }).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByText(/2 associations are open/).waitFor();
    expect(receiver.calls.some(({ name }) => name === 'receiver-stop')).toBe(false);
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => receiver.calls.at(-1)).toEqual({ name: 'receiver-stop', argument: { id: 'profile-1' } });
  });

  it('tells a refused caller in plain words and fixes it with one click', async () => {
    const { page, receiver } = await open(sampleState([busyProfile()]), {
      answers: { 'refusal-fix': () => sampleProfile() },
    });
    await page.getByText('CT02 called for AE “STORESCP”, this receiver is “STUDYPORT”.').waitFor();
    await page.getByRole('button', { name: 'Accept the title STORESCP' }).click();
    await expect
      .poll(() => receiver.calls.at(-1))
      .toEqual({
        name: 'refusal-fix',
        argument: { id: 'profile-1', kind: 'accept-called-title', value: 'STORESCP' },
      });
    await page
      .getByText(/^Done: Accept the title STORESCP/)
      .first()
      .waitFor();
  });

  it('aborts an association only after asking', async () => {
    const { page, receiver } = await open(sampleState([busyProfile()]), {
      answers: { 'association-abort': () => null },
    });
    await page.getByRole('button', { name: 'Abort the association of MR02' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Abort' }).click();
    await expect
      .poll(() => receiver.calls.at(-1))
      .toEqual({
        name: 'association-abort',
        argument: { id: 'profile-1', associationId: 'profile-1:1:8' },
      });
  });

  it('shows a failed command with its code instead of nothing', async () => {
    const { page } = await open(sampleState([stoppedProfile()]), {
      answers: { 'receiver-start': () => ({ ok: false, error: problem }) },
    });
    await page.getByRole('button', { name: 'Start Reading room' }).click();
    await page.getByText('Code: port-in-use').waitFor();
  });

  it('has the throughput as words and as a table too', async () => {
    const { page } = await open(sampleState([busyProfile()]));
    await page.getByRole('img', { name: /Received data over the last five minutes\. Now .* peak / }).waitFor();
    await page.getByRole('button', { name: 'Table' }).click();
    const table = page.getByRole('grid', { name: 'Throughput' });
    expect(await table.getAttribute('aria-rowcount')).toBe('221');
    await table.focus();
    await page.keyboard.press('End');
    const lastRow = async () => {
      const active = await table.getAttribute('aria-activedescendant');
      return active === null ? null : page.locator(`[id="${active}"]`).getAttribute('aria-rowindex');
    };
    await expect.poll(lastRow).toBe('221');
  });

  it('keeps few rows of many files, newest first, and stands still while paused', async () => {
    const { page, receiver } = await open(sampleState([busyProfile()]), { width: 1500, height: 1000 });
    const table = page.getByRole('grid', { name: 'Received files' });
    await table.getByRole('row').nth(1).waitFor();
    const row = (index: number) => table.locator(`[aria-rowindex="${index}"]`);
    const files = Array.from({ length: 50 }, (_, index) => ({ ...sampleFile(index), callingAeTitle: `NEW${index}` }));
    receiver.emit({ type: 'files-stored', profileId: 'profile-1', files, count: 50, bytes: 1 });
    await row(2).getByText('NEW49').waitFor();
    expect(await table.getByRole('row').count()).toBeLessThan(40);
    await page.getByRole('button', { name: 'Pause the list' }).click();
    receiver.emit({ type: 'files-stored', profileId: 'profile-1', files: [sampleFile(3)], count: 1, bytes: 1 });
    await page.getByText('Paused · 1 new file meanwhile').waitFor();
    await row(2).getByText('NEW49').waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    await row(3).getByText('NEW49').waitFor();
  });
});

describe('connection', () => {
  it('says that it connects, and that it is busy, until the state is there', async () => {
    const { page, receiver } = await open(sampleState([listeningProfile()]));
    const held = Promise.withResolvers<{ sequence: number; state: ReceiverState }>();
    receiver.answer({ snapshot: () => held.promise });
    await page.reload();
    const splash = page.locator('main[aria-busy="true"]');
    await splash.getByText('Connecting to the receiver').waitFor();
    held.resolve({ sequence: 0, state: receiver.state });
    await pageShown(page);
    await page.getByRole('heading', { name: 'Listening' }).waitFor();
    expect(await splash.count()).toBe(0);
  });

  it('fetches the snapshot after a gap', async () => {
    const { page, receiver } = await open(sampleState([listeningProfile()]));
    await page.getByRole('heading', { name: 'Listening' }).waitFor();
    receiver.lose({ type: 'run-changed', profileId: 'profile-1', run: failed.run });
    receiver.emit({ type: 'free-space', profileId: 'profile-1', bytes: 5e9 });
    await page.getByRole('heading', { name: 'Error' }).waitFor();
    expect(receiver.calls.filter(({ name }) => name === 'snapshot')).toHaveLength(2);
  });
});

describe('manners', () => {
  it('goes everywhere by keyboard', async () => {
    const { page } = await open(sampleState([busyProfile()]));
    const hash = () => new URL(page.url()).hash;
    for (const [key, wanted] of [
      ['Control+2', '#/studies'],
      ['Control+3', '#/rules'],
      ['Control+4', '#/log'],
      ['Control+5', '#/settings'],
      ['Control+1', '#/receiver'],
      ['Control+,', '#/settings'],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(hash).toBe(wanted);
      await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('MAIN');
    }
    await page.keyboard.press('Control+k');
    await page.keyboard.type('go rec');
    await page.getByRole('menuitem', { name: 'Go to Receiver' }).waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(hash).toBe('#/receiver');
  });

  it('skips to the content, and reaches every control of the receiver screen with Tab', async () => {
    const { page } = await open(sampleState([busyProfile()]));
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    const names = new Set<string>();
    for (let press = 0; press < 60; press++) {
      await page.keyboard.press('Tab');
      names.add(
        await page.evaluate(
          '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim()',
        ),
      );
    }
    for (const name of [
      'Stop Reading room',
      'Copy all',
      'Send test images',
      'Accept the title STORESCP',
      'Abort the association of CT01',
      'Table',
      'Received files',
    ]) {
      expect(names, name).toContain(name);
    }
  });

  it('blurs patient data with one key, and shows it again', async () => {
    const { page, receiver } = await open(sampleState([busyProfile()]), { width: 1500, height: 1400 });
    const name = page.getByRole('grid', { name: 'Received files' }).getByText('DUVAL, CLAIRE').first();
    await name.waitFor();
    const filter = () =>
      page.evaluate(`getComputedStyle([...document.querySelectorAll('[role=gridcell] > span')]
        .find(({ textContent }) => textContent === 'DUVAL, CLAIRE')).filter`);
    expect(await filter()).toBe('none');
    await page.keyboard.press('F9');
    await expect.poll(() => receiver.state.settings.privacyBlur).toBe(true);
    await expect.poll(filter).toBe('blur(6px)');
    await page.keyboard.press('F9');
    await expect.poll(filter).toBe('none');
  });

  it('never shows for a moment what was blurred again, whenever the receiver tells of the earlier choices', async () => {
    const { page, receiver } = await open(sampleState([busyProfile()]));
    await page.keyboard.press('F9');
    await expect.poll(() => receiver.state.settings.privacyBlur).toBe(true);
    const asked: Partial<Settings>[] = [];
    receiver.answer({
      'settings-save': (change) => {
        asked.push(change as Partial<Settings>);
        return { ...receiver.state.settings, ...change } as Settings;
      },
    });
    const seen = () => page.evaluate<string[]>('window.seen');
    await page.evaluate(`window.seen = [];
      new MutationObserver(() => seen.push(document.documentElement.dataset.privacy))
        .observe(document.documentElement, { attributeFilter: ['data-privacy'] })`);
    await page.keyboard.press('F9');
    await page.keyboard.press('F9');
    await expect.poll(() => asked).toEqual([{ privacyBlur: false }, { privacyBlur: true }]);
    expect(await seen()).toEqual(['clear', 'blur']);
    for (const change of asked) {
      receiver.emit({ type: 'settings-changed', settings: { ...receiver.state.settings, ...change } });
    }
    receiver.emit({ type: 'settings-changed', settings: { ...receiver.state.settings, density: 'compact' } });
    await expect.poll(() => page.locator('html').getAttribute('data-density')).toBe('compact');
    expect(new Set((await seen()).slice(1))).toEqual(new Set(['blur']));
    // What somebody else chooses afterwards is taken.
    receiver.emit({ type: 'settings-changed', settings: { ...receiver.state.settings, privacyBlur: false } });
    await expect.poll(seen).toContain('clear');
    await expect.poll(() => page.locator('html').getAttribute('data-privacy')).toBe('clear');
  });

  it('takes a choice back that could not be saved, and only that one', async () => {
    const { page, receiver } = await open(sampleState([busyProfile()]));
    const saved = Promise.withResolvers<Result<Settings>>();
    receiver.answer({ 'settings-save': () => saved.promise });
    await page.keyboard.press('F9');
    await expect.poll(() => page.locator('html').getAttribute('data-privacy')).toBe('blur');
    receiver.emit({ type: 'settings-changed', settings: { ...receiver.state.settings, density: 'compact' } });
    await expect.poll(() => page.locator('html').getAttribute('data-density')).toBe('compact');
    expect(await page.locator('html').getAttribute('data-privacy')).toBe('blur');
    saved.resolve({ ok: false, error: { code: 'not-written', message: 'The settings could not be written.' } });
    await page.getByText('The settings could not be written.').first().waitFor();
    await expect.poll(() => page.locator('html').getAttribute('data-privacy')).toBe('clear');
    expect(await page.locator('html').getAttribute('data-density')).toBe('compact');
  });

  it('changes theme and density for good', async () => {
    const { page, receiver } = await open(sampleState([busyProfile()]));
    await page.getByRole('button', { name: 'View and help' }).click();
    await page.getByRole('menuitem', { name: 'Theme: dark' }).click();
    await expect.poll(() => receiver.state.settings.theme).toBe('dark');
    await expect.poll(() => page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(14, 20, 27)');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('compact');
    await page.keyboard.press('Enter');
    await expect.poll(() => receiver.state.settings.density).toBe('compact');
    await page.reload();
    await expect.poll(() => page.locator('html').getAttribute('data-density')).toBe('compact');
  });

  it('takes ? as text in a field, and as the sheet elsewhere; it can be turned off', async () => {
    const { page } = await open(sampleState([busyProfile()]));
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await sheet.getByText('Keys without Ctrl').click();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('?');
    await page.getByText('Nothing matches.').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('F1');
    await sheet.waitFor();
  });

  it('says failures aloud at once, complete studies politely', async () => {
    const { page, receiver } = await open(sampleState([listeningProfile()]));
    await page.getByRole('heading', { name: 'Listening' }).waitFor();
    receiver.emit({ type: 'run-changed', profileId: 'profile-1', run: failed.run });
    await page.locator('[aria-live="assertive"]', { hasText: problem.message }).waitFor();
  });

  it.each([
    ['320 px, that is 400 % of 1280', 320, 700],
    ['640 px, that is 200 % of 1280', 640, 400],
  ])('needs no scrolling sideways at %s', async (_, width, height) => {
    const { page } = await open(sampleState([busyProfile(), second]), { width, height });
    await page.getByRole('heading', { level: 1 }).waitFor();
    const overflow = await page.evaluate(
      '[document.documentElement, document.querySelector("main")].map((each) => each.scrollWidth - each.clientWidth)',
    );
    expect(overflow).toEqual([0, 0]);
  });

  it('has targets of at least 24 px', async () => {
    const { page } = await open(sampleState([busyProfile(), second]));
    await page.keyboard.press('Control+k');
    await page.keyboard.type('compact');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('html').getAttribute('data-density')).toBe('compact');
    const small = await page.evaluate(`[...document.querySelectorAll('button, a, input')]
      .filter((each) => each.checkVisibility() && !each.matches('[data-rac][slot] *'))
      .map((each) => [each.textContent || each.ariaLabel, each.getBoundingClientRect()])
      .filter(([, { width, height }]) => Math.min(width, height) < 23.5 && width > 1)
      .map(([name, { width, height }]) => name + ' ' + width + '×' + height)`);
    expect(small).toEqual([]);
  });

  it('moves nothing when less motion is wished for', async () => {
    const { page } = await open(sampleState([busyProfile()]), { reducedMotion: true });
    await page.getByRole('heading', { name: 'Receiving' }).waitFor();
    await expect
      .poll(() => page.evaluate('document.getAnimations().filter((each) => each.playState === "running").length'))
      .toBe(0);
  });

  it('prints the address sheet and nothing else', async () => {
    const { page } = await open(sampleState([listeningProfile()]));
    await page.getByRole('heading', { name: 'Listening' }).waitFor();
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('heading', { name: 'DICOM storage destination' }).isVisible()).toBe(true);
    expect(await page.getByRole('navigation', { name: 'Screens' }).isVisible()).toBe(false);
    expect(await page.getByRole('cell', { name: '2001:db8:42::17' }).isVisible()).toBe(true);
  });
});

describe('uploads', () => {
  it('shows what waits and why, tries again when asked, and says when everything is in the bucket', async () => {
    const state = sampleState([{ ...listeningProfile(), uploads: stoppedUploads() }]);
    const { page, receiver } = await open(state, { answers: { 'uploads-retry': () => null } });
    const card = page.getByRole('region', { name: 'Uploads to S3' });
    await card.getByText('S3 refuses.').waitFor();
    await card.getByText('212 · 112 MB').waitFor();
    await card.getByText('1 h 2 min').waitFor();
    await card.getByRole('button', { name: 'Retry now' }).click();
    await expect.poll(() => receiver.calls.map(({ name }) => name)).toContain('uploads-retry');
    const done = { state: 'idle', waiting: 0, bytes: 0, active: 0, bytesPerSecond: 0 } as const;
    receiver.emit({ type: 'uploads-changed', profileId: 'profile-1', uploads: done });
    await card.getByText('Everything is in the bucket.').waitFor();
    expect(await card.getByRole('button').count()).toBe(0);
  });
});
