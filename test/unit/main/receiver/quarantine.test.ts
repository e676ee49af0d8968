/** The quarantine of a storage folder: names that are paths, objects that are none, and nothing that is ever written over. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type WritableDataSet, writeDataSet } from '#main/receiver/data-set-writer.ts';
import { quarantinedFiles, quarantineRows, releaseQuarantined } from '#main/receiver/quarantine.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

let outDir: string;

beforeEach(async () => {
  const folder = await createTempFolder('quarantine');
  outDir = folder.join('in');
  await mkdir(join(outDir, '.quarantine'), { recursive: true });
  return folder.remove;
});

const object = (more: WritableDataSet = {}) =>
  writeDataSet({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    SOPInstanceUID: '1.2.3.4',
    StudyInstanceUID: '1.2',
    SeriesInstanceUID: '1.2.3',
    Modality: 'CT',
    ...more,
  });

async function put(name: string, bytes: Uint8Array, note?: string): Promise<void> {
  await writeFile(join(outDir, '.quarantine', name), bytes);
  if (note !== undefined) await writeFile(join(outDir, '.quarantine', name.replace('.dcm', '.txt')), note);
}

test('lists objects with their reasons, and nothing else', async () => {
  await put('abc.dcm', object(), 'The rules say so.\n');
  await put('abd~2.dcm', object());
  await put('.hidden.dcm', object());
  await put('lone.txt', object());
  await mkdir(join(outDir, '.quarantine', 'folder.dcm'));
  const rows = quarantineRows(outDir);
  expect(rows.map(({ name, reason }) => [name, reason]).sort()).toEqual([
    ['abc.dcm', 'The rules say so.'],
    ['abd~2.dcm', ''],
  ]);
  expect(rows[0]).toMatchObject({ bytes: object().length, time: expect.any(Number) });
});

test('a folder without a quarantine has nothing in it', () => {
  expect(quarantineRows(join(outDir, 'elsewhere'))).toEqual([]);
});

test('releases under its own UIDs, and takes the note away', async () => {
  await put('abc.dcm', object(), 'why');
  const record = releaseQuarantined(outDir, 'p', 'abc.dcm');
  const file = join(outDir, '1.2', '1.2.3', '1.2.3.4.dcm');
  expect(record).toMatchObject({ file, profileId: 'p', studyInstanceUid: '1.2', tags: { Modality: 'CT' } });
  expect(new Uint8Array(await readFile(file))).toEqual(new Uint8Array(object()));
  expect(await readdir(join(outDir, '.quarantine'))).toEqual([]);
});

test('never over what is there', async () => {
  const folder = join(outDir, '1.2', '1.2.3');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '1.2.3.4.dcm'), 'first');
  await put('one.dcm', object());
  await put('two.dcm', object({ Modality: 'MR' }));
  expect(releaseQuarantined(outDir, 'p', 'one.dcm').file).toBe(join(folder, '1.2.3.4~2.dcm'));
  expect(releaseQuarantined(outDir, 'p', 'two.dcm').file).toBe(join(folder, '1.2.3.4~3.dcm'));
  expect(await readFile(join(folder, '1.2.3.4.dcm'), 'utf8')).toBe('first');
});

test.each([
  ['no UIDs', object({ StudyInstanceUID: '' })],
  ['a UID that is a way out', object({ StudyInstanceUID: '..' })],
  ['a UID with an empty part', object({ SeriesInstanceUID: '1..2' })],
  ['no object', new Uint8Array([1, 2, 3, 4])],
])('%s stays in quarantine', async (_, bytes) => {
  await put('abc.dcm', bytes, 'why');
  expect(() => releaseQuarantined(outDir, 'p', 'abc.dcm')).toThrow('It stays in quarantine');
  expect((await readdir(join(outDir, '.quarantine'))).sort()).toEqual(['abc.dcm', 'abc.txt']);
  expect(await readdir(outDir)).toEqual(['.quarantine']);
});

test.each(['../secret.dcm', '..', '/etc/passwd', 'a/b.dcm', 'a\\b.dcm', '.abc.dcm', 'abc', 'missing.dcm', ''])(
  '%j names nothing',
  async (name) => {
    await writeFile(join(outDir, 'secret.dcm'), object());
    await put('abc.dcm', object());
    expect(() => releaseQuarantined(outDir, 'p', name)).toThrow('not in quarantine any more');
    expect(() => quarantinedFiles(outDir, name)).toThrow('not in quarantine any more');
  },
);

test('the files of an object are itself and its note', async () => {
  await put('abc.dcm', object(), 'why');
  await put('abd.dcm', object());
  const folder = join(outDir, '.quarantine');
  expect(quarantinedFiles(outDir, 'abc.dcm')).toEqual([join(folder, 'abc.dcm'), join(folder, 'abc.txt')]);
  expect(quarantinedFiles(outDir, 'abd.dcm')).toEqual([join(folder, 'abd.dcm')]);
});
