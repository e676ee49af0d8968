/** What the packages hold, built around a stand-in runtime, and that the checks of `npm run dist:check` can fail. */

import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPackage, extractAll } from '@electron/asar';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentMistakes, PACKED, pack, packageMistakes, startFromAsar } from '../../scripts/dist-check.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';

let folder: TempFolder;
let release: string;

beforeAll(async () => {
  folder = await createTempFolder('dist');
  release = await pack(folder.path);
}, 400_000);

afterAll(() => folder?.remove());

describe('packages around a stand-in runtime', { timeout: 120_000 }, () => {
  test.each(['linux', 'win', 'mac'] as const)('%s holds what it should, with its fuses and hash', async (system) => {
    expect(await packageMistakes(PACKED[system](release))).toEqual([]);
  });

  test('the asar alone runs, without node_modules', async () => {
    const asar = join(PACKED.linux(release).resources, 'app.asar');
    expect(await startFromAsar(asar, folder.path)).toContain('http://127.0.0.1:');
  });

  test('sources, maps, modules and secrets would be found', () => {
    const wrong = ['src/main/index.ts', 'out/main/index.js.map', 'node_modules/zod/index.js', '.env', 'test/x.test.ts'];
    for (const file of wrong) expect(contentMistakes([file])).toContain(`${file} must not be inside`);
    expect(contentMistakes([])).toContain('out/main/index.js is missing');
  });

  test('a changed asar, a wrong fuse and a loose folder would be found', async () => {
    const packed = PACKED.win(release);
    const broken = {
      executable: folder.join('broken.exe'),
      resources: folder.join('broken'),
      integrity: folder.join('broken.exe'),
    };
    await mkdir(join(broken.resources, 'app'), { recursive: true });
    await copyFile(packed.executable, broken.executable);
    const content = folder.join('content');
    extractAll(join(packed.resources, 'app.asar'), content);
    const main = join(content, 'out/main/index.js');
    await writeFile(main, `${await readFile(main, 'utf8')}\n// changed`);
    await createPackage(content, join(broken.resources, 'app.asar'));
    await flipFuses(broken.executable, { version: FuseVersion.V1, [FuseV1Options.RunAsNode]: true });
    expect(await packageMistakes(broken)).toEqual([
      'app lies beside the asar',
      'fuse RunAsNode is wrong',
      'the hash of the asar is not embedded',
    ]);
    await rm(join(broken.resources, 'app.asar'));
    expect(await packageMistakes(broken)).toEqual([`${join(broken.resources, 'app.asar')} is not there`]);
  });
});
