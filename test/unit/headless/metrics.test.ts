/** The figures as monitoring reads them, read back by a parser that nobody here wrote; and health in codes. */
import parse from 'parse-prometheus-text-format';
import { describe, expect, test } from 'vitest';
import { healthOf } from '#headless/health.ts';
import { metricsText } from '#headless/metrics.ts';
import type { Figures, ProfileFigures } from '#shared/figures.ts';

const none = { count: 0, bytes: 0 };
const profile = (change: Partial<ProfileFigures> = {}): ProfileFigures => ({
  profileId: 'p1',
  name: 'Receiver',
  phase: 'listening',
  autoStart: true,
  problems: [],
  openAssociations: 2,
  acceptedAssociations: 17,
  refused: { 'called-ae-title-not-recognized': 3 },
  files: { new: { count: 5, bytes: 5120 }, equal: none, replaced: none, 'kept-both': none, quarantined: none },
  commitmentsPending: 1,
  freeBytes: 1024,
  quarantined: 0,
  ...change,
});
const figures = (...profiles: readonly ProfileFigures[]): Figures => ({
  version: '0.1.0',
  started: 1_700_000_000_500,
  residentBytes: 1,
  heapBytes: 2,
  cpuSeconds: 1.5,
  eventLoopDelay: { mean: 0, p99: 0.001, max: 0.25 },
  historyWaiting: 4,
  profiles,
});

const read = (text: string) => new Map(parse(text).map((family) => [family.name, family]));

describe('metrics', () => {
  test('every family has its help and type, every sample its profile', () => {
    const families = read(
      metricsText(figures(profile(), profile({ profileId: 'p2', phase: 'failed', problems: ['x'] }))),
    );
    expect(families.get('studyport_associations_total')).toMatchObject({
      type: 'COUNTER',
      help: 'Associations that were accepted.',
      metrics: [
        { value: '17', labels: { profile: 'p1', name: 'Receiver' } },
        { value: '17', labels: { profile: 'p2', name: 'Receiver' } },
      ],
    });
    expect(families.get('studyport_refused_total')?.metrics[0]).toEqual({
      value: '3',
      labels: { profile: 'p1', name: 'Receiver', code: 'called-ae-title-not-recognized' },
    });
    const values = (name: string) => families.get(name)?.metrics.map(({ value }) => value);
    expect(values('studyport_profile_degraded')).toEqual(['0', '1']);
    expect(values('studyport_files_bytes_total')?.slice(0, 2)).toEqual(['5120', '0']);
    expect(values('process_start_time_seconds')).toEqual(['1700000000.5']);
    expect(values('studyport_event_loop_delay_seconds')).toEqual(['0', '0.001', '0.25']);
    const phases = families.get('studyport_profile_phase')?.metrics.filter(({ value }) => value === '1');
    expect(phases?.map(({ labels }) => labels?.phase)).toEqual(['listening', 'failed']);
    // What nothing is known of is left out, not zero.
    expect(families.has('studyport_uploads_waiting')).toBe(false);
  });

  test('each family stands once, in one block, and every line is a comment or a sample', () => {
    const text = metricsText(figures(profile(), profile({ uploads: { waiting: 2, bytes: 7, oldest: 2000 } })));
    const names = [...text.matchAll(/^# TYPE (\S+) (?:counter|gauge)$/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(text.endsWith('\n')).toBe(true);
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(?:# (?:HELP|TYPE) [a-z_0-9]+ .+|[a-z_0-9]+(?:\{[a-z]+="[^"\n]*"(?:,[a-z]+="[^"\n]*")*\})? [\d.e+-]+)$/,
      );
    }
    const oldest = read(text).get('studyport_uploads_oldest_timestamp_seconds');
    expect(oldest?.metrics.map(({ value }) => value)).toEqual(['2']);
  });

  test('a profile may have any name: what would end a label is escaped', () => {
    const name = 'CT "A" \\ B\nC';
    const text = metricsText(figures(profile({ name })));
    expect(text).toContain('name="CT \\"A\\" \\\\ B\\nC"');
    expect(read(text).get('studyport_associations_open')?.metrics[0]?.labels?.name).toBe(name);
  });
});

describe('health', () => {
  test('all is well while every profile that is to receive listens, and nothing degrades it', () => {
    const idle = profile({ autoStart: false, phase: 'stopped', problems: ['port-in-use'] });
    expect(healthOf(figures(profile(), idle))).toEqual({ status: 'ok' });
    expect(healthOf(figures())).toEqual({ status: 'ok' });
  });

  test('what hinders nobody from sending is a warning, and no failure', () => {
    const warned = profile({ problems: ['free-space-warning', 'certificate-expires'] });
    const warnings = ['certificate-expires', 'free-space-warning'];
    expect(healthOf(figures(warned, warned))).toEqual({ status: 'ok', warnings });
    expect(healthOf(figures(warned, profile({ problems: ['certificate-expired', 'certificate-expires'] })))).toEqual({
      status: 'failing',
      problems: ['certificate-expired'],
      warnings,
    });
  });

  test('what is wrong is said in codes, each once', () => {
    const low = profile({ problems: ['free-space-low'] });
    expect(healthOf(figures(low, low, profile({ phase: 'failed', problems: ['port-in-use'] })))).toEqual({
      status: 'failing',
      problems: ['free-space-low', 'not-listening', 'port-in-use'],
    });
    expect(healthOf(figures(profile({ phase: 'stopped' })))).toEqual({
      status: 'failing',
      problems: ['not-listening'],
    });
  });
});
