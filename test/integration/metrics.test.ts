/** `studyport start --metrics`: the token is printed once, opens the metrics, and nothing else does. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import parse from 'parse-prometheus-text-format';
import { expect, onTestFinished, test } from 'vitest';
import { runApplication } from '#headless/application.ts';
import { readApplicationArguments } from '#headless/application-arguments.ts';
import { openReceiver } from '#main/receiver/receiver.ts';
import { createTempFolder } from '../support/temp-folder.ts';
import { until } from '../support/test-receiver.ts';

test('metrics of an application without a desktop', async () => {
  const folder = await createTempFolder('metrics');
  onTestFinished(folder.remove);
  await mkdir(folder.join('page'));
  await mkdir(folder.join('data'));
  await writeFile(folder.join('page/index.html'), '<title>page</title>');
  // One that has none: the first run would make one in the home of whoever runs the tests.
  await writeFile(folder.join('data/profiles.json'), JSON.stringify({ version: 1, profiles: [] }));

  async function run(work: (lines: readonly string[]) => Promise<void>, ...flags: readonly string[]): Promise<void> {
    const lines: string[] = [];
    const { promise: stop, resolve } = Promise.withResolvers<void>();
    const code = runApplication(readApplicationArguments(['--no-open', '--page-port', '0', ...flags]), {
      dataFolder: folder.join('data'),
      pageFolder: folder.join('page'),
      version: '0.0.0-test',
      openReceiver,
      stop,
      print: (line) => lines.push(line),
      complain: (line) => lines.push(line),
    });
    try {
      await until(() => lines.some((line) => line.startsWith('Page: ')), 'the page is there');
      await work(lines);
    } finally {
      resolve();
    }
    expect(await code).toBe(0);
  }
  const addressIn = (lines: readonly string[]) => /(http:\/\/127\.0\.0\.1:\d+)\//.exec(lines.join('\n'))![1]!;
  const get = (address: string, token: string) =>
    fetch(`${address}/metrics`, { headers: { Authorization: `Bearer ${token}` } });
  let token = '';

  await run(async (lines) => {
    expect((await get(addressIn(lines), 'any')).status).toBe(404);
  });
  await run(async (lines) => {
    token = /Bearer ([\w-]{43})"/.exec(lines.join('\n'))?.[1] ?? '';
    const address = addressIn(lines);
    expect((await get(address, 'any')).status).toBe(401);
    const answer = await get(address, token);
    expect(answer.status).toBe(200);
    const families = parse(await answer.text());
    expect(families.find(({ name }) => name === 'studyport_info')?.metrics[0]?.labels).toEqual({
      version: '0.0.0-test',
    });
    expect(families.map(({ name }) => name)).toContain('process_resident_memory_bytes');
    const health = await fetch(`${address}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
  }, '--metrics');
  // It stays on, and the token stays good; it is kept as a digest only, and printed no more.
  expect(await readFile(folder.join('data/secrets.json'), 'utf8')).not.toContain(token);
  await run(async (lines) => {
    expect(lines.join('\n')).not.toContain(token);
    expect(lines.join('\n')).toContain('/metrics (with the token made before');
    expect((await get(addressIn(lines), token)).status).toBe(200);
  }, '--metrics');
});
