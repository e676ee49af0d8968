/** Turns runs into medians, and medians into a table with the goals beside them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import type { Memory } from './receivers.ts';

export type Run = {
  readonly seconds: number;
  readonly objects: number;
  readonly bytes: number;
  readonly latencies: readonly number[];
  readonly memory: Memory;
  readonly loop?: { readonly p99: number; readonly max: number };
};

export type Summary = {
  readonly objectsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly peakMemory: number;
  readonly loopP99: number | undefined;
  readonly loopMax: number | undefined;
};

export type Goal = { readonly text: string; readonly measured: string; readonly met: boolean };

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function summarize(runs: readonly Run[]): Summary {
  const of = (value: (run: Run) => number) => median(runs.map(value));
  const loops = runs.flatMap(({ loop }) => (loop ? [loop] : []));
  return {
    objectsPerSecond: of(({ objects, seconds }) => objects / seconds),
    megabytesPerSecond: of(({ bytes, seconds }) => bytes / seconds / 1e6),
    p50: of(({ latencies }) => percentile(latencies, 0.5)),
    p99: of(({ latencies }) => percentile(latencies, 0.99)),
    peakMemory: of(({ memory }) => memory.peak),
    loopP99: loops.length > 0 ? median(loops.map(({ p99 }) => p99)) : undefined,
    loopMax: loops.length > 0 ? median(loops.map(({ max }) => max)) : undefined,
  };
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index < 2 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

export const RESULT_HEAD = ['Workload', 'Receiver', 'objects/s', 'MB/s', 'p50 ms', 'p99 ms', 'peak MB', 'loop p99 ms'];

export function resultRow(workload: string, receiver: string, summary: Summary): string[] {
  const { objectsPerSecond, megabytesPerSecond, p50, p99, peakMemory, loopP99 } = summary;
  return [
    workload,
    receiver,
    figure(objectsPerSecond),
    figure(megabytesPerSecond),
    figure(p50),
    figure(p99),
    figure(peakMemory / 1e6),
    loopP99 === undefined ? '–' : figure(loopP99),
  ];
}

export function goalTable(goals: readonly Goal[]): string {
  return table(
    ['Goal', 'Measured', 'Met'],
    goals.map(({ text, measured, met }) => [text, measured, met ? 'met' : '**missed**']),
  );
}

/** Three significant digits. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value
    .toPrecision(3)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

export function machine(): string {
  const version = (command: string, args: readonly string[], pattern: RegExp) => {
    try {
      const text = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      return pattern.exec(text)?.[1] ?? 'unknown version';
    } catch {
      return 'not installed';
    }
  };
  const distribution = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  return [
    `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${distribution}, Linux ${release()}`,
    `Node ${process.versions.node}`,
    `DCMTK ${version('storescp', ['--version'], /v(\d[\d.]*)/)}`,
    `Orthanc ${version('/usr/sbin/Orthanc', ['--version'], /Orthanc (\S+)/)}`,
  ].join(' · ');
}
