import { stat, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { keepLink, pageToken, readLink } from '#headless/page-link.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

test('the token stays, only its owner can read it, and what is none is replaced', async () => {
  const folder = await createTempFolder('link');
  onTestFinished(folder.remove);
  const token = await pageToken(folder.path);
  expect(await pageToken(folder.path)).toBe(token);
  expect((await stat(folder.join('page.json'))).mode & 0o777).toBe(0o600);
  for (const text of ['{"token":"short"}', '{"half":', 'null']) {
    await writeFile(folder.join('page.json'), text);
    const other = await pageToken(folder.path);
    expect(other).not.toBe(token);
    expect(await pageToken(folder.path)).toBe(other);
  }
});

test('the link is there while the page is', async () => {
  const folder = await createTempFolder('link');
  onTestFinished(folder.remove);
  expect(await readLink(folder.path)).toBeUndefined();
  const token = await pageToken(folder.path);
  await keepLink(folder.path, 'http://127.0.0.1:1/?token=x');
  expect(await readLink(folder.path)).toBe('http://127.0.0.1:1/?token=x');
  expect((await stat(folder.join('page.json'))).mode & 0o777).toBe(0o600);
  await keepLink(folder.path, undefined);
  expect(await readLink(folder.path)).toBeUndefined();
  expect(await pageToken(folder.path)).toBe(token);
});
