/** Numbers of patients: given once, kept for good, whoever asks at the same time and however a process ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { PseudonymStore } from '#main/rules/pseudonym-store.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

const THREAD = new URL('../../../support/pseudonym-thread.ts', import.meta.url);
const CHILD = new URL('../../../support/pseudonym-child.ts', import.meta.url).pathname;

async function file(): Promise<string> {
  const folder = await createTempFolder('pseudonyms');
  onTestFinished(folder.remove);
  return folder.join('pseudonyms.db');
}

function open(path: string): PseudonymStore {
  const store = new PseudonymStore(path);
  onTestFinished(() => store.close());
  return store;
}

test('counts from 1 within key and scope, and says the same again', async () => {
  const store = open(await file());
  expect(['a', 'b', 'a', 'c'].map((who) => store.number('k1', 'patient', who))).toEqual([1, 2, 1, 3]);
  expect(store.number('k1', 'study', 'c')).toBe(1);
  expect(store.number('k2', 'patient', 'c')).toBe(1);
  expect(store.count('k1')).toBe(3);
  expect(store.count('k1', 'study')).toBe(1);
  expect(store.count('k3')).toBe(0);
});

test('another one on the same file, and a later one, know the numbers', async () => {
  const path = await file();
  const first = open(path);
  first.number('k', 'patient', 'a');
  const second = open(path);
  expect(second.number('k', 'patient', 'b')).toBe(2);
  expect(first.number('k', 'patient', 'b')).toBe(2);
  const third = open(path);
  expect(third.number('k', 'patient', 'a')).toBe(1);
});

test('exports who is who, whatever an identity is made of', async () => {
  const store = open(await file());
  const identities = ['id\x004711\x00Issuer', 'name\0山田^太郎\x0019650412', '', "a'; DROP TABLE pseudonyms; --"];
  for (const identity of identities) store.number('k', 'patient', identity);
  store.number('k', 'study', '1.2.3');
  store.number('other', 'patient', 'x');
  expect(store.export('k')).toEqual([
    ...identities.map((identity, index) => ({ scope: 'patient', identity, number: index + 1 })),
    { scope: 'study', identity: '1.2.3', number: 1 },
  ]);
});

test('remembers more than its cache', async () => {
  const store = open(':memory:');
  const numbers = Array.from({ length: 25_000 }, (_, index) => store.number('k', 'value', `${index}`));
  expect(numbers).toEqual(Array.from({ length: 25_000 }, (_, index) => index + 1));
  expect(store.number('k', 'value', '0')).toBe(1);
  expect(store.number('k', 'value', '12345')).toBe(12346);
});

test.skipIf(process.platform === 'win32')('only its owner may read it, and the files beside it', async () => {
  const path = await file();
  open(path).number('k', 'patient', 'a');
  for (const name of [path, `${path}-wal`, `${path}-shm`]) expect((await stat(name)).mode & 0o077).toBe(0);
});

test('what is no table of pseudonyms is refused and left as it was', async () => {
  const path = await file();
  await writeFile(path, 'a letter to somebody');
  expect(() => new PseudonymStore(path)).toThrow(`The table of pseudonyms ${path} cannot be used: `);
  expect(await readFile(path, 'utf8')).toBe('a letter to somebody');

  const foreign = `${path}.other`;
  const database = new DatabaseSync(foreign);
  database.exec('CREATE TABLE letters (text TEXT)');
  database.close();
  const before = await readFile(foreign);
  expect(() => new PseudonymStore(foreign)).toThrow('it is another kind of file; move it away');
  expect((await readFile(foreign)).equals(before)).toBe(true);

  const newer = `${path}.newer`;
  new PseudonymStore(newer).close();
  const next = new DatabaseSync(newer);
  next.exec('PRAGMA user_version = 2');
  next.close();
  expect(() => new PseudonymStore(newer)).toThrow('it was written by a newer version of this program');
});

test('where no file can be made, and where there is no SQLite, it says so', async () => {
  const path = join(await file(), 'nowhere', 'pseudonyms.db');
  expect(() => new PseudonymStore(path)).toThrow(`The table of pseudonyms ${path} cannot be used: ENOENT`);
  // Node 20.
  const spy = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  onTestFinished(() => spy.mockRestore());
  expect(() => new PseudonymStore(':memory:')).toThrow('pseudonyms by sequence need Node 22.13 or newer');
});

test('8 threads that number 500 patients at the same time give each one number, without gaps', async () => {
  const path = await file();
  const patients = 500;
  const answers = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const workerData = { path, patients, start: index * 61 };
      const worker = new Worker(THREAD, { workerData });
      const [numbers] = (await once(worker, 'message')) as [number[]];
      return numbers;
    }),
  );
  for (const numbers of answers) expect(numbers).toEqual(answers[0]);
  expect(answers[0]!.toSorted((a, b) => a - b)).toEqual(Array.from({ length: patients }, (_, index) => index + 1));
  expect(open(path).count('key')).toBe(patients);
});

test('a number that was given is there after the process was killed', async () => {
  const path = await file();
  const given = new Map<number, number>();
  for (let round = 0; round < 5; round++) {
    for (const [patient, number] of await numbersUntilKilled(path, given.size)) given.set(patient, number);
  }
  expect(given.size).toBeGreaterThan(50);
  const store = open(path);
  for (const [patient, number] of given) expect(store.number('key', 'patient', `patient ${patient}`)).toBe(number);
  expect(store.export('key').map(({ number }) => number)).toEqual(
    Array.from({ length: store.count('key') }, (_, index) => index + 1),
  );
});

/** What a child printed before it was killed; it is killed after ten lines, in the middle of its work. */
async function numbersUntilKilled(path: string, first: number): Promise<readonly (readonly [number, number])[]> {
  const child: ChildProcess = spawn(process.execPath, [CHILD, path, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.split('\n').length > 11) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const lines = printed.split('\n').slice(0, -1);
  return lines.map((line) => line.split(' ').map(Number) as [number, number]);
}
