/** onBeforeStore through the wire: what it may change, where the changes show, and that its failures store nothing. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { OnBeforeStoreCallback } from '#main/engine/index.ts';
import { TEST_ENCODINGS, type TestElement } from '../support/data-sets.ts';
import { CT_IMAGE_STORAGE } from '../support/raw-pdu.ts';
import { parseFileMeta } from '../support/real-files.ts';
import { echo, type ScriptedPeer } from '../support/scripted-peer.ts';
import {
  archived,
  associate,
  CONTEXT,
  ctObject,
  GOOD_INSTANCE,
  INSTANCE,
  nextAnswer,
  PATIENT_DATA,
  SERIES,
  STUDY,
  startTestReceiver,
  store,
  type TestReceiver,
  type TestReceiverOptions,
} from '../support/test-receiver.ts';

const TAG = {
  charset: 0x00080005,
  sopInstance: 0x00080018,
  manufacturer: 0x00080070,
  institution: 0x00080080,
  patientName: 0x00100010,
  patientId: 0x00100020,
  birthDate: 0x00100030,
  comments: 0x00104000,
  study: 0x0020000d,
  series: 0x0020000e,
  studyId: 0x00200010,
  rows: 0x00280010,
  pixels: 0x7fe00010,
} as const;

const text = (tag: number, vr: string, value: string): Readonly<Record<number, TestElement>> => ({
  [tag]: { tag, vr, value },
});

let peers: ScriptedPeer[] = [];
let receivers: TestReceiver[] = [];

/** A receiver whose callback may answer anything at all: that is what is tested. */
async function start(
  callback: (tags: Record<string, string>) => unknown,
  { prepare, ...options }: TestReceiverOptions = {},
): Promise<TestReceiver> {
  const receiver = await startTestReceiver({
    extractTags: ['PatientName', 'PatientID'],
    ...options,
    prepare: (scp) => {
      scp.onBeforeStore(callback as OnBeforeStoreCallback);
      prepare?.(scp);
    },
  });
  receivers.push(receiver);
  return receiver;
}

async function open(port: number): Promise<ScriptedPeer> {
  const peer = await associate(port);
  peers.push(peer);
  return peer;
}

async function send(peer: ScriptedPeer, content: Uint8Array): Promise<string> {
  await peer.send(content);
  return nextAnswer(peer);
}

afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  await Promise.all(receivers.map((receiver) => receiver.stop()));
  peers = [];
  receivers = [];
});

describe('changes', () => {
  const same = (bytes: Uint8Array): Uint8Array => bytes;
  const ENCODINGS = [
    ['implicit', CONTEXT.implicit, TEST_ENCODINGS.implicitLittle, same, same],
    ['explicit', CONTEXT.explicit, TEST_ENCODINGS.explicitLittle, same, same],
    ['big endian', CONTEXT.bigEndian, TEST_ENCODINGS.explicitBig, same, same],
    ['deflated', CONTEXT.deflated, TEST_ENCODINGS.explicitLittle, deflateRawSync, inflateRawSync],
  ] as const;

  test.each(ENCODINGS)(
    '%s: replaced, added, emptied, deleted; everything else byte for byte',
    async (_, context, encoding, pack, unpack) => {
      const seen: Record<string, string>[] = [];
      const receiver = await start(
        async (tags) => {
          seen.push({ ...tags });
          return { ...tags, PatientName: 'Anon^A', PatientID: null, Manufacturer: '', StudyID: 'NEW', Rows: '513' };
        },
        { extractTags: ['PatientName', 'PatientID', 'Manufacturer', 'StudyID', 'Rows'] },
      );
      const peer = await open(receiver.port);
      const pixels = 300_000;
      expect(await send(peer, store(pack(ctObject({ encoding, pixels })), { context }))).toBe('C-STORE 0000 #7');
      expect(seen).toEqual([
        { PatientName: 'Geheim^Paula', PatientID: 'PID-4711', Manufacturer: 'Test Works', Rows: '16' },
      ]);
      const expected = ctObject({
        encoding,
        pixels,
        change: {
          ...text(TAG.patientName, 'PN', 'Anon^A'),
          [TAG.patientId]: undefined,
          ...text(TAG.manufacturer, 'LO', ''),
          ...text(TAG.studyId, 'SH', 'NEW'),
          [TAG.rows]: { tag: TAG.rows, vr: 'US', value: [513] },
        },
      });
      expect(receiver.files()).toEqual([archived()]);
      const stored = receiver.read(archived());
      expect(Buffer.from(unpack(stored)).equals(expected)).toBe(true);
      expect(receiver.stored).toMatchObject([
        {
          error: null,
          data: { tags: { PatientName: 'Anon^A', Manufacturer: '', StudyID: 'NEW', Rows: '513' }, size: stored.length },
        },
      ]);
      expect(receiver.stored[0]?.data.tags).not.toHaveProperty('PatientID');
      await peer.release();
    },
  );

  test.each(ENCODINGS)('%s: when nothing changes, the bytes are those received', async (_, context, encoding, pack) => {
    for (const callback of [
      async (tags: Record<string, string>) => tags,
      async () => ({}),
      async () => ({ PatientName: undefined, PatientID: 'PID-4711' }),
    ]) {
      const receiver = await start(callback);
      const peer = await open(receiver.port);
      const sent = pack(ctObject({ encoding, pixels: 100_000 }));
      expect(await send(peer, store(sent, { context }))).toBe('C-STORE 0000 #7');
      expect(receiver.read(archived()).equals(sent)).toBe(true);
    }
  });

  test('the object it was given may be changed and returned', async () => {
    const receiver = await start(async (tags) => {
      tags.PatientName = 'Anon';
      delete tags.PatientID;
      return tags;
    });
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe('C-STORE 0000 #7');
    const expected = ctObject({ change: text(TAG.patientName, 'PN', 'Anon') });
    expect(receiver.read(archived()).equals(expected)).toBe(true);
  });

  test('a callback that is not async', async () => {
    const receiver = await start(() => ({ PatientName: 'Anon' }));
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe('C-STORE 0000 #7');
    expect(receiver.stored[0]?.data.tags?.PatientName).toBe('Anon');
  });

  test('attributes that were not extracted, by keyword, (GGGG,EEEE) and 8 digits', async () => {
    const receiver = await start(async () => ({ InstitutionName: null, '(0010,0030)': '', '00104000': 'by hand' }));
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe('C-STORE 0000 #7');
    const expected = ctObject({
      change: {
        [TAG.institution]: undefined,
        ...text(TAG.birthDate, 'DA', ''),
        ...text(TAG.comments, 'LT', 'by hand'),
      },
    });
    expect(receiver.read(archived()).equals(expected)).toBe(true);
  });

  test('deleting what is not there changes nothing', async () => {
    const receiver = await start(async () => ({ PatientComments: null }));
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe('C-STORE 0000 #7');
    expect(receiver.read(archived()).equals(ctObject())).toBe(true);
  });

  test('a deflated data set that grows a thousandfold is edited in bounded memory', async () => {
    const receiver = await start(async () => ({ PatientName: 'Anon' }));
    const pixels = 128 * 1024 * 1024;
    const change = { [TAG.pixels]: { tag: TAG.pixels, vr: 'OW', value: new Uint8Array(pixels) } };
    const bomb = deflateRawSync(ctObject({ change }), { level: 1 });
    const peer = await open(receiver.port);
    const before = process.memoryUsage();
    let peak = 0;
    const timer = setInterval(() => {
      const now = process.memoryUsage();
      peak = Math.max(peak, now.heapUsed + now.external - before.heapUsed - before.external);
    }, 5);
    const answer = await send(peer, store(bomb, { context: CONTEXT.deflated }));
    clearInterval(timer);
    expect(answer).toBe('C-STORE 0000 #7');
    expect(peak).toBeLessThan(96 * 1024 * 1024);
    expect(receiver.stored[0]?.data.tags?.PatientName).toBe('Anon');
    const inflated = inflateRawSync(receiver.read(archived()));
    expect(inflated.equals(ctObject({ change: { ...change, ...text(TAG.patientName, 'PN', 'Anon') } }))).toBe(true);
  });

  test.each([
    ['that nobody edits', undefined],
    ['that stays as it is', (tags: object) => tags],
    ['out of which something is taken that it does not have', (tags: object) => ({ ...tags, OtherPatientNames: null })],
    ['that is edited', (tags: object) => ({ ...tags, PatientID: 'other' })],
  ])('the tags of a long object %s are those of its header, although its memory is used again', async (_, callback) => {
    const extractTags = ['PatientName', 'PatientID', 'SeriesInstanceUID'];
    const receiver = callback ? await start(callback, { extractTags }) : await startTestReceiver({ extractTags });
    if (!callback) receivers.push(receiver);
    const peer = await open(receiver.port);
    for (let index = 1; index <= 3; index++) {
      const sopInstanceUid = `1.2.3.${index}`;
      const object = ctObject({ sopInstanceUid, pixels: 700_000 });
      expect(await send(peer, store(object, { sopInstanceUid }))).toBe('C-STORE 0000 #7');
    }
    const PatientID = callback ? (callback({ PatientID: 'PID-4711' }) as { PatientID: string }).PatientID : 'PID-4711';
    const tags = { PatientName: 'Geheim^Paula', PatientID, SeriesInstanceUID: SERIES };
    expect(receiver.stored.map(({ data }) => data.tags)).toEqual([tags, tags, tags]);
  });
});

describe('changed UIDs', () => {
  test('path, file meta, events and grouping follow; the response names what was sent', async () => {
    const receiver = await start(
      async () => ({ SOPInstanceUID: '1.9.1', StudyInstanceUID: '1.9.2', SeriesInstanceUID: '1.9.3' }),
      { storeWithFileMeta: true, extractTags: ['StudyInstanceUID'] },
    );
    const peer = await open(receiver.port);
    await peer.send(store(ctObject()));
    const { command } = await peer.expectMessage();
    expect(command).toMatchObject({
      Status: 0,
      AffectedSOPInstanceUID: INSTANCE,
      AffectedSOPClassUID: CT_IMAGE_STORAGE,
    });
    const name = archived('1.9.1', '1.9.2', '1.9.3');
    expect(receiver.files()).toEqual([name]);
    const file = receiver.read(name);
    const { meta, dataSetOffset } = parseFileMeta(file);
    expect(meta).toMatchObject({ sopInstanceUid: '1.9.1', sopClassUid: CT_IMAGE_STORAGE });
    const expected = ctObject({
      sopInstanceUid: '1.9.1',
      change: { ...text(TAG.study, 'UI', '1.9.2'), ...text(TAG.series, 'UI', '1.9.3') },
    });
    expect(file.subarray(dataSetOffset).equals(expected)).toBe(true);
    expect(receiver.stored).toMatchObject([
      {
        data: {
          sopInstanceUid: '1.9.1',
          studyInstanceUid: '1.9.2',
          seriesInstanceUid: '1.9.3',
          tags: { StudyInstanceUID: '1.9.2' },
        },
      },
    ]);
    await receiver.scp.stop();
    expect(receiver.studies).toMatchObject([
      {
        data: {
          study: {
            studyInstanceUid: '1.9.2',
            series: [{ seriesInstanceUid: '1.9.3', instances: [{ sopInstanceUid: '1.9.1' }] }],
          },
        },
      },
    ]);
  });

  test('two studies sent may become one', async () => {
    const receiver = await start(async () => ({ StudyInstanceUID: '1.9.2' }));
    const peer = await open(receiver.port);
    for (const number of [1, 2]) {
      const sopInstanceUid = `1.2.3.${number}`;
      const content = ctObject({ sopInstanceUid, change: text(TAG.study, 'UI', `1.2.${number}`) });
      expect(await send(peer, store(content, { sopInstanceUid }))).toBe('C-STORE 0000 #7');
    }
    await receiver.scp.stop();
    expect(receiver.studies.map(({ data: { study } }) => study.studyInstanceUid)).toEqual(['1.9.2']);
    expect(receiver.files()).toEqual([archived('1.2.3.1', '1.9.2'), archived('1.2.3.2', '1.9.2')]);
  });
});

describe('the character set', () => {
  const umlauts = { ...text(TAG.institution, 'LO', 'R\xf6ntgens'), ...text(TAG.manufacturer, 'LO', 'Stra\xdfe') };
  const utf8 = (value: string) => Buffer.from(value, 'utf8').toString('latin1');

  test('a value inside it leaves it alone', async () => {
    const receiver = await start(async () => ({ PatientName: 'M\xfcller' }));
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject({ change: umlauts })))).toBe('C-STORE 0000 #7');
    const expected = ctObject({ change: { ...umlauts, ...text(TAG.patientName, 'PN', 'M\xfcller') } });
    expect(receiver.read(archived()).equals(expected)).toBe(true);
  });

  test('a value outside it turns the whole data set to ISO_IR 192', async () => {
    const name = '\u5c71\u7530^\u592a\u90ce';
    const receiver = await start(async () => ({ PatientName: name }));
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject({ change: umlauts })))).toBe('C-STORE 0000 #7');
    const expected = ctObject({
      change: {
        ...text(TAG.charset, 'CS', 'ISO_IR 192'),
        ...text(TAG.institution, 'LO', utf8('R\xf6ntgens')),
        ...text(TAG.manufacturer, 'LO', utf8('Stra\xdfe')),
        ...text(TAG.patientName, 'PN', utf8(name)),
      },
    });
    expect(receiver.read(archived()).equals(expected)).toBe(true);
    expect(receiver.stored[0]?.data.tags?.PatientName).toBe(name);
  });
});

describe('custom tags', () => {
  const block = (creator: number, value: string) => ({
    ...text(0x00090000 + creator, 'LO', 'ACME'),
    ...text(0x00090000 + creator * 0x100 + 2, 'LO', value),
  });

  test('a custom name means its own tag, never the standard attribute of the same name', async () => {
    const receiver = await start(async (tags) => ({ PatientID: `${tags.PatientID}-changed` }), {
      extractTags: [],
      extractCustomTags: [{ tag: '00091002', name: 'PatientID' }],
    });
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject({ change: block(0x10, 'private') })))).toBe('C-STORE 0000 #7');
    expect(receiver.read(archived()).equals(ctObject({ change: block(0x10, 'private-changed') }))).toBe(true);
    expect(receiver.stored[0]?.data.tags).toEqual({ PatientID: 'private-changed' });
  });

  test.each([0x10, 0x37])('with a creator it is found in the block %i', async (number) => {
    const receiver = await start(async (tags) => ({ Vendor: `${tags.Vendor}-changed` }), {
      extractTags: [],
      extractCustomTags: [{ tag: '0009xx02', creator: 'ACME', name: 'Vendor' }],
    });
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject({ change: block(number, 'private') })))).toBe('C-STORE 0000 #7');
    expect(receiver.read(archived()).equals(ctObject({ change: block(number, 'private-changed') }))).toBe(true);
  });
});

describe('failures store nothing, and the association goes on', () => {
  const secret = new Error(`cannot look up ${PATIENT_DATA.join(' ')}`);
  const throwing = (error: unknown) => () => {
    throw error;
  };
  const rejecting = (error: unknown) => () => Promise.reject(error);
  const returning = (value: unknown) => async () => value;

  test.each<readonly [string, (tags: Record<string, string>) => unknown]>([
    ['throws', throwing(secret)],
    ['throws a text', throwing('Geheim^Paula')],
    ['throws nothing', throwing(undefined)],
    ['throws null', throwing(null)],
    ['rejects', rejecting(secret)],
    ['rejects with a text', rejecting('PID-4711')],
    ['never answers', () => new Promise(() => {})],
    ['returns undefined', returning(undefined)],
    ['returns null', returning(null)],
    ['returns a text', returning('Geheim^Paula')],
    ['returns a list', returning(['PatientName'])],
    ['returns true', returning(true)],
    ['returns a number as a value', returning({ PatientID: 4711 })],
    ['returns an object as a value', returning({ PatientID: { value: 'PID-4711' } })],
    ['names no attribute', returning({ PatientNam: 'Anon' })],
    ['names no attribute and wants it deleted', returning({ Nonsense: null })],
    ['names file meta', returning({ TransferSyntaxUID: '1.2.840.10008.1.2' })],
    ['names a group length', returning({ '00080000': '4' })],
    ['names an item', returning({ '(FFFE,E000)': '' })],
    ['changes the pixels', returning({ PixelData: '0' })],
    ['writes text into a sequence', returning({ ReferencedStudySequence: 'text' })],
    ['a number that US cannot hold', returning({ Rows: '65536' })],
    ['no number for US', returning({ Rows: 'Geheim' })],
    ['a fraction for US', returning({ Rows: '1.5' })],
    ['no date for DA', returning({ PatientBirthDate: 'Geheim' })],
    ['no UID for UI', returning({ StudyInstanceUID: 'Geheim' })],
    ['a path for UI', returning({ SOPInstanceUID: '../../evil' })],
    ['an over-long UID', returning({ SeriesInstanceUID: `1.${'2'.repeat(63)}` })],
    ['empties a UID', returning({ StudyInstanceUID: '' })],
    ['deletes a UID', returning({ SOPInstanceUID: null })],
    ['another character set', returning({ SpecificCharacterSet: 'ISO_IR 101' })],
    ['a control character in a name', returning({ PatientName: 'A\x00B' })],
    ['an over-long CS', returning({ Modality: 'X'.repeat(17) })],
  ])('%s: C001', async (_, misbehave) => {
    let calls = 0;
    const receiver = await start(
      (tags) => {
        calls++;
        return calls === 1 ? misbehave(tags) : tags;
      },
      { beforeStoreTimeout: 0.2, fsync: true },
    );
    const peer = await open(receiver.port);
    // nextAnswer insists on a comment without patient data.
    expect(await send(peer, store(ctObject({ pixels: 5000 })))).toBe('C-STORE C001 #7');
    expect(receiver.files()).toEqual([]);
    expect(receiver.errors).toMatchObject([
      { data: { code: 'before-store', status: 0xc001, sopInstanceUid: INSTANCE }, error: expect.any(Error) },
    ]);
    expect(receiver.stored).toMatchObject([{ error: expect.any(Error), data: { file: '', sopInstanceUid: INSTANCE } }]);
    const logged = receiver.log.map(({ message }) => message).join('\n');
    for (const word of PATIENT_DATA) expect(logged).not.toContain(word);
    const good = ctObject({ sopInstanceUid: GOOD_INSTANCE });
    expect(await send(peer, store(good, { sopInstanceUid: GOOD_INSTANCE, messageId: 8 }))).toBe('C-STORE 0000 #8');
    await peer.release();
    expect(receiver.files()).toEqual([archived(GOOD_INSTANCE)]);
    await receiver.scp.stop();
    expect(receiver.studies[0]?.data.study.series[0]?.instances).toHaveLength(1);
  });

  test('a failure in a deflated object', async () => {
    const receiver = await start(() => Promise.reject(new Error('no')));
    const peer = await open(receiver.port);
    const sent = store(deflateRawSync(ctObject({ pixels: 200_000 })), { context: CONTEXT.deflated });
    expect(await send(peer, sent)).toBe('C-STORE C001 #7');
    expect(await send(peer, sent)).toBe('C-STORE C001 #7');
    expect(receiver.files()).toEqual([]);
  });

  test('what the callback said is there for the owner, as the cause', async () => {
    const receiver = await start(throwing(secret));
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe('C-STORE C001 #7');
    expect(receiver.errors[0]?.error?.cause).toBe(secret);
    expect(receiver.errors[0]?.message).not.toContain('PID-4711');
    expect(receiver.stored[0]?.error?.message).toBe(receiver.errors[0]?.error?.message);
  });

  test('an answer that comes after the time-out changes nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<Record<string, string>>();
    const receiver = await start(() => promise, { beforeStoreTimeout: 0.1 });
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe('C-STORE C001 #7');
    resolve({ PatientName: 'late' });
    await echo(receiver.port);
    expect(receiver.files()).toEqual([]);
  });

  test('a rejection that comes after the time-out does not end the process', async () => {
    const { promise, reject } = Promise.withResolvers<Record<string, string>>();
    const receiver = await start(() => promise, { beforeStoreTimeout: 0.1 });
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe('C-STORE C001 #7');
    reject(new Error('late'));
    await echo(receiver.port);
  });

  test.each([
    [0xa700, 'A700'],
    [0xa7ff, 'A7FF'],
    [0xa900, 'A900'],
    [0xa9cd, 'A9CD'],
    [0xc000, 'C000'],
    [0xcfff, 'CFFF'],
    [0x0124, '0124'],
  ])('an error with status %i is answered with it', async (status, expected) => {
    const receiver = await start(() => Promise.reject(Object.assign(new Error('refused'), { status })));
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe(`C-STORE ${expected} #7`);
    expect(receiver.errors).toMatchObject([{ data: { code: 'before-store', status } }]);
    expect(receiver.files()).toEqual([]);
  });

  test.each([0x0000, 0xb000, 0xb007, 0x0117, 0xa800, 0x1c000, -1, 42753.5, Number.NaN, '0xA700', null])(
    'an error with status %s is answered with C001',
    async (status) => {
      const receiver = await start(() => Promise.reject(Object.assign(new Error('refused'), { status })));
      const peer = await open(receiver.port);
      expect(await send(peer, store(ctObject()))).toBe('C-STORE C001 #7');
      expect(receiver.files()).toEqual([]);
    },
  );
});

describe('when it is called', () => {
  test('not without extractTags, and start warns', async () => {
    let calls = 0;
    const receiver = await start(
      (tags) => {
        calls++;
        return tags;
      },
      { extractTags: [] },
    );
    expect(receiver.log.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      'onBeforeStore is registered, but extractTags is empty: it will not be called',
    ]);
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe('C-STORE 0000 #7');
    expect(calls).toBe(0);
    expect(receiver.read(archived()).equals(ctObject())).toBe(true);
  });

  test('custom tags alone are enough', async () => {
    let calls = 0;
    const receiver = await start(
      (tags) => {
        calls++;
        return tags;
      },
      { extractTags: [], extractCustomTags: [{ tag: '00091002', name: 'Vendor' }] },
    );
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe('C-STORE 0000 #7');
    expect(calls).toBe(1);
    expect(receiver.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('not for objects that are refused or put in quarantine anyway', async () => {
    let calls = 0;
    const receiver = await start((tags) => {
      calls++;
      return tags;
    });
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject(), { sopInstanceUid: '1.2.3' }))).toMatch('C-STORE A900');
    expect(await send(peer, store(Buffer.alloc(100)))).toBe('C-STORE C000 #7');
    expect(await send(peer, store(ctObject({ change: { [TAG.study]: undefined } })))).toBe('C-STORE B007 #7');
    expect(calls).toBe(0);
  });

  test('registering after start throws, replacing before does not', async () => {
    const receiver = await start(() => Promise.reject(new Error('the first one')), {
      prepare: (scp) => scp.onBeforeStore(async () => ({ PatientName: 'the second' })),
    });
    expect(() => receiver.scp.onBeforeStore(async (tags) => tags)).toThrow('before start()');
    const peer = await open(receiver.port);
    expect(await send(peer, store(ctObject()))).toBe('C-STORE 0000 #7');
    expect(receiver.stored[0]?.data.tags?.PatientName).toBe('the second');
    await receiver.scp.stop();
    receiver.scp.onBeforeStore(async () => ({ PatientName: 'the third' }));
    await receiver.scp.start();
    const again = await open(receiver.started.at(-1)!.data.port);
    expect(await send(again, store(ctObject()))).toBe('C-STORE 0000 #7');
    expect(receiver.stored.at(-1)?.data.tags?.PatientName).toBe('the third');
  });

  test.each([undefined, null, 'tags', {}])('registering %o throws', async (nonsense) => {
    const receiver = await start(async (tags) => tags);
    await receiver.scp.stop();
    expect(() => receiver.scp.onBeforeStore(nonsense as unknown as OnBeforeStoreCallback)).toThrow(TypeError);
  });

  test('for instances of several associations at once', async () => {
    const count = 6;
    const { promise, resolve } = Promise.withResolvers<void>();
    let waiting = 0;
    const receiver = await start(async ({ PatientID }) => {
      if (++waiting === count) resolve();
      await promise;
      return { PatientID: `${PatientID}-anon`, SOPInstanceUID: `1.9.${PatientID}` };
    });
    const answers = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const peer = await open(receiver.port);
        const sopInstanceUid = `1.2.3.${index}`;
        const content = ctObject({ sopInstanceUid, change: text(TAG.patientId, 'LO', String(index)) });
        return send(peer, store(content, { sopInstanceUid }));
      }),
    );
    expect(answers).toEqual(Array(count).fill('C-STORE 0000 #7'));
    for (let index = 0; index < count; index++) {
      const expected = ctObject({ sopInstanceUid: `1.9.${index}`, change: text(TAG.patientId, 'LO', `${index}-anon`) });
      expect(receiver.read(archived(`1.9.${index}`)).equals(expected)).toBe(true);
    }
    expect(receiver.files()).toHaveLength(count);
  });

  test('once for each instance of an association, in order', async () => {
    const seen: string[] = [];
    const receiver = await start(async (tags) => {
      seen.push(`begin ${tags.PatientID}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(`end ${tags.PatientID}`);
      return tags;
    });
    const peer = await open(receiver.port);
    const numbers = [1, 2, 3];
    const contents = numbers.map((number) =>
      store(ctObject({ sopInstanceUid: `1.2.${number}`, change: text(TAG.patientId, 'LO', String(number)) }), {
        sopInstanceUid: `1.2.${number}`,
        messageId: number,
      }),
    );
    await peer.send(Buffer.concat(contents));
    for (const number of numbers) expect(await nextAnswer(peer)).toBe(`C-STORE 0000 #${number}`);
    expect(seen).toEqual(numbers.flatMap((number) => [`begin ${number}`, `end ${number}`]));
    expect(receiver.files()).toEqual(numbers.map((number) => archived(`1.2.${number}`, STUDY, SERIES)));
  });
});
