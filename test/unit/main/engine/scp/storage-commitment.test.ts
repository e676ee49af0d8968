/** Which requests are accepted, how long they are kept, and when they are given up. */
import { afterEach, describe, expect, test } from 'vitest';
import type { StorageCommitmentData } from '#main/engine/scp/events.ts';
import {
  pauseAfterTries,
  type ReportChannel,
  StorageCommitment,
  type StorageCommitmentHost,
} from '#main/engine/scp/storage-commitment.ts';
import { CommitmentJournal } from '#main/engine/scp/storage-commitment-journal.ts';
import type { PendingFiles } from '#main/engine/storage/pending-files.ts';
import type { StorageBackend } from '#main/engine/storage/storage-backend.ts';
import { until } from '../../../../support/test-receiver.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const DAY = 24 * 60 * 60 * 1000;
const association = { id: 1, callingAeTitle: 'CT01', calledAeTitle: 'STUDYPORT', remoteAddress: '10.0.0.1' };
const request = (transactionUid: string) => ({
  transactionUid,
  references: [{ sopClassUid: CT, sopInstanceUid: '1.2' }],
});

/** Files in memory. */
function files(texts: readonly string[] = []) {
  const kept = new Map<string, string>(texts.map((text, index) => [`old${index}`, text]));
  return {
    kept,
    load: async () => [...kept.values()],
    put: async (name: string, text: string) => void kept.set(name, text),
    remove: async (name: string) => void kept.delete(name),
  };
}

const opened: StorageCommitment[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function commitment(
  journal: Pick<PendingFiles, 'load' | 'put' | 'remove'>,
  change: Partial<StorageCommitmentHost> = {},
  mostReferences?: number,
) {
  const told: StorageCommitmentData[] = [];
  const storage = {
    holds: async () => true,
    search: async () => new Map(),
    head: async () => new Uint8Array(),
  } as Partial<StorageBackend> as StorageBackend;
  const host: StorageCommitmentHost = {
    storage,
    indexes: () => [async () => [{ sopInstanceUid: '1.2', sopClassUid: CT, file: '/1' }]],
    journal: new CommitmentJournal(journal as PendingFiles),
    peers: [],
    aeTitle: 'STUDYPORT',
    hasRoom: async () => true,
    tell: (data) => told.push(data),
    ...change,
  };
  const made = new StorageCommitment(host, mostReferences);
  opened.push(made);
  return { made, told };
}

const transaction = (received: number, change: object = {}) =>
  JSON.stringify({
    version: 1,
    ...request('1.9'),
    callingAeTitle: 'CT01',
    remoteAddress: '10.0.0.1',
    received,
    ...change,
  });
const gone = { association, report: async () => undefined };

test('it is tried again after 1, 5, 30, 60 and 300 seconds, then every ten minutes', () => {
  expect([1, 2, 3, 4, 5, 6, 100].map(pauseAfterTries)).toEqual([1, 5, 30, 60, 300, 600, 600].map((s) => s * 1000));
});

describe('a journal of an earlier run', () => {
  test('what is a day old is given up, what is younger waits for its peer', async () => {
    const { made, told } = commitment(
      files([transaction(Date.now() - DAY - 1), transaction(Date.now(), request('1.10'))]),
    );
    await made.open();
    expect(told).toEqual([]);
    made.begin();
    await made.close();
    expect(told.map(({ state, transactionUid, code }) => [state, transactionUid, code])).toEqual([
      ['given-up', '1.9', 'unknown-peer'],
      ['retrying', '1.10', 'unknown-peer'],
    ]);
  });

  test.each([
    ['what is no JSON', '{'],
    ['another version', transaction(1, { version: 2 })],
    ['a Transaction UID that is none', transaction(1, { transactionUid: '../x' })],
    ['references that are none', transaction(1, { references: [{ sopClassUid: CT }] })],
    ['no sender', transaction(1, { callingAeTitle: 1 })],
  ])('%s is passed over', async (_, text) => {
    const { made, told } = commitment(files([text, 'null', '"text"']));
    await made.open();
    made.begin();
    await made.close();
    expect(told).toEqual([]);
  });

  test('is looked into one request after the other', async () => {
    let [looking, most] = [0, 0];
    const index = async () => {
      most = Math.max(most, ++looking);
      await new Promise((resolve) => setImmediate(resolve));
      looking--;
      return [{ sopInstanceUid: '1.2', sopClassUid: CT, file: '/1' }];
    };
    const texts = ['1.1', '1.2', '1.3', '1.4'].map((uid) => transaction(Date.now(), request(uid)));
    const { made, told } = commitment(files(texts), {
      indexes: () => [index],
      peers: [{ aeTitle: 'CT01', host: '127.0.0.1', port: 1 }],
    });
    await made.open();
    made.begin();
    await until(() => told.length === 4, 'all have been looked into');
    expect(told.map(({ state, committed }) => [state, committed])).toEqual(texts.map(() => ['retrying', 1]));
    expect(most).toBe(1);
  });
});

describe('a request that comes again', () => {
  test('is reported on its new association when it only waits for another attempt', async () => {
    const { made, told } = commitment(files([transaction(Date.now())]));
    await made.open();
    made.begin();
    expect(told.map(({ state }) => state)).toEqual(['retrying']);
    const reported: string[] = [];
    const channel: ReportChannel = {
      association,
      report: async ({ transactionUid }) => reported.push(transactionUid) - 1,
    };
    const { answer, begin } = await made.accept(request('1.9'), channel);
    expect([answer.status, reported]).toEqual([0, []]);
    begin?.();
    await until(() => told.length === 2, 'it is reported');
    expect(reported).toEqual(['1.9']);
    expect(told[1]).toMatchObject({ state: 'reported', committed: 1, association });
  });

  test('is reported on its new association when the one under way comes to nothing', async () => {
    const { made, told } = commitment(files());
    let fail: (() => void) | undefined;
    const report = () => new Promise<undefined>((resolve) => (fail = () => resolve(undefined)));
    const first = await made.accept(request('1.9'), { association, report });
    first.begin?.();
    await until(() => fail !== undefined, 'it is under way');
    const again = { association: { ...association, id: 2 }, report: async () => 0 };
    (await made.accept(request('1.9'), again)).begin?.();
    fail?.();
    await until(() => told.some(({ state }) => state === 'reported'), 'it is reported');
    expect(told.map(({ state, association: on }) => [state, on?.id])).toEqual([
      ['requested', 1],
      ['reported', 2],
    ]);
  });

  test('before it is kept is answered as the first one is', async () => {
    let fail: (() => void) | undefined;
    const put = () => new Promise<void>((_, reject) => (fail = () => reject(new Error('disk full'))));
    const { made } = commitment({ ...files(), put });
    const both = [made.accept(request('1.9'), gone), made.accept(request('1.9'), gone)];
    await until(() => fail !== undefined, 'it is being kept');
    fail?.();
    expect((await Promise.all(both)).map(({ answer }) => answer.status)).toEqual([0x0213, 0x0213]);
  });

  test.each([
    [0, ['requested', 'reported']],
    [0x0110, ['requested']],
    [undefined, ['requested']],
  ])(
    'with another list is told as a duplicate, and as reported only when its sender answers 0000 (%s)',
    async (status, states) => {
      const { made, told } = commitment(files());
      await made.accept(request('1.9'), gone);
      const other = { ...request('1.9'), references: [{ sopClassUid: CT, sopInstanceUid: '1.3' }] };
      const { answer, begin } = await made.accept(other, { association, report: async () => status });
      expect(answer.status).toBe(0);
      begin?.();
      await made.close();
      expect(told.map(({ state }) => state)).toEqual(states);
    },
  );
});

describe('a request', () => {
  test('is kept before it is answered, and forgotten when its sender has taken the report', async () => {
    const journal = files();
    const { made, told } = commitment(journal);
    const { answer, begin } = await made.accept(request('1.9'), { association, report: async () => 0 });
    expect(answer.status).toBe(0);
    expect(journal.kept.size).toBe(1);
    begin?.();
    await made.close();
    expect(told.map(({ state }) => state)).toEqual(['requested']);
    const again = commitment(journal);
    const second = await again.made.accept(request('1.11'), { association, report: async () => 0 });
    second.begin?.();
    await new Promise((resolve) => setImmediate(resolve));
    await again.made.close();
    expect(again.told.map(({ state, committed }) => [state, committed])).toEqual([
      ['requested', 0],
      ['reported', 1],
    ]);
    expect(journal.kept.size).toBe(1);
  });

  test('that cannot be kept is refused for now', async () => {
    const journal = { ...files(), put: async () => Promise.reject(new Error('disk full')) };
    const { made, told } = commitment(journal);
    expect((await made.accept(request('1.9'), gone)).answer.status).toBe(0x0213);
    expect(told).toEqual([]);
  });

  test('is refused for now while there is no room on the disk', async () => {
    const journal = files();
    const { made, told } = commitment(journal, { hasRoom: async () => false });
    expect((await made.accept(request('1.9'), gone)).answer.status).toBe(0x0213);
    expect([told, journal.kept.size]).toEqual([[], 0]);
  });

  test('is refused for now while others wait for too many instances', async () => {
    const { made } = commitment(files(), {}, 2);
    const statuses = [];
    for (const uid of ['1.1', '1.2', '1.3', '1.1']) {
      statuses.push((await made.accept(request(uid), gone)).answer.status);
    }
    expect(statuses).toEqual([0, 0, 0x0213, 0]);
  });

  test('is refused for now while a thousand wait', async () => {
    const { made } = commitment(files());
    for (let index = 0; index < 1000; index++) {
      expect((await made.accept(request(`1.${index}`), gone)).answer.status).toBe(0);
    }
    expect((await made.accept(request('1.1000'), gone)).answer.status).toBe(0x0213);
    expect((await made.accept(request('1.999'), gone)).answer.status).toBe(0);
  });
});
