/** A receiver that spools for a bucket of a real S3 server, what it says of its uploads, and what the bucket holds. */

import { connect, createServer } from 'node:net';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { ErrorData, FileUploadedData, StoreScp, StoreScpOptions, UploadFailedData } from '#main/engine/index.ts';
import type { Rgw } from './rgw.ts';
import { type Heard, startTestReceiver, type TestReceiver } from './test-receiver.ts';

export type Bucket = {
  readonly name: string;
  readonly client: S3Client;
  readonly keys: () => Promise<string[]>;
  readonly read: (key: string) => Promise<Buffer>;
  /** Keys of uploads that were begun and not ended. */
  readonly unfinished: () => Promise<string[]>;
};

/** A client with the key of the server. Destroy it in the end. */
export function clientOf({ endpoint, accessKey, secretKey }: Rgw): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
}

/** A bucket of that name, made unless `make` is false. */
export async function bucketOf(client: S3Client, name: string, make = true): Promise<Bucket> {
  if (make) await client.send(new CreateBucketCommand({ Bucket: name }));
  return {
    name,
    client,
    keys: async () => {
      const page = await client.send(new ListObjectsV2Command({ Bucket: name }));
      return (page.Contents ?? []).map(({ Key }) => Key ?? '');
    },
    read: async (Key) => {
      const object = await client.send(new GetObjectCommand({ Bucket: name, Key }));
      return Buffer.from(await object.Body!.transformToByteArray());
    },
    unfinished: async () => {
      const page = await client.send(new ListMultipartUploadsCommand({ Bucket: name }));
      return (page.Uploads ?? []).map(({ Key }) => Key ?? '');
    },
  };
}

/** Whether objects may be written into the bucket; reading stays allowed. */
export function allowUploads(client: S3Client, bucket: string, allowed: boolean): Promise<void> {
  return allow(client, bucket, 's3:PutObject', allowed);
}

/** Whether something may be done to the objects of a bucket. */
export async function allow(client: S3Client, Bucket: string, Action: string, allowed: boolean): Promise<void> {
  const Effect = allowed ? 'Allow' : 'Deny';
  const Statement = [{ Effect, Principal: '*', Action, Resource: `arn:aws:s3:::${Bucket}/*` }];
  await client.send(
    new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
  );
}

export type SpoolReceiver = TestReceiver & {
  readonly uploaded: readonly FileUploadedData[];
  readonly failed: readonly Heard<UploadFailedData>[];
  readonly uploadErrors: readonly Heard<ErrorData>[];
};

type S3Options = NonNullable<StoreScpOptions['s3Config']>;

/** The options of a receiver that spools in a folder. */
export function spoolOptions(rgw: Rgw, bucket: string, spoolDir: string, s3: Partial<S3Options> = {}) {
  const { endpoint, accessKey, secretKey } = rgw;
  return {
    storageBackend: 'S3',
    s3Config: { bucket, endpoint, accessKey, secretKey, mode: 'spool', spoolDir, ...s3 },
  } satisfies Partial<StoreScpOptions>;
}

export async function startSpoolReceiver(
  options: Partial<StoreScpOptions>,
  prepare: (scp: StoreScp) => void = () => {},
): Promise<SpoolReceiver> {
  const uploaded: FileUploadedData[] = [];
  const failed: Heard<UploadFailedData>[] = [];
  const receiver = await startTestReceiver({
    ...options,
    prepare: (scp) => {
      scp.onFileUploaded((_, { data }) => uploaded.push(data));
      scp.onUploadFailed((error, event) => failed.push({ ...event, error }));
      prepare(scp);
    },
  });
  return { ...receiver, uploaded, failed, uploadErrors: receiver.errors };
}

export type SlowProxy = { readonly endpoint: string; readonly stop: () => void };

/** Passes on what goes to a server at so many bytes per second over all connections; what comes back goes at once. */
export async function startSlowProxy(endpoint: string, bytesPerSecond: number): Promise<SlowProxy> {
  const STEP = 20;
  const sockets = new Set<{ destroy: () => void }>();
  /** When the line is free again. */
  let free = 0;
  const server = createServer((socket) => {
    const upstream = connect(Number(new URL(endpoint).port), '127.0.0.1');
    for (const end of [socket, upstream]) {
      sockets.add(end);
      end.on('error', () => {});
      end.on('close', () => {
        socket.destroy();
        upstream.destroy();
        sockets.delete(end);
      });
    }
    socket.on('data', (bytes) => {
      socket.pause();
      free = Math.max(free, performance.now()) + (bytes.length / bytesPerSecond) * 1000;
      setTimeout(
        () => {
          if (!upstream.destroyed) upstream.write(bytes);
          socket.resume();
        },
        Math.max(STEP, free - performance.now()),
      );
    });
    upstream.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
