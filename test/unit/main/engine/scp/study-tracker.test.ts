/** When a study is complete, over fake timers. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FileStoredData, StudyCompletedData } from '#main/engine/scp/events.ts';
import { StudyTracker } from '#main/engine/scp/study-tracker.ts';

const association = (id: number) => ({ id, callingAeTitle: 'CT', calledAeTitle: 'SCP', remoteAddress: '127.0.0.1' });

const file = (study: string, instance: number, changes: Partial<FileStoredData> = {}): FileStoredData => ({
  file: `/in/${study}/${instance}.dcm`,
  sopInstanceUid: `1.2.3.${instance}`,
  sopClassUid: '1.2',
  transferSyntaxUid: '1.3',
  studyInstanceUid: study,
  seriesInstanceUid: '9.1',
  size: 1,
  outcome: 'new',
  association: association(1),
  ...changes,
});

let completed: StudyCompletedData[] = [];
let tracker: StudyTracker;

/** One instance from its beginning to its end. */
function receive(study: string, instance: number, changes: Partial<FileStoredData> = {}, tags = {}): void {
  tracker.entered(study);
  tracker.stored(file(study, instance, changes), tags);
  tracker.left(study);
}

const instances = () =>
  completed.map(({ study, quiet }) => [
    study.studyInstanceUid,
    study.series.flatMap((series) => series.instances.map(({ sopInstanceUid }) => sopInstanceUid)),
    quiet,
  ]);

beforeEach(() => {
  vi.useFakeTimers();
  completed = [];
  tracker = new StudyTracker(30, (data) => completed.push(data));
});

afterEach(() => {
  vi.useRealTimers();
});

describe('StudyTracker', () => {
  test('completes once after the time-out', () => {
    receive('1', 1);
    vi.advanceTimersByTime(29_999);
    expect(completed).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(instances()).toEqual([['1', ['1.2.3.1'], true]]);
    vi.advanceTimersByTime(100_000);
    expect(completed).toHaveLength(1);
  });

  test('restarts with every file', () => {
    for (let instance = 1; instance <= 10; instance++) {
      receive('1', instance);
      vi.advanceTimersByTime(29_000);
    }
    expect(completed).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(completed[0]?.study.series[0]?.instances).toHaveLength(10);
    expect(completed).toHaveLength(1);
  });

  test('does not look at the wall clock', () => {
    receive('1', 1);
    vi.setSystemTime(Date.now() + 10 * 3_600_000);
    vi.advanceTimersByTime(29_999);
    expect(completed).toEqual([]);
    vi.setSystemTime(0);
    vi.advanceTimersByTime(1);
    expect(completed).toHaveLength(1);
  });

  test('keeps studies apart', () => {
    receive('1', 1);
    vi.advanceTimersByTime(20_000);
    receive('2', 2);
    vi.advanceTimersByTime(10_000);
    expect(instances()).toEqual([['1', ['1.2.3.1'], true]]);
    vi.advanceTimersByTime(20_000);
    expect(instances()).toEqual([
      ['1', ['1.2.3.1'], true],
      ['2', ['1.2.3.2'], true],
    ]);
  });

  test('an instance being received blocks completion, and its end starts the time anew', () => {
    receive('1', 1);
    tracker.entered('1');
    tracker.entered('1');
    vi.advanceTimersByTime(300_000);
    tracker.left('1');
    vi.advanceTimersByTime(300_000);
    expect(completed).toEqual([]);
    tracker.stored(file('1', 2), {});
    tracker.left('1');
    vi.advanceTimersByTime(29_999);
    expect(completed).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(instances()).toEqual([['1', ['1.2.3.1', '1.2.3.2'], true]]);
  });

  test('an instance that fails does not make a study, nor end one', () => {
    tracker.entered('1');
    tracker.left('1');
    vi.advanceTimersByTime(100_000);
    tracker.flush();
    expect(completed).toEqual([]);
    receive('2', 1);
    tracker.entered('2');
    tracker.left('2');
    vi.advanceTimersByTime(30_000);
    expect(instances()).toEqual([['2', ['1.2.3.1'], true]]);
  });

  test('begins anew after completion', () => {
    receive('1', 1);
    vi.advanceTimersByTime(30_000);
    receive('1', 2);
    vi.advanceTimersByTime(30_000);
    expect(instances()).toEqual([
      ['1', ['1.2.3.1'], true],
      ['1', ['1.2.3.2'], true],
    ]);
  });

  test('flush reports what is unfinished at once and leaves no timer', () => {
    receive('1', 1);
    receive('2', 2);
    tracker.entered('3');
    tracker.flush();
    expect(instances()).toEqual([
      ['1', ['1.2.3.1'], false],
      ['2', ['1.2.3.2'], false],
    ]);
    expect(vi.getTimerCount()).toBe(0);
    tracker.left('3');
    tracker.stored(file('3', 3), {});
    tracker.flush();
    vi.advanceTimersByTime(100_000);
    expect(completed).toHaveLength(2);
  });

  test('one file is one instance; another file of the same UID is another', () => {
    receive('1', 1);
    receive('1', 1, { outcome: 'equal' });
    receive('1', 1, { file: '/in/1/1~2.dcm' });
    vi.advanceTimersByTime(30_000);
    expect(completed[0]?.study.series[0]?.instances.map(({ file: path }) => path)).toEqual([
      '/in/1/1.dcm',
      '/in/1/1~2.dcm',
    ]);
  });

  test('series in the order of their first instance; tags of the first that had any; the last association', () => {
    receive('1', 1, { seriesInstanceUid: '9.2' });
    receive('1', 2, { seriesInstanceUid: '9.1' }, { study: { PatientID: 'a' }, series: { Modality: 'CT' } });
    receive(
      '1',
      3,
      { seriesInstanceUid: '9.2', association: association(7) },
      { study: { PatientID: 'b' }, series: { Modality: 'MR' }, instance: { InstanceNumber: '3' } },
    );
    vi.advanceTimersByTime(30_000);
    const common = { sopClassUid: '1.2', transferSyntaxUid: '1.3' };
    expect(completed).toEqual([
      {
        quiet: true,
        association: association(7),
        study: {
          studyInstanceUid: '1',
          tags: { PatientID: 'a' },
          series: [
            {
              seriesInstanceUid: '9.2',
              instances: [
                { sopInstanceUid: '1.2.3.1', file: '/in/1/1.dcm', ...common },
                { sopInstanceUid: '1.2.3.3', file: '/in/1/3.dcm', ...common, tags: { InstanceNumber: '3' } },
              ],
            },
            {
              seriesInstanceUid: '9.1',
              tags: { Modality: 'CT' },
              instances: [{ sopInstanceUid: '1.2.3.2', file: '/in/1/2.dcm', ...common }],
            },
          ],
        },
      },
    ]);
  });

  test('two trackers share nothing', () => {
    const others: StudyCompletedData[] = [];
    const other = new StudyTracker(1, (data) => others.push(data));
    receive('1', 1);
    other.entered('1');
    other.stored(file('1', 2), {});
    other.left('1');
    vi.advanceTimersByTime(1_000);
    expect(others).toHaveLength(1);
    expect(completed).toEqual([]);
  });
});
