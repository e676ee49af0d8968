/** Storage commitment: what is answered, what is reported, on which association, and what outlives a restart (PS3.4 J). */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { type StorageCommitmentData, StoreScp } from '#main/engine/index.ts';
import {
  type Asked,
  action,
  actionInformation,
  type Mood,
  type ReportTaker,
  STORAGE_COMMITMENT,
  startReportTaker,
  takeReport,
} from '../support/commitment-peer.ts';
import { TEST_ENCODINGS } from '../support/data-sets.ts';
import {
  CT_IMAGE_STORAGE as CT,
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
  releaseRequest,
  roleItem,
} from '../support/raw-pdu.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import {
  archived,
  ctObject,
  MR_IMAGE_STORAGE,
  nextAnswer,
  startTestReceiver,
  store,
  type TestReceiver,
  type TestReceiverOptions,
  until,
} from '../support/test-receiver.ts';

const OBJECTS = 1;
const COMMITMENT = 3;
const IMPLICIT_COMMITMENT = 5;
const FIRST = '1.2.826.0.1.3680043.8.498.101';
const SECOND = '1.2.826.0.1.3680043.8.498.102';
const NEVER_SENT = '1.2.826.0.1.3680043.8.498.199';

type Committing = TestReceiver & { readonly told: readonly StorageCommitmentData[] };

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(options: TestReceiverOptions = {}): Promise<Committing> {
  const told: StorageCommitmentData[] = [];
  const receiver = await startTestReceiver({
    storageCommitment: true,
    ...options,
    prepare: (scp) => scp.onStorageCommitment((_, { data }) => told.push(data)),
  });
  ends.push(receiver.stop);
  return { ...receiver, told };
}

async function sender(receiver: { readonly port: number }, callingAeTitle = 'CT01'): Promise<ScriptedPeer> {
  const { peer, accept } = await ScriptedPeer.associate(receiver.port, {
    callingAeTitle,
    contexts: [
      { id: OBJECTS, abstractSyntax: CT, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] },
      { id: COMMITMENT, abstractSyntax: STORAGE_COMMITMENT, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] },
      { id: IMPLICIT_COMMITMENT, abstractSyntax: STORAGE_COMMITMENT, transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] },
    ],
    userItems: [roleItem(STORAGE_COMMITMENT, 1, 0)],
  });
  ends.push(() => peer.close());
  expect(accept.contexts.map(({ result }) => result)).toEqual([0, 0, 0]);
  return peer;
}

async function send(peer: ScriptedPeer, ...uids: readonly string[]): Promise<void> {
  for (const sopInstanceUid of uids) {
    await peer.send(store(ctObject({ sopInstanceUid }), { context: OBJECTS, sopInstanceUid }));
    expect(await nextAnswer(peer)).toBe('C-STORE 0000 #7');
  }
}

async function ask(peer: ScriptedPeer, transactionUid: string, references: readonly Asked[]): Promise<void> {
  await peer.send(action(actionInformation(transactionUid, references), { context: COMMITMENT }));
  const { command } = await peer.expectMessage();
  expect(command).toMatchObject({
    CommandField: 0x8130,
    Status: 0,
    MessageIDBeingRespondedTo: 7,
    AffectedSOPClassUID: STORAGE_COMMITMENT,
    AffectedSOPInstanceUID: '1.2.840.10008.1.20.1.1',
    ActionTypeID: 1,
  });
}

async function taker(...moods: readonly Mood[]): Promise<ReportTaker & { readonly peer: string }> {
  const started = await startReportTaker(...moods);
  ends.push(started.stop);
  return { ...started, peer: `CT01@127.0.0.1:${started.port}` };
}

describe('on the association of the request', () => {
  test('everything that is stored is committed, the rest is named with its reason', async () => {
    const receiver = await start();
    const peer = await sender(receiver);
    await send(peer, FIRST, SECOND);
    await ask(peer, '1.9.1', [
      [CT, FIRST],
      [CT, SECOND],
    ]);
    expect(await takeReport(peer)).toEqual({
      eventType: 1,
      transactionUid: '1.9.1',
      committed: [FIRST, SECOND],
      failed: [],
    });
    // In the other transfer syntax, on the same association: a UID that never came, a class that is not its own.
    const references: Asked[] = [
      [CT, FIRST],
      [CT, NEVER_SENT],
      [MR_IMAGE_STORAGE, SECOND],
    ];
    const information = actionInformation('1.9.2', references, TEST_ENCODINGS.implicitLittle, true);
    await peer.send(action(information, { context: IMPLICIT_COMMITMENT }));
    expect(await peer.expectStatus()).toBe(0);
    expect(await takeReport(peer)).toEqual({
      eventType: 2,
      transactionUid: '1.9.2',
      committed: [FIRST],
      failed: [
        [NEVER_SENT, 0x0112],
        [SECOND, 0x0119],
      ],
    });
    await send(peer, NEVER_SENT);
    await until(() => receiver.told.length === 4, 'both transactions are through');
    expect(
      receiver.told.map(({ state, requested, committed, failed }) => [state, requested, committed, failed]),
    ).toEqual([
      ['requested', 2, 0, 0],
      ['reported', 2, 2, 0],
      ['requested', 3, 0, 0],
      ['reported', 3, 1, 2],
    ]);
    expect(receiver.told[0]).toMatchObject({
      callingAeTitle: 'CT01',
      remoteAddress: '127.0.0.1',
      transactionUid: '1.9.1',
    });
    expect(readdirSync(join(receiver.folder, '.commitment'))).toEqual([]);
    await peer.release();
  });

  test('a file that was deleted, or is empty, is not committed; one of an earlier run is', async () => {
    const folder = await createTempFolder('commitment');
    ends.push(folder.remove);
    const before = await start({ outDir: folder.path });
    const first = await sender(before);
    await send(first, FIRST, SECOND);
    await before.scp.stop();

    const receiver = await start({ outDir: folder.path });
    const peer = await sender(receiver);
    await ask(peer, '1.9.3', [
      [CT, FIRST],
      [MR_IMAGE_STORAGE, SECOND],
    ]);
    expect(await takeReport(peer)).toMatchObject({ committed: [FIRST], failed: [[SECOND, 0x0119]] });
    await send(peer, NEVER_SENT);
    rmSync(join(folder.path, archived(FIRST)));
    writeFileSync(join(folder.path, archived(NEVER_SENT)), '');
    await ask(peer, '1.9.4', [
      [CT, FIRST],
      [CT, NEVER_SENT],
      [CT, SECOND],
    ]);
    expect(await takeReport(peer)).toMatchObject({
      committed: [SECOND],
      failed: [
        [FIRST, 0x0112],
        [NEVER_SENT, 0x0112],
      ],
    });
  });

  test('10,000 instances in one request', async () => {
    const receiver = await start();
    const peer = await sender(receiver);
    await send(peer, FIRST);
    const references = Array.from({ length: 10_000 }, (_, index): Asked => [CT, `${NEVER_SENT}.${index}`]);
    await ask(peer, '1.9.5', [...references, [CT, FIRST]]);
    const report = await takeReport(peer);
    expect(report.committed).toEqual([FIRST]);
    expect(report.failed).toHaveLength(10_000);
    expect(report.failed.at(-1)).toEqual([`${NEVER_SENT}.9999`, 0x0112]);
  });

  test('what asks for something else, or cannot be read, is answered so, and the association goes on', async () => {
    const receiver = await start();
    const peer = await sender(receiver);
    const good = actionInformation('1.9.6', [[CT, FIRST]]);
    const status = async (bytes: Uint8Array) => {
      await peer.send(bytes);
      return (await peer.expectStatus()).toString(16);
    };
    const context = COMMITMENT;
    expect(await status(action(good, { context, instance: '1.2.840.10008.1.20.1.2' }))).toBe('112');
    expect(await status(action(good, { context, actionType: 2 }))).toBe('123');
    expect(await status(action(good, { context, sopClass: CT }))).toBe('118');
    expect(await status(action(undefined, { context }))).toBe('212');
    expect(await status(action(actionInformation('1.9.6', []), { context }))).toBe('115');
    expect(await status(action(good, { context: OBJECTS }))).toBe('211');
    expect(await status(store(ctObject(), { context }))).toBe('211');
    for (let end = 1; end < good.length; end++) {
      expect(await status(action(good.subarray(0, end), { context })), `cut at ${end}`).toBe('115');
    }
    await ask(peer, '1.9.6', [[CT, FIRST]]);
    expect(await takeReport(peer)).toMatchObject({ transactionUid: '1.9.6', failed: [[FIRST, 0x0112]] });
  });

  test('a request that comes again is reported once; another one under its Transaction UID is refused as a duplicate', async () => {
    const receiver = await start();
    const peer = await sender(receiver);
    await send(peer, FIRST);
    await ask(peer, '1.9.7', [[CT, FIRST]]);
    await ask(peer, '1.9.7', [[CT, FIRST]]);
    await ask(peer, '1.9.7', [[CT, SECOND]]);
    const reports = [await takeReport(peer), await takeReport(peer)];
    expect(reports).toContainEqual({ eventType: 1, transactionUid: '1.9.7', committed: [FIRST], failed: [] });
    expect(reports).toContainEqual({
      eventType: 2,
      transactionUid: '1.9.7',
      committed: [],
      failed: [[SECOND, 0x0131]],
    });
    await peer.release();
  });
});

describe('on an association of our own', () => {
  test('a sender that has left hears of it, we being the provider; one that refuses hears of it later', async () => {
    const { peer: address, reports, roles } = await taker('reject', 'fail', 'take');
    const receiver = await start({ commitmentPeers: [address] });
    const peer = await sender(receiver);
    await send(peer, FIRST);
    await ask(peer, '1.9.10', [[CT, FIRST]]);
    await peer.release();
    await until(() => receiver.told.some(({ state }) => state === 'retrying'), 'it has been refused');
    expect(receiver.told[1]).toMatchObject({ state: 'retrying', committed: 1 });
    expect(receiver.told[1]?.problem).toContain('rejected the association');
    expect(readdirSync(join(receiver.folder, '.commitment'))).toHaveLength(1);

    // A restart tries at once, as often as it is restarted: the second time the peer answers with a failure.
    await receiver.scp.stop();
    await receiver.scp.start();
    await until(() => receiver.told.filter(({ state }) => state === 'retrying').length === 2, 'it has failed');
    expect(receiver.told[2]?.problem).toContain('N-EVENT-REPORT');
    await until(() => reports.length === 1, 'it has been taken');
    expect(reports).toEqual([{ eventType: 1, transactionUid: '1.9.10', committed: [FIRST], failed: [] }]);
    expect(roles).toEqual(['SCU 0, SCP 1', 'SCU 0, SCP 1', 'SCU 0, SCP 1']);
    await until(() => receiver.told.at(-1)?.state === 'reported', 'it is through');
    expect(receiver.told.at(-1)).not.toHaveProperty('association');
    expect(readdirSync(join(receiver.folder, '.commitment'))).toEqual([]);
  });

  test('a sender that nobody has listed is waited for, and told after it was listed', async () => {
    const folder = await createTempFolder('commitment');
    onTestFinished(folder.remove);
    const { peer: address, reports } = await taker('take');
    const options = { outDir: folder.path, commitmentPeers: ['OTHER@127.0.0.1:1'] };
    const receiver = await start(options);
    const peer = await sender(receiver);
    await send(peer, FIRST);
    await ask(peer, '1.9.11', [[CT, FIRST]]);
    // At once, so that the report would cross the release: it must not.
    await peer.send(releaseRequest());
    await peer.expect('A-RELEASE-RP');
    await until(() => receiver.told.length === 2, 'the report has no way');
    expect(receiver.told[1]).toMatchObject({ state: 'retrying', code: 'unknown-peer', committed: 1 });
    expect(receiver.told[1]?.problem).toContain('commitmentPeers');
    await receiver.scp.stop();

    const later = await start({ ...options, commitmentPeers: [address] });
    await until(() => later.told.some(({ state }) => state === 'reported'), 'it has been told');
    expect(reports).toMatchObject([{ transactionUid: '1.9.11', committed: [FIRST] }]);
  });
});

test('a receiver that cannot listen leaves what is pending alone, and reports it once it can', async () => {
  const folder = await createTempFolder('commitment');
  onTestFinished(folder.remove);
  const before = await start({ outDir: folder.path });
  const peer = await sender(before);
  await ask(peer, '1.9.20', [[CT, FIRST]]);
  await peer.send(releaseRequest());
  await peer.expect('A-RELEASE-RP');
  await until(() => before.told.length === 2, 'the report has no way');
  await before.scp.stop();

  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const told: StorageCommitmentData[] = [];
  const scp = new StoreScp({
    port: (other.address() as AddressInfo).port,
    host: '127.0.0.1',
    outDir: folder.path,
    storageCommitment: true,
    minimumFreeSpace: 0,
    logger: () => undefined,
  });
  onTestFinished(() => scp.stop());
  scp.onStorageCommitment((_, { data }) => told.push(data));
  await expect(scp.start()).rejects.toThrow('is in use');
  expect(told).toEqual([]);
  await new Promise((resolve) => other.close(resolve));
  await scp.start();
  expect(told).toMatchObject([{ state: 'retrying', transactionUid: '1.9.20' }]);
});

test('where it is not served its context is refused, and with every SOP class accepted the request is', async () => {
  const contexts = [{ id: 1, abstractSyntax: STORAGE_COMMITMENT, transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN] }];
  const off = await start({ storageCommitment: false });
  const refused = await ScriptedPeer.associate(off.port, { contexts });
  ends.push(() => refused.peer.close());
  expect(refused.accept.contexts.map(({ result }) => result)).toEqual([3]);
  const all = await start({ storageCommitment: false, abstractSyntaxMode: 'All' });
  const { peer } = await ScriptedPeer.associate(all.port, { contexts });
  ends.push(() => peer.close());
  await peer.send(action(actionInformation('1.9', [[CT, FIRST]]), { context: 1 }));
  expect(await peer.expectStatus()).toBe(0x0211);
});
