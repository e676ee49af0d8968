import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { StoreScp } from '#main/engine/index.ts';
import { CT_UIDS, nestedSequences, syntheticCt, TEST_ENCODINGS, TRANSFER_SYNTAXES } from '../support/data-sets.ts';
import { CT_IMAGE_STORAGE } from '../support/raw-pdu.ts';
import { RawSender } from '../support/raw-sender.ts';
import { createTempFolder } from '../support/temp-folder.ts';

it('a data set that breaks in its header and goes on in further fragments is put in quarantine whole', async () => {
  const folder = await createTempFolder();
  onTestFinished(folder.remove);
  const options = { port: 0, outDir: folder.path, minimumFreeSpace: 0, malformedObjects: 'quarantine' } as const;
  const receiver = new StoreScp(options);
  onTestFinished(() => receiver.stop());
  const port = new Promise<number>((resolve) => receiver.onServerStarted((_, event) => resolve(event.data.port)));
  await receiver.start();
  const nested = nestedSequences(TEST_ENCODINGS.explicitLittle, 100, true);
  const dataSet = Buffer.concat([nested, syntheticCt({ bytes: 20_000 })]);
  const sender = await RawSender.connect({
    port: await port,
    maxPdu: 1024,
    contexts: [{ id: 1, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [TRANSFER_SYNTAXES.explicitLittle] }],
  });
  const status = await sender.store({
    sopClassUid: CT_IMAGE_STORAGE,
    sopInstanceUid: CT_UIDS.sopInstanceUid,
    transferSyntaxUid: TRANSFER_SYNTAXES.explicitLittle,
    dataSet,
  });
  await sender.release();
  expect(status).toBe(0xb007);
  const files = (await readdir(join(folder.path, '.quarantine'))).filter((name) => name.endsWith('.dcm'));
  expect(files).toHaveLength(1);
  const kept = await readFile(join(folder.path, '.quarantine', files[0]!));
  expect(Buffer.compare(kept, dataSet)).toBe(0);
});
