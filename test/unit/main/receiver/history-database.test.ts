/** The history database in real files: what goes in, what comes out, and what happens to files that are none. */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { CountedAction } from '#main/receiver/action-counts.ts';
import { HistoryDatabase } from '#main/receiver/history-database.ts';
import type { HistoryRecord } from '#main/receiver/history-records.ts';
import { SCHEMA_VERSION } from '#main/receiver/history-schema.ts';
import { ProblemError } from '#main/receiver/problem.ts';
import type { ParsedArgument } from '#shared/contract.ts';
import { associationRow, instanceRecord, refusalRecord, studiesList } from '../../../support/history-records.ts';
import { createTempFolder, type TempFolder } from '../../../support/temp-folder.ts';

let folder: TempFolder;

beforeEach(async () => {
  folder = await createTempFolder('history');
  return folder.remove;
});

function opened(): HistoryDatabase {
  const { database, notice } = HistoryDatabase.open(folder.path);
  expect(notice).toBeUndefined();
  onTestFinished(() => database.close());
  return database;
}

const uids = (database: HistoryDatabase, more: Partial<ParsedArgument<'studies-list'>> = {}) =>
  database.call('studies-list', studiesList(more)).rows.map(({ studyInstanceUid }) => studyInstanceUid);

const instancesOf = (database: HistoryDatabase, seriesId = 1) =>
  database.call('instances-list', { seriesId, offset: 0, limit: 100 });

describe('instances', () => {
  test('a study adds up what came of it', () => {
    const database = opened();
    database.write([
      instanceRecord('1.1', 1, 1, { tags: { PatientName: 'Müller^Hans', PatientID: 'P1', AccessionNumber: 'A1' } }),
      instanceRecord('1.1', 1, 2, { size: 500, burnedIn: 70 }),
      instanceRecord('1.1', 2, 1, {
        tags: { Modality: 'SR', StudyDate: '20240102', StudyDescription: 'Chest', SeriesDescription: 'Report' },
      }),
    ]);
    const { rows, total } = database.call('studies-list', studiesList());
    expect(total).toBe(1);
    expect(rows[0]).toEqual({
      studyId: 1,
      profileId: 'main',
      studyInstanceUid: '1.1',
      patientName: 'Müller^Hans',
      patientId: 'P1',
      accessionNumber: 'A1',
      studyDate: '20240102',
      modalities: ['CT', 'SR'],
      description: 'Chest',
      series: 2,
      instances: 3,
      bytes: 2500,
      firstReceived: 1_000_001,
      lastReceived: 1_000_002,
      status: 'receiving',
      test: false,
      waiting: 0,
      gone: 0,
      location: '/archive/1.1',
      burnedIn: 70,
    });
    const { study, series } = database.call('study-get', { studyId: 1 });
    expect(study).toEqual(rows[0]);
    expect(series).toEqual([
      {
        seriesId: 1,
        seriesInstanceUid: '1.1.1',
        modality: 'CT',
        number: '1',
        description: '',
        instances: 2,
        bytes: 1500,
      },
      {
        seriesId: 2,
        seriesInstanceUid: '1.1.2',
        modality: 'SR',
        number: '2',
        description: 'Report',
        instances: 1,
        bytes: 1000,
      },
    ]);
    expect(instancesOf(database).rows[1]).toEqual({
      instanceId: 2,
      sopInstanceUid: '1.1.1.2',
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      inferred: false,
      number: '2',
      file: '/archive/1.1/1.1.1/1.1.1.2.dcm',
      size: 500,
      received: 1_000_002,
      versions: 1,
      waiting: false,
      gone: false,
    });
  });

  test('the same content again changes no count; a replacement changes sizes; a second version is one more', () => {
    const database = opened();
    database.write([instanceRecord('1.1', 1, 1)]);
    database.write([instanceRecord('1.1', 1, 1, { outcome: 'equal', size: 1000, received: 2_000_000 })]);
    expect(database.call('study-get', { studyId: 1 }).study).toMatchObject({
      instances: 1,
      bytes: 1000,
      lastReceived: 2_000_000,
    });
    database.write([
      instanceRecord('1.1', 1, 1, { outcome: 'replaced', size: 700, transferSyntaxUid: '1.2.840.10008.1.2.4.90' }),
    ]);
    expect(database.call('study-get', { studyId: 1 }).study).toMatchObject({ instances: 1, bytes: 700 });
    expect(instancesOf(database).rows[0]).toMatchObject({ size: 700, transferSyntaxUid: '1.2.840.10008.1.2.4.90' });
    const file = '/archive/1.1/1.1.1/1.1.1.1~2.dcm';
    database.write([instanceRecord('1.1', 1, 1, { outcome: 'kept-both', size: 10, file })]);
    expect(instancesOf(database)).toMatchObject({ total: 2, rows: [{ size: 700 }, { size: 10, file }] });
  });

  test('files elsewhere than their series keep their whole path, on every system and in S3', () => {
    const database = opened();
    const files = [
      's3://bucket/prefix/1.2/1.2.1/1.2.1.1.dcm',
      'D:\\archive\\1.3\\1.3.1\\1.3.1.1.dcm',
      '/elsewhere/1.3.1.2.dcm',
      '/x.dcm',
    ];
    database.write([
      instanceRecord('1.2', 1, 1, { file: files[0]! }),
      instanceRecord('1.3', 1, 1, { file: files[1]! }),
      instanceRecord('1.3', 1, 2, { file: files[2]! }),
      instanceRecord('1.4', 1, 1, { file: files[3]! }),
    ]);
    const found = [1, 2, 3, 4].map((instanceId) => database.call('instance-location', { instanceId }).path);
    expect(found).toEqual(files);
    const locations = [1, 2, 3].map((studyId) => database.call('study-location', { studyId }).path);
    expect(locations).toEqual(['s3://bucket/prefix/1.2', 'D:\\archive\\1.3', '/']);
  });

  test('instances come in the order of their numbers, page by page', () => {
    const database = opened();
    const numbers = ['10', '9', '1', '', '2'];
    database.write(
      numbers.map((InstanceNumber, index) => instanceRecord('1.1', 1, index, { tags: { InstanceNumber } })),
    );
    const page = (offset: number) => database.call('instances-list', { seriesId: 1, offset, limit: 2 });
    expect([0, 2, 4, 6].flatMap((offset) => page(offset).rows.map(({ number }) => number))).toEqual([
      '1',
      '2',
      '9',
      '10',
      '',
    ]);
    expect(page(6)).toEqual({ rows: [], total: 5 });
  });

  test('quarantined objects are no part of a study', () => {
    const database = opened();
    database.write([instanceRecord('1.1', 1, 1, { outcome: 'quarantined' })]);
    expect(database.call('studies-list', studiesList())).toEqual({ rows: [], total: 0 });
  });

  test('a record that is none is passed over, and the others are kept', () => {
    const database = opened();
    const broken = { ...instanceRecord('1.9', 1, 1), sopClassUid: undefined } as unknown as HistoryRecord;
    expect(database.write([instanceRecord('1.1', 1, 1), broken, instanceRecord('1.1', 1, 2)])).toEqual({ skipped: 1 });
    expect(database.call('study-get', { studyId: 1 }).study.instances).toBe(2);
  });

  test('a study is complete until more of it comes', () => {
    const database = opened();
    const status = (status: 'complete' | 'interrupted'): HistoryRecord => ({
      kind: 'study-status',
      profileId: 'main',
      studyInstanceUid: '1.1',
      status,
    });
    const now = () => database.call('study-get', { studyId: 1 }).study.status;
    database.write([instanceRecord('1.1', 1, 1), status('complete')]);
    expect(now()).toBe('complete');
    database.write([instanceRecord('1.1', 1, 2)]);
    expect(now()).toBe('receiving');
    database.write([status('interrupted')]);
    expect(now()).toBe('interrupted');
  });
});

describe('lists of studies', () => {
  const names = ['Müller^Hans', 'MULLER^Anna', 'Øvergård^Bjørn', '山田^太郎', 'Ο΄Δυσσεύς^Νίκος'];

  function filled(): HistoryDatabase {
    const database = opened();
    database.write(
      names.map((PatientName, index) =>
        instanceRecord(`1.${index}`, 1, 1, {
          profileId: index % 2 === 0 ? 'main' : 'other',
          received: 1000 - index,
          size: 100 + ((index * 3) % 5),
          tags: {
            PatientName,
            PatientID: `ID-${9 - index}`,
            AccessionNumber: `ACC${index}`,
            StudyDate: index === 4 ? '' : `202401${10 + index}`,
            StudyDescription: index % 2 === 0 ? 'Thorax 50% "quoted"' : 'Abdomen',
            Modality: index === 0 ? 'MR' : 'CT',
          },
        }),
      ),
    );
    return database;
  }

  test.each<[Partial<ParsedArgument<'studies-list'>>, number[]]>([
    [{ search: 'mull' }, [0, 1]],
    [{ search: 'MÜLLER' }, [0, 1]],
    [{ search: 'hans müller' }, [0]],
    [{ search: 'Müller^Hans' }, [0]],
    [{ search: 'øverg' }, [2]],
    [{ search: '山' }, [3]],
    [{ search: '山田' }, [3]],
    [{ search: 'νίκος' }, [4]],
    [{ search: 'ΔΥΣΣΕΎΣ' }, [4]],
    [{ search: 'id-9' }, [0]],
    [{ search: 'acc3' }, [3]],
    [{ search: '50%' }, [0, 2, 4]],
    [{ search: '"quoted"' }, [0, 2, 4]],
    [{ search: '_' }, []],
    [{ search: '20240112' }, [2]],
    [{ search: '1.3' }, [3]],
    [{ search: 'ct' }, [1, 2, 3, 4]],
    [{ search: 'NEAR(thorax' }, []],
    [{ search: 'thorax mr' }, [0]],
    [{ search: 'thorax abdomen' }, []],
    [{ patientName: 'acc' }, []],
    [{ patientName: 'an' }, [0, 1]],
    [{ accessionNumber: 'acc1' }, [1]],
    [{ patientId: 'id-7' }, [2]],
    [{ description: 'abd' }, [1, 3]],
    [{ description: 'abd', patientName: 'anna' }, [1]],
    [{ modality: 'ct' }, [1, 2, 3, 4]],
    [{ modality: 'C' }, []],
    [{ profileId: 'other' }, [1, 3]],
    [{ profileId: 'main', modality: 'MR' }, [0]],
    [{ status: 'receiving' }, [0, 1, 2, 3, 4]],
    [{ status: 'complete' }, []],
    [{ from: '20240111' }, [1, 2, 3]],
    [{ to: '20240111' }, [0, 1]],
    [{ from: '20240111', to: '20240112' }, [1, 2]],
    [{ from: '', to: '' }, [0, 1, 2, 3, 4]],
  ])('%j', (asked, expected) => {
    const database = filled();
    const { rows, total } = database.call('studies-list', studiesList(asked));
    expect(rows.map(({ patientName }) => names.indexOf(patientName))).toEqual(expected);
    expect(total).toBe(expected.length);
    // The count does not depend on the page, nor does the sorting decide who is there.
    expect(database.call('studies-list', studiesList({ ...asked, offset: 50 }))).toEqual({ rows: [], total });
    const byName = database.call('studies-list', studiesList({ ...asked, sort: 'patientName' }));
    expect(byName.total).toBe(total);
    expect(byName.rows.map(({ studyId }) => studyId).sort()).toEqual(rows.map(({ studyId }) => studyId).sort());
  });

  test.each<[ParsedArgument<'studies-list'>['sort'], number[]]>([
    ['lastReceived', [4, 3, 2, 1, 0]],
    ['studyDate', [4, 0, 1, 2, 3]],
    ['patientName', [1, 0, 2, 4, 3]],
    ['patientId', [4, 3, 2, 1, 0]],
    ['bytes', [0, 2, 4, 1, 3]],
    ['instances', [0, 1, 2, 3, 4]],
  ])('sorted by %s', (sort, expected) => {
    const database = filled();
    const order = (descending: boolean) => uids(database, { sort, descending }).map((uid) => Number(uid.slice(2)));
    expect(order(false)).toEqual(expected);
    expect(order(true)).toEqual(expected.toReversed());
  });

  test('pages follow each other without gap or repetition, also of what is found by search', () => {
    const database = opened();
    const records = Array.from({ length: 1500 }, (_, index) =>
      instanceRecord(`1.${index}`, 1, 1, {
        received: 5000 + (index % 7),
        tags: { PatientName: `Same^Name${index % 3}` },
      }),
    );
    database.write(records);
    for (const asked of [{}, { search: 'same' }, { search: 'name1' }]) {
      const seen: string[] = [];
      for (let offset = 0; ; offset += 400) {
        const page = uids(database, { ...asked, offset, limit: 400 });
        seen.push(...page);
        if (page.length === 0) break;
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBe(database.call('studies-list', studiesList(asked)).total);
      expect(seen.length).toBe('search' in asked && asked.search === 'name1' ? 500 : 1500);
    }
  });

  test('what becomes known later is found, and what was removed is not', () => {
    const database = filled();
    database.write([instanceRecord('1.4', 2, 1, { tags: { Modality: 'SEG' } })]);
    expect(uids(database, { search: 'seg' })).toEqual(['1.4']);
    expect(uids(database, { modality: 'SEG' })).toEqual(['1.4']);
    const { studyId } = database.call('studies-list', studiesList({ search: 'hans' })).rows[0]!;
    database.call('study-trash', { studyId });
    expect(uids(database, { search: 'hans' })).toEqual([]);
    expect(uids(database, { search: 'mull' })).toEqual(['1.1']);
  });
});

describe('removing', () => {
  test('a study goes with its series and instances, and its files are told', () => {
    const database = opened();
    database.write([instanceRecord('1.1', 1, 1), instanceRecord('1.1', 2, 1), instanceRecord('1.2', 1, 1)]);
    const files = ['/archive/1.1/1.1.1/1.1.1.1.dcm', '/archive/1.1/1.1.2/1.1.2.1.dcm'];
    expect(database.call('study-files', { studyId: 1 })).toEqual({ files });
    // Something has come since it was looked at.
    expect(database.call('study-trash', { studyId: 1, lastReceived: 1 })).toEqual({ files, removed: false });
    const { lastReceived } = database.call('study-get', { studyId: 1 }).study;
    expect(database.call('study-trash', { studyId: 1, lastReceived })).toEqual({ files, removed: true });
    expect(uids(database)).toEqual(['1.2']);
    for (const ask of [
      () => database.call('study-get', { studyId: 1 }),
      () => database.call('study-trash', { studyId: 1 }),
      () => database.call('instances-list', { seriesId: 1, offset: 0, limit: 1 }),
      () => database.call('instance-location', { instanceId: 1 }),
    ]) {
      expect(ask).toThrow(ProblemError);
    }
    // It may come again.
    database.write([instanceRecord('1.1', 1, 1)]);
    expect(uids(database).sort()).toEqual(['1.1', '1.2']);
  });

  test('test images go, and nothing else', () => {
    const database = opened();
    database.write([
      instanceRecord('1.1', 1, 1),
      instanceRecord('2.1', 1, 1, { test: true }),
      instanceRecord('2.2', 1, 1, { test: true }),
    ]);
    expect(database.call('test-images-remove', undefined)).toEqual({
      studies: 2,
      files: ['/archive/2.1/2.1.1/2.1.1.1.dcm', '/archive/2.2/2.2.1/2.2.1.1.dcm'],
    });
    expect(uids(database)).toEqual(['1.1']);
    expect(database.call('test-images-remove', undefined)).toEqual({ studies: 0, files: [] });
  });
});

test('associations, refusals and errors, newest first', () => {
  const database = opened();
  const ended = { ended: 3000, outcome: 'aborted', reason: 'timeout', files: 3, bytes: 4000 } as const;
  database.write([
    { kind: 'association-opened', row: associationRow('main:1') },
    { kind: 'association-opened', row: associationRow('other:1', { profileId: 'other', opened: 2000 }) },
    { kind: 'association-ended', row: associationRow('main:1', ended) },
    refusalRecord('a', 100),
    refusalRecord('b', 200),
    refusalRecord('a', 300, 2),
    { kind: 'error', profileId: 'main', time: 5, code: 'storage', message: 'full' },
  ]);
  const list = (profileId?: string) =>
    database.call('associations-list', { offset: 0, limit: 10, ...(profileId === undefined ? {} : { profileId }) });
  expect(list()).toEqual({
    total: 2,
    rows: [associationRow('other:1', { profileId: 'other', opened: 2000 }), associationRow('main:1', ended)],
  });
  expect(list('main').rows).toEqual([associationRow('main:1', ended)]);
  expect(database.call('association-get', { associationId: 'main:1' })).toEqual(associationRow('main:1', ended));
  expect(database.call('refusals-list', { profileId: 'main', limit: 5 })).toMatchObject([
    { refusalId: 'a', count: 2, time: 300, fixes: [{ kind: 'accept-called-title', value: 'STORESCP' }] },
    { refusalId: 'b', count: 1 },
  ]);
  expect(database.call('errors-list', { profileId: 'main', limit: 5 })).toEqual([
    { profileId: 'main', time: 5, code: 'storage', message: 'full' },
  ]);
});

describe('what lies in a folder', () => {
  test('adds what is missing, as complete, and changes nothing else', () => {
    const database = opened();
    database.write([instanceRecord('1.1', 1, 1)]);
    const before = database.call('study-get', { studyId: 1 }).study;
    expect(database.addMissing([instanceRecord('1.1', 1, 1, { size: 5, received: 9_000_000 })])).toBe(0);
    expect(database.call('study-get', { studyId: 1 }).study).toEqual(before);
    const found = [instanceRecord('1.1', 1, 2), instanceRecord('1.2', 1, 1, { inferred: true })];
    expect(database.addMissing([...found, ...found])).toBe(2);
    expect(database.call('study-get', { studyId: 1 }).study).toMatchObject({ instances: 2, status: 'receiving' });
    expect(database.call('study-get', { studyId: 2 }).study).toMatchObject({ instances: 1, status: 'complete' });
    expect(instancesOf(database, 2).rows[0]?.inferred).toBe(true);
  });
});

describe('opening', () => {
  const asides = () => readdirSync(folder.path).filter((name) => name.startsWith('history.broken-'));

  function closedWithStudy(): string {
    const { database } = HistoryDatabase.open(folder.path);
    database.write([
      instanceRecord('1.1', 1, 1),
      { kind: 'association-opened', row: associationRow('main:1') },
      { kind: 'association-opened', row: associationRow('main:2') },
      { kind: 'association-ended', row: associationRow('main:2', { outcome: 'released', ended: 7 }) },
    ]);
    database.close();
    return folder.join('history.db');
  }

  function expectNew(said: RegExp): void {
    const { database, notice } = HistoryDatabase.open(folder.path, Date.UTC(2026, 0, 2, 3, 4, 5));
    onTestFinished(() => database.close());
    expect(notice).toMatchObject({ code: 'history-kept-aside', message: expect.stringMatching(said) });
    expect(notice!.message).toContain('history.broken-2026-01-02T03-04-05-000Z.db');
    expect(notice!.message).toContain('Rebuild from folder');
    expect(asides()).toContain('history.broken-2026-01-02T03-04-05-000Z.db');
    database.write([instanceRecord('1.5', 1, 1)]);
    expect(uids(database)).toEqual(['1.5']);
  }

  test('what was written is there again; what was open is interrupted', () => {
    closedWithStudy();
    const database = opened();
    expect(database.call('studies-list', studiesList()).rows).toMatchObject([
      { studyInstanceUid: '1.1', status: 'interrupted' },
    ]);
    expect(database.call('associations-list', { offset: 0, limit: 10 }).rows).toMatchObject([
      { associationId: 'main:2', outcome: 'released' },
      { associationId: 'main:1', outcome: 'interrupted', reason: expect.stringContaining('while') },
    ]);
  });

  test('a newer version is kept aside', () => {
    const path = closedWithStudy();
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    database.close();
    const before = readFileSync(path);
    expectNew(/newer version/);
    expect(readFileSync(folder.join(asides()[0]!)).equals(before)).toBe(true);
  });

  test("somebody else's database is kept aside", () => {
    const database = new DatabaseSync(folder.join('history.db'));
    database.exec('CREATE TABLE notes (text TEXT); PRAGMA user_version = 1');
    database.close();
    expectNew(/not a history/);
  });

  test('what is no database is kept aside', () => {
    writeFileSync(folder.join('history.db'), 'This is not a database, however long it gets. '.repeat(100));
    expectNew(/damaged/);
  });

  test('a database with damaged pages is kept aside', () => {
    const path = closedWithStudy();
    const fd = openSync(path, 'r+');
    for (let page = 2; page < 12; page++) writeSync(fd, Buffer.alloc(2048, 0xa5), 0, 2048, page * 4096);
    closeSync(fd);
    expectNew(/damaged/);
  });

  test('a truncated database is kept aside', () => {
    const path = closedWithStudy();
    writeFileSync(path, readFileSync(path).subarray(0, 9000));
    expectNew(/damaged/);
  });

  test('an empty file, as a crash may leave it, is a new history', () => {
    writeFileSync(folder.join('history.db'), '');
    expect(uids(opened())).toEqual([]);
  });

  test('the log of a crashed process is read', () => {
    const { database } = HistoryDatabase.open(folder.path);
    database.write([instanceRecord('1.1', 1, 1)]);
    // What lies there while it is open is what a crash leaves.
    const crashed = folder.join('crashed');
    const other = HistoryDatabase.open(crashed);
    other.database.close();
    for (const suffix of ['', '-wal'])
      copyFileSync(`${folder.join('history.db')}${suffix}`, `${crashed}/history.db${suffix}`);
    database.close();
    const after = HistoryDatabase.open(crashed);
    expect(after.notice).toBeUndefined();
    expect(uids(after.database)).toEqual(['1.1']);
    after.database.close();
  });

  test('where nothing can be written it lives in memory, and says so', () => {
    const file = folder.join('file');
    writeFileSync(file, '');
    const { database, notice } = HistoryDatabase.open(`${file}/data`);
    onTestFinished(() => database.close());
    expect(notice).toMatchObject({ code: 'history-unavailable', message: expect.stringContaining(`${file}/data`) });
    database.write([instanceRecord('1.1', 1, 1)]);
    expect(uids(database)).toEqual(['1.1']);
  });

  test.skipIf(process.getuid?.() === 0)('a folder without rights is the same', () => {
    chmodSync(folder.path, 0o500);
    onTestFinished(() => chmodSync(folder.path, 0o700));
    const { database, notice } = HistoryDatabase.open(folder.path);
    onTestFinished(() => database.close());
    expect(notice?.code).toBe('history-unavailable');
  });
});

describe('what rules did', () => {
  const one = { id: 'r1', version: 1, name: 'Trial' };
  const two = { ...one, version: 2 };
  const removed = { path: '00100010', outcome: 'removed', reason: 'rule 1', rule: 'a' } as const;
  const changed = { path: '0020000d', outcome: 'changed', reason: 'PS3.15 basic: U' } as const;
  const actions = (rules: typeof one, list: readonly CountedAction[], studyInstanceUid = '1.1'): HistoryRecord => ({
    kind: 'rule-actions',
    profileId: 'main',
    studyInstanceUid,
    rules,
    actions: list,
  });

  test('is added up for each study and version, beside how many objects each version treated', () => {
    const database = opened();
    database.write([
      instanceRecord('1.1', 1, 1, { rules: one }),
      actions(one, [{ ...removed, count: 1 }]),
      instanceRecord('1.1', 1, 2, { rules: one }),
      instanceRecord('1.1', 1, 3, { rules: two }),
      instanceRecord('1.1', 1, 4),
    ]);
    database.write([
      actions(one, [
        { ...removed, count: 2 },
        { ...changed, count: 2 },
      ]),
      actions(two, [{ ...removed, count: 1 }]),
      actions(two, [{ ...removed, count: 5 }], 'of nobody'),
    ]);
    expect(database.call('study-treatment', { studyId: 1 })).toEqual({
      versions: [
        { rules: undefined, files: 1 },
        { rules: one, files: 2 },
        { rules: two, files: 1 },
      ],
      actions: [
        { rules: one, ...removed, count: 3 },
        { rules: one, ...changed, count: 2 },
        { rules: two, ...removed, count: 1 },
      ],
    });
  });

  test('goes with the study', () => {
    const database = opened();
    database.write([instanceRecord('1.1', 1, 1, { rules: one }), actions(one, [{ ...removed, count: 1 }])]);
    database.call('study-trash', { studyId: 1 });
    database.write([instanceRecord('1.1', 1, 1)]);
    const { studyId } = database.call('studies-list', studiesList()).rows[0]!;
    expect(database.call('study-treatment', { studyId })).toEqual({
      versions: [{ rules: undefined, files: 1 }],
      actions: [],
    });
  });

  test('an object that comes again is treated by what treats it then', () => {
    const database = opened();
    database.write([instanceRecord('1.1', 1, 1, { rules: one })]);
    database.write([instanceRecord('1.1', 1, 1, { rules: two, outcome: 'replaced' })]);
    expect(database.call('study-treatment', { studyId: 1 }).versions).toEqual([{ rules: two, files: 1 }]);
  });
});

describe('samples', () => {
  test('the newest instance of each modality, none of a bucket', () => {
    const database = opened();
    database.write([
      instanceRecord('1.1', 1, 1),
      instanceRecord('1.1', 1, 2),
      instanceRecord('1.2', 1, 9, { tags: { Modality: 'MR' } }),
      instanceRecord('1.3', 1, 5, { file: 's3://bucket/1.3/1.3.1/1.3.1.5.dcm', tags: { Modality: 'US' } }),
      instanceRecord('1.4', 1, 3),
    ]);
    expect(database.call('newest-instances', undefined)).toEqual([
      { instanceId: 3, modality: 'MR', received: 1_000_009 },
      { instanceId: 5, modality: 'CT', received: 1_000_003 },
    ]);
  });

  test('who sent an instance, where that is known', () => {
    const database = opened();
    database.write([
      { kind: 'association-opened', row: associationRow('main:1') },
      instanceRecord('1.1', 1, 1),
      instanceRecord('1.1', 1, 2, { associationId: undefined }),
    ]);
    expect(database.call('instance-origin', { instanceId: 1 })).toEqual({
      callingAeTitle: 'CT01',
      calledAeTitle: 'STUDYPORT',
      remoteAddress: '10.1.2.3',
    });
    expect(database.call('instance-origin', { instanceId: 2 }).callingAeTitle).toBe('');
    expect(() => database.call('instance-origin', { instanceId: 3 })).toThrow(ProblemError);
  });

  test('instances by their UID, those kept beside each other included, and a study by its own; of this profile only', () => {
    const database = opened();
    const first = instanceRecord('1.1', 1, 1);
    const beside = { ...first, outcome: 'kept-both', file: first.file.replace('.dcm', '~2.dcm') } as const;
    database.write([first, beside, instanceRecord('1.1', 1, 2), instanceRecord('1.2', 1, 1, { profileId: 'other' })]);
    const { sopInstanceUid, sopClassUid } = first;
    const sopInstanceUids = [sopInstanceUid, '1.2.1.1', '9.9'];
    expect(database.call('instances-by-uid', { profileId: 'main', sopInstanceUids })).toEqual([
      { sopInstanceUid, sopClassUid, file: first.file },
      { sopInstanceUid, sopClassUid, file: beside.file },
    ]);
    expect(database.call('study-by-uid', { profileId: 'main', studyInstanceUid: '1.1' })).toMatchObject({
      studyInstanceUid: '1.1',
      series: 1,
      instances: 3,
    });
    expect(database.call('study-by-uid', { profileId: 'main', studyInstanceUid: '1.2' })).toBeUndefined();
  });
});

test('a history of version 1 becomes one of this version, with all that is in it', () => {
  const old = new DatabaseSync(folder.join('history.db'));
  old.exec(readFileSync('test/fixtures/history/version-1.sql', 'utf8'));
  old.close();
  const database = opened();
  expect(uids(database)).toEqual(['1.1']);
  const rules = { id: 'r1', version: 1, name: 'Trial' };
  database.write([instanceRecord('1.1', 1, 2, { rules })]);
  expect(instancesOf(database).rows.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(['1.1.1.1', '1.1.1.2']);
  expect(database.call('study-treatment', { studyId: 1 }).versions).toEqual([
    { rules: undefined, files: 1 },
    { rules, files: 1 },
  ]);
  database.close();

  const columns = (file: string) => {
    const plain = new DatabaseSync(file);
    const found = plain
      .prepare("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'study_search_%' ORDER BY name")
      .all();
    const { user_version } = plain.prepare('PRAGMA user_version').get() as { user_version: number };
    plain.close();
    return { found: found.map(({ name }) => name), user_version };
  };
  HistoryDatabase.open(folder.join('new')).database.close();
  expect(columns(folder.join('history.db'))).toEqual(columns(folder.join('new', 'history.db')));
  expect(columns(folder.join('history.db')).user_version).toBe(SCHEMA_VERSION);
});
