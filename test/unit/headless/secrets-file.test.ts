import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openSecretsFile } from '#headless/secrets-file.ts';
import { createTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;

beforeEach(async () => {
  folder = await createTempFolder('secrets');
  onTestFinished(folder.remove);
});

test('keeps secrets over a restart, in a file that only this user can read', async () => {
  const { store, message } = await openSecretsFile(folder.path);
  expect(message).toContain(folder.join('secrets.json'));
  await Promise.all([store.set('p1.secretKey', 'one'), store.set('p2.secretKey', 'two'), store.set('p3', 'three')]);
  await store.set('p3', undefined);
  expect((await stat(folder.join('secrets.json'))).mode & 0o777).toBe(0o600);
  const again = (await openSecretsFile(folder.path)).store;
  expect(await again.get('p1.secretKey')).toBe('one');
  expect(await again.get('p2.secretKey')).toBe('two');
  expect(await again.get('p3')).toBeUndefined();
  expect(await again.get('__proto__')).toBeUndefined();
  expect(await readdir(folder.path)).toEqual(['secrets.json']);
});

test.each(['{"half":', '[1]', '{"a":1}', 'null'])('a file with %s is kept aside, and that is said', async (text) => {
  await writeFile(folder.join('secrets.json'), text);
  const { store, message } = await openSecretsFile(folder.path);
  expect(message).toMatch(/could not be read.*kept as .*enter them again/);
  expect(await store.get('a')).toBeUndefined();
  await store.set('a', 'new');
  const names = await readdir(folder.path);
  expect(names.toSorted()).toEqual([expect.stringMatching(/^secrets\.broken-\w+\.json$/), 'secrets.json']);
  expect(await readFile(folder.join(names.find((name) => name.includes('broken')) ?? ''), 'utf8')).toBe(text);
});

test('a secret that cannot be kept is an error with words but without the secret, and the old one stays', async () => {
  const { store } = await openSecretsFile(folder.path);
  await store.set('a', 'old');
  await folder.remove();
  await writeFile(folder.path, 'a file where the folder was');
  const failure = await store.set('a', 'do-not-show-me').catch((error: Error) => error.message);
  expect(failure).toMatch(/could not be written.*(EEXIST|ENOTDIR)/);
  expect(failure).not.toContain('do-not-show-me');
  expect(await store.get('a')).toBe('old');
});
