import { readdir } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { StoreScp } from '#main/engine/index.ts';
import { CT_UIDS, syntheticCt, TRANSFER_SYNTAXES } from '../support/data-sets.ts';
import { VERIFICATION } from '../support/raw-pdu.ts';
import { RawSender } from '../support/raw-sender.ts';
import { createTempFolder } from '../support/temp-folder.ts';

it('a C-STORE on an accepted Verification context is refused and keeps nothing, in every mode', async () => {
  for (const abstractSyntaxMode of ['AllStorage', 'All'] as const) {
    const folder = await createTempFolder();
    onTestFinished(folder.remove);
    const receiver = new StoreScp({ port: 0, outDir: folder.path, minimumFreeSpace: 0, abstractSyntaxMode });
    const port = new Promise<number>((resolve) => receiver.onServerStarted((_, event) => resolve(event.data.port)));
    await receiver.start();
    const sender = await RawSender.connect({
      port: await port,
      contexts: [{ id: 1, abstractSyntax: VERIFICATION, transferSyntaxes: [TRANSFER_SYNTAXES.explicitLittle] }],
    });
    const status = await sender.store({
      sopClassUid: VERIFICATION,
      sopInstanceUid: CT_UIDS.sopInstanceUid,
      transferSyntaxUid: TRANSFER_SYNTAXES.explicitLittle,
      dataSet: syntheticCt(),
    });
    await sender.release();
    await receiver.stop();
    expect(status).toBe(0x0122);
    const files = await readdir(folder.path, { recursive: true });
    expect(files.filter((name) => name.endsWith('.dcm'))).toEqual([]);
  }
});
