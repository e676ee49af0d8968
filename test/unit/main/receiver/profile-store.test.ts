import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freeName, ProfileStore, parseProfiles, profileMistakes, takeSecrets } from '#main/receiver/profile-store.ts';
import { type Profile, placeSecrets } from '#shared/contract.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

const profile: Profile = {
  id: 'p1',
  name: 'CT',
  autoStart: true,
  options: { port: 11112, outDir: '/archive' },
  secrets: ['secretKey'],
};

async function folderWith(text?: string): Promise<string> {
  const folder = await createTempFolder('profiles');
  onTestFinished(folder.remove);
  const data = folder.join('data');
  await mkdir(data);
  if (text !== undefined) await writeFile(join(data, 'profiles.json'), text);
  return data;
}

describe('ProfileStore', () => {
  test('what was put is there after the next open, and nothing else is in the folder', async () => {
    const folder = await folderWith();
    const { store, first } = await ProfileStore.open(folder);
    expect(first).toBe(true);
    await store.put(profile);
    await store.put({ ...profile, id: 'p2', name: 'MR' });
    await store.put({ ...profile, name: 'CT 2' });
    await store.remove('p2');
    const again = await ProfileStore.open(folder);
    expect(again).toMatchObject({ first: false, store: { all: [{ ...profile, name: 'CT 2' }] } });
    expect(again.notice).toBeUndefined();
    expect(await readdir(folder)).toEqual(['profiles.json']);
  });

  test.each([
    ['', 'it is not JSON'],
    ['[]', 'it is not an object'],
    ['{"profiles": []}', 'it has no version'],
    ['{"version": 1}', 'it has no list'],
    ['{"version": 2, "profiles": []}', 'newer version'],
  ])('keeps %o aside as it is and says why', async (text, reason) => {
    const folder = await folderWith(text);
    const { store, first, notice } = await ProfileStore.open(folder);
    expect([store.all, first]).toEqual([[], false]);
    expect(notice).toMatchObject({ code: 'profiles-broken', message: expect.stringContaining(reason) });
    const [aside, ...others] = await readdir(folder);
    expect(others).toEqual([]);
    expect(aside).toMatch(/^profiles\.broken-\d{8}T\d{9}Z\.json$/);
    expect(await readFile(join(folder, aside!), 'utf8')).toBe(text);
  });

  test('an entry that is no profile is shown with what can be read, and the file is kept as it was', async () => {
    const text = JSON.stringify({ version: 1, profiles: [profile, 'nonsense', { name: 7, options: 'x' }] });
    const folder = await folderWith(text);
    const { store, notice } = await ProfileStore.open(folder);
    expect(store.all.map(({ name }) => name)).toEqual(['CT', 'Profile 2', 'Profile 3']);
    expect(notice).toMatchObject({ code: 'profiles-repaired' });
    const aside = (await readdir(folder)).find((name) => name.includes('broken'))!;
    expect(await readFile(join(folder, aside), 'utf8')).toBe(text);
  });
});

describe('parseProfiles', () => {
  test('keeps options that are wrong: the start says so', () => {
    const options = { port: 'many' } as unknown as Profile['options'];
    expect(parseProfiles({ version: 1, profiles: [{ ...profile, options }] })).toEqual({
      profiles: [{ ...profile, options }],
      repaired: 0,
    });
  });

  test('two profiles of one id get two', () => {
    const parsed = parseProfiles({ version: 1, profiles: [profile, profile] });
    const ids = 'profiles' in parsed ? parsed.profiles.map(({ id }) => id) : [];
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toBe('p1');
  });

  test('secrets are known by name only', () => {
    const parsed = parseProfiles({ version: 1, profiles: [{ ...profile, secrets: ['secretKey', 'password', 7] }] });
    expect(parsed).toMatchObject({ profiles: [{ secrets: ['secretKey'] }] });
  });
});

describe('profileMistakes', () => {
  test('right options have none', () => {
    expect(profileMistakes(profile.options, [])).toEqual([]);
  });

  test('the engine checks what the schema cannot: tags', () => {
    const options = { ...profile.options, extractCustomTags: [{ tag: '0009xx01', name: 'a' }] };
    expect(profileMistakes(options, [])).toMatchObject([{ code: 'option', field: 'extractCustomTags[0].tag' }]);
  });
});

test('secrets are put where StoreScp expects them, and taken from there', () => {
  const options = { port: 1, s3Config: { bucket: 'b' } };
  expect(placeSecrets(options, { secretKey: 's', sessionToken: undefined })).toEqual({
    port: 1,
    s3Config: { bucket: 'b', secretKey: 's' },
  });
  expect(placeSecrets(profile.options, { secretKey: 's' })).toEqual(profile.options);
  const placed = placeSecrets(options, { secretKey: 's', tlsPassphrase: 'p' });
  expect(placed).toEqual({ port: 1, tlsPassphrase: 'p', s3Config: { bucket: 'b', secretKey: 's' } });
  const taken = [
    ['secretKey', 's'],
    ['tlsPassphrase', 'p'],
  ];
  expect(takeSecrets(placed)).toEqual({ options, secrets: taken });
  expect(takeSecrets(options)).toEqual({ options, secrets: [] });
});

test.each([
  ['CT', [], 'CT'],
  ['CT', ['CT'], 'CT 2'],
  ['CT 2', ['CT', 'CT 2'], 'CT 3'],
])('freeName of %o among %o is %o', (wanted, taken, name) => {
  expect(freeName(wanted, taken)).toBe(name);
});

test('the rule set of a profile is kept, and one that cannot be read is no reason to do without', () => {
  const read = (ruleSetId: unknown) => {
    const parsed = parseProfiles({ version: 1, profiles: [{ ...profile, ruleSetId }] });
    if ('broken' in parsed) throw new Error(parsed.broken);
    return parsed.profiles[0]?.ruleSetId;
  };
  expect(read(undefined)).toBeUndefined();
  expect(read('basic')).toBe('basic');
  expect(read('r0123456789ab')).toBe('r0123456789ab');
  for (const wrong of [7, null, '', '../basic', {}]) expect(read(wrong)).toBe('unreadable');
});
