/**
 * `npm run bench`: our receiver against DCMTK storescp and Orthanc, in one run and by turns, so that whatever else the
 * machine does hits all of them. It prints figures; people compare them. It never fails because something was slow.
 *
 *   --rounds N     rounds per workload, the median counts (3)
 *   --only TEXT    only workloads or receivers whose name contains TEXT; may be repeated
 *   --quick        one round of a tenth of the objects
 *   --out FILE     writes the Markdown there, too
 */
import { execFileSync, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createBenchFolder, emptyBenchFolder, warmPageCache } from './bench-folders.ts';
import {
  askChild,
  DCMTK,
  forgetPeaks,
  memoryOf,
  ORTHANC,
  type ReceiverKind,
  STUDYPORT,
  STUDYPORT_EDIT,
  STUDYPORT_FSYNC,
} from './receivers.ts';
import {
  figure,
  type Goal,
  goalTable,
  machine,
  RESULT_HEAD,
  type Run,
  resultRow,
  type Summary,
  summarize,
  table,
} from './report.ts';
import type { Job, SenderCommand, SenderReport } from './sender.ts';

const KB = 1024;
const MB = 1024 * KB;

type Workload = {
  readonly name: string;
  readonly size: number;
  readonly count: number;
  readonly associations: number;
  readonly receivers: readonly ReceiverKind[];
  /** How many times DCMTK's throughput is the goal without fsync. */
  readonly goal: number;
};

const EVERYBODY = [STUDYPORT, DCMTK, STUDYPORT_FSYNC, ORTHANC];

const WORKLOADS: readonly Workload[] = [
  { name: '8 KB × 2,000', size: 8 * KB, count: 2000, associations: 1, receivers: EVERYBODY, goal: 1 },
  { name: '8 KB × 2,000, 4 associations', size: 8 * KB, count: 2000, associations: 4, receivers: EVERYBODY, goal: 1.5 },
  { name: '512 KB × 400', size: 512 * KB, count: 400, associations: 1, receivers: EVERYBODY, goal: 1 },
  {
    name: '512 KB × 400, 4 associations',
    size: 512 * KB,
    count: 400,
    associations: 4,
    receivers: EVERYBODY,
    goal: 1.5,
  },
  { name: '15 MB × 20', size: 15 * MB, count: 20, associations: 1, receivers: EVERYBODY, goal: 1 },
  { name: '256 MB × 4', size: 256 * MB, count: 4, associations: 1, receivers: EVERYBODY, goal: 1 },
  { name: '1 GB × 1', size: 1024 * MB, count: 1, associations: 1, receivers: [STUDYPORT, DCMTK], goal: 0 },
];

/** The same objects with and without edits, by turns. */
const EDIT_WORKLOADS: readonly Workload[] = [8 * KB, 512 * KB].map((size) => ({
  name: `edits, ${size / KB} KB × ${size === 8 * KB ? '2,000' : '400'}`,
  size,
  count: size === 8 * KB ? 2000 : 400,
  associations: 1,
  receivers: [STUDYPORT, STUDYPORT_EDIT],
  goal: 0,
}));

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const rounds = options.quick ? 1 : Number(options.rounds);
const rows: string[][] = [];
const goals: Goal[] = [];
const notes = new Set<string>();

const progress = (text: string) => process.stderr.write(`${text}\n`);

/** `--only` may name workloads, receivers or both; each kind is only narrowed when something of its kind is named. */
function chosen<Item extends { readonly name: string }>(items: readonly Item[]): readonly Item[] {
  const named = items.filter(({ name }) =>
    options.only.some((text) => name.toLowerCase().includes(text.toLowerCase())),
  );
  return named.length > 0 ? named : items;
}

/**
 * Objects per association. A receiver runs for days: what is measured is not the first thousand objects of a process, in
 * which V8 compiles what they need. Everybody gets the same.
 */
function warmUpOf({ size, associations }: Workload, count: number): number {
  if (size <= 512 * KB) return Math.ceil((options.quick ? 100 : 1000) / associations);
  return count >= 20 ? Math.ceil(count / 20 / associations) : 0;
}

async function runOnce(workload: Workload, kind: ReceiverKind): Promise<Run> {
  const folder = await createBenchFolder();
  const receiver = await kind.start(folder.path);
  const sender = fork(join(import.meta.dirname, 'sender.ts'), { serialization: 'advanced' });
  const ask = (command: SenderCommand) => askChild<SenderCommand, SenderReport>(sender, command);
  try {
    const count = options.quick ? Math.max(Math.ceil(workload.count / 10), workload.associations) : workload.count;
    const job: Job = {
      port: receiver.port,
      size: workload.size,
      count,
      associations: workload.associations,
      warmUp: warmUpOf(workload, count),
    };
    await ask({ type: 'prepare', job });
    warmPageCache(folder, workload.size * count);
    if (workload.count === 1) forgetPeaks(receiver.processes());
    const before = memoryOf(receiver.processes());
    await receiver.begin();
    const done = await ask({ type: 'go' });
    if (done.type !== 'done') throw new Error(`the sender said ${done.type}`);
    const { loop } = await receiver.end();
    const after = memoryOf(receiver.processes());
    await ask({ type: 'release' });
    return {
      seconds: done.seconds,
      objects: done.latencies.length,
      bytes: done.latencies.length * workload.size,
      latencies: done.latencies,
      memory: { current: before.current, peak: after.peak },
      ...(loop && { loop }),
    };
  } finally {
    sender.kill('SIGKILL');
    await receiver.stop();
    await emptyBenchFolder(folder);
  }
}

async function measure(workload: Workload): Promise<Map<ReceiverKind, Summary & { readonly added: number }>> {
  const runs = new Map<ReceiverKind, Run[]>();
  const kinds = chosen(workload.receivers).filter((kind) => {
    const reason = kind.missing();
    if (reason !== undefined) notes.add(`${kind.name} was left out: ${reason}.`);
    return reason === undefined;
  });
  for (let round = 1; round <= rounds; round += 1) {
    for (const kind of kinds) {
      const run = await runOnce(workload, kind);
      progress(
        `${workload.name} · ${kind.name} · round ${round}: ${figure(run.objects / run.seconds)} objects/s, ` +
          `${figure(run.bytes / run.seconds / 1e6)} MB/s`,
      );
      runs.set(kind, [...(runs.get(kind) ?? []), run]);
    }
  }
  const summaries = new Map<ReceiverKind, Summary & { readonly added: number }>();
  for (const [kind, list] of runs) {
    const summary = summarize(list);
    const added = Math.max(...list.map(({ memory }) => memory.peak - memory.current));
    summaries.set(kind, { ...summary, added });
    rows.push(resultRow(workload.name, kind.name, summary));
  }
  return summaries;
}

function compare(
  workload: Workload,
  of: Summary | undefined,
  to: Summary | undefined,
  name: string,
  goal: number,
): void {
  if (!of || !to || goal === 0) return;
  const ratio = of.objectsPerSecond / to.objectsPerSecond;
  goals.push({
    text: `${workload.name}: ≥ ${goal.toFixed(1)} × ${name}`,
    measured: `${ratio.toFixed(2)} ×`,
    met: ratio >= goal,
  });
}

async function main(): Promise<void> {
  const build = join(import.meta.dirname, '../../scripts/build.js');
  if (existsSync(build)) {
    try {
      execFileSync(process.execPath, [build], { stdio: ['ignore', 2, 2] });
    } catch {
      notes.add('The build failed; what was built before is measured, if anything.');
    }
  }
  const loops: number[] = [];
  for (const workload of chosen([...WORKLOADS, ...EDIT_WORKLOADS])) {
    const found = await measure(workload);
    const own = found.get(STUDYPORT);
    if (own?.loopP99 !== undefined) loops.push(own.loopP99);
    compare(workload, own, found.get(DCMTK), 'DCMTK', workload.goal);
    compare(
      workload,
      found.get(STUDYPORT_FSYNC),
      found.get(ORTHANC),
      'Orthanc, both with fsync',
      workload.goal > 0 ? 2.5 : 0,
    );
    if (own && workload.count === 1) {
      goals.push({
        text: 'a 1 GB object adds < 64 MB of memory',
        measured: `${figure(own.added / 1e6)} MB`,
        met: own.added < 64e6,
      });
    }
    const edited = found.get(STUDYPORT_EDIT);
    if (own && edited) {
      const cost = 1 - edited.objectsPerSecond / own.objectsPerSecond;
      goals.push({
        text: `${workload.name}: ten tags and two changes cost < 15 %`,
        measured: `${(cost * 100).toFixed(1)} %`,
        met: cost < 0.15,
      });
    }
  }
  if (loops.length > 0) {
    const worst = Math.max(...loops);
    goals.push({ text: 'event loop delay p99 < 10 ms', measured: `${figure(worst)} ms`, met: worst < 10 });
  }
  const text = [
    `${machine()}`,
    `Median of ${rounds} alternating rounds; one object in flight per association; after a warm-up of 1,000 objects (up to 512 KB) or a twentieth (more); without fsync unless said.${options.quick ? ' Quick run: a tenth of the objects.' : ''}`,
    table(RESULT_HEAD, rows),
    ...(goals.length > 0 ? [goalTable(goals)] : []),
    ...notes,
  ].join('\n\n');
  process.stdout.write(`${text}\n`);
  if (options.out !== undefined) await writeFile(options.out, `${text}\n`);
}

await main();
