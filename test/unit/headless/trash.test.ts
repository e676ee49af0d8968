import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { moveToTrash } from '#headless/trash.ts';
import { createTempFolder } from '../../support/temp-folder.ts';

const NOW = new Date('2026-01-02T03:04:05.678Z');
const TIME = '2026-01-02T03-04-05.678Z';

test('files go to the data folder under the path they had, and nothing else is touched', async () => {
  const folder = await createTempFolder('trash');
  onTestFinished(folder.remove);
  await mkdir(folder.join('in/1/2'), { recursive: true });
  for (const name of ['3.dcm', '4.dcm', 'stays.dcm']) await writeFile(folder.join('in/1/2', name), name);
  await moveToTrash(
    folder.join('data'),
    [folder.join('in/1/2/3.dcm'), folder.join('in/1/2/4.dcm'), folder.join('in/gone.dcm')],
    NOW,
  );
  expect(await readdir(folder.join('in/1/2'))).toEqual(['stays.dcm']);
  const moved = folder.join('data/trash', TIME, folder.path, 'in/1/2');
  expect((await readdir(moved)).toSorted()).toEqual(['3.dcm', '4.dcm']);
  expect(await readFile(join(moved, '3.dcm'), 'utf8')).toBe('3.dcm');
});

const OTHER_VOLUME = '/dev/shm';
const hasOtherVolume = existsSync(OTHER_VOLUME) && (await stat(OTHER_VOLUME)).dev !== (await stat(tmpdir())).dev;

test.skipIf(!hasOtherVolume)(
  'files of another volume stay there, in a trash as high as this user may write',
  async () => {
    const folder = await createTempFolder('trash');
    onTestFinished(folder.remove);
    const other = await mkdtemp(join(OTHER_VOLUME, 'studyport-trash-'));
    onTestFinished(() => rm(other, { recursive: true, force: true }));
    onTestFinished(() => rm(join(OTHER_VOLUME, '.studyport-trash', TIME), { recursive: true, force: true }));
    await mkdir(join(other, '1/2'), { recursive: true });
    await writeFile(join(other, '1/2/3.dcm'), 'three');
    await moveToTrash(folder.path, [join(other, '1/2/3.dcm')], NOW);
    expect(await readdir(join(other, '1/2'))).toEqual([]);
    const top = existsSync(join(OTHER_VOLUME, '.studyport-trash', TIME)) ? OTHER_VOLUME : other;
    const name = other.slice(OTHER_VOLUME.length + 1);
    expect(await readFile(join(top, '.studyport-trash', TIME, top === other ? '' : name, '1/2/3.dcm'), 'utf8')).toBe(
      'three',
    );
  },
);
