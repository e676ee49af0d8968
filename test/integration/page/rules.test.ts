/** The rules screen in a browser, around a receiver that keeps rule sets and applies them to a sample. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RuleSetInput } from '#shared/rules.ts';
import { axeViolations } from '../../support/axe.ts';
import { launchChromium } from '../../support/chromium.ts';
import { openPage } from '../../support/page-harness.ts';
import { createRulesReceiver, type RulesReceiver } from '../../support/rules-receiver.ts';

// A browser on a busy machine is slow, and that is not what is tested.
vi.setConfig({ testTimeout: 120_000 });

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const OWN: RuleSetInput = {
  format: 'deid-profile/1',
  name: 'Mine',
  base: { kind: 'none' },
  rules: [
    { id: 'rule-1', select: [{ kind: 'attribute', attribute: 'PatientName' }], action: { do: 'remove' } },
    { id: 'rule-2', select: [{ kind: 'attribute', attribute: 'PatientID' }], action: { do: 'empty' } },
    { id: 'rule-3', select: [{ kind: 'attribute', attribute: 'Modality' }], action: { do: 'keep' } },
  ],
};

interface Opened {
  readonly page: Page;
  readonly receiver: RulesReceiver;
  readonly complaints: readonly string[];
  readonly asked: (name: string) => readonly unknown[];
}

async function open(hash = '#/rules', own: Readonly<Record<string, RuleSetInput>> = {}, dark = false): Promise<Opened> {
  const receiver = createRulesReceiver(own, dark);
  const { page, complaints, close } = await openPage({
    browser,
    receiver,
    width: 1440,
    height: 1000,
    hash,
    context: { reducedMotion: 'reduce', acceptDownloads: true },
  });
  onTestFinished(close);
  const asked = (name: string) => receiver.calls.filter((call) => call.name === name).map((call) => call.argument);
  return { page, receiver, complaints, asked };
}

/** What is shown after a moment, however busy the machine is. */
const until = <Value>(read: () => Value) => expect.poll(read, { timeout: 20_000 });
const table = (page: Page) => page.getByRole('grid', { name: 'Elements before and after' });
const rules = (page: Page) => page.getByRole('grid', { name: 'Rules', exact: true });
const sentences = (page: Page) =>
  rules(page)
    .getByRole('row')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''));
const inspector = (page: Page) => page.getByRole('region', { name: 'Inspector' });
const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true });
async function menu(page: Page, entry: string): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: entry }).click();
}
async function chooseElement(page: Page, name: string): Promise<void> {
  await page.getByRole('searchbox', { name: 'Search elements' }).fill(name);
  await table(page).getByRole('row', { name }).first().click();
}

describe('making a rule set', () => {
  it('from Research, with two rules from elements of the sample, saved and used for a profile', async () => {
    const { page, receiver, asked, complaints } = await open('#/rules/set-research');
    await page.getByText('Built-in: for reading.').waitFor();
    expect(await page.getByRole('button', { name: 'Add a rule' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Duplicate', exact: true }).click();
    await page.getByRole('heading', { name: 'Research (copy)' }).waitFor();

    await chooseElement(page, 'Study Description');
    await page.getByText('Would be quarantined').waitFor();
    await page.getByRole('button', { name: 'Remove: a rule for Study Description' }).click();
    await table(page).getByRole('row', { name: 'Removed' }).getByText('Rule 1').waitFor();
    await page.getByText('Would be stored', { exact: true }).waitFor();
    expect((await sentences(page))[0]).toBe('Remove StudyDescription, in any depth');

    await chooseElement(page, "Patient's Name");
    await page.getByRole('button', { name: 'Pseudonym…: a rule for Patient' }).click();
    await table(page).getByText('SUBJECT-0001').first().waitFor();
    await inspector(page).getByRole('textbox', { name: 'Pseudonym' }).fill('TRIAL-');
    await inspector(page).getByRole('button', { name: 'What can stand in braces' }).click();
    await inspector(page).getByRole('button', { name: 'Insert {n:4}' }).click();
    await table(page).getByText('TRIAL-0001').waitFor();

    await page.getByText('Not saved').waitFor();
    await save(page).click();
    await page.getByText('Saved as version 2.').first().waitFor();
    const saved = receiver.ruleSet('own-3')!;
    expect(saved.rules.slice(0, 2)).toMatchObject([
      {
        select: [{ kind: 'attribute', attribute: 'PatientName' }],
        action: { do: 'pseudonym', template: 'TRIAL-{n:4}' },
      },
      { select: [{ kind: 'attribute', attribute: 'StudyDescription' }], action: { do: 'remove' } },
    ]);
    expect(new Set(saved.rules.map(({ id }) => id)).size).toBe(4);

    await menu(page, 'Use for profile…');
    await page.getByRole('checkbox', { name: /Trial/ }).press('Space');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('Used by Trial').first().waitFor();
    expect(asked('rule-set-use')).toEqual([{ profileId: 'profile-2', ruleSetId: 'own-3' }]);

    await menu(page, 'Delete…');
    await page.getByText('It is used by Trial.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    expect(asked('rule-set-delete')).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('from nothing, renamed, exported, imported, compared and deleted', async () => {
    const { page, receiver, asked } = await open('#/rules');
    await page.getByRole('button', { name: 'New…' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Mine');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Mine' }).waitFor();
    await menu(page, 'Rename…');
    await page.getByRole('textbox', { name: 'Name' }).last().fill('Ours');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Ours', exact: true }).waitFor();
    expect(receiver.ruleSet('own-3')?.name).toBe('Ours');

    const [download] = await Promise.all([page.waitForEvent('download'), menu(page, 'Export')]);
    expect(download.suggestedFilename()).toBe('ours.deid.json');

    await menu(page, 'Versions…');
    await page.getByRole('table', { name: 'Differences' }).getByText('rules[0].on').waitFor();
    expect(asked('rule-set-difference').at(-1)).toEqual({ id: 'own-3', from: 1, to: 2 });
    await page.getByRole('button', { name: 'Bring version 1 into the editor' }).click();
    await page.getByText('Not saved').waitFor();
    await page.getByRole('button', { name: 'Discard edits' }).click();
    await until(() => save(page).isDisabled()).toBe(true);

    await page.getByRole('button', { name: 'Import…' }).click();
    await page.getByRole('textbox', { name: 'Text of the rule set' }).fill(JSON.stringify({ ...OWN, name: 'Theirs' }));
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('heading', { name: 'Theirs' }).waitFor();
    await menu(page, 'Delete…');
    await page.getByRole('button', { name: 'Delete rule set' }).click();
    await page.getByText('“Theirs” was deleted.').first().waitFor();
    expect(receiver.ruleSet('own-4')).toBeUndefined();
  });
});

describe('editing rules', () => {
  it('reorders by keyboard, and takes it back', async () => {
    const { page, complaints } = await open('#/rules/set-mine', { mine: OWN });
    await rules(page).getByRole('row').nth(2).click();
    await page.keyboard.press('Alt+ArrowUp');
    await page.keyboard.press('Alt+ArrowUp');
    const [keep, remove, empty] = [
      'Keep Modality, in any depth',
      'Remove PatientName, in any depth',
      'Empty PatientID, in any depth',
    ];
    await until(() => sentences(page)).toEqual([keep, remove, empty]);
    // The focus went with it.
    await page.keyboard.press('Alt+ArrowDown');
    await until(() => sentences(page)).toEqual([remove, keep, empty]);
    await inspector(page).getByRole('button', { name: 'Move down' }).click();
    await until(() => sentences(page)).toEqual([remove, empty, keep]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await until(() => sentences(page)).toEqual([remove, keep, empty]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await until(() => sentences(page)).toEqual([keep, remove, empty]);
    await page.getByRole('button', { name: 'Redo' }).click();
    await until(() => sentences(page)).toEqual([remove, keep, empty]);
    await page.getByRole('button', { name: 'Discard edits' }).click();
    await until(() => sentences(page)).toEqual([remove, empty, keep]);
    await until(() => save(page).isDisabled()).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('reorders by dragging', async () => {
    const { page } = await open('#/rules/set-mine', { mine: OWN });
    const rows = rules(page).getByRole('row');
    await rows.nth(2).waitFor();
    await rows.nth(2).dragTo(rows.nth(0), { targetPosition: { x: 200, y: 2 } });
    await until(async () => (await sentences(page))[0]).toBe('Keep Modality, in any depth');
  });

  it('goes to the form of a rule that was just added, and on from there with Tab', async () => {
    const { page } = await open('#/rules/set-mine', { mine: OWN });
    const focused = () => page.evaluate<string>('document.activeElement.getAttribute("aria-label") ?? ""');
    await page.getByRole('button', { name: 'Add a rule' }).press('Enter');
    await until(focused).toBe('Rule 1');
    await page.keyboard.press('Tab');
    const isInside = 'document.activeElement.closest(\'section[aria-label="Rule 1"]\') !== null';
    expect(await page.evaluate(`${isInside} && document.activeElement.matches("input, button")`)).toBe(true);
    await page.getByRole('button', { name: 'Duplicate' }).press('Enter');
    await until(focused).toBe('Rule 2');
    // Looking at another one leaves the focus where it is.
    await rules(page).getByRole('row').nth(3).click();
    await page.getByRole('region', { name: 'Rule 4' }).waitFor();
    expect(await focused()).not.toBe('Rule 4');
  });

  it('says mistakes at their field and counts them, marks dead rules, and saves neither', async () => {
    const { page } = await open('#/rules/set-mine', { mine: OWN });
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await inspector(page).getByText('Attribute is not a keyword of PS3.6').waitFor();
    await page.getByRole('button', { name: '1 mistake: Show the first mistake' }).waitFor();
    expect(await save(page).isDisabled()).toBe(true);

    const attribute = inspector(page).getByRole('combobox', { name: 'Attribute' });
    await attribute.fill('patient birth da');
    await page
      .getByRole('option', { name: /PatientBirthDate\b/ })
      .first()
      .click();
    await until(() => attribute.inputValue()).toBe('PatientBirthDate');
    await inspector(page).getByText("(0010,0030) Patient's Birth Date").waitFor();
    await until(() => save(page).isDisabled()).toBe(false);

    await inspector(page)
      .getByRole('button', { name: /What becomes of them/ })
      .click();
    await page.getByRole('option', { name: 'Set to a text' }).click();
    await inspector(page).getByRole('textbox', { name: 'Text' }).fill('{nonsense}');
    await inspector(page).getByText('{nonsense}: is neither a function nor an attribute of PS3.6.').waitFor();
    await rules(page).getByRole('row').nth(1).click();
    await page.getByRole('button', { name: '1 mistake: Show the first mistake' }).click();
    await inspector(page).getByRole('heading', { name: 'Rule 1' }).waitFor();
    await inspector(page).getByRole('button', { name: 'Delete' }).click();

    await inspector(page).getByRole('button', { name: 'Duplicate' }).click();
    await rules(page).getByRole('row').nth(1).getByText('Never fires').waitFor();
    await rules(page).getByRole('row').nth(1).press('Delete');
    await until(() => rules(page).getByRole('row').count()).toBe(3);
  });

  it('has a form for every selector, condition and action', async () => {
    const { page, receiver, complaints } = await open('#/rules/set-mine', { mine: OWN });
    const pick = async (label: string | RegExp, choice: string) => {
      await inspector(page).getByRole('button', { name: label }).first().click();
      await page.getByRole('option', { name: choice, exact: true }).click();
    };
    await rules(page).getByRole('row').first().click();
    for (const [kind, sentence] of [
      ['A ready-made list', 'Remove every date, time and date-time, in any depth'],
      ['A value representation', 'Remove every PN, in any depth'],
      ['Private elements', 'Remove all of … (0009), in any depth'],
      ['What holds a value', 'Remove what contains parts of the patient’s name, in any depth'],
      ['Keywords that match a pattern', 'Remove keywords like …, in any depth'],
      ['Tags with wildcards', 'Remove tags 0010xxxx, in any depth'],
      ['A range of tags', 'Remove tags from … to …, in any depth'],
      ['A place inside sequences', 'Remove …, in any depth'],
      ['An attribute', 'Remove …, in any depth'],
    ] as const) {
      await pick(/What$/, kind);
      await until(async () => (await sentences(page))[0]).toBe(sentence);
    }
    await inspector(page).getByRole('combobox', { name: 'Attribute' }).fill('PatientName');
    await page.keyboard.press('Escape');
    for (const [action, sentence] of [
      ['Empty', 'Empty PatientName'],
      ['Put a dummy in place', 'Put a dummy in PatientName'],
      ['Replace the UID', 'Give PatientName a new UID'],
      ['Change the date', 'Shift PatientName by up to 3,650 days'],
      ['Clean the text', 'Clean the text of PatientName'],
      ['Replace by a keyed hash', 'Replace PatientName by a hash of 16 digits'],
      ['Find and replace', 'In PatientName, replace … by “”'],
      ['Round the number', 'Round PatientName to 5'],
      ['Look up in a table', 'Look PatientName up in …, column …'],
      ['Capitals or small letters', 'Write PatientName in capitals'],
      ['Replace by a pseudonym', 'Replace PatientName by the pseudonym SUBJECT-{n:4}'],
    ] as const) {
      await pick(/What becomes of them$/, action);
      await until(async () => (await sentences(page))[0]).toBe(`${sentence}, in any depth`);
    }
    await inspector(page).getByRole('button', { name: 'Add a condition' }).click();
    await inspector(page).getByRole('textbox', { name: 'Value' }).fill('CT');
    await pick(/Condition$/, 'All of these');
    await inspector(page).getByRole('button', { name: 'Add a condition' }).click();
    const second = inspector(page).getByRole('group', { name: 'Condition 2' });
    await second.getByRole('button', { name: /Condition$/ }).click();
    await page.getByRole('option', { name: 'Where it comes from' }).click();
    // What is wrong so far must not keep the form from taking what mends it.
    await second.getByRole('textbox', { name: 'Is one of' }).and(page.locator('[aria-invalid=true]')).waitFor();
    await second.getByRole('textbox', { name: 'Is one of' }).fill('CT01, CT02');
    await second.getByRole('textbox', { name: 'Is one of' }).press('Enter');
    await until(async () => (await sentences(page))[0]).toBe(
      'Replace PatientName by the pseudonym SUBJECT-{n:4}, in any depth, when Modality is CT and the sender is CT01 or CT02',
    );
    await save(page).click();
    await page.getByText('Saved as version 2.').first().waitFor();
    expect(receiver.ruleSet('mine')?.rules[0]?.when).toEqual({
      kind: 'all',
      of: [
        { kind: 'attribute', attribute: 'Modality', test: { op: 'equals', value: 'CT', ignoreCase: true } },
        { kind: 'association', field: 'calling-ae', in: ['CT01', 'CT02'] },
      ],
    });
    expect(complaints).toEqual([]);
  });

  it('edits gates, base, everything else, rectangles, stamp and safety', async () => {
    const { page, receiver } = await open('#/rules/set-mine', { mine: OWN });
    const pick = async (label: string | RegExp, choice: string | RegExp) => {
      await inspector(page).getByRole('button', { name: label }).first().click();
      await page.getByRole('option', { name: choice }).click();
    };
    await page.getByRole('button', { name: 'Add a gate' }).click();
    await pick(/Then$/, 'Refuse it');
    await inspector(page).getByRole('textbox', { name: 'Comment for the sender' }).fill('Not for this archive');
    await inspector(page).getByRole('textbox', { name: 'Status' }).fill('A700');
    await inspector(page).getByRole('textbox', { name: 'Value' }).fill('SR');
    await page.getByRole('button', { name: /^Base/ }).click();
    await pick(/Base$/, 'PS3.15 Basic Profile');
    await inspector(page).getByText('Retain UIDs').click();
    await inspector(page).getByText('Information, Full Dates').click();
    await inspector(page).getByText('Information, Modified Dates').click();
    await page.getByRole('button', { name: /^Everything else/ }).click();
    await pick(/Private elements$/, /safe ones/);
    await page.getByRole('button', { name: 'Add rectangles' }).click();
    await inspector(page).getByRole('textbox', { name: 'Height' }).fill('44');
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: /^Stamp and safety/ }).click();
    await pick(/left$/, /with a warning/);
    await save(page).click();
    await page.getByText('Saved as version 2.').first().waitFor();
    expect(receiver.ruleSet('mine')).toMatchObject({
      gates: [{ verdict: { do: 'reject', status: 0xa700, comment: 'Not for this archive' } }],
      base: { kind: 'ps315', options: ['retain-uids', 'retain-modified-dates'] },
      defaults: { private: 'safe' },
      pixels: [{ rectangles: [{ x: 0, y: 0, width: 100, height: 44 }] }],
      safety: { residual: 'warn' },
    });
  });

  it('asks before unsaved edits are left', async () => {
    const { page, receiver } = await open('#/rules/set-mine', { mine: OWN });
    const hash = () => new URL(page.url()).hash;
    await rules(page).getByRole('row').first().click();
    await page.keyboard.press('Alt+ArrowDown');
    // Looking something up on another tab loses nothing.
    await page.getByRole('tab', { name: 'Lookup tables' }).click();
    await page.getByText('Institution, Code').waitFor();
    await page.getByRole('tab', { name: 'Rule sets' }).click();
    await page.getByText('Not saved').waitFor();

    await page.keyboard.press('Control+2');
    const dialog = page.getByRole('alertdialog', { name: 'Leave without saving?' });
    await dialog.getByRole('button', { name: 'Stay' }).click();
    expect(hash()).toBe('#/rules/set-mine');
    await page.getByRole('option', { name: 'Basic Profile' }).click();
    await dialog.getByRole('button', { name: 'Save and go' }).click();
    await page.getByRole('heading', { name: 'Basic Profile' }).waitFor();
    expect(receiver.ruleSet('mine')?.rules.map(({ id }) => id)).toEqual(['rule-2', 'rule-1', 'rule-3']);

    await page.getByRole('option', { name: 'Mine' }).click();
    await rules(page).getByRole('row').first().click();
    await page.keyboard.press('Delete');
    await page.keyboard.press('Control+2');
    await dialog.getByRole('button', { name: 'Discard edits' }).click();
    await page.getByRole('heading', { level: 1, name: 'Studies' }).waitFor();
    expect(receiver.ruleSet('mine')?.rules).toHaveLength(3);
  });
});

describe('the sample', () => {
  it('is filtered, searched and blurred; a private element becomes a rule by its creator', async () => {
    const { page } = await open('#/rules/set-mine', { mine: OWN });
    await page.getByRole('radio', { name: 'Private 2' }).click();
    await until(() => table(page).getByRole('row').count()).toBe(3);
    await table(page).getByText('internal number 5').first().click();
    await page.getByRole('button', { name: 'Blur “Before”' }).click();
    const filter = (text: string) =>
      table(page)
        .getByText(text)
        .first()
        .evaluate((element) => getComputedStyle(element).filter);
    await until(() => filter('internal number 5')).toContain('blur');
    await page.getByRole('button', { name: 'Keep: a rule for Private element' }).click();
    await until(async () => (await sentences(page))[0]).toBe('Keep ACME PRIVATE 1 (0009,xx01), in any depth');
    await page.getByRole('radio', { name: /^All/ }).click();
    await page.getByRole('searchbox', { name: 'Search elements' }).fill('zzz');
    await page.getByText('No element matches.').waitFor();
  });

  it('can be a file, whose problem is said in words', async () => {
    const { page, asked } = await open('#/rules/set-mine', { mine: OWN });
    await page.getByRole('button', { name: /Sample$/ }).click();
    await page.getByRole('option', { name: 'A file…' }).click();
    await page.getByRole('textbox', { name: 'Path of the file' }).fill('/data/one.dcm');
    await page.keyboard.press('Enter');
    await page.getByText('is no DICOM file.').waitFor();
    expect(asked('rule-preview').at(-1)).toMatchObject({ sample: { kind: 'file', path: '/data/one.dcm' } });
  });

  it('follows what another page saves, unless there are edits', async () => {
    const { page, receiver, complaints } = await open('#/rules/set-mine', { mine: OWN });
    await until(() => sentences(page)).toHaveLength(3);
    const save = async (rules: number) => {
      const ruleSet = { ...OWN, rules: OWN.rules?.slice(0, rules) };
      await page.evaluate(
        (body) =>
          fetch('/api/rule-set-save', { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
        JSON.stringify({ id: 'mine', ruleSet }),
      );
      receiver.emit({ type: 'rules-changed' });
    };
    await save(2);
    await until(() => sentences(page)).toHaveLength(2);
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await until(() => sentences(page)).toHaveLength(3);
    await save(1);
    await page.getByText('Version 3').first().waitFor();
    expect(await sentences(page)).toHaveLength(3);
    expect(complaints).toEqual([]);
  });

  it('has a dry run over a study and over a folder', async () => {
    const { page, asked, complaints } = await open('#/rules/study-12');
    await page.getByRole('option', { name: /HARTLEY/ }).waitFor();
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('212 files').waitFor();
    await page.getByText('There are more files').waitFor();
    expect(asked('rule-dry-run').at(-1)).toMatchObject({ target: { kind: 'study', studyId: 12 }, limit: 1000 });
    await page.getByRole('table', { name: 'Elements by rule' }).getByText('Locked: always kept').waitFor();
    await page.getByRole('table', { name: 'Left of the patient’s own' }).getByText('Part of the name').waitFor();
    await page.getByRole('button', { name: /Over$/ }).click();
    await page.getByRole('option', { name: 'A folder' }).click();
    await page.getByRole('textbox', { name: 'Folder' }).fill('/data/old');
    await page.getByRole('button', { name: 'Run' }).click();
    await until(() => asked('rule-dry-run').at(-1)).toMatchObject({ target: { kind: 'folder', path: '/data/old' } });
    expect(complaints).toEqual([]);
  });
});

describe('what lies beside the rule sets', () => {
  it('releases and discards what is in quarantine, after asking', async () => {
    const { page, asked } = await open('#/rules/quarantine');
    const list = page.getByRole('grid', { name: 'Objects in quarantine' });
    await list.getByText('Text is burned in').click();
    await page.getByRole('button', { name: 'Release…' }).click();
    await page.getByText('no rule touches it').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(asked('quarantine-release')).toEqual([]);
    await page.getByRole('button', { name: 'Release…' }).click();
    await page.getByRole('button', { name: 'Release as it is' }).click();
    await page.getByText('The object is in the archive now.').first().waitFor();
    await until(() => list.getByRole('row').count()).toBe(2);
    expect(asked('quarantine-release')).toEqual([{ profileId: 'profile-1', name: '1.2.3.5.dcm', confirmed: true }]);
    await list.getByText('Part of the name').click();
    await page.getByRole('button', { name: 'Discard…' }).click();
    await page.getByRole('button', { name: 'Delete object' }).click();
    await page.getByText('Nothing is in quarantine').waitFor();
    expect(asked('quarantine-discard')).toEqual([{ profileId: 'profile-1', name: '1.2.3.4.dcm', confirmed: true }]);
  });

  it('makes keys, saves and restores them, replaces them, and exports who is who, after asking', async () => {
    const { page, asked, complaints } = await open('#/rules/keys');
    await page.getByRole('button', { name: 'New key…' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('trial');
    await page.keyboard.press('Enter');
    await page.getByRole('grid', { name: 'Keys' }).getByText('trial').click();
    const [recovery] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('button', { name: 'Recovery file…' })
        .click()
        .then(() => page.getByRole('button', { name: 'Save the file' }).click()),
    ]);
    expect(recovery.suggestedFilename()).toBe('trial.studyport-key.txt');
    const [map] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('button', { name: 'Who is who…' })
        .click()
        .then(() => page.getByRole('button', { name: 'Export the list' }).click()),
    ]);
    expect(map.suggestedFilename()).toBe('trial-who-is-who.csv');
    await page.getByRole('button', { name: 'Replace…' }).click();
    await page.getByRole('button', { name: 'Replace the key' }).click();
    await page.getByText('“trial” is a new key now.').first().waitFor();
    expect(asked('rule-key-rotate')).toEqual([{ name: 'trial', confirmed: true }]);
    await page.getByRole('button', { name: 'Restore…' }).click();
    await page.getByRole('textbox', { name: 'Text of the recovery file' }).fill('recovery of default');
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await page.getByText('Another key has this name.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('imports a lookup table from a file, and deletes it', async () => {
    const { page, asked } = await open('#/rules/tables');
    await page.getByRole('button', { name: 'Import…' }).click();
    await page.locator('input[type=file]').setInputFiles({
      name: 'Site codes.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('Site,Code\nNorth,N1\n'),
    });
    await until(() => page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('Site-codes');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    const list = page.getByRole('grid', { name: 'Lookup tables' });
    await list.getByText('Site-codes').click();
    expect(asked('rule-table-import')).toEqual([{ name: 'Site-codes', text: 'Site,Code\nNorth,N1\n' }]);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete table' }).click();
    await until(() => list.getByRole('row').count()).toBe(2);
  });

  it('says what is wrong when rule sets cannot be read, and tries again', async () => {
    const { page, receiver } = await open('#/receiver');
    const problem = { code: 'broken', message: 'The folder of the rule sets cannot be read.' };
    let isBroken = true;
    const list = { ruleSets: [] };
    receiver.answer({ 'rule-sets-list': () => (isBroken ? { ok: false, error: problem } : list) });
    await page.keyboard.press('Control+3');
    await page.getByText(problem.message).waitFor();
    isBroken = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('None yet.').first().waitFor();
  });
});

describe('from elsewhere', () => {
  it('the settings say which rule set a profile applies, and lead to it', async () => {
    const { page, receiver } = await open('#/settings/Rules');
    await page.getByText('No rule set: objects are stored as they come.').waitFor();
    const { profile } = receiver.state.profiles[0]!;
    receiver.emit({ type: 'profile-saved', profile: { ...profile, ruleSetId: 'research' } });
    await page.getByText('This profile applies “Research”.').waitFor();
    await page.getByRole('button', { name: 'Open Rules' }).click();
    await page.getByRole('heading', { level: 2, name: 'Research' }).waitFor();
    await page.getByText('Used by Reading room').first().waitFor();
  });

  it('a study gives its report and leads to a dry run, and an object to its elements before and after', async () => {
    const { page, asked } = await open('#/studies');
    await page
      .getByRole('grid', { name: 'Received studies' })
      .getByText(/HARTLEY/)
      .click();
    const choose = async (entry: string) => {
      await page.getByRole('button', { name: 'De-identification' }).click();
      await page.getByRole('menuitem', { name: entry }).click();
    };
    const [download] = await Promise.all([page.waitForEvent('download'), choose('Report as a table (CSV)')]);
    expect(download.suggestedFilename()).toBe('deidentification.csv');
    expect(asked('rule-report')).toEqual([{ studyId: 12, format: 'csv' }]);
    await choose('Dry run of rules…');
    await page.getByRole('button', { name: 'Run' }).click();
    await until(() => asked('rule-dry-run').length).toBe(1);
    await page.evaluate("location.hash = '#/receiver'");
    await page.getByRole('heading', { level: 1, name: 'Receiver' }).waitFor();
    await page.evaluate("location.hash = '#/rules/instance-9-00100020'");
    await table(page).getByText('MH-004711').waitFor();
    expect(asked('rule-preview').at(-1)).toMatchObject({ sample: { kind: 'instance', instanceId: 9 } });
  });
});

describe('small windows', () => {
  it.each([
    [320, 700],
    [640, 400],
  ])('need no scrolling sideways: %i × %i', async (width, height) => {
    const { page } = await open('#/rules/set-mine', { mine: OWN });
    await page.setViewportSize({ width, height });
    await rules(page).getByRole('row').first().click();
    await until(() =>
      page.evaluate(
        '[document.documentElement, document.querySelector("main")].map((each) => each.scrollWidth - each.clientWidth)',
      ),
    ).toEqual([0, 0]);
    // Nothing that only screen readers see makes the page longer than its window.
    expect(await page.evaluate('document.documentElement.scrollHeight - innerHeight')).toBe(0);
  });
});

describe('axe', () => {
  it.each(['light', 'dark'] as const)('finds nothing on any part of the screen, %s', async (theme) => {
    const { page, complaints } = await open('#/rules/set-mine', { mine: OWN }, theme === 'dark');
    await chooseElement(page, "Patient's Name");
    expect(await axeViolations(page, theme), 'editor').toEqual([]);
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await inspector(page).getByText('is not a keyword').waitFor();
    expect(await axeViolations(page, theme), 'mistakes').toEqual([]);
    await page.getByRole('button', { name: /1 left-over/ }).click();
    expect(await axeViolations(page, theme), 'left-overs').toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Discard edits' }).click();
    await page.getByRole('button', { name: 'Add a gate' }).click();
    await page.getByRole('tab', { name: 'Dry run' }).click();
    await page.getByRole('option', { name: /HARTLEY/ }).click();
    expect(await axeViolations(page, theme), 'gate and dry run').toEqual([]);
    for (const tab of ['Quarantine', 'Keys', 'Lookup tables']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('grid').getByRole('row').nth(1).click();
      expect(await axeViolations(page, theme), tab).toEqual([]);
    }
    await page.keyboard.press('Control+1');
    await page.getByRole('alertdialog').waitFor();
    expect(await axeViolations(page, theme), 'leaving').toEqual([]);
    expect(complaints).toEqual([]);
  });
});
