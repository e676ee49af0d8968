/** The quarantine of a profile that stores in a bucket of a real S3 server: listed, released, discarded, and what goes wrong. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { S3Quarantine } from '#main/engine/index.ts';
import { type Application, openApplication, quietOptions } from '../support/open-receiver.ts';
import { RawSender } from '../support/raw-sender.ts';
import { type Rgw, requireRgw, startRgw } from '../support/rgw.ts';
import { only } from '../support/rules.ts';
import { startS3StandIn } from '../support/s3-stand-in.ts';
import { allow, type Bucket, bucketOf, clientOf } from '../support/spool.ts';
import { createTestHost } from '../support/test-host.ts';
import { CONTEXTS, ctObject, PATIENT_DATA, STUDY } from '../support/test-receiver.ts';

const HOLDING = only([], {
  name: 'Holding',
  gates: [{ id: 'g', when: { kind: 'all', of: [] }, verdict: { do: 'quarantine', reason: 'Somebody has to look' } }],
}) as never;
const instance = (number: number) => `1.2.826.0.1.3680043.8.498.100.${number}`;

describe.skipIf(requireRgw())('against Ceph RGW', () => {
  let rgw: Rgw;
  let client: S3Client;
  let buckets = 0;

  beforeAll(async () => {
    rgw = await startRgw();
    client = clientOf(rgw);
  });

  afterAll(async () => {
    client?.destroy();
    await rgw?.stop();
  });

  /** An application with a profile that stores in a new bucket, below a prefix. */
  async function open(s3: object = {}): Promise<{ readonly application: Application; readonly bucket: Bucket }> {
    buckets += 1;
    const bucket = await bucketOf(client, `bucket-${buckets}`);
    const host = await createTestHost();
    await mkdir(host.dataFolder, { recursive: true });
    const { endpoint, accessKey, secretKey } = rgw;
    const { outDir: _, ...quiet } = quietOptions(join(host.home, 'in'));
    const s3Config = { bucket: bucket.name, endpoint, accessKey, secretKey, prefix: 'in/', ...s3 };
    const options = { ...quiet, storeWithFileMeta: true, storageBackend: 'S3', s3Config };
    const profile = { id: 'p1', name: 'One', autoStart: true, options, secrets: [] };
    await writeFile(join(host.dataFolder, 'profiles.json'), JSON.stringify({ version: 1, profiles: [profile] }));
    const application = await openApplication({ host });
    onTestFinished(async () => {
      await application.close();
      await host.remove();
    });
    return { application, bucket };
  }

  /** Sends objects that a gate puts aside. */
  async function putAside(application: Application, numbers: readonly number[]): Promise<void> {
    const { id } = await application.call('rule-set-save', { ruleSet: HOLDING });
    await application.call('rule-set-use', { profileId: 'p1', ruleSetId: id });
    const sender = await RawSender.connect({ port: await application.port(), contexts: CONTEXTS });
    for (const number of numbers) {
      const sopInstanceUid = instance(number);
      const status = await sender.store({
        sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
        sopInstanceUid,
        transferSyntaxUid: '1.2.840.10008.1.2.1',
        dataSet: ctObject({ sopInstanceUid }),
      });
      expect(status).toBe(0xb007);
    }
    await sender.release();
  }

  const rowsOf = async (application: Application) =>
    (await application.call('quarantine-list', { profileId: 'p1' })).rows;
  const named = (name: string) => ({ profileId: 'p1', name, confirmed: true }) as const;

  test('is listed with reasons; objects are released beside what is there, or deleted', async () => {
    const { application, bucket } = await open();
    expect(await rowsOf(application)).toEqual([]);
    await putAside(application, [1, 2, 3]);
    const rows = await rowsOf(application);
    expect(rows).toHaveLength(3);
    for (const { reason, name, time, bytes } of rows) {
      expect(reason).toContain('Somebody has to look');
      expect(name).not.toContain('1.2.826');
      expect(Math.abs(Date.now() - time)).toBeLessThan(3_600_000);
      expect(bytes).toBe((await bucket.read(`in/quarantine/${name}`)).length);
    }
    const [one, two, three] = rows.map(({ name }) => name) as [string, string, string];

    const before = await bucket.read(`in/quarantine/${one}`);
    const { file } = await application.call('quarantine-release', named(one));
    const key = file.slice(`s3://${bucket.name}/`.length);
    expect(key).toMatch(new RegExp(`^in/${STUDY}/[\\d.]+/[\\d.]+\\.dcm$`));
    expect(await bucket.read(key)).toEqual(before);
    await application.receiver.history.flush();
    const { rows: studies } = await application.call('studies-list', {});
    expect(studies).toMatchObject([{ studyInstanceUid: STUDY, instances: 1 }]);

    // Somebody has stored another object under the UIDs of the second one by now.
    const uid = (await bucket.read(`in/quarantine/${two}`)).toString('latin1').match(/1\.2\.826[\d.]*\.100\.\d/)?.[0];
    const taken = key.replace(/[^/]*$/, `${uid}.dcm`);
    await client.send(new PutObjectCommand({ Bucket: bucket.name, Key: taken, Body: 'of somebody else' }));
    const beside = (await application.call('quarantine-release', named(two))).file;
    expect(beside).toBe(`s3://${bucket.name}/${taken.replace(/\.dcm$/, '~2.dcm')}`);
    expect((await bucket.read(taken)).toString()).toBe('of somebody else');

    await application.call('quarantine-discard', named(three));
    expect(await rowsOf(application)).toEqual([]);
    expect((await bucket.keys()).filter((each) => each.includes('quarantine/'))).toEqual([]);
    for (const command of ['quarantine-release', 'quarantine-discard'] as const) {
      for (const name of [three, '../x.dcm', 'x/y.dcm', '.x.dcm']) {
        expect(await application.fail(command, named(name))).toMatchObject({ code: 'quarantine-gone' });
      }
    }
    const log = (await application.call('log-export', {})).text;
    expect(log).toContain('released from quarantine');
    for (const secret of [...PATIENT_DATA, STUDY]) expect(log).not.toContain(secret);
  });

  test('two who release at the same time: everything that was put aside is in the archive', async () => {
    const { application, bucket } = await open();
    const bodies = [1, 2, 3].map((number) => ctObject({ sopInstanceUid: instance(9), pixels: 256 * number }));
    const names = ['same.dcm', 'same~2.dcm', 'same~3.dcm'];
    for (const [index, name] of names.entries()) {
      await client.send(
        new PutObjectCommand({ Bucket: bucket.name, Key: `in/quarantine/${name}`, Body: bodies[index]! }),
      );
    }
    // One of them is asked for twice.
    const released = await Promise.allSettled(
      [...names, names[0]!].map((name) => application.call('quarantine-release', named(name))),
    );
    expect(released.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    const keys = await bucket.keys();
    expect(keys).toHaveLength(3);
    const stored = await Promise.all(keys.map((key) => bucket.read(key)));
    expect(stored.map(({ length }) => length).sort()).toEqual(bodies.map(({ length }) => length).sort());
  });

  test('what S3 does not let go is said to be in both places, and is not stored twice', async () => {
    const { application, bucket } = await open();
    await putAside(application, [1]);
    const [row] = await rowsOf(application);
    await allow(client, bucket.name, 's3:DeleteObject', false);
    const failure = await application.fail('quarantine-release', named(row!.name));
    expect(failure).toMatchObject({
      code: 'quarantine-not-removed',
      message: expect.stringContaining('in the archive'),
    });
    await application.receiver.history.flush();
    expect((await application.call('studies-list', {})).rows).toMatchObject([{ instances: 1 }]);
    expect(await bucket.keys()).toHaveLength(3);
    expect(await application.fail('quarantine-discard', named(row!.name))).toMatchObject({ code: 'quarantine-s3' });
    expect(await bucket.keys()).toHaveLength(3);
    await allow(client, bucket.name, 's3:DeleteObject', true);
    await application.call('quarantine-release', named(row!.name));
    expect(await bucket.keys()).toEqual([expect.stringMatching(new RegExp(`^in/${STUDY}/`))]);
    await application.receiver.history.flush();
    expect((await application.call('studies-list', {})).rows).toMatchObject([{ instances: 1 }]);
  });

  test('what cannot be filed stays; what is none of ours is not listed', async () => {
    const { application, bucket } = await open();
    const put = (name: string, body: string | Uint8Array) =>
      client.send(new PutObjectCommand({ Bucket: bucket.name, Key: `in/quarantine/${name}`, Body: body }));
    await put('text.dcm', 'no DICOM at all');
    await put('text.txt', 'Odd.');
    await put('without-uids.dcm', ctObject({ sopInstanceUid: instance(1) }).subarray(0, 60));
    await put('notes.pdf', 'x');
    await put('folder/deep.dcm', 'x');
    expect((await rowsOf(application)).map(({ name, reason }) => [name, reason]).sort()).toEqual([
      ['text.dcm', 'Odd.'],
      ['without-uids.dcm', ''],
    ]);
    for (const name of ['text.dcm', 'without-uids.dcm']) {
      expect(await application.fail('quarantine-release', named(name))).toMatchObject({
        code: 'quarantine-no-instance',
      });
    }
    expect(await rowsOf(application)).toHaveLength(2);
  });

  test('of a spool it is that of the bucket, once it is there', async () => {
    const spool = await createTestHost();
    onTestFinished(spool.remove);
    const { application, bucket } = await open({ mode: 'spool', spoolDir: join(spool.home, 'spool') });
    await putAside(application, [1]);
    await vi.waitFor(async () => expect(await rowsOf(application)).toHaveLength(1), { timeout: 20_000 });
    const [row] = await rowsOf(application);
    expect(row?.reason).toContain('Somebody has to look');
    await application.call('quarantine-release', named(row!.name));
    expect(await bucket.keys()).toEqual([expect.stringMatching(new RegExp(`^in/${STUDY}/`))]);
  });

  test('S3 that refuses is said in words, and nothing is lost', async () => {
    const { application, bucket } = await open();
    await putAside(application, [1]);
    const keys = await bucket.keys();
    const { name, autoStart, options } = application.profile().profile;
    const secrets = { secretKey: 'WRONG' };
    await application.call('profile-save', { id: 'p1', name, autoStart, options, secrets, restart: 'later' });
    const failure = await application.fail('quarantine-list', { profileId: 'p1' });
    expect(failure).toMatchObject({ code: 'quarantine-s3', message: expect.stringContaining('secret key') });
    expect(await bucket.keys()).toEqual(keys);
  });
});

test('what a sender stores in this very moment is not written over', async () => {
  const archive = 'b/1.2/1.3/1.4.dcm';
  const standIn = await startS3StandIn((method, path, objects) => {
    if (method === 'PUT' && path === archive) objects.set(archive, Buffer.from('of a sender'));
  });
  onTestFinished(standIn.stop);
  const config = { bucket: 'b', endpoint: standIn.endpoint, accessKey: 'k', secretKey: 's' };
  const send = (path: string, body: string) => fetch(`${standIn.endpoint}/${path}`, { method: 'PUT', body });
  await send('b/quarantine/x.dcm', 'put aside');
  await send('b/quarantine/x.txt', 'why');
  const key = { studyInstanceUid: '1.2', seriesInstanceUid: '1.3', sopInstanceUid: '1.4' };
  const released = await S3Quarantine.use(config, (quarantine) => quarantine.release('x.dcm', key));
  expect(released).toEqual({ location: 's3://b/1.2/1.3/1.4~2.dcm' });
  expect([...standIn.objects.keys()].sort()).toEqual([archive, archive.replace('.dcm', '~2.dcm')]);
  expect(standIn.objects.get(archive)?.toString()).toBe('of a sender');
  expect(standIn.objects.get(archive.replace('.dcm', '~2.dcm'))?.toString()).toBe('put aside');
});

test('a copy that S3 does not hold in full is taken back, and the object stays in quarantine', async () => {
  const archive = 'b/1.2/1.3/1.4.dcm';
  const standIn = await startS3StandIn((method, path, objects) => {
    if (method === 'HEAD' && path === archive && objects.has(archive)) objects.set(archive, Buffer.from('put'));
  });
  onTestFinished(standIn.stop);
  const config = { bucket: 'b', endpoint: standIn.endpoint, accessKey: 'k', secretKey: 's' };
  await fetch(`${standIn.endpoint}/b/quarantine/x.dcm`, { method: 'PUT', body: 'put aside' });
  const key = { studyInstanceUid: '1.2', seriesInstanceUid: '1.3', sopInstanceUid: '1.4' };
  const release = S3Quarantine.use(config, (quarantine) => quarantine.release('x.dcm', key));
  await expect(release).rejects.toThrow('S3 holds 3 of 9 bytes of 1.2/1.3/1.4.dcm.');
  expect([...standIn.objects.keys()]).toEqual(['b/quarantine/x.dcm']);
});
