import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LogStore } from '#main/receiver/log-store.ts';
import type { LogLine } from '#shared/contract.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

const line = (message: string, change: Partial<LogLine> = {}) => ({
  time: 1,
  level: 'info' as const,
  component: 'server' as const,
  message,
  ...change,
});
const all = { level: 'debug', text: '' } as const;

async function logFolder() {
  const folder = await createTempFolder('log');
  onTestFinished(folder.remove);
  return folder;
}

test('lines are numbered, filtered and paged', async () => {
  const folder = await logFolder();
  const log = new LogStore(folder.path, () => {});
  log.add(line('one', { level: 'error', code: 'port-in-use' }));
  log.add(line('two', { component: 'study', profileId: 'p' }));
  log.add(line('three', { level: 'debug', associationId: 'p.r.1' }));
  const words = (filter: Partial<Parameters<LogStore['list']>[0]>) =>
    log.list({ ...all, limit: 100, ...filter }).map(({ sequence }) => sequence);
  expect(words({})).toEqual([1, 2, 3]);
  expect(words({ level: 'info' })).toEqual([1, 2]);
  expect(words({ level: 'error' })).toEqual([1]);
  expect(words({ component: 'study' })).toEqual([2]);
  expect(words({ profileId: 'p' })).toEqual([2]);
  expect(words({ associationId: 'p.r.1' })).toEqual([3]);
  expect(words({ text: 'PORT-in' })).toEqual([1]);
  expect(words({ limit: 1 })).toEqual([3]);
  expect(words({ limit: 1, before: 3 })).toEqual([2]);
  await log.flush();
});

test('memory keeps the newest lines only', async () => {
  const folder = await logFolder();
  const log = new LogStore(folder.path, () => {}, { lines: 10 });
  for (let index = 1; index <= 1000; index++) log.add(line(`${index}`));
  const kept = log.list({ ...all, limit: 5000 });
  expect(kept.length).toBeLessThanOrEqual(12);
  expect(kept.at(-1)?.sequence).toBe(1000);
  await log.flush();
});

test('files rotate, stay bounded, and the export reads them all, those of earlier runs too', async () => {
  const folder = await logFolder();
  const before = new LogStore(folder.path, () => {}, { fileBytes: 1000, files: 2 });
  for (let index = 0; index < 50; index++) {
    before.add(line(`run 1, ${index}`));
    await before.flush();
  }
  const log = new LogStore(folder.path, () => {}, { fileBytes: 1000, files: 2 });
  log.add(line('run 2'));
  const rows = (await log.export(all)).trimEnd().split('\n');
  const messages = rows.map((row) => (JSON.parse(row) as LogLine).message);
  expect(messages.at(-1)).toBe('run 2');
  expect(messages.at(-2)).toBe('run 1, 49');
  expect(messages.length).toBeLessThan(51);
  expect((await readdir(folder.path)).sort()).toEqual(['studyport.1.jsonl', 'studyport.2.jsonl', 'studyport.jsonl']);
  for (const name of await readdir(folder.path)) expect((await stat(folder.join(name))).size).toBeLessThanOrEqual(1000);
  expect(await log.export({ ...all, text: 'run 2' })).toBe(`${rows.at(-1)}\n`);
});

test('half a line of a run that was killed does no harm', async () => {
  const folder = await logFolder();
  await writeFile(folder.join('studyport.jsonl'), '{"sequence":1,"mess');
  const log = new LogStore(folder.path, () => {});
  expect(await log.export(all)).toBe('');
});

test('what cannot be written is told, and stays on the screen', async () => {
  const folder = await logFolder();
  await mkdir(folder.join('studyport.jsonl'));
  const failed = vi.fn();
  const log = new LogStore(folder.path, failed);
  log.add(line('one'));
  await log.flush();
  expect(failed).toHaveBeenCalledOnce();
  expect(log.list({ ...all, limit: 10 })).toHaveLength(1);
});

test('nobody else may read the files', async () => {
  const folder = await logFolder();
  const log = new LogStore(folder.join('logs'), () => {});
  log.add(line('one'));
  await log.flush();
  expect(await readFile(folder.join('logs', 'studyport.jsonl'), 'utf8')).toContain('"one"');
  if (process.platform !== 'win32') {
    expect((await stat(folder.join('logs', 'studyport.jsonl'))).mode & 0o777).toBe(0o600);
  }
});
