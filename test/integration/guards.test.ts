/** Checksums, verification and retention of the application: real sockets, files, threads and history. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { instanceRecord } from '../support/history-records.ts';
import { type Application, openApplication, quietOptions, sendImages } from '../support/open-receiver.ts';
import { CT_IMAGE_STORAGE, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import {
  archived,
  associate,
  CONTEXT,
  ctObject,
  nextAnswer,
  startTestReceiver,
  store,
  until,
} from '../support/test-receiver.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const DAY = 24 * 60 * 60 * 1000;

describe('checksums of the engine', () => {
  test('are of the data set as stored: without file meta, after edits, deflated as it came', async () => {
    const receiver = await startTestReceiver({
      checksums: true,
      storeWithFileMeta: true,
      extractTags: ['PatientName'],
      prepare: (scp) =>
        scp.onBeforeStore(async ({ PatientName }) => (PatientName === 'Geheim^Paula' ? { PatientName: 'A^B' } : {})),
    });
    try {
      const peer = await associate(receiver.port);
      const plain = ctObject({ sopInstanceUid: '1.2.1' });
      const untouched = ctObject({ sopInstanceUid: '1.2.2', change: { 1048592: undefined } });
      const deflated = deflateRawSync(ctObject({ sopInstanceUid: '1.2.3', change: { 1048592: undefined } }));
      const padded = deflated.length % 2 === 0 ? deflated : Buffer.concat([deflated, Buffer.alloc(1)]);
      await peer.send(store(plain, { sopInstanceUid: '1.2.1' }));
      expect(await nextAnswer(peer)).toContain('0000');
      await peer.send(store(untouched, { sopInstanceUid: '1.2.2' }));
      expect(await nextAnswer(peer)).toContain('0000');
      await peer.send(store(padded, { sopInstanceUid: '1.2.3', context: CONTEXT.deflated }));
      expect(await nextAnswer(peer)).toContain('0000');
      await peer.send(store(untouched, { sopInstanceUid: '1.2.2' }));
      expect(await nextAnswer(peer)).toContain('0000');
      await peer.release();
      const dataSets = receiver.stored.map(({ data }) => data);
      for (const { file, size, sha256: sum } of dataSets) {
        const bytes = await readFile(file);
        expect(sum).toBe(sha256(bytes.subarray(bytes.length - size)));
      }
      expect(dataSets.map(({ sha256: sum }) => sum)).toMatchObject([
        expect.not.stringMatching(sha256(plain)),
        sha256(untouched),
        sha256(padded),
        sha256(untouched),
      ]);
      expect(dataSets[2]?.transferSyntaxUid).toBe(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN);
    } finally {
      await receiver.stop();
    }
  });

  test('are not computed unless wanted', async () => {
    const receiver = await startTestReceiver();
    try {
      const peer = await associate(receiver.port);
      await peer.send(store(ctObject()));
      await nextAnswer(peer);
      expect(receiver.stored[0]?.data).not.toHaveProperty('sha256');
    } finally {
      await receiver.stop();
    }
  });
});

describe('an archive under guard', () => {
  let application: Application;
  let folder: string;
  let id: string;
  const INSTANCES = ['1.7.1', '1.7.2', '1.7.3', '1.7.4'];
  const state = () => application.profile().verification;
  const pathOf = (uid: string) => join(folder, archived(uid));

  beforeAll(async () => {
    application = await openApplication();
    const [first] = application.receiver.state.profiles;
    await application.call('profile-delete', { id: first!.profile.id });
    folder = join(application.host.home, 'archive');
    const options = { ...quietOptions(folder), checksums: true, studyTimeout: 0.1, onDuplicate: 'keep-both' };
    ({ id } = await application.call('profile-create', { name: 'Guarded', options, secrets: {} }));
    const sender = await sendImages(await application.port(), INSTANCES);
    await sender.release();
    await until(() => application.profile().studies[0]?.status === 'complete', 'the study is complete');
  });

  afterAll(async () => {
    await application.close();
    await application.host.remove();
  });

  async function verify(studyId?: number) {
    await application.call('verification-start', { id, ...(studyId && { studyId }) });
    await until(() => state()?.running === undefined && state()?.report !== undefined, 'the verification has ended');
    return state()?.report;
  }

  const removals = () => application.receiver.state.log.filter(({ code }) => code === 'retention').length;

  async function studies() {
    return (await application.call('studies-list', {})).rows;
  }

  test('finds nothing wrong where nothing is', async () => {
    expect(await verify()).toMatchObject({ sound: 4, damaged: 0, missing: 0, outcome: 'complete', findings: [] });
    expect(application.profile().degraded).toEqual([]);
  });

  test('tells damaged, cut, missing and unreadable files by their names, and is degraded', async () => {
    const [changed, cut, missing, folderInstead] = INSTANCES.map(pathOf) as [string, string, string, string];
    const bytes = await readFile(changed);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(changed, bytes);
    await truncate(cut, bytes.length - 10);
    await rm(missing);
    await rm(folderInstead);
    await mkdir(folderInstead);
    const report = await verify();
    expect(report).toMatchObject({ sound: 0, damaged: 2, missing: 2 });
    expect(report?.findings.map(({ kind, file, sopInstanceUid }) => [kind, file, sopInstanceUid])).toEqual([
      ['damaged', changed, '1.7.1'],
      ['damaged', cut, '1.7.2'],
      ['missing', missing, '1.7.3'],
      ['missing', folderInstead, '1.7.4'],
    ]);
    await until(() => application.profile().degraded.length > 0, 'the profile is degraded');
    expect(application.profile().degraded).toMatchObject([{ code: 'files-damaged' }]);
    await rm(folderInstead, { recursive: true });
  });

  test('remembers it over a restart', async () => {
    await application.close();
    application = await openApplication({ host: application.host });
    expect(state()?.report).toMatchObject({ damaged: 2, missing: 2 });
    await application.port();
    await until(() => application.profile().degraded.length > 0, 'the profile is degraded');
  });

  test('says how it is now, not how it was first', async () => {
    const other = { code: 'files-damaged', message: 'Others are damaged.' };
    application.receiver.managed(id).filesProblem = other;
    await until(() => application.profile().degraded[0]?.message === other.message, 'it says so');
  });

  test('is content again when the objects were sent again', async () => {
    for (const uid of INSTANCES) await rm(pathOf(uid), { force: true });
    const sender = await sendImages(await application.port(), INSTANCES);
    await sender.release();
    await application.receiver.history.flush();
    const [study] = await studies();
    expect(await verify(study?.studyId)).toMatchObject({ damaged: 0, missing: 0, findings: [] });
    await until(() => application.profile().degraded.length === 0, 'the profile is well');
  });

  test('counts what had no checksum as seen for the first time, once', async () => {
    const file = join(folder, '1.9', '1.9.1', '1.9.1.1.dcm');
    await mkdir(dirname(file), { recursive: true });
    const dataSet = ctObject({ sopInstanceUid: '1.9.1.1' });
    await writeFile(file, dataSet);
    const old = instanceRecord('1.9', 1, 1, {
      profileId: id,
      file,
      size: dataSet.length,
      received: Date.now() - 40 * DAY,
    });
    application.receiver.history.record([
      old,
      { kind: 'study-status', profileId: id, studyInstanceUid: '1.9', status: 'complete' },
    ]);
    expect(await verify()).toMatchObject({ sound: 4, firstSeen: 1 });
    expect(await verify()).toMatchObject({ sound: 5, firstSeen: 0 });
    await writeFile(file, Buffer.concat([dataSet.subarray(0, -1), Buffer.of(0xff)]));
    expect(await verify()).toMatchObject({ damaged: 1 });
  });

  test('one verification at a time; another profile’s study is none of this one', async () => {
    expect(await application.fail('verification-start', { id, studyId: 9999 })).toMatchObject({ code: 'not-found' });
    await application.call('verification-start', { id });
    expect(await application.fail('verification-start', { id })).toMatchObject({ code: 'verification-running' });
    await application.call('verification-cancel', { id });
    expect(state()?.running).toBeUndefined();
  });

  test('duplicates are counted, and marked among the objects of a series', async () => {
    const port = await application.port();
    const peer = await associate(port);
    const other = ctObject({ sopInstanceUid: '1.7.1', pixels: 512 });
    for (const dataSet of [other, other]) {
      await peer.send(store(dataSet, { sopInstanceUid: '1.7.1', sopClassUid: CT_IMAGE_STORAGE }));
      expect(await nextAnswer(peer)).toContain('0000');
    }
    await peer.release();
    await until(() => application.profile().totals.duplicates.equal > 0, 'the duplicates are counted');
    expect(application.profile().totals.duplicates).toMatchObject({ keptBoth: 1, equal: 1, refused: 0 });
    await application.receiver.history.flush();
    const study = (await studies()).find(({ instances }) => instances > 1);
    const { series } = await application.call('study-get', { studyId: study!.studyId });
    const { rows } = await application.call('instances-list', { seriesId: series[0]!.seriesId });
    expect(rows.map(({ sopInstanceUid, versions }) => [sopInstanceUid, versions])).toEqual([
      ['1.7.1', 2],
      ['1.7.2', 1],
      ['1.7.3', 1],
      ['1.7.4', 1],
      ['1.7.1', 2],
    ]);
  });

  test('retention: what would go is shown, and nothing is touched', async () => {
    await until(() => application.profile().studies.every(({ status }) => status === 'complete'), 'all are complete');
    await application.receiver.history.flush();
    const preview = await application.call('retention-preview', { id, retention: { days: 30, mode: 'delete' } });
    expect(preview).toMatchObject({ studies: 1, instances: 1, staying: { studies: 1 }, kept: [] });
    expect(await studies()).toHaveLength(2);
    for (const retention of [{ mode: 'trash' }, { days: 0, mode: 'trash' }, { days: 1, mode: 'burn' }]) {
      await application.fail('retention-preview', { id, retention: retention as never });
    }
  });

  test('retention: the old study goes, file, history and finding; the young one stays, and one sent again comes back', async () => {
    expect(state()?.report?.damaged).toBe(1);
    const file = join(folder, '1.8', '1.8.1', '1.8.1.1.dcm');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, ctObject({ sopInstanceUid: '1.8.1.1' }));
    const record = instanceRecord('1.8', 1, 1, { profileId: id, file, received: Date.now() - 40 * DAY });
    const complete = { kind: 'study-status', profileId: id, studyInstanceUid: '1.8', status: 'complete' } as const;
    application.receiver.history.record([record, complete]);
    const profile = await application.call('guards-save', {
      id,
      retention: { days: 30, mode: 'delete' },
      verifyEvery: 30,
    });
    expect(profile).toMatchObject({ retention: { days: 30, mode: 'delete' }, verifyEvery: 30 });
    await until(() => !existsSync(file), 'it has gone aside');
    application.receiver.history.record([{ ...record, outcome: 'equal', received: Date.now() }, complete]);
    await until(() => removals() === 1 && existsSync(file), 'one is in the log, one is back');
    await until(() => !existsSync(join(folder, '.removing')), 'nothing is left aside');
    expect(await readdir(folder)).not.toContain('1.9');
    expect(existsSync(pathOf('1.7.1'))).toBe(true);
    expect(state()?.report?.damaged).toBe(0);
    const rest = await studies();
    expect(rest.map(({ studyInstanceUid, instances }) => [studyInstanceUid, instances])).toContainEqual(['1.8', 1]);
    expect(rest.map(({ instances }) => instances).toSorted()).toEqual([1, 5]);
  });

  test('retention: the trash of the host, until the rest is small enough', async () => {
    const large = ctObject({
      sopInstanceUid: '1.6.1',
      change: { 2097165: { tag: 0x0020000d, vr: 'UI', value: '1.6' } },
      pixels: 1_200_000,
    });
    const peer = await associate(await application.port());
    await peer.send(store(large, { sopInstanceUid: '1.6.1' }));
    expect(await nextAnswer(peer)).toContain('0000');
    await peer.release();
    const isComplete = () =>
      application.profile().studies.find(({ studyInstanceUid }) => studyInstanceUid === '1.6')?.status === 'complete';
    await until(isComplete, 'it is complete');
    await application.receiver.history.flush();
    await application.call('guards-save', { id, retention: { maxBytes: 1_100_000, mode: 'trash' }, verifyEvery: null });
    await until(() => application.host.trashed.some((path) => path.endsWith('1.6.1.dcm')), 'it is in the trash');
    await until(() => removals() === 4, 'the others are there, too');
    expect(await studies()).toEqual([]);
    expect(application.host.trashed).toHaveLength(7);
  });
});
