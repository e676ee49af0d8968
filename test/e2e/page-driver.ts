/** Uses the page as a person does: by names and roles. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { text } from '#renderer/text/en.ts';
import type { OptionName } from '#shared/options.ts';
import { optionKind, optionTexts } from '#shared/options.ts';
import type { Values } from './wire-checks.ts';

const words = text.settings;

export type Screen = 'Receiver' | 'Studies' | 'Rules' | 'Log' | 'Settings';

export async function openScreen(page: Page, screen: Screen): Promise<void> {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: screen }).click();
  await page.getByRole('heading', { name: screen, level: 1 }).waitFor();
}

/** Types every value into the form, then applies what differs. */
export async function setOptions(page: Page, values: Values): Promise<void> {
  await openScreen(page, 'Settings');
  const groups = page.getByRole('navigation', { name: words.groups });
  for (const name of Object.keys(values) as OptionName[]) {
    await groups.getByRole('button', { name: new RegExp(`^${optionTexts[name].group}\\b`) }).click();
    await setOption(page, name, values[name]);
  }
  await applyChanges(page);
}

export async function applyChanges(page: Page): Promise<void> {
  await page.getByRole('button', { name: words.apply.review }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /^Apply/ }).click();
  await dialog.waitFor({ state: 'detached' });
}

const UID_LISTS = new Set<OptionName>(['abstractSyntaxes', 'transferSyntaxes', 'transferSyntaxPreference']);

async function setOption(page: Page, name: OptionName, value: unknown): Promise<void> {
  const field = page.locator(`[data-option="${name}"]`);
  if (UID_LISTS.has(name)) return chooseUids(page, field, value as string[]);
  if (name === 'extractCustomTags') {
    for (const [index, tag] of (value as { tag: string; name: string; creator?: string }[]).entries()) {
      await field.getByRole('button', { name: words.custom.add }).click();
      const entry = field.getByRole('group', { name: words.custom.entry(index + 1) });
      await entry.getByRole('textbox', { name: words.custom.tag, exact: true }).fill(tag.tag);
      await entry.getByRole('textbox', { name: words.custom.name, exact: true }).fill(tag.name);
      await entry.getByRole('textbox', { name: words.custom.creator }).fill(tag.creator ?? '');
    }
    return;
  }
  if (name === 'users') {
    for (const { name: user, passcode } of value as { name: string; passcode: string }[]) {
      await field.getByLabel(words.users.name).fill(user);
      await field.getByLabel(words.users.passcode).fill(passcode);
      await field.getByRole('button', { name: words.users.add }).click();
      await field.getByText(user, { exact: true }).waitFor();
    }
    return;
  }
  if (name === 'tlsPassphrase') return field.locator('input').fill(String(value));
  if (name === 'extractTags') {
    for (const tag of value as string[]) {
      const box = field.getByRole('combobox');
      await box.fill(tag);
      await page
        .getByRole('option', { name: new RegExp(`^${tag}\\b`) })
        .first()
        .click();
      await expect.poll(() => field.getByRole('row', { name: new RegExp(`^${tag}`) }).count()).toBe(1);
    }
    return;
  }
  switch (optionKind(name).kind) {
    case 'boolean': {
      const control = field.getByRole('switch');
      if ((await control.isChecked()) !== value) await field.locator('label').click();
      expect(await control.isChecked()).toBe(value);
      return;
    }
    case 'choice':
      await field.locator('button[aria-haspopup="listbox"]').click();
      await page.getByRole('option', { name: words.choices[String(value)] ?? String(value), exact: true }).click();
      return;
    case 'list':
      await field.getByRole('textbox').fill((value as string[]).join(', '));
      await field.getByRole('button', { name: text.common.lists.add }).click();
      return;
    default:
      await field.getByRole('textbox').fill(String(value));
      await field.getByRole('textbox').press('Tab');
  }
}

async function chooseUids(page: Page, field: Locator, uids: readonly string[]): Promise<void> {
  await field.getByRole('button', { name: words.uids.choose }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: words.uids.paste }).fill(uids.join('\n'));
  await dialog.getByRole('button', { name: words.uids.pasteAdd }).click();
  await dialog.getByRole('button', { name: words.uids.take }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Waits until the home screen says so in large letters. */
export async function waitForCondition(page: Page, condition: string | RegExp): Promise<void> {
  await openScreen(page, 'Receiver');
  await page.getByRole('region', { name: 'State of the receiver' }).getByRole('heading', { name: condition }).waitFor();
}
