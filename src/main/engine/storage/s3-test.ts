/** Tries an S3 configuration: reaches the bucket, writes, reads back and removes a small object, and says exactly what goes wrong. */

import { randomUUID } from 'node:crypto';
import type { S3Config } from '#shared/options.ts';
import { S3Bucket } from './s3-bucket.ts';
import { statusOf } from './s3-failure.ts';
import { StorageError } from './storage-backend.ts';
import { withTimeLimit } from './time-limit.ts';

/** One step of the test, in the order in which they were taken. */
export interface S3TestStep {
  readonly name: string;
  readonly ok: boolean;
  /** What was done; or what is wrong, what to do about it, and the code of the service. */
  readonly message: string;
  readonly milliseconds: number;
}

/**
 * Does once what the storage does all the time, under the prefix. Never rejects: what goes wrong is a step.
 * After a failure only what was written is removed again.
 * @param timeLimit milliseconds that each step may take
 */
export async function testS3(config: S3Config, timeLimit = 10_000): Promise<readonly S3TestStep[]> {
  const steps: S3TestStep[] = [];
  const step = async (name: string, work: () => Promise<string>): Promise<boolean> => {
    const start = performance.now();
    const took = () => Math.round(performance.now() - start);
    try {
      // The request ends by itself; what comes before it (credentials, names) may not.
      const message = await withTimeLimit(work(), timeLimit + 1000, () => silence(config, timeLimit));
      steps.push({ name, ok: true, message, milliseconds: took() });
      return true;
    } catch (error) {
      steps.push({ name, ok: false, message: failureWords(error, config), milliseconds: took() });
      return false;
    }
  };

  let bucket: S3Bucket | undefined;
  const name = config.bucket ?? '';
  const key = `${config.prefix ?? ''}studyport-test-${randomUUID()}.txt`;
  const body = Buffer.from(`Studyport wrote this object to test its settings. It may be deleted.\n${key}\n`);
  const connected = await step('Reach the bucket', async () => {
    if (name === '') throw new Error('The name of the bucket is missing: give one.');
    bucket = await S3Bucket.connect({ ...config, bucket: name }, timeLimit);
    await bucket.check();
    return `The bucket ${name} at ${config.endpoint ?? 'AWS'} can be reached and listed.`;
  });
  if (bucket === undefined) return steps;
  const open = bucket;
  try {
    if (!connected) return steps;
    const written = await step('Write an object', async () => {
      await open.put(key, body, 'text/plain; charset=utf-8', true);
      return `${body.length} bytes were written as ${key}.`;
    });
    if (!written) return steps;
    await step('Read it back', async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of open.read(key)) chunks.push(chunk);
      if (!Buffer.concat(chunks).equals(body)) {
        throw new Error('What was read is not what was written: check that the endpoint is an S3 service.');
      }
      return 'What was read is what was written.';
    });
    await step('Delete it', async () => {
      await open.remove(key);
      if ((await open.find(key)) !== undefined) {
        throw new Error(`S3 accepted the deletion, but ${key} is still there: check whether the bucket locks objects.`);
      }
      return 'The object is gone again.';
    });
    return steps;
  } finally {
    open.destroy();
  }
}

function silence(config: S3Config, timeLimit: number): string {
  const credentials =
    config.accessKey === undefined ? ', and that the default credentials of AWS are set up on this machine' : '';
  const service = config.endpoint ?? 'AWS';
  return `S3 at ${service} has not answered within ${timeLimit / 1000} seconds: check the endpoint and the network${credentials}.`;
}

/** The words of the storage, the code by which the service or the system calls it, and what these alone do not tell. */
function failureWords(error: unknown, config: S3Config): string {
  const { message } = error as Error;
  if (!(error instanceof StorageError)) return message;
  const cause = error.cause as { readonly name?: string; readonly code?: string } | undefined;
  const status = statusOf(cause);
  const code = cause?.code ?? cause?.name;
  const known = [code, status === undefined ? undefined : `HTTP ${status}`].filter(
    (part) => part !== undefined && part !== 'Error' && !message.includes(part),
  );
  const isNameProblem = code === 'ENOTFOUND' || code === 'EAI_AGAIN';
  const hint =
    isNameProblem && config.forcePathStyle === false
      ? ` The name of the bucket was put before the host name (${config.bucket}.…): if the service has no such names, switch path style on.`
      : '';
  return `${message}${known.length > 0 ? ` [${known.join(', ')}]` : ''}${hint}`;
}
