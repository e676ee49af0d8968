/** S3 that may be away: what is acknowledged is in the spool, and gets into the bucket, whatever happens meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateBucketCommand, GetObjectTaggingCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { waitingUploads } from '#main/engine/index.ts';
import { S3Storage } from '#main/engine/storage/s3.ts';
import { QUEUE_NAME } from '#main/engine/storage/spool-queue.ts';
import { BUILT_IN_RULE_SETS, compileRuleSet, type RuleSetInput } from '#main/rules/index.ts';
import { storescu } from '../support/dcmtk.ts';
import { openApplication } from '../support/open-receiver.ts';
import { part10 } from '../support/part10.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_VR_LITTLE_ENDIAN } from '../support/raw-pdu.ts';
import { contextsFor, RawSender } from '../support/raw-sender.ts';
import { type Rgw, requireRgw, startRgw } from '../support/rgw.ts';
import { KEY } from '../support/rules.ts';
import { freshKey, patterned, store } from '../support/sink-suite.ts';
import {
  allowUploads,
  type Bucket,
  bucketOf,
  clientOf,
  type SpoolReceiver,
  spoolOptions,
  startSlowProxy,
  startSpoolReceiver,
} from '../support/spool.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { archived, ctObject, filesIn, INSTANCE } from '../support/test-receiver.ts';
import { freePort, requireTool } from '../support/tools.ts';

const MB = 1024 * 1024;
/** A person who waits for this to recover waits that long; tests do not have to. */
const PATIENCE = { timeout: 15_000, interval: 30 };

const uid = (number: number) => `${INSTANCE}.${number}`;

type Sent = Omit<NonNullable<Parameters<typeof ctObject>[0]>, 'encoding'>;

/** Sends objects over one association; gives their statuses. */
async function send(port: number, objects: readonly Sent[]): Promise<number[]> {
  const instances = objects.map((object) => ({
    sopClassUid: CT_IMAGE_STORAGE,
    sopInstanceUid: object.sopInstanceUid ?? INSTANCE,
    transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN,
    dataSet: ctObject(object),
  }));
  const sender = await RawSender.connect({ port, contexts: contextsFor(instances) });
  const statuses: number[] = [];
  for (const instance of instances) statuses.push(await sender.store(instance));
  await sender.release();
  return statuses;
}

/** What lies in a spool besides its queue. */
function spooled(folder: string): string[] {
  return filesIn(folder).filter((name) => !name.startsWith(QUEUE_NAME));
}

describe.skipIf(requireRgw())('a spool before Ceph RGW', () => {
  let rgw: Rgw;
  let client: S3Client;
  let buckets = 0;
  let folder: TempFolder;

  beforeAll(async () => {
    [rgw, folder] = await Promise.all([startRgw(), createTempFolder('spools')]);
    client = clientOf(rgw);
  });

  afterAll(async () => {
    client?.destroy();
    await rgw?.stop();
    await folder?.remove();
  });

  async function fresh(make = true): Promise<{ bucket: Bucket; spoolDir: string }> {
    buckets += 1;
    return { bucket: await bucketOf(client, `spool-${buckets}`, make), spoolDir: folder.join(`spool-${buckets}`) };
  }

  async function receiver(
    bucket: Bucket,
    spoolDir: string,
    s3: Parameters<typeof spoolOptions>[3] = {},
    options: Parameters<typeof startSpoolReceiver>[0] = {},
  ): Promise<SpoolReceiver> {
    const started = await startSpoolReceiver({ ...spoolOptions(rgw, bucket.name, spoolDir, s3), ...options });
    onTestFinished(started.stop);
    return started;
  }

  const idle = (to: SpoolReceiver) => expect.poll(() => to.scp.uploads()?.state, PATIENCE).toBe('idle');

  test('answers from the disk, uploads small and large, confirms, and leaves nothing behind', async () => {
    const { bucket, spoolDir } = await fresh();
    const to = await receiver(bucket, spoolDir, { prefix: 'in/' }, { storeWithFileMeta: true });
    const objects = [{ sopInstanceUid: uid(1) }, { sopInstanceUid: uid(2), pixels: 9 * MB }];
    expect(await send(to.port, objects)).toEqual([0, 0]);
    await idle(to);
    expect(to.stored.map(({ data }) => data.file)).toEqual([
      `s3://${bucket.name}/in/${archived(uid(1))}`,
      `s3://${bucket.name}/in/${archived(uid(2))}`,
    ]);
    expect(to.stored[0]!.data.spooled).toBe(join(spoolDir, archived(uid(1))));
    expect(await bucket.keys()).toEqual([`in/${archived(uid(1))}`, `in/${archived(uid(2))}`]);
    for (const object of objects) {
      const bytes = await bucket.read(`in/${archived(object.sopInstanceUid)}`);
      expect(bytes.subarray(-ctObject(object).length).equals(ctObject(object))).toBe(true);
    }
    expect(to.uploaded.map(({ file, storedAs, outcome, attempts }) => [file === storedAs, outcome, attempts])).toEqual([
      [true, 'new', 1],
      [true, 'new', 1],
    ]);
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: `in/${archived(uid(2))}` }));
    expect(head.Metadata?.sha256).toBe(to.stored[1]!.data.sha256);
    expect(spooled(spoolDir)).toEqual([]);
    await expect.poll(() => readdirSync(spoolDir).filter((name) => !name.startsWith('.')), PATIENCE).toEqual([]);
    expect(to.errors).toEqual([]);
  });

  test('equal content is no duplicate; another content under one UID is a second object', async () => {
    const { bucket, spoolDir } = await fresh();
    const to = await receiver(bucket, spoolDir);
    for (const pixels of [100, 100, 200]) {
      expect(await send(to.port, [{ pixels }])).toEqual([0]);
      await idle(to);
    }
    expect(to.uploaded.map(({ outcome }) => outcome)).toEqual(['new', 'equal', 'kept-both']);
    const second = archived().replace('.dcm', '~2.dcm');
    expect(to.uploaded[2]).toMatchObject({
      storedAs: `s3://${bucket.name}/${archived()}`,
      file: `s3://${bucket.name}/${second}`,
    });
    expect(await bucket.keys()).toEqual([archived(), second]);
    expect((await bucket.read(second)).equals(ctObject({ pixels: 200 }))).toBe(true);
  });

  test.skipIf(requireTool('storescu'))('takes what storescu sends, one association after the other', async () => {
    const { bucket, spoolDir } = await fresh();
    const to = await receiver(bucket, spoolDir, {}, { storeWithFileMeta: true });
    const files = [1, 2, 3].map((number) => {
      const sopInstanceUid = uid(number);
      const file = folder.join(`sent-${number}.dcm`);
      const uids = { sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid };
      writeFileSync(file, part10(ctObject({ sopInstanceUid }), EXPLICIT_VR_LITTLE_ENDIAN, uids));
      return file;
    });
    for (const file of files) expect((await storescu({ port: to.port }, [file])).code).toBe(0);
    await idle(to);
    expect(await bucket.keys()).toEqual([1, 2, 3].map((number) => archived(uid(number))));
    const bytes = await bucket.read(archived(uid(1)));
    expect(
      bytes.subarray(-ctObject({ sopInstanceUid: uid(1) }).length).equals(ctObject({ sopInstanceUid: uid(1) })),
    ).toBe(true);
  });

  test('several receivers with one rule key, one bucket and no database in common make one and the same of it', async () => {
    const { bucket } = await fresh();
    const receivers = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const spoolDir = folder.join(`one-of-two-${name}`);
        const started = await startSpoolReceiver(spoolOptions(rgw, bucket.name, spoolDir), (scp) =>
          scp.onBeforeStore(compileRuleSet(withoutNumbers(BUILT_IN_RULE_SETS.get('research')!), { key: KEY })),
        );
        onTestFinished(started.stop);
        return started;
      }),
    );
    const objects = [1, 2, 3, 4].map((number) => ({ sopInstanceUid: uid(number) }));
    for (const statuses of await Promise.all(receivers.map(({ port }) => send(port, objects)))) {
      expect(statuses).toEqual([0, 0, 0, 0]);
    }
    await Promise.all(receivers.map(idle));
    const places = receivers.map(({ uploaded }) => uploaded.map(({ file }) => file).sort());
    expect(places[0]).toEqual(places[1]);
    const keys = await bucket.keys();
    expect(keys.map((key) => `s3://${bucket.name}/${key}`)).toEqual(places[0]);
    expect(keys.join()).not.toContain(INSTANCE);
    const outcomes = receivers.flatMap(({ uploaded }) => uploaded.map(({ outcome }) => outcome)).sort();
    expect(outcomes).toEqual([...Array(4).fill('equal'), ...Array(4).fill('new')]);
  });

  test('a profile of the application: received while S3 is away, shown from the spool, uploaded when it is back', async () => {
    const { bucket } = await fresh();
    const { endpoint, accessKey, secretKey } = rgw;
    const application = await openApplication();
    onTestFinished(async () => {
      await application.close();
      await application.host.remove();
    });
    const s3Config = { bucket: bucket.name, accessKey, mode: 'spool' };
    const options = (at: string) => ({
      port: 0,
      host: '127.0.0.1',
      minimumFreeSpace: 0,
      storeWithFileMeta: true,
      storageBackend: 'S3',
      s3Config: { ...s3Config, endpoint: at },
    });
    const away = `http://127.0.0.1:${await freePort()}`;
    const created = await application.call('profile-create', {
      name: 'Bucket',
      options: options(away),
      secrets: { secretKey },
    });
    expect(created.options.s3Config?.spoolDir).toBe(join(application.host.dataFolder, 'spool', created.id));
    await send(await application.port('Bucket'), [{}]);
    const profile = () => application.profile('Bucket');
    await expect.poll(() => profile().uploads, PATIENCE).toMatchObject({ state: 'waiting', waiting: 1 });
    const study = async () => (await application.call('studies-list', {})).rows[0];
    await expect.poll(async () => (await study())?.waiting, PATIENCE).toBe(1);
    const { series } = await application.call('study-get', { studyId: (await study())!.studyId });
    const instances = async () => (await application.call('instances-list', { seriesId: series[0]!.seriesId })).rows;
    const [{ instanceId } = { instanceId: 0 }] = await instances();
    const { elements } = await application.call('instance-tags', { instanceId });
    expect(elements.find(({ keyword }) => keyword === 'PatientName')?.value).toBe('Geheim^Paula');

    expect((await application.fail('profile-delete', { id: created.id })).code).toBe('uploads-waiting');
    const save = { id: created.id, name: 'Bucket', autoStart: true };
    const folderInstead = { ...options(away), storageBackend: 'Filesystem', outDir: folder.join('elsewhere') };
    expect((await application.fail('profile-save', { ...save, options: folderInstead })).code).toBe('uploads-waiting');
    await application.call('profile-save', { ...save, options: options(endpoint) });
    await expect.poll(() => profile().uploads, PATIENCE).toMatchObject({ state: 'idle', waiting: 0 });
    await expect.poll(async () => (await study())?.waiting, PATIENCE).toBe(0);
    expect(await instances()).toMatchObject([{ file: `s3://${bucket.name}/${archived()}`, waiting: false }]);
    expect((await application.fail('instance-tags', { instanceId })).code).toBe('stored-in-s3');

    // Away again, and something takes a file out of the spool: that one is not uploaded, now and after the next start.
    await application.call('profile-save', { ...save, options: options(away) });
    await send(await application.port('Bucket'), [{ sopInstanceUid: uid(2) }]);
    await expect.poll(async () => (await study())?.waiting, PATIENCE).toBe(1);
    await application.call('receiver-stop', { id: created.id });
    const [taken] = spooled(created.options.s3Config!.spoolDir!);
    rmSync(join(created.options.s3Config!.spoolDir!, taken!));
    await application.call('profile-save', { ...save, options: options(endpoint) });
    for (let start = 1; start <= 2; start++) {
      await application.call('receiver-start', { id: created.id });
      await expect.poll(() => profile().uploads, PATIENCE).toMatchObject({ state: 'idle', waiting: 0 });
      await expect.poll(study, PATIENCE).toMatchObject({ waiting: 0, gone: 1 });
      expect((await instances()).map(({ gone }) => gone)).toEqual([false, true]);
      if (start === 1) await application.call('receiver-stop', { id: created.id });
    }

    // Asked to take effect later: until then objects would come into a spool that is looked after no more.
    const spoolDir = folder.join('moved');
    const elsewhere = { ...options(endpoint), s3Config: { ...options(endpoint).s3Config, spoolDir } };
    await application.call('profile-save', { ...save, options: elsewhere, restart: 'later' });
    expect(readdirSync(spoolDir)).toContain(QUEUE_NAME);
    await application.call('profile-delete', { id: created.id });
  });

  test('keeps the first and loses nothing: what had been acknowledged is put aside', async () => {
    const { bucket, spoolDir } = await fresh();
    const to = await receiver(bucket, spoolDir, {}, { onDuplicate: 'keep-first' });
    for (const pixels of [100, 200]) {
      expect(await send(to.port, [{ pixels }])).toEqual([0]);
      await idle(to);
    }
    expect(to.uploaded.map(({ outcome }) => outcome)).toEqual(['new', 'quarantined']);
    expect((await bucket.read(archived())).equals(ctObject({ pixels: 100 }))).toBe(true);
    expect((await bucket.read(`quarantine/${INSTANCE}.dcm`)).equals(ctObject({ pixels: 200 }))).toBe(true);
    expect((await bucket.read(`quarantine/${INSTANCE}.txt`)).toString()).toContain('keep-first');
  });

  test('takes quarantined objects along, with the reason', async () => {
    const { bucket, spoolDir } = await fresh();
    const to = await receiver(bucket, spoolDir);
    const withoutStudy = ctObject({ change: { 2097165: undefined } });
    const instance = { sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid: INSTANCE, dataSet: withoutStudy };
    const one = { ...instance, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN };
    const sender = await RawSender.connect({ port: to.port, contexts: contextsFor([one]) });
    expect(await sender.store(one)).toBe(0xb007);
    await sender.release();
    await idle(to);
    expect(await bucket.keys()).toEqual([`quarantine/${INSTANCE}.dcm`, `quarantine/${INSTANCE}.txt`]);
    expect(to.uploaded).toMatchObject([
      { outcome: 'quarantined', file: `s3://${bucket.name}/quarantine/${INSTANCE}.dcm` },
    ]);
    expect(spooled(spoolDir)).toEqual([]);
  });

  test('keeps local copies as long as asked for, and does not upload them again', async () => {
    const { bucket, spoolDir } = await fresh();
    const first = await receiver(bucket, spoolDir, { spoolKeepDays: 1 });
    await send(first.port, [{}]);
    await idle(first);
    expect(first.uploaded).toMatchObject([{ spooled: join(spoolDir, archived()) }]);
    expect(spooled(spoolDir)).toEqual([archived()]);
    await send(first.port, [{}]);
    expect(first.stored.map(({ data }) => data.outcome)).toEqual(['new', 'equal']);
    await first.scp.stop();
    const second = await receiver(bucket, spoolDir, { spoolKeepDays: 0 });
    await expect.poll(() => spooled(spoolDir), PATIENCE).toEqual([]);
    expect([first.uploaded.length, second.uploaded.length]).toEqual([1, 0]);
  });

  test('stores as it is told: encryption, class, tags', async () => {
    const { bucket, spoolDir } = await fresh();
    const manner = {
      serverSideEncryption: 'aws:kms',
      kmsKeyId: 'testkey',
      storageClass: 'STANDARD',
      objectTags: ['source=modality', 'ward=3 B'],
    } satisfies Parameters<typeof spoolOptions>[3];
    const to = await receiver(bucket, spoolDir, manner);
    await send(to.port, [{}, { sopInstanceUid: uid(2), pixels: 9 * MB }]);
    await idle(to);
    for (const Key of [archived(), archived(uid(2))]) {
      const where = { Bucket: bucket.name, Key };
      expect(await client.send(new HeadObjectCommand(where))).toMatchObject({
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: 'testkey',
      });
    }
    // This version of RGW forgets the tags of an upload in parts.
    const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket: bucket.name, Key: archived() }));
    expect(TagSet).toEqual([
      { Key: 'source', Value: 'modality' },
      { Key: 'ward', Value: '3 B' },
    ]);
    expect((await bucket.read(archived())).equals(ctObject())).toBe(true);
  });

  test('a wrong secret stops the queue and says so; with the right one everything goes on', async () => {
    const { bucket, spoolDir } = await fresh();
    const wrong = await receiver(bucket, spoolDir, { secretKey: 'WRONG' });
    expect(await send(wrong.port, [{}, { sopInstanceUid: uid(2) }])).toEqual([0, 0]);
    await expect
      .poll(() => wrong.scp.uploads(), PATIENCE)
      .toMatchObject({
        state: 'stopped',
        waiting: 2,
        problem: { code: 'access-denied', message: expect.stringContaining('SignatureDoesNotMatch') },
      });
    expect(JSON.stringify(wrong.scp.uploads())).not.toContain('WRONG');
    await wrong.scp.stop();
    expect(await waitingUploads(spoolDir)).toBe(2);
    const right = await receiver(bucket, spoolDir);
    await idle(right);
    expect(await bucket.keys()).toEqual([archived(uid(2)), archived()].sort());
  });

  test('a missing bucket stops the queue; retry goes on once it is there', async () => {
    const { bucket, spoolDir } = await fresh(false);
    const to = await receiver(bucket, spoolDir);
    await send(to.port, [{}]);
    await expect
      .poll(() => to.scp.uploads(), PATIENCE)
      .toMatchObject({
        state: 'stopped',
        problem: { code: 'not-found', message: expect.stringContaining(`The bucket does not exist: ${bucket.name}`) },
      });
    await client.send(new CreateBucketCommand({ Bucket: bucket.name }));
    to.scp.retryUploads();
    await idle(to);
    expect(await bucket.keys()).toEqual([archived()]);
  });

  test('403 for writing alone stops the queue as well', async () => {
    const { bucket, spoolDir } = await fresh();
    await allowUploads(client, bucket.name, false);
    const to = await receiver(bucket, spoolDir);
    await send(to.port, [{}]);
    await expect.poll(() => to.scp.uploads(), PATIENCE).toMatchObject({ state: 'stopped', waiting: 1 });
    expect(to.failed).toMatchObject([{ data: { code: 'access-denied', willRetry: true, attempts: 1 } }]);
    expect(to.errors).toMatchObject([{ data: { code: 'upload' } }]);
    await allowUploads(client, bucket.name, true);
    to.scp.retryUploads();
    await idle(to);
    expect(to.uploaded).toMatchObject([{ attempts: 2, outcome: 'new' }]);
  });

  test('a slow line is no failure', async () => {
    const { bucket } = await fresh();
    const { accessKey, secretKey } = rgw;
    const open = async (slowestRate: number | undefined) => {
      const proxy = await startSlowProxy(rgw.endpoint, 400_000);
      onTestFinished(proxy.stop);
      const options = { bucket: bucket.name, endpoint: proxy.endpoint, accessKey, secretKey, slowestRate };
      const backend = new S3Storage({ ...options, operationTimeout: 900, verify: true });
      await backend.open();
      onTestFinished(() => backend.close());
      return backend;
    };
    const bytes = patterned(600_000);
    await expect(store(await open(undefined), freshKey(), bytes)).rejects.toMatchObject({ code: 'timed-out' });
    expect((await store(await open(16_384), freshKey(), bytes)).outcome).toBe('new');
  });

  test('killed in the middle of its queue, again and again: nothing is lost, nothing is there twice', async () => {
    const { bucket, spoolDir } = await fresh();
    const proxy = await startSlowProxy(rgw.endpoint, 1_000_000);
    onTestFinished(proxy.stop);
    const options = {
      port: 0,
      host: '127.0.0.1',
      minimumFreeSpace: 0,
      ...spoolOptions(rgw, bucket.name, spoolDir, { endpoint: proxy.endpoint }),
    };
    const acknowledged: Sent[] = [];
    for (const round of [1, 2]) {
      const child = await startChild(options);
      const objects = Array.from({ length: 12 }, (_, index) => ({
        sopInstanceUid: `${uid(round)}.${index}`,
        pixels: 2 * Math.round(40_000 * (index % 4)) + 100 + 2 * round,
      }));
      expect(await send(child.port, objects)).toEqual(objects.map(() => 0));
      acknowledged.push(...objects);
      await expect.poll(async () => (await bucket.keys()).length, PATIENCE).toBeGreaterThan(12 * (round - 1));
      child.process.kill('SIGKILL');
      await once(child.process, 'exit');
    }
    expect(await waitingUploads(spoolDir)).toBeGreaterThan(0);
    const last = await receiver(bucket, spoolDir);
    await idle(last);
    expect(await bucket.keys()).toEqual(acknowledged.map(({ sopInstanceUid }) => archived(sopInstanceUid)).sort());
    for (const object of acknowledged) {
      expect((await bucket.read(archived(object.sopInstanceUid))).equals(ctObject(object))).toBe(true);
    }
    expect(spooled(spoolDir)).toEqual([]);
  });

  test('a file that was taken away is told of, not passed over', async () => {
    const { bucket, spoolDir } = await fresh();
    const away = await receiver(bucket, spoolDir, { endpoint: `http://127.0.0.1:${await freePort()}` });
    await send(away.port, [{}]);
    await away.scp.stop();
    rmSync(join(spoolDir, archived()));
    const to = await receiver(bucket, spoolDir);
    await idle(to);
    expect(to.scp.uploads()?.problem?.code).toBe('file-gone');
    expect(to.failed).toMatchObject([{ data: { code: 'file-gone', willRetry: false, sopInstanceUid: INSTANCE } }]);
    expect(await bucket.keys()).toEqual([]);
  });

  test('a file that was changed stays where it is, and does not keep the others', async () => {
    const { bucket, spoolDir } = await fresh();
    const away = await receiver(bucket, spoolDir, { endpoint: `http://127.0.0.1:${await freePort()}` });
    await send(away.port, [{}, { sopInstanceUid: uid(2) }]);
    await away.scp.stop();
    const changed = join(spoolDir, archived());
    const bytes = readFileSync(changed);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    writeFileSync(changed, bytes);
    const to = await receiver(bucket, spoolDir, { parallelUploads: 1 });
    await expect.poll(() => [to.uploaded.length, to.failed.length > 0], PATIENCE).toEqual([1, true]);
    expect(await bucket.keys()).toEqual([archived(uid(2))]);
    expect(to.failed[0]).toMatchObject({
      error: { message: expect.stringContaining('SHA-256') },
      data: { code: 'failed', willRetry: true, sopInstanceUid: INSTANCE },
    });
    expect(readFileSync(changed).equals(bytes)).toBe(true);
  });

  test('a queue that was lost or damaged is made anew from the folder', async () => {
    const { bucket, spoolDir } = await fresh();
    const away = await receiver(bucket, spoolDir, { endpoint: `http://127.0.0.1:${await freePort()}` });
    await send(away.port, [{}, { sopInstanceUid: uid(2) }]);
    await away.scp.stop();
    writeFileSync(join(spoolDir, QUEUE_NAME), 'this is no database');
    const to = await receiver(bucket, spoolDir);
    await expect.poll(() => to.uploaded.length, PATIENCE).toBe(2);
    expect((await bucket.keys()).length).toBe(2);
  });

  // The last one: for half a minute the new gateway waits for the old one before it makes a bucket.
  test('RGW killed and back: everything is received meanwhile, and uploaded by itself', async () => {
    const { bucket, spoolDir } = await fresh();
    const to = await receiver(bucket, spoolDir);
    await send(to.port, [{ sopInstanceUid: uid(1) }]);
    await idle(to);
    rgw.kill();
    const numbers = [2, 3, 4, 5, 6];
    expect(
      await send(
        to.port,
        numbers.map((number) => ({ sopInstanceUid: uid(number) })),
      ),
    ).toEqual([0, 0, 0, 0, 0]);
    await expect
      .poll(() => to.scp.uploads(), PATIENCE)
      .toMatchObject({
        state: 'waiting',
        waiting: 5,
        problem: { code: 'unreachable' },
        retryAt: expect.any(Number),
      });
    await rgw.restart();
    await idle(to);
    expect((await bucket.keys()).length).toBe(6);
    expect(to.uploaded).toHaveLength(6);
  });
});

describe('a spool without S3', () => {
  const config = async (spoolDir: string) => ({
    storageBackend: 'S3' as const,
    s3Config: {
      bucket: 'away',
      endpoint: `http://127.0.0.1:${await freePort()}`,
      accessKey: 'A',
      secretKey: 'B',
      mode: 'spool' as const,
      spoolDir,
    },
  });

  test('is full before the disk is: A700 for objects, RJ 2/3/1 for associations', async () => {
    const folder = await createTempFolder('spool');
    onTestFinished(folder.remove);
    const options = await config(folder.path);
    const to = await startSpoolReceiver({ ...options, s3Config: { ...options.s3Config, spoolMaxObjects: 2 } });
    onTestFinished(to.stop);
    const objects = [1, 2, 3].map((number) => ({ sopInstanceUid: uid(number) }));
    // What would go to the quarantine is no exception.
    expect(await send(to.port, [...objects, { change: { 2097165: undefined } }])).toEqual([0, 0, 0xa700, 0xa700]);
    await expect(send(to.port, objects)).rejects.toThrow(/"result":2,"source":3,"reason":1/);
    expect(spooled(folder.path)).toHaveLength(2);
    expect(to.errors.find(({ data }) => data.code === 'storage')?.message).toContain('spoolMaxObjects');
  });

  test('a wrong clock is named as such, with both times', async () => {
    const there = new Date(Date.now() - 3_600_000);
    const server = createServer((_, response) => {
      response.writeHead(403, { 'content-type': 'application/xml', date: there.toUTCString() });
      response.end(
        `<?xml version="1.0"?><Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message><ServerTime>${there.toISOString()}</ServerTime></Error>`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const folder = await createTempFolder('spool');
    onTestFinished(folder.remove);
    const options = await config(folder.path);
    const endpoint = `http://127.0.0.1:${address.port}`;
    const to = await startSpoolReceiver({ ...options, s3Config: { ...options.s3Config, endpoint } });
    onTestFinished(to.stop);
    await expect.poll(() => to.scp.uploads(), PATIENCE).toMatchObject({ state: 'stopped' });
    const { message } = to.scp.uploads()!.problem!;
    expect(message).toContain('RequestTimeTooSkewed');
    expect(message).toContain(there.toISOString().slice(0, 17));
    expect(message).toContain(`Here it is ${new Date().toISOString().slice(0, 13)}`);
  });
});

/** The rule set with pseudonyms from the key: numbers would need a table that all receivers share. */
function withoutNumbers(ruleSet: RuleSetInput): RuleSetInput {
  return JSON.parse(JSON.stringify(ruleSet).replaceAll('"from":"sequence"', '"from":"hmac"'));
}

/** A receiver in a process of its own, to be killed. */
async function startChild(options: object): Promise<{ process: ChildProcess; port: number }> {
  const script = join(import.meta.dirname, '../support/receiver-child.ts');
  const child = spawn(process.execPath, [script, JSON.stringify(options), 'start', 'wait'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface(child.stdout)) {
    const said = JSON.parse(line) as { port?: number; failed?: string };
    if (said.port !== undefined) return { process: child, port: said.port };
    throw new Error(said.failed ?? line);
  }
  throw new Error('the receiver ended');
}
