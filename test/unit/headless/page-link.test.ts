import { readFile, stat, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { forgetLink, keepLink, pageToken, readLink } from '#headless/page-link.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

test('the token stays, only its owner can read it, and what is none is replaced', async () => {
  const folder = await createTempFolder('link');
  onTestFinished(folder.remove);
  const token = await pageToken(folder.path);
  expect(await pageToken(folder.path)).toBe(token);
  expect((await stat(folder.join('page-token'))).mode & 0o777).toBe(0o600);
  await writeFile(folder.join('page-token'), 'short');
  const other = await pageToken(folder.path);
  expect(other).not.toBe(token);
  expect(await readFile(folder.join('page-token'), 'utf8')).toBe(`${other}\n`);
});

test('the link is there while the page is', async () => {
  const folder = await createTempFolder('link');
  onTestFinished(folder.remove);
  expect(await readLink(folder.path)).toBeUndefined();
  await keepLink(folder.path, 'http://127.0.0.1:1/?token=x');
  expect(await readLink(folder.path)).toBe('http://127.0.0.1:1/?token=x');
  expect((await stat(folder.join('page-url'))).mode & 0o777).toBe(0o600);
  await forgetLink(folder.path);
  expect(await readLink(folder.path)).toBeUndefined();
});
