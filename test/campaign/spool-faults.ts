/** Faults between a spool and its bucket: S3 is down, slow or refuses, and the receiver is killed with a queue. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { startRgw } from '../support/rgw.ts';
import { echo } from '../support/scripted-peer.ts';
import { allowUploads, clientOf, spoolOptions, startSlowProxy } from '../support/spool.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { missingTools } from '../support/tools.ts';
import { Archive, type Campaign } from './campaign.ts';
import type { Ledger } from './ledger.ts';
import { ReceiverProcess } from './receiver-process.ts';
import { send } from './traffic.ts';

const BUCKET = 'campaign';
/** Milliseconds in which the queue has to empty itself when nothing is in the way. */
const PATIENCE = 120_000;
/** Bytes per second of a line that is far slower than what comes in. */
const SLOW = 2_000_000;

/** Needs Ceph RGW. */
export async function spoolFaults(campaign: Campaign, rounds: number): Promise<void> {
  const missing = missingTools(['radosgw', 'ceph-mon', 'ceph-osd', 'curl']);
  if (missing !== undefined) {
    campaign.skipped.push(`a spool to S3 (${missing})`);
    return;
  }
  const temporary = await createTempFolder('campaign');
  const rgw = await startRgw();
  const client = clientOf(rgw);
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const optionsFor = (endpoint: string) => ({
    port: 0,
    host: '127.0.0.1',
    minimumFreeSpace: 0,
    storeWithFileMeta: true,
    ...spoolOptions({ ...rgw, endpoint }, BUCKET, temporary.join('spool')),
  });
  const options = optionsFor(rgw.endpoint);
  const archive = new Archive(temporary.join('bucket'));
  let receiver = await ReceiverProcess.start({ options });
  /** It answers, and everything acknowledged gets into the bucket. */
  const recovered = async (retry?: () => Promise<unknown>) => {
    await echo(receiver.port);
    await fetchAll(client, archive.ledger, temporary.join('bucket'), retry);
    return [];
  };
  try {
    await campaign.fault(
      { fault: 'S3 goes away and comes back, in spool mode', injected: rounds, archive, isHarmless: true },
      async (sending) => {
        for (let round = 0; round < rounds; round++) {
          const sent = send(sending(receiver.port), { each: 6 });
          rgw.kill();
          await sent;
          await send(sending(receiver.port));
          await rgw.restart();
        }
        return await recovered();
      },
    );
    await campaign.fault(
      { fault: 'S3 answers 403 to every upload, in spool mode', injected: rounds, archive, isHarmless: true },
      async (sending) => {
        for (let round = 0; round < rounds; round++) {
          await allowUploads(client, BUCKET, false);
          await send(sending(receiver.port));
          await allowUploads(client, BUCKET, true);
        }
        // As often as a person would ask for it: what is refused just now may still stop the queue after the first time.
        return await recovered(() => receiver.tell({ retryUploads: true }));
      },
    );
    await campaign.fault(
      { fault: 'SIGKILL of the receiver with a queue for S3', injected: rounds, archive },
      async (sending) => {
        for (let round = 0; round < rounds; round++) {
          const sent = send(sending(receiver.port), { each: 50 });
          await send(sending(receiver.port), { each: 3, senders: 1 });
          receiver.kill();
          await Promise.all([sent, receiver.ended()]);
          receiver = await ReceiverProcess.start({ options });
        }
        return await recovered();
      },
    );
    // The queue is empty: what waits goes to the address that it was received for.
    await receiver.stop();
    const proxy = await startSlowProxy(rgw.endpoint, SLOW);
    try {
      receiver = await ReceiverProcess.start({ options: optionsFor(proxy.endpoint) });
      await campaign.fault(
        { fault: 'the line to S3 is slow, in spool mode', injected: rounds, archive, isHarmless: true },
        async (sending) => {
          for (let round = 0; round < rounds; round++) await send(sending(receiver.port));
          return await recovered();
        },
      );
    } finally {
      proxy.stop();
    }
  } finally {
    await receiver.stop();
    client.destroy();
    await rgw.stop();
    await temporary.remove();
  }
}

/** Fetches what is in the bucket, until everything acknowledged is there or the patience is over. */
async function fetchAll(
  client: S3Client,
  ledger: Ledger,
  folder: string,
  retry?: () => Promise<unknown>,
): Promise<void> {
  const limit = performance.now() + PATIENCE;
  const fetched = new Set<string>();
  await mkdir(folder, { recursive: true });
  while (performance.now() < limit) {
    for (const key of await keysOf(client)) {
      if (fetched.has(key)) continue;
      fetched.add(key);
      const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), (await Body?.transformToByteArray()) ?? '');
    }
    if (ledger.audit([folder]).lost.length === 0) return;
    await retry?.();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function keysOf(client: S3Client): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, ...(token !== undefined && { ContinuationToken: token }) }),
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key?.endsWith('.dcm') ? [Key] : [])));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}
