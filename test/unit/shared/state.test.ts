import { describe, expect, test } from 'vitest';
import type { LogLine, Profile } from '#shared/contract.ts';
import { defaultSettings } from '#shared/contract.ts';
import type {
  AssociationState,
  CommitmentState,
  FileRow,
  HostInfo,
  LiveStudy,
  ReceiverEvent,
  Refusal,
  RunPhase,
} from '#shared/events.ts';
import { applyEvent, applyEvents, conditionOf, initialState, LIMITS, type ReceiverState } from '#shared/state.ts';

const host = { kind: 'headless', addresses: [] as HostInfo['addresses'] } as HostInfo;
const profile: Profile = {
  id: 'p',
  name: 'Receiver',
  autoStart: true,
  options: { port: 11112, outDir: '/archive' },
  secrets: [],
};
const start = applyEvent(initialState(host, defaultSettings), { type: 'profile-saved', profile });
const of = { profileId: 'p' } as const;

const stateAfter = (...events: ReceiverEvent[]) => applyEvents(start, events).profiles[0]!;
const run = (phase: RunPhase): ReceiverEvent => ({ type: 'run-changed', ...of, run: { phase, since: 1 } });
const association = (associationId: string, change: Partial<AssociationState> = {}): AssociationState => ({
  associationId,
  callingAeTitle: 'CT01',
  calledAeTitle: 'STUDYPORT',
  remoteAddress: '10.0.0.1',
  opened: 1,
  outcome: 'open',
  contexts: [],
  files: 0,
  bytes: 0,
  ...change,
});
const opened = (id: string): ReceiverEvent => ({ type: 'association-opened', ...of, association: association(id) });
const file = (sopInstanceUid: string) => ({ sopInstanceUid }) as FileRow;
const refusal = (refusalId: string, count: number) => ({ refusalId, count }) as Refusal;
const study = (studyInstanceUid: string, instances: number) => ({ studyInstanceUid, instances }) as LiveStudy;
const line = (sequence: number) => ({ sequence }) as LogLine;

describe('the state of a profile', () => {
  test('begins stopped and empty, and keeps its place when it is saved again', () => {
    const other = { ...profile, id: 'q' };
    const state = applyEvents(start, [
      { type: 'profile-saved', profile: other },
      { type: 'profile-saved', profile: { ...profile, name: 'New' } },
    ]);
    expect(state.profiles.map(({ profile: one }) => one.name)).toEqual(['New', 'Receiver']);
    expect(state.profiles[0]).toMatchObject({ run: { phase: 'stopped' }, totals: { files: 0 } });
    expect(applyEvent(state, { type: 'profile-removed', profileId: 'p' }).profiles).toHaveLength(1);
  });

  test('associations open, progress and end', () => {
    const state = stateAfter(
      run('listening'),
      opened('a'),
      opened('b'),
      { type: 'association-progress', ...of, associations: [{ associationId: 'b', files: 3, bytes: 300 }] },
      { type: 'association-ended', ...of, association: association('a', { outcome: 'released', ended: 2 }) },
    );
    expect(state.associations).toEqual([association('b', { files: 3, bytes: 300 })]);
    expect(state.ended).toEqual([association('a', { outcome: 'released', ended: 2 })]);
    expect(state.totals.associations).toBe(2);
  });

  test('a receiver that is gone has no open associations; one that is stopping still has', () => {
    expect(stateAfter(run('listening'), opened('a'), run('stopping')).associations).toHaveLength(1);
    for (const phase of ['stopped', 'failed', 'restarting'] as const) {
      expect(stateAfter(run('listening'), opened('a'), run(phase)).associations).toEqual([]);
    }
  });

  test('files are counted in all and kept newest first', () => {
    const state = stateAfter(
      { type: 'files-stored', ...of, files: [file('1'), file('2')], count: 70, bytes: 700 },
      {
        type: 'files-stored',
        ...of,
        files: [file('3')],
        count: 1,
        bytes: 10,
        duplicates: { equal: 1, keptBoth: 2, replaced: 3, refused: 4 },
      },
    );
    expect(state.files.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(['3', '2', '1']);
    expect(state.totals).toMatchObject({
      files: 71,
      bytes: 710,
      duplicates: { equal: 1, keptBoth: 2, replaced: 3, refused: 4 },
    });
  });

  test('equal refusals are one row, the newest first, and all are counted', () => {
    const state = stateAfter(
      { type: 'refused', ...of, refusal: refusal('a', 1) },
      { type: 'refused', ...of, refusal: refusal('b', 1) },
      { type: 'refused', ...of, refusal: refusal('a', 5), times: 4 },
    );
    expect(state.refusals).toEqual([refusal('a', 5), refusal('b', 1)]);
    expect(state.totals.refused).toBe(6);
    expect(
      applyEvent({ ...start, profiles: [state] }, { type: 'refusals-cleared', ...of }).profiles[0]?.refusals,
    ).toEqual([]);
  });

  test('studies move to the top when they change', () => {
    const state = stateAfter(
      { type: 'studies-changed', ...of, studies: [study('1', 1), study('2', 1)] },
      { type: 'studies-changed', ...of, studies: [study('1', 2)] },
    );
    expect(state.studies).toEqual([study('1', 2), study('2', 1)]);
  });

  test('commitments are listed until they are reported or given up', () => {
    const commitment = (transactionUid: string, state: CommitmentState['state'], callingAeTitle = 'CT01') =>
      ({
        type: 'commitment',
        ...of,
        commitment: { transactionUid, state, callingAeTitle } as CommitmentState,
      }) as const;
    const pending = stateAfter(
      commitment('1', 'requested'),
      commitment('2', 'requested'),
      commitment('1', 'requested', 'MR01'),
      commitment('1', 'retrying'),
      commitment('2', 'reported'),
      commitment('1', 'given-up', 'MR01'),
    );
    expect(pending.commitments).toMatchObject([{ transactionUid: '1', state: 'retrying', callingAeTitle: 'CT01' }]);
    const many = Array.from({ length: LIMITS.commitments + 5 }, (_, index) => commitment(`${index}`, 'requested'));
    expect(stateAfter(...many).commitments).toHaveLength(LIMITS.commitments);
  });

  test('a test begins anew after one that is done', () => {
    const step = (name: string, done: boolean): ReceiverEvent => ({
      type: 'test-step',
      ...of,
      test: 'self-test',
      step: { name, ok: true, message: '', milliseconds: 1 },
      done,
    });
    const state = stateAfter(step('1', false), step('2', true), step('3', false));
    expect(state.test).toMatchObject({ done: false, steps: [{ name: '3' }] });
  });

  test('events of an unknown profile change nothing', () => {
    expect(applyEvent(start, { type: 'free-space', profileId: 'nobody', bytes: 1 })).toEqual(start);
  });
});

describe('the condition', () => {
  test.each([
    ['stopped', [run('stopped')]],
    ['stopped', [run('stopping')]],
    ['starting', [run('starting')]],
    ['error', [run('failed')]],
    ['error', [run('restarting')]],
    ['listening', [run('listening')]],
    ['receiving', [run('listening'), opened('a')]],
    ['degraded', [run('listening'), opened('a'), { type: 'degraded', ...of, problems: [{ code: 'x', message: 'x' }] }]],
  ] satisfies [string, ReceiverEvent[]][])('%s', (word, events) => {
    expect(conditionOf(stateAfter(...events))).toBe(word);
  });
});

describe('the state of the application', () => {
  test('a notice of the same code replaces the older one, and can be cleared', () => {
    const state = applyEvents(start, [
      { type: 'notice', notice: { code: 'a', message: 'old' } },
      { type: 'notice', notice: { code: 'b', message: 'b' } },
      { type: 'notice', notice: { code: 'a', message: 'new' } },
    ]);
    expect(state.notices.map(({ message }) => message)).toEqual(['b', 'new']);
    expect(applyEvent(state, { type: 'notice-cleared', code: 'b' }).notices).toHaveLength(1);
  });

  test('rules that changed, a dry run that reads on, edits that are not saved', () => {
    const state = applyEvents(start, [
      { type: 'rules-changed' },
      { type: 'rules-changed' },
      { type: 'dry-run-progress', runId: 'a', files: 3 },
      { type: 'dry-run-progress', runId: 'a', files: 9 },
      { type: 'unsaved-edits', count: 2 },
    ]);
    expect(state.rulesVersion).toBe(start.rulesVersion + 2);
    expect(state.dryRun).toEqual({ runId: 'a', files: 9 });
    expect(state.unsavedEdits).toBe(2);
  });

  test('nothing in it grows without end', () => {
    const many = Array.from({ length: 3000 }, (_, index) => index);
    const events = many.flatMap((index): ReceiverEvent[] => [
      { type: 'files-stored', ...of, files: [file(`${index}`)], count: 1, bytes: 1 },
      { type: 'refused', ...of, refusal: refusal(`${index}`, 1) },
      { type: 'studies-changed', ...of, studies: [study(`${index}`, 1)] },
      { type: 'throughput', ...of, sample: { time: index, files: 0, bytes: 0 } },
      { type: 'association-ended', ...of, association: association(`${index}`) },
      { type: 'log', lines: [line(index)] },
      { type: 'notice', notice: { code: `${index}`, message: '' } },
    ]);
    const state: ReceiverState = applyEvents(start, events);
    const { files, refusals, studies, samples, ended, totals } = state.profiles[0]!;
    expect(files).toHaveLength(LIMITS.files);
    expect(refusals).toHaveLength(LIMITS.refusals);
    expect(studies).toHaveLength(LIMITS.studies);
    expect(samples).toHaveLength(LIMITS.samples);
    expect(samples.at(-1)?.time).toBe(2999);
    expect(ended).toHaveLength(LIMITS.ended);
    expect(state.log.map(({ sequence }) => sequence).at(-1)).toBe(2999);
    expect(state.log).toHaveLength(LIMITS.log);
    expect(state.notices).toHaveLength(LIMITS.notices);
    expect(totals).toMatchObject({ files: 3000, refused: 3000 });
  });
});
