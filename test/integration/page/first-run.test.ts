/** The first run in a browser, around a scripted receiver. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { axeViolations } from '../../support/axe.ts';
import { launchChromium } from '../../support/chromium.ts';
import type { FakeReceiver } from '../../support/page-harness.ts';
import { createFakeReceiver, openPage } from '../../support/page-harness.ts';
import { listeningProfile, sampleState } from '../../support/sample-state.ts';

// A browser on a busy machine is slow, and that is not what is tested.
vi.setConfig({ testTimeout: 120_000 });

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const privileged = { code: 'port-privileged', message: 'Port 104 needs administrator rights here.' };

async function open() {
  const base = sampleState([listeningProfile()]);
  const state = { ...base, settings: { ...base.settings, firstRunDone: false } };
  const receiver: FakeReceiver = createFakeReceiver({
    state,
    answers: {
      'check-folder': ({ path }) => ({ path, exists: true, writable: true, freeBytes: 212e9, network: false }),
      'check-port': ({ port }) =>
        port === 104 ? { free: false, privileged: true, problem: privileged } : { free: true, privileged: false },
      'profile-save': () => receiver.state.profiles[0]!.profile,
      'self-test': () => {
        const step = { name: 'C-ECHO', ok: true, message: 'Answered.', milliseconds: 3 };
        receiver.emit({ type: 'test-step', profileId: 'profile-1', test: 'self-test', step, done: true });
        return { steps: [step] };
      },
    },
  });
  const opened = await openPage({ browser, receiver });
  onTestFinished(() => opened.close());
  return { receiver, ...opened };
}

describe('first run', () => {
  it('leads in four steps to a receiver that was tested', async () => {
    const { page, receiver, complaints } = await open();
    const next = page.getByRole('button', { name: 'Next' });
    await page.getByText('212 GB free').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('textbox', { name: 'Folder' }).fill('/data/studies');
    await expect
      .poll(() => receiver.calls.findLast(({ name }) => name === 'check-folder')?.argument)
      .toEqual({ path: '/data/studies' });
    await next.click();

    const port = page.getByRole('textbox', { name: 'Port' });
    await port.fill('104');
    await port.press('Tab');
    await page.getByText(privileged.message).waitFor();
    expect(await next.isDisabled()).toBe(true);
    await port.fill('11113');
    await port.press('Tab');
    await page.getByText('The port is free.').waitFor();
    await page.getByRole('textbox', { name: 'AE title' }).fill('WARD7');
    await next.click();

    await page.getByText('Incoming TCP connections to port 11113 must be allowed.').waitFor();
    await page.getByText('sudo ufw allow 11113/tcp').waitFor();
    const saved = receiver.calls.find(({ name }) => name === 'profile-save')!.argument;
    expect(saved).toMatchObject({
      id: 'profile-1',
      options: { outDir: '/data/studies', port: 11113, callingAeTitle: 'WARD7', storeWithFileMeta: true },
    });
    await next.click();

    await page.getByRole('button', { name: 'Run the test' }).click();
    await page.getByText('Everything works.').waitFor();
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.getByRole('heading', { name: 'Waiting for the first study' }).waitFor();
    expect(receiver.state.settings.firstRunDone).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('can be skipped, and does not come back', async () => {
    const { page, receiver } = await open();
    await page.getByRole('button', { name: 'Skip setup' }).click();
    await page.getByRole('heading', { level: 1, name: 'Receiver' }).waitFor();
    await expect.poll(() => receiver.state.settings.firstRunDone).toBe(true);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Receiver' }).waitFor();
    expect(receiver.calls.some(({ name }) => name.startsWith('profile'))).toBe(false);
  });
});
