/** Our own peer, sender and wrappers against receivers that nobody here wrote: what they say is what an SCP understands. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dcmsend, echoscu, startStoreScp, storescu } from '../support/dcmtk.ts';
import { gdcmEcho, gdcmStore } from '../support/gdcm.ts';
import { startOrthanc } from '../support/orthanc.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN, message, pdu, storeRequest } from '../support/raw-pdu.ts';
import { contextsFor, RawSender } from '../support/raw-sender.ts';
import { parseFileMeta, type RealFile, realFiles, requireRealFiles } from '../support/real-files.ts';
import { echo, ScriptedPeer } from '../support/scripted-peer.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { requireTool } from '../support/tools.ts';

const skip = [requireTool('storescp', 'storescu', 'dcmsend', 'echoscu'), requireRealFiles()].includes(true);

async function temporary(): Promise<string> {
  const folder = await createTempFolder();
  onTestFinished(folder.remove);
  return folder.path;
}

async function storeScp(folder: string, args?: readonly string[]): Promise<number> {
  const server = await startStoreScp({ folder, ...(args && { args }) });
  onTestFinished(server.stop);
  return server.port;
}

/** Data sets of what a receiver that names files freely has stored. */
async function storedDataSets(folder: string): Promise<Map<string | undefined, Buffer>> {
  const result = new Map<string | undefined, Buffer>();
  for (const name of await readdir(folder)) {
    const content = await readFile(join(folder, name));
    const { meta, dataSetOffset } = parseFileMeta(content);
    result.set(meta.sopInstanceUid, content.subarray(dataSetOffset));
  }
  return result;
}

function file(name: string): RealFile {
  const found = realFiles().find((candidate) => candidate.name === `test_files/${name}`);
  if (!found) throw new Error(`no test file ${name}`);
  return found;
}

function instance({ meta, dataSet }: RealFile) {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = meta;
  if (!sopClassUid || !sopInstanceUid || !transferSyntaxUid) throw new Error('the file has no full file meta');
  return { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet: dataSet() };
}

describe.skipIf(skip)('the raw sender against DCMTK storescp', () => {
  test.each([128, 4096, 131_072])('stores real files bit by bit with PDUs of %i bytes', async (maxPdu) => {
    const folder = await temporary();
    const port = await storeScp(folder);
    const instances = ['CT_small.dcm', 'MR_small_bigendian.dcm', 'JPEG2000.dcm', 'rtplan.dcm'].map((name) =>
      instance(file(name)),
    );
    const sender = await RawSender.connect({ port, contexts: contextsFor(instances), maxPdu });
    for (const one of instances) expect(await sender.store(one)).toBe(0);
    await sender.release();
    const stored = await storedDataSets(folder);
    expect(stored.size).toBe(instances.length);
    for (const one of instances) expect(stored.get(one.sopInstanceUid)?.equals(one.dataSet)).toBe(true);
  });

  test('says what went wrong', async () => {
    const port = await storeScp(await temporary());
    const one = instance(file('CT_small.dcm'));
    const sender = await RawSender.connect({ port, contexts: contextsFor([one]) });
    expect(() => sender.encode({ ...one, sopClassUid: '1.2.3' })).toThrow('no accepted context');
    sender.destroy();
    await expect(sender.store(one)).rejects.toThrow();
    await echo(port);
  });
});

describe.skipIf(skip)('the scripted peer against DCMTK storescp', () => {
  test('echoes, stores in segments of seven bytes, releases', async () => {
    const folder = await temporary();
    const port = await storeScp(folder);
    await echo(port);
    const one = instance(file('CT_small.dcm'));
    const { peer, accept } = await ScriptedPeer.associate(port, { contexts: contextsFor([one]) });
    onTestFinished(() => peer.close());
    expect(accept.contexts).toEqual([{ id: 1, result: 0, transferSyntax: EXPLICIT_VR_LITTLE_ENDIAN }]);
    await peer.send(message(1, storeRequest({ ...one, messageId: 9 }), one.dataSet), { chunk: 7 });
    const { command } = await peer.expectMessage();
    expect(command).toMatchObject({ CommandField: 0x8001, Status: 0, MessageIDBeingRespondedTo: 9 });
    await peer.release();
    expect((await storedDataSets(folder)).get(one.sopInstanceUid)?.equals(one.dataSet)).toBe(true);
  });

  test('sees an abort and the end of the connection', async () => {
    const port = await storeScp(await temporary());
    const { peer } = await ScriptedPeer.associate(port, {
      contexts: [{ id: 1, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] }],
    });
    onTestFinished(() => peer.close());
    await peer.expectSilence(100);
    await peer.send(pdu(0x2a, Buffer.alloc(4)));
    expect(await peer.expect('A-ABORT')).toMatchObject({ type: 'A-ABORT' });
    peer.end();
    expect(['closed', 'reset']).toContain(await peer.expectClose());
    await echo(port);
  });

  test('gives up after its time limit, and resets when told to', async () => {
    const port = await storeScp(await temporary());
    const peer = await ScriptedPeer.connect(port, { timeout: 200 });
    await expect(peer.expect()).rejects.toThrow('no a PDU within 200 ms');
    await expect(peer.expectClose()).rejects.toThrow('the end of the connection');
    await peer.reset();
    await echo(port);
  });
});

describe.skipIf(skip)('DCMTK as a sender', () => {
  test('echoscu, storescu and dcmsend reach a receiver', async () => {
    const folder = await temporary();
    const port = await storeScp(folder);
    expect((await echoscu({ port })).code).toBe(0);
    expect((await storescu({ port }, [file('CT_small.dcm').path])).code).toBe(0);
    expect((await dcmsend({ port }, [file('MR_small.dcm').path])).code).toBe(0);
    expect((await storedDataSets(folder)).size).toBe(2);
  });
});

describe.skipIf(skip || requireTool('gdcmscu'))('GDCM as a sender', () => {
  test('gdcmscu reaches a receiver', async () => {
    const folder = await temporary();
    const port = await storeScp(folder);
    await gdcmEcho({ port });
    await gdcmStore({ port }, [file('CT_small.dcm').path]);
    expect((await storedDataSets(folder)).size).toBe(1);
  });
});

describe.skipIf(skip || requireTool('Orthanc'))('Orthanc', () => {
  test('receives from the raw sender, and sends what it was given', async () => {
    const folder = await temporary();
    const received = await temporary();
    const port = await storeScp(received);
    const orthanc = await startOrthanc({ folder, modalities: { scp: { aeTitle: 'ANY-SCP', port } } });
    onTestFinished(orthanc.stop);
    const one = instance(file('CT_small.dcm'));
    const sender = await RawSender.connect({ port: orthanc.port, contexts: contextsFor([one]) });
    expect(await sender.store(one)).toBe(0);
    await sender.release();
    const id = await orthanc.upload(file('MR_small.dcm').read());
    await orthanc.send('scp', [id]);
    expect([...(await storedDataSets(received)).keys()]).toEqual([file('MR_small.dcm').meta.sopInstanceUid]);
  });
});
