/** The test of S3 settings, against Ceph RGW where it can be had, and against what is no S3 at all. */
import { createServer, type Server } from 'node:http';
import { CreateBucketCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type S3TestStep, testS3 } from '#main/engine/index.ts';
import { type Rgw, requireRgw, startRgw } from '../support/rgw.ts';
import { clientOf } from '../support/spool.ts';
import { freePort } from '../support/tools.ts';

const outcome = (steps: readonly S3TestStep[]) => steps.map(({ name, ok }) => `${name}: ${ok ? 'ok' : 'failed'}`);
const lastMessage = (steps: readonly S3TestStep[]) => steps.at(-1)?.message ?? '';
const KEYS = { accessKey: 'KEY', secretKey: 'SECRET' };

describe.skipIf(requireRgw())('against Ceph RGW', () => {
  let rgw: Rgw;
  let client: S3Client;
  const config = (more: object = {}) => {
    const { endpoint, accessKey, secretKey } = rgw;
    return { endpoint, accessKey, secretKey, bucket: 'tested', prefix: 'in/', ...more };
  };

  beforeAll(async () => {
    rgw = await startRgw();
    client = clientOf(rgw);
    await client.send(new CreateBucketCommand({ Bucket: 'tested' }));
  });

  afterAll(async () => {
    client?.destroy();
    await rgw?.stop();
  });

  test('good settings: every step, and nothing is left behind', async () => {
    const steps = await testS3(config());
    expect(outcome(steps)).toEqual([
      'Reach the bucket: ok',
      'Write an object: ok',
      'Read it back: ok',
      'Delete it: ok',
    ]);
    expect(steps[1]?.message).toMatch(/^\d+ bytes were written as in\/studyport-test-[0-9a-f-]+\.txt\.$/);
    for (const { milliseconds } of steps) expect(Number.isInteger(milliseconds)).toBe(true);
    const page = await client.send(new ListObjectsV2Command({ Bucket: 'tested' }));
    expect(page.Contents ?? []).toEqual([]);
  });

  test.each([
    [
      'a wrong secret key',
      { secretKey: 'WRONG' },
      ['does not accept the secret key', 'SignatureDoesNotMatch', 'HTTP 403'],
    ],
    [
      'an unknown access key',
      { accessKey: 'NOBODY' },
      ['does not know the access key', 'InvalidAccessKeyId', 'HTTP 403'],
    ],
    ['a missing bucket', { bucket: 'missing' }, ['The bucket does not exist: missing at', 'NoSuchBucket', 'HTTP 404']],
    ['no bucket', { bucket: undefined }, ['The name of the bucket is missing']],
  ])('%s', async (_, more, words) => {
    const steps = await testS3(config(more));
    expect(outcome(steps)).toEqual(['Reach the bucket: failed']);
    for (const word of words) expect(lastMessage(steps)).toContain(word);
    expect(JSON.stringify(steps)).not.toContain('TESTSECRET');
    expect(JSON.stringify(steps)).not.toContain('WRONG');
  });

  test('a wrong path style says so', async () => {
    const endpoint = rgw.endpoint.replace('127.0.0.1', 'studyport.invalid');
    const steps = await testS3(config({ endpoint, forcePathStyle: false }), 3_000);
    expect(lastMessage(steps)).toContain('cannot be reached');
    expect(lastMessage(steps)).toContain('switch path style on');
  });
});

describe('against what is no S3', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function serve(answer: Parameters<typeof createServer>[1]): Promise<string> {
    const server = createServer(answer as never);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  test('nothing listens', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const steps = await testS3({ ...KEYS, bucket: 'b', endpoint }, 3_000);
    expect(outcome(steps)).toEqual(['Reach the bucket: failed']);
    expect(lastMessage(steps)).toContain(`S3 at ${endpoint} cannot be reached: check the endpoint`);
    expect(lastMessage(steps)).toContain('ECONNREFUSED');
  });

  test('it never answers', async () => {
    const endpoint = await serve(() => undefined);
    const steps = await testS3({ ...KEYS, bucket: 'b', endpoint }, 300);
    expect(outcome(steps)).toEqual(['Reach the bucket: failed']);
    expect(lastMessage(steps)).toContain('has not answered in time');
  });

  test.each([
    ['RequestTimeTooSkewed', 403, 'The clock of this machine differs'],
    ['AccessDenied', 403, 'the key needs ListBucket, GetObject, PutObject, DeleteObject'],
    ['PermanentRedirect', 301, 'is in another region'],
    ['AuthorizationHeaderMalformed', 400, 'is in another region'],
    ['SomethingElse', 400, 'S3 at http://127.0.0.1'],
  ])('it answers %s', async (code, status, words) => {
    const endpoint = await serve((_, response) => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as it says</Message></Error>`);
    });
    const steps = await testS3({ ...KEYS, bucket: 'b', endpoint }, 3_000);
    expect(outcome(steps)).toEqual(['Reach the bucket: failed']);
    for (const word of [words, code, `HTTP ${status}`]) expect(lastMessage(steps)).toContain(word);
  });

  test('it is a web server', async () => {
    const endpoint = await serve((_, response) => response.end('<html><body>Welcome</body></html>'));
    const steps = await testS3({ ...KEYS, bucket: 'b', endpoint }, 3_000);
    expect(steps.find(({ ok }) => !ok)?.message).toContain('check that the endpoint is an S3 service');
    const withTls = await testS3({ ...KEYS, bucket: 'b', endpoint: endpoint.replace('http:', 'https:') }, 3_000);
    expect(lastMessage(withTls)).toContain('does not speak TLS: write http:// in place of https://');
  });

  /** A store with one fault, as far as the test of settings looks. */
  function store(fault: 'changes' | 'keeps' | 'refuses-reading') {
    const objects = new Map<string, Buffer>();
    return serve((request, response) => {
      const key = new URL(request.url ?? '/', 'http://x').pathname;
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const object = objects.get(key);
        if (request.method === 'PUT') {
          objects.set(key, Buffer.concat(chunks));
          response.end();
        } else if (request.method === 'DELETE') {
          if (fault !== 'keeps') objects.delete(key);
          response.writeHead(204).end();
        } else if (key.endsWith('.txt') && request.method === 'GET' && fault === 'refuses-reading') {
          response.writeHead(403, { 'content-type': 'application/xml' });
          response.end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
        } else if (key.endsWith('.txt')) {
          if (!object) response.writeHead(404).end();
          else response.end(fault === 'changes' ? Buffer.concat([object, Buffer.from('!')]) : object);
        } else {
          response.setHeader('content-type', 'application/xml');
          response.end('<ListBucketResult><Name>b</Name><KeyCount>0</KeyCount></ListBucketResult>');
        }
      });
    });
  }

  test.each([
    ['changes', 'Read it back', 'What was read is not what was written'],
    ['refuses-reading', 'Read it back', 'S3 denies access to the bucket b'],
    ['keeps', 'Delete it', 'is still there'],
  ] as const)('a store that %s objects', async (fault, name, words) => {
    const endpoint = await store(fault);
    const steps = await testS3({ ...KEYS, bucket: 'b', endpoint }, 3_000);
    const failed = steps.filter(({ ok }) => !ok);
    expect(failed.map((step) => step.name)).toEqual([name]);
    expect(failed[0]?.message).toContain(words);
    // What was written is removed whatever happened before.
    expect(steps.at(-1)?.name).toBe('Delete it');
  });
});
