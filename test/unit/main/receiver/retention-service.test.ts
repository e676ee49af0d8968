/** Studies on their way out: a history made for the test, real files. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { History } from '#main/receiver/history.ts';
import type { ManagedProfile } from '#main/receiver/managed-profile.ts';
import type { RetentionRow } from '#main/receiver/retention.ts';
import { RetentionService } from '#main/receiver/retention-service.ts';
import type { Retention } from '#shared/guards.ts';
import { createTempFolder, type TempFolder } from '../../../support/temp-folder.ts';
import { until } from '../../../support/test-receiver.ts';

const DAY = 24 * 60 * 60 * 1000;

let folder: TempFolder;
let studies: Map<number, { row: RetentionRow; files: string[] }>;
let history: { waiting: number; isBroken: boolean };
let lines: string[];
let trashed: string[];
let gone: number[];
let isManaged: boolean;
let trash: (files: readonly string[]) => Promise<void>;

beforeEach(async () => {
  folder = await createTempFolder('retention');
  studies = new Map();
  history = { waiting: 0, isBroken: false };
  [lines, trashed, gone, isManaged] = [[], [], [], true];
  trash = async (files) => {
    for (const file of files) {
      await rm(file);
      trashed.push(file);
    }
  };
});

afterEach(async () => {
  vi.useRealTimers();
  await folder.remove();
});

async function write(path: string, content = path): Promise<string> {
  const file = folder.join(path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

/** A study of one series and two objects, of which nothing has come for 40 days. */
async function study(studyId: number, more: readonly string[] = []): Promise<string[]> {
  const files = [await write(`1.${studyId}/1/a.dcm`), await write(`1.${studyId}/1/b.dcm`), ...more];
  const row = {
    studyId,
    instances: 2,
    bytes: 100,
    status: 'complete',
    location: folder.join(`1.${studyId}`),
    waiting: 0,
  };
  studies.set(studyId, { row: { ...row, lastReceived: Date.now() - 40 * DAY + studyId }, files });
  return files;
}

function sentAgain(studyId: number): void {
  const { row, files } = studies.get(studyId)!;
  studies.set(studyId, { row: { ...row, lastReceived: Date.now() }, files });
}

function service(settle = 0): RetentionService {
  const ok = (value: unknown) => ({ ok: true, value });
  const call = async (name: string, argument: { studyId?: number; lastReceived?: number }) => {
    if (history.isBroken) return { ok: false, error: { code: 'history-failed', message: 'broken' } };
    const one = argument.studyId === undefined ? undefined : studies.get(argument.studyId);
    if (name === 'retention-rows')
      return ok({
        rows: argument.studyId === undefined ? [...studies.values()].map(({ row }) => row) : one ? [one.row] : [],
      });
    if (name === 'study-files') return ok({ files: one!.files });
    const removed = argument.lastReceived === undefined || one!.row.lastReceived === argument.lastReceived;
    if (removed) studies.delete(argument.studyId!);
    return ok({ files: one!.files, removed });
  };
  const fake = {
    call,
    flush: async () => {},
    get waiting() {
      return history.waiting;
    },
  };
  return new RetentionService(
    {
      history: fake as unknown as History,
      trash: (files) => trash(files),
      changed: (ids) => gone.push(...ids),
      isManaged: () => isManaged,
      line: (_, message, { code }) => lines.push(`${code}: ${message}`),
    },
    settle,
  );
}

function managed(retention: Retention = { days: 30, mode: 'delete' }): ManagedProfile {
  return { profile: { id: 'p1', retention }, options: { outDir: folder.path } } as unknown as ManagedProfile;
}

const failures = () => lines.filter((line) => line.startsWith('retention-failed'));

describe.each(['trash', 'delete'] as const)('to the %s', (mode) => {
  test('one that cannot be moved stays whole; the others go, with their folders', async () => {
    await study(1);
    const stuck = await study(2, [`${await write('plain')}/x.dcm`]);
    await study(3);
    await write('1.3/other.txt');
    await service().run(managed({ days: 30, mode }));
    expect(gone).toEqual([1, 3]);
    expect(stuck.slice(0, 2).every(existsSync)).toBe(true);
    expect((await readdir(folder.path)).toSorted()).toEqual(['1.2', '1.3', 'plain']);
    expect(await readdir(folder.join('1.3'))).toEqual(['other.txt']);
    expect(failures()).toEqual([expect.stringContaining('ENOTDIR')]);
    expect(trashed).toHaveLength(mode === 'trash' ? 4 : 0);
  });

  test('one that is sent again while it goes comes back, and so does that of a profile that is removed', async () => {
    const [first = '', second = ''] = [...(await study(1)).slice(0, 1), ...(await study(2)).slice(0, 1)];
    const run = service(100).run(managed({ days: 30, mode }));
    await until(() => !existsSync(second), 'they are aside');
    sentAgain(1);
    await run;
    expect([existsSync(first), existsSync(second), gone]).toEqual([true, false, [2]]);

    const [third = ''] = await study(3);
    const again = service(100).run(managed({ days: 30, mode }));
    await until(() => !existsSync(third), 'it is aside');
    isManaged = false;
    await again;
    expect(existsSync(third)).toBe(true);
    expect(studies.has(3)).toBe(true);
  });
});

test('what could not be thrown away is back; what was thrown away already goes the next time', async () => {
  const [first = '', second = ''] = await study(1);
  await study(2);
  const works = trash;
  trash = async (files) => {
    const isFirst = files.some((file) => file.includes('/1.1/'));
    await works(isFirst ? files.filter((file) => file.endsWith('a.dcm')) : files);
    if (isFirst) throw new Error('no trash here');
  };
  const retention = service();
  await retention.run(managed({ days: 30, mode: 'trash' }));
  expect(gone).toEqual([2]);
  expect([existsSync(first), existsSync(second)]).toEqual([false, true]);
  trash = works;
  await retention.run(managed({ days: 30, mode: 'trash' }));
  expect(gone).toEqual([2, 1]);
});

test('in the last moment the history decides: what has changed stays in it', async () => {
  const [file = ''] = await study(1);
  trash = async () => sentAgain(1);
  await service().run(managed({ days: 30, mode: 'trash' }));
  expect(studies.has(1)).toBe(true);
  expect(existsSync(file)).toBe(true);
  expect(gone).toEqual([]);
});

test('nothing goes while records wait to be written', async () => {
  await study(1);
  history.waiting = 1;
  await service().run(managed());
  expect(gone).toEqual([]);
});

test('after the clock was set one run leaves the age aside, and only the age', async () => {
  await study(1);
  vi.useFakeTimers({ toFake: ['Date'] });
  const retention = service();
  vi.setSystemTime(Date.now() + 20 * DAY);
  await study(2);
  await retention.run(managed({ days: 30, maxBytes: 100, mode: 'delete' }));
  expect(gone).toEqual([1]);
  expect(lines[0]).toContain('retention-clock');
  await retention.run(managed());
  expect(gone).toEqual([1, 2]);
});

test('what a crash has left: back, unless the history had let it go; it is not asked', async () => {
  history.isBroken = true;
  const back = await write('.removing/7/1.7/1/a.dcm', 'old');
  await write('.removing/7/1.7/1/b.dcm', 'old');
  await write('1.7/1/b.dcm', 'new');
  await write('.removing/x/1.6/1/a.dcm');
  await write('.removing/8.gone/1.8/1/a.dcm');
  await write('.removing/9.gone/1.9/1/a.dcm', 'old');
  await write('.removing/9/1.9/1/a.dcm', 'of another study that had this number');
  await service().tidy(managed());
  expect(existsSync(back)).toBe(false);
  expect(await readFile(folder.join('1.7/1/a.dcm'), 'utf8')).toBe('old');
  expect(await readFile(folder.join('1.7/1/b.dcm'), 'utf8')).toBe('new');
  expect(await readdir(folder.join('.removing'))).toEqual(['x']);
  expect(existsSync(folder.join('1.8'))).toBe(false);
  expect(await readFile(folder.join('1.9/1/a.dcm'), 'utf8')).toContain('another');
  expect(lines).toEqual([]);
});
