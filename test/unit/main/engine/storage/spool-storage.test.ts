/** What a spool believes of its folder and its queue while S3 is away: nothing that lies there is taken for uploaded. */
import { mkdirSync, readdirSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SpoolStorage, type SpoolStorageOptions } from '#main/engine/storage/spool.ts';
import { uploadPlace } from '#main/engine/storage/spool-paths.ts';
import { type QueuedUpload, SpoolQueue } from '#main/engine/storage/spool-queue.ts';
import { createTempFolder, type TempFolder } from '../../../../support/temp-folder.ts';

const KEY = { studyInstanceUid: '1', seriesInstanceUid: '2', sopInstanceUid: '3' };
const ENDPOINT = 'http://127.0.0.1:9';
const PLACE = uploadPlace({ endpoint: ENDPOINT, bucket: 'b' });
const PATH = '1/2/3.dcm';
const OLD = Buffer.from('what was there first');
const NEW = Buffer.from('what came later, and'); // as long

let folder: TempFolder;
let notes: string[];
let open: SpoolStorage[];

beforeEach(async () => {
  folder = await createTempFolder('spool');
  notes = [];
  open = [];
});

afterEach(async () => {
  for (const storage of open) await storage.close();
  await folder.remove();
});

async function spool(change: Partial<SpoolStorageOptions> = {}): Promise<SpoolStorage> {
  const storage = new SpoolStorage({
    bucket: 'b',
    endpoint: ENDPOINT,
    accessKey: 'A',
    secretKey: 'B',
    onDuplicate: 'replace',
    spoolDir: folder.path,
    limits: { objects: 100, bytes: 1e9 },
    keepDays: 1,
    reserve: 0,
    parallelUploads: 1,
    listener: { uploaded: () => {}, failed: () => {}, note: (message) => notes.push(message) },
    ...change,
  });
  await storage.open();
  open.push(storage);
  return storage;
}

async function stop(storage: SpoolStorage): Promise<void> {
  open = open.filter((one) => one !== storage);
  await storage.close();
}

async function store(storage: SpoolStorage, bytes: Uint8Array) {
  const sink = storage.createSink({ place: 'archive', key: KEY, metaLength: 0 });
  await sink.write(bytes);
  return await sink.commit();
}

/** Changes the queue of a spool that nobody has open. */
async function inQueue(change: (queue: SpoolQueue) => void): Promise<void> {
  const queue = await SpoolQueue.open(folder.path, PLACE);
  change(queue);
  queue.close();
}

const fileOf = (path: string) => join(folder.path, path);

function factsOf(path: string) {
  const { size, dev, ino, mtimeNs } = statSync(fileOf(path), { bigint: true });
  return { size: Number(size), device: dev, inode: ino, modified: mtimeNs };
}

/** The state of a spool after an object was uploaded and its copy kept. */
async function uploadedOnce(): Promise<void> {
  const storage = await spool();
  await store(storage, OLD);
  await stop(storage);
  await inQueue((queue) => {
    const [entry] = queue.due(Number.MAX_SAFE_INTEGER, 1) as [QueuedUpload];
    queue.finish(entry, factsOf(PATH), Date.now());
  });
}

/** What a receiver leaves that was killed after the rename and before it could write into its queue. */
function replaceBehindTheQueue(): void {
  const part = fileOf('.incoming/part');
  mkdirSync(dirname(part), { recursive: true });
  writeFileSync(part, NEW);
  renameSync(part, fileOf(PATH));
}

const waiting = (storage: SpoolStorage) => storage.uploads.state().waiting;

describe('an object that was uploaded', () => {
  test('is left alone, also when it is sent again', async () => {
    await uploadedOnce();
    const storage = await spool();
    expect(await store(storage, OLD)).toMatchObject({ outcome: 'equal', location: `s3://b/${PATH}` });
    await expect.poll(() => storage.uploads.state().state).not.toBe('uploading');
    expect(waiting(storage)).toBe(0);
  });

  test('another file at its place waits, whatever the queue says of the path', async () => {
    await uploadedOnce();
    replaceBehindTheQueue();
    const storage = await spool({ keepDays: 0 });
    await expect.poll(() => waiting(storage)).toBe(1);
    expect(readdirSync(dirname(fileOf(PATH)))).toEqual(['3.dcm']);
  });

  test('another file at its place that is sent again before the folder was looked through waits', async () => {
    await uploadedOnce();
    replaceBehindTheQueue();
    const storage = await spool();
    expect(await store(storage, NEW)).toMatchObject({ outcome: 'equal', spooled: fileOf(PATH) });
    expect(waiting(storage)).toBe(1);
  });

  test('is uploaded once more when it is sent to another bucket or server', async () => {
    for (const change of [{ bucket: 'c' }, { prefix: 'p/' }, { endpoint: 'http://127.0.0.1:10' }]) {
      await uploadedOnce();
      const storage = await spool(change);
      expect(await store(storage, OLD)).toMatchObject({ outcome: 'equal', spooled: fileOf(PATH) });
      expect(waiting(storage)).toBe(1);
      await stop(storage);
    }
  });
});

test('the age of what waits outlives a queue that is made anew', async () => {
  const first = await spool();
  await store(first, OLD);
  await stop(first);
  utimesSync(fileOf(PATH), 1000, 1000);
  for (const name of readdirSync(folder.path).filter((one) => one.startsWith('.uploads'))) unlinkSync(fileOf(name));
  const storage = await spool();
  await expect.poll(() => storage.uploads.state().oldest).toBe(1_000_000);
});

test('is not done before the folder has been looked through', async () => {
  const storage = await spool();
  expect(storage.uploads.state().state).toBe('uploading');
  await expect.poll(() => storage.uploads.state().state).not.toBe('uploading');
});

test('a copy that cannot be removed does not keep the others', async () => {
  const kept = ['1/2/4.dcm', '1/2/5.dcm'];
  mkdirSync(fileOf('1/2'), { recursive: true });
  // Longer than any name may be: it cannot even be looked at.
  const bad = `1/2/${'9'.repeat(300)}.dcm`;
  for (const path of kept) writeFileSync(fileOf(path), OLD);
  await inQueue((queue) => {
    for (const path of [bad, ...kept]) {
      const facts = factsOf(path === bad ? kept[0]! : path);
      queue.add({ path, file: `s3://b/${path}`, facts, sha256: undefined, added: 1 });
    }
    for (const entry of queue.due(1, 10)) queue.finish(entry, factsOf(entry.path === bad ? kept[0]! : entry.path), 1);
  });
  await spool({ keepDays: 0 });
  await expect
    .poll(() => kept.map((path) => statSync(fileOf(path), { throwIfNoEntry: false })))
    .toEqual([undefined, undefined]);
  // On a busy machine the uploader has found out by now that there is no S3.
  const others = notes.filter((note) => !note.startsWith('Uploads wait: S3 at http://127.0.0.1:9 cannot be reached'));
  expect(others).toEqual(['A copy of an uploaded object could not be removed from the spool; it is tried again.']);
});
