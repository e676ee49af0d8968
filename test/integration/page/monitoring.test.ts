/** What a person sees of those who watch: pending commitments, the webhook of a profile, figures and the metrics' token. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { CommitmentState } from '#shared/events.ts';
import type { ProfileFigures } from '#shared/figures.ts';
import { axeViolations } from '../../support/axe.ts';
import { launchChromium } from '../../support/chromium.ts';
import { openPage } from '../../support/page-harness.ts';
import { createSettingsReceiver, profileState, refusal, stateOf } from '../../support/settings-receiver.ts';

vi.setConfig({ testTimeout: 180_000 });

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

const none = { count: 0, bytes: 0 };
const FIGURES: ProfileFigures = {
  profileId: 'p1',
  name: 'Radiology',
  phase: 'listening',
  autoStart: true,
  problems: [],
  openAssociations: 1,
  acceptedAssociations: 12,
  refused: { 'called-ae-title-not-recognized': 3 },
  files: { new: { count: 42, bytes: 2_000_000 }, equal: none, replaced: none, 'kept-both': none, quarantined: none },
  commitmentsPending: 1,
  freeBytes: 1024 ** 3,
};
const commitment = (state: CommitmentState['state'], change: Partial<CommitmentState> = {}) =>
  ({
    type: 'commitment',
    profileId: 'p1',
    commitment: {
      transactionUid: '1.2.840.113619.2.55.3.604688119.969.1268071029.320',
      callingAeTitle: 'CT01',
      received: Date.now() - 60_000,
      requested: 120,
      committed: 0,
      failed: 0,
      state,
      ...change,
    },
  }) as const;

it('shows what waits, saves whom to tell, and gives figures and a token', async () => {
  const receiver = createSettingsReceiver(stateOf([profileState({ id: 'p1', name: 'Radiology' })]));
  const { page, complaints, close } = await openPage({ browser, receiver, hash: '#/receiver', height: 1000 });
  try {
    const list = page.getByRole('list', { name: 'Pending storage commitments' });
    expect(await list.count()).toBe(0);
    const problem = '“CT01” has not taken it: it is not known where it can be reached.';
    receiver.emit(commitment('retrying', { committed: 118, failed: 2, problem }), {
      type: 'refused',
      profileId: 'p1',
      refusal: refusal('add-commitment-peer', 'CT01', { code: 'commitment-peer-unknown', fixes: [] }),
    });
    await list.getByText('asks for 120 objects: 118 stored, 2 not').waitFor();
    await list.getByText(problem).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open the setting' }).click();
    await page.getByRole('heading', { level: 2, name: 'Acceptance' }).waitFor();
    receiver.emit(commitment('reported'));

    await page.goto(page.url().replace(/#.*/, '#/settings/Studies'));
    const panel = page.getByRole('region', { name: 'When a study is complete, tell another system' });
    await panel.getByLabel('Address').fill('http://ris.example.org');
    await panel.getByText('Address must begin with https:// unless').waitFor();
    await panel.getByLabel('Address').fill('http://10.1.2.3/studies');
    await panel.getByText('Everybody in the network can read').waitFor();
    await panel.getByText('Calls are not signed').waitFor();
    await panel.getByRole('button', { name: 'Make one' }).click();
    const secret = await panel.getByLabel('Secret').inputValue();
    expect(secret.length).toBeGreaterThanOrEqual(24);
    expect(await axeViolations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await axeViolations(page, 'dark')).toEqual([]);
    const webhook = { url: 'http://10.1.2.3/studies', includeIdentifiers: false };
    receiver.answer({
      'webhook-save': () => {
        const saved = { ...receiver.state.profiles[0]!.profile, webhook: { ...webhook, signed: true } };
        receiver.emit({ type: 'profile-saved', profile: saved });
        return saved;
      },
      'webhook-test': () => null,
      figures: () => ({
        version: '0.1.0',
        started: Date.now(),
        residentBytes: 104_857_600,
        heapBytes: 1,
        cpuSeconds: 1,
        eventLoopDelay: { mean: 0, p99: 0, max: 0.012 },
        historyWaiting: 0,
        profiles: [FIGURES],
      }),
      'metrics-token': () => ({ token: 'T'.repeat(43) }),
    });
    await panel.getByRole('button', { name: 'Save' }).click();
    await panel.getByText('Nothing waits, nothing taken yet').waitFor();
    expect(receiver.calls.findLast(({ name }) => name === 'webhook-save')?.argument).toEqual({
      id: 'p1',
      webhook,
      secret,
    });
    expect(await panel.getByLabel('Secret').inputValue()).toBe('');
    // Typed and cleared again is as it was.
    await panel.getByLabel('Secret').fill('x');
    await panel.getByLabel('Secret').fill('');
    expect(await panel.getByText('Calls are not signed').count()).toBe(0);
    await panel.getByRole('button', { name: 'Send a test' }).click();
    await page.getByRole('region', { name: 'Messages' }).getByText('The other side took the test.').waitFor();
    const lastProblem = { time: Date.now(), message: '10.1.2.3 answered 500: it has a problem of its own.' };
    receiver.emit({ type: 'webhook', profileId: 'p1', webhook: { waiting: 2, lastProblem } });
    await panel.getByText('2 studies waiting, nothing taken yet').waitFor();
    await panel.getByText('10.1.2.3 answered 500').waitFor();

    await page.goto(page.url().replace(/#.*/, '#/settings/Application'));
    // What a button said while it was pending is still being read out.
    await page.reload();
    await page.getByRole('button', { name: 'Show figures' }).click();
    await page.getByRole('row', { name: 'Radiology: objects stored 42 (2.0 MB)' }).waitFor();
    await page.getByRole('row', { name: 'Radiology: refused, called-ae-title-not-recognized 3' }).waitFor();
    expect(await page.getByRole('button', { name: 'Make a token' }).count()).toBe(0);
    await page.locator('[data-setting="metrics"]').getByText('Metrics', { exact: true }).click();
    await page.getByRole('button', { name: 'Make a token' }).click();
    await page.getByText(`credentials: ${'T'.repeat(43)}`).waitFor();
    expect(await axeViolations(page, 'dark')).toEqual([]);
    expect(complaints).toEqual([]);
  } finally {
    await close();
  }
});
