/** Settings and log in a real browser, around a receiver that checks profiles with the real schema. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LogLine } from '#shared/contract.ts';
import { optionNames, optionTexts } from '#shared/options.ts';
import { axeViolations } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import type { FakeReceiver, OpenedPage } from '../support/page-harness.ts';
import { openPage } from '../support/page-harness.ts';
import {
  association,
  createSettingsReceiver,
  profileState,
  refusal,
  stateOf,
  T0,
} from '../support/settings-receiver.ts';

// What is done in a second on a quiet machine takes a minute on one that builds and benches at the same time.
vi.setConfig({ testTimeout: 180_000 });

const GROUPS = [
  'Profile',
  'Network',
  'Encryption',
  'Access',
  'Storage',
  'Acceptance',
  'Tags',
  'Studies',
  'S3',
  'Application',
];
const CT = '1.2.840.10008.5.1.4.1.1.2';

let browser: Browser;
let opened: OpenedPage | undefined;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());
afterEach(async () => {
  const { complaints = [] } = opened ?? {};
  await opened?.close();
  opened = undefined;
  expect(complaints).toEqual([]);
});

async function open(receiver: FakeReceiver, hash: string): Promise<Page> {
  opened = await openPage({ browser, receiver, hash, height: 1000 });
  opened.page.setDefaultTimeout(90_000);
  return opened.page;
}

const go = (page: Page, group: string) =>
  page.getByRole('navigation', { name: 'Groups of settings' }).getByRole('button', { name: group }).click();
const option = (page: Page, name: string) => page.locator(`[data-option="${name}"]`);
const bar = (page: Page) => page.getByRole('region', { name: 'Changes that are not applied yet' });
const lastCall = (receiver: FakeReceiver, name: string) =>
  receiver.calls.findLast((call) => call.name === name)?.argument;

const simple = () => createSettingsReceiver(stateOf([profileState({ id: 'p1', name: 'Radiology' })]));

describe('every option', () => {
  it('has a control in its group, and a search finds it', async () => {
    const page = await open(simple(), '#/settings');
    const names = optionNames().filter((name) => name !== 'logger' && name !== 's3Config');
    for (const group of GROUPS.slice(1)) {
      await go(page, group);
      const shown = () =>
        page
          .locator('[data-option]')
          .evaluateAll((elements) => elements.map((element) => element.getAttribute('data-option')));
      // The group before may stand there for a moment more.
      const expected = names.filter((name) => optionTexts[name].group === group);
      await expect.poll(shown, { timeout: 90_000 }).toEqual(expected);
    }
    await go(page, 'S3');
    for (const label of ['Endpoint', 'Bucket', 'Region', 'Prefix', 'Access key', 'Secret key', 'Session token']) {
      await page.getByLabel(label, { exact: true }).waitFor();
    }
    await page.getByRole('searchbox', { name: 'Search settings' }).fill('ARTIM');
    await expect.poll(() => page.locator('[data-option]').count(), { timeout: 90_000 }).toBe(1);
    await option(page, 'artimTimeout').waitFor();
    await page.getByRole('searchbox', { name: 'Search settings' }).fill('zebra');
    await page.getByText('No setting matches “zebra”.').waitFor();
  });

  it('says inline what is wrong, in every field that can be wrong, and nothing can be applied', async () => {
    const receiver = simple();
    const page = await open(receiver, '#/settings/Network');
    const text = async (name: string, value: string, message: string | RegExp) => {
      await option(page, name).getByRole('textbox').first().fill(value);
      await option(page, name).getByText(message).first().waitFor();
    };
    await text('port', '70000', 'Port must be 0 to 65535.');
    await text('port', 'abc', 'Port must be a number.');
    await text('port', '8042', 'Port 8042 is taken by another program.');
    await text('port', '', 'Port is required.');
    await text('callingAeTitle', 'TOO-LONG-AE-TITLE', 'must have at most 16 characters');
    await text('maxPduLength', '5 apples', 'Maximum PDU length must be a number.');
    await text('maxPduLength', '1 KiB', 'Maximum PDU length must be at least 4096.');
    await text('artimTimeout', '0', 'must be at least 0.1 seconds');
    await text('idleTimeout', '2 days', 'must be a number');
    await text('minimumRate', '2 GiB/s', 'must be at most 1073741824');
    await text('stopTimeout', '-1', 'must be at least 0 seconds');
    await go(page, 'Access');
    await text('maxAssociations', '1.5', 'must be a whole number');
    for (const [name, value, message] of [
      ['acceptedCalledAeTitles', 'A\\B', 'without backslash'],
      ['acceptedCallingAeTitles', 'CT01, SEVENTEEN-LETTERS', 'must have at most 16 characters'],
      ['acceptedAddresses', '10.0.0.0/99', '"10.0.0.0/99" is neither an IP address nor a range'],
    ] as const) {
      await option(page, name).getByRole('textbox').fill(value);
      await page.keyboard.press('Enter');
      await option(page, name).getByText(message).waitFor();
    }
    await go(page, 'Storage');
    await text('outDir', '', 'is required');
    await text('outDir', '/root/dicom', '/root/dicom cannot be written to.');
    await text('outDir', '', 'is required');
    await text('minimumFreeSpace', 'lots', 'must be a number');
    await text('maxHeaderBytes', '1 KiB', 'must be at least 65536');
    await text('maxObjectBytes', '1', 'must be at least 1024');
    // What a bucket needs is asked for where it is used.
    await option(page, 'storageBackend').locator('button[aria-haspopup="listbox"]').click();
    await page.getByRole('option', { name: /^S3/ }).click();
    await go(page, 'Acceptance');
    for (const name of ['abstractSyntaxes', 'transferSyntaxes']) {
      await option(page, name).getByRole('button', { name: 'Use a list of your own' }).click();
    }
    await option(page, 'abstractSyntaxes').getByRole('button', { name: 'Remove all' }).click();
    await option(page, 'abstractSyntaxes').getByText('list at least one UID').waitFor();
    await option(page, 'transferSyntaxes').getByRole('button', { name: 'Remove all' }).click();
    await option(page, 'transferSyntaxes').getByText('list at least one UID').waitFor();
    await go(page, 'Tags');
    await option(page, 'extractTags').getByRole('combobox').fill('NoSuchTag');
    await page.keyboard.press('Enter');
    await option(page, 'extractTags').getByText('"NoSuchTag" is not a keyword of PS3.6').waitFor();
    await option(page, 'extractCustomTags').getByRole('button', { name: 'Add a custom tag' }).click();
    await option(page, 'extractCustomTags').getByText('Name must not be empty.').waitFor();
    await option(page, 'extractCustomTags').getByLabel('Tag', { exact: true }).fill('0009xx01');
    await option(page, 'extractCustomTags').getByText('needs its private creator').waitFor();
    await go(page, 'Studies');
    await text('studyTimeout', '0', 'must be at least 0.05 seconds');
    await go(page, 'S3');
    await page.getByLabel('Endpoint', { exact: true }).fill('nonsense');
    await page.getByText('Endpoint must be a URL such as').waitFor();
    await page.getByText('Bucket is required').waitFor();
    await page.getByLabel('Prefix', { exact: true }).fill('/x');
    await page.getByText('Prefix must not start with /').waitFor();
    await page.getByLabel('Access key', { exact: true }).fill('AK');
    await page.getByText('needs accessKey and secretKey together').waitFor();
    await go(page, 'Application');
    await text('beforeStoreTimeout', 'x', 'must be a number');
    await go(page, 'Profile');
    await page.getByLabel('Name', { exact: true }).fill('');
    await page.getByText('Name must not be empty.').waitFor();
    await bar(page)
      .getByText(/\d+ mistakes to correct first/)
      .waitFor();
    expect(await bar(page).getByRole('button', { name: 'Review and apply…' }).count()).toBe(0);
    expect(receiver.calls.filter(({ name }) => name === 'profile-save')).toEqual([]);
    await bar(page).getByRole('button', { name: 'Discard' }).click();
    await bar(page).waitFor({ state: 'detached' });
  });
});

describe('applying', () => {
  const busy = () =>
    createSettingsReceiver(
      stateOf([
        profileState({ id: 'p1', name: 'Radiology' }, { associations: [association('a1'), association('a2')] }),
        profileState({ id: 'p2', name: 'Research' }, { run: { phase: 'stopped', since: T0 } }),
      ]),
    );

  it('shows the differences and what restarts, and stores bytes where units were typed', async () => {
    const receiver = busy();
    const page = await open(receiver, '#/settings/Network');
    await option(page, 'maxPduLength').getByRole('textbox').fill('128 KiB');
    await option(page, 'idleTimeout').getByRole('textbox').fill('2 min');
    await bar(page).getByText('2 associations open.').waitFor();
    // A draft outlives a look at another screen.
    await page.goto(page.url().replace(/#.*/, '#/log'));
    await page.goto(page.url().replace(/#.*/, '#/settings/Network'));
    await bar(page).getByRole('button', { name: 'Review and apply…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('row', { name: /Maximum PDU length.*16 KiB.*128 KiB/ }).waitFor();
    await dialog.getByRole('row', { name: /Idle time-out.*60 s.*120 s/ }).waitFor();
    await dialog.getByRole('button', { name: 'Take back the change of Idle time-out' }).click();
    await dialog.getByText('When open associations have ended').click();
    await dialog.getByRole('button', { name: 'Apply and restart' }).click();
    await bar(page).waitFor({ state: 'detached' });
    expect(lastCall(receiver, 'profile-save')).toMatchObject({
      id: 'p1',
      restart: 'wait',
      options: { port: 11112, outDir: '/data/dicom', maxPduLength: 131072 },
    });
    await option(page, 'maxPduLength').getByRole('button', { name: 'Reset Maximum PDU length to its default' }).click();
    await bar(page).getByText('1 change in “Radiology”').waitFor();
  });

  it('puts what only the receiver finds at its field', async () => {
    const receiver = busy();
    receiver.answer({
      'profile-save': () => ({
        ok: false,
        error: { code: 'port-in-use', field: 'port', message: 'is the port of the profile "Research"' },
      }),
    });
    const page = await open(receiver, '#/settings/Network');
    await option(page, 'port').getByRole('textbox').fill('11113');
    await bar(page).getByRole('button', { name: 'Review and apply…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply and restart' }).click();
    await page.getByRole('dialog').getByText('is the port of the profile "Research"').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await option(page, 'port').getByText('Port is the port of the profile "Research".').waitFor();
  });

  it('keeps secrets write-only, and tests the bucket with what is entered', async () => {
    const receiver = createSettingsReceiver(
      stateOf([
        profileState({
          id: 'p1',
          name: 'Cloud',
          options: { port: 11112, storageBackend: 'S3', s3Config: { bucket: 'wrong', accessKey: 'AK' } },
          secrets: ['secretKey'],
        }),
      ]),
    );
    const page = await open(receiver, '#/settings/S3');
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByText('NoSuchBucket: The specified bucket does not exist (404).').waitFor();
    await page.getByLabel('Bucket', { exact: true }).fill('dicom');
    await page.getByRole('button', { name: 'Replace… Secret key' }).click();
    await page.getByLabel('Secret key', { exact: true }).fill('s3cret');
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByText('The bucket works.').waitFor();
    expect(lastCall(receiver, 's3-test')).toMatchObject({
      id: 'p1',
      s3Config: { bucket: 'dicom', accessKey: 'AK' },
      secrets: { secretKey: 's3cret' },
    });
    await bar(page).getByRole('button', { name: 'Review and apply…' }).click();
    await page
      .getByRole('dialog')
      .getByRole('row', { name: /Secret key.*stored.*a new value/ })
      .waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply and restart' }).click();
    await bar(page).waitFor({ state: 'detached' });
    expect(lastCall(receiver, 'profile-save')).toMatchObject({ secrets: { secretKey: 's3cret' } });
    expect(await page.content()).not.toContain('s3cret');
    await page.getByRole('button', { name: 'Remove Secret key' }).click();
    await page.getByText('needs accessKey and secretKey together').waitFor();
  });

  it('works by keyboard alone', async () => {
    const receiver = busy();
    const page = await open(receiver, '#/settings/Studies');
    await page.keyboard.press('Control+f');
    await page.keyboard.type('study time');
    await option(page, 'studyTimeout').waitFor();
    for (let presses = 0; presses < 40; presses++) {
      if (
        await option(page, 'studyTimeout')
          .getByRole('textbox')
          .evaluate((input) => input === document.activeElement)
      )
        break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Control+a');
    await page.keyboard.type('45');
    const review = bar(page).getByRole('button', { name: 'Review and apply…' });
    for (let presses = 0; presses < 40; presses++) {
      if (await review.evaluate((button) => button === document.activeElement)) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    const apply = page.getByRole('dialog').getByRole('button', { name: 'Apply and restart' });
    await apply.waitFor();
    for (let presses = 0; presses < 40; presses++) {
      if (await apply.evaluate((button) => button === document.activeElement)) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await bar(page).waitFor({ state: 'detached' });
    expect(lastCall(receiver, 'profile-save')).toMatchObject({ options: { studyTimeout: 45 } });
  });
});

describe('pickers', () => {
  it('accept SOP classes by group, by paste and by what was refused', async () => {
    const receiver = createSettingsReceiver(
      stateOf([
        profileState(
          {
            id: 'p1',
            name: 'Radiology',
            options: {
              port: 1,
              outDir: '/data/dicom',
              abstractSyntaxMode: 'Custom',
              abstractSyntaxes: ['CTImageStorage'],
            },
          },
          { refusals: [refusal('accept-sop-class', '1.3.12.2.1107.5.9.1')] },
        ),
      ]),
    );
    const page = await open(receiver, '#/settings/Acceptance');
    await option(page, 'abstractSyntaxes').getByRole('button', { name: 'Accept 1.3.12.2.1107.5.9.1' }).click();
    await option(page, 'abstractSyntaxes').getByRole('button', { name: 'Choose…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Paste UIDs or keywords' }).fill(`1.2.3.4 nonsense\n${CT}`);
    await dialog.getByRole('button', { name: 'Add to the selection' }).click();
    await dialog.getByText('1 UID added, 1 selected already.').waitFor();
    await dialog.getByText('Neither a UID nor a keyword of PS3.6: nonsense').waitFor();
    await dialog.getByRole('searchbox').fill('mr spectroscopy');
    await dialog.getByText('MR Spectroscopy Storage').click();
    await dialog.getByText('4 selected').waitFor();
    await dialog.getByRole('button', { name: 'Use these' }).click();
    await bar(page).getByRole('button', { name: 'Review and apply…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply and restart' }).click();
    await bar(page).waitFor({ state: 'detached' });
    expect(lastCall(receiver, 'profile-save')).toMatchObject({
      options: {
        abstractSyntaxes: ['CTImageStorage', '1.3.12.2.1107.5.9.1', '1.2.3.4', '1.2.840.10008.5.1.4.1.1.4.2'],
      },
    });
  });

  it('find any tag of PS3.6, and put transfer syntaxes in order', async () => {
    const receiver = simple();
    const page = await open(receiver, '#/settings/Tags');
    await option(page, 'extractTags').getByRole('combobox').fill('(0018,9073)');
    await page.getByRole('option', { name: /AcquisitionDuration/ }).click();
    await option(page, 'extractTags')
      .getByRole('button', { name: /^Add the set Patient,/ })
      .click();
    await option(page, 'extractTags').getByText('8 tags').waitFor();
    await go(page, 'Acceptance');
    await option(page, 'transferSyntaxPreference').getByRole('button', { name: 'Choose…' }).click();
    for (const name of ['JPEG-LS Lossless Image Compression', 'RLE Lossless'])
      await page.getByRole('dialog').getByText(name).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Use these' }).click();
    const up = option(page, 'transferSyntaxPreference').getByRole('button', { name: 'Move RLE Lossless up' });
    await up.click();
    await bar(page).getByRole('button', { name: 'Review and apply…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply and restart' }).click();
    await bar(page).waitFor({ state: 'detached' });
    const { options } = lastCall(receiver, 'profile-save') as {
      options: { extractTags: string[]; transferSyntaxPreference: string[] };
    };
    expect(options.extractTags.slice(0, 2)).toEqual(['AcquisitionDuration', 'PatientName']);
    expect(options.transferSyntaxPreference).toEqual(['1.2.840.10008.1.2.5', '1.2.840.10008.1.2.4.80']);
  });
});

describe('profiles', () => {
  it('are made, renamed, duplicated, exported, imported and deleted', async () => {
    const receiver = simple();
    const page = await open(receiver, '#/settings');
    const choose = async (name: string | RegExp) => {
      await page.getByRole('button', { name: 'Profile actions' }).click();
      await page.getByRole('menuitem', { name }).click();
    };
    await choose('New profile');
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Ward');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(lastCall(receiver, 'profile-create')).toMatchObject({
      name: 'Ward',
      options: { port: 11113, storeWithFileMeta: true },
    });
    await choose('Rename…');
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Ward 7');
    await page.keyboard.press('Enter');
    await page
      .getByRole('button', { name: /Ward 7/ })
      .first()
      .waitFor();
    await choose('Duplicate');
    await page.getByText('Duplicated as “Ward 7 (copy)”.').first().waitFor();
    await choose(/Export…/);
    const download = page.waitForEvent('download');
    await page.getByRole('dialog').getByText('"version": 1').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Save as file' }).click();
    expect((await download).suggestedFilename()).toBe('ward-7-copy.studyport.json');
    await page.keyboard.press('Escape');
    await choose(/Export as code/);
    await page.getByRole('dialog').getByText('new StoreScp(').waitFor();
    await page.keyboard.press('Escape');
    await choose(/Import/);
    await page.getByRole('dialog').getByRole('textbox').fill('nonsense');
    await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('dialog').getByText('This is not the text of an exported profile.').waitFor();
    await page
      .getByRole('dialog')
      .getByRole('textbox')
      .fill('{"name":"Imported","options":{"port":4000,"outDir":"/x"}}');
    await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await choose(/Delete/);
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete profile' }).click();
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    expect(lastCall(receiver, 'profile-delete')).toEqual({ id: 'imported' });
    expect(receiver.state.profiles.map(({ profile }) => profile.name)).toEqual([
      'Radiology',
      'Ward 7',
      'Ward 7 (copy)',
    ]);
  });
});

describe('the log', () => {
  const line = (sequence: number, more: Partial<LogLine> = {}): LogLine => ({
    sequence,
    time: T0 + sequence,
    level: 'info',
    component: 'store',
    message: `Stored object ${sequence}`,
    ...more,
  });

  function logReceiver() {
    const receiver = simple();
    const all = Array.from({ length: 30 }, (_, index) => line(index + 1));
    receiver.lose({ type: 'log', lines: all });
    const row = {
      ...association('p1.1.7'),
      profileId: 'p1',
      outcome: 'rejected' as const,
      reason: 'The called title is not recognised.',
    };
    receiver.answer({
      'log-list': ({ text, before = 100 }) => ({
        lines: receiver.state.log.filter(({ message, sequence }) => message.includes(text) && sequence < before),
      }),
      'log-export': () => ({ text: '{"message":"x"}\n' }),
      'associations-list': () => ({ rows: [row], total: 1 }),
      'association-timeline': () => ({
        association: row,
        steps: [
          { time: T0, kind: 'request', message: 'CT01 called this receiver as STORESCP.' },
          { time: T0 + 1, kind: 'reject', message: 'Refused, for this receiver is called STUDYPORT.' },
        ],
      }),
      diagnostics: () => ({
        files: [
          { name: 'about.txt', text: 'Studyport 0.1.0' },
          { name: 'profiles.json', text: '{"ports":[11112]}' },
        ],
      }),
    });
    return receiver;
  }

  it('shows live lines, filters, pauses and exports', async () => {
    const receiver = logReceiver();
    const page = await open(receiver, '#/log');
    await page.getByText('30 lines', { exact: true }).waitFor();
    receiver.emit({
      type: 'log',
      lines: [line(31, { level: 'error', message: 'The disk is full', code: 'storage-full' })],
    });
    await page.getByText('The disk is full').first().click();
    await page.getByRole('region', { name: 'Selected line' }).getByText('storage-full').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    receiver.emit({ type: 'log', lines: [line(32, { message: 'While paused' })] });
    await page.getByText('Paused · 1 new').waitFor();
    expect(await page.getByText('While paused').count()).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('While paused').first().waitFor();
    await page.getByRole('searchbox', { name: 'Search messages' }).fill('disk');
    await page.getByText('1 line', { exact: true }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    expect((await download).suggestedFilename()).toMatch(/^studyport-log-.*\.jsonl$/);
    expect(lastCall(receiver, 'log-export')).toEqual({ level: 'info', text: 'disk' });
  });

  it('explains an association step by step, and shows diagnostics before they are saved', async () => {
    const receiver = logReceiver();
    const page = await open(receiver, '#/log');
    await page.getByRole('tab', { name: 'Associations' }).click();
    await page.getByText('CT01 → STUDYPORT').first().click();
    await page.getByText('Refused, for this receiver is called STUDYPORT.').waitFor();
    await page.getByRole('button', { name: 'Show its log lines' }).click();
    await page.getByRole('button', { name: /Association p1\.1\.7/ }).waitFor();
    await expect.poll(() => lastCall(receiver, 'log-list')).toMatchObject({ associationId: 'p1.1.7', level: 'debug' });
    await page.getByRole('button', { name: 'Diagnostics…' }).click();
    await page.getByRole('tab', { name: 'profiles.json' }).click();
    await page.getByText('{"ports":[11112]}').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save bundle' }).click();
    expect((await download).suggestedFilename()).toMatch(/^studyport-diagnostics-.*\.txt$/);
  });
});

it('has no accessibility violations, on any group, in both themes', async () => {
  const receiver = createSettingsReceiver(
    stateOf([
      profileState(
        {
          id: 'p1',
          name: 'Radiology',
          options: {
            port: 11112,
            outDir: '/data/dicom',
            acceptedCallingAeTitles: ['CT01'],
            abstractSyntaxMode: 'Custom',
            abstractSyntaxes: [CT],
            transferSyntaxPreference: ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'],
            extractTags: ['PatientName'],
            extractCustomTags: [{ tag: '0009xx01', creator: 'GEMS_IDEN_01', name: 'FullFidelity' }],
          },
        },
        { refusals: [refusal('accept-sop-class', '1.3.12.2.1107.5.9.1')] },
      ),
    ]),
  );
  const page = await open(receiver, '#/settings');
  const found: string[] = [];
  for (const group of GROUPS) {
    await go(page, group);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await axeViolations(page, colorScheme)).map((one) => `${group} ${colorScheme} ${one}`));
    }
  }
  expect(found).toEqual([]);
});
