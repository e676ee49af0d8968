/** The requestor and the test images before programs that nobody here wrote: storescp, dcmdump, dcm2pnm, dsrdump, Orthanc. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ScuError, StoreScu } from '#main/engine/index.ts';
import { ONE_OF_EACH, TEST_SOP_CLASSES, type TestImage, testStudy, testStudyUid } from '#main/receiver/test-images.ts';
import { startStoreScp } from '../support/dcmtk.ts';
import { startOrthanc } from '../support/orthanc.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, VERIFICATION } from '../support/raw-pdu.ts';
import { parseFileMeta } from '../support/real-files.ts';
import { negotiationProfile } from '../support/reception.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { requireTool, run } from '../support/tools.ts';

const NOW = new Date(2026, 10, 24, 8, 5, 9);
const STUDY = testStudyUid(NOW, 0.5);
const IMAGES = [...testStudy(STUDY, NOW, { CT: 2, MR: 2 })];
const CONTEXTS = [VERIFICATION, ...Object.values(TEST_SOP_CLASSES)].map((abstractSyntax) => ({
  abstractSyntax,
  transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN],
}));

function connect(port: number, calledAeTitle = 'ANY-SCP'): Promise<StoreScu> {
  const titles = { calledAeTitle, callingAeTitle: 'STUDYPORT_TEST' };
  return StoreScu.connect({ host: '127.0.0.1', port, ...titles, contexts: CONTEXTS });
}

async function sendAll(port: number, images: readonly TestImage[] = IMAGES): Promise<void> {
  const scu = await connect(port);
  await scu.echo();
  for (const image of images) expect(await scu.store(image)).toMatchObject({ status: 0 });
  await scu.release();
}

async function failure(work: Promise<unknown>): Promise<ScuError> {
  return (await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )) as ScuError;
}

describe.skipIf(requireTool('storescp', 'dcmdump', 'dcm2pnm', 'dsrdump'))('DCMTK', () => {
  let folder: TempFolder;

  beforeAll(async () => {
    folder = await createTempFolder('store-scu');
  });

  afterAll(async () => {
    await folder.remove();
  });

  async function withStoreScp(args: readonly string[], work: (port: number, stored: string) => Promise<void>) {
    const stored = folder.join(`stored-${Math.random().toString(36).slice(2)}`);
    await mkdir(stored);
    const server = await startStoreScp({ folder: stored, args });
    try {
      await work(server.port, stored);
    } finally {
      await server.stop();
    }
  }

  test('storescp keeps byte for byte what was sent', async () => {
    await withStoreScp(['+B'], async (port, stored) => {
      await sendAll(port);
      const files = await readdir(stored);
      expect(files).toHaveLength(IMAGES.length);
      for (const name of files) {
        const content = await readFile(join(stored, name));
        const { meta, dataSetOffset } = parseFileMeta(content);
        const sent = IMAGES.find(({ sopInstanceUid }) => sopInstanceUid === meta.sopInstanceUid);
        expect(content.subarray(dataSetOffset).equals(sent!.dataSet)).toBe(true);
        const dump = await run('dcmdump', ['-q', '+P', 'StudyInstanceUID', join(stored, name)]);
        expect(dump.stdout).toContain(STUDY);
      }
    });
  });

  test('with a storescp that takes small PDUs only', async () => {
    await withStoreScp(['+B', '-pdu', '4096'], async (port, stored) => {
      await sendAll(port, IMAGES.slice(0, 1));
      expect(await readdir(stored)).toHaveLength(1);
    });
  });

  test('a storescp that takes CT alone refuses the others by name, and goes on', async () => {
    const profile = folder.join('ct-only.cfg');
    const syntaxes = [EXPLICIT_VR_LITTLE_ENDIAN];
    await writeFile(
      profile,
      negotiationProfile(
        [VERIFICATION, TEST_SOP_CLASSES.CT].map((uid) => [uid, [...syntaxes, IMPLICIT_VR_LITTLE_ENDIAN]]),
      ),
    );
    await withStoreScp(['+B', '-xf', profile, 'Test'], async (port, stored) => {
      const scu = await connect(port);
      const mr = IMAGES.find(({ modality }) => modality === 'MR')!;
      const error = await failure(scu.store(mr));
      expect(error).toMatchObject({ code: 'context-refused', details: { contextResult: 3 } });
      expect(error.message).toContain('does not accept MR Image Storage: it does not accept this kind of object');
      await scu.store(IMAGES[0]!);
      await scu.release();
      expect(await readdir(stored)).toHaveLength(1);
    });
  });

  test('a storescp that takes Implicit VR alone', async () => {
    await withStoreScp(['+xi', '+B'], async (port) => {
      const scu = await connect(port);
      const error = await failure(scu.store(IMAGES[0]!));
      expect(error.message).toContain('in Implicit VR Little Endian only, not in Explicit VR Little Endian');
      await scu.release();
    });
  });

  test('a storescp that breaks off in place of an answer', async () => {
    await withStoreScp(['--abort-after'], async (port) => {
      const scu = await connect(port);
      const error = await failure(scu.store(IMAGES[0]!));
      expect(error.code).toBe('aborted');
      expect(error.message).toContain('A-ABORT');
    });
  });

  test('what dcmdump and dcm2pnm make of the pictures', async () => {
    for (const image of IMAGES.filter(({ modality }) => modality !== 'SR')) {
      const file = folder.join(`${image.sopInstanceUid}.dcm`);
      await writeFile(file, image.dataSet);
      const dump = await run('dcmdump', ['-f', '-t=', file]);
      expect(`${dump.code} ${dump.stderr}`).toBe('0 ');
      const args = image.modality === 'US' ? [] : ['+Wi', '1'];
      const pnm = folder.join(`${image.sopInstanceUid}.pnm`);
      const drawn = await run('dcm2pnm', ['-f', '-t=', ...args, file, pnm]);
      expect(`${image.modality} ${drawn.code} ${drawn.stderr}`).toBe(`${image.modality} 0 `);
      const pixels = (await readFile(pnm)).subarray(-50_000);
      expect(new Set(pixels).size).toBeGreaterThan(2);
    }
  });

  test('what dsrdump reads in the report', async () => {
    const report = [...testStudy(STUDY, NOW, ONE_OF_EACH)].find(({ modality }) => modality === 'SR')!;
    const file = folder.join('report.dcm');
    await writeFile(file, report.dataSet);
    const dump = await run('dsrdump', ['-f', '-t=', '+Pl', '+Pc', file]);
    expect(`${dump.code} ${dump.stderr}`).toBe('0 ');
    expect(dump.stdout).toContain('Basic Text SR Document');
    expect(dump.stdout).toContain('(18748-4,LN,"Diagnostic imaging report")');
    expect(dump.stdout).toContain('(121077,DCM,"Conclusion")="If you can read this, structured reports arrive."');
  });
});

describe.skipIf(requireTool('Orthanc'))('Orthanc', () => {
  test('files what was sent as one study of four series', async () => {
    const folder = await createTempFolder('scu-orthanc');
    const orthanc = await startOrthanc({ folder: folder.path });
    try {
      await sendAll(orthanc.port);
      const statistics = await (await orthanc.request('GET', '/statistics')).json();
      expect(statistics).toMatchObject({ CountPatients: 1, CountStudies: 1, CountSeries: 4, CountInstances: 6 });
    } finally {
      await orthanc.stop();
      await folder.remove();
    }
  });

  test('that knows its own title rejects another one', async () => {
    const folder = await createTempFolder('scu-orthanc');
    const configuration = { DicomCheckCalledAet: true, DicomAet: 'ANY-SCP' };
    const orthanc = await startOrthanc({ folder: folder.path, configuration });
    try {
      const error = await failure(connect(orthanc.port, 'WRONG'));
      expect(error).toMatchObject({ code: 'rejected', details: { rejection: { result: 1, source: 1, reason: 7 } } });
      expect(error.message).toContain('the called AE title is not one of its own');
    } finally {
      await orthanc.stop();
      await folder.remove();
    }
  });
});
