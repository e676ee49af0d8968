/** Which requests are accepted, how long they are kept, and when they are given up. */
import { afterEach, describe, expect, test } from 'vitest';
import type { StorageCommitmentData } from '#main/engine/scp/events.ts';
import { pauseAfterTries, StorageCommitment } from '#main/engine/scp/storage-commitment.ts';
import { CommitmentJournal } from '#main/engine/scp/storage-commitment-journal.ts';
import type { PendingFiles } from '#main/engine/storage/pending-files.ts';
import type { StorageBackend } from '#main/engine/storage/storage-backend.ts';

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

function commitment(journal: Pick<PendingFiles, 'load' | 'put' | 'remove'>) {
  const told: StorageCommitmentData[] = [];
  const storage = {
    holds: async () => true,
    search: async () => new Map(),
    head: async () => new Uint8Array(),
  } as Partial<StorageBackend> as StorageBackend;
  const made = new StorageCommitment({
    storage,
    indexes: () => [async () => [{ sopInstanceUid: '1.2', sopClassUid: CT, file: '/1' }]],
    journal: new CommitmentJournal(journal as PendingFiles),
    peers: [],
    aeTitle: 'STUDYPORT',
    tell: (data) => told.push(data),
  });
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
    await made.close();
    expect(told).toEqual([]);
  });
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

  test('is refused for now while a thousand wait', async () => {
    const { made } = commitment(files());
    for (let index = 0; index < 1000; index++) {
      expect((await made.accept(request(`1.${index}`), gone)).answer.status).toBe(0);
    }
    expect((await made.accept(request('1.1000'), gone)).answer.status).toBe(0x0213);
    expect((await made.accept(request('1.999'), gone)).answer.status).toBe(0);
  });
});
