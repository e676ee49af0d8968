/** Completed studies on their way to another system: kept, tried again, signed, and given up. */
import { createHmac } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Webhooks, type WebhooksHost } from '#main/receiver/webhooks.ts';
import type { Profile, StudyRow } from '#shared/contract.ts';
import type { WebhookState } from '#shared/webhook.ts';
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { until } from '../support/test-receiver.ts';
import { startWebhookTaker, type WebhookTaker } from '../support/webhook-taker.ts';

const SECRET = 'a secret of sixteen and more';
const STUDY = {
  series: 2,
  instances: 7,
  bytes: 700,
  modalities: ['CT'],
  location: '/archive/1.2',
  test: false,
  patientName: 'Geheim^Paula',
  patientId: 'PID-4711',
  accessionNumber: 'A1',
  studyDate: '20240102',
  description: 'Chest',
} as unknown as StudyRow;

let folder: TempFolder;
let taker: WebhookTaker;
let profile: Profile | undefined;
let states: WebhookState[];
let lines: (readonly [code: string, message: string])[];
let opened: Webhooks[];

beforeEach(async () => {
  folder = await createTempFolder('webhooks');
  taker = await startWebhookTaker();
  profile = {
    id: 'p1',
    name: 'Ward 3',
    autoStart: true,
    options: { port: 1, outDir: '/archive' },
    secrets: [],
    webhook: { url: taker.url, includeIdentifiers: false, signed: true },
  };
  states = [];
  lines = [];
  opened = [];
});

afterEach(async () => {
  vi.useRealTimers();
  for (const one of opened) await one.close();
  await taker.stop();
  await folder.remove();
});

async function open(change: Partial<WebhooksHost> = {}): Promise<Webhooks> {
  const webhooks = await Webhooks.open({
    dataFolder: folder.path,
    version: '0.0.0-test',
    profile: (id) => (id === 'p1' ? profile : undefined),
    secret: async () => SECRET,
    study: async () => STUDY,
    changed: (_, state) => states.push(state),
    line: (_, message, { code }) => lines.push([code, message]),
    pause: () => 20,
    ...change,
  });
  opened.push(webhooks);
  webhooks.begin();
  return webhooks;
}

const kept = () => readdir(folder.join('webhooks')).catch(() => []);
const through = (calls: number) =>
  until(() => taker.calls.length === calls && states.at(-1)?.waiting === 0, `${calls} calls`);

test('it is told in the end, each time the same, signed over its time', async () => {
  taker.answers.push(500, 429);
  const webhooks = await open();
  const time = Date.now() - 1000;
  webhooks.completed('p1', '1.2.3', time);
  await until(() => taker.calls.length > 0, 'the first call');
  expect(await kept()).toHaveLength(1);
  await through(3);
  expect(new Set(taker.calls.map(({ body }) => body)).size).toBe(1);
  const { headers, body, path } = taker.calls[2]!;
  expect(path).toBe('/studies?token=abc');
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Studyport/0.0.0-test' });
  const told = JSON.parse(body);
  expect(told).toEqual({
    event: 'study-completed',
    id: headers['idempotency-key'],
    time: new Date(time).toISOString(),
    profile: { id: 'p1', name: 'Ward 3' },
    studyInstanceUid: '1.2.3',
    series: 2,
    instances: 7,
    bytes: 700,
    modalities: ['CT'],
    location: '/archive/1.2',
    test: false,
  });
  const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['studyport-signature']))!;
  expect(digest).toBe(createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'));
  expect(await kept()).toEqual([]);
  expect(states.at(-1)).toEqual({ waiting: 0, lastSuccess: expect.any(Number) });
  // One line for all attempts, and no path: it may hold a token.
  expect(lines).toHaveLength(1);
  expect(lines[0]).toEqual(['webhook-failed', expect.stringContaining(`${new URL(taker.url).host} answered 500`)]);
  expect(lines[0]?.[1]).not.toContain('token');
});

test('who the patient is goes along only where that was asked for; unsigned where there is no secret', async () => {
  profile = { ...profile!, webhook: { url: taker.url, includeIdentifiers: true, signed: false } };
  const webhooks = await open();
  webhooks.completed('p1', '1.2.3', Date.now());
  await through(1);
  expect(taker.calls[0]?.headers).not.toHaveProperty('studyport-signature');
  expect(JSON.parse(taker.calls[0]!.body)).toMatchObject({ patientName: 'Geheim^Paula', patientId: 'PID-4711' });
});

test('a study that waits outlives a restart, and what is no study of ours in its folder harms nobody', async () => {
  taker.answers.push(0);
  const first = await open();
  first.completed('p1', '1.2.3', Date.now());
  await until(() => taker.calls.length === 1, 'a call without an answer');
  await first.close();
  const [name = ''] = await kept();
  await writeFile(folder.join('webhooks/half.json'), '{"id":');
  await writeFile(folder.join('webhooks/other.json'), '{"id":"x"}');
  const id = JSON.parse(await readFile(folder.join('webhooks', name), 'utf8')).id;

  await open();
  await through(2);
  expect(taker.calls.map(({ headers }) => headers['idempotency-key'])).toEqual([id, id]);
  expect(taker.calls[1]?.body).toBe(taker.calls[0]?.body);
});

describe('it is given up', () => {
  test.each([302, 401, 404, 400])('after three answers %i, which waiting does not mend', async (status) => {
    taker.answers.push(...Array<number>(9).fill(status));
    const webhooks = await open();
    webhooks.completed('p1', '1.2.3', Date.now());
    await through(3);
    expect(lines.at(-1)).toEqual(['webhook-given-up', expect.stringContaining('1.2.3')]);
    expect(await kept()).toEqual([]);
    expect(taker.calls.every(({ path }) => path.startsWith('/studies'))).toBe(true);
  });

  test('after three days', async () => {
    taker.answers.push(503);
    const webhooks = await open();
    webhooks.completed('p1', '1.2.3', Date.now() - 3 * 24 * 60 * 60 * 1000 - 1);
    await through(1);
    expect(lines.at(-1)?.[0]).toBe('webhook-given-up');
  });

  test('when its profile has no webhook any more', async () => {
    taker.answers.push(500);
    const webhooks = await open({ pause: () => 60_000 });
    webhooks.completed('p1', '1.2.3', Date.now());
    await until(() => states.at(-1)?.lastProblem !== undefined, 'the first call has failed');
    const { webhook: _, ...without } = profile!;
    profile = without;
    webhooks.settingsChanged('p1');
    await until(() => states.at(-1)?.waiting === 0, 'nothing waits');
    webhooks.completed('p1', '1.2.4', Date.now());
    await webhooks.close();
    expect(await kept()).toEqual([]);
    expect(taker.calls).toHaveLength(1);
  });
});

test('a secret that cannot be read sends nothing; another address is tried at once', async () => {
  const webhooks = await open({ secret: async () => undefined, pause: () => 60_000 });
  webhooks.completed('p1', '1.2.3', Date.now());
  await until(() => states.at(-1)?.lastProblem !== undefined, 'it says so');
  expect(states.at(-1)?.lastProblem?.message).toContain('secret');
  expect(taker.calls).toEqual([]);
  profile = { ...profile!, webhook: { url: taker.url, includeIdentifiers: false, signed: false } };
  webhooks.settingsChanged('p1');
  await through(1);
});

test('nobody there, or a disk that cannot keep it: said in words, and sent all the same', async () => {
  await mkdir(folder.join('data'));
  await writeFile(folder.join('data/webhooks'), 'a file where the folder should be');
  const { stop, url } = await startWebhookTaker();
  await stop();
  profile = { ...profile!, webhook: { url, includeIdentifiers: false, signed: true } };
  const webhooks = await open({ dataFolder: folder.join('data') });
  expect(await webhooks.test(profile)).toMatch(/^127\.0\.0\.1:\d+ does not listen/);
  profile = { ...profile, webhook: { url: taker.url, includeIdentifiers: false, signed: true } };
  expect(await webhooks.test(profile)).toBeUndefined();
  expect(JSON.parse(taker.calls[0]!.body)).toMatchObject({ event: 'test', profile: { name: 'Ward 3' } });
  webhooks.completed('p1', '1.2.3', Date.now());
  await through(2);
  expect(lines[0]?.[0]).toBe('webhook-not-kept');
});

test('who the patient is does not go out after that was switched off: not from a file, not from an attempt under way', async () => {
  profile = { ...profile!, webhook: { url: taker.url, includeIdentifiers: true, signed: false } };
  taker.answers.push(500);
  const first = await open({ pause: () => 60_000 });
  first.completed('p1', '1.2.3', Date.now());
  await until(() => states.at(-1)?.lastProblem !== undefined, 'the first call has failed');
  const [name = ''] = await kept();
  const file = folder.join('webhooks', name);
  const before = await readFile(file, 'utf8');
  expect(before).toContain('Paula');
  profile = { ...profile, webhook: { url: taker.url, includeIdentifiers: false, signed: false } };
  first.settingsChanged('p1');
  await through(2);
  expect(taker.calls[1]?.body).not.toContain('Paula');
  expect(taker.calls[1]?.headers['idempotency-key']).toBe(taker.calls[0]?.headers['idempotency-key']);
  await first.close();

  // A crash before the file was written anew.
  await writeFile(file, before);
  const second = await open();
  await through(3);
  expect(taker.calls[2]?.body).not.toContain('Paula');
  await second.close();

  // The history answers, or the secret comes, after the switch.
  for (const slow of ['study', 'secret'] as const) {
    profile = { ...profile!, webhook: { url: taker.url, includeIdentifiers: true, signed: true } };
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const waits = async <Value>(which: string, value: Value) => {
      if (which !== slow) return value;
      asked.resolve();
      await answer.promise;
      return value;
    };
    const webhooks = await open({ study: () => waits('study', STUDY), secret: () => waits('secret', SECRET) });
    const calls = taker.calls.length;
    webhooks.completed('p1', '1.2.3', Date.now());
    await asked.promise;
    profile = { ...profile, webhook: { url: taker.url, includeIdentifiers: false, signed: true } };
    webhooks.settingsChanged('p1');
    answer.resolve();
    await through(calls + 1);
    expect(taker.calls.at(-1)?.body).not.toContain('Paula');
    expect(await kept()).toEqual([]);
  }
});

test('an address or a record that makes no call is a failure as others are', async () => {
  profile = { ...profile!, webhook: { url: 'https://h:70000/x', includeIdentifiers: false, signed: false } };
  const webhooks = await open({ pause: () => 60_000 });
  expect(await webhooks.test(profile)).toContain('address');
  webhooks.completed('p1', '1.2.3', Number.MAX_SAFE_INTEGER);
  await until(() => lines.length > 0, 'it is said');
  expect(lines[0]?.[0]).toBe('webhook-failed');
  const hurt = await open({
    dataFolder: folder.join('other'),
    changed: () => {
      throw new Error('nobody listens');
    },
  });
  hurt.completed('p1', '1.2.3', Date.now());
  await until(() => lines.some(([code]) => code === 'webhook-internal'), 'it is in the log');
});

test('a clock that is set neither delays nor ends the attempts', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  taker.answers.push(500, 500, 500);
  const days = [-1, 9, -9];
  const webhooks = await open({
    pause: () => {
      vi.setSystemTime(Date.now() + (days.shift() ?? 0) * 24 * 60 * 60 * 1000);
      return 20;
    },
  });
  webhooks.completed('p1', '1.2.3', Date.now());
  await through(4);
  expect(lines.map(([code]) => code)).toEqual(['webhook-failed']);
});
