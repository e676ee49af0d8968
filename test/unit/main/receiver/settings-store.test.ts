import { readdir, readFile, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { SettingsStore } from '#main/receiver/settings-store.ts';
import { defaultSettings } from '#shared/contract.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

async function folderWith(text?: string) {
  const folder = await createTempFolder('settings');
  onTestFinished(folder.remove);
  if (text !== undefined) await writeFile(folder.join('settings.json'), text);
  return folder;
}

test('what was saved is there after the next open; what was left out stays', async () => {
  const folder = await folderWith();
  const { store } = await SettingsStore.open(folder.path);
  expect(store.current).toEqual(defaultSettings);
  await store.save({ theme: 'dark' });
  await store.save({ density: 'compact', theme: undefined });
  expect((await SettingsStore.open(folder.path)).store.current).toEqual({
    ...defaultSettings,
    theme: 'dark',
    density: 'compact',
  });
});

test.each(['{', '[]', '{"version":1}', '{"version":1,"settings":7}'])('%s is kept aside and reported', async (text) => {
  const folder = await folderWith(text);
  const { store, notice } = await SettingsStore.open(folder.path);
  expect(store.current).toEqual(defaultSettings);
  expect(notice?.code).toBe('settings-broken');
  const [aside] = await readdir(folder.path);
  expect(await readFile(folder.join(aside!), 'utf8')).toBe(text);
});

test('a single wrong value costs only itself', async () => {
  const folder = await folderWith(
    JSON.stringify({ version: 1, settings: { theme: 'pink', density: 'compact', old: 1 } }),
  );
  const { store, notice } = await SettingsStore.open(folder.path);
  expect(store.current).toEqual({ ...defaultSettings, density: 'compact' });
  expect(notice?.message).toContain('theme');
  expect(await readdir(folder.path)).toHaveLength(2);
});
