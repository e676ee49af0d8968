import { beforeEach, describe, expect, test } from 'vitest';
import type { ConnectionData, FileStoredData } from '#main/engine/index.ts';
import type { HistoryRecord } from '#main/receiver/history.ts';
import { RunObserver } from '#main/receiver/run-observer.ts';
import type { Report } from '#main/receiver/worker-messages.ts';
import type { LogLine } from '#shared/contract.ts';
import { TEST_UID_ROOT } from '#shared/dicom/test-images.ts';
import type { ReceiverEvent } from '#shared/events.ts';

const association = { id: 3, callingAeTitle: 'CT01', calledAeTitle: 'STUDYPORT', remoteAddress: '10.0.0.7' };
const connection = (state: ConnectionData['state'], change: Partial<ConnectionData> = {}): Report => ({
  kind: 'connection',
  time: 1000,
  data: { state, association, contexts: [], stored: 0, bytesReceived: 0, ...change },
});
const stored = (instance: string, change: Partial<FileStoredData> = {}): Report => ({
  kind: 'stored',
  time: 2000,
  data: {
    file: `/archive/${instance}.dcm`,
    sopInstanceUid: instance,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    studyInstanceUid: '1.2',
    seriesInstanceUid: '1.2.3',
    tags: { PatientName: 'Geheim^Paula', Modality: 'CT', StudyDescription: 'Chest' },
    size: 100,
    outcome: 'new',
    association,
    ...change,
  },
  burnedIn: 10,
});

let events: ReceiverEvent[];
let records: HistoryRecord[];
let lines: Omit<LogLine, 'sequence'>[];
let observer: RunObserver;
let completed: string[];

beforeEach(() => {
  events = [];
  records = [];
  lines = [];
  completed = [];
  observer = new RunObserver('p', () => ({ port: 1, outDir: '/archive' }), {
    allUploaded: () => {},
    commitmentPeers: () => ['MR02@10.0.0.9:104'],
    studyCompleted: (_, studyInstanceUid) => completed.push(studyInstanceUid),
    emit: (more) => events.push(...more),
    record: (more) => records.push(...more),
    log: (line) => lines.push(line),
  });
});

const types = () => events.map(({ type }) => type);
const kinds = () => records.map(({ kind }) => kind);

describe('an association', () => {
  test('opens, grows and ends, on the screen and in the history', () => {
    observer.observe('r', [connection('accepted')]);
    observer.observe('r', [{ kind: 'progress', time: 1500, associations: [{ id: 3, bytes: 500, files: 1 }] }]);
    expect(observer.open).toBe(1);
    expect(observer.numberOf('p.r.3')).toBe(3);
    observer.observe('r', [connection('released', { stored: 2, bytesReceived: 800 })]);
    expect(types()).toEqual(['association-opened', 'contact', 'association-progress', 'association-ended']);
    expect(events.at(-1)).toMatchObject({
      association: { associationId: 'p.r.3', outcome: 'released', files: 2, bytes: 800, opened: 1000 },
    });
    expect(kinds()).toEqual(['association-opened', 'association-ended']);
    expect(observer.open).toBe(0);
    expect(observer.numberOf('p.r.3')).toBeUndefined();
    expect(observer.takeSecond()).toEqual({ files: 0, bytes: 800 });
    expect(observer.takeSecond()).toEqual({ files: 0, bytes: 0 });
  });

  test('progress without progress is no event', () => {
    observer.observe('r', [connection('accepted')]);
    const before = events.length;
    observer.observe('r', [{ kind: 'progress', time: 1500, associations: [{ id: 3, bytes: 0, files: 0 }] }]);
    expect(events).toHaveLength(before);
  });

  test('the same number in another run is another association', () => {
    observer.observe('r', [connection('accepted')]);
    observer.observe('s', [connection('accepted')]);
    expect([observer.numberOf('p.r.3'), observer.numberOf('p.s.3')]).toEqual([3, 3]);
  });
});

describe('files', () => {
  test('of one batch are one event, with all of them in the history', () => {
    observer.observe(
      'r',
      Array.from({ length: 120 }, (_, index) => stored(`9.${index}`)),
    );
    expect(types()).toEqual(['files-stored', 'studies-changed']);
    expect(events[0]).toMatchObject({ count: 120, bytes: 12000 });
    expect(events[0]?.type === 'files-stored' && events[0].files).toHaveLength(50);
    expect(events[1]).toMatchObject({ studies: [{ studyInstanceUid: '1.2', instances: 120, status: 'receiving' }] });
    expect(kinds().filter((kind) => kind === 'instance')).toHaveLength(120);
    expect(kinds().filter((kind) => kind === 'study-status')).toHaveLength(1);
  });

  test('that were there already do not grow the study', () => {
    observer.observe('r', [stored('9.1'), stored('9.1', { outcome: 'equal' })]);
    expect(events.at(-1)).toMatchObject({ studies: [{ instances: 1 }] });
  });

  test('that came under a UID that was stored already are counted by what became of them', () => {
    const refused = { code: 'refused', status: 0x0111, association } as const;
    observer.observe('r', [
      stored('9.1'),
      stored('9.1', { outcome: 'equal' }),
      stored('9.2', { outcome: 'kept-both' }),
      stored('9.3', { outcome: 'replaced' }),
      stored('9.4', { outcome: 'replaced' }),
      { kind: 'error', time: 1000, message: 'Another content is stored under this UID', data: refused },
    ]);
    expect(events.find(({ type }) => type === 'files-stored')).toMatchObject({
      count: 5,
      duplicates: { equal: 1, keptBoth: 1, replaced: 2, refused: 1 },
    });
    const before = events.length;
    observer.observe('r', [stored('9.5')]);
    expect(events.slice(before).find(({ type }) => type === 'files-stored')).not.toHaveProperty('duplicates');
  });

  test('somebody who waits for one hears of it, or that it did not come', async () => {
    const heard = observer.stored('9.1', 10_000);
    const missed = observer.stored('9.2', 1);
    observer.observe('r', [stored('9.1')]);
    expect(await heard).toBe('/archive/9.1.dcm');
    expect(await missed).toBeUndefined();
  });

  test('of our own may be asked for after they have come', async () => {
    observer.observe('r', [stored('9.1', { studyInstanceUid: `${TEST_UID_ROOT}.1` })]);
    expect(await observer.stored('9.1', 1)).toBe('/archive/9.1.dcm');
    expect(records).toContainEqual(expect.objectContaining({ kind: 'instance', test: true }));
  });
});

describe('studies', () => {
  test.each([
    [true, 'complete'],
    [false, 'interrupted'],
  ] as const)('quiet %o: %s, and receiving again with the next file', (quiet, status) => {
    observer.observe('r', [stored('9.1')]);
    observer.observe('r', [{ kind: 'study-completed', time: 3000, studyInstanceUid: '1.2', quiet }]);
    expect(events.at(-1)).toMatchObject({ studies: [{ status }] });
    observer.observe('r', [stored('9.2')]);
    expect(events.at(-1)).toMatchObject({ studies: [{ status: 'receiving', instances: 2 }] });
    expect(records.filter(({ kind }) => kind === 'study-status')).toMatchObject([
      { status: 'receiving' },
      { status },
      { status: 'receiving' },
    ]);
  });
});

test('a crash ends what was open and interrupts what was being received', () => {
  observer.observe('r', [connection('accepted'), stored('9.1')]);
  events = [];
  records = [];
  observer.ended(true);
  expect(types()).toEqual(['association-ended', 'studies-changed']);
  expect(events).toMatchObject([
    { association: { outcome: 'aborted', files: 1 } },
    { studies: [{ status: 'interrupted' }] },
  ]);
  expect(records).toMatchObject([
    { kind: 'association-ended', row: { outcome: 'interrupted' } },
    { kind: 'study-status', status: 'interrupted' },
  ]);
  expect(observer.open).toBe(0);
});

test('a flood of refusals in one batch is one event that counts', () => {
  const flood = Array.from({ length: 500 }, () =>
    connection('rejected', { code: 'called-ae-title-not-recognized', reason: 'no' }),
  );
  observer.observe('r', flood);
  const refused = events.filter(({ type }) => type === 'refused');
  expect(refused).toMatchObject([{ times: 500, refusal: { count: 500 } }]);
  expect(types().filter((type) => type === 'contact')).toHaveLength(1);
});

test('storing that fails is a problem until it works again', () => {
  const failure: Report = {
    kind: 'error',
    time: 1,
    message: 'An object was not stored: disk full',
    data: { code: 'storage', association },
  };
  observer.observe('r', [failure]);
  expect(observer.storageProblem).toMatchObject({ code: 'storage-failing' });
  expect(lines).toMatchObject([{ level: 'error', component: 'storage', code: 'storage', profileId: 'p' }]);
  observer.observe('r', [stored('9.1')]);
  expect(observer.storageProblem).toBeUndefined();
});

test('no log line tells of the patient', () => {
  observer.observe('r', [connection('accepted'), stored('9.1'), connection('released')]);
  expect(lines).toHaveLength(2);
  expect(JSON.stringify(lines)).not.toContain('Geheim');
});

test('a commitment is told in the timeline, the log and the list, and refused while its sender cannot be reached', () => {
  const data = {
    transactionUid: '1.9',
    callingAeTitle: 'MR02',
    remoteAddress: '10.0.0.9',
    received: 1,
    requested: 2,
    committed: 0,
    failed: 0,
    association,
  } as const;
  const report = (message: string, change: object) =>
    ({ kind: 'commitment', time: 5, message, data: { ...data, state: 'requested', ...change } }) as const;
  observer.observe('r', [connection('accepted'), report('It was requested', {})]);
  const problem = 'Nobody knows where.';
  observer.observe('r', [report('It waits.', { state: 'retrying', committed: 2, problem, code: 'unknown-peer' })]);
  observer.observe('r', [report('Another was refused', { state: 'reported', code: 'duplicate-transaction' })]);
  const commitments = events.filter((event) => event.type === 'commitment').map(({ commitment }) => commitment);
  expect(commitments.map(({ state }) => state)).toEqual(['requested', 'retrying']);
  expect(commitments[1]).toMatchObject({ transactionUid: '1.9', requested: 2, committed: 2, problem });
  expect(events.find((event) => event.type === 'refused')).toMatchObject({
    refusal: {
      code: 'commitment-peer-unknown',
      fixes: [{ kind: 'add-commitment-peer', value: 'MR02@10.0.0.9:104' }],
    },
  });
  expect(lines.slice(-3).map(({ level, code }) => [level, code])).toEqual([
    ['info', 'commitment-requested'],
    ['warn', 'unknown-peer'],
    ['info', 'duplicate-transaction'],
  ]);
  expect(observer.timelines.steps('p.r.3')?.slice(-3)).toMatchObject([
    { kind: 'message', message: 'It was requested.' },
    { kind: 'problem', message: 'It waits.' },
    { kind: 'message', message: 'Another was refused.' },
  ]);
});

test('a quarantined object is seen in the feed', () => {
  observer.observe('r', [
    {
      kind: 'error',
      time: 1,
      message: 'No UID',
      data: { code: 'quarantined', file: '/archive/.quarantine/1', association },
    },
  ]);
  expect(events).toContainEqual(expect.objectContaining({ type: 'files-stored', count: 1 }));
  expect(events).toContainEqual(expect.objectContaining({ type: 'refused' }));
});

describe('rules', () => {
  const rules = { id: 'r1', version: 2, name: 'Trial' };

  test('what treated an object and what was done go to the history', () => {
    const actions = [{ path: '00100010', outcome: 'removed', reason: 'rule 1', count: 3 }] as const;
    observer.observe('r', [
      { ...stored('1.2.3.4'), rules } as Report,
      { kind: 'rule-actions', studyInstanceUid: '1.2', rules, actions },
    ]);
    expect(records).toMatchObject([
      { kind: 'instance', rules },
      { kind: 'study-status' },
      { kind: 'rule-actions', profileId: 'p', studyInstanceUid: '1.2', rules, actions },
    ]);
  });

  const own = { ...association, callingAeTitle: 'STUDYPORT_TEST', remoteAddress: '127.0.0.1' };
  const treated = (instance: string, from = own) => ({ ...stored(instance, { association: from }), rules }) as Report;

  test('our own test images are known by their sender when their UIDs are new', async () => {
    observer.beginTreatedTest();
    observer.observe('r', [treated('2.25.1')]);
    expect(await observer.treated(0)).toBe('/archive/2.25.1.dcm');
    const next = observer.treated(10_000);
    observer.observe('r', [treated('2.25.2', { ...own, callingAeTitle: 'CT01' })]);
    observer.observe('r', [treated('2.25.3', { ...own, remoteAddress: '203.0.113.9' })]);
    observer.observe('r', [treated('2.25.4')]);
    expect(await next).toBe('/archive/2.25.4.dcm');
    expect(await observer.treated(0)).toBeUndefined();
    const tests = records.filter((record) => record.kind === 'instance').map(({ test }) => test);
    expect(tests).toEqual([true, false, false, true]);
  });

  test('what a test did not ask for is of no interest to the next one', async () => {
    observer.observe('r', [treated('2.25.1')]);
    observer.beginTreatedTest();
    expect(await observer.treated(0)).toBeUndefined();
  });

  test('a warning is logged once for each association', () => {
    const warned = (id: number) =>
      stored('1.2.3.4', { association: { ...association, id }, rules: { actions: [], warnings: ['Look at it'] } });
    observer.observe('r', [connection('accepted'), warned(3), warned(3), warned(4)]);
    expect(lines.filter(({ code }) => code === 'rule-warning')).toMatchObject([
      { level: 'warn', message: 'Look at it', associationId: 'p.r.3' },
      { level: 'warn', message: 'Look at it', associationId: 'p.r.4' },
    ]);
  });
});
