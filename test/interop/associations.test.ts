/** How other implementations negotiate with this receiver, and what they show of a refusal. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { StoreScpOptions } from '#main/engine/index.ts';
import { syntheticCt, TEST_ENCODINGS } from '../support/data-sets.ts';
import { dcmsend, echoscu, storescu } from '../support/dcmtk.ts';
import { CT_IMAGE_STORAGE, IMPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import { RawSender } from '../support/raw-sender.ts';
import { realFiles, requireRealFiles } from '../support/real-files.ts';
import {
  fingerprints,
  type Received,
  type Receiver,
  receiveWithStorescp,
  startReceiver,
} from '../support/reception.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { requireTool } from '../support/tools.ts';

const skip = requireTool('storescu', 'echoscu', 'dcmsend', 'storescp') || requireRealFiles();
const FILES = skip ? [] : realFiles();
const path = (name: string) => FILES.find((file) => file.name === `test_files/${name}`)!.path;

async function receiverWith(options: Partial<StoreScpOptions> = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  onTestFinished(receiver.stop);
  return receiver;
}

describe.skipIf(skip)('C-ECHO by echoscu', () => {
  test.for([
    { name: 'plain', args: [] },
    { name: 'with 128 presentation contexts', args: ['--propose-pc', '128'] },
    { name: 'with 38 transfer syntaxes', args: ['--propose-ts', '38'] },
    { name: 'a hundred times on one association', args: ['--repeat', '100'] },
    { name: 'aborting at the end', args: ['--abort'] },
    { name: 'with the smallest PDU', args: ['-pdu', '4096'] },
  ])('$name', async ({ args }) => {
    const receiver = await receiverWith();
    const states: string[] = [];
    receiver.scp.onConnection((_error, { data }) => states.push(data.state));
    const { code, stderr } = await echoscu({ port: receiver.port }, args, { env: { TCP_NODELAY: '1' } });
    expect({ code, stderr: stderr.match(/^[EF]: .*/gm) }).toEqual({ code: 0, stderr: null });
    expect(stderr).toContain('I: Received Echo Response (Success)');
    await expect.poll(() => states).toEqual(['accepted', args.includes('--abort') ? 'aborted' : 'released']);
  });

  test('also where only CT images are accepted', async () => {
    const receiver = await receiverWith({ abstractSyntaxMode: 'Custom', abstractSyntaxes: ['CTImageStorage'] });
    const { code } = await echoscu({ port: receiver.port });
    expect(code).toBe(0);
  });
});

describe.skipIf(skip)('a refused association', () => {
  test.for([
    {
      name: 'wrong called AE title',
      options: { acceptedCalledAeTitles: ['STUDYPORT'] },
      peer: { calledAeTitle: 'SOMEBODY' },
      says: 'Reason: Called AE Title Not Recognized',
    },
    {
      name: 'wrong calling AE title',
      options: { acceptedCallingAeTitles: ['SCANNER'] },
      peer: { callingAeTitle: 'STRANGER' },
      says: 'Reason: Calling AE Title Not Recognized',
    },
    {
      name: 'wrong address',
      options: { acceptedAddresses: ['192.0.2.0/24'] },
      peer: {},
      says: 'Reason: No Reason',
    },
  ])('$name: storescu says so', async ({ options, peer, says }) => {
    const receiver = await receiverWith(options);
    const { code, stderr } = await storescu({ port: receiver.port, ...peer }, [path('CT_small.dcm')]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('Result: Rejected Permanent, Source: Service User');
    expect(stderr).toContain(says);
    expect(receiver.archive()).toEqual([]);
  });

  test('the right AE titles are let in', async () => {
    const receiver = await receiverWith({
      acceptedCalledAeTitles: ['STUDYPORT'],
      acceptedCallingAeTitles: ['SCANNER'],
    });
    const peer = { port: receiver.port, calledAeTitle: 'STUDYPORT', callingAeTitle: 'SCANNER' };
    expect((await storescu(peer, [path('CT_small.dcm')])).code).toBe(0);
    expect(receiver.archive()).toHaveLength(1);
  });

  test('one too many: storescu is told to come again', async () => {
    const receiver = await receiverWith({ maxAssociations: 1 });
    const first = await RawSender.connect({
      port: receiver.port,
      contexts: [{ id: 1, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] }],
    });
    const refused = await storescu({ port: receiver.port }, [path('CT_small.dcm')]);
    expect(refused.stderr).toContain('Result: Rejected Transient, Source: Service Provider (Presentation Related)');
    expect(refused.stderr).toContain('Reason: Local Limit Exceeded');
    await first.release();
    await expect.poll(async () => (await storescu({ port: receiver.port }, [path('CT_small.dcm')])).code).toBe(0);
  });
});

describe.skipIf(skip)('a refused presentation context', () => {
  test('of an SOP class: the others of the association are stored', async () => {
    const receiver = await receiverWith({ abstractSyntaxMode: 'Custom', abstractSyntaxes: ['MRImageStorage'] });
    const { stderr } = await storescu(
      { port: receiver.port },
      [path('CT_small.dcm'), path('MR_small.dcm')],
      ['-nh', '-R'],
    );
    expect(stderr).toMatch(/^E: No presentation context for: \(CT\)/m);
    expect(stderr).toContain('I: Received Store Response (Success)');
    expect(receiver.archive().map(({ dataSet }) => dataSet.includes('MR'))).toEqual([true]);
  });

  test('of all of them: storescu gives up', async () => {
    const receiver = await receiverWith({ abstractSyntaxMode: 'Custom', abstractSyntaxes: ['MRImageStorage'] });
    const { code, stderr } = await storescu({ port: receiver.port }, [path('CT_small.dcm')], ['-R']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('No Acceptable Presentation Contexts');
    expect(receiver.archive()).toEqual([]);
  });

  test('of a transfer syntax: dcmsend sends the rest', async () => {
    const receiver = await receiverWith({ transferSyntaxMode: 'UncompressedOnly' });
    const files = [path('CT_small.dcm'), path('SC_rgb_jpeg_dcmtk.dcm')];
    const { stderr } = await dcmsend({ port: receiver.port }, files, ['-nh', '-dn']);
    expect(stderr).toContain('with status SUCCESS  : 1');
    expect(stderr).toContain('NOT sent to the peer   : 1');
    expect(receiver.archive()).toHaveLength(1);
  });

  test('big endian where only little endian is accepted: storescu converts', async () => {
    const receiver = await receiverWith({ transferSyntaxMode: 'UncompressedOnly' });
    const { code } = await storescu({ port: receiver.port }, [path('MR_small_bigendian.dcm')], ['-R', '-xb']);
    expect(code).toBe(0);
    expect(receiver.archive().map(({ transferSyntaxUid }) => transferSyntaxUid)).toEqual(['1.2.840.10008.1.2.1']);
  });
});

describe.skipIf(skip)('PDU lengths', () => {
  let folder: TempFolder;
  let file: string;
  let reference: Received[];
  const send = (port: number, args: readonly string[]) => storescu({ port }, [file], ['-R', '-xi', ...args]);

  beforeAll(async () => {
    folder = await createTempFolder('pdu');
    file = folder.join('large.dcm');
    // Without file meta: storescu reads a bare data set in implicit VR just as well.
    await writeFile(file, syntheticCt({ bytes: 3_000_000, encoding: TEST_ENCODINGS.implicitLittle }));
    reference = await receiveWithStorescp([CT_IMAGE_STORAGE], (port) => send(port, []));
  });

  afterAll(async () => {
    await folder?.remove();
  });

  test.for([
    { ours: 4096, args: [] },
    { ours: 16_384, args: ['--max-send-pdu', '4096'] },
    { ours: 16_384, args: ['-pdu', '131072'] },
    { ours: 131_072, args: ['-pdu', '4096'] },
    { ours: 131_072, args: ['-pdu', '131072'] },
    { ours: 1_048_576, args: ['-pdu', '131072'] },
  ])('$ours here, storescu $args', async ({ ours, args }) => {
    for (const strict of [false, true]) {
      const receiver = await receiverWith({ maxPduLength: ours, strict });
      const { code, stderr } = await send(receiver.port, args);
      expect({ code, stderr: stderr.match(/^[EF]: .*/gm) }).toEqual({ code: 0, stderr: null });
      expect(reference).toHaveLength(1);
      expect(fingerprints(receiver.archive())).toEqual(fingerprints(reference));
    }
  });
});

describe.skipIf(skip)('a sender with Nagle', () => {
  // storescu without TCP_NODELAY holds small segments back until it has an answer to the ones before.
  test('is served all the same', async () => {
    const receiver = await receiverWith();
    const series = FILES.filter(({ name }) => name.includes('TINY_ALPHA/PT000000')).map((file) => file.path);
    const { code, stderr } = await storescu({ port: receiver.port }, series, ['-R']);
    expect({ code, stderr: stderr.match(/^[EF]: .*/gm) }).toEqual({ code: 0, stderr: null });
    expect(receiver.archive()).toHaveLength(series.length);
  });
});
