/** What waits for its upload: in the history, as a reason to be degraded, and in the state that pages show. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { HistoryDatabase } from '#main/receiver/history-database.ts';
import type { UploadRecord } from '#main/receiver/history-records.ts';
import { localCopyOf, uploadsProblem, withOwnSpoolFolder, withSpoolFolder } from '#main/receiver/spool-folder.ts';
import { defaultSettings } from '#shared/contract.ts';
import type { HostInfo } from '#shared/events.ts';
import { applyEvents, initialState } from '#shared/state.ts';
import type { UploadsState } from '#shared/uploads.ts';
import { instanceRecord, studiesList } from '../../../support/history-records.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

const FOLDER = 's3://b/1.1/1.1.1/';
const FIRST = `${FOLDER}1.1.1.1.dcm`;
const SECOND = `${FOLDER}1.1.1.1~2.dcm`;
const waits = { file: FIRST, waits: true } as const;

async function opened() {
  const folder = await createTempFolder('uploads');
  const { database } = HistoryDatabase.open(folder.path);
  onTestFinished(async () => {
    database.close();
    await folder.remove();
  });
  const uploaded = (change: Partial<UploadRecord> = {}): UploadRecord => ({
    kind: 'uploaded',
    profileId: 'main',
    studyInstanceUid: '1.1',
    seriesInstanceUid: '1.1.1',
    sopInstanceUid: '1.1.1.1',
    storedAs: FIRST,
    file: FIRST,
    outcome: 'new',
    ...change,
  });
  const shown = () => {
    const [study] = database.call('studies-list', studiesList()).rows;
    const { rows } = database.call('instances-list', { seriesId: 1, offset: 0, limit: 10 });
    const series = database.call('study-get', { studyId: 1 }).series[0];
    return {
      study: [study!.instances, study!.bytes, study!.waiting],
      series: [series!.instances, series!.bytes],
      rows: rows.map(({ file, size, waiting }) => `${file.slice(FOLDER.length)} ${size}${waiting ? ' waits' : ''}`),
    };
  };
  return { database, uploaded, shown };
}

describe('the history', () => {
  test('an instance waits, and is uploaded', async () => {
    const { database, uploaded, shown } = await opened();
    database.write([instanceRecord('1.1', 1, 1, waits)]);
    expect(shown()).toMatchObject({ study: [1, 1000, 1], rows: ['1.1.1.1.dcm 1000 waits'] });
    expect(database.call('instance-location', { instanceId: 1 })).toEqual({
      path: FIRST,
      profileId: 'main',
      waits: true,
    });
    database.write([uploaded({ profileId: 'other' })]);
    expect(shown().study).toEqual([1, 1000, 1]);
    database.write([uploaded()]);
    expect(shown()).toMatchObject({ study: [1, 1000, 0], rows: ['1.1.1.1.dcm 1000'] });
    database.write([uploaded()]);
    expect(shown().rows).toEqual(['1.1.1.1.dcm 1000']);
  });

  test('another content under one UID becomes a second object, the same content none', async () => {
    const { database, uploaded, shown } = await opened();
    database.write([
      instanceRecord('1.1', 1, 1, waits),
      uploaded(),
      instanceRecord('1.1', 1, 1, { ...waits, size: 7 }),
    ]);
    expect(shown()).toMatchObject({ study: [2, 1007, 1], rows: ['1.1.1.1.dcm 1000', '1.1.1.1.dcm 7 waits'] });
    database.write([uploaded({ file: SECOND, outcome: 'kept-both' })]);
    expect(shown()).toMatchObject({ study: [2, 1007, 0], rows: ['1.1.1.1.dcm 1000', '1.1.1.1~2.dcm 7'] });
    database.write([instanceRecord('1.1', 1, 1, waits), uploaded({ outcome: 'equal' })]);
    expect(shown()).toEqual({ study: [2, 1007, 0], series: [2, 1007], rows: ['1.1.1.1.dcm 1000', '1.1.1.1~2.dcm 7'] });
    database.write([instanceRecord('1.1', 1, 1, { ...waits, size: 9 })]);
    database.write([uploaded({ outcome: 'replaced' })]);
    expect(shown()).toEqual({ study: [2, 16, 0], series: [2, 16], rows: ['1.1.1.1~2.dcm 7', '1.1.1.1.dcm 9'] });
  });

  test('what has gone from the spool is not uploaded, also when nothing waits; sent again, it waits again', async () => {
    const { database, uploaded, shown } = await opened();
    const { kind: _, file: __, outcome: ___, ...waiting } = uploaded();
    const gone = () => database.call('studies-list', studiesList()).rows.map((row) => row.gone);
    const all = { kind: 'all-uploaded', profileId: 'main' } as const;
    database.write([
      instanceRecord('1.1', 1, 1, waits),
      instanceRecord('1.1', 1, 2, { ...waits, file: `${FOLDER}1.1.1.2.dcm` }),
      { kind: 'upload-gone', ...waiting, profileId: 'other' },
      { kind: 'upload-gone', ...waiting },
    ]);
    expect(shown()).toMatchObject({ study: [2, 2000, 1], rows: ['1.1.1.1.dcm 1000', '1.1.1.2.dcm 1000 waits'] });
    expect(gone()).toEqual([1]);
    database.write([all]);
    expect(gone()).toEqual([1]);
    const { rows } = database.call('instances-list', { seriesId: 1, offset: 0, limit: 10 });
    expect(rows.map((row) => row.gone)).toEqual([true, false]);
    database.write([instanceRecord('1.1', 1, 1, { ...waits, size: 7 })]);
    expect(shown()).toMatchObject({ study: [2, 1007, 1], rows: ['1.1.1.1.dcm 7 waits', '1.1.1.2.dcm 1000'] });
    expect(gone()).toEqual([0]);
  });

  test('an empty queue says that everything of its profile is uploaded', async () => {
    const { database, shown } = await opened();
    database.write([
      instanceRecord('1.1', 1, 1, waits),
      instanceRecord('2.1', 1, 1, { file: 's3://c/2.1/2.1.1/2.1.1.1.dcm', profileId: 'other', waits: true }),
      { kind: 'all-uploaded', profileId: 'main' },
    ]);
    expect(shown().rows).toEqual(['1.1.1.1.dcm 1000']);
    const all = database.call('studies-list', studiesList()).rows.map(({ waiting }) => waiting);
    expect(all.sort()).toEqual([0, 1]);
  });
});

const uploads = (change: Partial<UploadsState>): UploadsState => ({
  state: 'uploading',
  waiting: 3,
  bytes: 30,
  active: 1,
  bytesPerSecond: 5,
  ...change,
});

test('degraded while uploads have stopped, or an object has waited for more than ten minutes', () => {
  const problem = { code: 'unreachable', message: 'S3 cannot be reached.' };
  expect(uploadsProblem(undefined, 0)).toBeUndefined();
  expect(uploadsProblem(uploads({ oldest: 0, waiting: 0, state: 'idle' }), 1e9)).toBeUndefined();
  expect(uploadsProblem(uploads({ oldest: 0, state: 'waiting', problem }), 599_999)).toBeUndefined();
  expect(uploadsProblem(uploads({ oldest: 0, state: 'waiting', problem }), 600_000)).toMatchObject({
    code: 'uploads-late',
    message: expect.stringContaining(problem.message),
  });
  expect(uploadsProblem(uploads({ state: 'stopped', problem }), 0)?.code).toBe('uploads-stopped');
});

test('a spool without a folder gets one of its own; a copy of it is looked for only where it can be', () => {
  const s3Config = { bucket: 'b', mode: 'spool' as const };
  const options = { port: 1, storageBackend: 'S3' as const, s3Config };
  const own = withSpoolFolder(options, '/data', 'p1');
  expect(own.s3Config?.spoolDir).toMatch(/data.spool.p1$/);
  expect(withSpoolFolder(own, '/data', 'p2')).toBe(own);
  expect(withOwnSpoolFolder(own, '/data', 'p2').s3Config?.spoolDir).toMatch(/data.spool.p2$/);
  expect(localCopyOf(own, FIRST, true)).toMatch(/p1.1.1.1.1.1.1.1.1.1.dcm$/);
  expect(localCopyOf(own, FIRST, false)).toBeUndefined();
  expect(localCopyOf({ ...own, s3Config: { ...own.s3Config!, spoolKeepDays: 1 } }, FIRST, false)).toBeDefined();
  expect(localCopyOf({ ...own, storageBackend: 'Filesystem' }, FIRST, true)).toBeUndefined();
});

test('the state of uploads outlives the run, without what only a run can do', () => {
  const profile = { id: 'p', name: 'P', autoStart: true, options: { port: 1 }, secrets: [] };
  const state = applyEvents(initialState({} as HostInfo, defaultSettings), [
    { type: 'profile-saved', profile },
    { type: 'uploads-changed', profileId: 'p', uploads: uploads({ oldest: 5, retryAt: 9 }) },
    { type: 'run-changed', profileId: 'p', run: { phase: 'stopped', since: 1 } },
  ]);
  expect(state.profiles[0]?.uploads).toEqual({
    state: 'waiting',
    waiting: 3,
    bytes: 30,
    active: 0,
    oldest: 5,
    bytesPerSecond: 0,
  });
});
