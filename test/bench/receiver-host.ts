/**
 * `npm run bench:host`: what the application costs. The engine alone, the engine with the tags that the history needs, and
 * the application with its worker thread, history and events, by turns, on the same objects. It prints the throughput of
 * each, by how much the main thread was late, which in Electron is the thread of the window, and the processor time of all
 * threads, history included, for each object. Files go to a file system in memory where there is one. It never fails
 * because something was slow.
 *
 *   --rounds N   rounds per workload, the median counts (3)
 *   --quick      one round of a tenth of the objects
 */
import { parseArgs } from 'node:util';
import type { HostKind } from './host-child.ts';
import { type Measured, runOnce } from './host-run.ts';
import { figure, type Goal, goalTable, machine, median, table } from './report.ts';

const KB = 1024;
const WORKLOADS = [
  { name: '8 KB × 4,000', size: 8 * KB, count: 4000, associations: 1 },
  { name: '8 KB × 4,000, 4 associations', size: 8 * KB, count: 4000, associations: 4 },
  { name: '512 KB × 1,600', size: 512 * KB, count: 1600, associations: 1 },
  { name: '512 KB × 1,600, 4 associations', size: 512 * KB, count: 1600, associations: 4 },
] as const;
const KINDS: readonly HostKind[] = ['engine', 'engine with tags', 'application'];

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, quick: { type: 'boolean', default: false } },
});
const rounds = options.quick ? 1 : Number(options.rounds);

const rows: string[][] = [];
const goals: Goal[] = [];
for (const workload of WORKLOADS) {
  const runs = new Map<HostKind, Measured[]>(KINDS.map((kind) => [kind, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const kind of KINDS) {
      const count = options.quick ? Math.ceil(workload.count / 10) : workload.count;
      const measured = await runOnce({ ...workload, count }, kind);
      runs.get(kind)?.push(measured);
      process.stderr.write(`${workload.name} · ${kind} · round ${round}: ${figure(measured.perSecond)} objects/s\n`);
    }
  }
  const speed = (kind: HostKind) => median((runs.get(kind) ?? []).map(({ perSecond }) => perSecond));
  for (const kind of KINDS) {
    const list = runs.get(kind) ?? [];
    const p99 = Math.max(...list.map((run) => run.p99));
    rows.push([
      workload.name,
      kind,
      figure(speed(kind)),
      figure((speed(kind) * workload.size) / 1e6),
      figure(p99),
      figure(Math.max(...list.map(({ max }) => max))),
      figure(median(list.map(({ cpu }) => cpu))),
    ]);
    if (kind === 'application') {
      goals.push({
        text: `${workload.name}: main thread late p99 < 20 ms`,
        measured: `${figure(p99)} ms`,
        met: p99 < 20,
      });
    }
  }
  for (const kind of ['engine', 'engine with tags'] as const) {
    const ratio = speed('application') / speed(kind);
    goals.push({
      text: `${workload.name}: ≥ 0.95 × ${kind}`,
      measured: `${ratio.toFixed(2)} ×`,
      met: ratio >= 0.95,
    });
  }
}
const head = ['Workload', 'What', 'objects/s', 'MB/s', 'late p99 (ms)', 'late max (ms)', 'CPU ms/object'];
process.stdout.write(`${[machine(), table(head, rows), goalTable(goals)].join('\n\n')}\n`);
