/** What a person sees of retention, verification and duplicates: nothing goes before it was shown, and damage has a name. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Profile } from '#shared/contract.ts';
import type { RetentionPreview, VerificationReport } from '#shared/guards.ts';
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

/** Of what is waited for on a busy machine. */
const PATIENT = { timeout: 60_000 };
const DAY = 24 * 60 * 60 * 1000;
const PREVIEW: RetentionPreview = {
  studies: 12,
  instances: 3400,
  bytes: 1_700_000_000,
  oldest: Date.now() - 800 * DAY,
  newest: Date.now() - 401 * DAY,
  staying: { studies: 88, bytes: 40_000_000_000 },
  kept: [{ because: 'not-uploaded', studies: 2, bytes: 5_000_000 }],
};
const REPORT: VerificationReport = {
  sound: 9000,
  damaged: 1,
  missing: 1,
  unreadable: 0,
  firstSeen: 12,
  inBucket: 0,
  bytes: 5_000_000_000,
  started: Date.now() - 7_200_000,
  ended: Date.now() - 3_600_000,
  outcome: 'complete',
  findings: [
    {
      kind: 'damaged',
      file: '/archive/1.2.3/1.2.3.4/1.2.3.4.5.dcm',
      sopInstanceUid: '1.2.3.4.5',
      studyId: 7,
      detail: 'its content has changed',
    },
    {
      kind: 'missing',
      file: '/archive/1.2.3/1.2.3.4/1.2.3.4.6.dcm',
      sopInstanceUid: '1.2.3.4.6',
      studyId: 7,
      detail: 'it is not there any more',
    },
  ],
};

/** Both themes. */
async function isClean(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await axeViolations(page, colorScheme)).toEqual([]);
  }
}

it('shows what would go, asks, and saves; verifies on request and says what is wrong', async () => {
  const first = profileState({ id: 'p1', name: 'Radiology' });
  const receiver = createSettingsReceiver(stateOf([first]));
  receiver.answer({
    'retention-preview': () => PREVIEW,
    'guards-save': ({ retention, verifyEvery }) => {
      const { retention: _, verifyEvery: __, ...rest } = receiver.state.profiles[0]!.profile;
      const profile: Profile = { ...rest, ...(retention && { retention }), ...(verifyEvery && { verifyEvery }) };
      receiver.emit({ type: 'profile-saved', profile });
      return profile;
    },
    'verification-start': () => null,
    'verification-cancel': () => null,
  });
  const lastCall = (name: string) => receiver.calls.findLast((call) => call.name === name)?.argument;
  const { page, complaints, close } = await openPage({ browser, receiver, hash: '#/receiver', height: 1000 });
  try {
    receiver.emit({ type: 'verification', profileId: 'p1', verification: { report: REPORT } });
    const quarantined = refusal('accept-called-title', '', {
      code: 'object-quarantined',
      fixes: [],
      message: 'The data set has no Study Instance UID',
    });
    receiver.emit(
      {
        type: 'degraded',
        profileId: 'p1',
        problems: [{ code: 'files-damaged', message: '2 stored files are not as received.' }],
      },
      {
        type: 'files-stored',
        profileId: 'p1',
        files: [],
        count: 3,
        bytes: 10,
        duplicates: { equal: 12, keptBoth: 2, replaced: 0, refused: 0 },
      },
      { type: 'refused', profileId: 'p1', refusal: quarantined },
    );
    await page.getByText('12 equal, 2 kept beside the first').waitFor();
    const list = page.getByRole('list', { name: 'Files that are not as received' });
    await list.getByText('its content has changed').waitFor();
    await isClean(page);
    await list.getByRole('button', { name: 'Verify this study' }).first().click();
    await expect.poll(() => lastCall('verification-start'), PATIENT).toEqual({ id: 'p1', studyId: 7 });
    await page.getByRole('button', { name: 'Show the quarantine' }).click();
    await expect.poll(() => page.url(), PATIENT).toContain('#/rules/quarantine');

    await page.evaluate(() => {
      location.hash = '#/settings/Keeping';
    });
    const saves = page.getByRole('button', { name: 'Save', exact: true });
    expect(await saves.isDisabled()).toBe(true);
    await page.getByText('Remove old studies').click();
    const days = page.getByRole('textbox', { name: 'When nothing has come for' });
    await days.fill('');
    await days.blur();
    await page.getByText('Give an age, a size, or both.').waitFor();
    expect(await saves.isDisabled()).toBe(true);
    await days.fill('400');
    await page.getByLabel('When all studies take more than').fill('500 GiB');
    await page.getByRole('button', { name: 'Show what would go now' }).click();
    await page.getByText('12 studies with 3,400 objects').waitFor();
    await page.getByText('2 studies (5.0 MB) would go as well, but stay: not uploaded yet.').waitFor();
    expect(lastCall('guards-save')).toBeUndefined();
    await isClean(page);

    await saves.click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByText('12 studies with 3,400 objects').waitFor();
    await dialog.getByRole('button', { name: 'Save and remove' }).click();
    await page.getByRole('region', { name: 'Messages' }).getByText('Saved. 12 studies go now.').waitFor();
    expect(lastCall('guards-save')).toEqual({
      id: 'p1',
      retention: { days: 400, maxBytes: 500 * 1024 ** 3, mode: 'trash' },
      verifyEvery: null,
    });
    await page.getByRole('button', { name: 'Verify by itself' }).click();
    await page.getByRole('option', { name: 'Every week' }).click();
    await expect
      .poll(() => lastCall('guards-save'), PATIENT)
      .toMatchObject({ retention: { days: 400 }, verifyEvery: 7 });

    await page.getByRole('button', { name: 'Verify now' }).click();
    await expect.poll(() => lastCall('verification-start'), PATIENT).toEqual({ id: 'p1' });
    const running = { ...REPORT, findings: undefined, total: 20_000, sound: 4998, firstSeen: 0 };
    receiver.emit({ type: 'verification', profileId: 'p1', verification: { running } });
    await page.getByText('5,000 of 20,000 files').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => lastCall('verification-cancel'), PATIENT).toEqual({ id: 'p1' });
    receiver.emit({ type: 'verification', profileId: 'p1', verification: { report: REPORT } });
    await page.getByText('2 files are not as received').waitFor();
    expect(complaints).toEqual([]);
  } finally {
    await close();
  }
});
