/** One file of a spool on its way into the bucket: through the same sink as anything that is stored directly. */

import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { dataSetOffset, HEAD_BYTES } from './data-set-compare.ts';
import { fileFailure } from './file-failure.ts';
import type { S3Storage } from './s3.ts';
import type { SpooledName } from './spool-paths.ts';
import { type InstanceSink, type SinkTarget, StorageError, type StoredInstance } from './storage-backend.ts';

const READ_SIZE = 1024 * 1024;
const KEPT_FIRST =
  'Another content is stored under this SOP Instance UID and was to be kept (keep-first); this one had been acknowledged before that was known.';

export interface Upload {
  /** The file, absolute. */
  readonly path: string;
  readonly name: SpooledName;
  /** Of the Data Set, where it is known. */
  readonly sha256: string | undefined;
}

/**
 * Uploads a file and confirms that S3 holds its bytes. What the policy for duplicates refuses goes to the quarantine of the
 * bucket: it has been acknowledged.
 * @param progress hears how many bytes have been handed on
 * @throws StorageError
 */
export async function uploadFile(
  s3: S3Storage,
  { path, name, sha256 }: Upload,
  signal: AbortSignal,
  progress: (bytes: number) => void,
): Promise<Omit<StoredInstance, 'outcome'> & { readonly outcome: StoredInstance['outcome'] | 'quarantined' }> {
  const send = (target: SinkTarget) => {
    const sink = s3.createSink(target, { sha256 });
    return sendFile(sink, path, signal, progress);
  };
  if (name.place === 'quarantine') {
    const reason = await readFile(path.replace(/\.dcm$/, '.txt'), 'utf8').catch(() => 'It was put aside.');
    return { ...(await send({ ...name, reason: reason.trim() })), outcome: 'quarantined' };
  }
  const stored = await send({ ...name, metaLength: await metaLengthOf(path) });
  if (stored.outcome !== 'refused') return stored;
  const aside = await send({ place: 'quarantine', name: name.key.sopInstanceUid, reason: KEPT_FIRST });
  return { ...aside, outcome: 'quarantined' };
}

async function sendFile(
  sink: InstanceSink,
  path: string,
  signal: AbortSignal,
  progress: (bytes: number) => void,
): Promise<StoredInstance> {
  const end = () => void sink.abort();
  signal.addEventListener('abort', end, { once: true });
  try {
    for await (const chunk of readingOf(path, signal)) {
      const wait = sink.write(chunk);
      if (wait) await wait;
      progress(chunk.length);
    }
    return await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** The bytes of the file; a failure to read it is one of the disk, not of S3. */
async function* readingOf(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path, { highWaterMark: READ_SIZE, signal });
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw unreadable(error, path);
  } finally {
    stream.destroy();
  }
}

async function metaLengthOf(path: string): Promise<number> {
  try {
    const file = await open(path, 'r');
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
      return dataSetOffset(head.subarray(0, bytesRead)) ?? 0;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(error, path);
  }
}

/** It concerns this file alone, whatever the system calls it. */
function unreadable(error: unknown, path: string): StorageError {
  const { message, comment } = fileFailure(error, dirname(path));
  return new StorageError('failed', `An object of the spool cannot be read. ${message}`, comment, { cause: error });
}
