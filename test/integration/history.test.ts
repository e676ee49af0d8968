/** The history with its threads: what is recorded survives, and what goes wrong is told and loses nothing. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { History, type HistoryCalls, type HistoryLimits, type HistoryListener } from '#main/receiver/history.ts';
import type { Problem, Result } from '#shared/contract.ts';
import { TEST_UID_ROOT } from '#shared/dicom/test-images.ts';
import { buildDataSet, syntheticCt, TEST_ENCODINGS, TRANSFER_SYNTAXES } from '../support/data-sets.ts';
import { associationRow, instanceRecord, refusalRecord, studiesList } from '../support/history-records.ts';
import { part10 } from '../support/part10.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';

let folder: TempFolder;

beforeEach(async () => {
  folder = await createTempFolder('history');
  return folder.remove;
});

interface Heard {
  readonly history: History;
  readonly notice: Problem | undefined;
  readonly problems: Problem[];
  readonly cleared: string[];
}

async function openHistory(path = folder.join('data'), limits: Partial<HistoryLimits> = {}): Promise<Heard> {
  const problems: Problem[] = [];
  const cleared: string[] = [];
  const listener: HistoryListener = {
    problem: (problem) => problems.push(problem),
    cleared: (code) => cleared.push(code),
  };
  const { history, notice } = await History.open(path, listener, limits);
  onTestFinished(() => history.close());
  return { history, notice, problems, cleared };
}

async function ask<Name extends keyof HistoryCalls>(
  history: History,
  name: Name,
  argument: HistoryCalls[Name][0],
): Promise<HistoryCalls[Name][1]> {
  return unwrap(await history.call(name, argument));
}

function unwrap<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

const studies = async (history: History) => (await ask(history, 'studies-list', studiesList())).rows;
const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resume) => setTimeout(resume, 10));
};

describe('recording', () => {
  test('nobody waits, and everything is there soon; after a restart, too', async () => {
    const { history, notice } = await openHistory();
    expect(notice).toBeUndefined();
    history.record([instanceRecord('1.1', 1, 1), refusalRecord('a', 1)]);
    history.record([instanceRecord('1.1', 1, 2)]);
    await until(async () => (await studies(history))[0]?.instances === 2);
    history.record([instanceRecord('1.2', 1, 1)]);
    await history.close();
    const again = await openHistory();
    expect((await studies(again.history)).map(({ instances, status }) => ({ instances, status }))).toEqual([
      { instances: 2, status: 'interrupted' },
      { instances: 1, status: 'interrupted' },
    ]);
    expect(await ask(again.history, 'refusals-list', { profileId: 'main', limit: 10 })).toHaveLength(1);
  });

  test('closing again, asking and recording after it does no harm', async () => {
    const { history } = await openHistory();
    await history.close();
    await history.close();
    history.record([instanceRecord('1.1', 1, 1)]);
    await history.flush();
    expect(await history.call('studies-list', studiesList())).toMatchObject({ ok: false, error: { code: 'closed' } });
  });

  test('trashing a study takes what was recorded just before with it', async () => {
    const { history } = await openHistory();
    history.record([instanceRecord('1.1', 1, 1)]);
    await history.flush();
    history.record([instanceRecord('1.1', 1, 2)]);
    expect((await ask(history, 'study-trash', { studyId: 1 })).files).toHaveLength(2);
    expect(await studies(history)).toEqual([]);
  });

  test('a killed process leaves everything that was flushed, in a sound database', async () => {
    const child = spawn(
      process.execPath,
      [new URL('../support/history-child.ts', import.meta.url).pathname, folder.join('data')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await until(() => output.split('\n').length > 12 || child.exitCode !== null);
    child.kill('SIGKILL');
    await ended;
    const flushed = Number(output.split('\n').at(-2));
    expect(flushed).toBeGreaterThanOrEqual(2500);

    const { history, notice } = await openHistory();
    expect(notice).toBeUndefined();
    const rows = await studies(history);
    const total = rows.reduce((sum, { instances }) => sum + instances, 0);
    expect(total).toBeGreaterThanOrEqual(flushed);
    expect(rows.every(({ status }) => status === 'interrupted')).toBe(true);
    expect(await ask(history, 'associations-list', { offset: 0, limit: 10 })).toMatchObject({
      total: 1,
      rows: [{ associationId: 'main:1', outcome: 'interrupted' }],
    });
    await history.close();
    const database = new DatabaseSync(folder.join('data', 'history.db'), { readOnly: true });
    onTestFinished(() => database.close());
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    // The counts of the studies are those of the instances.
    expect(database.prepare('SELECT count(*) AS total FROM instances').get()).toEqual({ total });
  });
});

describe('when the database is in the way', () => {
  /** Keeps everyone else from writing until it is let go. */
  function locked(): () => void {
    const database = new DatabaseSync(folder.join('data', 'history.db'));
    database.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
    let open = true;
    const release = () => {
      if (open) database.close();
      open = false;
    };
    onTestFinished(release);
    return release;
  }

  test('it is told, tried again, and told when it is over', async () => {
    const { history, problems, cleared } = await openHistory(folder.join('data'), { retry: 20 });
    const release = locked();
    history.record([instanceRecord('1.1', 1, 1)]);
    await until(() => problems.length > 0);
    expect(problems[0]).toMatchObject({
      code: 'history-write-failed',
      message: expect.stringContaining('stored all the same'),
    });
    release();
    await until(() => cleared.length > 0);
    expect(cleared).toEqual(['history-write-failed']);
    await until(async () => (await studies(history)).length === 1);
  });

  test('what does not fit into the queue is dropped, oldest first, and counted', async () => {
    const { history, problems } = await openHistory(folder.join('data'), { queue: 10, gather: 100_000 });
    history.record(Array.from({ length: 14 }, (_, index) => instanceRecord('1.1', 1, index)));
    history.record([instanceRecord('1.1', 1, 14)]);
    expect(problems.map(({ message }) => /\d+ records were dropped/.exec(message)?.[0])).toEqual([
      '4 records were dropped',
      '5 records were dropped',
    ]);
    expect(problems[0]).toMatchObject({
      code: 'history-behind',
      message: expect.stringContaining('Rebuild from folder'),
    });
    await history.flush();
    const { rows } = await ask(history, 'instances-list', { seriesId: 1, offset: 0, limit: 100 });
    expect(rows.map(({ number }) => number)).toEqual(['5', '6', '7', '8', '9', '10', '11', '12', '13', '14']);
  });

  test('a database that is damaged while it is used is kept aside, and recording goes on', async () => {
    const { history, problems } = await openHistory();
    history.record(Array.from({ length: 5000 }, (_, index) => instanceRecord(`1.${index}`, 1, 1)));
    await history.close();
    const path = folder.join('data', 'history.db');
    const { history: second, problems: told } = await openHistory();
    expect(problems).toEqual([]);
    const fd = openSync(path, 'r+');
    for (let page = 1; page < 200; page++) writeSync(fd, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
    closeSync(fd);
    // Whatever meets the damage first: the answer is that of the new history.
    for (let index = 0; told.length === 0; index++) {
      await second.call('studies-list', studiesList({ offset: index * 100, sort: 'patientName' }));
      second.record([instanceRecord('2.1', 1, index)]);
      await second.flush();
    }
    expect(told[0]).toMatchObject({ code: 'history-kept-aside' });
    second.record([instanceRecord('3.1', 1, 1)]);
    await second.flush();
    expect((await studies(second)).some(({ studyInstanceUid }) => studyInstanceUid === '3.1')).toBe(true);
    expect(readdirSync(folder.join('data')).some((name) => /^history\.broken-.*\.db$/.test(name))).toBe(true);
  });

  test('without a folder of its own it still records, and says that it will not last', async () => {
    writeFileSync(folder.join('file'), '');
    const { history, notice } = await openHistory(folder.join('file', 'data'));
    expect(notice?.code).toBe('history-unavailable');
    history.record([instanceRecord('1.1', 1, 1), { kind: 'association-opened', row: associationRow('main:1') }]);
    await history.flush();
    expect(await studies(history)).toHaveLength(1);
  });
});

describe('rebuild from folder', () => {
  const archive = () => folder.join('archive');

  function put(path: string, bytes: Uint8Array): void {
    const file = `${archive()}/${path}`;
    mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
    writeFileSync(file, bytes);
  }

  const uidsOf = (study: string, number: number) => ({
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    sopInstanceUid: `${study}.1.${number}`,
    studyInstanceUid: study,
    seriesInstanceUid: `${study}.1`,
  });

  test('adds what is missing, says what it could not read, and passes over what is not stored', async () => {
    const { history } = await openHistory();
    const first = uidsOf('1.1', 1);
    const file = `${archive()}/1.1/1.1.1/1.1.1.1.dcm`;
    put('1.1/1.1.1/1.1.1.1.dcm', part10(syntheticCt({ uids: first }), TRANSFER_SYNTAXES.explicitLittle, first));
    const bare = syntheticCt({ uids: uidsOf('1.1', 2), encoding: TEST_ENCODINGS.implicitLittle });
    put('1.1/1.1.1/1.1.1.2.dcm', bare);
    put('1.1/1.1.1/1.1.1.3.dcm', syntheticCt({ uids: uidsOf('1.1', 3), encoding: TEST_ENCODINGS.explicitBig }));
    const made = `${TEST_UID_ROOT}.1`;
    put(`${made}/s/i.dcm`, syntheticCt({ uids: uidsOf(made, 1) }));
    put('notes.txt', Buffer.from('nothing to see here'));
    put(
      '1.1/1.1.1/no-uids.dcm',
      buildDataSet(TEST_ENCODINGS.explicitLittle, [{ tag: 0x00080060, vr: 'CS', value: 'CT' }]),
    );
    put('.quarantine/x.dcm', syntheticCt({ uids: uidsOf('1.9', 1) }));
    put('.incoming/1.part', syntheticCt({ uids: uidsOf('1.9', 2) }));
    put('.studyport.lock', Buffer.from('{}'));
    put('stray.part', syntheticCt({ uids: uidsOf('1.9', 3) }));
    symlinkSync(archive(), `${archive()}/loop`);
    // Known already, and so not added again.
    history.record([instanceRecord('1.1', 1, 1, { file, tags: { PatientName: 'Known^Already' } })]);

    const progress: [number, boolean][] = [];
    const of = { profileId: 'main', folder: archive() };
    const result = await history.rebuild(of, (files, done) => progress.push([files, done]));
    expect(result).toEqual({ ok: true, value: { found: 4, added: 3, unreadable: 2 } });
    expect(progress.at(-1)).toEqual([6, true]);
    expect(progress.filter(([, done]) => done)).toHaveLength(1);

    const rows = await studies(history);
    const study = rows.find(({ studyInstanceUid }) => studyInstanceUid === '1.1')!;
    expect(study).toMatchObject({
      instances: 3,
      patientName: 'Known^Already',
      accessionNumber: 'ACC0001',
      test: false,
    });
    expect(rows.find(({ studyInstanceUid }) => studyInstanceUid === made)).toMatchObject({
      test: true,
      status: 'complete',
      // As written in ISO_IR 100.
      patientName: 'Müller^Hans',
      description: 'Chest',
      studyDate: '20240102',
      modalities: ['CT'],
      location: `${archive()}/${made}`,
    });
    const { rows: instances } = await ask(history, 'instances-list', { seriesId: 1, offset: 0, limit: 10 });
    const syntaxes = Object.fromEntries(
      instances.map(({ sopInstanceUid, transferSyntaxUid, inferred }) => [
        sopInstanceUid,
        [transferSyntaxUid, inferred],
      ]),
    );
    expect(syntaxes).toEqual({
      '1.1.1.1': [TRANSFER_SYNTAXES.explicitLittle, false],
      '1.1.1.2': [TRANSFER_SYNTAXES.implicitLittle, true],
      '1.1.1.3': [TRANSFER_SYNTAXES.explicitBig, true],
    });
    expect(instances.find(({ sopInstanceUid }) => sopInstanceUid === '1.1.1.2')?.size).toBe(bare.length);

    const again = await history.rebuild(of, () => {});
    expect(again).toEqual({ ok: true, value: { found: 4, added: 0, unreadable: 2 } });
  });

  test('a folder that was moved: its instances are found where they are now', async () => {
    const { history } = await openHistory();
    const name = (number: number) => `1.1/1.1.1/1.1.1.${number}.dcm`;
    for (const number of [1, 2]) put(name(number), syntheticCt({ uids: uidsOf('1.1', number) }));
    await history.rebuild({ profileId: 'main', folder: archive() }, () => {});
    const moved = folder.join('moved');
    renameSync(archive(), moved);
    // A second copy of one that is still there is one more.
    put(name(2), syntheticCt({ uids: uidsOf('1.1', 2) }));
    const result = await history.rebuild({ profileId: 'main', folder: moved }, () => {});
    expect(result).toMatchObject({ ok: true, value: { found: 2, added: 2 } });
    const { rows } = await ask(history, 'instances-list', { seriesId: 1, offset: 0, limit: 10 });
    expect(rows.map(({ file }) => file).sort()).toEqual(
      [`${archive()}/${name(2)}`, `${moved}/${name(1)}`, `${moved}/${name(2)}`].sort(),
    );
    expect(await studies(history)).toMatchObject([{ instances: 3, location: `${moved}/1.1` }]);
    expect((await ask(history, 'instance-tags', { instanceId: 1 })).file).toBe(`${moved}/${name(1)}`);
  });

  test('goes on by steps while other questions are answered, and only once at a time', async () => {
    const { history } = await openHistory();
    for (let index = 0; index < 450; index++)
      put(`1.1/1.1.1/${index}.dcm`, syntheticCt({ uids: uidsOf('1.1', index), bytes: 2 }));
    const steps: number[] = [];
    const of = { profileId: 'main', folder: archive() };
    const running = history.rebuild(of, (files) => steps.push(files));
    expect(await history.rebuild(of, () => {})).toMatchObject({ ok: false, error: { code: 'rebuild-running' } });
    expect(await studies(history)).toBeDefined();
    expect(await running).toMatchObject({ ok: true, value: { found: 450, added: 450 } });
    expect(steps.length).toBeGreaterThan(2);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect((await studies(history))[0]?.instances).toBe(450);
  });

  test('a folder that is not there, or is S3, is a problem in words', async () => {
    const { history } = await openHistory();
    const progress: boolean[] = [];
    const gone = await history.rebuild({ profileId: 'main', folder: archive() }, (_, done) => progress.push(done));
    expect(gone).toMatchObject({
      ok: false,
      error: { code: 'folder-unreadable', message: expect.stringContaining('ENOENT') },
    });
    expect(progress).toEqual([true]);
    const s3 = await history.rebuild({ profileId: 'main', folder: 's3://bucket/prefix' }, () => {});
    expect(s3).toMatchObject({ ok: false, error: { code: 'rebuild-not-local' } });
  });

  test.skipIf(process.getuid?.() === 0)('a folder inside that may not be read is counted', async () => {
    const { history } = await openHistory();
    put('1.1/1.1.1/1.dcm', syntheticCt({ uids: uidsOf('1.1', 1) }));
    put('1.2/1.2.1/1.dcm', syntheticCt({ uids: uidsOf('1.2', 1) }));
    chmodSync(`${archive()}/1.2`, 0);
    onTestFinished(() => chmodSync(`${archive()}/1.2`, 0o700));
    const result = await history.rebuild({ profileId: 'main', folder: archive() }, () => {});
    expect(result).toMatchObject({ ok: true, value: { added: 1, unreadable: 1 } });
  });
});

describe('what is in the files', () => {
  test('tags, image, frames and values of a stored instance; words where the file is gone or in S3', async () => {
    const { history } = await openHistory();
    const uids = {
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      sopInstanceUid: '1.1',
      studyInstanceUid: '1',
      seriesInstanceUid: '1.0',
    };
    const file = folder.join('ct.dcm');
    writeFileSync(file, part10(syntheticCt({ uids, bytes: 512 * 512 * 2 }), TRANSFER_SYNTAXES.explicitLittle, uids));
    history.record([instanceRecord('1.1', 1, 1, { file }), instanceRecord('1.1', 1, 2, { file: 's3://bucket/1.dcm' })]);
    await history.flush();

    const tags = await ask(history, 'instance-tags', { instanceId: 1 });
    expect(tags).toMatchObject({ file, transferSyntaxUid: TRANSFER_SYNTAXES.explicitLittle });
    expect(tags.elements.find(({ keyword }) => keyword === 'PatientName')).toMatchObject({
      tag: '00100010',
      value: 'Müller^Hans',
    });
    expect(await ask(history, 'instance-image', { instanceId: 1 })).toMatchObject({
      image: { rows: 512, columns: 512, bitsAllocated: 16, signed: true, rescaleIntercept: -1024, frames: 1 },
    });
    const frame = await history.bytes('/frame/1/0');
    expect(frame.ok && frame.bytes.length).toBe(512 * 512 * 2);
    expect(frame.ok && [...frame.bytes.subarray(0, 3)]).toEqual([0, 7, 14]);
    const value = await history.bytes('/value/1/00081140.1.00081155');
    expect(value.ok && Buffer.from(value.bytes).toString('latin1')).toBe('1.2.3.2\0');

    for (const [path, code] of [
      ['/frame/1/1', 'no-frame'],
      ['/frame/1/00100010', 'no-frame'],
      ['/frame/1/x', 'not-found'],
      ['/frame/99/0', 'not-found'],
      ['/frame/2/0', 'stored-in-s3'],
      ['/value/1/00081140.9.00081155', 'not-found'],
      ['/value/1/0008', 'not-found'],
      ['/value/1/../2', 'not-found'],
      ['/other/1/0', 'not-found'],
      ['/frame/0/0', 'not-found'],
    ]) {
      expect(await history.bytes(path!), path).toMatchObject({ ok: false, error: { code } });
    }
    expect(await ask(history, 'instance-image', { instanceId: 2 })).toEqual({
      image: null,
      reason: expect.stringContaining('S3'),
    });
    expect(await history.location({ instanceId: 1 })).toEqual({ ok: true, value: file });
    expect(await history.location({ studyId: 7 })).toMatchObject({ ok: false, error: { code: 'not-found' } });

    renameSync(file, `${file}.moved`);
    expect(await history.call('instance-tags', { instanceId: 1 })).toMatchObject({
      ok: false,
      error: { code: 'file-gone' },
    });
    expect(await ask(history, 'instance-image', { instanceId: 1 })).toEqual({
      image: null,
      reason: expect.stringContaining('no longer there'),
    });
    // Another file in its place is not mistaken for the one that was remembered.
    writeFileSync(
      file,
      syntheticCt({ uids, bytes: 512 * 512 * 2, extra: [{ tag: 0x00104000, vr: 'LT', value: 'new' }] }),
    );
    expect((await ask(history, 'instance-tags', { instanceId: 1 })).elements.some(({ value }) => value === 'new')).toBe(
      true,
    );
  });
});
