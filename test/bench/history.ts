/**
 * `npm run bench:history`: the history with 1,000,000 instances in 25,000 studies. It prints how fast they go in, how long
 * lists and searches take as the receiver sees them (thread included), and what the main thread notices of it. It never
 * fails because something was slow.
 *
 *   --instances N   (1000000)
 *   --keep DIR      uses, or makes, the database in DIR and leaves it there
 */
import { mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { History, type HistoryCalls, type HistoryRecord } from '#main/receiver/history.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { percentile } from './report.ts';

const { values: options } = parseArgs({
  options: { instances: { type: 'string' }, keep: { type: 'string' }, 'fill-only': { type: 'boolean' } },
});
const INSTANCES = Number(options.instances ?? 1_000_000);
const PER_SERIES = 20;
const SERIES = 2;
const CHUNK = 20_000;
const ROUNDS = 100;

const SURNAMES = 'Müller Schmidt Øvergård Nguyen Kowalski Rossi Ivanova García Yılmaz Svensson Tanaka Dubois'.split(
  ' ',
);
const NAMES = 'Anna Björn Chloé Dmitri Emma François Giulia Hans Inês Jürgen'.split(' ');
const MODALITIES = ['CT', 'MR', 'US', 'CR', 'DX', 'MG', 'PT', 'XA'];

/** Instance number `index` of all, the same in every run. */
function instance(index: number): HistoryRecord {
  const series = Math.floor(index / PER_SERIES);
  const study = Math.floor(series / SERIES);
  const studyInstanceUid = `1.2.826.0.1.3680043.8.498.45787841905.${study}`;
  const seriesInstanceUid = `${studyInstanceUid}.${series % SERIES}`;
  const sopInstanceUid = `${seriesInstanceUid}.${index % PER_SERIES}`;
  const name = `${SURNAMES[study % SURNAMES.length]}${study % 997}^${NAMES[study % NAMES.length]}`;
  return {
    kind: 'instance',
    profileId: `profile-${study % 3}`,
    file: `/archive/incoming/${studyInstanceUid}/${seriesInstanceUid}/${sopInstanceUid}.dcm`,
    sopInstanceUid,
    sopClassUid: `1.2.840.10008.5.1.4.1.1.${study % 8}`,
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    studyInstanceUid,
    seriesInstanceUid,
    tags: {
      PatientName: name,
      PatientID: `PAT-${String(study * 7919).padStart(9, '0')}`,
      AccessionNumber: `ACC${String(study).padStart(8, '0')}`,
      StudyDate: `20${String(10 + (study % 16)).padStart(2, '0')}${String(1 + (study % 12)).padStart(2, '0')}15`,
      StudyDescription: `Examination ${study % 131} of the ${study % 2 === 0 ? 'chest' : 'abdomen'}`,
      Modality: MODALITIES[study % MODALITIES.length]!,
      SeriesNumber: String(1 + (series % SERIES)),
      SeriesDescription: `Series ${series % SERIES}`,
      InstanceNumber: String(1 + (index % PER_SERIES)),
    },
    size: 524_288 + (index % 1000),
    outcome: 'new',
    received: 1_700_000_000_000 + index * 20,
    associationId: `profile-0:${Math.floor(study / 3)}`,
    test: false,
  };
}

const milliseconds = (value: number) => `${value.toFixed(1)} ms`;

/** What the histogram counts beyond its own interval. */
const delayOf = (nanoseconds: number) => milliseconds(Math.max(0, nanoseconds / 1e6 - 5));

async function fill(history: History): Promise<void> {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const start = performance.now();
  for (let from = 0; from < INSTANCES; from += CHUNK) {
    const until = Math.min(from + CHUNK, INSTANCES);
    // As a receiver does: some at a time, and the event loop goes on in between.
    for (let at = from; at < until; at += 100) {
      history.record(Array.from({ length: Math.min(100, until - at) }, (_, index) => instance(at + index)));
      await new Promise((resume) => setImmediate(resume));
    }
    await history.flush();
    const rate = until / ((performance.now() - start) / 1000);
    process.stderr.write(`\r${until} instances, ${Math.round(rate)} a second   `);
  }
  const seconds = (performance.now() - start) / 1000;
  process.stderr.write('\n');
  console.log(`| Insert | ${Math.round(INSTANCES / seconds)} instances/s |`);
  console.log(
    `| Main thread while inserting: event loop delay | p50 ${delayOf(delays.percentile(50))}, p99 ${delayOf(delays.percentile(99))}, max ${delayOf(delays.max)} |`,
  );
}

const list = (more: object): HistoryCalls['studies-list'][0] => ({
  offset: 0,
  limit: 100,
  search: '',
  sort: 'lastReceived',
  descending: true,
  ...more,
});

type Question<Name extends keyof HistoryCalls = keyof HistoryCalls> = readonly [
  string,
  Name,
  (round: number) => unknown,
];

const STUDIES = Math.ceil(INSTANCES / PER_SERIES / SERIES);
const QUESTIONS: readonly Question[] = [
  ['studies, first page', 'studies-list', () => list({})],
  ['studies, last page', 'studies-list', () => list({ offset: Math.max(0, STUDIES - 100) })],
  [
    'studies, last page by name',
    'studies-list',
    () => list({ sort: 'patientName', offset: Math.max(0, STUDIES - 100) }),
  ],
  ['studies, first page by size', 'studies-list', () => list({ sort: 'bytes' })],
  ['studies, of one profile by name', 'studies-list', () => list({ profileId: 'profile-1', sort: 'patientName' })],
  ['studies, middle page of one modality', 'studies-list', () => list({ modality: 'CT', offset: 1000 })],
  ['studies, of a year', 'studies-list', () => list({ from: '20150101', to: '20151231', sort: 'studyDate' })],
  ['search, common word', 'studies-list', () => list({ search: 'chest' })],
  ['search, one patient', 'studies-list', (round) => list({ search: `muller${(round * 12) % 997}` })],
  ['search, two words', 'studies-list', () => list({ search: 'GARCÍA abdomen' })],
  ['search, part of an ID', 'studies-list', (round) => list({ search: `${7919 * (round + 5)}` })],
  ['search, one letter', 'studies-list', () => list({ search: 'ü' })],
  ['search, nothing found', 'studies-list', () => list({ search: 'zzzzzz' })],
  ['filter by name', 'studies-list', () => list({ patientName: 'kowalski' })],
  ['one study', 'study-get', (round) => ({ studyId: 1 + ((round * 7919) % STUDIES) })],
  [
    'instances of a series',
    'instances-list',
    (round) => ({ seriesId: 1 + ((round * 7919) % STUDIES), offset: 0, limit: 100 }),
  ],
  ['one instance', 'instance-location', (round) => ({ instanceId: 1 + ((round * 7919) % INSTANCES) })],
];

async function ask(history: History): Promise<void> {
  for (const [label, name, argumentOf] of QUESTIONS) {
    const times: number[] = [];
    // Of all threads: what it costs where the machine is busy with other things.
    const work: number[] = [];
    let total: number | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      const before = process.cpuUsage();
      const answer = await history.call(name, argumentOf(round) as never);
      const { user, system } = process.cpuUsage(before);
      times.push(performance.now() - start);
      work.push((user + system) / 1000);
      if (!answer.ok) throw new Error(`${label}: ${answer.error.message}`);
      if ('total' in (answer.value ?? {})) total = (answer.value as unknown as { total: number }).total;
    }
    times.sort((a, b) => a - b);
    work.sort((a, b) => a - b);
    const found = total === undefined ? '' : `, ${total} found`;
    console.log(
      `| ${label}${found} | median ${milliseconds(percentile(times, 0.5))}, p99 ${milliseconds(percentile(times, 0.99))}, CPU median ${milliseconds(percentile(work, 0.5))} |`,
    );
  }
}

/** Lists while files come in: 500 a second for five seconds. */
async function askWhileReceiving(history: History): Promise<void> {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  const times: number[] = [];
  let next = INSTANCES;
  const timer = setInterval(() => {
    history.record(Array.from({ length: 25 }, () => instance(next++)));
  }, 50);
  delays.enable();
  const until = performance.now() + 5_000;
  for (let round = 0; performance.now() < until; round++) {
    const start = performance.now();
    await history.call('studies-list', list(round % 2 === 0 ? {} : { search: 'muller' }));
    times.push(performance.now() - start);
    await new Promise((resume) => setTimeout(resume, 20));
  }
  clearInterval(timer);
  await history.flush();
  times.sort((a, b) => a - b);
  console.log(
    `| list and search at 500 instances/s | median ${milliseconds(percentile(times, 0.5))}, p99 ${milliseconds(percentile(times, 0.99))} |`,
  );
  console.log(
    `| Main thread meanwhile: event loop delay | p99 ${delayOf(delays.percentile(99))}, max ${delayOf(delays.max)} |`,
  );
}

const temporary = options.keep === undefined ? await createTempFolder('history') : undefined;
const folder = options.keep ?? temporary!.path;
mkdirSync(folder, { recursive: true });
try {
  const openStart = performance.now();
  let { history } = await History.open(folder);
  const before = await history.call('studies-list', list({ limit: 1 }));
  console.log('| What | Time |\n| --- | --- |');
  if (!before.ok || before.value.total < STUDIES) {
    await fill(history);
    await history.close();
    const start = performance.now();
    ({ history } = await History.open(folder));
    console.log(`| Open | ${milliseconds(performance.now() - start)} |`);
  } else console.log(`| Open | ${milliseconds(performance.now() - openStart)} |`);
  const { size } = await stat(join(folder, 'history.db'));
  console.log(`| Database | ${Math.round(size / 1024 / 1024)} MB for ${INSTANCES} instances in ${STUDIES} studies |`);
  if (!options['fill-only']) {
    await ask(history);
    await askWhileReceiving(history);
  }
  await history.close();
} finally {
  await temporary?.remove();
}
