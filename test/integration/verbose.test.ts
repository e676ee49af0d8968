/** Every kind of line that the specification names for `verbose`, in its wording, and no patient in any of them. */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StoreScp, type StoreScpOptions } from '#main/engine/index.ts';
import { CT_UIDS, syntheticCt } from '../support/data-sets.ts';
import { EXAMPLES } from '../support/examples.ts';
import {
  associateRequest,
  CT_IMAGE_STORAGE,
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
} from '../support/raw-pdu.ts';
import { type RawInstance, RawSender } from '../support/raw-sender.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { createTempFolder } from '../support/temp-folder.ts';

const MR_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.4';
const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';
/** What the synthetic CT says of its patient, and of the people and places around. */
const PATIENT = /ller\^Hans|PAT-0001|19700101|054Y|Referring|Nowhere|ACC0001/;

const CT: RawInstance = {
  sopClassUid: CT_IMAGE_STORAGE,
  sopInstanceUid: CT_UIDS.sopInstanceUid,
  transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN,
  dataSet: syntheticCt(),
};

let written = '';
const stops: (() => Promise<void>)[] = [];

beforeEach(() => {
  written = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});

afterEach(async () => {
  // Before stderr is given back: the end of a receiver is logged too.
  for (const stop of stops.splice(0)) await stop();
  vi.restoreAllMocks();
});

const lines = () => written.split('\n').filter((line) => line !== '');

async function start(options: Partial<StoreScpOptions> = {}, prepare: (scp: StoreScp) => void = () => {}) {
  const folder = await createTempFolder('verbose');
  const scp = new StoreScp({
    port: 0,
    host: '127.0.0.1',
    callingAeTitle: 'HOSPITAL-PACS',
    outDir: folder.path,
    fsync: false,
    minimumFreeSpace: 0,
    verbose: true,
    extractTags: ['PatientName', 'PatientID', 'PatientBirthDate'],
    ...options,
  });
  let port = 0;
  scp.onServerStarted((_error, { data }) => {
    port = data.port;
  });
  prepare(scp);
  await scp.start();
  stops.push(async () => {
    await scp.stop();
    await folder.remove();
  });
  return { scp, port, folder: folder.path };
}

async function send(port: number, instance: RawInstance, contexts = [CT_CONTEXT]): Promise<number> {
  const sender = await RawSender.connect({
    port,
    callingAeTitle: 'SENDER-SCU',
    calledAeTitle: 'HOSPITAL-PACS',
    contexts,
  });
  const status = await sender.store(instance);
  await sender.release();
  return status;
}

const CT_CONTEXT = { id: 1, abstractSyntax: CT_IMAGE_STORAGE, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] };

describe('verbose', () => {
  test('says what the example output of the specification shows, in that order', async () => {
    const { port, folder } = await start();
    const implicit = { ...CT_CONTEXT, transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] };
    await send(port, CT, [implicit, { ...CT_CONTEXT, id: 3 }]);
    const file = join(folder, CT_UIDS.studyInstanceUid, CT_UIDS.seriesInstanceUid, `${CT_UIDS.sopInstanceUid}.dcm`);
    const example = readFileSync(join(EXAMPLES, '17-example-output.txt'), 'utf8').trimEnd().split('\n');
    const here = example.map((line) =>
      line
        .replace('0.0.0.0:4446', `127.0.0.1:${port}`)
        .replace('192.168.1.50', '127.0.0.1')
        .replace(/Receiving file: .*/, `Receiving file: ${CT.sopInstanceUid}`)
        .replace(/Stored: .*/, `Stored: ${file}`),
    );
    expect(here.every((line, index) => line !== example[index] || /Calling AE|context|syntax/.test(line))).toBe(true);
    let rest = lines();
    for (const line of here) {
      expect(rest).toContain(line);
      rest = rest.slice(rest.indexOf(line) + 1);
    }
  });

  test('every line begins with [StoreScp]', async () => {
    const { port, scp } = await start();
    await send(port, CT);
    await scp.stop();
    expect(lines().length).toBeGreaterThan(8);
    expect(lines().filter((line) => !line.startsWith('[StoreScp] '))).toEqual([]);
  });

  test('server startup, listening status and the end', async () => {
    const { scp, port } = await start();
    await scp.stop();
    expect(lines()).toEqual([`[StoreScp] Server listening on 127.0.0.1:${port}`, expect.stringMatching(/stopped/i)]);
  });

  test('association requests, AE title validation: accepted', async () => {
    const { port } = await start({ acceptedCalledAeTitles: ['HOSPITAL-PACS'] });
    await send(port, CT);
    expect(lines()).toContain('[StoreScp] Association request from 127.0.0.1');
    expect(lines()).toContain('[StoreScp] Calling AE: SENDER-SCU, Called AE: HOSPITAL-PACS');
    expect(lines().filter((line) => /AE title.*accepted/i.test(line))).toHaveLength(1);
  });

  test('association requests, AE title validation: rejected', async () => {
    const { port } = await start({ acceptedCalledAeTitles: ['HOSPITAL-PACS'] });
    const peer = await ScriptedPeer.connect(port);
    await peer.send(associateRequest({ contexts: [CT_CONTEXT], callingAeTitle: 'SENDER-SCU', calledAeTitle: 'WRONG' }));
    await peer.expect('A-ASSOCIATE-RJ');
    await peer.close();
    expect(lines()).toContain('[StoreScp] Calling AE: SENDER-SCU, Called AE: WRONG');
    expect(lines().filter((line) => /AE title.*rejected/i.test(line))).toHaveLength(1);
    await expect.poll(lines).toContainEqual(expect.stringMatching(/Association rejected: /));
  });

  test('presentation context negotiation: accepted and rejected', async () => {
    const { port } = await start({ abstractSyntaxMode: 'Custom', abstractSyntaxes: ['CTImageStorage'] });
    await send(port, CT, [CT_CONTEXT, { ...CT_CONTEXT, id: 3, abstractSyntax: MR_IMAGE_STORAGE }]);
    expect(lines()).toContain('[StoreScp] Presentation context: CT Image Storage - Accepted');
    expect(lines()).toContainEqual(
      expect.stringMatching(/^\[StoreScp\] Presentation context: MR Image Storage - Rejected/),
    );
  });

  test('transfer syntax acceptance and rejection', async () => {
    const { port } = await start({ transferSyntaxMode: 'UncompressedOnly' });
    await send(port, CT, [CT_CONTEXT, { ...CT_CONTEXT, id: 3, transferSyntaxes: [JPEG_BASELINE] }]);
    expect(lines()).toContain('[StoreScp] Transfer syntax: Explicit VR Little Endian - Accepted');
    expect(lines()).toContainEqual(expect.stringMatching(/^\[StoreScp\] Transfer syntax: JPEG Baseline.* - Rejected$/));
  });

  test('file reception, storage operations, study completion', async () => {
    const { port } = await start({ studyTimeout: 0.1 });
    await send(port, CT);
    expect(lines()).toContain(`[StoreScp] Receiving file: ${CT.sopInstanceUid}`);
    expect(lines()).toContainEqual(expect.stringMatching(/^\[StoreScp\] Stored: .*\.dcm$/));
    const completed = new RegExp(`^\\[StoreScp\\] .*[Ss]tudy .*completed.*${CT_UIDS.studyInstanceUid}`);
    await expect.poll(lines).toContainEqual(expect.stringMatching(completed));
  });

  test('error details and stack traces', async () => {
    const { port, folder } = await start();
    // The folder of the study cannot be made where a file is.
    await writeFile(join(folder, CT_UIDS.studyInstanceUid), 'in the way');
    expect(await send(port, CT)).toBe(0xa700);
    expect(lines()).toContainEqual(expect.stringMatching(/^\[StoreScp\] Error: .*not stored/));
    expect(lines()).toContainEqual(expect.stringMatching(/^ {4}at /));
  });

  test('without verbose none of this is said, and no stack trace', async () => {
    const { port, folder, scp } = await start({ verbose: false });
    expect(await send(port, CT)).toBe(0);
    await mkdir(join(folder, 'elsewhere'));
    await scp.stop();
    expect(lines()).toEqual([]);
  });
});

describe('no patient values', () => {
  test.for([
    { name: 'when all is well', prepare: () => {}, status: 0 },
    {
      name: 'when onBeforeStore names the patient in its error',
      prepare: (scp: StoreScp) =>
        scp.onBeforeStore(async (tags) => {
          throw new Error(`Invalid PatientID format: ${tags.PatientID} of ${tags.PatientName}`);
        }),
      status: 0xc001,
    },
    {
      name: 'when onBeforeStore returns a value that does not fit',
      prepare: (scp: StoreScp) =>
        scp.onBeforeStore(async (tags) => ({ ...tags, PatientBirthDate: `${tags.PatientName}` })),
      status: 0xc001,
    },
    {
      name: 'when a handler throws with the patient in its error',
      prepare: (scp: StoreScp) =>
        scp.onFileStored((_error, { data }) => {
          throw new Error(`cannot display ${data.tags?.PatientName} ${data.tags?.PatientID}`);
        }),
      status: 0,
    },
  ])('$name', async ({ prepare, status }) => {
    const { port, scp } = await start({ studyTimeout: 0.05 }, prepare);
    expect(await send(port, CT)).toBe(status);
    await scp.stop();
    expect(lines().length).toBeGreaterThan(8);
    expect(lines().filter((line) => PATIENT.test(line))).toEqual([]);
  });

  test('of a data set that cannot be read', async () => {
    const { port, scp } = await start();
    const whole = CT.dataSet;
    const statuses: number[] = [];
    for (const at of [100, 400, 700, 1_000, whole.length - 1_000]) {
      statuses.push(await send(port, { ...CT, dataSet: whole.subarray(0, at) }));
    }
    await scp.stop();
    expect(statuses.every((status) => status === 0xc000 || status === 0xb007)).toBe(true);
    expect(lines().filter((line) => PATIENT.test(line))).toEqual([]);
  });
});
