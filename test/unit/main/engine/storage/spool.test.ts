/** What a spool decides and remembers: pauses, verdicts, limits, places, and the order of its queue. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PART_SIZE } from '#main/engine/storage/s3-bucket.ts';
import { EtagHash } from '#main/engine/storage/s3-etag.ts';
import {
  baseOf,
  bucketKey,
  spooledFile,
  spooledName,
  spoolPathOf,
  uploadPlace,
} from '#main/engine/storage/spool-paths.ts';
import { pauseAfter, pauseLeft, verdictOf, whyFull } from '#main/engine/storage/spool-policy.ts';
import { QUEUE_NAME, SpoolQueue, waitingUploads } from '#main/engine/storage/spool-queue.ts';
import { StorageError, type StorageErrorCode } from '#main/engine/storage/storage-backend.ts';
import { createTempFolder } from '../../../../support/temp-folder.ts';

const PLACE = uploadPlace({ bucket: 'b' });

describe('decisions', () => {
  test('a clock that is set back makes nothing wait for longer than the longest pause', () => {
    expect([999, 1000, 1500, 301_000].map((until) => pauseLeft(until, 1000))).toEqual([0, 0, 500, 300_000]);
    expect([301_001, 1e13].map((until) => pauseLeft(until, 1000))).toEqual([0, 0]);
  });

  test('pauses double up to five minutes, each between half and all of it', () => {
    expect([1, 2, 3, 4, 9, 50].map((failures) => pauseAfter(failures, 0))).toEqual([
      500, 1000, 2000, 4000, 128_000, 150_000,
    ]);
    expect(pauseAfter(1, 0.999)).toBeLessThanOrEqual(1000);
    expect(pauseAfter(5000, 0.999)).toBeLessThanOrEqual(300_000);
  });

  test.each([
    ['access-denied', 'stop'],
    ['not-found', 'stop'],
    ['wrong-place', 'stop'],
    ['unreachable', 'service'],
    ['timed-out', 'service'],
    ['disk-full', 'service'],
    ['failed', 'object'],
    ['permission-denied', 'object'],
  ] as const)('%s concerns: %s', (code: StorageErrorCode, verdict) => {
    expect(verdictOf(new StorageError(code, 'words', 'comment'))).toBe(verdict);
    expect(verdictOf(new Error('ours'))).toBe('object');
  });

  test('full by objects or by bytes, with the option that says so', () => {
    const limits = { objects: 10, bytes: 1000 };
    expect(whyFull({ objects: 9, bytes: 999 }, limits)).toBeUndefined();
    expect(whyFull({ objects: 10, bytes: 0 }, limits)?.message).toContain('spoolMaxObjects');
    const byBytes = whyFull({ objects: 0, bytes: 1000 }, limits);
    expect(byBytes).toMatchObject({ code: 'disk-full', message: expect.stringContaining('spoolMaxBytes') });
    expect(byBytes!.comment.length).toBeLessThanOrEqual(64);
  });
});

describe('places', () => {
  test('a path of the spool and a key of the bucket follow from each other', () => {
    for (const [path, key] of [
      ['1.2/1.3/1.4.dcm', 'in/1.2/1.3/1.4.dcm'],
      ['1.2/1.3/1.4~2.dcm', 'in/1.2/1.3/1.4~2.dcm'],
      ['.quarantine/1.4.dcm', 'in/quarantine/1.4.dcm'],
    ] as const) {
      expect(bucketKey('in/', path)).toBe(key);
      expect(spoolPathOf('b', 'in/', `s3://b/${key}`)).toBe(path);
    }
    expect(spooledFile('b', '', '/spool', 's3://b/1.2/1.3/1.4.dcm')).toBe(join('/spool', '1.2', '1.3', '1.4.dcm'));
    for (const location of ['s3://other/1/2/3.dcm', 's3://b/../../etc/passwd.dcm', 's3://b/1/2.dcm', '/1/2/3.dcm']) {
      expect(spooledFile('b', '', '/spool', location)).toBeUndefined();
    }
  });

  test('says what a file is; what is on its way, a lock or a note is none', () => {
    const key = { studyInstanceUid: '1.2', seriesInstanceUid: '1.3', sopInstanceUid: '1.4' };
    expect(spooledName('1.2/1.3/1.4~12.dcm')).toEqual({ place: 'archive', key });
    expect(spooledName('.quarantine/1.4~2.dcm')).toEqual({ place: 'quarantine', name: '1.4' });
    for (const path of ['.incoming/1.part', '.uploads.db', '.quarantine/1.4.txt', '1.2/.x/1.dcm', '1.2/1.3/x/1.dcm']) {
      expect(spooledName(path)).toBeUndefined();
    }
    expect(baseOf('1.2/1.3/1.4~2.dcm')).toBe(baseOf('1.2/1.3/1.4.dcm'));
  });
});

describe('ETags', () => {
  const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest();

  test.each([0, 1, PART_SIZE - 1, PART_SIZE])('%i bytes are one part', (size) => {
    const bytes = Buffer.alloc(size, 7);
    const hash = new EtagHash();
    hash.update(bytes);
    expect(hash.finish()).toBe(md5(bytes).toString('hex'));
  });

  test('more are several, wherever the pieces end', () => {
    const bytes = Buffer.alloc(2 * PART_SIZE + 5, 'abc');
    const parts = [0, 1, 2].map((part) => md5(bytes.subarray(part * PART_SIZE, (part + 1) * PART_SIZE)));
    const expected = `${md5(Buffer.concat(parts)).toString('hex')}-3`;
    for (const step of [PART_SIZE - 1, PART_SIZE, 3_000_001, bytes.length]) {
      const hash = new EtagHash();
      for (let at = 0; at < bytes.length; at += step) hash.update(bytes.subarray(at, at + step));
      expect(hash.finish()).toBe(expected);
    }
  });
});

describe('the queue', () => {
  async function opened(): Promise<{ queue: SpoolQueue; folder: string }> {
    const folder = await createTempFolder('queue');
    const queue = await SpoolQueue.open(folder.path, PLACE);
    onTestFinished(async () => {
      queue.close();
      await folder.remove();
    });
    return { queue, folder: folder.path };
  }

  const factsOf = (size: number, inode = 1n) => ({ size, inode, modified: 1n });
  const upload = (path: string, size = 10, added = 1) => ({
    path,
    file: `s3://b/${path}`,
    facts: factsOf(size),
    sha256: undefined,
    added,
  });
  const paths = (queue: SpoolQueue, now = 0) => queue.due(now, 100).map(({ path }) => path);

  test('gives the oldest first, of one instance only the first, and nothing before it is due', async () => {
    const { queue } = await opened();
    for (const path of ['a/b/1.dcm', 'a/b/1~2.dcm', 'a/b/2.dcm']) queue.add(upload(path));
    expect(paths(queue)).toEqual(['a/b/1.dcm', 'a/b/2.dcm']);
    const [first] = queue.due(0, 1);
    queue.postpone(first!, 500);
    // Its younger brother waits with it: they would change places in the bucket.
    expect(paths(queue)).toEqual(['a/b/2.dcm']);
    expect(paths(queue, 500)).toEqual(['a/b/2.dcm', 'a/b/1.dcm']);
    expect(queue.due(500, 100)[1]).toMatchObject({ attempts: 1 });
    expect(paths(queue, 499)).toEqual(['a/b/2.dcm']);
    queue.hurry(500);
    expect(paths(queue)).toEqual(['a/b/2.dcm']);
    queue.hurry(499);
    expect(paths(queue)).toEqual(['a/b/2.dcm', 'a/b/1.dcm']);
  });

  test('one that fails again and again lets the others go first, and those that come later not', async () => {
    const { queue } = await opened();
    for (const path of ['a/b/1.dcm', 'a/b/2.dcm', 'a/b/3.dcm']) queue.add(upload(path));
    for (const expected of ['1', '2', '3', '1', '2']) {
      const [next] = queue.due(0, 1);
      expect(next!.path).toBe(`a/b/${expected}.dcm`);
      expect(queue.postpone(next!, 0)).toBe(true);
    }
    queue.add(upload('a/b/4.dcm'));
    expect(paths(queue)).toEqual(['a/b/3.dcm', 'a/b/1.dcm', 'a/b/2.dcm', 'a/b/4.dcm']);
  });

  test('a queue that is made anew gives no number again', async () => {
    const { queue, folder } = await opened();
    queue.add(upload('a/b/1.dcm'));
    const [inFlight] = queue.due(0, 1);
    queue.close();
    const anew = await SpoolQueue.open(folder, PLACE, true);
    anew.add(upload('a/b/2.dcm'));
    expect(anew.finish(inFlight!, factsOf(10), 5)).toBe(false);
    expect(anew.postpone(inFlight!, 5)).toBe(false);
    expect(anew.waiting.objects).toBe(1);
    anew.close();
  });

  test('knows a file by more than its path, and an upload by where it went', async () => {
    const { queue, folder } = await opened();
    queue.add(upload('a/b/1.dcm', 10, 5));
    queue.add(upload('a/b/2.dcm', 10, 3));
    expect(queue.oldest).toBe(3);
    queue.finish(queue.due(0, 1)[0]!, factsOf(10, 2n), 5);
    const states = (one: SpoolQueue) =>
      [factsOf(10, 2n), factsOf(11, 2n), factsOf(10)].map((facts) => one.stateOf('a/b/1.dcm', facts));
    expect(states(queue)).toEqual(['uploaded', undefined, undefined]);
    queue.close();
    const other = await SpoolQueue.open(folder, 'another place');
    expect(states(other)).toEqual(['elsewhere', undefined, undefined]);
    other.close();
  });

  test('counts what waits through everything', async () => {
    const { queue, folder } = await opened();
    queue.add(upload('a/b/1.dcm', 10));
    queue.add(upload('a/b/2.dcm', 20));
    expect(queue.waiting).toEqual({ objects: 2, bytes: 30 });
    const [one, two] = queue.due(0, 2);
    expect(queue.finish(one!, factsOf(10), 5)).toBe(true);
    expect(queue.finish(one!, factsOf(10), 5)).toBe(false);
    expect(queue.waiting).toEqual({ objects: 1, bytes: 20 });
    expect(queue.stateOf('a/b/1.dcm')).toBe('uploaded');
    // Another content comes to the place of one whose upload is under way: that end does not count.
    queue.add(upload('a/b/2.dcm', 25));
    expect(queue.finish(two!, factsOf(20), 6)).toBe(false);
    expect(queue.waiting).toEqual({ objects: 1, bytes: 25 });
    expect(await waitingUploads(folder)).toBe(1);
    queue.forget(queue.uploadedBefore(5, 10)[0]!);
    queue.forget(queue.due(0, 1)[0]!);
    expect(queue.waiting).toEqual({ objects: 0, bytes: 0 });
    expect(queue.stateOf('a/b/1.dcm')).toBeUndefined();
    expect(queue.oldest).toBeUndefined();
  });

  test('lives on in its file; one that is damaged is begun anew, one without a place lives in memory', async () => {
    const { queue, folder } = await opened();
    queue.add(upload('a/b/1.dcm'));
    queue.close();
    const again = await SpoolQueue.open(folder, PLACE);
    expect(again.waiting.objects).toBe(1);
    again.close();
    expect(await waitingUploads(folder)).toBe(1);
    writeFileSync(join(folder, QUEUE_NAME), 'damaged');
    expect(await waitingUploads(folder)).toBe(0);
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    writeFileSync(join(folder, 'a', 'b', '1.dcm'), 'nobody knows whether it is uploaded');
    expect(await waitingUploads(folder)).toBe(1);
    const fresh = await SpoolQueue.open(folder, PLACE);
    expect(fresh.waiting.objects).toBe(0);
    fresh.close();
    const inMemory = await SpoolQueue.open(join(folder, 'nowhere'), PLACE);
    inMemory.add(upload('a/b/1.dcm'));
    expect(inMemory.waiting.objects).toBe(1);
    inMemory.close();
    expect(await waitingUploads(join(folder, 'nowhere'))).toBe(0);
  });
});
