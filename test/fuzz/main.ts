/** `npm run fuzz`: FUZZ_MINUTES for all targets together (default 5), FUZZ_SEED to repeat a run. */
import { fuzz, fuzzTable, type Row } from './run.ts';
import { pageServerTarget, receiverTarget } from './servers.ts';
import { FUNCTIONS } from './targets.ts';

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 32);
const targets = [...FUNCTIONS, await receiverTarget(), await pageServerTarget()];
const most = (Number(process.env.FUZZ_MINUTES ?? 5) * 60_000) / targets.length;
const rows: Row[] = [];
for (const target of targets) {
  const [row] = await fuzz([target], { inputs: Number.POSITIVE_INFINITY, seed, most });
  rows.push(row!);
  console.log(`${row!.target}: ${row!.inputs} inputs, ${row!.failures.length} failures`);
}
console.log(`\nSeed ${seed}\n\n${fuzzTable(rows)}`);
for (const failure of rows.flatMap(({ failures }) => failures)) console.error(failure);
process.exitCode = rows.every(({ failures }) => failures.length === 0) ? 0 : 1;
