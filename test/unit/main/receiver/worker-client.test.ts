/** Calls to a thread that answers, refuses, talks unasked, and dies. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { ProblemError } from '#main/receiver/problem.ts';
import { WorkerClient } from '#main/receiver/worker-client.ts';
import type { Problem } from '#shared/contract.ts';
import { createTempFolder } from '../../../support/temp-folder.ts';

const WORKER = `
import { parentPort, threadId, workerData } from 'node:worker_threads';
parentPort.on('message', ({ id, name, argument }) => {
  if (name === 'die') process.exit(1);
  if (name === 'throw') throw new Error('out of order');
  if (name === 'never') return;
  if (name === 'notice') parentPort.postMessage({ notice: { code: 'n', message: argument } });
  if (name === 'refuse') parentPort.postMessage({ id, ok: false, error: { code: 'refused', message: 'No.' } });
  else parentPort.postMessage({ id, ok: true, value: { argument, threadId, workerData } });
});
`;

async function client(onNotice?: (notice: Problem) => void): Promise<WorkerClient> {
  const folder = await createTempFolder('worker');
  const file = folder.join('worker.mjs');
  writeFileSync(file, WORKER);
  const created = new WorkerClient(pathToFileURL(file), 'data', onNotice);
  onTestFinished(async () => {
    await created.close();
    await folder.remove();
  });
  return created;
}

const codeOf = (error: unknown) => (error instanceof ProblemError ? error.problems[0]!.code : error);

test('each answer goes to the one who asked', async () => {
  const worker = await client();
  const answers = await Promise.all([worker.request('a', 1), worker.request('b', 2)]);
  expect(answers).toMatchObject([
    { argument: 1, workerData: 'data' },
    { argument: 2, workerData: 'data' },
  ]);
});

test('a refusal is a ProblemError; a notice goes to the listener', async () => {
  const notices: Problem[] = [];
  const worker = await client((notice) => notices.push(notice));
  await expect(worker.request('refuse', null).catch(codeOf)).resolves.toBe('refused');
  await worker.request('notice', 'Look.');
  expect(notices).toEqual([{ code: 'n', message: 'Look.' }]);
});

test.each(['die', 'throw'])('after "%s" those who wait are told, and the next request starts it again', async (end) => {
  const worker = await client();
  const first = (await worker.request('a', 1)) as { threadId: number };
  const waiting = [worker.request('never', null), worker.request(end, null)].map((request) => request.catch(codeOf));
  expect(await Promise.all(waiting)).toEqual(['worker-ended', 'worker-ended']);
  const second = (await worker.request('a', 1)) as { threadId: number };
  expect(second.threadId).not.toBe(first.threadId);
});

test('closed: those who wait and those who come are told', async () => {
  const worker = await client();
  const waiting = worker.request('never', null).catch(codeOf);
  await worker.close();
  expect(await waiting).toBe('closed');
  expect(await worker.request('a', 1).catch(codeOf)).toBe('closed');
});
