/** Several senders at once, and senders that die. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { syntheticCt, TEST_ENCODINGS, type TestUids } from '../support/data-sets.ts';
import { dcmsend, storescu } from '../support/dcmtk.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import { contextsFor, type RawInstance, RawSender } from '../support/raw-sender.ts';
import { realFiles, requireRealFiles } from '../support/real-files.ts';
import { fingerprints, type Receiver, receiveWithStorescp, startReceiver } from '../support/reception.ts';
import { echo } from '../support/scripted-peer.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { requireTool, toolPath } from '../support/tools.ts';

const skip = requireTool('storescu', 'dcmsend', 'storescp') || requireRealFiles();
const SERIES = (skip ? [] : realFiles()).filter(
  ({ name }) => name.includes('dicomdirtests') && !name.includes('DICOMDIR'),
);
const FAST = { env: { TCP_NODELAY: '1' }, timeout: 60_000 };

async function receiverWith(options: Parameters<typeof startReceiver>[0] = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  onTestFinished(receiver.stop);
  return receiver;
}

function uids(sender: number, number: number): TestUids {
  const studyInstanceUid = `1.2.826.0.1.3680043.8.498.${sender}`;
  const seriesInstanceUid = `${studyInstanceUid}.1`;
  return {
    sopClassUid: CT_IMAGE_STORAGE,
    studyInstanceUid,
    seriesInstanceUid,
    sopInstanceUid: `${seriesInstanceUid}.${number}`,
  };
}

function instance(sender: number, number: number, bytes: number): RawInstance {
  const own = uids(sender, number);
  const dataSet = syntheticCt({ bytes, uids: own });
  return { ...own, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN, dataSet };
}

describe.skipIf(skip)('ten senders at once', () => {
  test('of the same files: each is kept once, and nobody is refused', { timeout: 60_000 }, async () => {
    const paths = SERIES.map(({ path }) => path);
    const classes = [...new Set(SERIES.map(({ meta }) => meta.sopClassUid!))];
    const reference = await receiveWithStorescp(classes, (port) => storescu({ port }, paths, ['-R', '-xe'], FAST));
    const receiver = await receiverWith();
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, sender) => {
        const peer = { port: receiver.port, callingAeTitle: `SENDER${sender}` };
        return sender % 2 === 0 ? storescu(peer, paths, ['-R', '-xe'], FAST) : dcmsend(peer, paths, ['-nuc'], FAST);
      }),
    );
    expect(results.map(({ code, stderr }) => ({ code, errors: stderr.match(/^[EF]: .*/gm) }))).toEqual(
      Array(10).fill({ code: 0, errors: null }),
    );
    expect(fingerprints(receiver.archive())).toEqual(fingerprints(reference));
    expect(receiver.archive()).toHaveLength(fingerprints(reference).length);
    expect(receiver.errors).toEqual([]);
    expect(receiver.leftovers()).toEqual([]);
  });

  test('of objects of their own, small and large', { timeout: 60_000 }, async () => {
    const receiver = await receiverWith();
    const sent = await Promise.all(
      Array.from({ length: 10 }, async (_, sender) => {
        const objects = Array.from({ length: 20 }, (_, number) =>
          instance(sender, number, number % 5 === 0 ? 2_000_000 : 8_000),
        );
        const association = await RawSender.connect({ port: receiver.port, contexts: contextsFor(objects) });
        for (const object of objects) expect(await association.store(object)).toBe(0);
        await association.release();
        return objects;
      }),
    );
    const expected = sent.flat().map((object) => ({ ...object, file: '', dataSet: Buffer.from(object.dataSet) }));
    expect(fingerprints(receiver.archive())).toEqual(fingerprints(expected));
    expect(receiver.archive()).toHaveLength(200);
    expect(receiver.leftovers()).toEqual([]);
  });
});

describe.skipIf(skip)('a sender that is killed in the middle', () => {
  const LARGE = uids(77, 1);
  let folder: TempFolder;
  let file: string;

  beforeAll(async () => {
    folder = await createTempFolder('killed');
    file = folder.join('large.dcm');
    await writeFile(file, syntheticCt({ bytes: 200_000_000, uids: LARGE, encoding: TEST_ENCODINGS.implicitLittle }));
  });

  afterAll(async () => {
    await folder?.remove();
  });

  test('leaves no file, and the receiver goes on', { timeout: 60_000 }, async () => {
    let sender: ChildProcess | undefined;
    let inTheMiddle = false;
    const ends: string[] = [];
    const receiver = await receiverWith({
      verbose: true,
      // The object has begun to arrive: 200 MB of it are not all here yet.
      logger: ({ message }) => {
        if (inTheMiddle && message === `Receiving file: ${LARGE.sopInstanceUid}`) sender?.kill('SIGKILL');
      },
    });
    receiver.scp.onConnection((_error, { data }) => ends.push(data.state));

    for (let round = 0; round < 3; round++) {
      inTheMiddle = true;
      const other = dcmsend(
        { port: receiver.port },
        SERIES.slice(0, 20).map(({ path }) => path),
        ['-nuc'],
        FAST,
      );
      sender = spawn(toolPath('storescu'), ['-R', '-xi', '127.0.0.1', String(receiver.port), file], {
        stdio: 'ignore',
      });
      const signal = await new Promise((resolve) => sender?.once('exit', (_code, signal) => resolve(signal)));
      expect(signal).toBe('SIGKILL');
      await expect.poll(() => ends.filter((state) => state === 'aborted').length).toBe(round + 1);
      expect((await other).code).toBe(0);
      expect(receiver.archive().filter(({ sopInstanceUid }) => sopInstanceUid === LARGE.sopInstanceUid)).toEqual([]);
      expect(receiver.leftovers()).toEqual([]);
      expect(receiver.errors).toHaveLength(round + 1);
      await echo(receiver.port);
    }

    inTheMiddle = false;
    expect((await storescu({ port: receiver.port }, [file], ['-R', '-xi'], FAST)).code).toBe(0);
    const stored = receiver.archive().filter(({ sopInstanceUid }) => sopInstanceUid === LARGE.sopInstanceUid);
    const reference = await receiveWithStorescp([CT_IMAGE_STORAGE], (port) =>
      storescu({ port }, [file], ['-R', '-xi'], FAST),
    );
    expect(fingerprints(stored)).toEqual(fingerprints(reference));
  });
});
