/** Nearly right input to everything that reads what strangers send: answered or refused, never a crash. `npm run fuzz` does it at length. */
import { expect, test } from 'vitest';
import { fuzz, fuzzTable } from '../fuzz/run.ts';
import { pageServerTarget, receiverTarget } from '../fuzz/servers.ts';
import { FUNCTIONS } from '../fuzz/targets.ts';

test('thousands of changed inputs are answered or refused', { timeout: 240_000 }, async () => {
  const targets = [...FUNCTIONS, await receiverTarget(), await pageServerTarget()];
  const rows = await fuzz(targets, { inputs: 10_000, seed: 20_261_124 });
  console.log(fuzzTable(rows));
  expect(rows.flatMap(({ failures }) => failures)).toEqual([]);
  // A target that says one and the same to everything has not been reached.
  expect(rows.filter(({ answers }) => answers < 4).map(({ target }) => target)).toEqual([]);
});

test('a crash is told with the input that makes it again', async () => {
  const reads = (input: Uint8Array) => {
    if (input[1] === 0xff) throw new TypeError('a mistake of ours');
    return 'read';
  };
  const target = { name: 'broken', takes: 'bytes', seeds: [Buffer.from('0102030405', 'hex')], run: reads } as const;
  const [row] = await fuzz([target], { inputs: 20_000, seed: 1 });
  expect(row!.failures.length).toBeGreaterThan(0);
  const input = Buffer.from(row!.failures[0]!.split('\n').at(-1)!, 'base64');
  expect(() => reads(input)).toThrow('a mistake of ours');
});
