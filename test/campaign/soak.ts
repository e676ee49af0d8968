/**
 * `npm run soak`: the application under mixed load for SOAK_MINUTES (default 5): ten associations, objects from 1 KB to
 * 20 MB, profiles with and without rules, and a spool to S3 where Ceph RGW is installed. Ends with 1 when something was lost.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { quietOptions } from '../support/open-receiver.ts';
import { storedFiles } from '../support/reception.ts';
import { type Rgw, startRgw } from '../support/rgw.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { missingTools } from '../support/tools.ts';
import { Archive, complaints } from './campaign.ts';
import type { Tally } from './ledger.ts';
import type { Measure, SoakAsk, SoakProfile, Verified } from './soak-child.ts';
import { type Sending, send } from './traffic.ts';

const ASSOCIATIONS = 10;
const SIZES = [1_000, 5_000, 60_000, 520_000, 520_000, 520_000, 2_000_000, 20_000_000];
const PERIOD = 5_000;
const BUCKET = 'soak';
/** Ceph keeps its objects in memory here: so many go to the bucket, then its senders go on with the other profiles. */
const MOST_IN_BUCKET = 250;
/** The first part of the time, in which caches and pools fill. */
const WARM_UP = 0.2;

const minutes = Number(process.env.SOAK_MINUTES ?? 5);
const temporary = await createTempFolder('soak');
const folder = (name: string) => temporary.join(name);
const options = (name: string) => ({
  ...quietOptions(folder(name)),
  fsync: true,
  storeWithFileMeta: true,
  checksums: true,
  maxPduLength: 131_072,
});

const missing = missingTools(['radosgw', 'ceph-mon', 'ceph-osd', 'curl']);
const rgw = missing === undefined ? await startRgw() : undefined;
if (missing !== undefined) console.log(`Without a spool to S3: ${missing}`);
const s3 = rgw && (await bucketOf(rgw));

const profiles: SoakProfile[] = [
  { name: 'plain', options: options('plain') },
  { name: 'rules', options: options('rules'), ruleSetId: 'basic' },
  ...(rgw ? [spoolProfile(rgw)] : []),
];
const child = fork(join(import.meta.dirname, 'soak-child.ts'), [JSON.stringify(profiles)], {
  execArgv: ['--no-warnings'],
});
const ask = async <Answer>(what: SoakAsk): Promise<Answer> => {
  const answer = once(child, 'message');
  child.send(what);
  return ((await answer) as [Answer])[0];
};
const [{ ports }] = (await once(child, 'message')) as [{ ports: Record<string, number> }];

// One book for each profile: objects that rules have treated have other names and other bytes.
const books = profiles.map(({ name }) => {
  const tally: Tally = { sent: 0, acknowledged: 0, refused: 0, unanswered: 0 };
  const archive = new Archive(folder(name));
  const sending: Sending = { port: ports[name]!, ledger: archive.ledger, tally, instances: archive.instances };
  return { name, tally, archive, sending };
});

const begun = performance.now();
const elapsed = () => (performance.now() - begun) / 1000;
const measures: (Measure & { readonly at: number })[] = [];
let over = false;
const senders = Array.from({ length: ASSOCIATIONS }, async (_, index) => {
  const own = books[index % books.length]!;
  const isFull = () => own.name === 'spool' && own.tally.sent >= MOST_IN_BUCKET;
  while (!over) {
    const book = isFull() ? books[index % 2]! : own;
    await send(book.sending, { senders: 1, each: 25, sizes: SIZES, until: () => over || (book === own && isFull()) });
  }
});
while (elapsed() < minutes * 60) {
  await new Promise((resolve) => setTimeout(resolve, PERIOD));
  const measure = await ask<Measure>('measure');
  measures.push({ ...measure, at: elapsed() });
  const stored = books.reduce((sum, { tally }) => sum + tally.acknowledged, 0);
  console.log(
    `${elapsed().toFixed(0)} s: ${stored} objects, ${(measure.memory / 1e6).toFixed(0)} MB, ${measure.descriptors} descriptors, loop p99 ${measure.loopP99.toFixed(1)} ms`,
  );
}
over = true;
await Promise.all(senders);
const seconds = elapsed();
const uploadLimit = performance.now() + 10 * 60_000;
while ((await ask<Measure>('measure')).waiting > 0 && performance.now() < uploadLimit) {
  await new Promise((resolve) => setTimeout(resolve, 500));
}
const { verified } = await ask<Verified>('verify');
const { errors } = await ask<Measure>('measure');

const wrong: string[] = [];
for (const { name, tally, archive } of books) {
  if (name === 'plain') wrong.push(...complaints({ fault: name, audit: archive.ledger.audit(archive.folders) }));
  const kept = name === 'spool' ? await keysIn(s3!) : storedFiles(folder(name)).length;
  if (kept < tally.acknowledged) wrong.push(`${name}: ${tally.acknowledged} acknowledged, ${kept} kept`);
  if (tally.refused + tally.unanswered > 0) {
    wrong.push(`${name}: ${tally.refused} refused, ${tally.unanswered} unanswered, although nothing was wrong`);
  }
  const verdict = verified.find((one) => one.name === name);
  if (verdict && (verdict.wrong > 0 || verdict.sound < tally.acknowledged)) {
    wrong.push(`${name}: ${verdict.sound} of ${tally.acknowledged} verified, ${verdict.wrong} not as received`);
  }
}
child.send('close' satisfies SoakAsk);
await once(child, 'exit');
await rgw?.stop();
await temporary.remove();

const warm = measures.filter(({ at }) => at > seconds * WARM_UP);
const total = books.reduce((sum, { tally }) => sum + tally.acknowledged, 0);
const most = (of: (measure: Measure) => number) => Math.max(...warm.map(of));
console.log(
  [
    `${books.map(({ name, tally }) => `${name}: ${tally.acknowledged} objects`).join(', ')}; ${(total / seconds).toFixed(0)} objects/s`,
    `memory: ${(most(({ memory }) => memory) / 1e6).toFixed(0)} MB at most, ${(slope(warm.map(({ at, memory }) => [at / 3600, memory / 1e6])) ?? 0).toFixed(0)} MB per hour after warm-up`,
    `descriptors: ${most(({ descriptors }) => descriptors)} at most; event loop of the main thread: p99 ${most(({ loopP99 }) => loopP99).toFixed(0)} ms, max ${most(({ loopMax }) => loopMax).toFixed(0)} ms`,
    `${errors} error lines in the log`,
    wrong.length === 0 ? 'Nothing was lost.' : wrong.join('\n'),
  ].join('\n'),
);
process.exitCode = wrong.length === 0 ? 0 : 1;

/** The slope of the line that fits best (least squares); undefined for fewer than two points. */
function slope(points: readonly (readonly number[])[]): number | undefined {
  if (points.length < 2) return undefined;
  const mean = (index: number) => points.reduce((sum, point) => sum + point[index]!, 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0]! - x) ** 2, 0);
  return points.reduce((sum, point) => sum + (point[0]! - x) * (point[1]! - y), 0) / spread;
}

function spoolProfile({ endpoint, accessKey, secretKey }: Rgw): SoakProfile {
  const { outDir: _, ...others } = options('spool');
  const s3Config = { bucket: BUCKET, endpoint, accessKey, mode: 'spool', spoolDir: folder('spool') };
  return { name: 'spool', options: { ...others, storageBackend: 'S3', s3Config }, secretKey };
}

async function bucketOf({ endpoint, accessKey, secretKey }: Rgw): Promise<S3Client> {
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return client;
}

async function keysIn(client: S3Client): Promise<number> {
  let keys = 0;
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, ...(token !== undefined && { ContinuationToken: token }) }),
    );
    keys += page.KeyCount ?? 0;
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys;
}
