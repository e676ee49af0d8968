/** Orthanc asks for storage commitment of what it has sent, and takes our report on an association of ours. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startOrthanc } from '../support/orthanc.ts';
import { realFiles, requireRealFiles } from '../support/real-files.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { startTestReceiver } from '../support/test-receiver.ts';
import { freePort, requireTool } from '../support/tools.ts';

const skip = requireTool('Orthanc') || requireRealFiles();

describe.skipIf(skip)('Orthanc as the requestor', () => {
  test('what is stored is committed, what it never sent is not', { timeout: 60_000 }, async () => {
    const folder = await createTempFolder('orthanc-commitment');
    onTestFinished(folder.remove);
    const port = await freePort();
    const orthanc = await startOrthanc({
      folder: folder.path,
      modalities: { studyport: { aeTitle: 'STUDYPORT', port } },
    });
    onTestFinished(orthanc.stop);
    const receiver = await startTestReceiver({
      port,
      callingAeTitle: 'STUDYPORT',
      storageCommitment: true,
      commitmentPeers: [`ORTHANC@127.0.0.1:${orthanc.port}`],
    });
    onTestFinished(receiver.stop);

    const file = realFiles().find(({ name }) => name === 'test_files/CT_small.dcm')!;
    const id = await orthanc.upload(await readFile(file.path));
    await orthanc.send('studyport', [id]);
    const { sopClassUid, sopInstanceUid } = receiver.stored[0]!.data;
    const instance = (uid: string) => ({ SOPClassUID: sopClassUid, SOPInstanceUID: uid });
    const commit = async (...uids: readonly string[]) => {
      const body = JSON.stringify({ DicomInstances: uids.map(instance) });
      const { Path } = (await (
        await orthanc.request('POST', '/modalities/studyport/storage-commitment', body)
      ).json()) as { Path: string };
      for (;;) {
        const report = (await (await orthanc.request('GET', Path)).json()) as Record<string, unknown>;
        if (report.Status !== 'Pending') return report;
        await delay(20);
      }
    };
    expect(await commit(sopInstanceUid)).toMatchObject({
      Status: 'Success',
      Success: [instance(sopInstanceUid)],
      Failures: [],
    });
    expect(await commit(sopInstanceUid, '1.2.3.4')).toMatchObject({
      Status: 'Failure',
      Success: [instance(sopInstanceUid)],
      Failures: [{ ...instance('1.2.3.4'), FailureReason: 0x0112 }],
    });
  });
});
