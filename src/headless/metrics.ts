/** The figures as Prometheus reads them (text format 0.0.4): pure. */

import type { Figures, ProfileFigures } from '#shared/figures.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

const PHASES = ['stopped', 'starting', 'listening', 'stopping', 'failed', 'restarting'] as const;

/** One family of samples after the other; families without samples are left out. */
export function metricsText(figures: Figures): string {
  const { profiles, eventLoopDelay } = figures;
  const of = ({ profileId, name }: ProfileFigures, more: Labels = {}): Labels => ({
    profile: profileId,
    name,
    ...more,
  });
  const each = (value: (one: ProfileFigures) => number | undefined): Sample[] =>
    profiles.flatMap((one): Sample[] => {
      const number = value(one);
      return number === undefined ? [] : [[of(one), number]];
    });
  const files = (part: 'count' | 'bytes'): Sample[] =>
    profiles.flatMap((one) =>
      Object.entries(one.files).map(([outcome, counted]): Sample => [of(one, { outcome }), counted[part]]),
    );
  return [
    family('studyport_info', 'gauge', 'The version that runs; always 1.', [[{ version: figures.version }, 1]]),
    family(
      'studyport_profile_phase',
      'gauge',
      '1 for the phase in which the profile is, 0 for the others.',
      profiles.flatMap((one) => PHASES.map((phase): Sample => [of(one, { phase }), one.phase === phase ? 1 : 0])),
    ),
    family(
      'studyport_profile_degraded',
      'gauge',
      '1 while something keeps the profile from receiving as it should.',
      each(({ problems }) => (problems.length > 0 ? 1 : 0)),
    ),
    family(
      'studyport_associations_open',
      'gauge',
      'Associations that are open now.',
      each((one) => one.openAssociations),
    ),
    family(
      'studyport_associations_total',
      'counter',
      'Associations that were accepted.',
      each((one) => one.acceptedAssociations),
    ),
    family(
      'studyport_refused_total',
      'counter',
      'Associations, presentation contexts and objects that were refused, by code.',
      profiles.flatMap((one) => Object.entries(one.refused).map(([code, count]): Sample => [of(one, { code }), count])),
    ),
    family('studyport_files_total', 'counter', 'Objects that came, by what became of them.', files('count')),
    family('studyport_files_bytes_total', 'counter', 'Bytes of their data sets.', files('bytes')),
    family(
      'studyport_quarantined_files',
      'gauge',
      'Objects that lie in quarantine.',
      each((one) => one.quarantined),
    ),
    family(
      'studyport_free_bytes',
      'gauge',
      'Free bytes of the volume of the archive.',
      each((one) => one.freeBytes),
    ),
    family(
      'studyport_commitments_pending',
      'gauge',
      'Storage commitments that have not been reported.',
      each((one) => one.commitmentsPending),
    ),
    family(
      'studyport_uploads_waiting',
      'gauge',
      'Objects that wait to be uploaded.',
      each((one) => one.uploads?.waiting),
    ),
    family(
      'studyport_uploads_waiting_bytes',
      'gauge',
      'Bytes of the objects that wait to be uploaded.',
      each((one) => one.uploads?.bytes),
    ),
    family(
      'studyport_uploads_oldest_timestamp_seconds',
      'gauge',
      'Since when the oldest of them waits, in seconds since 1970.',
      each((one) => one.uploads?.oldest && one.uploads.oldest / 1000),
    ),
    family(
      'studyport_webhook_waiting',
      'gauge',
      'Completed studies that the webhook has not been told of.',
      each((one) => one.webhookWaiting),
    ),
    family('studyport_history_waiting', 'gauge', 'Records that the history has not written yet.', [
      [{}, figures.historyWaiting],
    ]),
    family(
      'studyport_event_loop_delay_seconds',
      'gauge',
      'How late the main thread was during the last one to two minutes.',
      Object.entries(eventLoopDelay).map(([value, seconds]): Sample => [{ value }, seconds]),
    ),
    family('process_start_time_seconds', 'gauge', 'When the process began, in seconds since 1970.', [
      [{}, figures.started / 1000],
    ]),
    family('process_cpu_seconds_total', 'counter', 'Processor time of all threads.', [[{}, figures.cpuSeconds]]),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory.', [[{}, figures.residentBytes]]),
    family('studyport_heap_bytes', 'gauge', 'Heap of the main thread in use.', [[{}, figures.heapBytes]]),
  ].join('');
}

function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** A backslash, a quote and a line feed would end a label. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
