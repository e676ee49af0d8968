/** Feeds targets with changed inputs, and keeps what made them say something new: changes go on from there. */
import { table } from '../bench/report.ts';
import { mutateBytes, mutateValue, pick, type Random, randomOf } from './mutate.ts';

/** What is fed. Its answer in a word or two; it throws where something is wrong with us, not with the input. */
interface TargetOf<Input> {
  readonly name: string;
  readonly seeds: readonly Input[];
  readonly run: (input: Input) => string | Promise<string>;
  /** How many inputs at once, for targets that wait for sockets. */
  readonly parallel?: number;
  /** A share of the inputs of others, for targets that take longer. */
  readonly share?: number;
  /** Afterwards: throws when something was left behind. */
  readonly after?: () => Promise<void>;
  readonly close?: () => Promise<void>;
}

export type Target =
  | ({ readonly takes: 'bytes' } & TargetOf<Uint8Array>)
  | ({ readonly takes: 'values' } & TargetOf<unknown>);

export interface Row {
  readonly target: string;
  readonly inputs: number;
  /** Different answers. */
  readonly answers: number;
  /** What went wrong, with the input that did it. */
  readonly failures: readonly string[];
}

export interface Amount {
  /** Of each target. */
  readonly inputs: number;
  readonly seed: number;
  /** Ends a target early, in milliseconds. */
  readonly most?: number;
}

/** Longer than any input may take, in milliseconds, on a busy machine. */
const HANGS = 20_000;
const MOST_FAILURES = 5;

export async function fuzz(targets: readonly Target[], amount: Amount): Promise<Row[]> {
  const rows: Row[] = [];
  for (const target of targets) {
    rows.push(
      target.takes === 'bytes'
        ? await feed(target, mutateBytes, (input) => Buffer.from(input).toString('base64'), amount)
        : await feed(target, mutateValue, (input) => JSON.stringify(input), amount),
    );
  }
  return rows;
}

async function feed<Input>(
  { name, seeds, run, parallel = 1, share = 1, after, close }: TargetOf<Input>,
  mutate: (random: Random, input: Input, others: readonly Input[]) => Input,
  show: (input: Input) => string,
  { inputs, seed, most = Number.POSITIVE_INFINITY }: Amount,
): Promise<Row> {
  const random = randomOf(seed);
  const corpus = [...seeds];
  const answers = new Set<string>();
  const failures: string[] = [];
  const wanted = Math.ceil(inputs * share);
  const end = performance.now() + most;
  let tried = 0;
  const one = async (input: Input) => {
    try {
      const begun = performance.now();
      const answer = await run(input);
      if (performance.now() - begun > HANGS) throw new Error('it took too long');
      if (answers.has(answer)) return;
      answers.add(answer);
      corpus.push(input);
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      failures.push(`${name}: ${what}\n${show(input).slice(0, 4000)}`);
    }
  };
  const worker = async () => {
    while (tried < wanted && performance.now() < end && failures.length < MOST_FAILURES) {
      const number = tried++;
      await one(number < seeds.length ? seeds[number]! : mutate(random, pick(random, corpus), corpus));
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, worker));
    await after?.();
  } catch (error) {
    failures.push(`${name}, afterwards: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await close?.();
  }
  return { target: name, inputs: tried, answers: answers.size, failures };
}

/** The figures, as a table and one line. */
export function fuzzTable(rows: readonly Row[]): string {
  const cells = ({ target, inputs, answers, failures }: Row) => [
    target,
    ...[inputs, answers, failures.length].map(String),
  ];
  const total = rows.reduce((sum, { inputs }) => sum + inputs, 0);
  const failed = rows.reduce((sum, { failures }) => sum + failures.length, 0);
  return [
    table(['Target', 'inputs', 'different answers', 'failures'], rows.map(cells)),
    `${total} inputs tried, ${failed} failures`,
  ].join('\n');
}
