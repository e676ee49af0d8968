/** The payload of every event, what a failure looks like to each handler, and when a study is complete. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import {
  abort,
  associateRequest,
  bytes,
  CT_IMAGE_STORAGE,
  EXPLICIT_VR_LITTLE_ENDIAN,
  fragments,
  IMPLICIT_VR_LITTLE_ENDIAN,
  pData,
  pdv,
  storeRequest,
} from '../support/raw-pdu.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import {
  archived,
  associate,
  CONTEXT,
  CONTEXTS,
  ctObject,
  INSTANCE,
  nextAnswer,
  SERIES,
  STUDY,
  startTestReceiver,
  store,
  type TestReceiver,
  type TestReceiverOptions,
  until,
} from '../support/test-receiver.ts';

const SERIES_DESCRIPTION = 0x0008103e;
const VENDOR = 0x00091002;
const INSTANCE_NUMBER = 0x00200013;
const STUDY_UID = 0x0020000d;
const SERIES_UID = 0x0020000e;
const ASSOCIATION = { id: 1, callingAeTitle: 'CT01', calledAeTitle: 'STUDYPORT', remoteAddress: '127.0.0.1' };

let peers: ScriptedPeer[] = [];
let receivers: TestReceiver[] = [];

async function start(options: TestReceiverOptions = {}): Promise<TestReceiver> {
  const receiver = await startTestReceiver(options);
  receivers.push(receiver);
  return receiver;
}

async function open(port: number): Promise<ScriptedPeer> {
  const { peer } = await ScriptedPeer.associate(port, {
    contexts: CONTEXTS,
    callingAeTitle: 'CT01',
    calledAeTitle: 'STUDYPORT',
  });
  peers.push(peer);
  return peer;
}

async function send(peer: ScriptedPeer, content: Uint8Array): Promise<string> {
  await peer.send(content);
  return nextAnswer(peer);
}

/** An instance of a study and a series of the tests, all by number. */
const instance = (number: number, study: number | undefined = undefined, series = 1) => {
  const sopInstanceUid = `1.2.3.${number}`;
  const change = study === undefined ? {} : inStudy(study, series);
  return store(ctObject({ sopInstanceUid, change }), { sopInstanceUid, messageId: number });
};
const inStudy = (study: number, series: number) => ({
  [STUDY_UID]: { tag: STUDY_UID, vr: 'UI', value: `1.2.${study}` },
  [SERIES_UID]: { tag: SERIES_UID, vr: 'UI', value: `1.2.${study}.${series}` },
});

afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  await Promise.all(receivers.map((receiver) => receiver.stop()));
  peers = [];
  receivers = [];
});

describe('payloads', () => {
  test('onServerStarted', async () => {
    const receiver = await start({ callingAeTitle: 'STUDYPORT' });
    expect(receiver.started).toEqual([
      {
        error: null,
        message: `Server listening on 127.0.0.1:${receiver.port}`,
        data: { host: '127.0.0.1', port: receiver.port, aeTitle: 'STUDYPORT', storage: receiver.folder },
      },
    ]);
    expect(receiver.port).toBeGreaterThan(0);
  });

  test('onFileStored, with and without tags', async () => {
    const dataSet = ctObject({ pixels: 3000 });
    const data = (receiver: TestReceiver) => ({
      file: join(receiver.folder, archived()),
      sopInstanceUid: INSTANCE,
      sopClassUid: CT_IMAGE_STORAGE,
      transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN,
      studyInstanceUid: STUDY,
      seriesInstanceUid: SERIES,
      size: dataSet.length,
      outcome: 'new',
      association: ASSOCIATION,
    });
    const plain = await start();
    expect(await send(await open(plain.port), store(dataSet))).toBe('C-STORE 0000 #7');
    expect(plain.stored).toEqual([{ error: null, message: 'File stored', data: data(plain) }]);
    expect(plain.errors).toEqual([]);
    const tagged = await start({
      storeWithFileMeta: true,
      extractTags: ['PatientName', '(0020,0013)', '00280010', 'PatientComments'],
      extractCustomTags: [{ tag: '00091002', name: 'Vendor' }],
    });
    expect(await send(await open(tagged.port), store(dataSet))).toBe('C-STORE 0000 #7');
    const tags = { PatientName: 'Geheim^Paula', InstanceNumber: '1', Rows: '16' };
    expect(tagged.stored).toEqual([{ error: null, message: 'File stored', data: { ...data(tagged), tags } }]);
  });

  test('onFileStored, when it was there already', async () => {
    const receiver = await start();
    const peer = await open(receiver.port);
    for (let round = 0; round < 2; round++) expect(await send(peer, store(ctObject()))).toBe('C-STORE 0000 #7');
    expect(await send(peer, store(ctObject({ pixels: 300 })))).toBe('C-STORE 0000 #7');
    expect(receiver.stored.map(({ data: { outcome, file } }) => [outcome, file])).toEqual([
      ['new', join(receiver.folder, archived())],
      ['equal', join(receiver.folder, archived())],
      ['kept-both', join(receiver.folder, archived(`${INSTANCE}~2`))],
    ]);
  });

  test('onStudyCompleted: tags by level, series, instances', async () => {
    const receiver = await start({
      studyTimeout: 0.3,
      extractTags: [
        'PatientName',
        'StudyDescription',
        'Modality',
        'SeriesDescription',
        'Manufacturer',
        'InstanceNumber',
      ],
      extractCustomTags: [{ tag: '00091002', name: 'Vendor' }],
    });
    const peer = await open(receiver.port);
    const vendor = { [VENDOR]: { tag: VENDOR, vr: 'LO', value: 'v1' } };
    const contents: readonly (readonly [number, number, string, number])[] = [
      [1, 1, 'Axial', CONTEXT.explicit],
      [2, 1, 'Axial', CONTEXT.explicit],
      [3, 2, 'Coronal', CONTEXT.explicit],
    ];
    for (const [number, series, description, context] of contents) {
      const sopInstanceUid = `1.2.3.${number}`;
      const change = {
        ...vendor,
        ...inStudy(9, series),
        [SERIES_DESCRIPTION]: { tag: SERIES_DESCRIPTION, vr: 'LO', value: description },
        [INSTANCE_NUMBER]: { tag: INSTANCE_NUMBER, vr: 'IS', value: String(number) },
      };
      const sent = store(ctObject({ sopInstanceUid, change }), { sopInstanceUid, messageId: number, context });
      expect(await send(peer, sent)).toBe(`C-STORE 0000 #${number}`);
    }
    await until(() => receiver.studies.length > 0, 'the study is complete');
    const reported = (number: number, series: number) => ({
      sopInstanceUid: `1.2.3.${number}`,
      sopClassUid: CT_IMAGE_STORAGE,
      transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN,
      file: join(receiver.folder, archived(`1.2.3.${number}`, '1.2.9', `1.2.9.${series}`)),
      tags: { Manufacturer: 'Test Works', InstanceNumber: String(number), Vendor: 'v1' },
    });
    expect(receiver.studies).toEqual([
      {
        error: null,
        message: 'Study completed: 1.2.9 (2 series, 3 instances)',
        data: {
          quiet: true,
          association: ASSOCIATION,
          study: {
            studyInstanceUid: '1.2.9',
            tags: { PatientName: 'Geheim^Paula', StudyDescription: 'Chest' },
            series: [
              {
                seriesInstanceUid: '1.2.9.1',
                tags: { Modality: 'CT', SeriesDescription: 'Axial' },
                instances: [reported(1, 1), reported(2, 1)],
              },
              {
                seriesInstanceUid: '1.2.9.2',
                tags: { Modality: 'CT', SeriesDescription: 'Coronal' },
                instances: [reported(3, 2)],
              },
            ],
          },
        },
      },
    ]);
  });

  test('onStudyCompleted without extractTags has no tags at any level', async () => {
    const receiver = await start();
    expect(await send(await open(receiver.port), instance(1))).toBe('C-STORE 0000 #1');
    await receiver.scp.stop();
    const [study] = receiver.studies;
    expect(study?.message).toBe(`Study reported at stop: ${STUDY} (1 series, 1 instances)`);
    expect(JSON.stringify(study?.data)).not.toContain('tags');
  });

  test('onConnection: accepted with its contexts, released with what was stored', async () => {
    const receiver = await start();
    const peer = await open(receiver.port);
    await send(peer, instance(1));
    await send(peer, instance(2));
    await peer.release();
    await until(() => receiver.connections.length === 2, 'the release is reported');
    const contexts = CONTEXTS.map(({ id, abstractSyntax, transferSyntaxes }) => {
      const result = id === CONTEXT.unknownClass ? 3 : id === CONTEXT.unknownSyntax ? 4 : 0;
      return {
        id,
        abstractSyntax,
        result,
        transferSyntax: result === 0 ? transferSyntaxes[0] : '',
        proposedTransferSyntaxes: transferSyntaxes,
      };
    });
    expect(receiver.connections).toEqual([
      {
        error: null,
        message: 'Association accepted from CT01',
        data: { state: 'accepted', association: ASSOCIATION, contexts, stored: 0, bytesReceived: expect.any(Number) },
      },
      {
        error: null,
        message: 'Association released',
        data: { state: 'released', association: ASSOCIATION, contexts, stored: 2, bytesReceived: expect.any(Number) },
      },
    ]);
  });

  test('associations(): those that are open, with what has come so far; one of them can be aborted', async () => {
    const receiver = await start();
    expect(receiver.scp.associations()).toEqual([]);
    const [first, second] = [await open(receiver.port), await open(receiver.port)];
    await send(first, instance(1));
    await first.send(instance(2).subarray(0, 500));
    const bytesOfFirst = () => receiver.scp.associations()[0]?.bytesReceived ?? 0;
    await until(() => bytesOfFirst() > instance(1).length + 500, 'the beginning of the second object has come');
    expect(receiver.scp.associations()).toEqual([
      { ...ASSOCIATION, bytesReceived: expect.any(Number), stored: 1 },
      { ...ASSOCIATION, id: 2, bytesReceived: expect.any(Number), stored: 0 },
    ]);
    expect(receiver.scp.abortAssociation(1)).toBe(true);
    expect(await nextAnswer(first)).toBe('A-ABORT 0/0');
    await until(() => receiver.scp.associations().length === 1, 'the association has ended');
    expect(receiver.scp.abortAssociation(1)).toBe(false);
    expect(receiver.connections.at(-1)?.data).toMatchObject({
      state: 'aborted',
      code: 'aborted-by-us',
      reason: 'the user of this receiver ended it',
      stored: 1,
    });
    expect(receiver.files()).toHaveLength(1);
    await send(second, instance(3));
    await receiver.scp.stop();
    expect(receiver.scp.associations()).toEqual([]);
  });

  test('onConnection: rejected with the numbers of the A-ASSOCIATE-RJ', async () => {
    const receiver = await start({ acceptedCallingAeTitles: ['MR01'] });
    const peer = await ScriptedPeer.connect(receiver.port);
    peers.push(peer);
    await peer.send(associateRequest({ contexts: CONTEXTS, callingAeTitle: 'CT01', calledAeTitle: 'STUDYPORT' }));
    expect(await nextAnswer(peer)).toBe('A-ASSOCIATE-RJ 1/1/3');
    expect(receiver.connections).toEqual([
      {
        error: null,
        message: 'Association rejected: the calling AE title "CT01" is not among the accepted ones',
        data: {
          state: 'rejected',
          association: ASSOCIATION,
          reason: 'the calling AE title "CT01" is not among the accepted ones (A-ASSOCIATE-RJ 1/1/3)',
          code: 'calling-ae-title-not-recognized',
          contexts: [],
          stored: 0,
          bytesReceived: expect.any(Number),
        },
      },
    ]);
  });

  test('onConnection: aborted by the peer, by us, by the connection', async () => {
    const receiver = await start();
    const ways: ((peer: ScriptedPeer) => unknown)[] = [
      (peer) => peer.send(abort(2, 5)),
      (peer) => peer.send(Buffer.of(0xff)),
      (peer) => peer.reset(),
    ];
    for (const way of ways) {
      const before = receiver.connections.length;
      await way(await open(receiver.port));
      await until(() => receiver.connections.length === before + 2, 'the end is reported');
    }
    expect(
      receiver.connections
        .filter(({ data }) => data.state !== 'accepted')
        .map(({ data: { state, code, reason, association } }) => [association.id, state, code, reason]),
    ).toEqual([
      [1, 'aborted', 'aborted-by-peer', 'A-ABORT 2/5'],
      [2, 'aborted', 'aborted-by-us', 'unknown PDU type ffH'],
      [3, 'aborted', 'aborted-by-connection', 'the connection was lost'],
    ]);
  });

  test('a port scanner is no event', async () => {
    const receiver = await start();
    const peer = await ScriptedPeer.connect(receiver.port);
    peer.end();
    await peer.expectClose();
    await peer.close();
    await (await open(receiver.port)).release();
    await until(() => receiver.connections.length === 2, 'the other association is over');
    expect(receiver.connections.map(({ data: { state } }) => state)).toEqual(['accepted', 'released']);
  });

  test('the address of a peer is its IPv4 address on a dual-stack socket too', async (context) => {
    const receiver = await start({ host: '::' }).catch(() => undefined);
    if (!receiver) return context.skip('this system has no IPv6');
    expect(receiver.started[0]).toMatchObject({ message: `Server listening on 0.0.0.0:${receiver.port}` });
    await (await open(receiver.port)).release();
    expect(receiver.connections[0]?.data.association.remoteAddress).toBe('127.0.0.1');
  });
});

describe('failures', () => {
  test('one failure reaches onFileStored as err and onError as an event', async () => {
    const receiver = await start();
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject(), { sopInstanceUid: '1.2.3' }))).toBe('C-STORE A900 (0008,0018) #7');
    const message = 'An object was not stored: The SOP Instance UID of the data set is not that of the command';
    expect(receiver.errors).toEqual([
      {
        error: expect.objectContaining({ message }),
        message,
        data: { code: 'refused', status: 0xa900, sopInstanceUid: '1.2.3', association: ASSOCIATION },
      },
    ]);
    expect(receiver.stored).toEqual([
      {
        error: receiver.errors[0]?.error,
        message,
        data: {
          file: '',
          sopInstanceUid: '1.2.3',
          sopClassUid: CT_IMAGE_STORAGE,
          transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN,
          studyInstanceUid: '',
          seriesInstanceUid: '',
          size: 0,
          outcome: 'new',
          association: ASSOCIATION,
        },
      },
    ]);
  });

  test('a quarantined object is an error that names its place, and no stored file', async () => {
    const receiver = await start();
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject({ change: { [STUDY_UID]: undefined } })))).toBe('C-STORE B007 #7');
    expect(receiver.errors).toMatchObject([
      {
        error: expect.any(Error),
        data: {
          code: 'quarantined',
          status: 0xb007,
          sopInstanceUid: INSTANCE,
          file: join(receiver.folder, `.quarantine/${INSTANCE}.dcm`),
          association: ASSOCIATION,
        },
      },
    ]);
    expect(receiver.stored).toEqual([]);
    await receiver.scp.stop();
    expect(receiver.studies).toEqual([]);
  });

  test('a malformed object', async () => {
    const receiver = await start();
    const peer = await open(receiver.port);
    expect(await send(peer, store(Buffer.alloc(64)))).toBe('C-STORE C000 #7');
    expect(receiver.errors).toMatchObject([{ data: { code: 'malformed', status: 0xc000 } }]);
  });

  test('a start that fails reaches onServerStarted as err', async () => {
    const first = await start();
    const heard: unknown[] = [];
    await expect(
      start({
        port: first.port,
        prepare: (scp) => scp.onServerStarted((error, { data }) => heard.push([error?.message, data.port])),
      }),
    ).rejects.toThrow('in use');
    expect(heard).toEqual([[expect.stringContaining('in use'), first.port]]);
  });
});

describe('handlers', () => {
  test('may be registered more than once, and unsubscribed one by one', async () => {
    const heard: string[] = [];
    const receiver = await start();
    const handler = () => heard.push('same');
    const unsubscribe = [receiver.scp.onFileStored(handler), receiver.scp.onFileStored(handler)];
    receiver.scp.onFileStored(() => heard.push('other'));
    const peer = await open(receiver.port);
    await send(peer, instance(1));
    expect(heard.splice(0)).toEqual(['same', 'same', 'other']);
    unsubscribe[0]?.();
    unsubscribe[0]?.();
    await send(peer, instance(2));
    expect(heard.splice(0)).toEqual(['same', 'other']);
    unsubscribe[1]?.();
    await send(peer, instance(3));
    expect(heard).toEqual(['other']);
  });

  test('what they throw or reject changes nothing and is logged', async () => {
    const receiver = await start({
      prepare: (scp) => {
        scp.onServerStarted(() => {
          throw new Error('in onServerStarted');
        });
      },
    });
    receiver.scp.onFileStored(() => {
      throw new Error('in onFileStored');
    });
    receiver.scp.onFileStored((async () => {
      throw new Error('rejected in onFileStored');
    }) as () => void);
    receiver.scp.onConnection(() => {
      throw new Error('in onConnection');
    });
    receiver.scp.onStudyCompleted(() => {
      throw new Error('in onStudyCompleted');
    });
    receiver.scp.onError(() => {
      throw new Error('in onError');
    });
    const peer = await open(receiver.port);
    expect(await send(peer, instance(1))).toBe('C-STORE 0000 #1');
    expect(await send(peer, store(Buffer.alloc(64)))).toBe('C-STORE C000 #7');
    await peer.release();
    await receiver.scp.stop();
    expect(receiver.files()).toEqual([archived('1.2.3.1')]);
    const failures = receiver.log.filter(({ level, message }) => level === 'error' && message.includes('handler'));
    // Started; two handlers hear of the stored and of the failed object; accepted and released; the study; the error.
    expect(failures).toHaveLength(1 + 2 * 2 + 2 + 1 + 1);
    // What a handler throws may quote the patient.
    expect(failures.map(({ message, error }) => `${message} ${error?.message}`).join()).not.toMatch(/in on[A-Z]/);
  });

  test('a handler that is none is refused', async () => {
    const receiver = await start();
    for (const name of ['onServerStarted', 'onFileStored', 'onStudyCompleted', 'onConnection', 'onError'] as const) {
      expect(() => receiver.scp[name](undefined as never)).toThrow(TypeError);
    }
  });

  test('a logger that throws changes nothing', async () => {
    const receiver = await start({
      verbose: true,
      logger: () => {
        throw new Error('no log');
      },
    });
    expect(await send(await open(receiver.port), instance(1))).toBe('C-STORE 0000 #1');
  });
});

describe('a study is complete', () => {
  const uids = (receiver: TestReceiver) =>
    receiver.studies.map(({ data: { study, quiet } }) => [
      study.studyInstanceUid,
      study.series.flatMap(({ instances }) => instances.map(({ sopInstanceUid }) => sopInstanceUid)).join(' '),
      quiet,
    ]);

  test('when it has been quiet, although the association stays open and files of it kept coming', async () => {
    const receiver = await start({ studyTimeout: 1 });
    const peer = await open(receiver.port);
    // Together longer than the time-out, but never quiet for so long.
    for (const number of [1, 2, 3, 4, 5]) {
      expect(await send(peer, instance(number, 1))).toBe(`C-STORE 0000 #${number}`);
      await delay(300);
    }
    await until(() => receiver.studies.length > 0, 'the study is complete');
    expect(uids(receiver)).toEqual([['1.2.1', '1.2.3.1 1.2.3.2 1.2.3.3 1.2.3.4 1.2.3.5', true]]);
    await peer.release();
  });

  test('each for itself', async () => {
    const receiver = await start({ studyTimeout: 1 });
    const peer = await open(receiver.port);
    await send(peer, instance(1, 1));
    for (const number of [2, 3, 4, 5, 6]) {
      await send(peer, instance(number, 2));
      await delay(300);
    }
    await until(() => receiver.studies.length === 2, 'both studies are complete');
    expect(uids(receiver)).toEqual([
      ['1.2.1', '1.2.3.1', true],
      ['1.2.2', '1.2.3.2 1.2.3.3 1.2.3.4 1.2.3.5 1.2.3.6', true],
    ]);
  });

  test('and begins anew when more comes afterwards', async () => {
    const receiver = await start({ studyTimeout: 0.1 });
    const peer = await open(receiver.port);
    for (const number of [1, 2]) {
      await send(peer, instance(number, 1));
      await until(() => receiver.studies.length === number, 'the study is complete');
    }
    expect(uids(receiver)).toEqual([
      ['1.2.1', '1.2.3.1', true],
      ['1.2.1', '1.2.3.2', true],
    ]);
  });

  test('not while an instance of it is being received', async () => {
    const receiver = await start({ studyTimeout: 0.2 });
    const [first, second] = [await open(receiver.port), await associate(receiver.port)];
    peers.push(second);
    const slow = instance(2, 1);
    await second.send(slow.subarray(0, -100));
    await until(
      () => receiver.log.some(({ message }) => message === 'Receiving file: 1.2.3.2'),
      'the slow instance has begun',
    );
    await send(first, instance(1, 1));
    await delay(800);
    expect(receiver.studies).toEqual([]);
    await second.send(slow.subarray(-100));
    expect(await nextAnswer(second)).toBe('C-STORE 0000 #2');
    await until(() => receiver.studies.length > 0, 'the study is complete');
    expect(uids(receiver)).toEqual([['1.2.1', '1.2.3.1 1.2.3.2', true]]);
    expect(receiver.studies[0]?.data.association.id).toBe(2);
  });

  test('all the same when the instance being received never arrives', async () => {
    const receiver = await start({ studyTimeout: 0.2 });
    const [first, second] = [await open(receiver.port), await open(receiver.port)];
    const command = storeRequest({ sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid: '1.2.3.2' });
    const part = ctObject({ sopInstanceUid: '1.2.3.2', change: inStudy(1, 1) }).subarray(0, -50);
    await second.send(bytes(...fragments(1, true, command), pData(pdv(1, part, { command: false, last: false }))));
    await until(
      () => receiver.log.some(({ message }) => message === 'Receiving file: 1.2.3.2'),
      'the other instance has begun',
    );
    await send(first, instance(1, 1));
    await second.reset();
    await until(() => receiver.studies.length > 0, 'the study is complete');
    expect(uids(receiver)).toEqual([['1.2.1', '1.2.3.1', true]]);
  });

  test('of which everything failed: never', async () => {
    const receiver = await start({ studyTimeout: 0.05, onDuplicate: 'keep-first' });
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject().subarray(0, -10)))).toBe('C-STORE C000 #7');
    await delay(300);
    await receiver.scp.stop();
    expect(receiver.studies).toEqual([]);
  });

  test('an object sent twice is one instance, a second content another', async () => {
    const receiver = await start();
    const peer = await open(receiver.port);
    for (const content of [ctObject(), ctObject(), ctObject({ pixels: 300 })]) await send(peer, store(content));
    await receiver.scp.stop();
    expect(receiver.studies[0]?.data.study.series[0]?.instances.map(({ file }) => file)).toEqual([
      join(receiver.folder, archived()),
      join(receiver.folder, archived(`${INSTANCE}~2`)),
    ]);
  });

  test('stop reports every study that is unfinished, before it resolves', async () => {
    const receiver = await start({ studyTimeout: 3600 });
    const peer = await open(receiver.port);
    for (const number of [1, 2, 3]) await send(peer, instance(number, number));
    await peer.release();
    expect(receiver.studies).toEqual([]);
    await receiver.scp.stop();
    expect(uids(receiver)).toEqual([
      ['1.2.1', '1.2.3.1', false],
      ['1.2.2', '1.2.3.2', false],
      ['1.2.3', '1.2.3.3', false],
    ]);
  });

  test('file and study events name the transfer syntax of each instance', async () => {
    const receiver = await start();
    const peer = await open(receiver.port);
    const implicit = ctObject({ sopInstanceUid: '1.2.3.1', encoding: { explicitVr: false, littleEndian: true } });
    await send(peer, store(implicit, { sopInstanceUid: '1.2.3.1', context: CONTEXT.implicit }));
    await send(peer, instance(2));
    await receiver.scp.stop();
    expect(
      receiver.studies[0]?.data.study.series[0]?.instances.map(({ transferSyntaxUid }) => transferSyntaxUid),
    ).toEqual([IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN]);
  });
});
