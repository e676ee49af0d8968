import { connect, createServer, type Server } from 'node:net';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { S3Storage, type S3StorageOptions } from '#main/engine/storage/s3.ts';
import { S3Bucket } from '#main/engine/storage/s3-bucket.ts';
import type { StorageError } from '#main/engine/storage/storage-backend.ts';
import { type Rgw, requireRgw, startRgw } from '../support/rgw.ts';
import { describeSinks, freshKey, patterned, type SinkBench, store } from '../support/sink-suite.ts';
import { clientOf } from '../support/spool.ts';
import { freePort } from '../support/tools.ts';

const MB = 1024 * 1024;

async function failureOf(work: Promise<unknown>): Promise<StorageError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as StorageError,
  );
  expect(error?.name).toBe('StorageError');
  expect(error!.comment.length).toBeLessThanOrEqual(64);
  return error!;
}

describe.skipIf(requireRgw())('S3 storage against Ceph RGW', () => {
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

  async function freshBucket(): Promise<string> {
    buckets += 1;
    const Bucket = `bucket-${buckets}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  }

  async function keysIn(Bucket: string): Promise<string[]> {
    const page = await client.send(new ListObjectsV2Command({ Bucket }));
    return (page.Contents ?? []).map(({ Key }) => Key ?? '');
  }

  async function uploadsIn(Bucket: string): Promise<string[]> {
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    return (page.Uploads ?? []).map(({ Key }) => Key ?? '');
  }

  function storage(bucket: string, options: Partial<S3StorageOptions> = {}): S3Storage {
    const { endpoint, accessKey, secretKey } = rgw;
    return new S3Storage({ bucket, endpoint, accessKey, secretKey, ...options });
  }

  async function openBench(options: Partial<S3StorageOptions> = {}): Promise<SinkBench & { bucket: string }> {
    const bucket = await freshBucket();
    const prefix = 'in/';
    const backend = storage(bucket, { prefix, ...options });
    await backend.open();
    return {
      bucket,
      backend,
      quarantine: 'quarantine',
      read: async (location) => {
        const Key = location.replace(`s3://${bucket}/`, '');
        const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
        return await object.Body!.transformToByteArray();
      },
      list: async () => (await keysIn(bucket)).map((key) => key.slice(prefix.length)).sort(),
      leftovers: async () => [
        ...(await uploadsIn(bucket)),
        ...(await keysIn(bucket)).filter((key) => key.includes('.incoming')),
      ],
      close: () => backend.close(),
    };
  }

  describeSinks('a bucket', openBench);
  describeSinks('a bucket with staging', (options) => openBench({ stageForQuarantine: true, ...options }));

  for (const stageForQuarantine of [false, true]) {
    for (const onDuplicate of ['keep-both', 'keep-first', 'replace'] as const) {
      it(`compares 20 MB before they appear: ${onDuplicate}, staging ${stageForQuarantine}`, async () => {
        const bench = await openBench({ onDuplicate, stageForQuarantine });
        onTestFinished(bench.close);
        const key = freshKey();
        const outcomes: string[] = [];
        for (const seed of [1, 1, 2, 2]) {
          outcomes.push((await store(bench.backend, key, patterned(20 * MB, seed))).outcome);
        }
        expect(outcomes).toEqual(
          {
            'keep-both': ['new', 'equal', 'kept-both', 'equal'],
            'keep-first': ['new', 'equal', 'refused', 'refused'],
            replace: ['new', 'equal', 'replaced', 'equal'],
          }[onDuplicate],
        );
        expect(await bench.list()).toHaveLength(onDuplicate === 'keep-both' ? 2 : 1);
        expect(await bench.leftovers()).toEqual([]);
      });
    }
  }

  it('never mixes 20 MB sent under one UID by three at once', async () => {
    const bench = await openBench();
    onTestFinished(bench.close);
    const key = freshKey();
    const seeds = [1, 2, 1];
    const all = await Promise.all(seeds.map((seed) => store(bench.backend, key, patterned(20 * MB, seed))));
    expect(all.map(({ outcome }) => outcome).sort()).toEqual(['equal', 'kept-both', 'new']);
    for (const [index, { location }] of all.entries()) {
      expect(Buffer.compare(await bench.read(location), patterned(20 * MB, seeds[index]))).toBe(0);
    }
    expect(await bench.leftovers()).toEqual([]);
  });

  it('does not put a large instance aside without staging, and says so', async () => {
    const bench = await openBench();
    onTestFinished(bench.close);
    const sink = bench.backend.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
    await sink.write(patterned(20 * MB));
    expect((await failureOf(sink.quarantine('1.2', 'Malformed.'))).comment).toBe('S3: cannot be quarantined');
    await sink.abort();
    expect(await bench.list()).toEqual([]);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('stores 256 MB in flat memory', async () => {
    const bench = await openBench();
    onTestFinished(bench.close);
    const sink = bench.backend.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
    const block = patterned(MB);
    const before = process.memoryUsage().rss;
    let peak = before;
    for (let count = 0; count < 256; count += 1) {
      // A copy each, as the network makes them.
      await sink.write(Buffer.from(block));
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    const stored = await sink.commit();
    expect(stored.outcome).toBe('new');
    expect((peak - before) / MB).toBeLessThan(160);
    const page = await client.send(new ListObjectsV2Command({ Bucket: bench.bucket }));
    expect(page.Contents?.[0]?.Size).toBe(256 * MB);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('copies in pieces with all that is said of an object', async () => {
    const { endpoint, accessKey, secretKey } = rgw;
    const name = await freshBucket();
    const bucket = await S3Bucket.connect({ bucket: name, endpoint, accessKey, secretKey }, 60_000);
    onTestFinished(() => bucket.destroy());
    const size = 257 * MB;
    await bucket.put('from.dcm', Buffer.alloc(size, 7), 'application/dicom', true, { sha256: 'abcd' });
    await bucket.copy('from.dcm', 'to.dcm', size);
    expect(await client.send(new HeadObjectCommand({ Bucket: name, Key: 'to.dcm' }))).toMatchObject({
      ContentLength: size,
      ContentType: 'application/dicom',
      Metadata: { sha256: 'abcd' },
    });
  });

  for (const [what, wrong, code, comment] of [
    ['a wrong secret', { secretKey: 'WRONG' }, 'access-denied', 'S3: wrong secret key'],
    ['an unknown key', { accessKey: 'NOBODY' }, 'access-denied', 'S3: unknown access key'],
    ['a missing bucket', { bucket: 'nowhere' }, 'not-found', 'S3: bucket does not exist'],
  ] as const) {
    it(`names ${what} at the start`, async () => {
      const failure = await failureOf(storage(await freshBucket(), wrong).open());
      expect(failure).toMatchObject({ code, comment });
      expect(failure.message).not.toContain('WRONG');
    });
  }

  it('fails what is under way when the server falls silent, and removes the parts when it speaks again', async () => {
    let silent = false;
    const proxy = createServer((socket) => {
      const upstream = connect(Number(new URL(rgw.endpoint).port), '127.0.0.1');
      socket.on('data', (bytes) => void (silent || upstream.write(bytes)));
      upstream.on('data', (bytes) => void (silent || socket.write(bytes)));
      for (const end of [socket, upstream]) {
        end.on('error', () => undefined);
        end.on('close', () => {
          socket.destroy();
          upstream.destroy();
        });
      }
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const address = proxy.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const bucket = await freshBucket();
    const backend = storage(bucket, { endpoint: `http://127.0.0.1:${address.port}`, operationTimeout: 900 });
    await backend.open();
    const sink = backend.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
    await sink.write(patterned(20 * MB));
    silent = true;
    const rest = async () => {
      for (let count = 0; count < 20; count += 1) await sink.write(patterned(4 * MB));
      await sink.commit();
    };
    expect((await failureOf(rest())).code).toBe('timed-out');
    await sink.abort();
    expect((await failureOf(store(backend, freshKey(), patterned(1000)))).code).toBe('timed-out');
    silent = false;
    await backend.close();
    await expect.poll(() => uploadsIn(bucket), { timeout: 10_000 }).toEqual([]);
    expect(await keysIn(bucket)).toEqual([]);
  });

  it('fails what is under way when the server is killed, and says why', async () => {
    const other = await startRgw();
    try {
      const { endpoint, accessKey, secretKey } = other;
      const admin = new S3Client({
        endpoint,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
      });
      await admin.send(new CreateBucketCommand({ Bucket: 'only-bucket' }));
      admin.destroy();
      const backend = new S3Storage({ bucket: 'only-bucket', endpoint, accessKey, secretKey, operationTimeout: 3_000 });
      await backend.open();
      const large = backend.createSink({ place: 'archive', key: freshKey(), metaLength: 0 });
      await large.write(patterned(20 * MB));
      other.kill();
      const rest = async () => {
        for (let count = 0; count < 20; count += 1) await large.write(patterned(4 * MB));
        await large.commit();
      };
      expect((await failureOf(rest())).code).toBe('unreachable');
      await large.abort();
      expect((await failureOf(store(backend, freshKey(), patterned(1000)))).code).toBe('unreachable');
      await backend.close();
    } finally {
      await other.stop();
    }
  });
});

describe('S3 storage without a server', () => {
  const keys = { accessKey: 'A', secretKey: 'B' };

  it('says that nobody listens', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const failure = await failureOf(new S3Storage({ bucket: 'b', endpoint, ...keys, operationTimeout: 3_000 }).open());
    expect(failure.code).toBe('unreachable');
    expect(failure.message).toContain(endpoint);
  });

  it('says that a name does not resolve', async () => {
    const endpoint = 'http://no-such-host.invalid:9000';
    const failure = await failureOf(new S3Storage({ bucket: 'b', endpoint, ...keys, operationTimeout: 3_000 }).open());
    expect(failure.code).toBe('unreachable');
  });

  async function silentServer(): Promise<{ endpoint: string; server: Server }> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { endpoint: `http://127.0.0.1:${address.port}`, server };
  }

  it('ends in time when the server accepts and never answers', async () => {
    const { endpoint, server } = await silentServer();
    onTestFinished(() => void server.close());
    const failure = await failureOf(new S3Storage({ bucket: 'b', endpoint, ...keys, operationTimeout: 600 }).open());
    expect(failure.code).toBe('timed-out');
  });

  it('takes no sink before it is open', () => {
    const backend = new S3Storage({ bucket: 'b', ...keys });
    expect(() => backend.createSink({ place: 'quarantine', name: '1', reason: 'x' })).toThrow(/not open/);
  });
});
